"""Recognises header lines: `Countries: Guatemala, Mexico` under the title of an item."""

from typing import NamedTuple

from digest.sources.fields import NOT_IN_A_LISTING, Field, field_named

_LONGEST_NAME = 24  # characters before the colon


class Header(NamedTuple):
    field: Field
    value: str


def header(line: str) -> Header | None:
    """The header that the line holds; `None` for ordinary text, also when that has a colon."""
    colon = line.find(":", 1, _LONGEST_NAME)
    if colon < 0:
        return None
    field = field_named(line[:colon])
    if field is None or field in NOT_IN_A_LISTING:
        return None
    return Header(field, line[colon + 1 :].strip())
