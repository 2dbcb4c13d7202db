"""The words of `digest status`: one labelled sentence for everything that people should know."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from digest.cli.wording import period_title
from digest.foundation.words import counted, harmless
from digest.model.delivery import DeliveryState
from digest.model.edition import Edition, EditionState
from digest.model.newsletter import Approval, Newsletter
from digest.model.review import Standing
from digest.model.run import RunRecord
from digest.web.report_words import duration
from digest.web.wording import day, moment, window

if TYPE_CHECKING:
    from digest.app.standing import EditionStanding, LateSending, NewsletterStanding, NextSending
    from digest.app.waiting import Waiting, WaitingPart

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


def told(stands: "NewsletterStanding") -> Iterator[tuple[str, str]]:
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


def _is_left_over(row: "EditionStanding") -> bool:
    """Unless all that is open is in doubt: that is another line."""
    return row.tally is None or row.tally.open == 0 or row.tally.open > row.tally[DeliveryState.HELD]


def _waits(stands: "NewsletterStanding") -> Iterator[tuple[str, str]]:
    """What is late already is not said again, but for the parts."""
    late = {one.edition.name for one in stands.late if one.edition}
    for waiting in stands.waiting:
        if waiting.parts or waiting.edition.name not in late:
            yield "Waiting", _waiting(stands, waiting)
        for part in waiting.parts:
            yield "", _part(part, stands)


def _about(row: "EditionStanding") -> Iterator[tuple[str, str]]:
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


def state_of(row: "EditionStanding") -> str:
    if row.edition is None:
        return "not built"
    state = f"{row.edition.state}, paused" if row.paused else str(row.edition.state)
    return state if row.edition.covers_to_end else f"{state}, window open"


def next_step(newsletter: Newsletter, row: "EditionStanding") -> str:
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


def reason_of(row: "EditionStanding") -> str:
    """Why it is not an ordinary edition; empty for one that is."""
    edition = row.edition
    if edition is None:
        return ""
    because = harmless(edition.because or "")
    match edition.state:
        case EditionState.PASSED_OVER | EditionState.EXPIRED:
            at = f" on {day(edition.finished_at)}" if edition.finished_at else ""
            verb = "passed over" if edition.state is EditionState.PASSED_OVER else "expired"
            return f"{verb}{at}: {because or 'its time passed'}"
        case EditionState.SKIPPED:
            return "there was nothing to say"
        case _:
            return f"reissued or reopened: {because}" if because else ""


def run_said(record: RunRecord | None, zone: tzinfo, now: datetime) -> str:
    if record is None:
        return "there was none yet: digest run"
    if record.exit_code is None:
        return f"began {moment(record.began_at, zone)} and has not ended: it is under way, or was killed"
    meaning = EXIT_CODES.get(record.exit_code, "look at docs/reference/exit-codes.md")
    said = f"{moment(record.last_at, zone)}, {ago(now - record.last_at)}: exit code {record.exit_code}, {meaning}"
    if record.rehearsed:
        said += " (with a clock that a person had set)"
    if record.times > 1:
        said += f"; the same {record.times:,} times since {moment(record.began_at, zone)}"
    return said


def ago(length: timedelta) -> str:
    return f"{duration(length)} ago" if length >= timedelta(0) else f"in {duration(-length)}"


def ahead(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`in 3 days` by the calendar, `in 5 hours` when it is near."""
    if at - now < HALF_A_DAY:
        return f"in {duration(at - now)}"
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def _next(stands: "NewsletterStanding") -> str:
    coming, zone = stands.next, stands.newsletter.schedule.zone
    if coming is None:
        if stands.newsletter.schedule.days is None:
            return "nothing goes out by itself; say when with 'send' in digest.yaml"
        return "nothing more goes out by the calendar"
    when = f"{coming.at:%A} {moment(coming.at, zone)} ({zone.key if hasattr(zone, 'key') else zone})"
    return (
        f"{period_title(coming.period)} goes out on {when}, {ahead(coming.at.astimezone(UTC), stands.now, zone)}: "
        f"{window(coming.period)}, {counted(coming.stories, 'story', 'stories')} so far; {_how_far(coming, stands)}"
    )


def _how_far(coming: "NextSending", stands: "NewsletterStanding") -> str:
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


def _late(stands: "NewsletterStanding", late: "LateSending") -> str:
    zone = stands.newsletter.schedule.zone
    title = period_title(late.period)
    return (
        f"{title} should have gone out on {moment(late.at, zone)}, {duration(late.late_by)} ago: "
        f"{_why_late(late.edition, late.period.key, stands)}"
    )


def _why_late(edition: Edition | None, key: str, stands: "NewsletterStanding") -> str:
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


def _waiting(stands: "NewsletterStanding", waiting: "Waiting") -> str:
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


def _part(part: "WaitingPart", stands: "NewsletterStanding") -> str:
    names = ", ".join(map(harmless, part.reviewers)) or "nobody in particular"
    asked = f", asked {moment(part.asked_at, stands.newsletter.schedule.zone)}" if part.asked_at else ", not asked yet"
    changed = "it changed after the answer; " if part.standing is Standing.CHANGED else ""
    return f"{part.title}: {names}{asked if part.reviewers else ''}; {changed}{THEN.get(part.then, part.then)}"
