"""Dates that count from the day on which the page was asked for, in English, Spanish, French and Portuguese; and days
under the heading of their month.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from digest.foundation.words import fold_letters
from digest.intake.sources.dates import Dated, recognise

LONGEST = 60  # characters
RELATIVE = "relative"  # the form of such a date
ROUGH = "relative, roughly"
_DAYS = {
    **dict.fromkeys(("hoy", "today", "aujourd'hui", "hoje"), 0),
    **dict.fromkeys(("ayer", "yesterday", "hier", "ontem"), 1),
    **dict.fromkeys(("anteayer", "antier", "antes de ayer", "avant-hier", "anteontem"), 2),
}
_NOW = r"(?:just now|ahora mismo|hace un momento|hace instantes|a l'instant|agora mesmo)"
_UNITS = {
    **dict.fromkeys(("minute", "minutes", "min", "mins", "minuto", "minutos"), "minutes"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h", "hora", "horas", "heure", "heures"), "hours"),
    **dict.fromkeys(("day", "days", "d", "dia", "dias", "jour", "jours"), "days"),
    **dict.fromkeys(("week", "weeks", "semana", "semanas", "semaine", "semaines"), "weeks"),
    **dict.fromkeys(("month", "months", "mes", "meses", "mois"), "months"),
    **dict.fromkeys(("year", "years", "ano", "anos", "an", "ans"), "years"),
}
_IN_DAYS = {"days": 1, "weeks": 7, "months": 30.44, "years": 365.25}
_COUNT = r"(?P<count>[0-9]{1,3}|an?|one|una?|uno|une|uma?)"
_UNIT = rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
_AGO = (
    rf"(?:about |over |almost )?{_COUNT} ?{_UNIT} ago",
    rf"(?:hace|hace unos|hace unas|hace casi|il y a|ha|faz) {_COUNT} ?{_UNIT}",
    rf"{_COUNT} {_UNIT} atras",
)
_LABEL = r"(?:(?:published|posted|publicado|publicada|publie|publiee|fecha|date)(?: on| el)? ?:? ?)?"
_BEHIND = r"(?: ?(?:[|·•,–—-]|a las|at|a) ?.*)?"
_FORMS = tuple(re.compile(rf"{_LABEL}{form}{_BEHIND}") for form in (*_AGO, rf"(?P<now>{_NOW})"))
_NAMED = re.compile(rf"{_LABEL}(?P<day>{'|'.join(sorted(_DAYS, key=len, reverse=True))})(?: ?(?:[|·•,]|a las|at) ?.*)?")
_WORDS = frozenset(  # one of which stands in each
    ("ago", "hace", "il", "ha", "há", "faz", "atras", "atrás", "now", "ahora", "agora", "l'instant")
).union(*(name.split() for name in _DAYS))

_MONTH_AND_YEAR = re.compile(r"(?:[^\W\d]{3,10}\.?(?: de| del| of|,)? )?(?:19|20)\d\d", re.IGNORECASE)
_DAY = re.compile(r"(?:[^\W\d]{2,9}\.?,? )?\d{1,2}(?:st|nd|rd|th|º|°|\.)?")
_DAY_AND_MONTH = re.compile(r"\d{1,2}(?: de)? [^\W\d]{3,10}\.?|[^\W\d]{3,10}\.? \d{1,2}")


class MonthHeading(NamedTuple):
    """`month` as it is written, empty where a year stands alone."""

    month: str
    year: str


def may_be_relative(text: str) -> bool:
    return len(text) <= LONGEST and not _WORDS.isdisjoint(_plain(text.lower()).replace(",", " ").split())


def relative_date(text: str, today: date, now: datetime | None = None) -> Dated | None:
    """`hace 3 días`, `2 days ago`, `ayer`. Hours count back from `now`; without it, they are of today."""
    folded = " ".join(_plain(fold_letters(text)).split()).rstrip(".")
    if (named := _NAMED.fullmatch(folded)) is not None:
        return Dated(RELATIVE, today - timedelta(days=_DAYS[named["day"]]))
    found = next(filter(None, (form.fullmatch(folded) for form in _FORMS)), None)
    if found is None:
        return None
    said = found.groupdict()
    if said.get("now"):
        return Dated(RELATIVE, today)
    count, unit = int(said["count"]) if said["count"].isdecimal() else 1, _UNITS[said["unit"]]
    if unit not in _IN_DAYS:
        if now is None:
            return Dated(RELATIVE, today)
        at = now.astimezone(UTC) - timedelta(**{unit: count})
        return Dated(RELATIVE, at.date(), minutes=at.hour * 60 + at.minute)
    days = timedelta(days=round(count * _IN_DAYS[unit]))
    return Dated(RELATIVE if unit in ("days", "weeks") else ROUGH, today - days)


def _plain(text: str) -> str:
    """With one sign for the apostrophe: that of typewriters."""
    return text.replace("’", "'")


def month_heading(text: str) -> MonthHeading | None:
    """`Julio 2018`, `July, 2018`, `2018`."""
    said = " ".join(text.split()).strip(":")
    if len(said) > LONGEST or not _MONTH_AND_YEAR.fullmatch(said):
        return None
    year = said[-4:]
    month = said[:-4].strip(" ,.").removesuffix(" de").removesuffix(" del").removesuffix(" of").strip(" ,.")
    if not month:
        return MonthHeading("", year)
    return MonthHeading(month, year) if isinstance(recognise(f"1 {month} {year}"), Dated) else None


def day_under(heading: MonthHeading, text: str) -> Dated | None:
    """`12`, `Jue 12` under a month; `12 de julio` under a year, or under that month."""
    said = " ".join(text.split())
    if len(said) > LONGEST:
        return None
    if _DAY_AND_MONTH.fullmatch(said):
        read = recognise(f"{said.rstrip('.')} {heading.year}")
        first = recognise(f"1 {heading.month} {heading.year}") if heading.month else None
        if isinstance(read, Dated) and (not isinstance(first, Dated) or first.day.month == read.day.month):
            return read
    if not heading.month or not _DAY.fullmatch(said):
        return None
    read = recognise(f"{said.rstrip('.')} {heading.month} {heading.year}")
    is_clear = isinstance(read, Dated) and read.weekday in (None, read.day.weekday())
    return read if is_clear and isinstance(read, Dated) else None
