"""Changes of a plan for people who use no editor: one decision at a time, in their file, as they wrote it.

The change is made in the text at one place and nowhere else, so comments and order stay as they are; then it is read
again: what is written says exactly what was asked for, or nothing is written.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path
from typing import Any

from digest.editions.plans.known_names import KnownNames
from digest.editions.plans.outline import OutlineMember, OutlineShape, Spot, outline
from digest.editions.plans.plan import InboxLine, Plan, PlanDecision, decided, ordered, worded
from digest.editions.plans.plan_file import MARK, inbox_line, plan_in
from digest.errors import BusyError, CannotWriteError, ConfigurationError, PersonNeededError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import passing_name, write_synced
from digest.foundation.values import one_line
from digest.foundation.yaml import scalar
from digest.intake.item import Story

Named = Callable[[str], bool]  # whether an id as written is the one that is meant
_CONTENT = re.compile(r"(?!\.\.\.)\s*[^\s#]")
_END = re.compile(r"\n*(?:^\.\.\.(?!\S)[\s\S]*)?\Z", re.MULTILINE)
_REMARK = re.compile(r"[ \t]+#.*")
_KEYS = {PlanDecision.DROP: "drop", PlanDecision.DEFER: "defer", PlanDecision.LEAD: "lead", PlanDecision.PIN: "pin"}
_UNPRINTABLE = ("\ufffe", "\uffff", MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The plan before and after; both are equal when there was nothing to change."""

    before: Plan
    after: Plan


def decide(
    path: Path,
    known: KnownNames,
    decision: PlanDecision,
    stories: Sequence[Story],
    because: str | None = None,
    seen: str | None = None,
) -> Edited:
    """Write the decision about each of the stories into the plan. `seen` is the `fingerprint` of the plan as a person
    saw it.

    Raise `ConfigurationError` for a plan with mistakes and `PersonNeededError` for one that is written in a way that
    cannot be changed from outside, or that is not what was seen; then the file is as it was.
    """
    try:
        reason = because if because is None else one_line(because)
    except ValueError as error:
        raise UsageError("--because", str(error), _("say it in one line")) from error
    if len(stories) > 1 and decision is PlanDecision.LEAD:
        raise UsageError("lead", _("there is one lead"), _("name one story"))

    def change(text: str, plan: Plan, editing: "Editing") -> tuple[str, Plan]:
        for story in stories:
            after = decided(plan, decision, story.id, reason)
            if after != plan:
                text = editing.decided(text, plan, after, decision, story)
            plan = after
        return text, plan

    return edit(path, known, change, seen)


def put_in_order(path: Path, known: KnownNames, stories: Sequence[Story], seen: str | None = None) -> Edited:
    """Write the order of the stories, in place of the one before. Errors are those of `decide`, and `UsageError` for
    a story that is dropped or deferred.
    """

    def change(text: str, plan: Plan, editing: "Editing") -> tuple[str, Plan]:
        for story in stories:
            if story.id in plan.dropped or story.id in plan.deferred:
                said = _("it is dropped") if story.id in plan.dropped else _("it is deferred")
                remedy = _("bring it back first: digest plan keep {story}").format(story=known.short(story))
                raise UsageError(known.title(story), said, remedy)
        after = ordered(plan, [story.id for story in stories])
        return (text if after == plan else editing.ordered(text, plan, stories)), after

    return edit(path, known, change, seen)


def fingerprint(path: Path) -> str:
    """Of the plan as it is written; of one that is not there, too."""
    return _fingerprint(_bytes(path))


def _fingerprint(written: bytes) -> str:
    return hashlib.sha256(written).hexdigest()[:16]


def word(
    path: Path, known: KnownNames, line: InboxLine, text: str, language: str | None, seen: str | None = None
) -> Edited:
    """Write what inboxes show, in all languages of the newsletter or in one; an empty text takes it out. Errors are
    those of `decide`, and `UsageError` for a text that cannot stand there.
    """
    try:
        said = inbox_line(line, text) if text.strip() else ""
    except ValueError as error:
        raise UsageError(line.value, str(error), _("write another one")) from error
    if language is not None and language not in known.languages:
        cause = _("the newsletter has no such language")
        raise UsageError(language, cause, _("name one of: {languages}").format(languages=", ".join(known.languages)))
    languages = known.languages if language is None else (language,)

    def change(written: str, plan: Plan, editing: "Editing") -> tuple[str, Plan]:
        after = worded(plan, line, languages, said)
        return (written if after == plan else editing.worded(written, line, after, languages)), after

    return edit(path, known, change, seen)


def write_plan(path: Path, text: str) -> None:
    """Write a new plan; `UsageError` when there is one."""
    if path.exists():
        raise UsageError(str(path), _("there is a plan already"), _("edit it, or remove it first"))
    _replace(path, text.encode(), b"")


@dataclass(frozen=True, slots=True)
class Editing:
    known: KnownNames
    by_example: bool

    def decided(self, text: str, plan: Plan, after: Plan, decision: PlanDecision, story: Story) -> str:
        """Take the story out wherever it must not stand any more, then write it where it belongs."""
        named = self._named(story)
        if plan.lead is not None and after.lead != plan.lead:
            text = self._without_lead(text, plan.lead, stays=decision is PlanDecision.LEAD)
        stays = decision is PlanDecision.PIN and story.id in plan.pinned
        for key in (
            "pin",
            "drop",
            "defer",
            *(["order"] if decision in (PlanDecision.DROP, PlanDecision.DEFER) else []),
        ):
            if not (key == "pin" and stays):
                text = without(text, key, named)
        if decision is PlanDecision.KEEP or stays:
            return text
        reason = after.dropped.get(story.id) or after.deferred.get(story.id)
        written = f"{self._id(story)}: {json.dumps(reason, ensure_ascii=False)}" if reason else self._id(story)
        return with_story(text, _KEYS[decision], written, self.remark(story), by_example=self.by_example)

    def ordered(self, text: str, plan: Plan, stories: Sequence[Story]) -> str:
        """Lines of stories that stay in their place are not touched; others take their remarks with them."""
        wanted = [story.id for story in stories]
        remarks = {story.id: remark_on(text, "order", self._named(story)) for story in stories}
        kept = [id_ for id_ in plan.order if id_ in wanted]
        in_place = kept == wanted[: len(kept)]
        for written in listed(text, "order"):
            if not in_place or self.known.id_of(written) not in kept:
                text = without(text, "order", lambda other, gone=written: other == gone)  # type: ignore[misc] # bound now
        for story in stories:
            if not in_place or story.id not in kept:
                remark = remarks[story.id] or self.remark(story)
                text = with_story(text, "order", self._id(story), remark, by_example=self.by_example)
        return text

    def worded(self, text: str, line: InboxLine, after: Plan, languages: Sequence[str]) -> str:
        """In each language at its own place if it has one; else all of them in one line."""
        said = after.subjects if line is InboxLine.SUBJECT else after.preheaders
        spot = _value(text, line.value)
        written = {member.name for member in spot.members}
        if spot.shape is OutlineShape.MAPPING and all(code in written or code not in said for code in languages):
            for code in languages:
                text = with_text(text, line.value, code, _scalar(said.get(code)))
            return text
        alike = len(said) == len(self.known.languages) and len(set(said.values())) == 1
        each = ", ".join(f"{code}: {_scalar(said[code])}" for code in self.known.languages if code in said)
        value = _scalar(next(iter(said.values()))) if alike else f"{{{each}}}" if said else ""
        return with_value(text, line.value, value, by_example=self.by_example)

    def _without_lead(self, text: str, story_id: str, *, stays: bool) -> str:
        """Our own remark names the old lead and goes with it; a person's stays. So does what is written over."""
        story = next(story for story in self.known.stories if story.id == story_id)
        if (remark := remark_on(text, "lead", self._named(story))) == self.remark(story):
            text = without_remark(text, "lead", remark)
        return text if stays else without(text, "lead", self._named(story))

    def with_key(self, text: str, key: str) -> str:
        """With a line for the key, if there is none."""
        return _with_key(text, outline(text), key, by_example=self.by_example)

    def remark(self, story: Story) -> str:
        """A comment that names the story."""
        title = self.known.title(story)
        return "  # " + "".join("?" if character in _UNPRINTABLE else character for character in title)

    def _named(self, story: Story) -> Callable[[str], bool]:
        return lambda written: self.known.id_of(written) == story.id

    def _id(self, story: Story) -> str:
        """Quoted where other programs would read a number."""
        short = self.known.short(story)
        return short if isinstance(scalar(short), str) else f'"{short}"'


MOST_CHANGED = 200_000  # bytes, some 5,000 decisions: writing them anew takes four seconds
Change = Callable[[str, Plan, Editing], tuple[str, Plan]]


def edit(path: Path, known: KnownNames, change: Change, seen: str | None = None) -> Edited:
    """Write what `change` makes of text and plan, if the one says the other. Errors are those of `decide`."""
    old = _bytes(path)
    if seen is not None and seen != _fingerprint(old):
        remedy = _("look at it as it is now, then decide again; nothing was touched")
        raise PersonNeededError(str(path), _("somebody changed it meanwhile"), remedy)
    if len(old) > MOST_CHANGED:
        raise _by_hand(path, _("it is too long for a command to change"))
    before = plan_in(path, old, known)
    mark = MARK if old.decode().startswith(MARK) else ""
    written = old.decode().removeprefix(MARK)
    ends = set(re.findall("\r\n|\r|\n", written))
    line_end = ends.pop() if len(ends) == 1 else "\n"  # where they differ, each stays
    written = written.replace(line_end, "\n")
    for by_example in (True, False):
        with suppress(ConfigurationError):  # this way does not do: another may
            text, after = change(written, before, Editing(known, by_example))
            if after == before:
                return Edited(before=before, after=after)
            new = (mark + text.replace("\n", line_end)).encode()
            if _in_any_order(plan_in(path, new, known)) == _in_any_order(after):
                _replace(path, new, old)
                return Edited(before=before, after=after)
    raise _by_hand(path, _("it is written in a way that this command cannot change"))


def _in_any_order(plan: Plan) -> Plan:
    """Where a correction stands makes no difference."""
    return replace(plan, corrections=tuple(sorted(plan.corrections, key=lambda one: one.item_id)))


def _by_hand(path: Path, cause: str) -> PersonNeededError:
    return PersonNeededError(str(path), cause, _("change it in an editor; nothing was touched"))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise ConfigurationError(
            str(path), _("cannot be read: {cause}").format(cause=error.strerror), _("it must be a readable file")
        ) from error


def _replace(path: Path, new: bytes, old: bytes) -> None:
    """All or nothing: the file is written beside its place and renamed. What somebody else wrote meanwhile stays."""
    target = path.resolve()
    passing = passing_name(target)
    try:
        for folder in (*reversed(target.parent.parents), target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_synced(passing, new, mode=target.stat().st_mode & 0o777 if target.exists() else 0o600)
        if _bytes(target) != old:
            raise BusyError(str(path), _("somebody changed it just now"), _("look at it, then run the command again"))
        passing.replace(target)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error
    finally:
        with suppress(OSError):  # it has its name, or it was never made
            passing.unlink()


# -- One place in the text. ruamel.yaml writes the lines of one key twice, without the change and with it. The lines in
# which the two differ are the change; every other line stays as a person wrote it, however ruamel.yaml would lay it
# out. What stands in brackets is changed in the text, because ruamel.yaml loses the comments there. Nothing here knows
# what the plan means. Lines end in a line feed alone.


def without(text: str, key: str, named: Named) -> str:
    """Take the story out of the list under `key` with the rest of its line. The key stays."""
    members = _members(text, key)
    place = next((place for place, member in enumerate(members) if named(_written(member))), None)
    if place is None:
        return text
    if _value(text, key).flow:
        return _without_in_brackets(text, members[place])
    if outline(text).flow:
        return text[: members[place].start] + text[members[place].end :]

    def change(_yaml: Any, root: Any) -> None:
        if len(members) > 1:
            del root[key][list(root[key])[place] if isinstance(root[key], dict) else place]
        else:
            root[key] = None

    return _edited(text, key, change)


def with_story(text: str, key: str, story: str, comment: str, *, by_example: bool) -> str:
    """Add `story` (an id, or `id: "reason"`) as the last under `key`, or as the only one under `lead`, with a comment
    where one can stand. A remark that stands there stays. A key that is not there yet is put `by_example`: under the
    comment that shows it, else at the end.
    """
    root = outline(text)
    if root.flow and root.member(key) is None:
        return _with_in_brackets(text, root, f"{key}: {story if key == 'lead' else f'[{story}]'}")
    text = _with_key(text, root, key, by_example=by_example)
    spot = _value(text, key)
    if spot.flow:
        return _with_in_brackets(text, spot, story)
    if root.flow or (spot.text is not None and key != "lead"):
        beside = f"{text[spot.start : spot.end]}, " if spot.text is not None else ""
        value = story if key == "lead" else f"[{beside}{story}]"
        return text[: spot.start] + value + text[spot.end :]
    if spot.empty:  # a null that somebody wrote out
        text = text[: spot.start] + text[spot.end :]

    def change(yaml: Any, root: Any) -> None:
        new = yaml.load(story)
        if isinstance(root[key], dict):
            root[key].update(new if isinstance(new, dict) else {new: None})
        elif isinstance(root[key], list):
            root[key].append(new)
        else:
            root[key] = new if key == "lead" else [new]

    return _edited(text, key, change, comment)


def with_value(text: str, key: str, value: str, *, by_example: bool) -> str:
    """With `value` in the place of all that stands under the key."""
    root = outline(text)
    if root.flow and root.member(key) is None:
        return _with_in_brackets(text, root, f"{key}: {value}")
    text = _with_key(text, root, key, by_example=by_example)
    spot = _value(text, key)
    gap = " " if value and text[spot.start - 1] == ":" else ""
    return text[: spot.start] + gap + value + text[spot.end :]


def with_text(text: str, key: str, inner: str, value: str) -> str:
    """With `value` behind the key `inner` below `key`, if that is there."""
    member = _value(text, key).member(inner)
    if member is None:
        return text
    gap = " " if value and text[member.value.start - 1] == ":" else ""
    return text[: member.value.start] + gap + value + text[member.value.end :]


def _scalar(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""


def remark_on(text: str, key: str, named: Named) -> str:
    """What stands behind the story on its line: white space and a comment, or nothing."""
    ends = [member.end for member in _members(text, key) if named(_written(member))]
    found = _REMARK.match(text, ends[0]) if ends and not _value(text, key).flow else None
    return found[0] if found else ""


def without_remark(text: str, key: str, remark: str) -> str:
    """Take the remark out behind the only value under `key`."""
    end = _value(text, key).end
    return text[:end] + text[end:].removeprefix(remark)


def listed(text: str, key: str) -> list[str]:
    """The ids under `key` as they are written."""
    return [_written(member) for member in _members(text, key)]


def _value(text: str, key: str) -> Spot:
    member = outline(text).member(key)
    return member.value if member else Spot(0, 0, OutlineShape.TEXT)


def _members(text: str, key: str) -> Sequence[OutlineMember]:
    """A single value is a list of one."""
    spot = _value(text, key)
    return spot.members if spot.text is None else (OutlineMember(None, spot),)


def _written(member: OutlineMember) -> str:
    """The id, which is a key when a reason stands behind it."""
    if member.key is not None:
        return member.name
    inner = member.value.members
    return inner[0].name if inner else member.value.text or ""


def _with_key(text: str, root: Spot, key: str, *, by_example: bool) -> str:
    """With a line for the key, if there is none."""
    if root.member(key) is not None:
        return text
    example = re.search(rf"^# ?{key}:.*(?:\n#.*)*", text, re.MULTILINE) if by_example else None
    at = example.end() if example else len(_END.split(text, maxsplit=1)[0])
    indent = text[_line_start(text, root.start) : root.start] if root.members else ""
    before, rest = text[:at], text[at:].removeprefix("\n")
    line_end = "\n" if before.strip() else ""
    return f"{before}{line_end}{indent}{key}:\n{rest}"


def _edited(text: str, key: str, change: Callable[[Any, Any], None], comment: str = "") -> str:
    """The text with the lines of `key` changed, and the comment behind what is new. Raise `ConfigurationError` for what
    ruamel.yaml cannot change.
    """
    from ruamel.yaml.error import YAMLError  # with the library itself: see below

    starts = {member.name: _line_start(text, member.start) for member in outline(text).members}
    try:
        start = starts[key]
        end = min((at for at in starts.values() if at > start), default=len(text))
        lines = text[start:end].split("\n")
        content = [number for number, line in enumerate(lines) if _CONTENT.match(line)]
        written = [lines[number].replace("\t", " ") for number in content]
        before, after, indent = _before_and_after(written, key, change)
        place = dict(zip(_starts(before, key), _starts(written, key), strict=True))
        for tag, i1, i2, j1, j2 in reversed(SequenceMatcher(None, before, after, autojunk=False).get_opcodes()):
            if tag == "equal":
                continue
            new = [indent + line for line in after[j1:j2]]
            if new and not (key == "lead" and "#" in new[-1]):
                new[-1] += comment
            stop = content[place[i2] - 1] + 1
            lines[content[place[i1]] if i1 < i2 else stop : stop] = new
    except (YAMLError, LookupError, ValueError) as error:
        raise ConfigurationError(_("the plan"), _("this cannot be changed: {cause}").format(cause=error)) from error
    return text[:start] + "\n".join(lines) + text[end:]


def _before_and_after(
    lines: Sequence[str], key: str, change: Callable[[Any, Any], None]
) -> tuple[list[str], list[str], str]:
    """The lines as ruamel.yaml writes them without the change and with it, and the indentation of the key."""
    from ruamel.yaml import YAML  # 25 ms, which only those pay who change a plan by a command

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = sys.maxsize
    yaml.indent(sequence=4, offset=2)
    root = yaml.load("\n".join(lines))
    if isinstance(root[key], dict | list):
        inside = root[key].lc.col - root.lc.col
        yaml.indent(mapping=inside or 2, sequence=inside + 2, offset=inside)
    yaml.dump(root, before := StringIO())
    change(yaml, root)
    yaml.dump(root, after := StringIO())
    return before.getvalue()[:-1].split("\n"), after.getvalue()[:-1].split("\n"), " " * root.lc.col


def _starts(lines: Sequence[str], key: str) -> list[int]:
    """In which line the key and each of its members begin, and how many lines there are."""
    text = "\n".join(lines)
    return [0, *(text.count("\n", 0, member.start) for member in _value(text, key).members), len(lines)]


def _with_in_brackets(text: str, spot: Spot, story: str) -> str:
    if not spot.members:
        opened = text.index("{" if spot.shape is OutlineShape.MAPPING else "[", spot.start) + 1
        return f"{text[:opened]}{story}{' ' if text[opened] == '#' else ''}{text[opened:]}"
    end = spot.members[-1].end
    return f"{text[:end]}, {story}{text[end:]}"


def _without_in_brackets(text: str, member: OutlineMember) -> str:
    """With the comma behind the member, else with the one before it."""
    before, behind = text[: member.start], text[member.end :]
    rest = re.sub(r"\A\s*,[ \t]*", "", behind)
    return (before if rest != behind else re.sub(r",\s*\Z", "", before)) + rest


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1
