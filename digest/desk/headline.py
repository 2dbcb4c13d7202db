"""The headline of a status: one sentence that says what a person has to do first, or until when there is nothing."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice

from digest.delivery.delivery import DeliveryState
from digest.desk.phrases import period_title
from digest.desk.status import SENDINGS_TO_LOOK_AT, EditionStatus, LateSending, NewsletterStatus
from digest.foundation.catalogue import _, plural
from digest.foundation.words import day
from digest.mail.wording import edition_in_full, first_upper, period_in_full
from digest.newsletters.edition import EditionState
from digest.newsletters.newsletter import Approval
from digest.newsletters.timetable import timetable


def headline(stands: Sequence[NewsletterStatus], dates_asked: int = 0) -> str:
    """`dates_asked` items wait because nobody has said that their dates are right."""
    tasks = [task for one in stands for task in _tasks(one)]
    if dates_asked:
        tasks.append(
            plural(
                "{count:,} item waits until you say that its date is right",
                "{count:,} items wait until you say that their dates are right",
                dates_asked,
            )
        )
    if len(tasks) > 1:
        return plural(
            "{first}; {count:,} other thing waits for you.",
            "{first}; {count:,} other things wait for you.",
            len(tasks) - 1,
            first=first_upper(tasks[0]),
        )
    if tasks:
        return f"{first_upper(tasks[0])}."
    until = min((on for one in stands if (on := _needed_on(one)) is not None), default=None)
    if until is not None:
        return _("Nothing for you to do until {day}.").format(day=day(until))
    coming = [(one.next, one) for one in stands if one.next is not None]
    if not coming:
        return _("Nothing for you to do.")
    first, its = min(coming, key=lambda pair: pair[0].at)
    said = _("Nothing for you to do: {period} goes out by itself on {day}.")
    return said.format(period=period_title(first.period), day=_day(its, first.at))


def _tasks(stands: NewsletterStatus) -> Iterator[str]:
    """The most urgent first."""
    if stands.fence is not None:
        yield _("Nothing is sent from here until you say that it may")
        return
    yield from (_late(stands, one) for one in stands.late)
    for row in stands.editions:
        yield from _halted(row)
    if stands.changed:
        yield _("Texts changed since they were approved, and you say what goes out")
    missed = stands.unsent.stories + sum(one.stories for one in stands.missed)
    if missed:
        yield plural(
            "{count:,} story was not sent in its time", "{count:,} stories were not sent in their time", missed
        )
    yield from _to_approve(stands)
    for part in stands.open_parts:
        if part.edition.sending_at is not None:
            said = _("{title} was left out of {edition}, and is sent or given up when you say so")
            yield said.format(title=part.title, edition=edition_in_full(part.edition))


def _late(stands: NewsletterStatus, late: LateSending) -> str:
    edition = late.edition
    said = _("{period} has not gone out, and should have on {day}")
    if edition is not None and edition.state is EditionState.DRAFT and _asks(stands):
        said = _("{period} waits for your approval, and should have gone out on {day}")
    return said.format(period=period_in_full(stands.newsletter.name, late.period), day=_day(stands, late.at))


def _halted(row: EditionStatus) -> Iterator[str]:
    edition = row.edition
    if edition is None:
        return
    full = edition_in_full(edition)
    if row.paused:
        yield _("{edition} is paused until you let it go on").format(edition=full)
    elif row.interrupted and (row.tally is None or row.tally.open > row.tally[DeliveryState.HELD]):
        yield _("the sending of {edition} was interrupted").format(edition=full)
    elif edition.state is EditionState.SEALED and edition.is_sent_by_hand:
        yield _("{edition} is approved, and goes out when you send it").format(edition=full)
    if row.tally and (held := row.tally[DeliveryState.HELD]):
        yield plural("{count:,} mail is in doubt, and you decide", "{count:,} mails are in doubt, and you decide", held)


def _to_approve(stands: NewsletterStatus) -> Iterator[str]:
    late = {one.period for one in stands.late}
    for waiting in stands.waiting:
        row = next(one for one in stands.editions if one.edition == waiting.edition)
        if waiting.edition.period in late:
            continue
        said = _("{edition} waits for your approval")
        if waiting.parts:
            said = _("{edition} waits for its reviewers")
        if row.goes_out_at is not None:
            said = _("{edition} waits for your approval, and goes out on {day}")
            if waiting.parts:
                said = _("{edition} waits for its reviewers, and goes out on {day}")
        goes = _day(stands, row.goes_out_at) if row.goes_out_at else ""
        yield said.format(edition=edition_in_full(waiting.edition), day=goes)
    coming = stands.next
    today = stands.now.astimezone(stands.newsletter.schedule.zone).date()
    if coming and coming.edition is None and coming.stories and coming.period.end <= today and _asks(stands):
        said = _("{edition} can be built and looked at, and goes out on {day}")
        full = period_in_full(stands.newsletter.name, coming.period)
        yield said.format(edition=full, day=_day(stands, coming.at))


def _needed_on(stands: NewsletterStatus) -> date | None:
    """When the next window closes whose edition a person approves; `None` where nobody is asked."""
    if not _asks(stands):
        return None
    approved = {one.period for one in stands.editions if one.edition and one.edition.state is EditionState.SEALED}
    today = stands.now.astimezone(stands.newsletter.schedule.zone).date()
    coming = islice(timetable(stands.newsletter.schedule).sendings(today), SENDINGS_TO_LOOK_AT)
    return next((period.end for _at, period in coming if period not in approved and period.end > today), None)


def _asks(stands: NewsletterStatus) -> bool:
    return stands.newsletter.approval is Approval.REQUIRED


def _day(stands: NewsletterStatus, at: datetime) -> str:
    return day(at.astimezone(stands.newsletter.schedule.zone).date())
