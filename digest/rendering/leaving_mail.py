"""The mail that tells a person that they have left. Nothing in it was typed by whoever asked."""

import hashlib
from collections.abc import Sequence
from datetime import UTC
from email.utils import format_datetime

from digest.foundation.names import stem
from digest.model.delivery import Envelope
from digest.model.newsletter import Mailbox, Newsletter, Publisher
from digest.model.returns import Confirmation
from digest.rendering.blocks import Block, Bullets, Paragraph, as_text
from digest.rendering.headers import Field, address_field, head_of, mailbox_field, text_field
from digest.rendering.quoting import quoted_body
from digest.rendering.wording import Words


def leaving_envelope(
    words: Words, publisher: Publisher, newsletter: Newsletter, confirmation: Confirmation, remaining: Sequence[str]
) -> Envelope:
    """`newsletter` is the one that was left; when all were, the one in whose name the mail is written. `remaining` are
    the titles of those that go on. The same departure gives the same bytes.
    """
    sender = newsletter.sender.get(words.language) or next(iter(newsletter.sender.values()))
    answers_to = newsletter.reply_to or sender.address
    identity = hashlib.sha256(f"{confirmation.public_id}\0{confirmation.at.isoformat()}".encode()).hexdigest()[:32]
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
        Paragraph(say("If this was a mistake, write to %(address)s.") % {"address": answers_to}),
        Paragraph(f"{publisher.name(words.language)} · {publisher.address}"),
    )
    fields = [
        mailbox_field("From", sender),
        mailbox_field("To", Mailbox(name="", address=confirmation.address)),
        text_field("Subject", subject),
        Field("Date", format_datetime(confirmation.at.astimezone(UTC))),
        Field("Message-ID", f"<left.{identity}@{sender.address.rpartition('@')[2]}>"),
        *([address_field("Reply-To", newsletter.reply_to)] if newsletter.reply_to else []),
        Field("Auto-Submitted", "auto-replied"),  # RFC 3834 §5
        Field("X-Auto-Response-Suppress", "All"),
        Field("Content-Language", words.language),
        Field("MIME-Version", "1.0"),
        Field("Content-Type", 'text/plain; charset="utf-8"'),
        Field("Content-Transfer-Encoding", "quoted-printable"),
    ]
    return Envelope(
        edition="mailbox/left",
        recipient=confirmation.address,
        stem=f"{stem(confirmation.address)}-{identity[:8]}",
        pieces=(head_of(fields) + b"\r\n\r\n" + quoted_body(as_text(blocks)),),
    )
