"""The mail to a reviewer: what they are to look at, with the very mails of their parts as attachments."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.foundation.names import stem
from digest.model.delivery import Envelope
from digest.model.edition import Edition
from digest.model.newsletter import Mailbox, Newsletter
from digest.model.review import PartView
from digest.ports import Composer
from digest.rendering.blocks import as_html, as_text
from digest.rendering.headers import Field, address_field, head_of, mailbox_field, text_field
from digest.rendering.quoting import quoted_body
from digest.rendering.review_text import Review, blocks_of, title_of
from digest.rendering.wording import Words


def review_envelope(  # noqa: PLR0913 – who is asked about what, and what they know already
    composer: Composer,
    words: Words,
    newsletter: Newsletter,
    edition: Edition,
    reviewer: Mailbox,
    views: Sequence[PartView],
    *,
    earlier: Mapping[str, datetime],
    now: datetime,
) -> Envelope:
    """`earlier` says when parts that have changed were mailed last. The same content for the same reviewer has the same
    Message-ID and file name, whenever it is made.
    """
    review = Review(
        newsletter=newsletter,
        edition=edition,
        views=views,
        by=reviewer.name or reviewer.address.partition("@")[0],
        now=now,
        earlier=earlier,
        attached=True,
    )
    identity = _identity(edition, reviewer, views, earlier)
    title = title_of(review, words)
    say = words.translations.gettext
    asked = say("Changed, please look again") if earlier else say("Please look before it goes out")
    subject = f"{asked}: {', '.join(view.title for view in views)} – {title}"
    blocks = blocks_of(review, words)
    attachments = [
        (f"{view.name}.{variant.language}.eml", composer.sample(edition, variant.rendered.message).message)
        for view in views
        for variant in view.part.variants
    ]
    fields = _fields(newsletter, words.language, reviewer, subject, identity, now)
    message = _message(fields, identity, as_text(blocks), as_html(blocks, subject, words.language), attachments)
    return Envelope(
        edition=f"{edition.name}/review",
        recipient=reviewer.address,
        stem=f"{stem(reviewer.address)}-{identity[:8]}",
        pieces=(message,),
    )


def _identity(edition: Edition, reviewer: Mailbox, views: Sequence[PartView], earlier: Mapping[str, datetime]) -> str:
    """What changes back is asked about again, after what was asked in between."""
    asked = (f"{view.part.fingerprint} {earlier.get(view.name)}" for view in views)
    known = [edition.name, reviewer.address.lower(), *asked]
    return hashlib.sha256("\0".join(known).encode()).hexdigest()[:32]


def _fields(
    newsletter: Newsletter, language: str, reviewer: Mailbox, subject: str, identity: str, now: datetime
) -> list[Field]:
    sender = newsletter.sender[language]
    return [
        mailbox_field("From", sender),
        mailbox_field("To", reviewer),
        text_field("Subject", subject),
        Field("Date", format_datetime(now.astimezone(UTC))),
        Field("Message-ID", f"<review.{identity}@{sender.address.rpartition('@')[2]}>"),
        *([address_field("Reply-To", newsletter.reply_to)] if newsletter.reply_to else []),
        Field("Auto-Submitted", "auto-generated"),  # RFC 3834 §5: no holiday answers
        Field("Content-Language", language),
        Field("MIME-Version", "1.0"),
    ]


def _message(
    fields: list[Field], identity: str, text: str, html: str, attachments: Sequence[tuple[str, bytes]]
) -> bytes:
    """Written by hand: the standard library would write the attached messages anew, and not always with the same bytes.
    In quoted-printable `=_` stands for nothing, so no boundary can stand in a body.
    """
    outer, inner = f"=_r{identity}", f"=_a{identity}"
    content_type = Field("Content-Type", f'multipart/mixed;\r\n boundary="{outer}"')
    parts = [
        head_of([*fields, content_type]),
        b"\r\n\r\n",
        f'--{outer}\r\nContent-Type: multipart/alternative;\r\n boundary="{inner}"\r\n\r\n'.encode("ascii"),
    ]
    for kind, body in (("plain", text), ("html", html)):
        parts += (
            f'--{inner}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii"),
            quoted_body(body),
            b"\r\n",
        )
    parts.append(f"--{inner}--\r\n".encode("ascii"))
    for name, message in attachments:
        parts += (
            f"--{outer}\r\nContent-Type: message/rfc822\r\n"
            f'Content-Disposition: attachment;\r\n filename="{name}"\r\n\r\n'.encode("ascii"),
            message,
            b"\r\n",
        )
    parts.append(f"--{outer}--\r\n".encode("ascii"))
    return b"".join(parts)
