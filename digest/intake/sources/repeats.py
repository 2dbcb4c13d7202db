"""Repeats: a listing that says the same again and again, as when a paste went wrong, is read once."""

from collections import Counter
from collections.abc import Iterable

from digest.foundation.catalogue import later
from digest.intake.item import FoundItem
from digest.intake.sources.draft import Findings

FEWEST = 10  # times; a few may be meant, and are one story anyhow
_BEGINNING = 200  # characters by which the next time is looked for
_TRIES = 20
_STARTS = 20  # blocks of text from which on it is looked for, in a long file
_LONG = 500_000  # characters; of a shorter one the items are compared


def said_once(text: str, findings: Findings) -> str:
    """The text with what it says again and again standing there once; that is named. Of a short one only if it says
    nothing else. What stands around it stays, on the same lines.
    """
    whole = text.strip("\n")
    above, is_long, is_repeated = text[: text.find(whole)], len(whole) > _LONG, False
    start, kept = 0, [above]
    for _ in range(_STARTS if is_long else 1):
        length, times = _repeated(whole, start)
        if times and (is_long or start + length * times >= len(whole)):
            unit = whole[start : start + length]
            cause = later("the same text stands {times:,} times in this file: it is read once").format(times=times)
            is_repeated = True
            findings.warning(len(above) + whole.count("\n", 0, start) + 1, cause, later("Delete the repeats."))
            kept += [unit, "\n" * (unit.count("\n") * (times - 1))]
            start += length * times
        else:
            end = whole.find("\n\n", start) + 2
            if end == 1:
                break
            kept.append(whole[start:end])
            start = end
    if not is_repeated:
        return text
    return f"{''.join(kept)}{whole[start:]}".rstrip() + "\n"


def _repeated(whole: str, start: int) -> tuple[int, int]:
    """How long the text from there on is that comes again at once, and how many times it stands there, if often. The
    last of them may lack the ends of its lines.
    """
    beginning, at = whole[start : start + _BEGINNING], start
    if not beginning:
        return 0, 0
    for _ in range(_TRIES):
        at = whole.find(beginning, at + 1, start + (len(whole) - start) // (FEWEST - 1) + _BEGINNING)
        if at < 0:
            break
        unit, times = whole[start:at], 1
        while whole.startswith(unit, start + len(unit) * times):
            times += 1
        is_end = whole[start + len(unit) * times :] == unit.rstrip("\n")
        if times + is_end >= FEWEST and (unit.endswith("\n\n") or (unit.endswith("\n") and is_end)):
            return len(unit), times + is_end
    return 0, 0


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
                later("the same item stands {times:,} times in this file: it is taken once").format(times=times[key]),
                later("Delete the repeats."),
            )
    return tuple(kept)
