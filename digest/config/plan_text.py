"""Changes the text of a plan at one place and nowhere else: comments, order and line ends stay as they are.

Each change reads the outline anew. None of them knows what the plan means; who calls them reads the result again.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

from digest.config.plan_outline import Member, Shape, Spot, outline

Named = Callable[[str], bool]  # whether an id as written is the one that is meant

_LINE_END = re.compile("\r\n|\r|\n")
_BLANKS = " \t"


class Where(Enum):
    """Where a key that the plan does not have yet is put, in the order in which it is tried."""

    UNDER_ITS_EXAMPLE = auto()
    AT_THE_END = auto()
    BEHIND_THE_LAST_KEY = auto()


def without(text: str, key: str, named: Named) -> str:
    """Take the story out of the list under `key` with the rest of its line. The key stays."""
    spot = _value(text, key)
    if spot is None:
        return text
    if spot.shape is Shape.TEXT and spot.text is not None and named(spot.text):
        rest = text[spot.end :]
        before = text[: spot.start]
        return (before if rest.lstrip(_BLANKS).startswith("#") else before.rstrip(_BLANKS)) + rest
    for place, member in enumerate(spot.members):
        if named(_written(member)):
            if spot.flow:
                return _without_in_brackets(text, spot, place)
            return text[: _line_start(text, member.start)] + text[_next_line(text, member.end) :]
    return text


def with_story(text: str, key: str, story: str, comment: str, where: Where) -> str:
    """Add `story` (an id, or `id: "reason"`) as the last under `key`, with a comment where one can stand."""
    line_end = _line_end_of(text)
    member = _key(text, key)
    if member is None:
        return _with_key(text, key, [f"{key}:", f"  - {story}{comment}"], f"{key}: [{story}]", where)
    spot = member.value
    if spot.flow:
        return _with_in_brackets(text, spot, story)
    if spot.shape is Shape.TEXT and spot.text is not None:
        return f"{text[: spot.start]}[{text[spot.start : spot.end]}, {story}]{text[spot.end :]}"
    if spot.empty:
        indent = " " * (member.start - _line_start(text, member.start) + 2)
        text = text[: spot.start] + text[spot.end :]
        return _with_line(text, member.start, f"{indent}- {story}{comment}", line_end)
    last = spot.members[-1]
    start = _line_start(text, last.start)
    indent = text[start : start + len(text[start:]) - len(text[start:].lstrip(_BLANKS))]
    if spot.shape is Shape.LIST:
        return _with_line(text, last.end, f"{indent}- {story}{comment}", line_end)
    return _with_line(text, last.end, f"{indent}{story if ':' in story else f'{story}:'}{comment}", line_end)


def with_lead(text: str, story: str, comment: str, where: Where) -> str:
    """Write the story behind `lead:`, in place of another. A remark that stands there stays, and no other is made."""
    member = _key(text, "lead")
    if member is None:
        return _with_key(text, "lead", [f"lead: {story}{comment}"], f"lead: {story}", where)
    spot = member.value
    start, end = spot.start, spot.end
    if start == end:  # nothing stands behind the colon
        start = end = text.index(":", member.key.end if member.key else member.start) + 1
        story = f" {story}"
    alone = _this_line_end(text, end) == end and not outline(text).flow
    return f"{text[:start]}{story}{comment if alone else ''}{text[end:]}"


def remark_on(text: str, key: str, named: Named) -> str:
    """What stands behind the story on its line: white space and a comment, or nothing."""
    spot = _value(text, key)
    if spot is None or spot.flow:
        return ""
    ends = [spot.end] if spot.shape is Shape.TEXT and spot.text is not None and named(spot.text) else []
    ends += [member.end for member in spot.members if named(_written(member))]
    for end in ends:
        rest = text[end : _this_line_end(text, end)]
        return rest if rest.lstrip(_BLANKS).startswith("#") else ""
    return ""


def without_remark(text: str, key: str, remark: str) -> str:
    """Take the remark out behind the only value under `key`."""
    spot = _value(text, key)
    if spot is not None and remark and text.startswith(remark, spot.end):
        return text[: spot.end] + text[spot.end + len(remark) :]
    return text


def listed(text: str, key: str) -> Iterator[str]:
    """The ids under `key` as they are written."""
    spot = _value(text, key)
    if spot is not None and spot.shape is Shape.TEXT and spot.text is not None:
        yield spot.text
    for member in spot.members if spot else ():
        yield _written(member)


def _key(text: str, key: str) -> Member | None:
    return outline(text).member(key)


def _value(text: str, key: str) -> Spot | None:
    member = _key(text, key)
    return member.value if member else None


def _written(member: Member) -> str:
    """The id, which is a key when a reason stands behind it."""
    if member.key is not None:
        return member.name
    inner = member.value.members
    return inner[0].name if inner else member.value.text or ""


def _with_key(text: str, key: str, lines: list[str], in_brackets: str, where: Where) -> str:
    root, line_end = outline(text), _line_end_of(text)
    if root.flow:
        return _with_in_brackets(text, root, in_brackets)
    indent = " " * (root.start - _line_start(text, root.start)) if root.members else ""
    written = line_end.join(indent + line for line in lines)
    if where is Where.UNDER_ITS_EXAMPLE:
        example = re.search(rf"^# ?{key}:[^\r\n]*(?:(?:\r\n|\r|\n)#[^\r\n]*)*", text, re.MULTILINE)
        return _with_line(text, example.end(), written, line_end) if example else text
    if where is Where.BEHIND_THE_LAST_KEY:
        return _with_line(text, root.end, written, line_end)
    if not text.strip():
        return f"{written}{line_end}{text}"
    return _with_line(text, len(text.rstrip("\r\n")), written, line_end)


def _with_line(text: str, at: int, line: str, line_end: str) -> str:
    """Write lines behind the line in which `at` stands."""
    end = _this_line_end(text, at)
    following = _next_line(text, at)
    if following == end:  # the last line has no end
        return f"{text}{line_end}{line}{line_end}"
    return f"{text[:following]}{line}{line_end}{text[following:]}"


def _with_in_brackets(text: str, spot: Spot, story: str) -> str:
    if not spot.members:
        opened = text.index("{" if spot.shape is Shape.MAPPING else "[", spot.start) + 1
        return f"{text[:opened]}{story}{' ' if text[opened] == '#' else ''}{text[opened:]}"
    end = spot.members[-1].end
    return f"{text[:end]}, {story}{text[end:]}"


def _without_in_brackets(text: str, spot: Spot, place: int) -> str:
    """With the comma behind the member, else with the one before it."""
    member = spot.members[place]
    stop = spot.members[place + 1].start if place + 1 < len(spot.members) else spot.end - 1
    if (comma := _comma(text, member.end, stop)) is not None:
        after = comma + 1
        while after < len(text) and text[after] in _BLANKS:
            after += 1
        return text[: member.start] + text[after:]
    if place and (comma := _comma(text, spot.members[place - 1].end, member.start)) is not None:
        return text[:comma] + text[comma + 1 : member.start].rstrip(_BLANKS) + text[member.end :]
    return text[: member.start] + text[member.end :]


def _comma(text: str, start: int, stop: int) -> int | None:
    """The first comma that stands in no comment."""
    at = start
    while at < stop:
        if text[at] == ",":
            return at
        at = _this_line_end(text, at) if text[at] == "#" else at + 1
    return None


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _this_line_end(text: str, at: int) -> int:
    found = _LINE_END.search(text, at)
    return found.start() if found else len(text)


def _next_line(text: str, at: int) -> int:
    found = _LINE_END.search(text, at)
    return found.end() if found else len(text)


def _line_end_of(text: str) -> str:
    found = _LINE_END.search(text)
    return found[0] if found else "\n"
