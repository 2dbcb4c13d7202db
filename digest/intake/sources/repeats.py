"""Repeats: a listing that says the same again and again, as when a paste went wrong, is read once."""

from collections import Counter
from collections.abc import Iterable

from digest.intake.item import FoundItem
from digest.intake.sources.draft import Findings

FEWEST = 10  # times; a few may be meant, and are one story anyhow
_BEGINNING = 200  # characters by which the next time is looked for
_TRIES = 20


def said_once(text: str, findings: Findings) -> str:
    """The text that the whole file repeats, if it is nothing else; that is named."""
    whole = text.strip("\n")
    beginning, at = whole[:_BEGINNING], 0
    for _ in range(_TRIES):
        at = whole.find(beginning, at + 1)
        if at <= 0 or at * FEWEST > len(whole) + at:
            return text
        times, rest = divmod(len(whole), at)
        unit = whole[:at]
        if unit.endswith("\n") and (unit * (times + (rest > 0))).rstrip("\n") == whole:
            count = times + (rest > 0)
            findings.warning(
                1, f"the same text stands {count:,} times in this file: it is read once", "Delete the repeats."
            )
            return f"{unit.rstrip()}\n"
    return text


def told_once(items: Iterable[FoundItem], findings: Findings) -> tuple[FoundItem, ...]:
    """Without those that say, word for word and on one day, what the file has said before, if it does so many times."""
    items = tuple(items)
    times = Counter((item.published_on, item.language, item.text) for item in items)
    kept, told = [], set()
    for item in items:
        key = (item.published_on, item.language, item.text)
        if times[key] < FEWEST or item.given_id is not None:
            kept.append(item)
        elif key not in told:
            told.add(key)
            kept.append(item)
            findings.warning(
                item.place.line,
                f"the same item stands {times[key]:,} times in this file: it is taken once",
                "Delete the repeats.",
            )
    return tuple(kept)
