"""An address is found in whatever form we, a mail server or a list wrote it, and nothing else is taken for it."""

import base64
import gzip
import io
import quopri
import time
import zipfile
from email.header import Header
from email.message import EmailMessage

import pytest

from digest.people.mentions import Mentions, readings

ANA, SAID = "ana.lopez@example.org", "Ana López <ana.lopez@example.org> is not known here; sorry for that.\n"


def encoded(transfer: str, said: str = SAID, charset: str = "utf-8") -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "Undelivered"
    mail.set_content(said, charset=charset, cte=transfer)
    return bytes(mail)


def within(inner: bytes) -> bytes:
    """As a server returns a whole message (RFC 2046 §5.2.1 forbids it)."""
    head = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(inner)


def cut(text: bytes) -> bytes:
    """Quoted-printable whose lines end in the midst of the address."""
    return text.replace(b"lopez@", b"lo=\r\npez=\r\n@")


def zipped(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", f"<t>{text}</t>")
    return file.getvalue()


FORMS = {
    "base64": encoded("base64"),
    "base64 of a long text": encoded("base64", "x" * 300 + " " + SAID * 3),
    "base64 quoted": b"\n".join(b"> " + line for line in base64.encodebytes(SAID.encode()).splitlines()),
    "base64 cut off": base64.encodebytes((SAID * 9).encode())[:180],
    "quoted-printable": quopri.encodestring(SAID.encode(), quotetabs=True).replace(b"@", b"=40"),
    "quoted-printable cut": cut(encoded("quoted-printable")),
    "quoted-printable cut, CRLF": cut(encoded("quoted-printable")).replace(b"\n", b"\r\n").replace(b"\r\r", b"\r"),
    "UTF-16 in base64": b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(SAID.encode("utf-16")),
    "UTF-7": SAID.replace("@", "+AEA-").encode("ascii", "replace"),
    "a mail within": within(encoded("quoted-printable").replace(b"@", b"=40")),
    "a mail within a mail within": within(within(encoded("base64"))),
    "encoded words": b"To: " + Header(f"Ana López {ANA}", "utf-8", maxlinelen=40).encode().encode(),
    "encoded words, Q": b"X: =?utf-8?q?Ana_L=C3=B3pez_ana=2Elopez=40example=2Eorg?=",
    "a link": b'<a href="mailto:ana.lopez%40example.org">',
    "entities": b"ana.lopez&#64;example.org &lt;",
    "entities, hexadecimal": b"<p>ana.lopez&#x40;example.org</p>",
    "RFC 3461": b"Original-Recipient: rfc822;ana+2Elopez+40example.org",
    "a return path": b"Return-Path: <list-bounces+ana.lopez=example.org@lists.example.com>",
    "a return path of ezmlm": b"Return-Path: <list-return-12-ana.lopez=example.org@lists.example.com>",
    "a rewritten return path": b"<SRS0=HHH=TT=example.org=ana.lopez@forward.example.com>",
    "rewritten twice": b"<SRS1=AAA=one.example.com==HHH=TT=example.org=ana.lopez@two.example.com>",
    "a workbook": zipped(ANA),
    "UTF-16": f"mail\t{ANA}\r\n".encode("utf-16"),
    "an old log": gzip.compress(f"to=<{ANA}>".encode()),
    "capitals": b"ANA.LOPEZ@EXAMPLE.ORG",
}


@pytest.mark.parametrize("form", FORMS)
def test_an_address_is_found_in_any_form(form: str) -> None:
    data = FORMS[form]
    assert Mentions([ANA]).stand_in(data)
    for other in ("lopez@example.org", "ana@example.org", "ana.lopez@example.or", "org@example.org"):
        assert not Mentions([other]).stand_in(data)


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        (b"=", 200_000),
        (b"A", 400_000),
        (b"=?q?", 50_000),
        (b"+41", 20_000),
        (b"a=b.c", 40_000),
        (b"SRS0=a=", 30_000),
        (b"=a@", 8_000),
        (b"\0&#64;%40=40+AEA-", 500),
        (b"QUFB" * 20 + b"\n", 3_000),
        (b"> ", 100_000),
        (b"PK\x03\x04", 30_000),
    ],
    ids=str,
)
def test_whatever_is_looked_through_comes_to_an_end(piece: bytes, times: int) -> None:
    data, began = piece * times, time.process_time()
    assert sum(map(len, readings(data))) < 40 * len(data) + (10 << 20)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text", ["<ana@example.org>", "ANA@Example.org,", "mailto:ana@example.org.", "a=ana@example.org"]
)
def test_an_address_is_found_as_a_whole(text: str) -> None:
    mentions = Mentions(["ana@example.org"])
    is_there = not text.startswith("a=")  # that is another local part
    assert mentions.stand_in(text.encode()) is is_there
    for other in (
        "xana@example.org",
        "ana@example.org.mx",
        "ana@sub.example.org",
        "j.ana@example.org",
        "ana.example.org",
    ):
        assert not mentions.stand_in(other.encode())
    assert mentions.without("ana@example.org ñ") == "(erased) ñ"
