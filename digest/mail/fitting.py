"""Text fitted into its room: on one line, cut at a word, in columns."""

import re

ELLIPSIS = "…"
# What separates lines or words anywhere, and the controls that no text may carry into a header.
_GAPS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ENDS = " ,;:.–—-…"


def one_line(text: str) -> str:
    """Every run of white space, no-break spaces and control characters included, as one space."""
    return _GAPS.sub(" ", text).strip()


def shorten(text: str, most: int) -> str:
    """At most `most` characters, cut after a whole word, with an ellipsis when something was left out. Only a first
    word that is too long itself is cut inside.
    """
    if len(text) <= most:
        return text
    room = text[:most]
    head, space, _ = room.rpartition(" ")
    kept = (head if space else room[:-1]).rstrip(_ENDS)
    return f"{kept or room[:-1]}{ELLIPSIS}"


def wrap(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Lines of at most `width` columns, broken at spaces alone: a URL and words joined by a no-break space stay
    whole. `first` stands before the first line, `rest`, as wide as it, before the others.
    """
    text = _single_spaces(text)
    width -= len(first)
    lines = []
    start = 0
    while len(text) - start > width:
        end = text.rfind(" ", start, start + width + 1)
        if end < 0:
            end = text.find(" ", start)
        if end < 0:
            break
        lines.append(text[start:end])
        start = end + 1
    lines.append(text[start:])
    return first + f"\n{rest}".join(lines)


def _single_spaces(text: str) -> str:
    for gap in "\t\r\n":
        text = text.replace(gap, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")
