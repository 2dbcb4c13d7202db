"""The migration that gave editions their windows reads keys as periods do; it may not import them."""

from datetime import date
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.newsletters.period import Period, PeriodKind

CALENDAR = sorted(set(PeriodKind) - {PeriodKind.SINCE_LAST})
calendar = import_module("digest.foundation.migrations.versions.0002_calendar")


def agree(kind: PeriodKind, key: str) -> bool:
    period = Period.from_key(kind, key)
    return calendar._window(kind.value, key) == (period.start, period.end)


@pytest.mark.parametrize("kind", CALENDAR)
@given(day=st.dates(max_value=date(9998, 12, 31)))
def test_every_key_names_the_same_window(kind, day):
    assert agree(kind, Period.containing(kind, day).key)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (PeriodKind.DAY, "2020-02-29"),
        (PeriodKind.DAY, "2019-12-31"),
        (PeriodKind.WEEK, "2020-W53"),
        (PeriodKind.WEEK, "2019-W01"),
        (PeriodKind.MONTH, "2018-12"),
        (PeriodKind.QUARTER, "2018-Q1"),
        (PeriodKind.QUARTER, "2018-Q4"),
    ],
)
def test_at_the_edges_of_years_too(kind, key):
    assert agree(kind, key)


@pytest.mark.parametrize(
    ("kind", "key"),
    [("day", "2019-02-29"), ("week", "2019-W53"), ("month", "2018-13"), ("since-last", "2018-08-15")],
)
def test_what_names_no_window_is_refused_by_both(kind, key):
    with pytest.raises(ValueError, match=r".+"):
        Period.from_key(PeriodKind(kind), key)
    with pytest.raises(ValueError, match=r".+"):
        calendar._window(kind, key)
