"""Reminders: a mail to staff that an edition waits for them, once for each time that they chose."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from shlex import quote

from sqlalchemy import insert, select

from digest.commands import lasting
from digest.editions.review_mail import staff_fields, staff_message
from digest.editions.store import Editions
from digest.errors import DigestError
from digest.foundation.addresses import NamedAddress
from digest.foundation.catalogue import _, plural, spoken
from digest.foundation.database import Database, stored
from digest.foundation.names import stem
from digest.foundation.schema import reminders
from digest.foundation.words import moment, weekday
from digest.mail.message import Envelope
from digest.mail.notice import Block, Command, Heading, Paragraph, as_html, as_text
from digest.mail.wording import first_upper, for_staff
from digest.newsletters.edition import Edition, EditionState, Ruling
from digest.newsletters.newsletter import Approval, Newsletter
from digest.newsletters.timetable import timetable

SENDINGS_TO_LOOK_AT = 24


class Reminders:
    """Which were sent, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, edition: Edition) -> frozenset[datetime]:
        """The times for which it was."""
        query = select(reminders.c.due_at).where(reminders.c.edition == edition.number)
        with self._database.read() as connection:
            return frozenset(datetime.fromisoformat(at) for at in connection.execute(query).scalars())

    def note(self, edition: Edition, due_at: datetime, now: datetime) -> None:
        values = {"edition": edition.number, "due_at": stored(due_at), "sent_at": stored(now)}
        with self._database.write() as connection:
            connection.execute(insert(reminders).values(values))


def waits(newsletter: Newsletter, edition: Edition) -> bool:
    """Whether the edition of a window that has closed is to go out, and a person has to approve it."""
    is_asked = newsletter.approval is Approval.REQUIRED and edition.state is EditionState.DRAFT
    return is_asked and edition.covers_to_end and not edition.is_sent_by_hand


def due_reminder(newsletter: Newsletter, edition: Edition, sent: frozenset[datetime], now: datetime) -> datetime | None:
    """The time for which a reminder is to go now. Of several that passed while nobody looked, the last one says all;
    once the sending time itself has passed, `run` says so.
    """
    calendar = timetable(newsletter.schedule)
    at = calendar.sending_at(edition.period)
    if at is None or at <= now or not newsletter.reminded or not waits(newsletter, edition):
        return None
    last = max((each.astimezone(UTC) for each in calendar.reminders_at(edition.period) if each <= now), default=None)
    return None if last is None or any(each >= last for each in sent) else last


def remind(
    database: Database, post: Callable[[Envelope], object], newsletter: Newsletter, edition: Edition, now: datetime
) -> tuple[list[str], list[DigestError]]:
    """Send the reminder that is due, if one is: the names of those who were reminded, without an address, and what went
    wrong. Sent first, noted then: what a crash in between makes leave twice is the same message under the same name.
    """
    store = Reminders(database)
    due_at = due_reminder(newsletter, edition, store.sent(edition), now)
    if due_at is None:
        return [], []
    told, trouble = [], []
    verdicts = Editions(database).verdicts(edition)
    stories = sum(one.ruling is Ruling.INCLUDED for one in verdicts)
    for person in newsletter.reminded:
        try:
            post(reminder(newsletter, edition, person, stories, due_at))
            told.append(person.name or _("somebody of the office"))
        except DigestError as error:
            trouble.append(error)
    if told:
        store.note(edition, due_at, now)
    return told, trouble


def reminder(
    newsletter: Newsletter, edition: Edition, person: NamedAddress, stories: int, due_at: datetime
) -> Envelope:
    """Its Message-ID follows from edition, person and time."""
    known = ["reminder", edition.name, person.address.lower(), due_at.isoformat()]
    identity = hashlib.sha256("\0".join(known).encode()).hexdigest()
    language, subject = spoken().partition("-")[0], _subject(newsletter, edition)
    blocks = [*_blocks(newsletter, edition, person, stories)]
    fields = staff_fields(newsletter, language, person, subject, identity[:32], due_at, "reminder")
    message = staff_message(fields, identity[:32], as_text(blocks), as_html(blocks, subject, language), ())
    return Envelope(
        edition=f"{edition.name}/reminder",
        recipient=person.address,
        stem=f"{stem(person.address)}-{identity[:8]}",
        pieces=(message,),
    )


def _subject(newsletter: Newsletter, edition: Edition) -> str:
    """`July 2018 waits for you, goes out Friday 09:00`."""
    at = timetable(newsletter.schedule).sending_at(edition.period)
    said = _("{period} waits for you, goes out {weekday} {time}")
    period = first_upper(for_staff().period(edition.period))
    return said.format(period=period, weekday=weekday(at) if at else "", time=f"{at:%H:%M}" if at else "")


def _blocks(newsletter: Newsletter, edition: Edition, person: NamedAddress, stories: int) -> Iterator[Block]:
    at = timetable(newsletter.schedule).sending_at(edition.period)
    title = newsletter.title_for_staff
    yield Heading(1, f"{title}: {first_upper(for_staff().period(edition.period))}")
    said = plural(
        "Nobody has approved it yet. It has {count:,} story, and goes out on {when}.",
        "Nobody has approved it yet. It has {count:,} stories, and goes out on {when}.",
        stories,
        when=f"{weekday(at)} {moment(at, at.tzinfo or UTC)}" if at else "–",
    )
    yield Paragraph(said)
    yield Paragraph(_("Look at it:"))
    yield Command(lasting(f"digest preview {quote(edition.name)}"))
    yield Paragraph(_("If it is right:"))
    name = person.name or person.address.partition("@")[0]
    yield Command(lasting(f"digest approve {quote(edition.name)} --by {quote(name)}"))
    yield Paragraph(_("Until somebody approves it, nothing leaves."))


def coming(newsletter: Newsletter, editions: Sequence[Edition], now: datetime) -> datetime | None:
    """When the next reminder goes, unless somebody approves what it is about before."""
    if not newsletter.reminded or newsletter.approval is not Approval.REQUIRED:
        return None
    calendar = timetable(newsletter.schedule)
    done = {one.period for one in editions if not one.is_sent_by_hand and not one.is_open}
    today = now.astimezone(newsletter.schedule.zone).date()
    for place, (_at, period) in enumerate(calendar.sendings(today)):
        times = [each for each in calendar.reminders_at(period) if each > now] if period not in done else []
        if times or place > SENDINGS_TO_LOOK_AT:
            return times[0] if times else None
    return None
