"""Whatever bytes come: no crash, no endless work, and nobody leaves who did not ask."""

import random
import time
import tracemalloc

import pytest
from doses import dose
from office import ANA, BEN, EVA, MAX, bounce, complaint, letter

from digest.inbound.classifying import classified
from digest.inbound.inbound import MailKind

TIMES = dose(150, 10_000)
PIECES = (
    b"\r", b"\n", b"\0", b"\r\n\r\n", b"=?utf-8?b?////?=", b"=?x?q?=ff?=",
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
    b"--", b"boundary=", b"; charset=idna", b'; charset="zlib"', b"; charset=unicode_escape", b"\xff\xfe",
    "\u202e".encode(),
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n", b"\nFrom: <>\n", b"\n>From x\n",
    b"Final-Recipient: rfc822;\n", b"Action:\n", b"Status: 99.99.99\n",
    b"Feedback-Type: abuse\n", b"@", b"<", b"\n--b--\n",
)  # fmt: skip


def mutated(seeds, rng):
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randrange(1, 10)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.randrange(1, 300))
        match rng.randrange(7):
            case 0:
                del data[at:to]
            case 1:
                data[at:at] = rng.randbytes(rng.randrange(1, 20))
            case 2:
                data[at:at] = rng.choice(PIECES)
            case 3:
                data[at:at] = data[at:to] * rng.randrange(1, 9)
            case 4:
                data[at:to] = data[at:to][::-1]
            case 5:
                other = rng.choice(seeds)
                data[at:to] = other[rng.randrange(len(other)) :][:400]
            case _:
                data = data[: max(at, 40)]
    return bytes(data)


@pytest.fixture
def seeds(office):
    """Reports and complaints about four people, with names that prove nothing."""
    found = []
    for who in (ANA, BEN, EVA, MAX):
        name = f"{office.public_id(who)}-{'0' * 12}"
        original = office.sent(who).as_string().replace(office.token(who), f"{office.public_id(who)}{'0' * 16}")
        original = original.replace(office.sent(who)["Message-ID"], f"<{'0' * 32}@news.example.org>")
        found += [
            bounce(f"bounces+{name}@news.example.org", who=who, returned=original),
            bounce("bulletin@news.example.org", who=who, status="5.2.2", said="smtp; 552 full"),
            complaint(original, person=who),
            (
                f"From: MAILER-DAEMON@old.example\nTo: bulletin@news.example.org\nSubject: failure notice\n\n"
                f"<{who}>:\n550 no\n\n{original}"
            ),
            letter(who, "Automatic reply: away", f"I am away\n\n{original}", Auto_Submitted="auto-replied"),
            letter("x@example.com", "Fwd: bulletin", f"See below\n\n-----Original Message-----\n{original}"),
        ]
    return [one.encode() for one in found]


def test_mutated_reports_never_crash_and_let_nobody_leave(office, seeds):
    rng = random.Random(5965)  # noqa: S311 – the same ones every time
    slowest = 0.0
    for _ in range(TIMES):
        raw = mutated(seeds, rng)
        began = time.process_time()
        mail = classified(raw)
        slowest = max(slowest, time.process_time() - began)
        assert mail.kind is not MailKind.LEAVING, raw
    assert slowest < 5
    for _ in range(dose(60, 1000)):
        office.put(mutated(seeds, rng), f"{rng.random()}.mail")
    found = office.read()
    assert found.trouble == []
    assert (found.left, found.suppressed) == (0, 0)
    assert [office.gets(who) for who in (ANA, BEN, EVA, MAX)] == [["monthly", "weekly"], *[["monthly"]] * 3]


EVIL = {
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2000)),
    "nested somewhat": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(39))
    + b"x\n" * 100_000,
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 3000,
    "long subject": b"Subject: " + b"a" * 2_000_000,
    "folded subject": b"Subject: x" + b"\n " * 400_000,
    "many recipients": b"To: " + b"a@b.org, " * 100_000,
    "many fields": b"X-A: b\n" * 150_000,
    "parentheses": b"From: " + b"(" * 300_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 60_000,
    "parameters": b"Content-Type: multipart/report; " + b"a=b;" * 200_000,
    "folded parameters": b"Content-Type: multipart/report;" + b"\n a=b;" * 200_000,
    "numbered parameters": b"Content-Type: text/plain; " + b"".join(b"a*%d*=x;" % i for i in range(60_000)),
    "recipients": b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n"
    b"Content-Type: message/delivery-status\n\n" + b"Final-Recipient: rfc822; a@b.org\nAction: failed\n\n" * 20_000,
    "tags": b"Content-Type: text/html\n\n" + b"<div " * 200_000,
    "entities": b"Content-Type: text/html\n\n" + b"&#" * 400_000,
    "one word": b"From: a@b.org\n\n" + b"hola " * 200_000,
    "courtesies": b"From: a@b.org\nSubject: stop\n\n" + (b"gracias a a a " * 22 + b"\n") * 12,
    "pluses": b"From: mailer-daemon@b.org\n\n" + b"+aaaaaaaaaaaa" * 80_000,
    "tokens": b"From: mailer-daemon@b.org\n\n" + b"unsubscribe-" * 80_000,
    "dots": b"From: mailer-daemon@b.org\n\n" + b"a" * 64 + b"@" + b"b." * 400_000,
    "quotations": b"From: a@b.org\n\n" + (b"On 2018 " + b"x" * 240 + b"\n") * 3000,
    "ten thousand parts": b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\nx\n" * 10_000 + b"--b--\n",
    "ten thousand reports": b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    + b"--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.org\nAction: failed\n\n" * 10_000,
    "attachment": b"From: mailer-daemon@b.org\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
    + (b"QUJD" * 18 + b"\n") * dose(100_000, 720_000),  # 50 MB
    "nothing": b"",
    "zeros": b"\0" * 1_000_000,
    "returns": b"\r" * 1_000_000,
    "separators": b"From " * 200_000,
    "base64": b"From: mailer-daemon@x.org\nContent-Transfer-Encoding: base64\n\n" + b"QUJD\n" * 200_000,
}  # fmt: skip


@pytest.mark.parametrize("name", EVIL)
def test_no_message_takes_long(name):
    began = time.process_time()
    classified(EVIL[name])
    assert time.process_time() - began < 10


def test_memory_does_not_grow_with_a_message():
    tracemalloc.start()
    try:
        classified(b"From: a@b.org\n\n" + b"some text\n" * 2_000_000)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_nothing_that_strangers_write_reaches_a_header_or_a_terminal(office):
    from digest.foundation.words import excerpt_without_addresses

    said = excerpt_without_addresses("a\r\nBcc: x@y.org\x1b[31m\u202e" + "b" * 500)
    assert said.isprintable()
    assert "@" not in said
    office.settings("mailbox: {maildir: Maildir, forward_to: boss@example.org}\n")
    rng = random.Random(1)  # noqa: S311 – the same ones every time
    for number in range(40):
        office.put(
            b"From: <a@b.org>\r\nSubject: "
            + rng.randbytes(60).replace(b"\n\n", b"")
            + b"\r\n\r\n"
            + rng.randbytes(500),
            f"{number}.mail",
        )
    read_ = office.read()
    assert read_.trouble == []
    for mail in office.mails("passed-on"):
        assert mail["To"] == "boss@example.org"
        assert {name.lower() for name in mail} <= {
            "from", "to", "subject", "date", "message-id", "reply-to", "auto-submitted", "x-bulletin-forwarded",
            "content-language", "mime-version", "content-type",
        }  # fmt: skip
