"""The mail with which a message of the mailbox is passed on to a person: the message itself, attached as it came."""

from base64 import encodebytes
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.model.delivery import Envelope
from digest.model.newsletter import Mailbox, Newsletter
from digest.model.returns import IncomingMail, MailKind
from digest.rendering.headers import Field, address_field, head_of, is_address, mailbox_field, text_field
from digest.rendering.quoting import quoted_body
from digest.rendering.wording import Words

MARK = "X-Bulletin-Forwarded"  # so that it is not passed on again, should it come back
LINE_MOST = 998  # RFC 5322 §2.1.1


def passed_on(words: Words, newsletter: Newsletter, to: str, mail: IncomingMail, raw: bytes, now: datetime) -> Envelope:
    """The same message has the same Message-ID, whenever it is passed on."""
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
        mailbox_field("To", Mailbox(name="", address=to)),
        text_field("Subject", f"{passed}: {mail.subject or '–'}"),
        Field("Date", format_datetime(now.astimezone(UTC))),
        Field("Message-ID", f"<passed-on.{mail.fingerprint[:32]}@{sender.address.rpartition('@')[2]}>"),
        *([address_field("Reply-To", mail.sender)] if mail.sender and is_address(mail.sender) else []),
        Field("Auto-Submitted", "auto-generated"),
        Field(MARK, mail.fingerprint[:32]),
        Field("Content-Language", words.language),
        Field("MIME-Version", "1.0"),
        Field("Content-Type", f'multipart/mixed;\r\n boundary="{boundary}"'),
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
