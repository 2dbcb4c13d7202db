"""Words written into a plan by a command: a story's title, summary, countries, topics and language, each at its place,
beside what the source said then; and the introductions.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from digest.editions.plans.known_names import KnownNames
from digest.editions.plans.outline import OutlineMember, OutlineShape, outline
from digest.editions.plans.plan import OF_STORY, SEPARATOR, Correction, Plan, said_by_source
from digest.editions.plans.plan_edits import Edited, Editing, edit, with_value
from digest.editions.plans.plan_file import INSTEAD_OF, INTRODUCTION, LONGEST_SUMMARY, LONGEST_TITLE, introductions_in
from digest.errors import ConfigurationError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.values import country_code, one_line
from digest.foundation.yaml import scalar
from digest.intake.item import Item, Story

Words = Mapping[str, str | Sequence[str] | None]  # field → what is said instead; `None`: what the source says
KEY = "stories"


def listed_in(written: str) -> tuple[str, ...]:
    """The words of a list as people type it."""
    return tuple(word.strip() for word in written.replace(";", ",").split(",") if word.strip())


def correct(path: Path, known: KnownNames, story: Story, item: Item, words: Words, seen: str | None = None) -> Edited:
    """Write what is said of the text instead of what its source says; of countries and topics, of the whole story. What
    the source says itself is no correction. Errors are those of `plan_edits.decide`, and `UsageError` for words that
    cannot stand there.
    """
    wanted = {field: _readable(known, field, said) for field, said in words.items()}
    for field, said in wanted.items():
        plain = SEPARATOR.join(sorted(said)) if isinstance(said, tuple) else said
        if plain == said_by_source(story, item, field):
            wanted[field] = None

    def change(text: str, plan: Plan, editing: Editing) -> tuple[str, Plan]:
        after = _corrected(plan, story, item, wanted)
        if after == plan:
            return text, plan
        for field, said in wanted.items():
            text = _written(text, editing, story, item, field, said)
        return text, after

    return edit(path, known, change, seen)


def introduce(path: Path, known: KnownNames, text: str, language: str | None, seen: str | None = None) -> Edited:
    """Write the words before the stories, in Markdown, in all languages of the newsletter or in one; an empty text
    takes them out. Errors are those of `plan_edits.decide`.
    """
    said = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    if language is not None and language not in known.languages:
        cause = _("the newsletter has no such language")
        raise UsageError(language, cause, _("name one of: {languages}").format(languages=", ".join(known.languages)))
    languages = known.languages if language is None else (language,)

    def change(written: str, plan: Plan, editing: Editing) -> tuple[str, Plan]:
        there = introductions_in(written, known.languages)
        wanted = {**there, **dict.fromkeys(languages, said)}
        wanted = {code: wanted[code] for code in known.languages if wanted.get(code, "").strip()}
        after = replace(plan, introductions={code: known.markdown(words) for code, words in wanted.items()})
        return (written if wanted == there else _introduced(written, editing, wanted, languages)), after

    return edit(path, known, change, seen)


def _introduced(text: str, editing: Editing, wanted: Mapping[str, str], languages: Sequence[str]) -> str:
    """In each language at its own place if it has one."""
    member = outline(text).member(INTRODUCTION)
    if member is not None and member.value.shape is OutlineShape.MAPPING:
        for code in languages:
            place = (INTRODUCTION, code)
            text = _with(text, place, _value(wanted[code]), editing) if code in wanted else _without(text, place)
        return text
    alike = len(wanted) == len(editing.known.languages) and len(set(wanted.values())) == 1
    each = ", ".join(f"{code}: {_value(words)}" for code, words in wanted.items())
    value = _value(next(iter(wanted.values()))) if alike else f"{{{each}}}" if wanted else ""
    return with_value(text, INTRODUCTION, value, by_example=editing.by_example)


def _readable(known: KnownNames, field: str, said: str | Sequence[str] | None) -> str | tuple[str, ...] | None:
    """As the plan has it."""
    try:
        if field in OF_STORY:
            read = known.topic if field == "topics" else lambda word: known.country(_code(known, word))
            return None if said is None else tuple(dict.fromkeys(read(word) for word in said))
        if said is None or not str(said).strip():
            return None
        if field == "language":
            return known.language(str(said).strip())
        return one_line(" ".join(str(said).split()), LONGEST_TITLE if field == "title" else LONGEST_SUMMARY)
    except ValueError as error:
        raise UsageError(field, str(error), _("say it another way; nothing was touched")) from error


def _code(known: KnownNames, written: str) -> str:
    """Of a country that is called by its whole name, in English or Spanish, or whose code is written small."""
    if written.upper() in known.countries:
        return written.upper()
    meant = country_code(written, known.countries)
    return meant if meant is not None and len(written) > len(meant) else written


def _corrected(plan: Plan, story: Story, item: Item, wanted: Mapping[str, str | tuple[str, ...] | None]) -> Plan:
    corrections = {one.item_id: one for one in plan.corrections}
    for field, said in wanted.items():
        for one in story.items if field in OF_STORY else (item,):
            before = corrections.get(one.id, Correction(item_id=one.id))
            replaced = {name: words for name, words in (before.instead_of or {}).items() if name != field}
            if said is not None and one.id == item.id:
                replaced[field] = said_by_source(story, item, field)
            now: dict[str, Any] = {field: said, "instead_of": replaced or None}
            corrections[one.id] = replace(before, **now)
    return replace(plan, corrections=tuple(one for one in corrections.values() if not one.is_empty))


# -- In the text. Lines end in a line feed alone.


def _written(
    text: str, editing: Editing, story: Story, item: Item, field: str, said: str | tuple[str, ...] | None
) -> str:
    """A value that is there is written over, where it stands; what it replaced goes with the place of it."""
    known = editing.known
    there = list(_places(text, known, story, item, field))
    for place in there[1:] if said is not None else there:
        text = _without(text, place)
    for block in _blocks(text, known, story):
        if field in OF_STORY or _is_of(block, known, item):
            text = _without(text, (KEY, block.name, INSTEAD_OF, field))
    if said is None:
        return text
    own = _block_of(text, known, story, item)
    text = _with(text, there[0] if there else (*own, field), _value(said), editing, editing.remark(story))
    own = _block_of(text, known, story, item)
    return _with(text, (*own, INSTEAD_OF, field), _value(said_by_source(story, item, field)), editing)


def _blocks(text: str, known: KnownNames, story: Story) -> Sequence[OutlineMember]:
    stories = outline(text).member(KEY)
    return [one for one in (stories.value.members if stories else ()) if known.id_of(one.name) == story.id]


def _is_of(block: OutlineMember, known: KnownNames, item: Item) -> bool:
    """Whether what stands there is about this text alone."""
    named = known.named(block.name)
    live = named.story.live_items or named.story.items
    return named.item.id == item.id if named.item is not None else [one.id for one in live] == [item.id]


def _block_of(text: str, known: KnownNames, story: Story, item: Item) -> tuple[str, ...]:
    """The key of the text's own block, also of one that is still to be written."""
    found = [one.name for one in _blocks(text, known, story) if _is_of(one, known, item)]
    return KEY, found[0] if found else _short(known, item)


def _short(known: KnownNames, item: Item) -> str:
    ids = {one.id for story in known.stories for one in story.items} | {story.id for story in known.stories}
    length = 8
    while any(other.startswith(item.id[:length]) and other != item.id for other in ids):
        length += 1
    return item.id[:length]


def _places(text: str, known: KnownNames, story: Story, item: Item, field: str) -> Iterator[tuple[str, ...]]:
    """Where the plan says something of the field."""
    for block in _blocks(text, known, story):
        member = block.value.member(field)
        if member is None:
            continue
        place = (KEY, block.name, field)
        if field in ("title", "summary") and member.value.shape is OutlineShape.MAPPING:
            languages = (inner.name for inner in member.value.members)
            yield from ((*place, language) for language in languages if language == item.language)
        elif field in OF_STORY or _is_of(block, known, item):
            yield place


def _value(said: str | tuple[str, ...]) -> str:
    if isinstance(said, str):
        return json.dumps(said, ensure_ascii=False)
    return f"[{SEPARATOR.join(one if isinstance(scalar(one), str) else json.dumps(one) for one in said)}]"


def _key(name: str) -> str:
    """Quoted where other programs would read a number."""
    return name if isinstance(scalar(name), str) else f'"{name}"'


def _found(text: str, path: Sequence[str]) -> list[OutlineMember]:
    """The members on the way, as far as they are there."""
    spot, found = outline(text), list[OutlineMember]()
    for name in path:
        member = spot.member(name)
        if member is None:
            break
        found.append(member)
        spot = member.value
    return found


def _line(text: str, at: int) -> tuple[int, int]:
    """Where the line begins, and where it ends before its line feed."""
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _without(text: str, path: Sequence[str]) -> str:
    """Without the last key of the path, and without those above it, but for the first, that hold nothing else."""
    found = _found(text, path)
    if len(found) < len(path):
        return text
    while len(found) > 2 and len(found[-2].value.members) == 1:  # noqa: PLR2004 – the first one stays
        found.pop()
    member, above = found[-1], found[-2].value
    if above.flow:
        behind = text[member.end :].lstrip()
        if behind.startswith(","):
            return text[: member.start] + behind[1:].lstrip()
        return text[: member.start].rstrip().removesuffix(",") + text[member.end :]
    start, end = _line(text, member.start)[0], _line(text, member.end)[1]
    return text[:start] + text[end + 1 :]


def _with(text: str, path: Sequence[str], value: str, editing: Editing, remark: str = "") -> str:
    """With the value under the path, of which what is missing is added."""
    found = _found(text, path)
    if not found and not outline(text).flow:
        text = editing.with_key(text, path[0])
        found = _found(text, path)
    if len(found) == len(path):
        spot = found[-1].value
        gap = " " if text[spot.start - 1] == ":" else ""
        return text[: spot.start] + gap + value + text[spot.end :]
    rest = [_key(name) for name in path[len(found) :]]
    above = found[-1].value if found else outline(text)
    if above.flow or (not found and not above.empty):
        inside = "".join(f"{name}: {{" for name in rest[:-1]) + f"{rest[-1]}: {value}" + "}" * (len(rest) - 1)
        if not above.members:
            opened = text.index("{", above.start) + 1
            return f"{text[:opened]}{inside}{text[opened:]}"
        end = above.members[-1].end
        return f"{text[:end]}, {inside}{text[end:]}"
    if not above.empty and above.shape is not OutlineShape.MAPPING:
        raise ConfigurationError(_("the plan"), _("it is written in a way that this command cannot change"))
    return _with_lines(text, found[-1], rest, value, remark if len(found) == 1 else "")


def _with_lines(text: str, above: OutlineMember, rest: Sequence[str], value: str, remark: str) -> str:
    """Below the last line of what stands there, and as far in."""
    assert above.key is not None  # noqa: S101 – a member of a mapping
    if above.value.empty:  # a null that somebody wrote out
        text = text[: above.value.start] + text[above.value.end :]
        inwards = above.key.start - _line(text, above.key.start)[0] + 2
        end = _line(text, above.key.end)[1]
    else:
        first = above.value.members[0]
        inwards = first.start - _line(text, first.start)[0]
        end = _line(text, above.value.end)[1]
    lines = [f"{' ' * (inwards + 2 * depth)}{name}:" for depth, name in enumerate(rest)]
    if len(lines) > 1:
        lines[0] += remark
    lines[-1] += f" {value}"
    return "\n".join([text[:end], *lines]) + (text[end:] or "\n")
