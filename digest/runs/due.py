"""What is due: what the calendar asks for and the ledger does not have yet (design §13.1).

Nothing here knows when the program last ran: whatever was missed is found again from the editions alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from digest.foundation.catalogue import _, plural
from digest.newsletters.edition import CarriedOver, Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.schedule import CatchUp
from digest.newsletters.timetable import Timetable, timetable

WINDOWS_TO_CATCH_UP = 3  # when the settings say nothing
DAY = timedelta(days=1)
IN_TIME = DAY  # with `catch_up: none`, a sending that begins within a day is none that was missed


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkMissed:
    """The edition of that period does not go out. Its stories stand as `carried` says; `None`: they are given up."""

    period: Period
    because: str
    carried: CarriedOver | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """It was sealed, and nobody sent it in time. `carried` as above."""

    edition: Edition
    because: str
    carried: CarriedOver | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Build the draft: of a window that is still open, or, for the last time, of one that has closed. `asks`: it is
    time to ask the reviewers.
    """

    period: Period
    closed: bool
    sending_at: datetime
    asks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReviewers:
    edition: Edition
    sending_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """The sending time of that period has come. `edition` is `None` while nothing was built."""

    period: Period
    sending_at: datetime
    edition: Edition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Greet:
    """Send an edition that has gone out to who is new."""

    edition: Edition


Intent = MarkMissed | Expire | Draft | AskReviewers | Send | Greet


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFacts:
    """What is known of a newsletter: its editions, and (asked only when it matters) how many stories are due in which
    period.

    `started_on` is the day on which it was first seen. `changed` says that drafts of open windows may be out of date.
    The stories of the periods `waiting` wait until a person says what becomes of them. `answers_until`: reviewers who
    could not be asked in time may answer until then, and the sending waits so long. `has_newcomers` are to be welcomed;
    of the editions `greeting`, by number, welcomes are still to leave.
    """

    newsletter: Newsletter
    editions: Sequence[Edition]
    stories_due: Callable[[], Mapping[Period, int]]
    started_on: date
    changed: bool = True
    waiting: AbstractSet[Period] = frozenset()
    answers_until: Mapping[Period, datetime] = field(default_factory=dict)
    has_newcomers: bool = False
    greeting: AbstractSet[int] = frozenset()


def due(facts: DueFacts, now: datetime) -> list[Intent]:
    """What is to be done now, in this order. `now` is aware. Without a sending time nothing new is ever due.

    Missing and expiring change which stories are due where: do those first, then ask again.
    """
    if facts.newsletter.schedule.days is None:
        return [*_begun(facts, now), *_greetings(facts)]
    calendar = timetable(facts.newsletter.schedule)
    first = first_window(facts.newsletter, facts.started_on)
    editions = _first_revisions(facts)
    start = _first_unfinished(calendar, editions, first, now)
    today = now.astimezone(calendar.schedule.zone).date()
    return [
        *_without_sending(calendar, editions, start, today),
        *_past(calendar, facts, editions, first, start, now),
        *_begun(facts, now),
        *_coming(calendar, facts, editions, first, now),
        *_greetings(facts),
    ]


def first_window(newsletter: Newsletter, started_on: date) -> Period:
    """The window with which the newsletter begins."""
    return timetable(newsletter.schedule).containing(newsletter.starts_on or started_on)


def next_instant(newsletters: Sequence[Newsletter], now: datetime) -> datetime | None:
    """When something is to be done next by the calendar: a sending, or mail to reviewers or staff."""
    found = []
    for newsletter in newsletters:
        calendar = timetable(newsletter.schedule)
        sendings = calendar.sendings(now.astimezone(newsletter.schedule.zone).date() - DAY)
        for at, period in sendings:
            if at > now:
                review_at = calendar.review_at(period)
                found.append(at if review_at is None or review_at <= now else review_at)
                found.extend(each for each in calendar.reminders_at(period) if each > now)
                break
    return min(found, default=None)


def _greetings(facts: DueFacts) -> Iterator[Greet]:
    """With the edition that went out last; not while the next is leaving, nor with one that is corrected since."""
    whole = [one for one in facts.editions if not one.supplements and not one.period.is_special]
    out = [(one.sending_at, one) for one in whole if one.state is EditionState.FINISHED and one.sending_at is not None]
    latest = max(out, key=lambda each: _utc(each[0]))[1] if out else None
    is_leaving = any(one.state is EditionState.SENDING for one in whole)
    for _at, edition in out:
        is_corrected = any(one.corrects and one.supplements == edition.key for one in facts.editions)
        is_for_newcomers = facts.has_newcomers and edition == latest and not is_leaving and not is_corrected
        if is_for_newcomers or edition.number in facts.greeting:
            yield Greet(edition=edition)


def _without_sending(
    calendar: Timetable, editions: Mapping[Period, Edition], start: Period, today: date
) -> Iterator[MarkMissed]:
    """Windows that have ended and never go out: their date is skipped, or a holiday."""
    period = start
    while period.end <= today:
        if _untouched(editions.get(period)) and calendar.sending_at(period) is None:
            because = _("nothing goes out on the day of its sending (skip, holidays)")
            yield MarkMissed(period=period, because=because, carried=CarriedOver.MOVED)
        period = calendar.next(period)


def _past(
    calendar: Timetable,
    facts: DueFacts,
    editions: Mapping[Period, Edition],
    first: Period,
    start: Period,
    now: datetime,
) -> Iterator[Intent]:
    """Sendings whose time has come, oldest first. Before the first window only what a person has built."""
    unfinished = [period for period, edition in editions.items() if not edition.is_over]
    begin = datetime.combine(min([start, *unfinished]).start, time(), UTC) - 2 * DAY
    sendings = calendar.windows_sent_between(begin, now)
    latest = max((at for at, period in sendings if period >= first), default=None)
    before: Period | None = None
    for at, period in sendings:
        edition = editions.get(period)
        if edition is not None and edition.state is EditionState.SEALED:
            yield _sealed(calendar, edition, at, now)
        elif edition is None or edition.is_open:
            because, waits = None, max(at, facts.answers_until.get(period, at), key=_utc)
            if edition is None or not edition.made_up:
                because = _why_not(calendar, period, waits, latest, now) or _missed_with(
                    facts, before, edition, now - at
                )
            if because is None and (period >= first or edition is not None):
                yield Send(period=period, sending_at=at, edition=edition)
            elif because is not None and period >= first and _untouched(edition):
                yield MarkMissed(period=period, because=because, carried=_carried(calendar))
        before = period if period >= first else None


def _begun(facts: DueFacts, now: datetime) -> Iterator[Send]:
    """It goes on, also what a person began outside the calendar: a reissue, a supplement, a special edition."""
    for edition in facts.editions:
        if edition.state is EditionState.SENDING:
            yield Send(period=edition.period, sending_at=edition.sending_at or now, edition=edition)


def _missed_with(facts: DueFacts, before: Period | None, edition: Edition | None, late_by: timedelta) -> str | None:
    """Why a sending counts as missed though no later one has come: one outage took it and the one before it. Then a
    person is asked once, about both.
    """
    if facts.newsletter.schedule.catch_up is not None or late_by <= IN_TIME or before is None:
        return None
    if edition is not None and (edition.because is not None or edition.covers_to_end):
        return None  # somebody could look at it in time
    known = next((one for one in facts.editions if one.period == before and not one.is_sent_by_hand), None)
    if before in facts.waiting or (_untouched(known) and before in facts.stories_due()):
        return _("it was missed together with the one before it")
    return None


def _carried(calendar: Timetable) -> CarriedOver | None:
    """What becomes of the stories of an edition that does not go out."""
    match calendar.schedule.catch_up:
        case None:
            return CarriedOver.WAITS
        case CatchUp.NONE:
            return None
        case CatchUp.LATEST | CatchUp.ALL:
            return CarriedOver.MISSED


def _sealed(calendar: Timetable, edition: Edition, at: datetime, now: datetime) -> Intent:
    """An approval that came late counts from itself."""
    patience = calendar.schedule.not_after or _three_windows(edition.period)
    since = max(at, edition.sealed_at or at)
    if now - since > patience:
        because = _("nobody sent it within {time} of its time").format(time=_days(patience))
        return Expire(edition=edition, because=because, carried=_carried(calendar))
    return Send(period=edition.period, sending_at=at, edition=edition)


def _why_not(calendar: Timetable, period: Period, at: datetime, latest: datetime | None, now: datetime) -> str | None:
    """Why a sending that nobody made is not made up for; `None`: it is made now."""
    schedule = calendar.schedule
    patience = schedule.catch_up_for or _three_windows(period)
    if now - at > patience:
        return _("its sending was missed by more than {time} (catch_up_for)").format(time=_days(patience))
    if schedule.catch_up is CatchUp.NONE and now - at > IN_TIME:
        return _("its sending was missed (catch_up: none)")
    if schedule.catch_up in (CatchUp.LATEST, None) and latest is not None and at < latest:
        if schedule.catch_up is None:
            return _("the sending after it came first")
        return _("the sending after it came first (catch_up: latest)")
    return None


def _coming(
    calendar: Timetable, facts: DueFacts, editions: Mapping[Period, Edition], first: Period, now: datetime
) -> Iterator[Intent]:
    """Drafts of the windows whose sending is still to come: the one that is open today, and those that have closed."""
    today = now.astimezone(calendar.schedule.zone).date()
    current = calendar.containing(today)
    period = max(first, calendar.previous(current))
    while period > first and (moved := calendar.sending_at(calendar.previous(period))) is not None and moved > now:
        period = calendar.previous(period)  # a holiday can hold back several
    while period <= current:
        at = calendar.sending_at(period)
        edition = editions.get(period)
        if at is not None and at > now and (edition is None or edition.is_open):
            closed = period.end <= today
            ask_at = calendar.review_at(period)
            asks = closed and ask_at is not None and ask_at <= now
            stale = edition is None or not edition.covers_to_end
            if stale and (closed or facts.changed) and period in facts.stories_due():
                yield Draft(period=period, closed=closed, sending_at=at, asks=asks)
            elif edition is not None and asks:
                yield AskReviewers(edition=edition, sending_at=at)
        period = calendar.next(period)


def _first_unfinished(calendar: Timetable, editions: Mapping[Period, Edition], first: Period, now: datetime) -> Period:
    """What lies before the first window that is not closed needs no second look."""
    period = first
    while period in editions and editions[period].is_over and period.end <= now.date():
        period = calendar.next(period)
    return period


def _first_revisions(facts: DueFacts) -> dict[Period, Edition]:
    """Of the calendar's editions. A reissue, a supplement or a special edition goes out when a person says so."""
    return {one.period: one for one in facts.editions if not one.is_sent_by_hand}


def _untouched(edition: Edition | None) -> bool:
    """Nothing sealed, and nothing that a person opened again."""
    return edition is None or (edition.is_open and edition.because is None)


def _three_windows(period: Period) -> timedelta:
    return WINDOWS_TO_CATCH_UP * (period.end - period.start)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _days(duration: timedelta) -> str:
    hours = duration // timedelta(hours=1)
    if hours % 24:
        return plural("{count} hour", "{count} hours", hours)
    return plural("{count} day", "{count} days", hours // 24)
