from collections.abc import Callable
from datetime import date

from digest.intake.item import DateOrder
from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]


def _items(*dates: str) -> str:
    return "\n\n".join(f"{line}\n\nTitle {number}\n\nBody." for number, line in enumerate(dates))


def _days(reading: FileReading) -> list[date]:
    return [item.published_on for item in reading.items]


def test_the_setting_decides(listing: Read) -> None:
    text = _items("5/8/2018", "04-08-2018")

    assert _days(listing(text, dates=DateOrder.DAY_FIRST)) == [date(2018, 8, 5), date(2018, 8, 4)]
    assert _days(listing(text, dates=DateOrder.MONTH_FIRST)) == [date(2018, 5, 8), date(2018, 4, 8)]
    assert listing(text, dates=DateOrder.MONTH_FIRST).problems == ()


def test_a_first_number_above_twelve_settles_the_file(listing: Read) -> None:
    reading = listing(_items("5/8/2018", "25/7/2018"))

    assert _days(reading) == [date(2018, 8, 5), date(2018, 7, 25)]
    assert reading.problems == ()


def test_a_second_number_above_twelve_settles_the_file(listing: Read) -> None:
    reading = listing(_items("5/8/2018", "4/25/2018"))

    assert _days(reading) == [date(2018, 5, 8), date(2018, 4, 25)]
    assert reading.problems == ()


def test_a_weekday_that_fits_one_reading_settles_the_file(listing: Read) -> None:
    reading = listing(_items("Tuesday, 08/07/2018", "5/8/2018"))

    assert _days(reading) == [date(2018, 8, 7), date(2018, 5, 8)]
    assert reading.problems == ()


def test_a_weekday_may_settle_it_the_other_way_round(listing: Read) -> None:
    reading = listing(_items("Tuesday, 7/8/2018", "5/8/2018"))

    assert _days(reading) == [date(2018, 8, 7), date(2018, 8, 5)]
    assert reading.problems == ()


def test_without_evidence_the_day_comes_first_and_one_warning_names_the_lines(listing: Read, warnings: Said) -> None:
    reading = listing(_items("5/8/2018", "4/8/2018", "3 August 2018", "2/2/2018"))

    assert _days(reading)[:2] == [date(2018, 8, 5), date(2018, 8, 4)]
    [warning] = warnings(reading)
    assert "news.txt:1:" in warning
    assert "(see 1, 7)" in warning
    assert "dates: day-first or dates: month-first" in warning


def test_evidence_that_contradicts_itself_leaves_the_file_open(listing: Read, warnings: Said) -> None:
    reading = listing(_items("5/8/2018", "25/7/2018", "7/24/2018"))

    assert _days(reading) == [date(2018, 8, 5), date(2018, 7, 25), date(2018, 7, 24)]
    assert len(warnings(reading)) == 1


def test_a_date_that_contradicts_the_setting_is_read_the_only_possible_way(listing: Read, warnings: Said) -> None:
    reading = listing(_items("9/8/2018", "8/19/2018"), dates=DateOrder.DAY_FIRST)

    assert _days(reading) == [date(2018, 8, 9), date(2018, 8, 19)]
    [warning] = warnings(reading)
    assert "news.txt:7:" in warning
    assert "19 August 2018" in warning


def test_dots_put_the_day_first_whatever_the_setting(listing: Read) -> None:
    reading = listing(_items("5.8.2018"), dates=DateOrder.MONTH_FIRST)

    assert _days(reading) == [date(2018, 8, 5)]
    assert reading.problems == ()


def test_many_open_dates_are_not_all_named(listing: Read, warnings: Said) -> None:
    [warning] = warnings(listing(_items(*["5/8/2018"] * 30)))

    assert "and others" in warning
    assert len(warning) < 400


def test_a_weekday_that_does_not_fit_is_a_warning(listing: Read, warnings: Said) -> None:
    reading = listing(_items("Monday, 5 August 2018", "Wendesday, 1 August 2018"))

    assert _days(reading) == [date(2018, 8, 5), date(2018, 8, 1)]
    wrong, misspelt = warnings(reading)
    assert "5 August 2018 is a Sunday, not a Monday" in wrong
    assert "no weekday is called “wendesday”" in misspelt
