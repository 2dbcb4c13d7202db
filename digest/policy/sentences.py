"""Sentences: what people write after `send:`, such as `day 5 at 09:00` or `first monday at 08:00`, in parts.

Generous in what it reads (`the 1st and 15th of the month at 9:00`), exact in what it means.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from digest.model.schedule import CronDays, DayOf, DayRule, DaysOf, EveryDay, Weekdays
from digest.policy.cron import cron_time, is_cron_line

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = ("first", "second", "third", "fourth", "fifth")
MOST_WEEKS = 52

_AND = re.compile(r" ?, ?(?:and |& )?| and | & ")
_SENTENCE = re.compile(r"(?:(.*) )?at (\S+)")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_WEEKS = re.compile(r"every (?:([0-9]{1,2}|two|three|four|other) weeks?|week)(?: on)? (.+)")
_BLOCK = re.compile(r" of (?:the|every|each) (month|quarter)$")
_NUMBER = re.compile(r"([0-9]{1,3})(?:st|nd|rd|th)?")
_COUNTS = {"two": 2, "three": 3, "four": 4, "other": 2}
_DAY, _WORKING = "day", "working"


class UnclearDayError(ValueError):
    """The sentence does not say a day, or not in a way that is understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """`days` is `None` when a sentence names only a time. `weeks` and `months` are what it says itself, as in `every 2
    weeks` and `of the quarter`; without, the rule stands for every week or month until `every:` is heard.
    """

    days: DayRule | None
    time: time
    weeks: int | None = None
    months: int | None = None


def read_sentence(text: str) -> Spoken:
    """Raise `UnclearDayError`, or `ValueError` with plain words for a time that is none and for a bad cron line."""
    if is_cron_line(text):
        return Spoken(days=CronDays(line=" ".join(text.split())), time=cron_time(text))
    words = _AND.sub(" , ", " ".join(text.lower().split()))
    found = _SENTENCE.fullmatch(words)
    if found is None:
        raise UnclearDayError
    clock = _TIME.fullmatch(found[2])
    if clock is None:
        raise ValueError("needs a time from 00:00 to 23:59 after 'at', such as 'at 09:00'")
    return _spoken((found[1] or "").strip(), time(int(clock[1]), int(clock[2])))


def _spoken(days: str, clock: time) -> Spoken:
    if not days:
        return Spoken(days=None, time=clock)
    if days in ("every day", "daily", "day"):
        return Spoken(days=EveryDay(), time=clock)
    if found := _WEEKS.fullmatch(days):
        count = 1 if found[1] is None else _COUNTS.get(found[1]) or int(found[1])
        if not 1 <= count <= MOST_WEEKS:
            raise ValueError(f"the number of weeks runs from 1 to {MOST_WEEKS}")
        if weekdays := _weekdays(found[2]):
            return Spoken(days=Weekdays(days=weekdays, every=count), time=clock, weeks=count)
    if weekdays := _weekdays(days.removeprefix("every ").removeprefix("on ")):
        return Spoken(days=Weekdays(days=weekdays), time=clock)
    block = _BLOCK.search(days)
    months = None if block is None else 1 if block[1] == "month" else 3
    named = _days(_BLOCK.sub("", days).removeprefix("on ").split(" , "))
    return Spoken(days=DaysOf(days=named, months=months or 1), time=clock, months=months)


def _weekdays(words: str) -> tuple[int, ...]:
    """Nothing when they are anything else than days of the week."""
    found = [_weekday(word) for word in words.split(" , ")]
    return tuple(sorted({day for day in found if day is not None})) if None not in found else ()


def _weekday(word: str) -> int | None:
    """`monday`, `mondays`, `mon`."""
    for number, name in enumerate(WEEKDAYS):
        if word in (name, f"{name}s") or (len(word) >= 3 and name.startswith(word.rstrip("."))):  # noqa: PLR2004 – mon
            return number
    return None


def _days(parts: Sequence[str]) -> tuple[DayOf, ...]:
    """`15 , last day`: what is counted may stand once, at the last or the first."""
    numbers, nouns = zip(*(_number_and_noun(part.split()) for part in parts), strict=True)
    said = [noun for noun in nouns if noun is not None]
    found: list[DayOf] = []
    for position, number in enumerate(numbers):
        following = (noun for noun in nouns[position:] if noun is not None)
        day = _day(number, next(following, said[-1] if said else _DAY))
        if day not in found:
            found.append(day)
    return tuple(found)


def _number_and_noun(words: list[str]) -> tuple[int, str | None]:
    """`day 15`, `15th`, `the first monday`, `last working day`; -1 is the last."""
    match [word for word in words if word != "the"]:
        case [("day" | "days"), number]:
            return _number(number), _DAY
        case [number]:
            return _number(number), None
        case [number, ("day" | "days")]:
            return _number(number), _DAY
        case [number, ("working" | "work" | "business"), ("day" | "days")] | [number, ("workday" | "workdays")]:
            return _number(number), _WORKING
        case [number, weekday] if _weekday(weekday) is not None:
            return _number(number), WEEKDAYS[_weekday(weekday) or 0]
    raise UnclearDayError


def _number(word: str) -> int:
    if word == "last":
        return -1
    if word in NUMBERS:
        return NUMBERS.index(word) + 1
    if found := _NUMBER.fullmatch(word):
        return int(found[1])
    raise UnclearDayError


def _day(number: int, noun: str) -> DayOf:
    if noun == _DAY:
        return DayOf(number=number)
    if noun == _WORKING:
        return DayOf(number=number, working=True)
    return DayOf(number=number, weekday=WEEKDAYS.index(noun))
