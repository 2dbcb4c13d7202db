"""An instant is the day that it was where the publisher is; a day without a zone is that day."""

from collections.abc import Callable
from datetime import date

import pytest

from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
HERE = "America/Costa_Rica"


@pytest.mark.parametrize(
    ("written", "zone", "day"),
    [
        ("2018-08-01T03:30:00.000Z", HERE, date(2018, 7, 31)),
        ("2018-08-01T03:30:00Z", HERE, date(2018, 7, 31)),
        ("2018-08-01 03:30 UTC", HERE, date(2018, 7, 31)),
        ("2018-08-01 03:30:00 +0000", HERE, date(2018, 7, 31)),
        ("2018-08-01T03:30+00:00", HERE, date(2018, 7, 31)),
        ("2018-07-31T20:00:00Z", "Asia/Tokyo", date(2018, 8, 1)),
        ("2018-10-31T23:30:00Z", "Europe/Madrid", date(2018, 11, 1)),
        ("2018-08-01T00:30:00+02:00", HERE, date(2018, 7, 31)),
        ("2018-07-31T22:30:00-06:00", HERE, date(2018, 7, 31)),
        ("2018-07-31 22:30:00 -0600", "Europe/Madrid", date(2018, 8, 1)),
        ("Wed, 01 Aug 2018 03:30:00 GMT", HERE, date(2018, 7, 31)),
        ("1 August 2018, 3:30 am UTC", HERE, date(2018, 7, 31)),
        ("2018-08-01T00:00:00Z", HERE, date(2018, 8, 1)),
        ("2018-08-01T00:00:00.000Z", HERE, date(2018, 8, 1)),
        ("2018-08-01 00:00:00 +0000", HERE, date(2018, 8, 1)),
        ("2018-08-01T00:00:01Z", HERE, date(2018, 7, 31)),
        ("2018-08-01 03:30", HERE, date(2018, 8, 1)),
        ("2018-08-01T03:30:00", HERE, date(2018, 8, 1)),
        ("2018-08-01 03:30 CST", HERE, date(2018, 8, 1)),
        ("2018-08-01", HERE, date(2018, 8, 1)),
    ],
)
def test_the_day_of_an_instant(written: str, zone: str, day: date, markdown: Read, listing: Read) -> None:
    read = (
        markdown(f"---\ntitle: A\ndate: {written}\n---\nText.", zone=zone),
        listing(f"{written}\n\nA\n\nText.", zone=zone),
    )

    for reading in read:
        assert [item.published_on for item in reading.items] == [day]
        assert reading.problems == ()


def test_the_weekday_is_that_of_the_day_as_it_is_written(listing: Read) -> None:
    assert listing("Wednesday, 1 August 2018 03:30 UTC\n\nA\n\nText.", zone=HERE).problems == ()
