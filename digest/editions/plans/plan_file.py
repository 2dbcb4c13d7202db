"""A plan as a file, `plans/<newsletter>/<period>.yaml`: read with all mistakes at once, and a new one to begin with."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from digest.editions.plans.known_names import KnownNames, NamedStory, title_of
from digest.editions.plans.outline import OutlineMember, OutlineShape, Spot, outline
from digest.editions.plans.plan import FIELDS, NOTHING_PLANNED, OF_STORY, Correction, InboxLine, Plan
from digest.errors import ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.mistakes import Mistake, as_error
from digest.foundation.values import language_name, one_line
from digest.foundation.words import did_you_mean, excerpt, harmless, listed, quoted
from digest.foundation.yaml import parse_yaml, read_yaml
from digest.intake.item import Item, Story, TagKind
from digest.mail.content import Introduction

MOST_IN_LINE = {InboxLine.SUBJECT: 78, InboxLine.PREHEADER: 110}  # characters; what is longer, inboxes cut
KEYS = ("subject", "preheader", "introduction", "lead", "pin", "order", "full", "brief", "drop", "defer", "stories")
REASONED = ("drop", "defer")
WEIGHTS = ("full", "brief")
MARK = "\ufeff"
INTRODUCTION = "introduction"
INSTEAD_OF = "instead_of"  # what the source said of a field when it was corrected
LONGEST_TITLE = 500
LONGEST_SUMMARY = 5_000
EXAMPLE_ID = "1a2b3c4d"
KeyPath = tuple[str | int, ...]
# What templates and people write where words are still to come.
_UNFILLED = re.compile(
    r"\{\{.*?(?:\}\}|\Z)|\{%.*?(?:%\}|\Z)|\{\w*\}|%\(\w*\)s|\[\s*(?:…|\.{3})?\s*\]|_{3,}|\A(?:…|\.{3}|-+|\?+)\Z"
    r"|\bTODO:|\b(?:TBD|FIXME|XXXX+)\b|(?i:\blorem ipsum\b)",
)


def read_plan(path: Path, known: KnownNames) -> Plan:
    """An empty plan when there is no such file. Raise `ConfigurationError` with all mistakes at once."""
    if not path.exists():
        return NOTHING_PLANNED
    read_yaml(path)  # says in plain words what cannot be read at all
    return plan_in(path, path.read_bytes(), known)


def plan_in(path: Path, data: bytes, known: KnownNames) -> Plan:
    """Like `read_plan`, for what the file holds, or is going to hold."""
    document = parse_yaml(path, data)
    if not isinstance(document.root.value, dict | None):
        raise ConfigurationError(f"{path.name}:1:1", _("a plan holds keys, such as 'introduction:'"))
    if document.problems:
        raise as_error(path.name, document.root, (), document.problems)
    reader = _Reader(known)
    plan = reader.plan(outline(data.decode().removeprefix(MARK)))
    if reader.mistakes:
        raise as_error(path.name, document.root, reader.mistakes, ())
    return plan


def inbox_line(line: InboxLine, text: str) -> str:
    """On one line, as inboxes show it. Raise `ValueError` for one that is empty or too long, and for one that
    somebody has not filled in yet.
    """
    said = one_line(" ".join(text.split()), MOST_IN_LINE[line])
    if found := _UNFILLED.search(said):
        raise ValueError(
            _("holds {words}, which stands for words still to come; write them, or take it out").format(
                words=quoted(found[0])
            )
        )
    return said


def introductions_in(text: str, languages: Sequence[str]) -> dict[str, str]:
    """As they are written in the plan, by language."""
    member = outline(text).member(INTRODUCTION)
    if member is None:
        return {}
    if member.value.shape is OutlineShape.TEXT:
        return dict.fromkeys(languages, member.value.text) if member.value.text else {}
    return {one.name: one.value.text for one in member.value.members if one.value.text}


class Pick(NamedTuple):
    """A story as it is named in a list, or as a key with a reason."""

    path: KeyPath
    at_key: bool
    written: str
    reason: str


def picks(key: str, spot: Spot) -> Iterator[Pick | Mistake]:
    """The stories under `key`: one id, a list of them, or ids with reasons, as far as the key takes any."""
    shape = _("must be a list of ids, such as [1a2b3c4d, 5e6f7a8b]")
    if key in REASONED:
        shape = _("must be a list of ids, or one line 'ID: reason' for each")
    if spot.shape is OutlineShape.MAPPING and key in REASONED:
        yield from _reasoned((key,), spot)
    elif spot.shape is OutlineShape.MAPPING:
        yield Mistake((key,), shape)
    for position, member in enumerate(spot.members if spot.shape is OutlineShape.LIST else ()):
        path, value = (key, position), member.value
        if value.shape is OutlineShape.TEXT and value.text:
            yield Pick(path, at_key=False, written=value.text, reason="")
        elif value.shape is OutlineShape.MAPPING and key in REASONED and len(value.members) == 1:
            yield from _reasoned(path, value)
        else:
            yield Mistake(path, _("must be the id of a story"))
    if spot.shape is OutlineShape.TEXT and spot.text is not None:
        yield Pick((key,), at_key=False, written=spot.text, reason="")


def _reasoned(path: KeyPath, spot: Spot) -> Iterator[Pick | Mistake]:
    for member in spot.members:
        place = (*path, member.name)
        if member.value.shape is OutlineShape.TEXT:
            reason = " ".join((member.value.text or "").split())
            yield Pick(place, at_key=True, written=member.name, reason=reason)
        else:
            yield Mistake(place, _("the reason must be text"))


class _Reader:
    def __init__(self, known: KnownNames) -> None:
        self.mistakes: list[Mistake] = []
        self._known = known
        self._part_of: dict[str, str] = {}  # story → the key that decides about it
        self._weight_of: dict[str, str] = {}

    def plan(self, spot: Spot) -> Plan:
        for member in spot.members:
            if member.name not in KEYS:
                hint = did_you_mean(member.name, KEYS) or _("; there is {names}").format(names=", ".join(KEYS))
                said = _("unknown key") + hint
                self.mistakes.append(Mistake((member.name,), said, at_key=True))
        spots = {key: there.value for key in KEYS if (there := spot.member(key)) is not None}
        deciding = {key: self._stories(key, spots) for key in ("lead", "pin", "drop", "defer", "order", *WEIGHTS)}
        corrected = list(corrections(spots["stories"], self._known)) if "stories" in spots else []
        self.mistakes += (found for found in corrected if isinstance(found, Mistake))
        return Plan(
            introductions=self._introductions(spots.get("introduction")),
            subjects=self._lines(InboxLine.SUBJECT, spots.get("subject")),
            preheaders=self._lines(InboxLine.PREHEADER, spots.get("preheader")),
            lead=next(iter(deciding["lead"]), None),
            pinned=tuple(deciding["pin"]),
            order=tuple(deciding["order"]),
            full=tuple(deciding["full"]),
            brief=tuple(deciding["brief"]),
            dropped=deciding["drop"],
            deferred=deciding["defer"],
            corrections=tuple(found for found in corrected if not isinstance(found, Mistake)),
        )

    def _introductions(self, spot: Spot | None) -> dict[str, Introduction]:
        return {language: self._known.markdown(text) for language, text in self._texts("introduction", spot).items()}

    def _lines(self, line: InboxLine, spot: Spot | None) -> dict[str, str]:
        """One line per language."""
        each_its_own = spot is not None and spot.shape is OutlineShape.MAPPING
        found = {}
        for language, text in self._texts(line.value, spot, takes_blanks=True).items():
            try:
                found[language] = inbox_line(line, text)
            except ValueError as error:
                mistake = Mistake((line.value, language) if each_its_own else (line.value,), str(error))
                if mistake not in self.mistakes:  # one text that is for all languages
                    self.mistakes.append(mistake)
        return found

    def _texts(self, key: str, spot: Spot | None, *, takes_blanks: bool = False) -> dict[str, str]:
        """One text per language; one that is written alone is for all of them. What somebody wrote with nothing in it
        counts only where it `takes_blanks`; where nothing is written there is none.
        """
        if spot is None or spot.empty:
            return {}
        texts: dict[str, str] = {}
        if spot.shape is OutlineShape.TEXT:
            texts = dict.fromkeys(self._known.languages, spot.text or "")
        elif spot.shape is OutlineShape.LIST:
            self.mistakes.append(Mistake((key,), _("must be text, or one text per language")))
        for member in spot.members if spot.shape is OutlineShape.MAPPING else ():
            path = (key, member.name)
            if member.name not in self._known.languages:
                said = _("the newsletter has no such language; it has {languages}").format(
                    languages=", ".join(self._known.languages)
                )
                self.mistakes.append(Mistake(path, said, at_key=True))
            elif member.value.shape is not OutlineShape.TEXT:
                self.mistakes.append(Mistake(path, _("must be text")))
            elif not member.value.empty:
                texts[member.name] = member.value.text or ""
        return {language: text for language, text in texts.items() if takes_blanks or text.strip()}

    def _stories(self, key: str, spots: Mapping[str, Spot]) -> dict[str, str]:
        """The stories under the key with their reasons, in the order of the file."""
        spot = spots.get(key)
        if spot is None or spot.empty:
            return {}
        if key == "lead" and spot.shape is not OutlineShape.TEXT:
            self.mistakes.append(Mistake((key,), _("must be the id of one story")))
            return {}
        found: dict[str, str] = {}
        for pick in picks(key, spot):
            if isinstance(pick, Mistake):
                self.mistakes.append(pick)
                continue
            try:
                story = self._known.named(pick.written).story
                self._refuse_second(key, story.id, quoted(self._known.title(story)), found)
            except ValueError as error:
                self.mistakes.append(Mistake(pick.path, str(error), at_key=pick.at_key))
            else:
                found[story.id] = pick.reason
        return found

    def _refuse_second(self, key: str, story_id: str, title: str, found: Mapping[str, str]) -> None:
        """A story has one part in an edition. The order may name the lead and pinned stories too."""
        if story_id in found:
            raise ValueError(_("{title} stands here already; take one of the two out").format(title=title))
        before = self._part_of.get(story_id)
        if key in WEIGHTS:  # beside every other part, and one of the two
            before = self._weight_of.setdefault(story_id, key)
            before = None if before == key else before
        elif key == "order" and before not in REASONED:
            return
        if before is not None:
            raise ValueError(
                _("{title} stands under '{key}' already; it can only be one of the two").format(title=title, key=before)
            )
        if key in WEIGHTS:
            return
        self._part_of[story_id] = key


# -- Under `stories:`: titles, summaries, countries, topics and languages that staff correct.


def corrections(spot: Spot, known: KnownNames) -> Iterator[Correction | Mistake]:
    """All mistakes, and one correction per item that is corrected, in the order of the file."""
    reader = _CorrectionsReader(known)
    if spot.shape is OutlineShape.MAPPING:
        reader.read(spot)
    elif not spot.empty:
        reader.mistakes.append(Mistake(("stories",), _("must be ids with what is corrected under each")))
    yield from reader.mistakes
    yield from reader.corrections.values()


class _CorrectionsReader:
    """`corrections` are by item."""

    def __init__(self, known: KnownNames) -> None:
        self.mistakes: list[Mistake] = []
        self.corrections: dict[str, Correction] = {}
        self._known = known

    def read(self, spot: Spot) -> None:
        """Languages first: which text is the Spanish one depends on them."""
        told = list(self._told(spot))
        for key in ("language", *(field for field in FIELDS if field != "language"), INSTEAD_OF):
            for path, named, member in told:
                if member.name == key and not member.value.empty:
                    self._field((*path, key), named, key, member.value)

    def _told(self, spot: Spot) -> Iterator[tuple[KeyPath, NamedStory, OutlineMember]]:
        for about in spot.members:
            path: KeyPath = ("stories", about.name)
            try:
                named = self._known.named(about.name)
            except ValueError as error:
                self.mistakes.append(Mistake(path, str(error), at_key=True))
                continue
            if about.value.shape is not OutlineShape.MAPPING:
                if not about.value.empty:
                    self.mistakes.append(Mistake(path, _("must hold keys: {fields}").format(fields=", ".join(FIELDS))))
                continue
            for member in about.value.members:
                if member.name not in (*FIELDS, INSTEAD_OF):
                    hint = did_you_mean(member.name, FIELDS) or _("; there is {names}").format(
                        names=listed(FIELDS, "and")
                    )
                    self.mistakes.append(Mistake((*path, member.name), _("unknown key") + hint, at_key=True))
                else:
                    yield path, named, member

    def _field(self, path: KeyPath, named: NamedStory, key: str, spot: Spot) -> None:
        if key == INSTEAD_OF:
            self._replaced(path, named, spot)
        elif key in OF_STORY:
            read = self._known.country if key == "countries" else self._known.topic
            if (values := self._values(path, spot, key, read)) is not None:
                for item in named.story.items:
                    self._set(path, item, key, values)
        elif key in ("title", "summary") and spot.shape is OutlineShape.MAPPING:
            for member in spot.members:
                self._in_language((*path, member.name), named, key, member)
        elif spot.shape is not OutlineShape.TEXT:
            said = _("must be text") if key == "language" else _("must be text, or one text per language")
            self.mistakes.append(Mistake(path, said))
        elif (value := self._text(path, key, spot.text or "")) is not None:
            if (only := _only(named)) is not None:
                self._set(path, only, key, value)
            else:
                said = _("this story has several texts: name one by its own id")
                remedy = "" if key == "language" else _(", or write one {key} per language").format(key=key)
                self.mistakes.append(Mistake(path, said + remedy, at_key=True))

    def _replaced(self, path: KeyPath, named: NamedStory, spot: Spot) -> None:
        """Of the text that was named, else of the first one. What is not corrected any more replaces nothing."""
        if spot.shape is not OutlineShape.MAPPING:
            self.mistakes.append(Mistake(path, _("must hold keys: {fields}").format(fields=", ".join(FIELDS))))
            return
        item = _only(named) or _live(named)[0]
        correction, replaced = self.corrections.get(item.id), dict[str, str]()
        for member in spot.members:
            if member.name not in FIELDS or member.value.shape is not OutlineShape.TEXT:
                said = _("must be text") if member.name in FIELDS else _("unknown key")
                self.mistakes.append(Mistake((*path, member.name), said, at_key=member.name not in FIELDS))
            elif correction is not None and getattr(correction, member.name) is not None:
                replaced[member.name] = member.value.text or ""
        if correction is not None and replaced:
            self.corrections[item.id] = replace(correction, instead_of={**(correction.instead_of or {}), **replaced})

    def _in_language(self, path: KeyPath, named: NamedStory, key: str, member: OutlineMember) -> None:
        items = [item for item in _live(named) if self._language_of(item) == member.name]
        if member.value.empty:
            return
        if member.value.shape is not OutlineShape.TEXT:
            self.mistakes.append(Mistake(path, _("must be text")))
        elif not items:
            has = listed(sorted({self._language_of(item) for item in _live(named)}), "and")
            said = _("this story has no text in '{language}', it has {has}").format(
                language=excerpt(member.name), has=has
            )
            remedy = _("; begin a translation with: digest plan {edition} --stubs").format(edition=self._known.edition)
            known = member.name in self._known.languages
            self.mistakes.append(Mistake(path, said + (remedy if known else ""), at_key=True))
        elif (value := self._text(path, key, member.value.text or "")) is not None:
            for item in items:
                self._set(path, item, key, value)

    def _text(self, path: KeyPath, key: str, written: str) -> str | None:
        try:
            if key == "language":
                return self._known.language(written.strip())
            most = LONGEST_TITLE if key == "title" else LONGEST_SUMMARY
            return one_line(" ".join(written.split()), most)
        except ValueError as error:
            self.mistakes.append(Mistake(path, str(error)))
            return None

    def _values(self, path: KeyPath, spot: Spot, key: str, read: Callable[[str], str]) -> tuple[str, ...] | None:
        if spot.shape is OutlineShape.MAPPING:
            example = "[GT, HN]" if key == "countries" else "[children]"
            self.mistakes.append(Mistake(path, _("must be a list, such as {example}").format(example=example)))
            return None
        values: dict[str, None] = {}
        for position, value in enumerate(_list(spot)):
            place = (*path, position) if spot.shape is OutlineShape.LIST else path
            if value.shape is not OutlineShape.TEXT:
                self.mistakes.append(Mistake(place, _("must be a text")))
                continue
            try:
                values[read(value.text or "")] = None
            except ValueError as error:
                self.mistakes.append(Mistake(place, str(error)))
        return tuple(values)

    def _language_of(self, item: Item) -> str:
        correction = self.corrections.get(item.id)
        return (correction and correction.language) or item.language

    def _set(self, path: KeyPath, item: Item, key: str, value: str | tuple[str, ...]) -> None:
        correction = self.corrections.get(item.id, Correction(item_id=item.id))
        if getattr(correction, key) is not None:
            self.mistakes.append(
                Mistake(path, _("is corrected twice in this plan; take one of the two out"), at_key=True)
            )
            return
        said: dict[str, Any] = {key: value}
        self.corrections[item.id] = replace(correction, **said)


def _list(spot: Spot) -> Sequence[Spot]:
    return [member.value for member in spot.members] if spot.shape is OutlineShape.LIST else [spot]


def _live(named: NamedStory) -> Sequence[Item]:
    return named.story.live_items or named.story.items


def _only(named: NamedStory) -> Item | None:
    """The item that was named, or the only one there is."""
    if named.item is not None and named.item in _live(named):
        return named.item
    live = _live(named)
    return live[0] if len(live) == 1 else None


# -- A new plan: every key as a comment to take the '#' off, and the stories of the edition with their ids.


def plan_template(known: KnownNames, stories: Sequence[Story]) -> str:
    """`stories` are those that the edition decides about, in reading order."""
    return "\n".join([*_head(known, stories), *_keys(known, stories), ""])


def _head(known: KnownNames, stories: Sequence[Story]) -> Iterator[str]:
    yield f"# The plan of {known.edition}: what you decide about this edition, besides the stories themselves."
    yield "# Take the '#' and the blank behind it off a line to use it. Four characters of an id are enough if no other"
    yield "# story here begins with them."
    yield f"# Look at it with: digest preview {known.edition}"
    yield "#"
    yield "# Its stories so far:" if stories else "# It has no stories so far."
    countries = [" ".join(sorted(story.values(TagKind.COUNTRY))) or "–" for story in stories]
    width = max(map(len, countries), default=0)
    for story, named in zip(stories, countries, strict=True):
        languages = " ".join(sorted(story.languages))
        line = f"#   {known.short(story)}  {story.published_on}  {languages:<5}  {named:<{width}}  {known.title(story)}"
        yield harmless(line)


def _keys(known: KnownNames, stories: Sequence[Story]) -> Iterator[str]:
    ids = [known.short(story) for story in stories] or [EXAMPLE_ID]
    first, second, last = ids[0], ids[min(1, len(ids) - 1)], ids[-1]
    pair = f"[{first}, {second}]" if second != first else f"[{first}]"
    yield from ("", "# The subject, in place of the title of the first story, and what inboxes show beside it.")
    for place, line in enumerate(InboxLine):
        titles = {code: title_of(stories[min(place, len(stories) - 1)], code) for code in known.languages if stories}
        examples = (
            f"{code}: {json.dumps(titles.get(code, 'Two hubs'), ensure_ascii=False)}" for code in known.languages
        )
        yield harmless(f"# {line}: {{{', '.join(examples)}}}")
    yield from ("", "# Your words before the stories, in Markdown.", "# introduction:")
    for language in known.languages:
        yield f"#   {language}: |"
        yield f"#     Your words in {language_name(language)}."
    yield from ("", "# The story above all others, for every reader who gets it.", f'# lead: "{first}"')
    yield from ("", "# Stories that come first in their section.", f"# pin: {pair}")
    yield from ("", "# The order of the others; what is not named follows as usual.", f"# order: {pair}")
    said = "# Stories told in full, or with a title and a sentence; the others as usual."
    yield from ("", said, f"# full: [{first}]", f"# brief: [{last}]")
    yield from (
        "",
        "# Stories that are left out for good; a reason helps your colleagues.",
        "# drop:",
        f"#   - {last}: not our news",
    )
    yield from ("", "# Stories that wait for the next edition.", "# defer:", f"#   - {last}: a photo is still to come")
    yield from (
        "",
        "# Corrections, by story. A title or summary in several languages: {en: …, es: …}.",
        "# stories:",
        f'#   "{first}":',
        "#     title: A better title",
        "#     summary: One sentence for short mails.",
        f"#     countries: [{_example(known.countries, ('GT', 'HN'))}]",
        f"#     topics: [{_example(known.topics, ('children',))}]",
        f"#     language: {known.languages[0]}",
    )


def _example(known: AbstractSet[str], wanted: Sequence[str]) -> str:
    return ", ".join([value for value in wanted if value in known] or sorted(known)[:1])
