"""Phrases: how editions, states, sizes, spans of time and the facts of a report are said to staff."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from digest.delivery.delivery import DeliveryState, Tally
from digest.desk.report import NOTHING, ReportFigures, ReportView
from digest.editions.reviews import PartStatus
from digest.foundation.catalogue import _, in_each_language, plural
from digest.foundation.problems import Severity
from digest.foundation.words import day, harmless, moment
from digest.inbound.inbound import ReturnKind
from digest.intake.item import Tag, TagPlace
from digest.mail.wording import first_upper, for_staff
from digest.newsletters.edition import EditionState, Ruling
from digest.newsletters.newsletter import Newsletter, Unanswered
from digest.newsletters.period import Period, PeriodKind
from digest.settings.instance import Instance

KILO = 1024
LIKE_PLANNED = timedelta(minutes=15)


def evidence_said(tag: Tag) -> str:
    """Why a country or topic is taken for one of an item's."""
    return {
        TagPlace.PERSON: _("said by a person"),
        TagPlace.TITLE: _("“{term}” in the title"),
        TagPlace.DATELINE: _("“{term}” in the dateline"),
        TagPlace.BODY: _("“{term}” in the body"),
    }[tag.where].format(term=tag.term)


# -- Names of states; where there are two, the first is the colour of the label.


@in_each_language
def rulings() -> Mapping[Ruling, str]:
    return {ruling: ruling.said for ruling in Ruling}


@in_each_language
def delivery_states() -> Mapping[DeliveryState, str]:
    return {
        DeliveryState.SENT: _("sent"),
        DeliveryState.PENDING: _("waiting"),
        DeliveryState.INTENT: _("leaving now"),
        DeliveryState.FAILED: _("failed"),
        DeliveryState.HELD: _("in doubt, waiting for a decision"),
        DeliveryState.NO_VARIANT: _("with nothing for them"),
        DeliveryState.LEFT: _("unsubscribed meanwhile"),
    }


@in_each_language
def delivery_columns() -> Mapping[DeliveryState, str]:
    """The heads of the columns in which they are counted."""
    return {
        DeliveryState.SENT: _("sent"),
        DeliveryState.PENDING: _("pending"),
        DeliveryState.INTENT: _("intent"),
        DeliveryState.FAILED: _("failed"),
        DeliveryState.HELD: _("to decide"),
        DeliveryState.NO_VARIANT: _("nothing"),
        DeliveryState.LEFT: _("left"),
    }


@in_each_language
def edition_states() -> Mapping[EditionState, tuple[str, str]]:
    return {
        EditionState.DRAFT: ("draft", _("Draft")),
        EditionState.SEALED: ("good", _("Approved")),
        EditionState.SENDING: ("busy", _("Sending")),
        EditionState.FINISHED: ("good", _("Sent")),
        EditionState.SKIPPED: ("quiet", _("Nothing to say")),
        EditionState.MISSED: ("quiet", _("Missed")),
        EditionState.EXPIRED: ("bad", _("Expired")),
    }


@in_each_language
def part_states() -> Mapping[PartStatus, tuple[str, str]]:
    return {
        PartStatus.APPROVED: ("good", _("Approved")),
        PartStatus.REFUSED: ("bad", _("Refused")),
        PartStatus.CHANGED: ("draft", _("Changed since the answer")),
        PartStatus.UNANSWERED: ("quiet", _("No answer yet")),
    }


@in_each_language
def silence() -> Mapping[Unanswered, str]:
    """What it means that nobody answers."""
    return {
        Unanswered.HOLD: _("The edition waits for a person."),
        Unanswered.SEND: _("It goes out as it is."),
        Unanswered.LEAVE_OUT: _("The edition goes out without it."),
        Unanswered.SKIP: _("Nothing of the edition goes out."),
    }


@in_each_language
def severities() -> Mapping[Severity, str]:
    return {
        Severity.ERROR: _("Left out"),
        Severity.WARNING: _("Please look"),
        Severity.NOTE: _("Good to know"),
    }


# -- Periods, spans of time, sizes.


def period_title(period: Period) -> str:
    """`July 2018`."""
    return first_upper(for_staff().period(period))


def today(instance: Instance, newsletter: Newsletter) -> date:
    """In the newsletter's zone."""
    return instance.clock.now().astimezone(newsletter.schedule.zone).date()


@in_each_language
def rhythms() -> Mapping[PeriodKind, str]:
    return {
        PeriodKind.DAY: _("every day"),
        PeriodKind.WEEK: _("every week"),
        PeriodKind.MONTH: _("every month"),
        PeriodKind.QUARTER: _("every quarter"),
    }


def rhythm(newsletter: Newsletter) -> str:
    """`every month, day 5 at 09:00`, as far as the settings say it."""
    schedule = newsletter.schedule
    often = [] if schedule.kind is PeriodKind.SINCE_LAST else [rhythms()[schedule.kind]]
    return ", ".join([*often, schedule.text or _("no sending time")])


def window(period: Period) -> str:
    """First and last day, without saying anything twice: `1–31 July 2018`, `30 July – 5 August 2018`."""
    first, last = period.start, period.last_day
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    return f"{day(first) if first.year != last.year else day(first, with_year=False)} – {day(last)}"


def duration(length: timedelta) -> str:
    """In the unit that people would use: `2 days`, `5 hours`, `12 minutes`; 36 hours say more than a day."""
    seconds = int(length.total_seconds())
    if seconds >= 2 * 86400:
        return plural("{count:,} day", "{count:,} days", seconds // 86400)
    if seconds >= 2 * 3600:
        return plural("{count:,} hour", "{count:,} hours", seconds // 3600)
    if seconds >= 60:  # noqa: PLR2004 – a minute
        return plural("{count:,} minute", "{count:,} minutes", seconds // 60)
    return _("less than a minute")


def size(count: int) -> str:
    """`38 KB`; a small file has at least one."""
    kilobytes = max(1, round(count / KILO))
    return f"{kilobytes} KB" if kilobytes < KILO else f"{kilobytes / KILO:.1f} MB"


# -- The sentences and rows of a report: the same for the page and for the terminal.


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
        return "good", _("Approved")
    return edition_states()[view.edition.state]


def headline(view: ReportView) -> str:
    """One sentence that says it all."""
    because = view.edition.because or _("its time passed")
    match view.edition.state:
        case EditionState.DRAFT:
            said = _("This is a draft: nothing has been sent. {would_go}").format(would_go=_would_go(view))
        case EditionState.SEALED:
            said = _("Nothing has been sent yet. {would_go}").format(would_go=_would_go(view))
        case EditionState.SENDING | EditionState.FINISHED:
            said = _sent(view, view.tally or NOTHING)
        case EditionState.SKIPPED:
            said = _("There was nothing to say in this period; nothing has been sent.")
            if view.edition.is_over and view.edition.because:
                said = _("It is skipped: {because}.").format(because=because)
            elif view.left_out.get(Ruling.DEFERRED):
                said = _("Nothing has been sent: its stories wait for the next edition.")
        case EditionState.MISSED if view.edition.supplements:
            said = _("It does not go out: {because}.").format(because=because)
        case EditionState.MISSED:
            said = _("It did not go out: {because}. Its stories wait for the next edition.").format(because=because)
        case EditionState.EXPIRED:
            said = _("It did not go out: {because}. Its stories are free for the next edition.").format(because=because)
    return said


def history(view: ReportView) -> list[ReportRow]:
    """What happened when, and by whom."""
    edition = view.edition
    rows = [ReportRow(label=_("News of"), value=window(edition.period))] if not edition.period.is_special else []
    if view.planned_at:
        rows.append(ReportRow(label=_("Planned for"), value=both(view.planned_at, view)))
    if edition.built_at:
        rows.append(ReportRow(label=_("Built"), value=both(edition.built_at, view)))
    rows += _approval(view)
    if view.figures.sending_at:
        rows.append(ReportRow(label=_("Sent"), value=both(view.figures.sending_at, view), note=_punctual(view)))
    if edition.finished_at and edition.state is EditionState.FINISHED:
        rows.append(ReportRow(label=_("Finished"), value=both(edition.finished_at, view), note=_took(view)))
    elif edition.finished_at:
        label = _("Skipped") if edition.state is EditionState.SKIPPED else _("Given up")
        rows.append(ReportRow(label=label, value=both(edition.finished_at, view), note=edition.because or ""))
    if edition.because and (edition.state is EditionState.FINISHED or not edition.is_over):
        rows.append(ReportRow(label=_("Remark"), value=edition.because))
    return rows


def deliveries(view: ReportView) -> list[ReportRow]:
    """What became of the mails. A zero is shown only where it says something."""
    tally = view.tally
    if tally is None:
        rows = [_count(_("Readers today"), view.figures.readers, _("nobody has been sent anything"))]
        if view.unserved:
            note = _("nothing in it is for what they chose, so far")
            rows.append(_count(_("Nothing for them"), view.unserved, note))
        return rows
    rows = [
        _count(_("Readers"), tally.frozen, _("when the sending began")),
        _count(_("Sent"), tally[DeliveryState.SENT], _how(view)),
        _count(_("Failed"), tally[DeliveryState.FAILED], _("refused for good")),
        *_open(view, tally),
    ]
    if tally[DeliveryState.LEFT]:
        rows.append(_count(_("Left"), tally[DeliveryState.LEFT], _("unsubscribed before their mail left")))
    if tally[DeliveryState.NO_VARIANT]:
        note = view.why_unserved or _("no story in it concerns what they chose")
        rows.append(_count(_("Nothing for them"), tally[DeliveryState.NO_VARIANT], note))
    rows.append(_returned(view))
    return rows


def comparison(view: ReportView) -> list[Compared]:
    """This edition's figures beside those of the one before; nothing when it is the first. A zero on both sides is
    shown only of the most important ones.
    """
    now, before = view.figures, view.previous
    if before is None:
        return []
    figures = [
        (_("Stories"), now.stories, before.stories, True),
        (_("of them late"), now.late, before.late, False),
        (_("Different mails"), now.mails, before.mails, False),
        (_("Readers"), now.readers, before.readers, True),
        *(
            (label, _of(now, state), _of(before, state), always)
            for label, state, always in (
                (_("Sent"), DeliveryState.SENT, True),
                (_("Failed"), DeliveryState.FAILED, True),
                (_("Left"), DeliveryState.LEFT, False),
                (_("Nothing for them"), DeliveryState.NO_VARIANT, False),
            )
        ),
    ]
    return [
        Compared(label=label, now=_said(new), before=_said(old), change=change(new, old))
        for label, new, old, always in figures
        if new is not None and (always or new or old)
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
    return _("{count:,} late").format(count=late) if late else ""


def _sent(view: ReportView, tally: Tally) -> str:
    sent, frozen, began = tally[DeliveryState.SENT], tally.frozen, view.figures.sending_at
    if view.edition.state is EditionState.SENDING:
        have = plural("{count:,} reader has it", "{count:,} readers have it", sent)
        said = (
            _("The sending is on its way: {have}, {open:,} of {all:,} are still to come.")
            if view.under_way
            else _("The sending was interrupted: {have}, {open:,} of {all:,} are still to come.")
        )
        return said.format(have=have, open=tally.open, all=frozen)
    reached = (
        plural("all {count:,} reader", "all {count:,} readers", frozen)
        if sent == frozen
        else plural("{sent:,} of {count:,} reader", "{sent:,} of {count:,} readers", frozen, sent=sent)
    )
    if not began:
        return _("Sent to {reached}.").format(reached=reached)
    return _("Sent to {reached} on {when}.").format(reached=reached, when=moment(began, view.timezone))


def _would_go(view: ReportView) -> str:
    readers = plural("{count:,} reader", "{count:,} readers", view.figures.readers - view.unserved)
    stories = plural("{count:,} story", "{count:,} stories", view.figures.stories)
    return _("It has {stories} for {readers} as of today.").format(stories=stories, readers=readers)


def _typed_by(login: str | None) -> str:
    """Whose hands gave the name: it is a claim, and this is known."""
    return _("typed by {login}").format(login=harmless(login)) if login else ""


def _approval(view: ReportView) -> Iterator[ReportRow]:
    edition = view.edition
    not_asked = _("no approval is asked for")
    if edition.approved_by and edition.approved_at:
        said = _("by {name}, {when}").format(name=edition.approved_by, when=both(edition.approved_at, view))
        yield ReportRow(label=_("Approved"), value=said, note=_typed_by(edition.approved_as))
    elif edition.sealed_at:
        note = _("without anybody's approval") if view.needs_approval else not_asked
        yield ReportRow(label=_("Fixed"), value=both(edition.sealed_at, view), note=note)
    elif edition.state is EditionState.DRAFT:
        yield ReportRow(label=_("Approved"), value=_("by nobody yet") if view.needs_approval else not_asked)
    for answer in view.answers:
        said = _("approved by {name}, {when}") if answer.approved else _("refused by {name}, {when}")
        value = said.format(name=answer.by, when=both(answer.at, view))
        yield ReportRow(label=answer.part, value=value, note=answer.because or _typed_by(answer.answered_as))


def _punctual(view: ReportView) -> str:
    began, planned = view.figures.sending_at, view.planned_at
    if began is None or planned is None:
        return ""
    late = began.astimezone(UTC) - planned.astimezone(UTC)
    if abs(late) <= LIKE_PLANNED:
        return _("as planned")
    said = _("{span} after the planned time") if late > timedelta(0) else _("{span} before the planned time")
    return said.format(span=duration(abs(late)))


def _took(view: ReportView) -> str:
    began, ended = view.figures.sending_at, view.edition.finished_at
    return _("it took {span}").format(span=duration(ended - began)) if began and ended and ended > began else ""


def _open(view: ReportView, tally: Tally) -> Iterator[ReportRow]:
    if tally[DeliveryState.PENDING]:
        yield _count(_("Waiting"), tally[DeliveryState.PENDING], _("their mail is still to leave"))
    leaving, held = tally[DeliveryState.INTENT], tally[DeliveryState.HELD]
    if leaving and view.under_way:
        yield _count(_("Leaving now"), leaving, "")
        leaving = 0
    notes = [
        *([_("the program stopped while mails were leaving: `digest send` finds out")] if leaving else []),
        *([_("the mail server may have taken them: a person decides")] if held else []),
    ]
    yield _count(_("In doubt"), leaving + held, "; ".join(notes))
    if view.sent_again:
        yield _count(
            _("Sent again"),
            view.sent_again,
            _("they were in doubt: nobody could know whether the first copy had arrived"),
        )


def _returned(view: ReportView) -> ReportRow:
    if view.returned is None:
        note = _("no mailbox is read: see mailbox in the settings")
        return ReportRow(label=_("Returned"), value=_("not known yet"), note=note)
    counts = [
        said.format(count=count)
        for kind, said in (
            (ReturnKind.HARD, _("{count:,} for good")),
            (ReturnKind.SOFT, _("{count:,} for now")),
            (ReturnKind.BLOCKED, _("{count:,} refused by a filter")),
            (ReturnKind.COMPLAINT, _("{count:,} called it spam")),
        )
        if (count := view.returned.get(kind, 0))
    ]
    bounced = sum(count for kind, count in view.returned.items() if kind.is_bounce)
    return _count(_("Returned"), bounced, ", ".join(counts))


def _how(view: ReportView) -> str:
    if view.transport == "files":
        return _("written as files: nothing left this machine by itself")
    return _("accepted by the mail server ({transport})").format(transport=view.transport)


def _count(label: str, count: int, note: str) -> ReportRow:
    return ReportRow(label=label, value=f"{count:,}", note=note)


def _of(figures: ReportFigures, state: DeliveryState) -> int | None:
    return None if figures.tally is None else figures.tally[state]


def _said(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"
