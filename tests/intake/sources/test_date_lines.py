from datetime import date

import pytest

from digest.intake.item import DateOrder
from digest.intake.sources.dates import Dated, Impossible, Incomplete, day_in_path, recognise

FIFTH = date(2018, 8, 5)


@pytest.mark.parametrize(
    "line",
    [
        "5 August, 2018",
        "5 August 2018",
        "05 AUGUST 2018",
        "August 5, 2018",
        "august 5 2018",
        "Sunday, August 5, 2018",
        "Sunday 5 August 2018",
        "SUN, 5 AUG 2018",
        "Aug 5, 2018",
        "Aug. 5th, 2018",
        "5th of August, 2018",
        "5th of August of 2018",
        "5-Aug-2018",
        "2018-08-05",
        "2018/08/05",
        "2018/8/5",
        "2018-08-05T23:59:59Z",
        "2018-08-05 10:00:00 -0600",
        "2018-08-05 10:00:00.123+06:00",
        "2018-08-05 16:52:00 -4",
        "5.8.2018",
        "05. 08. 2018",
        "5 de agosto de 2018",
        "5 Agosto, 2018",
        "5 ago. 2018",
        "domingo 5 de agosto de 2018",
        "Domingo, 5 de Agosto del 2018",
        "5 de agosto del año 2018",
        "agosto 5 de 2018",
        "Fecha: 5 de agosto de 2018",
        "Publicado el: domingo, 5 de agosto de 2018, 10:30 a.m.",
        "5 août 2018",
        "5 aou\u0302t 2018",
        "dimanche 5 août 2018 à 10h30",
        "Domingo, 5 de Agosto de 2018",
        "Date Publish: Sunday, August 5, 2018",
        "Date: 5 August 2018",
        "5\u00a0August,\u00a02018",
        "5\u202fAugust\u20072018",
        "\u200e5 August 2018\u200e",
        "\u200f5 August\u200b 2018",
        "5 August 2018 - 11:19",
    ],
)
def test_people_write_one_date_in_many_ways(line: str) -> None:
    found = recognise(line)

    assert isinstance(found, Dated)
    assert (found.day, found.month_first) == (FIFTH, None)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("1er août 2018", date(2018, 8, 1)),
        ("1.º de agosto de 2018", date(2018, 8, 1)),
        ("1º de agosto de 2018", date(2018, 8, 1)),
        ("1ro de enero de 2018", date(2018, 1, 1)),
        ("1st January 2018", date(2018, 1, 1)),
        ("2nd of March 2018", date(2018, 3, 2)),
        ("mar 6 mar 2018", date(2018, 3, 6)),
        ("Mar 6, 2018", date(2018, 3, 6)),
        ("segunda-feira, 3 de setembro de 2018", date(2018, 9, 3)),
        ("1 out 2018", date(2018, 10, 1)),
        ("29 février 2016", date(2016, 2, 29)),
        ("7 de setiembre de 2018", date(2018, 9, 7)),
        ("1 January 1900", date(1900, 1, 1)),
        ("31 December 2100", date(2100, 12, 31)),
    ],
)
def test_ordinals_abbreviations_and_the_four_languages(line: str, day: date) -> None:
    found = recognise(line)

    assert isinstance(found, Dated)
    assert found.day == day


def test_every_month_name_of_the_four_languages_is_known() -> None:
    for months in (
        "January February March April May June July August September October November December",
        "Enero Febrero Marzo Abril Mayo Junio Julio Agosto Septiembre Octubre Noviembre Diciembre",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    ):
        for number, month in enumerate(months.split(), 1):
            found = recognise(f"9 {month} 2018")
            assert isinstance(found, Dated), month
            assert found.day == date(2018, number, 9)


def test_every_weekday_of_the_four_languages_is_known() -> None:
    for weekdays in (
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    ):
        for number, weekday in enumerate(weekdays.split()):
            found = recognise(f"{weekday}, {6 + number}/08/2018")
            assert isinstance(found, Dated), weekday
            assert found.weekday == number


def test_a_numeric_date_has_two_readings_when_both_are_possible() -> None:
    found = recognise("5/8/2018")

    assert isinstance(found, Dated)
    assert (found.day, found.month_first, found.order) == (FIFTH, date(2018, 5, 8), None)


@pytest.mark.parametrize(
    ("line", "day", "order"),
    [
        ("19-09-2018", date(2018, 9, 19), DateOrder.DAY_FIRST),
        ("Wed, 09/19/2018 - 11:19", date(2018, 9, 19), DateOrder.MONTH_FIRST),
        ("Ven, 03/17/2017 - 10:33", date(2017, 3, 17), DateOrder.MONTH_FIRST),
        ("5/5/2018", date(2018, 5, 5), None),
        ("5.8.2018", FIFTH, None),
    ],
)
def test_a_numeric_date_with_one_reading_shows_the_order(line: str, day: date, order: DateOrder | None) -> None:
    found = recognise(line)

    assert isinstance(found, Dated)
    assert (found.day, found.month_first, found.order) == (day, None, order)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("31 June 2018", "no day 31 in June 2018"),
        ("30 de febrero de 2020", "no day 30 in Febrero 2020"),
        ("29 February 1900", "no day 29 in February 1900"),
        ("0 August 2018", "no day 0 in August 2018"),
        ("30/2/2018", "no day 30 in month 2 of 2018"),
        ("13/13/2018", "no day 13 in month 13 of 2018"),
        ("2018-13-05", "no day 5 in month 13 of 2018"),
        ("8.19.2018", "no day 8 in month 19 of 2018"),
        ("5/8/18", "two digits"),
        ("5 August 18", "two digits"),
        ("5 August '18", "two digits"),
        ("5 August 1899", "not within 1900 to 2100"),
        ("5 August 2101", "not within 1900 to 2100"),
        ("5 August 20188", "not within 1900 to 2100"),
        ("5 Agust 2018", "no month is called “agust”"),
        ("5 Setpember 2018", "no month is called “setpember”"),
    ],
)
def test_an_impossible_date_says_why(line: str, cause: str) -> None:
    found = recognise(line)

    assert isinstance(found, Impossible)
    assert cause in found.cause
    assert found.remedy


@pytest.mark.parametrize(
    "line",
    ["5 August", "August 2018", "27-28 April 2018", "April 27-28, 2018", "July 12 and 13", "May 28-29", "5 de agosto"],
)
def test_part_of_a_date_and_a_span_of_days_are_no_date_but_look_like_one(line: str) -> None:
    assert isinstance(recognise(line), Incomplete)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "August",
        "2018",
        "65 officials of 2018",
        "5 mangos 2018",
        "Villahermosa, Tabasco, June 2018. - ",
        "12 personas 2018",
        "Top 10 of 2018",
        "10:30",
        "192.168.2018",
        "1.2.3",
        "(16-17/07)",
        "5 August 2018 " + "x" * 60,
    ],
)
def test_other_lines_are_no_date(line: str) -> None:
    assert recognise(line) is None


@pytest.mark.parametrize(
    ("path", "day"),
    [
        *(
            ("/2018/08/05/a-hub", date(2018, 8, 5)),
            ("2018-08-05-a-hub.md", date(2018, 8, 5)),
            ("a_2018_08_05.md", date(2018, 8, 5)),
        ),
        *(("20180805_a-hub/index.md", date(2018, 8, 5)), ("/a/20181231", date(2018, 12, 31)), ("2018-13-05.md", None)),
        *(
            ("/2017/01/02/x/2018-08-05.md", date(2018, 8, 5)),
            ("2018-08-05/2018-02-31.md", date(2018, 8, 5)),
            ("12018-08-05", None),
        ),
        *(("201808051.md", None), ("hub-12345678.md", None), ("a-hub.md", None), ("", None)),
    ],
)
def test_a_path_tells_a_day_and_the_last_one_that_is_in_it(path: str, day: date | None) -> None:
    assert day_in_path(path) == day


def test_a_misspelt_weekday_is_told_from_a_place() -> None:
    found = recognise("Wendesday, 5 September 2018")

    assert isinstance(found, Dated)
    assert (found.weekday, found.unknown_weekday) == (None, "wendesday")


def test_a_full_stop_may_follow_a_date() -> None:
    assert recognise("5 de agosto de 2018.") == recognise("5 de agosto de 2018")
