import re
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.policy import compat32, default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ConfigurationError, IntegrityError
from digest.foundation.addresses import NamedAddress
from digest.mail.fitting import one_line
from digest.mail.message import HeaderField, head_of, is_address, mailbox, mailbox_field, phrase, text_field

TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=150)
    | st.text('ab ,;:"\\()<>@[]=?_.ñ\r\n\x85\u2028', max_size=150)
    | st.text(max_size=20, alphabet="=?utf-8qb_0DA:Bc ")
)
INJECTIONS = [
    f"{before}{separator}{field}"
    for before in ("", "Title")
    for separator in ("\r\n", "\n", "\r", "\0\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
    for field in ("Bcc: evil@a.example", "\r\n\r\n<b>body</b>", " folded", "")
] + [
    "=?utf-8?q?a=0D=0ABcc=3A_evil=40a.example?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAYS5leGFtcGxl?=",
    '"=?utf-8?q?=0A?=" <evil@a.example>',
    "=?utf-8?q?unfinished",
    "tail\n",
]


def names(head: bytes) -> list[str]:
    return list(BytesHeaderParser(policy=compat32).parsebytes(head + b"\r\n\r\n").keys())


def decoded(value: str) -> str:
    return str(make_header(decode_header(value.replace("\r\n ", " "))))


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_a_field(text: str) -> None:
    head = head_of(
        [
            text_field("Subject", f"About {text}"),
            mailbox_field("From", NamedAddress(name=text, address="a@b.example")),
            HeaderField("To", mailbox(text, "c@d.example", 4)),
        ]
    )
    assert names(head) == ["Subject", "From", "To"]
    again = BytesHeaderParser(policy=default).parsebytes(head + b"\r\n\r\n")
    assert again["from"].addresses[0].addr_spec == "a@b.example"
    assert [each.addr_spec for each in again["to"].addresses] == ["c@d.example"]
    assert decoded(BytesHeaderParser(policy=compat32).parsebytes(head)["Subject"]) == one_line(f"About {text}")


@settings(deadline=None)
@given(TEXTS)
def test_any_subject_comes_back_as_one_line(text: str) -> None:
    field = text_field("Subject", "x" + text)
    head = head_of([field])
    assert names(head) == ["Subject"]
    assert decoded(field.value) == one_line("x" + text)


@settings(deadline=None)
@given(TEXTS)
def test_encoded_words_and_lines_are_short(text: str) -> None:
    for field in (text_field("Subject", text), mailbox_field("From", NamedAddress(name=text, address="a@b.example"))):
        assert field.value.isascii()
        for line in f"{field.name}: {field.value}".split("\r\n"):
            assert len(line) <= 76 or " " not in line.strip() or '"' in line or not re.search(r"=\?", line)
        for word in re.findall(r"=\?utf-8\?q\?[^?]*\?=", field.value):
            assert len(word) <= 75
            word.encode("ascii")
            decode_header(word)[0][0].decode("utf-8")  # no character is cut in two


@settings(deadline=None)
@given(TEXTS)
def test_any_display_name_comes_back(text: str) -> None:
    value = mailbox(text, "a@b.example", 4)
    parsed = BytesHeaderParser(policy=default).parsebytes(f"To: {value}\r\n\r\n".encode())["to"]
    assert [each.addr_spec for each in parsed.addresses] == ["a@b.example"]
    if value.startswith("=?"):  # read by decode_header: the new parser puts spaces between encoded words
        assert decoded(value.replace("\r\n ", " ").rpartition(" <")[0]) == one_line(text)
    else:
        assert parsed.addresses[0].display_name == one_line(text)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Migration Bulletin", "Migration Bulletin"),
        ("Bulletin, the", '"Bulletin, the"'),
        ('The "B"', '"The \\"B\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("Boletín", "=?utf-8?q?Bolet=C3=ADn?="),
        ("", ""),
        ("=?x?=", "=?utf-8?q?=3D=3Fx=3F=3D?="),
    ],
)
def test_a_display_name_is_written_as_simply_as_it_can_be(name: str, written: str) -> None:
    assert phrase(name) == written


def test_a_long_name_is_folded_before_the_address() -> None:
    field = mailbox_field("From", NamedAddress(name="Boletín de migración", address=f"{'b' * 40}@news.example.org"))
    assert field.value.split("\r\n") == [
        "=?utf-8?q?Bolet=C3=ADn_de_migraci=C3=B3n?=",
        f" <{'b' * 40}@news.example.org>",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example>",
        "a b@c.example",
        "a@b.example\r\nBcc: x@y.example",
        "josé@b.example",
        "a@b@c",
        "@b",
        "a",
        "",
        "<a@b>",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(ConfigurationError, match="no address"):
        mailbox_field("From", NamedAddress(name="A", address=address))


@pytest.mark.parametrize("value", ["a\r\nBcc: b", "a\nb", "a\r", "", "ñ", "a\r\n\r\nb", "a\r\n"])
def test_a_field_that_would_not_be_one_field_is_refused(value: str) -> None:
    with pytest.raises(IntegrityError, match="the field X-Test"):
        head_of([HeaderField("X-Test", value)])
