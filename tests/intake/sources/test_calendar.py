"""Calendars: which events are news, when, and what becomes of those that repeat, move, or are no events at all."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import doses
import pytest
from databases import database_at
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import NothingUsableError
from digest.foundation.problems import Severity
from digest.intake.collecting import collect
from digest.intake.item import TagKind
from digest.intake.settings import ALL, SourceKind, SourceSettings
from digest.intake.sources.calendar_events import MOST_REPEATED, _Reader
from digest.intake.sources.calendar_file import CalendarFile
from digest.intake.sources.contract import SourceContract
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.fetched import Fetched, Round
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.readers import SourceDocument
from digest.intake.store import Items
from digest.intake.tagging import taxonomy
from digest.intake.tagging.tagger import TaxonomyTagger

TODAY = date(2026, 6, 30)
ZONE = ZoneInfo("America/Costa_Rica")
AHEAD = timedelta(weeks=6)


def _event(*lines, uid="1", start="20260705T090000", title="Workshop on shelters"):
    begins = start if start.startswith("DTSTART") else f"DTSTART:{start}"
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", begins, f"SUMMARY:{title}", *lines, "END:VEVENT"))


def _calendar(*events):
    return "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", *events, "END:VCALENDAR", "")).encode()


def _source(path, known=None, **wishes):
    said = {"ahead": AHEAD, "topics": None, "language": "en", "fallback_language": "en", "zone": ZONE, **wishes}
    return CalendarFile(name="tried", path=path, root=path.parent, recall=lambda _name: known, **said)


@pytest.fixture
def read(tmp_path):
    """`read(*events)` is what a calendar of these events brings."""

    def reading(*events, today=TODAY, known=None, **wishes):
        path = tmp_path / "events.ics"
        path.write_bytes(events[0] if isinstance(events[0], bytes) else _calendar(*events))
        return _source(path, known, **wishes).read(today)

    return reading


class TestCalendarFile(SourceContract):
    def source(self, folder):
        path = folder / "events.ics"
        path.write_bytes(_calendar(_event(), _event("RRULE:FREQ=WEEKLY;COUNT=3", uid="2", title="Round table")))
        return _source(path)

    def spoil(self, folder):
        (folder / "events.ics").write_bytes(b"no calendar")


def _days(reading):
    return [item.text.paragraphs[0] for item in reading.items]


def _said(reading):
    return "\n".join(map(str, reading.problems))


def test_an_event_becomes_an_item_with_its_day_and_place_before_its_text(read):
    lines = ("DTEND:20260705T113000", "LOCATION:San José\\, Costa Rica", "URL:https://example.org/w")
    (item,) = read(_event(*lines, "DESCRIPTION:Bring a map.\\n\\nNo fee.")).items
    assert (item.text.title, item.text.link, item.given_id) == ("Workshop on shelters", "https://example.org/w", "1")
    when = "Sunday, 5 July 2026, 09:00 – 11:30 · San José, Costa Rica"
    assert item.text.paragraphs == (when, "Bring a map.", "No fee.")
    (spanish,) = read(_event(*lines), language="es").items
    assert spanish.text.paragraphs[0].startswith("domingo, 5 de julio de 2026, 9:00 – 11:30")


@pytest.mark.parametrize(
    ("start", "created", "published_on"),
    [
        ("20260705T090000", "", date(2026, 5, 24)),  # six weeks before
        ("20260705T090000", "20260101T120000Z", date(2026, 5, 24)),
        ("20260705T090000", "20260620T030000Z", date(2026, 6, 19)),  # on the 19th in Costa Rica
        ("20260705T090000", "20990101T120000Z", TODAY),
        ("20260811T090000", "", TODAY),
        ("20260812T090000", "", None),  # not within reach yet
    ],
)
def test_it_is_news_when_it_comes_within_reach_or_was_written_down_later(read, start, created, published_on):
    reading = read(_event(*([f"CREATED:{created}"] if created else []), start=start))
    assert [item.published_on for item in reading.items] == ([published_on] if published_on else [])


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("DTSTART;VALUE=DATE:20260705", "DTEND;VALUE=DATE:20260706", "Sunday, 5 July 2026"),
        ("DTSTART;VALUE=DATE:20260705", "DTEND;VALUE=DATE:20260708", "Sunday, 5 July 2026 – Tuesday, 7 July 2026"),
        ("DTSTART;VALUE=DATE:20260705", "DTEND;VALUE=DATE:20260701", "Sunday, 5 July 2026"),
        ("DTSTART:20260705T020000Z", "DURATION:PT2H", "Saturday, 4 July 2026, 20:00 – 22:00"),
        ("DTSTART;TZID=Europe/Madrid:20260705T090000", "DURATION:PT1H", "Sunday, 5 July 2026, 01:00 – 02:00"),
        (
            "DTSTART;TZID=Central America Standard Time:20260705T090000",
            "DTEND;TZID=Central America Standard Time:20260705T100000",
            "Sunday, 5 July 2026, 09:00 – 10:00",
        ),
        ("DTSTART;TZID=Nowhere at all:20260705T090000", "DURATION:PT1H", "Sunday, 5 July 2026, 09:00 – 10:00"),
        ("DTSTART:20260705T220000", "DTEND:20260706T000000", "Sunday, 5 July 2026, 22:00 – 00:00"),
        ("DTSTART:20260705T090000", "DTEND:garbage", "Sunday, 5 July 2026, 09:00"),
    ],
)
def test_its_day_is_told_in_the_zone_of_the_publisher(read, start, end, said):
    assert _days(read(_event(end, start=start))) == [said]


def test_a_zone_that_the_calendar_defines_itself_is_known_in_it_and_nowhere_else(read):
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Office\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300\n"
        "END:STANDARD\nEND:VTIMEZONE"
    )
    event = _event(start="DTSTART;TZID=Office:20260705T090000")
    assert _days(read(event, zone)) == ["Sunday, 5 July 2026, 00:00"]
    assert _days(read(event)) == ["Sunday, 5 July 2026, 09:00"]


def test_an_event_that_repeats_is_told_day_by_day_as_it_was_changed_since(read):
    series = _event("RRULE:FREQ=WEEKLY;COUNT=6", "EXDATE:20260712T090000")
    moved = _event("RECURRENCE-ID:20260719T090000", start="20260720T150000", title="Workshop, moved")
    cancelled = _event("RECURRENCE-ID:20260726T090000", "STATUS:CANCELLED", start="20260726T090000")
    reading = read(series, moved, cancelled)
    assert [(item.text.title, item.text.paragraphs[0]) for item in reading.items] == [
        ("Workshop on shelters", "Sunday, 5 July 2026, 09:00"),
        ("Workshop, moved", "Monday, 20 July 2026, 15:00"),
        ("Workshop on shelters", "Sunday, 2 August 2026, 09:00"),
        ("Workshop on shelters", "Sunday, 9 August 2026, 09:00"),
    ]
    assert len({item.given_id for item in reading.items}) == 4
    assert "1 event is cancelled: left out" in _said(reading)


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("FREQ=DAILY", 43),
        ("FREQ=SECONDLY", 1),
        ("FREQ=MINUTELY;INTERVAL=2", 1),
        ("FREQ=HOURLY;COUNT=99999999", 1),
        ("FREQ=DAILY;COUNT=99999999", 43),
        ("FREQ=DAILY;UNTIL=99991231T000000Z", 43),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", 0),
        ("FREQ=YEARLY;INTERVAL=99999999", 1),
        ("FREQ=DAILY;BYHOUR=1,2,3,4", MOST_REPEATED),
        ("FREQ=SOMETIMES", 0),
        ("COUNT=3", 0),
    ],
)
def test_a_rule_that_runs_for_ever_is_followed_no_further_than_is_told(read, rule, count):
    reading = read(_event(f"RRULE:{rule}", start="20260630T090000"), _event(uid="other", title="Another"))
    assert sum(item.text.title == "Workshop on shelters" for item in reading.items) == count
    assert any(item.text.title == "Another" for item in reading.items)


def test_what_is_private_or_cancelled_is_left_out(read):
    events = [
        _event("CLASS:PRIVATE", uid="a"),
        _event("CLASS:confidential", uid="b"),
        _event("STATUS:CANCELLED", uid="c"),
        _event("CLASS:PUBLIC", "STATUS:TENTATIVE", uid="d", title="Told"),
    ]
    reading = read(*events)
    assert [item.text.title for item in reading.items] == ["Told"]
    assert "2 events are private: left out" in _said(reading)


def test_an_event_that_is_over_is_told_only_if_it_was_told_before(read):
    event = _event("DTEND:20260705T100000")
    assert read(event, today=date(2026, 7, 6)).items == ()
    before = read(event, today=date(2026, 7, 4))
    after = read(event, today=date(2027, 7, 6), known=before.remember)
    assert after.items == before.items
    assert read(event, today=date(2026, 7, 5)).items == before.items


def test_the_newest_version_of_an_event_counts(read):
    old, new = _event("SEQUENCE:1", title="Old"), _event("SEQUENCE:2", title="New")
    assert [item.text.title for item in read(new, old).items] == ["New"]


def test_its_topics_are_those_that_the_settings_name(read):
    assert read(_event(), topics=("events",)).items[0].topics == ("events",)
    assert read(_event()).items[0].topics is None


def test_markup_in_a_description_is_cleaned(read):
    html = "DESCRIPTION:<p onclick=x>Come <b>all</b></p><script>alert(1)</script><br>"
    (item,) = read(_event(html)).items
    assert "<b>all</b>" in item.text.html
    assert "onclick" not in item.text.html
    assert "alert" not in item.text.html


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("BEGIN:VEVENT\nUID:x\nSUMMARY:No start\nEND:VEVENT", "this event cannot be read"),
        (_event(uid="x", start="garbage"), "this event cannot be read"),
        (_event(uid="x", start="00010101T000000"), "it begins in the year 1"),
        (_event(uid="x", start="99991231T235959Z"), "it begins in the year 9999"),
        (_event(uid="x", title=""), "has no title"),
        ("BEGIN:VEVENT\nUID:x\nDTSTART:20260705T090000", "what begins here has no end"),
        (_event("RDATE:99991231T235959Z", uid="x"), ""),
    ],
)
def test_a_bad_event_is_named_with_its_line_and_touches_no_other(read, bad, said):
    reading = read(bad, _event(uid="good", title="Good"))
    assert "Good" in [item.text.title for item in reading.items]
    assert said in _said(reading)
    assert not said or (reading.problems[0].place.line, reading.complete) == (4, False)


@pytest.mark.parametrize(
    "data", [b"", b"no calendar", b"<html></html>", b"\x00\x01" * 500, b"BEGIN:VEVENT\nEND:VEVENT"]
)
def test_what_is_no_calendar_is_an_error_and_takes_nothing_back(read, data):
    reading = read(data)
    assert (reading.items, reading.complete) == ((), False)
    assert [one.severity for one in reading.problems] == [Severity.ERROR]


def test_no_more_is_told_at_once_than_an_edition_can_hold(read, monkeypatch):
    monkeypatch.setattr("digest.intake.sources.calendar_events.MOST_DAYS", 5)
    reading = read(*(_event(uid=str(number), title=f"Event {number}") for number in range(9)))
    assert (len(reading.items), reading.complete) == (5, True)
    assert "9 events are to come; the next 5 are told" in _said(reading)


WORDS = st.sampled_from(
    (
        *(
            "BEGIN:VEVENT",
            "END:VEVENT",
            "BEGIN:VCALENDAR",
            "END:VCALENDAR",
            "BEGIN:VTIMEZONE",
            "END:VTIMEZONE",
            "UID:1",
        ),
        *("DTSTART:20260705T090000", "DTSTART;VALUE=DATE:20260705", "DTEND:20260705", "RRULE:FREQ=DAILY", "SUMMARY:A"),
        *("RRULE:FREQ=WEEKLY;UNTIL=20270101", "EXDATE:20260706", "RDATE;VALUE=PERIOD:20260707T090000Z/PT1H", "TZID:X"),
        *("RECURRENCE-ID:20260706T090000", "DURATION:P1D", "DTSTART;TZID=X:20260705T090000", "CREATED:x", " folded"),
    )
)


@settings(max_examples=doses.examples(40))
@given(st.lists(st.one_of(WORDS, st.text(max_size=20)), max_size=25))
def test_whatever_is_written_only_our_errors_are_raised(lines):
    context = FileContext(source="x", file="x", today=TODAY, fallback_language="en", zone=ZONE)
    data = "\n".join(["BEGIN:VCALENDAR", *lines]).encode(errors="replace")
    with suppress(NothingUsableError):
        _Reader(context, Findings("x"), AHEAD, None).read(data)  # here, as no time is lost with processes


TEXTS = [
    "DESCRIPTION",
    "LOCATION",
    "COMMENT",
    "CONTACT",
    "CATEGORIES",
    "X-ALT-DESC",
    "X-UNHEARD-OF",
    "RESOURCES",
    "NAME",
]


@settings(deadline=None, max_examples=doses.examples(10))
@given(st.lists(st.sampled_from(TEXTS), unique=True))
def test_each_text_of_an_event_is_told_or_its_field_is_named(fields):
    lines = [f"{field}:w{number}w" for number, field in enumerate(fields)]
    context = FileContext(source="s", file="f", today=TODAY, fallback_language="en", zone=ZONE)
    findings = Findings("f")
    (entry,) = _Reader(context, findings, AHEAD, None).read(_calendar(_event(*lines)))
    said = "\n".join(problem.cause for problem in findings.problems)
    for number, field in enumerate(fields):
        assert f"w{number}w" in str(entry.draft) or field in said


def _found(*events, **wishes):
    """What the reader finds, without a file and a process of its own."""
    context = FileContext(source="s", file="f", today=TODAY, fallback_language="en", zone=ZONE)
    findings = Findings("f")
    entries = _Reader(context, findings, AHEAD, None, **wishes).read(_calendar(*events))
    return entries, [(problem.place.line, problem.cause) for problem in findings.problems]


@pytest.mark.parametrize(
    "line",
    [
        *("DTSTAMP:20260601T090000Z", "CREATED:20260601T090000Z", "LAST-MODIFIED:20260601T090000Z", "SEQUENCE:2"),
        *("STATUS:CONFIRMED", "CLASS:PUBLIC", "TRANSP:OPAQUE", "PRIORITY:5", "GEO:10;20", "COLOR:red"),
        *("DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=1", "RDATE:20260705T090000", "EXDATE:20260706T090000"),
        *("EXRULE:FREQ=WEEKLY;COUNT=1", "ATTENDEE:mailto:ana@x.example", "ORGANIZER:mailto:ana@x.example"),
        *("REQUEST-STATUS:2.0;Success", "PERCENT-COMPLETE:10", "DTEND:20260705T100000", "class:public"),
    ],
)
def test_what_programs_say_to_each_other_is_no_text_that_nobody_read(line):
    entries, said = _found(_event(line))
    assert len(entries) == 1
    assert said == []


def test_fields_that_nobody_reads_are_counted_and_no_more_than_ten_named():
    few = [f"X-F{number}:a" for number in range(2)]
    assert _found(_event(*few, few[0]), _event("X-F0:b", uid="2"))[1] == [
        (None, "nothing here reads these fields of events: X-F0 (2) and X-F1 (1)")
    ]
    [(_, cause)] = _found(_event(*(f"X-{chr(65 + number)}:a" for number in range(12))))[1]
    assert cause.startswith("nothing here reads these fields of events: X-A (1), X-B (1)")
    assert cause.endswith("X-I (1) and X-J (1), and 2 other fields")


def test_of_too_many_events_the_first_are_read_and_both_numbers_said(monkeypatch):
    monkeypatch.setattr("digest.intake.sources.calendar_events.MOST_EVENTS", 3)
    events = [_event(uid=str(number)) for number in range(5)]
    assert len(_found(*events[:3])[0]) == 3
    assert _found(*events[:3])[1] == []
    entries, said = _found(*events)
    assert len(entries) == 3
    assert said == [(None, "there are 5 events; the first 3 are read")]


@pytest.mark.parametrize("broken", ["CREATED:20\x0118", "DTEND:x", "SEQUENCE:x", "DURATION:x"])
def test_what_is_broken_beside_the_beginning_of_an_event_is_let_be(broken):
    context = FileContext(source="s", file="f", today=TODAY, fallback_language="en", zone=ZONE)
    assert len(_Reader(context, Findings("f"), AHEAD, None).read(_calendar(_event(broken)))) == 1


# -- By address.


class Asked:
    """A calendar at an address, looked at again and again; each answer is what the test says."""

    def __init__(self, folder):
        self.items, self.now = Items(database_at(folder / "digest.db")), datetime(2026, 6, 30, 15, tzinfo=UTC)
        self.source = SourceSettings(
            name="events", kind=SourceKind.CALENDAR, url="https://example.org/e.ics", topics=("education",), ahead=AHEAD
        )

    def collect(self, *events, failure="", days=0):
        self.now += timedelta(days=days)
        document = SourceDocument(body=_calendar(*events), address=self.source.url or "")
        answer = WebAnswer(failure=failure) if failure else WebAnswer(document=document)
        asking = Round([self.source], self.items.memory, self.now, lambda asked: [answer] * len(asked))
        read = Fetched(settings=self.source, round=asking, first_contact=ALL, fallback_language="en", zone=ZONE)
        (result,) = collect([read], TaxonomyTagger(taxonomy.load(None)), self.items, frozenset(), self.now.date())
        return result

    @property
    def titles(self):
        return sorted(item.text.title for item in self.items.items() if not item.withdrawn)


def test_a_calendar_at_an_address_is_read_as_one_in_a_file_is(tmp_path):
    asked = Asked(tmp_path)
    over, soon = _event(uid="0", start="20260601T090000", title="Over"), _event()
    assert asked.collect(over, soon, _event(uid="2", start="20260901T090000", title="Far off")).added == 1
    (item,) = asked.items.items()
    assert (item.published_on, item.values(TagKind.TOPIC)) == (date(2026, 5, 24), {"education"})
    failed = asked.collect(failure="the server answers 500", days=1)
    assert (failed.errors, failed.unchanged, failed.withdrawn) == (1, 1, 0)


def test_an_event_that_is_taken_out_is_taken_back_and_one_that_is_over_stays(tmp_path):
    asked = Asked(tmp_path)
    asked.collect(_event(), _event(uid="2", start="20260720T090000", title="Round table"))
    later = asked.collect(_event(uid="3", start="20260722T090000", title="Visit"), days=10)
    assert [item.text.title for item in later.gone] == ["Round table"]
    assert asked.titles == ["Visit", "Workshop on shelters"], "an export often holds only what is to come"


def test_of_a_calendar_that_cannot_be_read_in_full_nothing_is_taken_back(tmp_path):
    asked = Asked(tmp_path)
    asked.collect(_event(), _event(uid="2", title="Round table"))
    assert asked.collect(_event(), _event(uid="2", start="garbage"), days=1).withdrawn == 0
