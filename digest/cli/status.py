"""`digest status`: where every edition stands, what is next, what waits, and what is late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from shutil import get_terminal_size

import click

from digest.cli.invocation import (
    Invocation,
    echo_json,
    json_option,
    newsletter_option,
    newsletters_meant,
    pass_invocation,
    stop_clock,
)
from digest.delivery.delivery import DeliveryState
from digest.desk.columns import Column, Headings, Way, columns, labelled, wrapped
from digest.desk.phrases import duration, period_title, rhythm, window
from digest.desk.status import (
    EditionStatus,
    LateSending,
    NewsletterStatus,
    NextSending,
    WaitingEdition,
    WaitingPart,
    status_of,
)
from digest.editions.reviews import PartStatus
from digest.foundation.words import counted, day, harmless, moment
from digest.newsletters.edition import Edition, EditionState, Ruling
from digest.newsletters.newsletter import Approval, Newsletter
from digest.newsletters.period import Period
from digest.runs.record import RunRecord
from digest.runs.store import Runs
from digest.settings.instance import Instance

CLOSED_SHOWN = 6
WIDE = 100  # from here on, the next step stands beside each edition
LABEL = 8
TROUBLE_SHOWN = 8
EXIT_CODES = {
    0: "all is well",
    1: "a fault in the program",
    3: "a person is needed",
    4: "partly failed, the rest is done",
    65: "nothing usable in any input",
    73: "cannot write",
    75: "busy, or the clock is wrong",
    78: "mistakes in the settings",
}
HALF_A_DAY = timedelta(hours=12)
THEN = {
    "hold": "silence holds the edition",
    "send": "silence lets it go",
    "skip": "silence stops the edition",
    "leave-out": "silence leaves it out",
}


@click.command()
@newsletter_option
@click.option("--all", "show_all", is_flag=True, help="Also the editions that are long over.")
@click.option("--now", "at", metavar="TIME", help="Pretend that it is 2018-08-05T09:00, in the publisher's zone.")
@json_option
@pass_invocation
def status(invocation: Invocation, newsletter: str | None, at: str | None, *, show_all: bool, as_json: bool) -> int:
    """Say what is next and when, what waits for whom, what is late, and where every edition stands.

    Looking changes nothing.
    """
    instance = invocation.instance
    if at is not None:
        stop_clock(invocation, at)
    stands = [status_of(instance, one) for one in newsletters_meant(invocation, newsletter)]
    if as_json:
        echo_json([_newsletter_data(instance, one) for one in stands])
        return 0
    most = get_terminal_size().columns
    for one in stands:
        for line in _newsletter(one, most, show_all=show_all):
            click.echo(line)
        if not one.editions:
            invocation.say("Nothing collected yet: run `digest collect`.")
    for line in _last_run(instance, most):
        click.echo(line)
    return 0


def _newsletter(stands: NewsletterStatus, most: int, *, show_all: bool) -> Iterator[str]:
    newsletter = stands.newsletter
    title = f"{newsletter.title(newsletter.languages[0])} ({newsletter.name})"
    readers = counted(stands.readers, "reader", "readers")
    yield from wrapped(f"{title}: {rhythm(newsletter)}, {newsletter.schedule.zone.key}; {readers}", most)
    yield ""
    for label, text in _told(stands):
        yield from labelled(label, text, width=LABEL, most=most)
    if stands.editions:
        yield ""
        yield from _editions(stands, most, show_all=show_all)
    yield ""


def _editions(stands: NewsletterStatus, most: int, *, show_all: bool) -> Iterator[str]:
    closed = [row for row in stands.editions if row.edition is not None and _is_closed(row)]
    hidden = [] if show_all else closed[:-CLOSED_SHOWN]
    shown = [row for row in stands.editions if row not in hidden]
    steps = {row.key: _next_step(stands.newsletter, row) for row in shown}
    rows = [
        [
            row.key,
            _state_of(row),
            f"{row.goes_out_at:%Y-%m-%d %H:%M}" if row.goes_out_at else "",
            row.included,
            row.arrivals or "",
            row.sent,
            steps[row.key] if most >= WIDE else "",
        ]
        for row in shown
    ]
    next_steps = Column("next step" if most >= WIDE else "", Way.WRAPPED)
    headings: Headings = ["period", "state", "goes out", "stories", "waiting", "sent", next_steps]
    yield from columns(headings, rows, most=most, right=(3, 4, 5))
    if hidden:
        yield f"  and {len(hidden)} earlier: digest status --all"
    if most < WIDE and any(steps.values()):
        yield ""
        for key, step in steps.items():
            if step:
                yield from labelled(key, step, width=max(map(len, steps)), most=most)
    because = {row.key: _reason_of(row) for row in shown if _reason_of(row)}
    if because:
        yield ""
        for key, reason in because.items():
            yield from labelled(key, reason, width=max(map(len, because)), most=most)


def _is_closed(row: EditionStatus) -> bool:
    return row.edition is not None and (row.edition.state in ("finished", "passed-over", "expired", "skipped"))


def _last_run(instance: Instance, most: int) -> Iterator[str]:
    record = Runs(instance.database).last()
    zone, now = instance.settings.publisher.timezone, instance.clock.now()
    yield from labelled("Last run", _run_said(record, zone, now), width=LABEL, most=most, indent=0)
    trouble = record.trouble if record else ()
    for one in trouble[:TROUBLE_SHOWN]:
        yield from labelled("", harmless(f"{one.about}: {one.said}"), width=LABEL, most=most, indent=0)
    if len(trouble) > TROUBLE_SHOWN:
        yield f"{' ' * LABEL}  and {len(trouble) - TROUBLE_SHOWN} more lines: digest status --json"


def _told(stands: NewsletterStatus) -> Iterator[tuple[str, str]]:
    """Label and sentence, the most urgent first."""
    for late in stands.late:
        yield "Late", _late(stands, late)
    for row in stands.editions:
        if row.paused:
            yield "Paused", f"{row.key} is {harmless(row.paused)}; to let it go on: digest resume {row.key}"
        elif row.interrupted and _is_left_over(row):
            yield "Stopped", f"the sending of {row.key} was interrupted: digest send {row.key}"
    for missed in stands.missed:
        stories = counted(missed.stories, "story waits", "stories wait")
        yield (
            "Missed",
            f"{missed.period.key}: {missed.because}; the next run passes it over ({stories} for a later one)",
        )
    yield "Next", _next(stands)
    yield from _waits(stands)
    for row in stands.editions:
        yield from _about(row)
    for alarm in stands.alarms:
        yield "Readers", harmless(alarm)


def _is_left_over(row: EditionStatus) -> bool:
    """Unless all that is open is in doubt: that is another line."""
    return row.tally is None or row.tally.open == 0 or row.tally.open > row.tally[DeliveryState.HELD]


def _waits(stands: NewsletterStatus) -> Iterator[tuple[str, str]]:
    """What is late already is not said again, but for the parts."""
    late = {one.edition.name for one in stands.late if one.edition}
    for waiting in stands.waiting:
        if waiting.parts or waiting.edition.name not in late:
            yield "Waiting", _waiting(stands, waiting)
        for part in waiting.parts:
            yield "", _part(part, stands)


def _about(row: EditionStatus) -> Iterator[tuple[str, str]]:
    edition = row.edition
    if edition and row.arrivals and edition.state is EditionState.DRAFT and edition.covers_to_end:
        stories = counted(row.arrivals, "story", "stories")
        yield "New", f"{stories} came after the draft of {row.key} was closed: digest build --period {row.key}"
    if row.tally and (held := row.tally[DeliveryState.HELD]):
        mails = counted(held, "mail is", "mails are")
        yield "Doubt", f"{row.key}: {mails} in doubt, a person decides; digest deliveries {row.key} --held"
    if row.tally and (failed := row.tally[DeliveryState.FAILED]):
        mails = counted(failed, "mail", "mails")
        yield "Failed", f"{row.key}: {mails} could not be delivered; digest deliveries {row.key} --failed"


def _state_of(row: EditionStatus) -> str:
    if row.edition is None:
        return "not built"
    state = f"{row.edition.state}, paused" if row.paused else str(row.edition.state)
    return state if row.edition.covers_to_end else f"{state}, window open"


def _next_step(newsletter: Newsletter, row: EditionStatus) -> str:
    """The command that a person types next; empty when there is none."""
    if row.edition is None:
        return f"digest build --period {row.key}"
    if row.paused:
        return f"digest resume {row.key}"
    match row.edition.state:
        case EditionState.DRAFT if newsletter.approval is Approval.REQUIRED:
            return f"digest approve {row.key} --by NAME"
        case EditionState.DRAFT | EditionState.SEALED | EditionState.SENDING:
            return f"digest send {row.key}"
        case _:
            return ""


def _reason_of(row: EditionStatus) -> str:
    """Why it is not an ordinary edition; empty for one that is."""
    edition = row.edition
    if edition is None:
        return ""
    because = harmless(edition.because or "")
    match edition.state:
        case EditionState.MISSED | EditionState.EXPIRED:
            at = f" on {day(edition.finished_at)}" if edition.finished_at else ""
            verb = "passed over" if edition.state is EditionState.MISSED else "expired"
            return f"{verb}{at}: {because or 'its time passed'}"
        case EditionState.SKIPPED:
            return "there was nothing to say"
        case _:
            return f"reissued or reopened: {because}" if because else ""


def _run_said(record: RunRecord | None, zone: tzinfo, now: datetime) -> str:
    if record is None:
        return "there was none yet: digest run"
    if record.exit_code is None:
        return f"began {moment(record.began_at, zone)} and has not ended: it is under way, or was killed"
    meaning = EXIT_CODES.get(record.exit_code, "look at docs/reference/exit-codes.md")
    said = f"{moment(record.last_at, zone)}, {_ago(now - record.last_at)}: exit code {record.exit_code}, {meaning}"
    if record.rehearsed:
        said += " (with a clock that a person had set)"
    if record.times > 1:
        said += f"; the same {record.times:,} times since {moment(record.began_at, zone)}"
    return said


def _ago(length: timedelta) -> str:
    return f"{duration(length)} ago" if length >= timedelta(0) else f"in {duration(-length)}"


def _ahead(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`in 3 days` by the calendar, `in 5 hours` when it is near."""
    if at - now < HALF_A_DAY:
        return f"in {duration(at - now)}"
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def _next(stands: NewsletterStatus) -> str:
    coming, zone = stands.next, stands.newsletter.schedule.zone
    if coming is None:
        if stands.newsletter.schedule.days is None:
            return "nothing goes out by itself; say when with 'send' in digest.yaml"
        return "nothing more goes out by the calendar"
    when = f"{coming.at:%A} {moment(coming.at, zone)} ({zone.key if hasattr(zone, 'key') else zone})"
    return (
        f"{period_title(coming.period)} goes out on {when}, {_ahead(coming.at.astimezone(UTC), stands.now, zone)}: "
        f"{window(coming.period)}, {counted(coming.stories, 'story', 'stories')} so far; {_how_far(coming, stands)}"
    )


def _how_far(coming: NextSending, stands: NewsletterStatus) -> str:
    edition, today = coming.edition, stands.now.astimezone(stands.newsletter.schedule.zone).date()
    if coming.period.end > today and (edition is None or edition.state.is_open):
        return f"its window is open until {day(coming.period.last_day)}"
    if edition is None:
        return "not built yet"
    if edition.state is EditionState.SEALED:
        return f"approved by {harmless(edition.approved_by)}" if edition.approved_by else "sealed"
    if edition.state is EditionState.SKIPPED:
        return "nothing to say yet"
    return "approval is asked for" if stands.newsletter.approval is Approval.REQUIRED else "ready"


def _late(stands: NewsletterStatus, late: LateSending) -> str:
    zone = stands.newsletter.schedule.zone
    title = period_title(late.period)
    return (
        f"{title} should have gone out on {moment(late.at, zone)}, {duration(late.late_by)} ago: "
        f"{_why_late(late.edition, late.period.key, stands)}"
    )


def _why_late(edition: Edition | None, key: str, stands: NewsletterStatus) -> str:
    if edition is None:
        return "it is not built; `digest run` does what is due"
    if any(row.paused for row in stands.editions if row.edition == edition):
        return "it is paused"
    if edition.state is EditionState.SENDING:
        return "its sending has begun and is not finished"
    if edition.state is EditionState.SEALED:
        return f"it is ready; digest send {key}, or `digest run`"
    if stands.newsletter.approval is Approval.REQUIRED:
        return f"nobody has approved it; digest preview {key}, then digest approve {key} --by NAME"
    return "`digest run` does what is due"


def _waiting(stands: NewsletterStatus, waiting: WaitingEdition) -> str:
    edition = waiting.edition
    since = f" since {moment(waiting.since, stands.newsletter.schedule.zone)}" if waiting.since else ""
    if waiting.parts:
        parts = counted(len(waiting.parts), "part", "parts")
        return f"{edition.key} waits for an answer about {parts}{since}: digest review {edition.key}"
    if stands.newsletter.reviews:
        return f"{edition.key}: all parts have an answer"
    return (
        f"{edition.key} waits for a person's approval{since}: digest preview {edition.key}, then "
        f"digest approve {edition.key} --by NAME"
    )


def _part(part: WaitingPart, stands: NewsletterStatus) -> str:
    names = ", ".join(map(harmless, part.reviewers)) or "nobody in particular"
    asked = f", asked {moment(part.asked_at, stands.newsletter.schedule.zone)}" if part.asked_at else ", not asked yet"
    changed = "it changed after the answer; " if part.standing is PartStatus.CHANGED else ""
    return f"{part.title}: {names}{asked if part.reviewers else ''}; {changed}{THEN.get(part.then, part.then)}"


def _newsletter_data(instance: Instance, stands: NewsletterStatus) -> dict[str, object]:
    newsletter, coming = stands.newsletter, stands.next
    return {
        "newsletter": newsletter.name,
        "title": newsletter.title(newsletter.languages[0]),
        "rhythm": rhythm(newsletter),
        "timezone": newsletter.schedule.zone.key,
        "readers": stands.readers,
        "next": None
        if coming is None
        else {
            "period": coming.period.key,
            "sending_at": coming.at.isoformat(),
            "seconds": int((coming.at - stands.now).total_seconds()),
            "covers": _covers(coming.period),
            "state": str(coming.edition.state) if coming.edition else None,
            "stories": coming.stories,
        },
        "late": [
            {
                "period": late.period.key,
                "sending_at": late.at.isoformat(),
                "late_by_seconds": int(late.late_by.total_seconds()),
                "state": str(late.edition.state) if late.edition else None,
            }
            for late in stands.late
        ],
        "missed": [{"period": one.period.key, "because": one.because, "stories": one.stories} for one in stands.missed],
        "waiting": [_waiting_data(one) for one in stands.waiting],
        "alarms": list(stands.alarms),
        "editions": [_edition_data(stands, row) for row in stands.editions],
        "last_run": _last_run_data(instance),
    }


def _edition_data(stands: NewsletterStatus, row: EditionStatus) -> dict[str, object]:
    edition = row.edition
    return {
        "period": row.key,
        "state": _state_of(row),
        "goes_out": f"{row.goes_out_at:%Y-%m-%d %H:%M}" if row.goes_out_at else "",
        "stories": row.included,
        "waiting": row.arrivals,
        "sent": row.sent,
        "next": _next_step(stands.newsletter, row),
        "sending_at": row.goes_out_at.isoformat() if row.goes_out_at else None,
        "covers": _covers(row.period),
        "verdicts": {ruling.value: row.rulings.get(ruling, 0) for ruling in Ruling},
        "deliveries": {state.value: count for state, count in row.tally.states.items()} if row.tally else {},
        "interrupted": row.interrupted,
        "paused": row.paused or None,
        "because": edition.because if edition else None,
        "approved_by": edition.approved_by if edition else None,
        "built_at": _at(edition.built_at if edition else None),
        "sealed_at": _at(edition.sealed_at if edition else None),
        "began_at": _at(edition.sending_at if edition else None),
        "finished_at": _at(edition.finished_at if edition else None),
    }


def _waiting_data(waiting: WaitingEdition) -> dict[str, object]:
    return {
        "period": waiting.edition.key,
        "since": _at(waiting.since),
        "parts": [
            {
                "part": part.part,
                "title": part.title,
                "standing": part.standing.value,
                "reviewers": list(part.reviewers),
                "asked_at": _at(part.asked_at),
                "then": part.then,
            }
            for part in waiting.parts
        ],
    }


def _last_run_data(instance: Instance) -> dict[str, object] | None:
    record = Runs(instance.database).last()
    if record is None:
        return None
    return {
        "began_at": _at(record.began_at),
        "last_at": _at(record.last_at),
        "times": record.times,
        "exit_code": record.exit_code,
        "rehearsed": record.rehearsed,
        "done": list(record.done),
        "trouble": [{"about": one.about, "said": one.said, "code": one.code} for one in record.trouble],
    }


def _covers(period: Period) -> dict[str, str]:
    return {"first_day": period.start.isoformat(), "last_day": period.last_day.isoformat()}


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
