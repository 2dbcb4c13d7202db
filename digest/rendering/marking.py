"""Marks the message of a variant as a preview: its subject says so, and nothing else of it changes."""

from email.parser import BytesHeaderParser
from email.policy import compat32, default

from digest.errors import IntegrityError
from digest.rendering.headers import text_field, with_field
from digest.rendering.shortening import one_line

MARK = "[PREVIEW]"

_END_OF_HEAD = b"\r\n\r\n"


def marked(message: bytes, subject: str) -> bytes:
    """`message` is a variant's, with its slots; `subject` its own. What was made is read again and compared."""
    head, _, body = message.partition(_END_OF_HEAD)
    said = one_line(f"{MARK} {subject}")
    new = with_field(head, text_field("Subject", said))
    if (_subject(head), _subject(new)) != (one_line(subject), said) or _others(head) != _others(new):
        raise IntegrityError("a test mail", "it is not what was meant", "please report this; nothing was sent")
    return new + _END_OF_HEAD + body


def _subject(head: bytes) -> str:
    return str(BytesHeaderParser(policy=default).parsebytes(head + _END_OF_HEAD)["Subject"])


def _others(head: bytes) -> list[tuple[str, str]]:
    parsed = BytesHeaderParser(policy=compat32).parsebytes(head + _END_OF_HEAD)
    return [(name, value) for name, value in parsed.items() if name != "Subject"]
