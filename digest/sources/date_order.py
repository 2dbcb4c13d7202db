"""Settles whether 5/8/2018 is in May or in August: by the setting, else by evidence inside the file."""

from collections.abc import Iterable, Sequence
from datetime import date

from digest.model.date_order import DateOrder
from digest.sources.date_lines import Dated
from digest.sources.findings import Findings

_MOST_NAMED = 10  # lines named in one message
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def settle(found: Sequence[tuple[int, Dated]], setting: DateOrder | None, findings: Findings) -> list[date]:
    """The days of the date lines, each given with its number. Reports what stays open, and weekdays that do not fit."""
    order = setting or _evidence(dated for _, dated in found)
    left_open: list[int] = []
    days: list[date] = []
    for line, dated in found:
        day = dated.day
        if dated.month_first is not None:
            day = dated.month_first if order is DateOrder.MONTH_FIRST else dated.day
            if order is None:
                left_open.append(line)
        elif setting is not None and dated.order not in (None, setting):
            findings.warning(
                line,
                f"this can only be {day:%-d %B %Y}, although the setting says dates: {setting}",
                "Write the month as a word.",
            )
        if dated.weekday is not None or dated.unknown_weekday:
            _check_weekday(line, dated, day, findings)
        days.append(day)
    if left_open:
        _report_open(left_open, findings)
    return days


def _evidence(found: Iterable[Dated]) -> DateOrder | None:
    """What all dates with a single reading agree on. A weekday that fits one reading only counts too."""
    orders = {_shown(dated) for dated in found} - {None}
    return orders.pop() if len(orders) == 1 else None


def _shown(dated: Dated) -> DateOrder | None:
    if dated.month_first is None or dated.weekday is None:
        return dated.order
    fits = dated.weekday == dated.day.weekday(), dated.weekday == dated.month_first.weekday()
    return {(True, False): DateOrder.DAY_FIRST, (False, True): DateOrder.MONTH_FIRST}.get(fits)


def _check_weekday(line: int, dated: Dated, day: date, findings: Findings) -> None:
    if dated.weekday is None:
        cause = f"no weekday is called “{dated.unknown_weekday}”; the date is read as {day:%-d %B %Y}"
        findings.warning(line, cause, "Correct the weekday, or leave it out.")
    elif dated.weekday != day.weekday():
        said, true = _WEEKDAYS[dated.weekday], _WEEKDAYS[day.weekday()]
        findings.warning(line, f"{day:%-d %B %Y} is a {true}, not a {said}", "Correct the date or the weekday.")


def _report_open(lines: list[int], findings: Findings) -> None:
    named = ", ".join(map(str, lines[:_MOST_NAMED])) + (" and others" if len(lines) > _MOST_NAMED else "")
    findings.warning(
        lines[0],
        f"nothing in this file tells whether the day or the month comes first (see {named}); read with the day first",
        "Set dates: day-first or dates: month-first for this source, or write the month as a word.",
    )
