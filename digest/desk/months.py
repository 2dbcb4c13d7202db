"""Months: what is next and when, what waits for whom, and where every edition stands, for the desk's first page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from digest.commands import lasting
from digest.delivery.delivery import DeliveryState
from digest.desk.history import title_for_staff
from digest.desk.phrases import duration, edition_states, period_title, window
from digest.desk.status import EditionStatus, NewsletterStatus
from digest.editions.missed import said as said_of_missed
from digest.foundation.catalogue import _, plural
from digest.foundation.words import moment, weekday
from digest.mail.wording import first_upper
from digest.newsletters.edition import EditionState


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    """An edition, or a period of which there are stories. `path` is its page below that of the months."""

    path: str
    title: str
    window: str
    tone: str
    label: str
    goes_out_at: datetime | None
    stories: int
    waiting: int
    sent: int
    readers: int
    has_report: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMonth:
    """What goes out next. `said` ends the sentence that its title begins."""

    path: str
    title: str
    when: str
    ahead: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsView:
    """Of one newsletter. `waits` is what a person has to do something about, the most urgent first."""

    title: str
    readers: int
    coming: NextMonth | None
    waits: tuple[str, ...]
    open: tuple[MonthRow, ...]
    over: tuple[MonthRow, ...]


def months_of(stands: NewsletterStatus) -> MonthsView:
    rows = [_row(stands, row) for row in reversed(stands.editions)]
    states = [row.edition.state if row.edition else None for row in reversed(stands.editions)]
    is_over = [state is not None and state not in OPEN for state in states]
    return MonthsView(
        title=stands.newsletter.title_for_staff,
        readers=stands.readers,
        coming=_coming(stands),
        waits=tuple(_waits(stands)),
        open=tuple(row for row, over in zip(rows, is_over, strict=True) if not over),
        over=tuple(row for row, over in zip(rows, is_over, strict=True) if over),
    )


OPEN = (EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING)


def path_of(newsletter: str, key: str) -> str:
    """Of an edition's page, below that of the months."""
    return f"editions/{newsletter}/{key.replace('/', '+')}/"


def _row(stands: NewsletterStatus, row: EditionStatus) -> MonthRow:
    edition = row.edition
    tone, label = edition_states()[edition.state] if edition else ("quiet", _("Not built yet"))
    if edition is not None and edition.state is EditionState.DRAFT and not edition.covers_to_end:
        tone, label = "busy", _("Window still open")
    return MonthRow(
        path=path_of(stands.newsletter.name, row.key),
        title=first_upper(title_for_staff(edition)) if edition else period_title(row.period),
        window=window(row.period),
        tone=tone,
        label=label,
        goes_out_at=row.goes_out_at,
        stories=row.included,
        waiting=row.arrivals,
        sent=row.sent,
        readers=row.tally.frozen if row.tally else 0,
        has_report=edition is not None and edition.sending_at is not None,
        note=row.paused or row.thin or (edition.because if edition and edition.because else ""),
    )


def _coming(stands: NewsletterStatus) -> NextMonth | None:
    coming, zone = stands.next, stands.newsletter.schedule.zone
    if coming is None:
        return None
    at, today = coming.at.astimezone(zone), stands.now.astimezone(zone).date()
    days = (at.date() - today).days
    ahead = _("today") if days == 0 else _("tomorrow") if days == 1 else _("in {count} days").format(count=days)
    stories = plural("{count:,} story", "{count:,} stories", coming.stories)
    return NextMonth(
        path=path_of(stands.newsletter.name, coming.edition.key if coming.edition else coming.period.key),
        title=period_title(coming.period),
        when=f"{weekday(at)} {moment(coming.at, zone)}",
        ahead=ahead,
        said=_("{window}; {stories} so far").format(window=window(coming.period), stories=stories),
    )


def _waits(stands: NewsletterStatus) -> Iterator[str]:
    zone = stands.newsletter.schedule.zone
    if stands.fence is not None:
        yield lasting(
            _("Nothing is sent from here: {why}; {remedy}").format(why=stands.fence.said, remedy=stands.fence.remedy)
        )
    for late in stands.late:
        said = _("{period} should have gone out on {when}, {span} ago.")
        when, span = moment(late.at, zone), duration(late.late_by)
        yield said.format(period=period_title(late.period), when=when, span=span)
    yield from map(lasting, stands.changed)
    if stands.unsent.stories:
        yield lasting(said_of_missed(stands.newsletter, stands.unsent))
    for waiting in stands.waiting:
        title = period_title(waiting.edition.period)
        if not waiting.parts:
            yield _("{edition} waits for a person's approval.").format(edition=title)
        for part in waiting.parts:
            said = _("{edition}: {part} waits for an answer of {names}.")
            names = ", ".join(part.reviewers) or _("nobody in particular")
            yield said.format(edition=title, part=part.title, names=names)
    for row in stands.editions:
        if row.tally and (held := row.tally[DeliveryState.HELD]):
            said = plural(
                "{full}: {count:,} mail is in doubt, a person decides; digest deliveries {edition} --held",
                "{full}: {count:,} mails are in doubt, a person decides; digest deliveries {edition} --held",
                held,
                full=period_title(row.period),
                edition=row.key,
            )
            yield lasting(said)
    yield from stands.alarms
