"""Sources that are asked over the network: what is remembered, when they are asked, what becomes of entries that come,
change and go; and that a bad answer changes nothing.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from databases import database_at

from digest.intake.collecting import collect
from digest.intake.memory import Memory, memory_document, memory_from
from digest.intake.settings import SourceKind, SourceSettings
from digest.intake.sources.fetched import Fetched, Round
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.readers import SourceDocument
from digest.intake.store import Items
from digest.intake.tagging import taxonomy
from digest.intake.tagging.tagger import TaxonomyTagger

NOW = datetime(2018, 7, 20, 15, tzinfo=UTC)
URL = "https://www.example.org/feed.xml"
TAGGER = TaxonomyTagger(taxonomy.load(None))
ENTRY = "<item><guid>{id}</guid><title>{title}</title>{date}<description>Text of {id}.</description></item>"


def feed(*ids, days=(), titles=()):
    """The newest first; each a day older than the one above it, from 20 July on."""
    items = "".join(
        ENTRY.format(
            id=id_,
            title=dict(titles).get(id_, f"News {id_}"),
            date=f"<pubDate>{dict(days).get(id_, date(2018, 7, 20) - timedelta(days=at))}</pubDate>",
        )
        for at, id_ in enumerate(ids)
    )
    body = f'<rss version="2.0"><channel><title>P</title>{items}</channel></rss>'.encode()
    return WebAnswer(document=SourceDocument(body=body, address=URL, content_type="text/xml"), etag='"1"')


class Office:
    """A workspace with one feed and a server that answers as the test says."""

    def __init__(self, folder):
        self.items = Items(database_at(folder / "digest.db"))
        self.now = NOW
        self.source = SourceSettings(name="press", kind=SourceKind.FEED, url=URL, language="en")
        self.asked = []

    def collect(self, answer=None, asked_from=date.max, **more):
        """The result, after the server gave this answer; `None`: it must not be asked."""

        def ask(questions):
            self.asked += questions
            assert not questions or answer is not None
            return [answer for _ in questions]

        asking = Round([self.source], self.items.memory, self.now, ask, always=more.pop("always", False))
        read = Fetched(
            settings=self.source,
            round=asking,
            first_contact=self.source.first_contact or timedelta(days=31),
            fallback_language="en",
            zone=ZoneInfo("America/Costa_Rica"),
            **more,
        )
        (self.result,) = collect([read], TAGGER, self.items, frozenset(), self.now.date(), asked_from)
        return self.result

    def later(self, **time):
        self.now += timedelta(**time)
        return self

    @property
    def titles(self):
        return sorted(item.text.title for item in self.items.items() if not item.withdrawn)

    @property
    def memory(self):
        return self.items.memory("press").memory

    def said(self):
        return "\n".join(map(str, self.result.problems))


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def test_what_was_read_stays_until_something_else_comes(office):
    assert office.collect(feed("b", "a")).added == 2
    assert office.later(minutes=5).collect().unchanged == 2  # it is not asked again yet
    assert office.later(hours=6).collect(WebAnswer()).unchanged == 2  # as it was
    assert office.later(hours=6).collect(feed("c", "b", "a")).added == 1
    assert office.asked[-1].etag == '"1"'


def test_an_entry_is_known_by_its_id_when_its_words_change(office):
    office.collect(feed("b", "a"))
    changed = office.later(hours=6).collect(feed("b", "a", titles={"a": "Quite another title"}.items()))
    assert (changed.changed, changed.added, changed.withdrawn) == (1, 0, 0)


def test_the_first_contact_does_not_flood(office):
    ids = [f"n{n}" for n in range(200)]
    assert office.collect(feed(*ids)).added == 32  # of one period and today
    assert "168 entries are passed over" in office.said()
    assert office.later(hours=6).collect(feed("new", *ids)).added == 1
    assert office.later(hours=6).collect(feed(*ids[150:])).added == 0  # they do not come back by scrolling


def test_the_first_contact_can_take_all(office):
    office.source = replace(office.source, first_contact=timedelta(days=3660))
    assert office.collect(feed(*[f"n{n}" for n in range(60)])).added == 60


def test_what_was_marked_as_seen_never_comes_and_what_is_new_does(office):
    assert office.collect(feed("b", "a"), mark_seen=True).added == 0
    assert office.later(hours=6).collect(feed("c", "b", "a")).added == 1
    assert office.titles == ["News c"]


def test_of_entries_without_a_date_few_are_taken_first_and_each_keeps_its_day(office):
    days = {f"n{n}": "" for n in range(30)}.items()
    assert office.collect(feed(*dict(days), days=days)).added == 10
    office.later(days=3).collect(feed("new", *dict(days), days=[*days, ("new", "")]))
    found = {item.text.title: item.published_on for item in office.items.items()}
    assert found["News n0"] == date(2018, 7, 20)
    assert found["News new"] == date(2018, 7, 23)
    assert len(found) == 11


@pytest.mark.parametrize("never", ["Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01", "1970-01-01T00:00:00Z"])
def test_a_date_that_programs_write_for_none_counts_as_none(office, never):
    office.collect(feed("b", "a", days=[("b", never)]))
    assert {item.text.title: item.published_on for item in office.items.items()} == {
        "News b": date(2018, 7, 20),
        "News a": date(2018, 7, 19),
    }
    assert "as programs write that they know no date" in office.said()


def test_of_dates_far_off_the_past_is_passed_over_and_the_future_waits_for_a_person(office):
    office.collect(feed("c", "b", "a", days=[("c", "2099-01-01"), ("b", "1985-01-01")]), asked_from=date(2018, 9, 1))
    items = {item.text.title: item.waits for item in office.items.items()}
    assert items == {"News c": True, "News a": False}
    assert "1 entry is passed over: they are older than" in office.said()
    assert "its date is 2099-01-01, later than the next edition: it waits" in office.said()
    assert office.memory.news_on[-1] == date(2018, 7, 18), "a day to come says nothing of how often it has news"


def test_an_entry_that_moved_to_the_year_2099_when_it_was_read_before_waits(office):
    office.collect(feed("b", "a"))
    office.later(hours=6).collect(feed("b", "a", days=[("a", "2099-01-01")]), asked_from=date(2018, 9, 1))
    assert {item.text.title: item.waits for item in office.items.items()} == {"News b": False, "News a": True}


def test_an_entry_that_moved_to_1985_when_it_was_read_before_stays_an_item(office):
    office.collect(feed("b", "a"))
    assert office.later(hours=6).collect(feed("b", "a", days=[("a", "1985-01-01")])).withdrawn == 0


def test_an_entry_that_made_room_stays_and_one_that_was_taken_out_goes(office):
    office.collect(feed("d", "c", "b", "a"))
    later = office.later(hours=6).collect(feed("e", "d", "b", days=[("e", "2018-07-21"), ("b", "2018-07-18")]))
    assert [item.text.title for item in later.gone] == ["News c"]
    assert office.titles == ["News a", "News b", "News d", "News e"]
    back = office.later(hours=6).collect(feed("e", "d", "c", "b", days=[("e", "2018-07-21")]))
    assert back.withdrawn == 0
    assert office.titles == ["News a", "News b", "News c", "News d", "News e"]


def test_in_a_feed_without_order_nothing_is_taken_for_taken_out(office):
    office.collect(feed("d", "c", "b", "a", days=[("d", "2018-07-01")]))
    assert office.later(hours=6).collect(feed("d", "b", "a", days=[("d", "2018-07-01")])).withdrawn == 0


def test_failures_are_counted_and_change_no_item(office):
    office.collect(feed("b", "a"))
    for times in (1, 2, 3):
        failed = office.later(hours=6).collect(WebAnswer(failure="the server answers 500", remedy="Ask."))
        assert (failed.errors, failed.unchanged, failed.withdrawn) == (1, 2, 0)
        assert office.memory.failures == times
    assert "3 times in a row: the server answers 500; it was last read on 20 July 2018" in office.said()
    assert office.later(hours=6).collect(feed("b", "a")).errors == 0
    assert office.memory.failures == 0


def test_a_document_that_is_no_feed_counts_as_a_failure(office):
    office.collect(feed("b", "a"))
    page = SourceDocument(body=b"<!doctype html><html></html>", address=URL)
    failed = office.later(hours=6).collect(WebAnswer(document=page))
    assert (failed.errors, failed.unchanged) == (1, 2)
    assert "a web page, and no feed" in office.said()


def test_the_failure_is_told_also_where_it_is_not_asked_again(office):
    office.collect(WebAnswer(failure="the server answers 500"))
    assert office.later(minutes=1).collect().errors == 1


def test_when_it_is_asked_again(office):
    office.collect(feed("a"))
    check = timedelta(hours=6)
    due = lambda memory, **after: memory.is_due(office.now + timedelta(**after), check)  # noqa: E731 – once
    assert not due(office.memory, hours=5)
    assert due(office.memory, hours=6)
    failing = replace(office.memory, failures=1)
    assert not due(failing, minutes=14)
    assert due(failing, minutes=15)
    assert not due(replace(failing, failures=40), hours=5)
    assert due(replace(failing, failures=40), hours=6)
    assert not due(replace(office.memory, not_before_at=office.now + timedelta(hours=9)), hours=8)
    assert not due(replace(office.memory, gone=True), days=99)
    assert due(office.memory, hours=-1)  # the clock was put back


def test_a_server_that_wants_to_be_left_alone_is(office):
    office.collect(WebAnswer(failure="429", wait=timedelta(hours=30)))
    assert office.later(hours=29).collect(always=True).errors == 1
    assert office.later(hours=1).collect(feed("a")).added == 1


def test_what_is_gone_for_good_is_not_asked_until_the_settings_name_another_address(office):
    office.collect(WebAnswer(failure="gone for good (410)", gone=True))
    office.later(days=9).collect(always=True)
    office.source = replace(office.source, url="https://www.example.org/new.xml")
    assert office.collect(feed("a")).added == 1


def test_who_follows_a_move_gets_nothing_twice(office):
    moved = "https://new.example.org/feed.xml"
    office.collect(replace(feed("b", "a"), moved_to=moved))
    assert f"url: {moved}" in office.said()
    office.source = replace(office.source, url=moved)
    after = office.collect(feed("c", "b", "a"))
    assert (after.added, after.found) == (1, 3)
    assert moved not in office.said()


def test_a_poisoned_feed_that_gives_each_entry_a_new_id_makes_no_new_story(office):
    for hour in range(4):
        office.later(hours=6).collect(feed(f"x{hour}", titles=[(f"x{hour}", "The same news")]))
    assert len({*office.items.story_of().values()}) == 1


@pytest.mark.parametrize(
    ("gaps", "quiet_after", "is_quiet"),
    [([9] * 6, 47, True), ([9] * 6, 20, False), ([1] * 6, 7, True), ([1] * 6, 5, False), ([9] * 2, 99, False)],
)
def test_silence_is_told_by_the_rhythm_of_the_source(gaps, quiet_after, is_quiet):
    days = [date(2018, 1, 1)]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    silence = Memory(address=URL, news_on=tuple(days)).silence(days[-1] + timedelta(days=quiet_after))
    assert silence == ((gaps[0], quiet_after) if is_quiet else None)


def test_a_memory_is_read_as_it_was_written():
    whole = Memory(
        address=URL,
        etag='"1"',
        checked_at=NOW,
        not_before_at=NOW,
        failures=3,
        failure="no",
        gone=True,
        seen={"a": date(2018, 7, 1)},
        passed=frozenset({"b"}),
        since=date(2018, 6, 1),
        listed=("a",),
        news_on=(date(2018, 7, 1),),
    )
    assert memory_from(memory_document(whole)) == whole
    assert memory_from(memory_document(Memory(address=URL))) == Memory(address=URL)
