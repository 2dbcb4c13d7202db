"""Calendars (iCalendar, RFC 5545): events that are to come, as entries.

An event is news before it takes place, not on its day: it is dated on the day when it comes within reach (`ahead` of
its beginning), or on that on which it was written down, if that is later. So an edition that covers July has the events
of the weeks that follow it, and each event is told once. An event that repeats is as many entries as it has days.
"""

import re
import signal
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from html import escape
from typing import NamedTuple, cast

import recurring_ical_events
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from icalendar import Calendar, Component, Event

from digest.errors import NothingUsableError
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.catalogue import later, plural_later
from digest.foundation.problems import Problem, Severity
from digest.foundation.words import excerpt, listed
from digest.intake.sources.draft import FileContext, Findings, ItemDraft
from digest.intake.sources.extension import ToldItem, draft_of
from digest.intake.sources.folder import decode
from digest.intake.sources.language import certain_language, function_words, language_of_script
from digest.intake.sources.readers import Entries, Entry, SourceDocument

SECONDS, MEMORY = 10.0, 200 << 20  # of the processor's time, and bytes: for the reading of one calendar
MOST_EVENTS = 10_000  # that are written down
MOST_DAYS = 500  # told at once; of one event that repeats:
MOST_REPEATED = 60
_CANCELLED, _PRIVATE = later("cancelled"), later("private")
_MOST_NAMED = 10
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_LONGEST_COUNT = 1000
_SECONDS_REPEATED = 0.5  # of the processor's time, for one event: a rule that never comes true is followed for ever
_TOO_OFTEN = frozenset(("SECONDLY", "MINUTELY", "HOURLY"))
_OTHER_PART = re.compile(r"[ \t]*BEGIN:([\w-]{1,40})[ \t]*", re.IGNORECASE)
_PART = re.compile(r"[ \t]*(BEGIN|END):(VCALENDAR|VEVENT|VTIMEZONE)[ \t]*", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:p|br|a|b|i|div|span|ul|ol|html|strong|em)\b[^>]*>", re.IGNORECASE)
# What an event says beside its text: when it is, how it repeats, what programs say to each other, whom they invite.
_NO_TEXT = frozenset(
    (
        "UID",
        "DTSTAMP",
        "DTSTART",
        "DTEND",
        "DURATION",
        "CREATED",
        "LAST-MODIFIED",
        "SEQUENCE",
        "STATUS",
        "CLASS",
        "TRANSP",
        "PRIORITY",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "RECURRENCE-ID",
        "ATTENDEE",
        "ORGANIZER",
        "GEO",
        "REQUEST-STATUS",
        "PERCENT-COMPLETE",
        "COLOR",
    )
)
_TOLD = frozenset(("SUMMARY", "DESCRIPTION", "LOCATION", "URL"))
_BRITISH = {"en": "en-GB"}  # as dates are written in the mails
_PARSING = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError)  # of a library, for bad bytes


class CalendarEntry(NamedTuple):
    """`key` names the event and, where it repeats, the day; on `last_on` it is over."""

    draft: ItemDraft
    key: str
    last_on: date


class FoundEvents(NamedTuple):
    """Those that are told; `is_whole`: each event of the calendar could be read."""

    told: Sequence[CalendarEntry]
    is_whole: bool


def read_calendar(
    document: SourceDocument,
    context: FileContext,
    findings: Findings,
    ahead: timedelta,
    topics: Sequence[str] | None,
    known: Container[str],
) -> Entries:
    """Of a calendar that was fetched: the events that are told. Where one could not be read, it is not whole."""
    found = read_events(document.body, context, findings, ahead, topics, known)
    entries = [Entry(event.draft, event.key, over_on=event.last_on) for event in found.told]
    return Entries(entries, whole=found.is_whole)


def _told(
    events: Sequence[CalendarEntry], known: Container[str], today: date, findings: Findings
) -> Sequence[CalendarEntry]:
    """Those that were told before, and of the others the next: what is over when it is first seen is no news."""
    to_come = [event for event in events if event.last_on >= today and event.key not in known]
    if len(to_come) > MOST_DAYS:
        cause = later("{count:,} events are to come; the next {most} are told").format(
            count=len(to_come), most=MOST_DAYS
        )
        findings.error(
            None, cause, later("Export fewer events, or write a shorter time under this source: ahead: 2 weeks")
        )
    told = {event.key for event in to_come[:MOST_DAYS]}
    return [event for event in events if event.key in told or event.key in known]


class _Written(NamedTuple):
    """A part of the file, and the line where it begins."""

    line: int
    text: str


@dataclass(slots=True)
class _Parts:
    events: list[_Written] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    zone: str = ""  # what the calendar says of times without one
    others: Counter[str] = field(default_factory=Counter)  # such as tasks


def read_events(
    data: bytes,
    context: FileContext,
    findings: Findings,
    ahead: timedelta,
    topics: Sequence[str] | None,
    known: Container[str],
) -> FoundEvents:
    """In the order of their beginning: those that begin before `ahead` is over, and of the past those that are `known`.
    Raise `NothingUsableError` for what is no calendar, or takes too much.
    """

    def read() -> tuple[FoundEvents, Sequence[Problem]]:
        own = Findings(findings.file)
        events = _Reader(context, own, ahead, topics).read(data)
        is_whole = not any(one.severity is Severity.ERROR for one in own.problems)
        return FoundEvents(_told(events, known, context.today, own), is_whole), own.problems

    # Always in a process of its own: the library keeps each time zone that a calendar defines, for all that follow.
    try:
        found, problems = in_bounds(read, seconds=SECONDS, memory=MEMORY)
    except (OutOfBoundsError, RecursionError) as error:
        cause = later("the calendar cannot be read: {cause}").format(cause=str(error))
        raise NothingUsableError(findings.file, cause, later("Export a shorter time, or fewer events.")) from error
    findings.problems += problems
    return found


class _Reader:
    def __init__(
        self, context: FileContext, findings: Findings, ahead: timedelta, topics: Sequence[str] | None
    ) -> None:
        self._context, self._findings, self._topics = context, findings, topics
        self._zone: tzinfo = context.zone or UTC
        self._ahead = ahead
        self._until = context.today + ahead

    def read(self, data: bytes) -> Sequence[CalendarEntry]:
        findings = self._findings
        parts = self._parts(decode(data, findings))
        for zone in parts.zones:
            with suppress(*_PARSING):  # then its name has to be a known one
                Calendar.from_ical(f"BEGIN:VCALENDAR\r\n{zone}END:VCALENDAR\r\n")
        series: dict[str, list[tuple[int, Event]]] = defaultdict(list)
        left_out: dict[str, int] = {_CANCELLED: 0, _PRIVATE: 0}
        unread: Counter[str] = Counter()
        for written in parts.events[:MOST_EVENTS]:
            event = self._event(written)
            if event is None:
                continue
            unread.update(event.keys() - _NO_TEXT - _TOLD)
            series[str(event.get("UID") or f"line {written.line}")].append((written.line, event))
        entries: list[CalendarEntry] = []
        for uid, events in series.items():
            for line, event in self._days(events):
                if why := _kept_back(event):
                    left_out[why] += 1
                elif entry := self._entry(uid, line, event, repeated=len(events) > 1 or _repeats(events[0][1])):
                    entries.append(entry)
        self._tell(left_out, len(parts.events))
        for name, count in parts.others.most_common(_MOST_NAMED):
            self._findings.note(
                None,
                later("the calendar holds {count:,} of what is no event, and is not read: {name}").format(
                    count=count, name=name
                ),
            )
        self._name_unread(unread)
        return sorted(entries, key=lambda entry: (entry.last_on, entry.key))

    # -- The file.

    def _parts(self, text: str) -> _Parts:
        """Each event by itself: what is wrong in one touches no other."""
        parts, begun, inside, is_calendar = _Parts(), 0, "", False
        lines: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            mark = _PART.fullmatch(line)
            what, name = (mark[1].upper(), mark[2].upper()) if mark else ("", "")
            if not inside and not mark and (other := _OTHER_PART.fullmatch(line)):
                parts.others[other[1].upper()] += 1
            is_calendar |= (what, name) == ("BEGIN", "VCALENDAR")
            if what == "BEGIN" and name != "VCALENDAR":
                if inside:
                    self._unfinished(begun)
                begun, inside, lines = number, name, []
            if inside:
                lines.append(line)
            if what == "END" and name == inside:
                whole = "".join(f"{one}\r\n" for one in lines)
                if name == "VEVENT":
                    parts.events.append(_Written(begun, whole))
                else:
                    parts.zones.append(whole)
                inside = ""
        if not is_calendar:
            cause = later("this is no calendar: it has no line BEGIN:VCALENDAR")
            raise NothingUsableError(self._findings.file, cause, later("Export it as iCalendar (.ics)."))
        if inside:
            self._unfinished(begun)
        return parts

    def _unfinished(self, line: int) -> None:
        self._findings.error(
            line, later("what begins here has no end; it is left out"), later("Export the calendar again.")
        )

    def _event(self, written: _Written) -> Event | None:
        try:
            event = cast("Event", Event.from_ical(written.text))
            begins = _start(event)
            if not _FIRST_YEAR <= begins.year <= _LAST_YEAR:
                raise ValueError(later("it begins in the year {year}").format(year=begins.year))
        except _PARSING as error:
            cause = later("this event cannot be read; it is left out: {cause}").format(cause=excerpt(str(error)))
            self._findings.error(written.line, cause, later("Correct it in the calendar, and export it again."))
            return None
        return event

    # -- Events that repeat.

    def _days(self, events: Sequence[tuple[int, Event]]) -> Iterator[tuple[int, Event]]:
        """Each day of an event: with the ones that were moved or cancelled since, if it repeats."""
        lines = {_recurrence(event): line for line, event in reversed(events)}
        first = events[0][0]
        if not any(_repeats(event) or "RECURRENCE-ID" in event for _, event in events):
            yield first, max((event for _, event in events), key=_revision)  # the newest of several versions
            return
        calendar = Calendar()
        since = self._context.today - timedelta(days=366)
        try:
            for line, event in events:
                if fault := self._bounded(event):
                    self._findings.warning(
                        line,
                        later("{fault}: only its first day is told").format(fault=fault),
                        later("Let it repeat by days or weeks."),
                    )
                calendar.add_component(event)
            with _at_most(_SECONDS_REPEATED):
                found = recurring_ical_events.of(calendar).between(since, self._until + timedelta(days=1))
        except _PARSING as error:
            cause = later("nobody can tell when this event repeats; it is left out: {cause}").format(
                cause=excerpt(str(error))
            )
            self._findings.error(first, cause, later("Correct it in the calendar, and export it again."))
            return
        days = sorted(found, key=lambda event: str(_start(event)))
        if len(days) > MOST_REPEATED:
            past = [one for one in days if _day(_start(one), self._zone) < self._context.today][-MOST_REPEATED // 2 :]
            days = [*past, *(one for one in days if _day(_start(one), self._zone) >= self._context.today)][
                :MOST_REPEATED
            ]
            cause = later("this event repeats on more than {most} days; the nearest are told").format(
                most=MOST_REPEATED
            )
            self._findings.warning(first, cause, later("Tell one event of the whole time instead."))
        for event in days:
            yield lines.get(_recurrence(event), first), event

    def _bounded(self, event: Event) -> str:
        """No rule is followed beyond the days that are told; one that would run for ever is taken out."""
        rule = event.get("RRULE")
        if rule is None:
            return ""
        rules = rule if isinstance(rule, list) else [rule]
        if any(str(name).upper() in _TOO_OFTEN for one in rules for name in one.get("FREQ", ["?"])):
            del event["RRULE"]
            return later("it repeats more often than once a day")
        for one in rules:
            if int(one.get("COUNT", [0])[0]) <= _LONGEST_COUNT and "COUNT" in one:
                continue
            one.pop("COUNT", None)
            begins, last = _start(event), self._until + timedelta(days=2)
            latest = datetime.combine(last, time(), UTC) if isinstance(begins, datetime) else last
            until = one.get("UNTIL", [None])[0]
            if until is None or _day(until, UTC) > last:
                one["UNTIL"] = [latest]
        return ""

    # -- Entries.

    def _entry(self, uid: str, line: int, event: Event, *, repeated: bool) -> CalendarEntry | None:
        try:
            begins, ends = _start(event), _end(event)
            first, last = _day(begins, self._zone), _last_day(begins, ends, self._zone)
        except _PARSING as error:
            self._findings.error(
                line,
                later("nobody can tell when this event is; it is left out: {cause}").format(cause=excerpt(str(error))),
            )
            return None
        if first > self._until:
            return None
        title, text = str(event.get("SUMMARY") or ""), str(event.get("DESCRIPTION") or "")
        place = " ".join(str(event.get("LOCATION") or "").split())
        language = self._language(title, text)
        said = [_when(begins, ends, self._zone, language), *([place] if place else [])]
        is_html = bool(_MARKUP.search(text))
        key = f"{uid} {_recurrence(event)}" if repeated else uid
        reach = first - self._ahead
        draft = draft_of(
            ToldItem(
                title=title,
                published_on=max(reach, min(_created(event, self._zone) or reach, first, self._context.today)),
                text="" if is_html else "\n\n".join((" · ".join(said), text)),
                html=f"<p>{escape(' · '.join(said))}</p>{text}" if is_html else "",
                id=key,
                link=str(event.get("URL") or ""),
                language=language,
                topics=self._topics,
            ),
            line,
            self._zone,
            self._findings,
        )
        return CalendarEntry(draft, key, last) if draft else None

    def _language(self, *texts: str) -> str:
        """In which the day is written as well."""
        found = self._context.language or language_of_script(texts) or certain_language(function_words(texts))
        return found or self._context.fallback_language

    def _name_unread(self, unread: Mapping[str, int]) -> None:
        if not unread:
            return
        names = listed([f"{name} ({count:,})" for name, count in sorted(unread.items())][:_MOST_NAMED], "and")
        cause = later("nothing here reads these fields of events: {names}").format(names=names)
        if len(unread) > _MOST_NAMED:
            cause = plural_later(
                "nothing here reads these fields of events: {names}, and {count} other field",
                "nothing here reads these fields of events: {names}, and {count} other fields",
                len(unread) - _MOST_NAMED,
                names=names,
            )
        self._findings.note(None, cause)

    def _tell(self, left_out: Mapping[str, int], events: int) -> None:
        if events > MOST_EVENTS:
            cause = later("there are {events:,} events; the first {most:,} are read").format(
                events=events, most=MOST_EVENTS
            )
            self._findings.error(None, cause, later("Export a shorter time."))
        for why, count in left_out.items():
            if count:
                self._findings.note(
                    None,
                    plural_later(
                        "{count:,} event is {why}: left out", "{count:,} events are {why}: left out", count, why=why
                    ),
                )


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """What takes longer is a `ValueError`. In a process of its own, whose only thread this is."""

    def end(_signal: int, _frame: object) -> None:
        raise ValueError(later("its rule takes too long"))

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _repeats(event: Component) -> bool:
    return "RRULE" in event or "RDATE" in event


def _kept_back(event: Component) -> str:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return _CANCELLED
    return _PRIVATE if str(event.get("CLASS", "PUBLIC")).upper() in ("PRIVATE", "CONFIDENTIAL") else ""


def _recurrence(event: Component) -> str:
    """The day of an event that repeats, as it was planned first."""
    return str(_moment(event, "RECURRENCE-ID") or "?") if "RECURRENCE-ID" in event else ""


def _moment(event: Component, name: str) -> date | None:
    """Of what need not be there; nor need it be one."""
    try:
        found = getattr(event.get(name), "dt", None)
    except _PARSING:
        return None
    return found if isinstance(found, date) else None


def _revision(event: Component) -> int:
    try:
        return int(event.get("SEQUENCE", 0))
    except _PARSING:
        return 0


def _created(event: Component, zone: tzinfo) -> date | None:
    created = _moment(event, "CREATED")
    return _day(created, zone) if created else None


def _start(event: Component) -> date:
    begins = getattr(event.get("DTSTART"), "dt", None)
    if not isinstance(begins, date):
        raise ValueError(later("it has no beginning that is a date"))  # noqa: TRY004 – as the library says it
    return begins


def _end(event: Event) -> date | None:
    try:
        return event.end
    except _PARSING:  # one that cannot be read, or lies before the beginning
        return None


def _day(moment: date, zone: tzinfo) -> date:
    """A time without a zone is meant where it is read."""
    if not isinstance(moment, datetime):
        return moment
    return (moment if moment.tzinfo is None else moment.astimezone(zone)).date()


def _last_day(begins: date, ends: date | None, zone: tzinfo) -> date:
    """The end is not part of it: a day at whose midnight it ends is none of its days."""
    if ends is None or type(ends) is not type(begins):
        return _day(begins, zone)
    least = timedelta(microseconds=1) if isinstance(ends, datetime) else timedelta(days=1)
    return max(_day(begins, zone), _day(ends - least, zone))


def _when(begins: date, ends: date | None, zone: tzinfo, language: str) -> str:
    """`Sunday 5 July 2026, 09:00 – 11:00`; in the zone of the publisher."""
    locale = _locale(language)
    first, last = _day(begins, zone), _last_day(begins, ends, zone)
    said = format_date(first, "full", locale=locale)
    if last > first:
        return f"{said} – {format_date(last, 'full', locale=locale)}"
    if not isinstance(begins, datetime):
        return said
    times = [begins, *([ends] if isinstance(ends, datetime) and ends > begins else [])]
    shown = [one if one.tzinfo is None else one.astimezone(zone) for one in times]
    return f"{said}, {' – '.join(format_time(one, 'short', locale=locale) for one in shown)}"


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(_BRITISH.get(language, language), sep="-")
    except (UnknownLocaleError, ValueError):  # a language that has a code and no calendar
        return Locale.parse(_BRITISH["en"], sep="-")
