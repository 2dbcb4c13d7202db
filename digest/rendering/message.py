"""Builds a variant's message: all that its readers share, with marks where each gets something of their own."""

import re
from hashlib import blake2b

from digest.foundation.names import dashed
from digest.model.edition import VariantContent
from digest.model.newsletter import Newsletter
from digest.model.slot import Slot
from digest.rendering.headers import Field, address_field, head_of, mailbox_field, phrase, text_field
from digest.rendering.quoting import quoted_body

_NOT_IN_A_FIELD = re.compile(r"[^A-Za-z0-9._-]+")
_SENDER_LEAST, _SENDER_MOST = 5, 15


def message_of(content: VariantContent, subject: str, html: str, text: str, *, has_public_url: bool) -> bytes:
    """A multipart/alternative of text and HTML (RFC 2046 §5.1.4): 7-bit, CRLF, the same bytes for the same input."""
    boundary = _boundary(content, subject)
    parts = [_head(content, subject, boundary, has_public_url=has_public_url), b"\r\n\r\n"]
    for kind, body in (("plain", text), ("html", html)):
        parts += (
            f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode(),
            quoted_body(body),
            b"\r\n",
        )
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts)


def list_id(newsletter: Newsletter, language: str) -> str:
    """RFC 2919. The identifier is the same in all languages. The title stands before it only where it needs no
    encoding: filters compare this field as it is written.
    """
    domain = next(iter(newsletter.sender.values())).address.rpartition("@")[2]
    label = dashed(newsletter.name.lower()) or "newsletter"
    title = phrase(newsletter.title(language))
    return f"<{label}.{domain}>" if "=?" in title else f"{title} <{label}.{domain}>"


def feedback_id(content: VariantContent) -> str:
    """Four fields, by which Gmail's Postmaster Tools group complaints: edition, newsletter, language, and the sender,
    who is the same in all mails. Nothing in it is about a reader.
    """
    newsletter, revision = content.newsletter, content.revision
    edition = content.period.key if revision == 1 else f"{content.period.key}.{revision}"
    fields = [_NOT_IN_A_FIELD.sub("-", field) for field in (edition, newsletter.name, content.language)]
    return ":".join([*fields, _sender_id(next(iter(newsletter.sender.values())).address.rpartition("@")[2])])


def _sender_id(domain: str) -> str:
    """The domain without its dots, where that has the 5 to 15 characters that Gmail asks for; else some of it and a
    fingerprint.
    """
    name = dashed(domain.lower()).replace("-", "")
    if _SENDER_LEAST <= len(name) <= _SENDER_MOST:
        return name
    return name[: _SENDER_MOST - 6] + blake2b(domain.lower().encode(), digest_size=3).hexdigest()


def _head(content: VariantContent, subject: str, boundary: str, *, has_public_url: bool) -> bytes:
    newsletter, language = content.newsletter, content.language
    fields = [
        mailbox_field("From", newsletter.sender[language]),
        Field("To", Slot.TO.mark),
        text_field("Subject", subject),
        Field("Date", Slot.DATE.mark),
        Field("Message-ID", Slot.MESSAGE_ID.mark),
    ]
    if newsletter.reply_to is not None:
        fields.append(address_field("Reply-To", newsletter.reply_to))
    fields += (
        Field("List-Id", list_id(newsletter, language)),
        Field("List-Unsubscribe", Slot.LIST_UNSUBSCRIBE.mark),
    )
    if has_public_url:
        fields.append(Field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))  # RFC 8058 §3.1
    fields += (
        Field("Feedback-ID", feedback_id(content)),
        Field("Precedence", "bulk"),
        Field("Content-Language", language),
        Field("MIME-Version", "1.0"),
        Field("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    )
    return head_of(fields)


def _boundary(content: VariantContent, subject: str) -> str:
    """No body can hold it: in quoted-printable `=_` stands for nothing."""
    name = f"{content.newsletter.name}\0{content.period.key}\0{content.revision}\0{content.language}\0{subject}"
    return f"=_{blake2b(name.encode(), digest_size=16).hexdigest()}"
