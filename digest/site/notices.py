"""Notices: the mails that pages give rise to. Each goes to an address that we have, and holds nothing that a visitor
typed. They leave by the transport of the others, one after another, while the visitor reads the answer.
"""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import TextIO

from digest.delivery.place import SendingPlace
from digest.delivery.single import post
from digest.errors import BusyError, DigestError
from digest.foundation.addresses import NamedAddress
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

_AGAIN_AFTER = 60.0  # seconds, when the mail server takes nothing now
_TRIES = 60
_WAITING_MOST = 1_000


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
    """Carries notices off one by one. What the mail server does not take now is tried again; nothing that it says holds
    an address.
    """

    def __init__(self, place: SendingPlace, log: TextIO) -> None:
        self._place, self._log = place, log
        self._waiting: asyncio.Queue[Envelope | None] = asyncio.Queue(_WAITING_MOST)
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.posted = self.failed = 0

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._carry())

    async def stop(self) -> None:
        """Those that wait are still tried, once each."""
        if self._task is not None:
            self._ending.set()
            await self._waiting.put(None)
            await self._task

    def put(self, envelope: Envelope) -> None:
        try:
            self._waiting.put_nowait(envelope)
        except asyncio.QueueFull:
            self._fail("too many mails wait")

    async def _carry(self) -> None:
        while (envelope := await self._waiting.get()) is not None:
            await self._tried(envelope)

    async def _tried(self, envelope: Envelope) -> None:
        for _ in range(_TRIES):
            try:
                went = await asyncio.to_thread(self._post, envelope)
            except BusyError as error:
                self._log.write(f"a notice waits: {error.thing}: {error.cause}\n")
                if self._ending.is_set():
                    break
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _AGAIN_AFTER)
                continue
            except DigestError as error:
                self._fail(f"{error.thing}: {error.cause}")
                return
            except Exception as error:  # noqa: BLE001 – the next notice is carried all the same
                self._fail(f"a fault, please report it: {type(error).__name__}")
                return
            self.posted += went
            if not went:
                self._fail("it was refused for good")
            return
        self._fail("the mail server took it not in time")

    def _post(self, envelope: Envelope) -> bool:
        self._place.refuse_fenced()
        return post(self._place.transport(), envelope)

    def _fail(self, why: str) -> None:
        self.failed += 1
        self._log.write(f"a notice was not sent: {why}\n")
