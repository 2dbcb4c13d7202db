"""Correspondence: the mails that reading the mailbox gives rise to.

A person who has left is told so; what staff should read is passed on to them. Both leave from nobody.
"""

import hashlib
from base64 import encodebytes
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.foundation.addresses import NamedAddress
from digest.foundation.names import stem
from digest.inbound.inbound import FORWARDED, Chosen, Confirmation, IncomingMail, MailKind
from digest.mail.message import (
    Envelope,
    HeaderField,
    address_field,
    head_of,
    is_address,
    mailbox_field,
    quoted_body,
    text_field,
)
from digest.mail.notice import Block, Bullets, Paragraph, as_text
from digest.mail.wording import Words, language_name
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter, Publisher

LINE_MOST = 998  # RFC 5322 §2.1.1


def confirmation_of(
    words: Words,
    publisher: Publisher,
    newsletter: Newsletter,
    confirmation: Confirmation,
    remaining: Sequence[str],
    code: str,
) -> Envelope:
    """The mail that tells a person that they have left; nothing in it was typed by whoever asked. The same departure
    gives the same bytes. `code` takes it back.

    `newsletter` is the one that was left; when all were, the one in whose name the mail is written. `remaining` are the
    titles of those that go on.
    """
    sender = newsletter.sender.get(words.language) or next(iter(newsletter.sender.values()))
    answers_to = newsletter.reply_to or sender.address
    identity = hashlib.sha256(f"{confirmation.public_id}\0{confirmation.at.isoformat()}".encode()).hexdigest()[:32]
    subject, blocks = _told(words, publisher, newsletter, confirmation, remaining, answers_to, code)
    return _answer(words, newsletter, confirmation.address, subject, blocks, confirmation.at, ("left", identity))


def chosen_of(words: Words, publisher: Publisher, newsletter: Newsletter, chosen: Chosen, at: datetime) -> Envelope:
    """The mail that tells a person what they get from now on, and what they got before."""
    say = words.translations.gettext
    identity = hashlib.sha256(f"{chosen.address}\0{at.isoformat()}".encode()).hexdigest()[:32]
    what = newsletter.title(words.language)
    blocks: list[Block] = [
        Paragraph(say("From now on you get: %(choice)s.") % {"choice": _in_words(words, newsletter, chosen.after)}),
        Paragraph(say("Until now you got: %(choice)s.") % {"choice": _in_words(words, newsletter, chosen.before)}),
        Paragraph(say("If it was not you who asked, answer with the names of what you want, and nothing else.")),
        Paragraph(f"{publisher.name(words.language)} · {publisher.address}"),
    ]
    subject = say("You changed what you get of “%(newsletter)s”") % {"newsletter": what}
    return _answer(words, newsletter, chosen.address, subject, blocks, at, ("chosen", identity))


def _in_words(words: Words, newsletter: Newsletter, choice: Choice) -> str:
    titles = {audience.name: audience.title(words.language) for audience in newsletter.audiences}
    named = ", ".join(titles.get(name, name) for name in sorted(choice.audiences))
    return f"{named} – {language_name(choice.language, words.language)}"


def _answer(
    words: Words,
    newsletter: Newsletter,
    to: str,
    subject: str,
    blocks: Sequence[Block],
    at: datetime,
    named: tuple[str, str],
) -> Envelope:
    """To somebody who wrote to us. `named` is what it is about, and what makes it this one."""
    sender = newsletter.sender.get(words.language) or next(iter(newsletter.sender.values()))
    about, identity = named
    fields = [
        mailbox_field("From", sender),
        mailbox_field("To", NamedAddress(name="", address=to)),
        text_field("Subject", subject),
        HeaderField("Date", format_datetime(at.astimezone(UTC))),
        HeaderField("Message-ID", f"<{about}.{identity}@{sender.address.rpartition('@')[2]}>"),
        *([address_field("Reply-To", newsletter.reply_to)] if newsletter.reply_to else []),
        HeaderField("Auto-Submitted", "auto-replied"),  # RFC 3834 §5
        HeaderField("X-Auto-Response-Suppress", "All"),
        HeaderField("Content-Language", words.language),
        HeaderField("MIME-Version", "1.0"),
        HeaderField("Content-Type", 'text/plain; charset="utf-8"'),
        HeaderField("Content-Transfer-Encoding", "quoted-printable"),
    ]
    return Envelope(
        edition=f"mailbox/{about}",
        recipient=to,
        stem=f"{stem(to)}-{identity[:8]}",
        pieces=(head_of(fields) + b"\r\n\r\n" + quoted_body(as_text(blocks)),),
    )


def _told(
    words: Words,
    publisher: Publisher,
    newsletter: Newsletter,
    confirmation: Confirmation,
    remaining: Sequence[str],
    answers_to: str,
    code: str,
) -> tuple[str, list[Block]]:
    """Subject and text of the mail."""
    say = words.translations.gettext
    what = newsletter.title(words.language) if confirmation.newsletter else publisher.name(words.language)
    if confirmation.newsletter:
        subject = say("You have left “%(newsletter)s”") % {"newsletter": what}
        done = say("You asked to get no more mails of “%(newsletter)s”. That is done.") % {"newsletter": what}
    else:
        subject = say("You get no more mails from %(publisher)s") % {"publisher": what}
        done = say("You asked to get no more newsletters from %(publisher)s. That is done.") % {"publisher": what}
    blocks: list[Block] = [Paragraph(done), Paragraph(say("A mail that was on its way already may still arrive."))]
    if remaining:
        blocks += (
            Paragraph(say("You still get these. To leave them too, answer with the words UNSUBSCRIBE ALL:")),
            Bullets(tuple(remaining)),
        )
    blocks += (
        Paragraph(say("If it was not you who asked, write a mail with this subject, and you get them again:")),
        Paragraph(code),
        Paragraph(say("If this was a mistake, write to %(address)s.") % {"address": answers_to}),
        Paragraph(f"{publisher.name(words.language)} · {publisher.address}"),
    )
    return subject, blocks


def passed_on(words: Words, newsletter: Newsletter, to: str, mail: IncomingMail, raw: bytes, now: datetime) -> Envelope:
    """The message itself, attached as it came. The same message has the same Message-ID, whenever it is passed on."""
    say = words.translations.gettext
    sender = newsletter.sender.get(words.language) or next(iter(newsletter.sender.values()))
    passed = say("Passed on")
    boundary = f"=_f{mail.fingerprint[:32]}"
    if mail.kind is MailKind.LEAVING:
        text = say(
            "Somebody asks to get no more mails, and it is not known who that is. Please look, and take them off."
        )
    else:
        text = say("This came to the mailbox of the newsletter. It is for a person to read.")
    fields = [
        mailbox_field("From", sender),
        mailbox_field("To", NamedAddress(name="", address=to)),
        text_field("Subject", f"{passed}: {mail.subject or '–'}"),
        HeaderField("Date", format_datetime(now.astimezone(UTC))),
        HeaderField("Message-ID", f"<passed-on.{mail.fingerprint[:32]}@{sender.address.rpartition('@')[2]}>"),
        *([address_field("Reply-To", mail.sender)] if mail.sender and is_address(mail.sender) else []),
        HeaderField("Auto-Submitted", "auto-generated"),
        HeaderField(FORWARDED, mail.fingerprint[:32]),
        HeaderField("Content-Language", words.language),
        HeaderField("MIME-Version", "1.0"),
        HeaderField("Content-Type", f'multipart/mixed;\r\n boundary="{boundary}"'),
    ]
    message = b"".join(
        (
            head_of(fields),
            f'\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii"),
            quoted_body(text + "\n"),
            f"\r\n--{boundary}\r\n".encode("ascii"),
            _attached(raw),
            f"\r\n--{boundary}--\r\n".encode("ascii"),
        )
    )
    return Envelope(edition="mailbox/passed-on", recipient=to, stem=mail.fingerprint[:32], pieces=(message,))


def _attached(raw: bytes) -> bytes:
    """As a message (RFC 2046 §5.2.1) if it is plain enough to travel so. Others go as a file that mail programs open:
    their own encodings may not be wrapped in another.
    """
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    name = b'Content-Disposition: attachment; filename="message.eml"\r\n'
    if raw.isascii() and b"\0" not in raw and max(map(len, lines)) <= LINE_MOST:
        return b"Content-Type: message/rfc822\r\n" + name + b"\r\n" + b"\r\n".join(lines)
    encoded = encodebytes(raw).replace(b"\n", b"\r\n")
    return (
        b'Content-Type: application/octet-stream; name="message.eml"\r\n'
        b"Content-Transfer-Encoding: base64\r\n" + name + b"\r\n" + encoded
    )
