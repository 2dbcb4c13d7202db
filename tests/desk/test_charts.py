"""Charts: what they are drawn from adds up, is what the report says, and is safe whatever it is called."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring
from zoneinfo import ZoneInfo

import pytest
from databases import database_at
from desk_office import Desk, desk_in, words_of
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from digest.delivery.delivery import DeliveryState, Tally
from digest.desk.chart_tables import MOST_BARS, charts_of, drawn_numbers
from digest.desk.numbers import (
    MOST_MONTHS,
    EditionNumbers,
    Growth,
    GrowthMonth,
    Movement,
    Numbers,
    SubjectNumbers,
    YearDay,
    growth_of,
    numbers_of,
    subjects_of,
)
from digest.desk.phrases import deliveries
from digest.desk.report import report
from digest.editions.building import record_or_outline
from digest.foundation.schema import choices, incoming, returns, subscribers, subscriptions
from digest.foundation.schema import deliveries as delivery_rows
from digest.newsletters.period import PeriodKind
from digest.newsletters.schedule import Schedule
from digest.people.store import Subscribers

EVIL = '</svg><script>x</script>"><img src=x onerror=y>&'
TODAY = date(2018, 8, 15)
Parsed = Callable[[str], Element]


def numbers(editions: int = 3, subjects: int = 3, name: str = "Guatemala") -> Numbers:
    counted = SubjectNumbers(
        stories=subjects,
        counts=tuple((f"{name} {index}", 1 + index % 7) for index in range(subjects)),
        without=0,
        unknown=0,
    )
    return Numbers(
        growth=Growth(2, (GrowthMonth(date(2018, 7, 1), 5, 1, 6), GrowthMonth(date(2018, 8, 1), 1, 0, 7))),
        editions=tuple(
            EditionNumbers(
                title=f"{name} {index}",
                sent_on=date(2018, 1 + index % 12, 5),
                stories=index,
                tally=Tally({DeliveryState.SENT: 1000 + index, DeliveryState.FAILED: index % 3, DeliveryState.HELD: 1}),
                bounced=index % 2,
            )
            for index in range(editions)
        ),
        countries=counted,
        topics=counted,
        year=2018,
        days=(YearDay(date(2018, 7, 5), name, has_left=True), YearDay(date(2018, 9, 5), name, has_left=False))
        * bool(editions),
    )


@pytest.mark.parametrize(("editions", "subjects"), [(0, 0), (1, 1), (120, 300)])
@pytest.mark.parametrize("name", ["Guatemala", EVIL, "غواتيمالا", "Ñ" * 300, "危地马拉" * 50])
def test_each_drawing_has_a_name_a_description_and_the_table_of_its_numbers(
    editions: int, subjects: int, name: str
) -> None:
    seen: set[str] = set()
    for chart in charts_of(numbers(editions, subjects, name)):
        if not chart.drawing:
            assert chart.said
            assert not chart.rows
            continue
        drawn = fromstring(str(chart.drawing))  # noqa: S314 – our own
        assert drawn.get("role") == "img"
        named = [one.get("id") for one in drawn.iter() if one.tag in {"title", "desc"} and one.text]
        assert drawn.get("aria-labelledby") == " ".join(map(str, named))
        assert len(named) == 2
        assert not seen & set(map(str, named))
        seen |= set(map(str, named))
        assert {one.tag for one in drawn.iter()} <= {
            *("svg", "title", "desc", "text", "path", "rect", "line", "polygon", "polyline")
        }
        assert chart.rows or not editions
        assert all(len(row) == len(chart.headings) for row in (*chart.rows, *([chart.total] if chart.total else [])))


def test_whatever_is_wider_than_the_picture_is_cut_there_and_whole_in_the_table() -> None:
    countries = charts_of(numbers(1, 300, "Ñ" * 300))[2]
    texts = ["".join(one.itertext()) for one in fromstring(str(countries.drawing)).iter("text")]  # noqa: S314 – our own
    assert max(map(len, texts)) <= 50
    assert len(texts) == 2 * MOST_BARS
    assert len(countries.rows) == 300
    assert {len(row[0]) for row in countries.rows} >= {302}
    assert f"drawn are the {MOST_BARS} most frequent" in countries.said


def test_the_sums_of_a_drawing_are_those_of_its_table() -> None:
    chart = charts_of(numbers(120))[1]
    total = dict(zip(chart.headings, chart.total, strict=True))
    drawn = dict(re.findall(r">([^:<]+): ([\d,]+)</text>", str(chart.drawing)))
    assert drawn == {"Sent": "127,140", "Failed": "120", "Returned": "60", "The rest": "120"}
    assert {name.lower(): said for name, said in drawn.items()}.items() <= total.items()
    for place, heading in enumerate(chart.headings[1:], start=1):
        assert sum(int(row[place].replace(",", "")) for row in chart.rows) == int(total[heading].replace(",", ""))
    parts = [int(total[name].replace(",", "")) for name in ("sent", "failed", "left", "the rest")]
    assert sum(parts) == int(total["readers"].replace(",", ""))


def test_no_day_is_told_by_its_colour_alone() -> None:
    year = charts_of(numbers())[4]
    drawn = fromstring(str(year.drawing))  # noqa: S314 – our own
    full, framed = (
        [one.get("class") for one in drawn.iter("rect") if one.get("class") == kind]
        for kind in ("has-left", "to-leave")
    )
    assert (len(full), len(framed)) == (1, 1)
    assert year.said == "1 edition went out, 1 is to come"
    assert [row[2] for row in year.rows] == ["went out", "is to come"]
    days = next(one for one in drawn.iter("path")).get("d") or ""
    assert days.count("M") == 365 - 2


months = st.none() | st.tuples(st.integers(2000, 2020), st.integers(1, 12))


@given(st.lists(st.builds(Movement, months, months, st.integers(1, 50)), max_size=12))
def test_growth_adds_up_month_by_month_to_who_has_not_left(movements: list[Movement]) -> None:
    growth = growth_of(movements, TODAY)
    assert growth.readers == sum(one.people for one in movements if one.left is None)
    readers = growth.before
    for one in growth.months:
        readers += one.joined - one.left
        assert one.readers == readers >= 0
    assert 1 <= len(growth.months) <= MOST_MONTHS
    assert growth.months[-1].first_day == date(2018, 8, 1)


def test_each_story_is_counted_somewhere() -> None:
    found = subjects_of([frozenset({"GT", "MX"}), frozenset({"GT"}), frozenset(), None], str.lower)
    assert found == SubjectNumbers(stories=4, counts=(("gt", 2), ("mx", 1)), without=1, unknown=1)


@pytest.mark.both_databases
def test_the_list_ends_with_as_many_readers_as_get_mail(tmp_path: Path) -> None:
    database = database_at(tmp_path / "digest.db")
    people = [
        {"consent_on": "2018-03-12", "active": 1},
        {"consent_on": None, "active": 1},
        {"consent_on": "2018-03-12", "active": 1, "unconfirmed_since": "2018-07-01T00:00:00+00:00"},
        {"consent_on": "2018-03-12", "active": 1, "resumes_at": "2030-07-01T00:00:00+00:00"},
        {"consent_on": "2018-04-01", "active": 0, "left_at": "2018-06-05T00:00:00+00:00"},
        {"consent_on": "2018-03-12", "active": 1, "suppressed_at": "2018-05-05T00:00:00+00:00"},
        {"consent_on": "2017-12-01", "active": 1},
    ]
    with database.write() as connection:
        connection.execute(insert(choices).values(number=1, newsletter="monthly", audiences="a", language="en"))
        for number, one in enumerate(people, start=1):
            address = f"{number}@example.org"
            person = {"number": number, "public_id": str(number), "address": address, "folded": address}
            connection.execute(insert(subscribers).values(**person, suppressed_at=one.get("suppressed_at")))
            row = {key: value for key, value in one.items() if key != "suppressed_at"}
            connection.execute(insert(subscriptions).values(subscriber=number, newsletter="monthly", choice=1, **row))
    growth = numbers_of(
        database,
        "monthly",
        schedule=Schedule(kind=PeriodKind.MONTH, zone=ZoneInfo("UTC")),
        now=datetime(2018, 8, 15, tzinfo=UTC),
        reads_mailbox=False,
        titled=lambda _kind, value: value,
    ).growth
    assert growth.readers == sum(count for _, count in Subscribers(database).subscribed("monthly")) == 3
    told = [(one.first_day.month, one.joined, one.left, one.readers) for one in growth.months if one.joined or one.left]
    assert growth.before == 1
    assert told == [(12, 1, 0, 2), (3, 2, 0, 4), (4, 1, 0, 5), (5, 0, 1, 4), (6, 0, 1, 3)]


@pytest.fixture
def sent(tmp_path: Path) -> Desk:
    """July was sent to two; one was refused, of the other it came back."""
    desk = desk_in(tmp_path).drafted()
    desk.approved()
    desk.click("send", number="2")
    desk.sent()
    with desk.instance.database.write() as connection:
        first, second = connection.execute(select(delivery_rows.c.subscriber).order_by("subscriber")).scalars()
        edition = connection.execute(select(delivery_rows.c.edition)).scalars().first()
        refused = update(delivery_rows).where(delivery_rows.c.subscriber == first)
        connection.execute(refused.values(state=DeliveryState.FAILED.value))
        connection.execute(insert(incoming).values(fingerprint="f", kind="bounce", read_at="2018-08-05"))
        bounce = {
            "fingerprint": "f",
            "subscriber": second,
            "edition": edition,
            "kind": "hard",
            "said": "no",
            "at": "2018",
        }
        connection.execute(insert(returns).values(**bounce))
    return desk


def test_every_sum_of_a_picture_is_the_sum_of_the_report(sent: Desk) -> None:
    instance = sent.instance
    newsletter = instance.settings.newsletters[0]
    edition = instance.editions.editions("monthly")[0]
    view = report(
        instance.database,
        edition,
        record_or_outline(instance.bench, newsletter, edition),
        made_at=instance.clock.now(),
        transport="files",
        mailbox=None,
    )
    said = {row.label: row.value for row in deliveries(view)}
    growth, editions, countries, topics, year = drawn_numbers(instance, newsletter, edition)
    total = dict(zip(editions.headings, editions.total, strict=True))
    assert (said["Sent"], said["Failed"], said["Returned"]) == ("1", "1", "1")
    assert total["sent"] == said["Sent"]
    assert total["failed"] == said["Failed"]
    assert total["returned"] == said["Returned"]
    assert total["readers"] == said["Readers"]
    assert int(total["stories"]) == len(view.included) == view.figures.stories == 2
    assert countries.said == topics.said == "2 stories"
    assert dict(countries.rows)["Guatemala"] == "1"
    assert growth.said == "2 readers today"
    assert year.said.startswith("1 edition went out, ")


def test_what_is_drawn_comes_from_the_record_and_not_from_the_texts_of_today(sent: Desk) -> None:
    before = sent.page("editions/monthly/2018-07/report").partition("In pictures")[2]
    sent.write("bulletins/july.en.txt", "6 July, 2018\n\nMexico opens a hub\n\nIn Mexico people are helped.\n")
    sent.instance.collect()
    after = sent.page("editions/monthly/2018-07/report").partition("In pictures")[2]
    assert after == before != ""


def test_an_office_that_has_sent_nothing_has_a_page_of_pictures(tmp_path: Path, parsed: Parsed) -> None:
    desk = desk_in(tmp_path)
    page = desk.page("numbers/")
    said = words_of(page)
    assert "No edition has been sent yet." in said
    assert "0 readers today" in said
    assert not [one for one in parsed(page).iter() if one.tag in {"img", "iframe", "object"}]
    assert desk.get("files/charts.css").status_code == 200
