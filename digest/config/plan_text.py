"""Changes the text of a plan at one place and nowhere else: comments and order stay as they are.

ruamel.yaml writes the lines of one key twice, without the change and with it. The lines in which the two differ are the
change; every other line stays as a person wrote it, however ruamel.yaml would lay it out. What stands in brackets is
changed in the text, because ruamel.yaml loses the comments there. Nothing here knows what the plan means; who calls it
reads the result again. Lines end in a line feed alone: `plan_editing` sees to the others.
"""

import re
import sys
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from io import StringIO
from typing import Any

from digest.config.plan_outline import Member, Shape, Spot, outline
from digest.errors import ConfigurationError

Named = Callable[[str], bool]  # whether an id as written is the one that is meant

_CONTENT = re.compile(r"(?!\.\.\.)\s*[^\s#]")
_END = re.compile(r"\n*(?:^\.\.\.(?!\S)[\s\S]*)?\Z", re.MULTILINE)
_REMARK = re.compile(r"[ \t]+#.*")


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
    return member.value if member else Spot(0, 0, Shape.TEXT)


def _members(text: str, key: str) -> Sequence[Member]:
    """A single value is a list of one."""
    spot = _value(text, key)
    return spot.members if spot.text is None else (Member(None, spot),)


def _written(member: Member) -> str:
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
    from ruamel.yaml.error import YAMLError

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
        raise ConfigurationError("the plan", f"this cannot be changed: {error}") from error
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
        opened = text.index("{" if spot.shape is Shape.MAPPING else "[", spot.start) + 1
        return f"{text[:opened]}{story}{' ' if text[opened] == '#' else ''}{text[opened:]}"
    end = spot.members[-1].end
    return f"{text[:end]}, {story}{text[end:]}"


def _without_in_brackets(text: str, member: Member) -> str:
    """With the comma behind the member, else with the one before it."""
    before, behind = text[: member.start], text[member.end :]
    rest = re.sub(r"\A\s*,[ \t]*", "", behind)
    return (before if rest != behind else re.sub(r",\s*\Z", "", before)) + rest


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1
