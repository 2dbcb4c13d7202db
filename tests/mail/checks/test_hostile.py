"""Whatever the bytes are, the gate answers with findings, and soon."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.errors import MessageError
from email.policy import strict

import pytest
from doses import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.foundation.problems import Severity
from digest.mail.checks.gate import RULES, check
from digest.mail.checks.rule import Specimen

Mail = Callable[..., Specimen]

CODES = {rule.code for rule in RULES}
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)  # half characters too

PIECES = (
    *("<!--[if mso]>", "<![endif]-->", "<!--", "-->", "<![if !mso]>", "<!doctype html>", "<?xml encoding='x'?>"),
    *("<html lang=", "<body>", "<div style='", "<table>", "<tr><td>", "</table>", "<th scope=x>", "<a href=", "</a>"),
    *(
        "<style>",
        "</style>",
        "<style media=print>",
        "@media (",
        "{",
        "}",
        ";",
        ":root{color:",
        "a>b{",
        "[data-ogsc] ",
        "/*",
    ),
    *(
        "<img src=",
        " alt=''",
        "<h1>",
        "</h2>",
        "'",
        '"',
        ">",
        "<",
        "&",
        "&#0;",
        "&#xd800;",
        "\0",
        "\ud800",
        "\u202e",
        "=",
    ),
    *(
        "rgb(1 2 3",
        "rgb(,,,)",
        "#12",
        "font-size:9e9px",
        "width:99999999999999px",
        "color:hsl(1,2%,3%)",
        "{{",
        "}}",
        "%(x)s",
    ),
    *("display:none", "https://[::1", "mailto:", "javascript:", "http://a.b:99999999/", " bgcolor=", "None", " · "),
)
HEADS = (
    *("From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "List-Id: ", "List-Unsubscribe: ", "Content-Type: "),
    *(
        "Content-Transfer-Encoding: ",
        "MIME-Version: ",
        "\r\n",
        "\r\n ",
        "\n",
        "\r",
        "\r\n\r\n",
        "--",
        "=?utf-8?q?",
        "?=",
    ),
    *("multipart/alternative; boundary=", "boundary", "text/html; charset=", "charset*0*=", "message/rfc822", "base64"),
    *(
        "<",
        ">",
        "(",
        ")",
        "((((",
        '"',
        "\\",
        ",",
        ";",
        ":",
        "@",
        "a@b",
        "[",
        "]",
        "\x80",
        "\xff",
        "\0",
        "=",
        "=0D=0A",
        " ",
    ),
)


def assert_is_an_answer(specimen: Specimen) -> None:
    findings = check(specimen)
    assert {finding.code for finding in findings} <= CODES
    assert any(finding.severity is Severity.ERROR for finding in findings)


@settings(max_examples=examples(60), deadline=None)
@given(html=ANY_TEXT, text=ANY_TEXT, subject=ANY_TEXT, message=st.binary(max_size=300))
def test_any_bytes(html: str, text: str, subject: str, message: bytes) -> None:
    specimen = _mail()
    assert_is_an_answer(replace(specimen, html=html, text=text, subject=subject, message=message))


@settings(max_examples=examples(150), deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40))
def test_any_heap_of_html(pieces: list[str]) -> None:
    specimen = _mail()
    assert_is_an_answer(replace(specimen, html="".join(pieces), text="".join(reversed(pieces))))


@settings(max_examples=examples(100), deadline=None)
@given(pieces=st.lists(st.sampled_from(HEADS) | st.text(max_size=5), max_size=40))
def test_any_heap_of_fields(pieces: list[str]) -> None:
    assert_is_an_answer(replace(_mail(), message="".join(pieces).encode("utf-8", "replace")))


@settings(max_examples=examples(100), deadline=None)
@given(place=st.integers(0, 700), piece=st.sampled_from(HEADS) | st.text(max_size=3))
def test_what_a_strict_parser_refuses_is_told(place: int, piece: str) -> None:
    """The parser of the standard library, at its strictest, on a head with something put into it."""
    clean = _mail()
    message = clean.message[:place] + piece.encode("utf-8", "replace") + clean.message[place:]
    if _is_refused(message):
        assert any(finding.code.startswith("WIRE") for finding in check(replace(clean, message=message)))


def _is_refused(message: bytes) -> bool:
    try:
        parsed = message_from_bytes(message, policy=strict)
        return any(value.defects for part in parsed.walk() for value in part.values())
    except (MessageError, LookupError, ValueError, TypeError, AttributeError):
        return True


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.large_base_example])
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 12))
def test_a_mail_with_holes(seed: int, cuts: int) -> None:
    """Slices left out, doubled or put elsewhere, in all three parts of the specimen."""
    chance = random.Random(seed)  # noqa: S311 – no secret
    clean = _mail()
    html, text, message = clean.html, clean.text, clean.message.decode("latin-1")
    for _ in range(cuts):
        html, text, message = (_holed(chance, each) for each in (html, text, message))
    assert_is_an_answer(replace(clean, html=html, text=text, message=message.encode("latin-1")))


def _holed(chance: random.Random, text: str) -> str:
    first, second, third = sorted(chance.randrange(len(text) + 1) for _ in range(3))
    piece = text[second:third][:200]
    return text[:first] + piece * chance.randrange(3) + text[first:second] + text[second + len(piece) :]


def _mail() -> Specimen:
    return Clean.specimen


class Clean:
    """Hypothesis takes no fixtures that change; this one never does."""

    specimen: Specimen


def test_a_strict_parser_takes_every_clean_mail(mail: Mail) -> None:
    for language in ("en", "es"):
        for public in (True, False):
            assert not _is_refused(mail(10, language, public=public).message)


@pytest.fixture(scope="module", autouse=True)
def clean(mail: Mail) -> None:
    Clean.specimen = mail(2)


MUCH = {
    "nested elements": "<div>" * 30_000 + "x",
    "nested tables": "<table><tr><td>" * 5_000,
    "open quotes": "<a href='" * 10_000,
    "open comments": "<!--[if mso]>" * 10_000,
    "open comments for others": "<!--[if !mso]><!-->" * 5_000,
    "open brackets": "<" * 90_000,
    "one attribute": "<p title='" + "x" * 90_000 + "'>",
    "many attributes": "<p " + " ".join(f"a{n}=1" for n in range(10_000)) + ">",
    "open braces": "<style>" + "a{" * 20_000 + "</style>",
    "nested media": "<style>" + "@media screen{" * 5_000 + "</style>",
    "open parentheses": "<p style='color:" + "rgb(" * 20_000 + "'>",
    "many classes": "<style>" + ".a .b .c .d{color:red}" * 300 + "</style>" + "<b class='a b c d'>x" * 200,
    "steps up": "<style>" + "i div div div div b{color:red}" * 9 + "</style>" + "<div>" * 300 + "<b>x",
    "a long selector": "<style>" + "a " * 20_000 + "{color:red}</style>",
    "dots and dashes": "<a href='https://x.org/'>" + "a.-" * 20_000 + "</a>",
    "template code": "{{" * 30_000,
    "one word": "x" * 90_000,
    "one line of words": "None · " * 10_000,
}


@pytest.mark.parametrize("name", MUCH)
def test_much_of_the_same_takes_no_more_than_seconds(name: str, mail: Mail) -> None:
    begun = time.process_time()
    findings = check(replace(mail(2), html=MUCH[name], text=MUCH[name]))
    assert findings
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "head",
    [
        b"From: " + b"(" * 3000 + b"\r\n\r\n",
        b"To: " + b"a@b, " * 300 + b"\r\n\r\n",
        b"Content-Type: " + b"multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: " * 200,
        b"Subject: " + b"=?utf-8?q?" * 200 + b"\r\n\r\n",
        b"List-Unsubscribe: " + b"<" * 20_000 + b"\r\n\r\n",
        b"",
        b"\r\n\r\n",
        b"From",
    ],
    ids=["comments", "addresses", "parts", "words", "brackets", "nothing", "no head", "no field"],
)
def test_hostile_heads_are_findings(head: bytes, mail: Mail) -> None:
    assert any(finding.code.startswith("WIRE") for finding in check(replace(mail(2), message=head)))
