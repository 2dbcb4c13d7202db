from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from digest.delivery.delivery import DeliveryState
from digest.desk import phrases
from digest.foundation.problems import Severity
from digest.foundation.words import counted, day, moment
from digest.newsletters.edition import Ruling
from digest.newsletters.period import Period, PeriodKind


@pytest.mark.parametrize(
    ("kind", "key", "said"),
    [
        (PeriodKind.DAY, "2018-08-05", "5 August 2018"),
        (PeriodKind.WEEK, "2018-W31", "30 July – 5 August 2018"),
        (PeriodKind.WEEK, "2019-W01", "31 December 2018 – 6 January 2019"),
        (PeriodKind.MONTH, "2018-07", "1–31 July 2018"),
        (PeriodKind.QUARTER, "2018-Q3", "1 July – 30 September 2018"),
    ],
)
def test_a_window_is_said_with_its_last_day_and_nothing_twice(kind: PeriodKind, key: str, said: str) -> None:
    assert phrases.window(Period.from_key(kind, key)) == said


def test_an_instant_is_said_in_the_publishers_zone_with_its_date() -> None:
    at = datetime(2018, 8, 1, 5, 30, tzinfo=UTC)
    assert moment(at, ZoneInfo("America/Costa_Rica")) == "31 July 2018, 23:30 CST"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "1 KB"), (700, "1 KB"), (38_912, "38 KB"), (1_048_064, "1.0 MB"), (3 * 1024**2, "3.0 MB")]
)
def test_a_size_is_short(count: int, said: str) -> None:
    assert phrases.size(count) == said


def test_one_is_not_many() -> None:
    said = [counted(count, "story", "stories") for count in (0, 1, 2, 1200)]
    assert said == ["0 stories", "1 story", "2 stories", "1,200 stories"]


def test_a_day_has_no_leading_zero() -> None:
    assert day(date(2018, 8, 5)) == "5 August 2018"


def test_everything_that_can_be_decided_has_a_word() -> None:
    assert set(phrases.rulings()) == set(Ruling)
    assert set(phrases.delivery_states()) == set(DeliveryState)
    assert set(phrases.severities()) == set(Severity)
