"""A preview's subject says so; nothing else of the message changes, however evil the subject is."""

from email import message_from_bytes
from email.policy import default

import pytest

from digest.delivery.test_mails import marked
from digest.errors import IntegrityError
from digest.mail.message import HeaderField, head_of, text_field

SUBJECTS = [
    "Migration bulletin, July 2018",
    "Boletín de migración: niñez en Tenosique – julio",
    "x" * 300,
    "Subject: a colon: Subject: again",
    "=?utf-8?q?a=0D=0ABcc=3A_evil=40example.org?=",
    "[PREVIEW] already",
    "🌽 " * 40,
]


def message(subject):
    fields = [
        text_field("X-Before", "one"),
        text_field("Subject", subject),
        HeaderField("Date", "\x00date\x00"),
        text_field("X-After", "long " * 40),
    ]
    return head_of(fields) + b"\r\n\r\nSubject: not this one\r\n\r\n\x00leave\x00\r\n"


@pytest.mark.parametrize("subject", SUBJECTS, ids=range(len(SUBJECTS)))
def test_only_the_subject_changes(subject):
    before = message(subject)
    after = marked(before, subject)
    parsed = message_from_bytes(after, policy=default)
    assert parsed["Subject"] == f"[PREVIEW] {' '.join(subject.split())}"
    assert parsed.keys() == ["X-Before", "Subject", "Date", "X-After"]
    assert after.partition(b"\r\n\r\n")[2] == before.partition(b"\r\n\r\n")[2]
    assert max(map(len, after.split(b"\r\n"))) <= max(76, len(subject) + 20)


def test_a_message_that_is_not_what_it_should_be_is_refused():
    with pytest.raises(IntegrityError):
        marked(message("July"), "August")
    with pytest.raises(IntegrityError):
        marked(message("July").replace(b"X-After", b"Subject", 1), "July")
