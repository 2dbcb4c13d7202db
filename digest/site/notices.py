"""Notices: the mails that pages give rise to. Each goes to an address that we have, and holds nothing that a visitor
typed. They leave by the transport of the others, one after another, while the visitor reads the answer.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TextIO, TypeVar

from sqlalchemy import Connection

from digest.delivery.place import SendingPlace
from digest.errors import BusyError, DigestError, PersonNeededError, UnsafeError
from digest.foundation.addresses import NamedAddress
from digest.foundation.catalogue import _
from digest.foundation.failpoints import reach
from digest.foundation.names import stem
from digest.mail.message import (
    Envelope,
    HeaderField,
    address_field,
    alternatives,
    head_of,
    mailbox_field,
    text_field,
)
from digest.mail.notice import Block, Heading, Link, Paragraph, as_html, as_text
from digest.mail.wording import Words
from digest.newsletters.newsletter import Newsletter, Publisher
from digest.site.group_commit import GroupCommit
from digest.site.notice_store import NoticeState, OwedNotice, give_up_begun, move, owed

_AGAIN_AFTER = 60.0  # seconds, when the mail server takes nothing now
_WRITTEN_AGAIN_AFTER = 1.0
_TRIES_AT_THE_END = 5
_OTHERS_AFTER = 5.0  # what pages on other hosts owe
_GIVEN_UP_AFTER = timedelta(days=1)  # later it would only astonish
_AT_ONCE = 50  # read
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """In whose name, in which language, and to whom; `link` is what the mail is about."""

    words: Words
    publisher: Publisher
    newsletter: Newsletter
    to: str
    link: str
    at: datetime


def please_confirm(sending: Sending) -> Envelope:
    """The one mail that an address gets which somebody typed into a form."""
    say, title = sending.words.translations.gettext, sending.newsletter.title(sending.words.language)
    blocks: list[Block] = [
        Heading(1, say("Confirm your subscription")),
        Paragraph(
            say("Somebody – we hope it was you – asked for “%(newsletter)s” at this address.") % {"newsletter": title}
        ),
        Link(say("Yes, send it to me"), sending.link),
        Paragraph(say("The link is good for seven days, and once.")),
        Paragraph(say("If it was not you, do nothing: you get no more mail from us.")),
    ]
    return _notice(sending, say("Please confirm: %(newsletter)s") % {"newsletter": title}, blocks)


def your_link(sending: Sending) -> Envelope:
    """To somebody who gets the newsletter, and wants to change what they get."""
    say, title = sending.words.translations.gettext, sending.newsletter.title(sending.words.language)
    subject = say("What you get of “%(newsletter)s”") % {"newsletter": title}
    blocks: list[Block] = [
        Heading(1, subject),
        Paragraph(
            say("You get “%(newsletter)s” already. Here you can choose audiences and language, pause it, or leave.")
            % {"newsletter": title}
        ),
        Link(say("Change what I get"), sending.link),
        Paragraph(say("Keep this link to yourself: whoever has it can change what you get.")),
    ]
    return _notice(sending, subject, blocks)


def _notice(sending: Sending, subject: str, blocks: list[Block]) -> Envelope:
    """The same at the same instant has the same bytes."""
    words, publisher, newsletter = sending.words, sending.publisher, sending.newsletter
    sender = newsletter.sender.get(words.language) or next(iter(newsletter.sender.values()))
    name = hashlib.sha256(f"{sending.link}\0{sending.at.isoformat()}".encode()).hexdigest()[:32]
    boundary = f"=_n{name}"
    whole = [*blocks, Paragraph(f"{publisher.name(words.language)} · {publisher.address}")]
    fields = [
        mailbox_field("From", sender),
        mailbox_field("To", NamedAddress(name="", address=sending.to)),
        text_field("Subject", subject),
        HeaderField("Date", format_datetime(sending.at)),
        HeaderField("Message-ID", f"<notice.{name}@{sender.address.rpartition('@')[2]}>"),
        *([address_field("Reply-To", newsletter.reply_to)] if newsletter.reply_to else []),
        HeaderField("Auto-Submitted", "auto-generated"),  # RFC 3834 §5
        HeaderField("X-Auto-Response-Suppress", "All"),
        HeaderField("Content-Language", words.language),
        HeaderField("MIME-Version", "1.0"),
        HeaderField("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    body = alternatives(as_text(whole), as_html(whole, subject, words.language), boundary)
    return Envelope(
        edition="pages/notices",
        recipient=sending.to,
        stem=f"{stem(sending.to)}-{name[:8]}",
        pieces=(head_of(fields) + b"\r\n\r\n" + body,),
    )


class NoticePost:
    """Carries off what is owed, one by one. It is begun durably before it leaves, so that nobody is written to twice;
    what the mail server does not take now is tried again, by the next program too. Nothing that it says holds an
    address. `written` makes the mail; `None`: nobody is to get it any more.
    """

    def __init__(
        self, place: SendingPlace, commits: GroupCommit, written: Callable[[OwedNotice], Envelope | None], log: TextIO
    ) -> None:
        self._place, self._commits, self._written, self._log = place, commits, written, log
        self._news, self._is_ending = asyncio.Event(), False
        self._task: asyncio.Task[None] | None = None
        self.posted = self.failed = 0

    def start(self) -> None:
        """Once those who commit have started."""
        self._task = asyncio.get_running_loop().create_task(self._carry())

    def wake(self) -> None:
        """Something is owed since a moment ago."""
        self._news.set()

    async def stop(self) -> None:
        """What is owed is still tried, once each; the rest waits for the next program."""
        if self._task is not None:
            self._is_ending = True
            self._news.set()
            await self._task

    async def _carry(self) -> None:
        try:
            lost = await self._moved(give_up_begun)
        except BusyError:
            return  # it ends, and the database has never been there: the next program does it
        for _lost in range(lost):
            self._fail(_("the program ended while it left; it may have"))
        while True:
            self._news.clear()
            is_last = self._is_ending  # what is owed by then is found
            is_done = await self._all()
            if is_last:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._pause(is_done=is_done))

    def _pause(self, *, is_done: bool) -> float | None:
        if is_done and self._place.database.is_shared:
            return _OTHERS_AFTER
        return None if is_done else _AGAIN_AFTER

    async def _all(self) -> bool:
        """Whether none is left that waits."""
        try:
            while some := await asyncio.to_thread(self._owed):
                if self._place.database.is_shared and await asyncio.to_thread(self._place.fence) is not None:
                    return True  # those of a host that may send carry them
                for one in some:
                    if not await self._tried(one):
                        return False
        except DigestError as error:  # whatever it is may be over in a minute
            self._waits(error)
            return False
        return True

    def _owed(self) -> Sequence[OwedNotice]:
        with self._place.database.read() as connection:
            return owed(connection, _AT_ONCE)

    async def _tried(self, one: OwedNotice) -> bool:
        """`False`: not now."""
        if not await self._moved(lambda connection: move(connection, one.number, NoticeState.DUE, NoticeState.BEGUN)):
            return True
        reach("notice.begun")
        after, why = NoticeState.FAILED, ""
        try:
            after, why = await asyncio.to_thread(self._posted, one)
        except (PersonNeededError, UnsafeError) as error:  # a copy asks nobody; no other try would be written otherwise
            why = f"{error.thing}: {error.cause}"
        except DigestError as error:
            self._waits(error)
            after = NoticeState.DUE
        except Exception as error:  # noqa: BLE001 – the next notice is carried all the same
            why = _("a fault, please report it: {kind}").format(kind=type(error).__name__)
        reach("notice.left")
        await self._moved(lambda connection: self._settled(connection, one, after))
        if after is NoticeState.FAILED:
            self._fail(why)
        self.posted += after is NoticeState.SENT
        return after is not NoticeState.DUE

    def _settled(self, connection: Connection, one: OwedNotice, after: NoticeState) -> bool:
        """A program that started meanwhile, on another host, took this one for dead and gave the notice up."""
        return any(move(connection, one.number, old, after) for old in (NoticeState.BEGUN, NoticeState.FAILED))

    def _posted(self, one: OwedNotice) -> tuple[NoticeState, str]:
        self._place.refuse_fenced()
        if self._place.clock.now() - one.at > _GIVEN_UP_AFTER:
            return NoticeState.FAILED, _("the mail server took it not in time")
        envelope = self._written(one)
        if envelope is None:
            return NoticeState.FAILED, _("nobody is to get it any more")
        if self._place.notify(envelope):
            return NoticeState.SENT, ""
        return NoticeState.FAILED, _("it was refused for good")

    async def _moved(self, do: Callable[[Connection], T]) -> T:
        """Nobody else writes for long, and a database comes back. At the end raise `BusyError` soon."""
        tries = 0
        while True:
            try:
                return await self._commits.do(do)
            except BusyError as error:
                self._waits(error)
                tries = tries + 1 if self._is_ending else 0
                if tries == _TRIES_AT_THE_END:
                    raise
                await asyncio.sleep(_WRITTEN_AGAIN_AFTER)

    def _waits(self, error: DigestError) -> None:
        self._log.write(_("a notice waits: {reason}").format(reason=f"{error.thing}: {error.cause}") + "\n")

    def _fail(self, why: str) -> None:
        self.failed += 1
        self._log.write(_("a notice was not sent: {reason}").format(reason=why) + "\n")
