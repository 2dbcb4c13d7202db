"""The words of a report: the same rows of plain text for the page and for the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from digest.delivery.delivery import DeliveryState, Tally
from digest.desk.report import NOTHING, ReportFigures, ReportView
from digest.editions.reviews import PartStatus
from digest.foundation.problems import Severity
from digest.foundation.words import counted, day, moment
from digest.inbound.inbound import ReturnKind
from digest.newsletters.edition import Edition, EditionState, Ruling
from digest.newsletters.newsletter import Newsletter, Unanswered
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.timetable import timetable

if TYPE_CHECKING:
    from digest.mail.wording import Words
    from digest.settings.instance import Instance


STATES = {
    EditionState.DRAFT: ("draft", "Draft"),
    EditionState.SEALED: ("good", "Sealed"),
    EditionState.SENDING: ("busy", "Sending"),
    EditionState.FINISHED: ("good", "Sent"),
    EditionState.SKIPPED: ("quiet", "Nothing to say"),
    EditionState.MISSED: ("quiet", "Passed over"),
    EditionState.EXPIRED: ("bad", "Expired"),
}
ALWAYS_COMPARED = ("Stories", "Readers", "Sent", "Failed")
NOT_KNOWN = "not known yet"
LIKE_PLANNED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """`note` explains the value."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure of this edition beside that of the one before; `change` is empty where there is none to tell."""

    label: str
    now: str
    before: str
    change: str = ""


def state_label(view: ReportView) -> tuple[str, str]:
    """The colour of the label, and what it says."""
    if view.edition.state is EditionState.SEALED and view.edition.approved_by:
        return "good", "Approved"
    return STATES[view.edition.state]


def headline(view: ReportView) -> str:
    """One sentence that says it all."""
    because = view.edition.because or "its time passed"
    match view.edition.state:
        case EditionState.DRAFT:
            said = f"This is a draft: nothing has been sent. {_would_go(view)}"
        case EditionState.SEALED:
            said = f"Nothing has been sent yet. {_would_go(view)}"
        case EditionState.SENDING | EditionState.FINISHED:
            said = _sent(view, view.tally or NOTHING)
        case EditionState.SKIPPED:
            said = "There was nothing to say in this period; nothing has been sent."
        case EditionState.MISSED:
            said = f"It did not go out: {because}. Its stories wait for the next edition."
        case EditionState.EXPIRED:
            said = f"It did not go out: {because}. Its stories are free for the next edition."
    return said


def history(view: ReportView) -> list[ReportRow]:
    """What happened when, and by whom."""
    edition = view.edition
    rows = [ReportRow(label="News of", value=window(edition.period))]
    if view.planned_at:
        rows.append(ReportRow(label="Planned for", value=both(view.planned_at, view)))
    if edition.built_at:
        rows.append(ReportRow(label="Built", value=both(edition.built_at, view)))
    rows += _approval(view)
    if view.figures.sending_at:
        rows.append(ReportRow(label="Sent", value=both(view.figures.sending_at, view), note=_punctual(view)))
    if edition.finished_at and edition.state is EditionState.FINISHED:
        rows.append(ReportRow(label="Finished", value=both(edition.finished_at, view), note=_took(view)))
    elif edition.finished_at:
        rows.append(ReportRow(label="Given up", value=both(edition.finished_at, view), note=edition.because or ""))
    if edition.because and edition.state not in (EditionState.MISSED, EditionState.EXPIRED):
        rows.append(ReportRow(label="Remark", value=edition.because))
    return rows


def deliveries(view: ReportView) -> list[ReportRow]:
    """What became of the mails. A zero is shown only where it says something."""
    tally = view.tally
    if tally is None:
        rows = [
            ReportRow(label="Readers today", value=f"{view.figures.readers:,}", note="nobody has been sent anything")
        ]
        if view.unserved:
            rows.append(_count("Nothing for them", view.unserved, "nothing in it is for what they chose, so far"))
        return rows
    rows = [
        _count("Readers", tally.frozen, "when the sending began"),
        _count("Sent", tally[DeliveryState.SENT], _how(view)),
        _count("Failed", tally[DeliveryState.FAILED], "refused for good"),
    ]
    rows += _open(view, tally)
    if tally[DeliveryState.LEFT]:
        rows.append(_count("Left", tally[DeliveryState.LEFT], "unsubscribed before their mail left"))
    if tally[DeliveryState.NO_VARIANT]:
        rows.append(
            _count("Nothing for them", tally[DeliveryState.NO_VARIANT], "no story in it concerns what they chose")
        )
    rows.append(_returned(view))
    return rows


def comparison(view: ReportView) -> list[Compared]:
    """This edition's figures beside those of the one before; nothing when it is the first."""
    before = view.previous
    if before is None:
        return []
    pairs = [
        ("Stories", view.figures.stories, before.stories),
        ("of them late", view.figures.late, before.late),
        ("Different mails", view.figures.mails, before.mails),
        ("Readers", view.figures.readers, before.readers),
        *(
            (label, _of(view.figures, state), _of(before, state))
            for label, state in (
                ("Sent", DeliveryState.SENT),
                ("Failed", DeliveryState.FAILED),
                ("Left", DeliveryState.LEFT),
                ("Nothing for them", DeliveryState.NO_VARIANT),
            )
        ),
    ]
    return [
        Compared(label=label, now=_said(now), before=_said(then), change=change(now, then))
        for label, now, then in pairs
        if now is not None and (label in ALWAYS_COMPARED or now or then)
    ]


def change(now: int | None, before: int | None) -> str:
    """`+12 (+4 %)`; empty when nothing changed or something is not known."""
    if now is None or before is None or now == before:
        return ""
    percent = f" ({(now - before) * 100 / before:+.0f} %)" if before else ""
    return f"{now - before:+,}{percent}".replace("-", "−")


def both(at: datetime, view: ReportView) -> str:
    """In the newsletter's zone and in UTC."""
    utc = at.astimezone(UTC)
    local = at.astimezone(view.timezone)
    on = "" if local.date() == utc.date() else f"{day(utc)}, "
    return f"{moment(at, view.timezone)} ({on}{utc:%H:%M} UTC)" if local.tzname() != "UTC" else moment(at, UTC)


def late_words(late: int) -> str:
    return f"{late:,} late" if late else ""


def _sent(view: ReportView, tally: Tally) -> str:
    sent, frozen, began = tally[DeliveryState.SENT], tally.frozen, view.figures.sending_at
    if view.edition.state is EditionState.SENDING:
        stands = "is on its way" if view.under_way else "was interrupted"
        return (
            f"The sending {stands}: {counted(sent, 'reader has', 'readers have')} it, {tally.open:,} of {frozen:,} are "
            "still to come."
        )
    reached = f"all {counted(frozen, 'reader', 'readers')}" if sent == frozen else f"{sent:,} of {frozen:,} readers"
    return f"Sent to {reached}{f' on {moment(began, view.timezone)}' if began else ''}."


def _would_go(view: ReportView) -> str:
    readers = counted(view.figures.readers - view.unserved, "reader", "readers")
    stories = counted(view.figures.stories, "story", "stories")
    return f"It has {stories} for {readers} as of today."


def _approval(view: ReportView) -> Iterator[ReportRow]:
    edition = view.edition
    if edition.approved_by and edition.approved_at:
        yield ReportRow(label="Approved", value=f"by {edition.approved_by}, {both(edition.approved_at, view)}")
    elif edition.sealed_at:
        value = "without anybody's approval" if view.needs_approval else "no approval is asked for"
        yield ReportRow(label="Sealed", value=both(edition.sealed_at, view), note=value)
    elif edition.state is EditionState.DRAFT:
        yield ReportRow(label="Approved", value="by nobody yet" if view.needs_approval else "no approval is asked for")
    for answer in view.answers:
        said = "approved" if answer.approved else "refused"
        yield ReportRow(label=answer.part, value=f"{said} by {answer.by}, {both(answer.at, view)}", note=answer.because)


def _punctual(view: ReportView) -> str:
    began, planned = view.figures.sending_at, view.planned_at
    if began is None or planned is None:
        return ""
    late = began.astimezone(UTC) - planned.astimezone(UTC)
    if abs(late) <= LIKE_PLANNED:
        return "as planned"
    return f"{duration(abs(late))} {'after' if late > timedelta(0) else 'before'} the planned time"


def _took(view: ReportView) -> str:
    began, ended = view.figures.sending_at, view.edition.finished_at
    return f"it took {duration(ended - began)}" if began and ended and ended > began else ""


def duration(length: timedelta) -> str:
    """In the unit that people would use: `2 days`, `5 hours`, `12 minutes`."""
    for unit, one, many in ((86400, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes")):
        if length.total_seconds() >= (unit * 2 if unit > 60 else unit):  # noqa: PLR2004 – 36 hours say more than a day
            return counted(int(length.total_seconds() // unit), one, many)
    return "less than a minute"


def _open(view: ReportView, tally: Tally) -> Iterator[ReportRow]:
    if tally[DeliveryState.PENDING]:
        yield _count("Waiting", tally[DeliveryState.PENDING], "their mail is still to leave")
    leaving, held = tally[DeliveryState.INTENT], tally[DeliveryState.HELD]
    if leaving and view.under_way:
        yield _count("Leaving now", leaving, "")
        leaving = 0
    notes = [
        *(["the program stopped while mails were leaving: `digest send` finds out"] if leaving else []),
        *(["the mail server may have taken them: a person decides"] if held else []),
    ]
    yield _count("In doubt", leaving + held, "; ".join(notes))
    if view.sent_again:
        yield _count("Sent again", view.sent_again, "nobody could know whether the first copy had arrived")


def _returned(view: ReportView) -> ReportRow:
    if view.returned is None:
        return ReportRow(label="Returned", value=NOT_KNOWN, note="no mailbox is read: see mailbox in the settings")
    counts = [
        f"{count:,} {said}"
        for kind, said in (
            (ReturnKind.HARD, "for good"),
            (ReturnKind.SOFT, "for now"),
            (ReturnKind.BLOCKED, "refused by a filter"),
            (ReturnKind.COMPLAINT, "called it spam"),
        )
        if (count := view.returned.get(kind, 0))
    ]
    bounced = sum(view.returned.get(kind, 0) for kind in (ReturnKind.HARD, ReturnKind.SOFT, ReturnKind.BLOCKED))
    return _count("Returned", bounced, ", ".join(counts))


def _how(view: ReportView) -> str:
    if view.transport == "files":
        return "written as files: nothing left this machine by itself"
    return f"accepted by the mail server ({view.transport})"


def _count(label: str, count: int, note: str) -> ReportRow:
    return ReportRow(label=label, value=f"{count:,}", note=note)


def _of(figures: ReportFigures, state: DeliveryState) -> int | None:
    return None if figures.tally is None else figures.tally[state]


def _said(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


# -- How editions, languages and times are said on a terminal and on staff's pages: in English, from CLDR.


def period_title(period: Period) -> str:
    """`July 2018`."""
    from digest.mail.wording import first_upper

    return first_upper(_english().period(period))


def goes_out(newsletter: Newsletter, period: Period) -> str:
    """`2018-08-05 09:00` in the newsletter's zone; empty when nothing goes out by itself."""
    at = timetable(newsletter.schedule).sending_at(period)
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def today(instance: "Instance", newsletter: Newsletter) -> date:
    """In the newsletter's zone."""
    return instance.clock.now().astimezone(newsletter.schedule.zone).date()


def rhythm(newsletter: Newsletter) -> str:
    """`every month, day 5 at 09:00`, as far as the settings say it."""
    schedule = newsletter.schedule
    often = [] if schedule.kind is PeriodKind.SINCE_LAST else [f"every {schedule.kind}"]
    return ", ".join([*often, schedule.text or "no sending time"])


def people(instance: "Instance", edition: Edition) -> dict[str, int]:
    """Variant → readers: those frozen once sending began, until then those subscribed now."""
    if edition.sending_at:
        return dict(instance.ledger.people(edition))
    served = instance.editions.choices_of(edition)
    counts: dict[str, int] = {}
    for choice, count in instance.subscribers.subscribed(edition.newsletter):
        if (name := served.get(choice)) is not None:
            counts[name] = counts.get(name, 0) + count
    return counts


@lru_cache(maxsize=1)
def _english() -> "Words":
    from babel.support import Translations

    from digest.mail.wording import Words

    return Words("en", Translations())


# -- The words of the pages: dates, sizes, counts and the names of states, in English.

RULINGS = {
    Ruling.INCLUDED: "included",
    Ruling.NO_AUDIENCE: "no audience",
    Ruling.DEFERRED: "deferred",
    Ruling.DROPPED: "dropped",
    Ruling.TOO_OLD: "too old",
    Ruling.WITHDRAWN: "withdrawn",
}
DELIVERIES = {
    DeliveryState.SENT: "sent",
    DeliveryState.PENDING: "waiting",
    DeliveryState.INTENT: "leaving now",
    DeliveryState.FAILED: "failed",
    DeliveryState.HELD: "in doubt, held for a person",
    DeliveryState.NO_VARIANT: "with nothing for them",
    DeliveryState.LEFT: "unsubscribed meanwhile",
}
# A tone and a word.
STANDINGS = {
    PartStatus.APPROVED: ("good", "Approved"),
    PartStatus.REFUSED: ("bad", "Refused"),
    PartStatus.CHANGED: ("draft", "Changed since the answer"),
    PartStatus.UNANSWERED: ("quiet", "No answer yet"),
}
SILENCE = {
    Unanswered.HOLD: "The edition waits for a person.",
    Unanswered.SEND: "It goes out as it is.",
    Unanswered.LEAVE_OUT: "The edition goes out without it.",
    Unanswered.SKIP: "Nothing of the edition goes out.",
}
SEVERITIES = {Severity.ERROR: "Left out", Severity.WARNING: "Please look", Severity.NOTE: "Good to know"}
KILO = 1024


def window(period: Period) -> str:
    """First and last day, without saying anything twice: `1–31 July 2018`, `30 July – 5 August 2018`."""
    first, last = period.start, period.last_day
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    return f"{first.day} {first:%B}{'' if first.year == last.year else f' {first.year}'} – {day(last)}"


def size(count: int) -> str:
    """`38 KB`; a small file has at least one."""
    kilobytes = max(1, round(count / KILO))
    return f"{kilobytes} KB" if kilobytes < KILO else f"{kilobytes / KILO:.1f} MB"
