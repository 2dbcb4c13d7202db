"""Speaking: the period that a person means by `2018-07`, `july` or `agosto 2018`."""

import re
from collections.abc import Iterable, Sequence

from digest.errors import UsageError
from digest.model.period import Period, PeriodKind
from digest.policy.folding import fold
from digest.policy.timetable import Timetable

_YEAR = re.compile(r"\b(\d{4})\b")
_EXAMPLES = {
    PeriodKind.DAY: "2018-08-05",
    PeriodKind.WEEK: "2018-W31",
    PeriodKind.MONTH: "2018-07 or july",
    PeriodKind.QUARTER: "2018-Q3",
    PeriodKind.SINCE_LAST: "2018-08-15, the date on which it goes out",
}


def period_from_words(timetable: Timetable, words: str, known: Iterable[Period], languages: Sequence[str]) -> Period:
    """A key names its period, known or not. A month's name means the latest known period that begins in it;
    a window since the last sending, one that ends in it.

    Raise `UsageError` with what could be meant.
    """
    try:
        return timetable.from_key(words.strip().upper())
    except (ValueError, OverflowError):
        pass
    year = _YEAR.search(words)
    name = fold(_YEAR.sub("", words)).removesuffix(" de")
    months = _months(languages)
    latest = sorted(known, reverse=True)
    if name in months:
        for period in latest:
            day = period.last_day if period.kind is PeriodKind.SINCE_LAST else period.start
            if day.month == months[name] and (year is None or day.year == int(year[1])):
                return period
    kind = timetable.schedule.kind
    remedy = f"write it like {_EXAMPLES[kind]}"
    if latest:
        remedy += f"; there are stories or editions for: {', '.join(period.key for period in reversed(latest[:12]))}"
    raise UsageError(words, f"no {'window' if kind is PeriodKind.SINCE_LAST else kind} of that name is known", remedy)


def _months(languages: Sequence[str]) -> dict[str, int]:
    from babel.dates import get_month_names

    return {
        fold(name): number
        for language in {*languages, "en", "es"}
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, locale=language).items()
    }
