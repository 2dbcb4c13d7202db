"""Words in messages: what people wrote, quoted, short and harmless to a terminal; lists and counts."""

import re
from collections.abc import Iterable

LONGEST_SHOWN = 60

_HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """Control characters and bidi overrides become `?`."""
    return _HARMFUL.sub("?", text)


def plain(text: str) -> str:
    """One line of at most `LONGEST_SHOWN` harmless characters."""
    text = harmless(text[: LONGEST_SHOWN + 1]).replace("\n", "?")
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def quoted(text: str) -> str:
    return f"'{plain(text)}'"


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """`, did you mean 'countries'?`, or nothing when nothing is near. Case does not count."""
    import difflib

    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(written[:LONGEST_SHOWN].lower(), names, n=1)
    return f", did you mean {quoted(names[near[0]])}?" if near else ""


def listed(names: Iterable[str], last: str = "or") -> str:
    """`day, week or month`."""
    *first, final = names
    return f"{', '.join(first)} {last} {final}" if first else final


def counted(count: int, one: str, many: str) -> str:
    """`1 story`, `1,200 stories`."""
    return f"{count:,} {one if count == 1 else many}"
