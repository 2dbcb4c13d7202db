"""How messages, addresses, comments for Outlook and pages are read."""

import pytest

from digest.mail.checks.document import for_everybody, for_outlook, only_for_outlook
from digest.mail.checks.fields import LIST_ID, MESSAGE_ID, address_of, read_mail, uris
from digest.mail.checks.lang_attributes import language_of
from digest.mail.checks.links import host_named_by, is_generic, is_placeholder
from digest.mail.checks.tree import parse

MESSAGE = (
    b"From: =?utf-8?q?Bolet=C3=ADn?= <b@news.example.org>\r\nSubject: one\r\n two\r\nX:odd\r\n"
    b'Content-Type: multipart/alternative;\r\n boundary="q"\r\n\r\n'
    b'--q\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
    b"\r\nNi=C3=B1os\r\n"
    b"--q\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>\xff</p>\r\n--q--\r\n"
)


def test_fields_are_unfolded_and_said_to_a_person() -> None:
    mail = read_mail(MESSAGE)
    assert [field.name for field in mail.fields] == ["From", "Subject", "X", "Content-Type"]
    assert mail.raw("subject") == "one two"
    assert mail.fields[0].value == "Boletín <b@news.example.org>"
    assert (mail.kind, mail.boundary) == ("multipart/alternative", "q")


def test_lines_of_the_head_that_belong_to_no_field_are_stray() -> None:
    assert read_mail(b"From: a@b.example\r\nstray\r\nTo: c@d.example\r\n\r\n").stray == ("stray",)


def test_parts_are_decoded_or_none() -> None:
    first, second = read_mail(MESSAGE).parts
    assert (first.kind, first.charset, first.encoding, first.text) == (
        "text/plain",
        "utf-8",
        "quoted-printable",
        "Niños",
    )
    assert (second.kind, second.encoding, second.text) == ("text/html", "", None)


@pytest.mark.parametrize(
    ("mailbox", "address"),
    [
        ("me@example.org", "me@example.org"),
        ("Me <me@example.org>", "me@example.org"),
        ('"Me, too" <me@example.org>', "me@example.org"),
        ("=?utf-8?q?Bolet=C3=ADn?= <me+x@news.example.org>", "me+x@news.example.org"),
        ("<me@example.org>, <you@example.org>", None),
        ("me@example.org, you@example.org", None),
        ("Me <me@example>", None),
        ("Me <mé@example.org>", None),
        ("Me <me@example.org", None),
        ("Me <me@@example.org>", None),
        ("Me <me@exam_ple.org>", None),
        ("Me <.me@example.org>", None),
        (f"{'x' * 65}@example.org", None),
        ("", None),
    ],
)
def test_a_mailbox_is_exactly_one_good_address(mailbox: str, address: str | None) -> None:
    assert address_of(mailbox) == address


def test_lists_of_uris_are_in_angle_brackets() -> None:
    assert uris("<https://a.example/x>, <mailto:b@c.example>") == ["https://a.example/x", "mailto:b@c.example"]
    for broken in ("https://a.example", "<https://a.example", "<a b>", "", "<a>,", "<a> <b>"):
        assert uris(broken) is None


def test_identifiers_keep_their_grammar() -> None:
    assert LIST_ID.fullmatch('"A, b" <monthly.news.example.org>')
    assert LIST_ID.fullmatch("<monthly.news.example.org>")
    assert not LIST_ID.fullmatch("A, b <monthly.news.example.org>")
    assert MESSAGE_ID.fullmatch("<a.b@c.example>")
    assert not MESSAGE_ID.fullmatch("<a b@c.example>")


HTML = (
    "a<!--[if mso | IE]><table><![endif]-->b<!--[if !mso]><!-->c<!--<![endif]-->d<!--[if mso]><!-->e<!--<![endif]-->"
    "<!-- f --><![if !mso]>g<![endif]>"
)


def test_everybody_and_outlook_read_different_pages() -> None:
    assert for_everybody(HTML) == "abcdeg"
    assert for_outlook(HTML) == "a<table>bdeg"
    assert only_for_outlook(HTML) == "<table>"


def test_a_comment_without_end_hides_the_rest() -> None:
    assert for_everybody("a<!--[if mso]>b") == for_outlook("a<!--[if mso]>b") == "a"


def test_a_page_knows_its_texts_in_order() -> None:
    page = parse("<title>t</title><body><p>a <b>b</b>c</p>d<br>e<style>f</style><td>g</td>&nbsp;h</body>")
    assert page.seen() == "a bc d e g h"
    paragraph = page.first("p")
    assert paragraph is not None
    assert page.text(paragraph) == "a bc"
    assert [element.tag for element in page.within(paragraph)] == ["b"]


def test_a_link_is_called_what_it_shows() -> None:
    page = parse('<a href="x"><img alt="a picture"> and text</a><a href="y" aria-label="label">text</a>')
    assert sorted(page.name(link) for link in page.all("a")) == ["and text a picture", "label"]


@pytest.mark.parametrize(
    "name", ["Read more", "read more…", "« leer más »", "AQUÍ", "Haga clic aquí.", "→ here", "Más"]
)
def test_words_that_could_be_any_link(name: str) -> None:
    assert is_generic(name)


@pytest.mark.parametrize(
    "name", ["Unsubscribe", "Read in the browser", "Leer la noticia completa: x", "More shelters open"]
)
def test_words_that_say_where_a_link_leads(name: str) -> None:
    assert not is_generic(name)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("www.iom.int/es", "iom.int"),
        ("https://Bank.example/x", "bank.example"),
        ("bulletin.example.org", "bulletin.example.org"),
        ("migracion.gob.gt", "migracion.gob.gt"),
        ("Node.js", None),
        ("report.pdf", None),
        ("Guatemala. Honduras", None),
        ("e.g. this", None),
    ],
)
def test_some_words_are_a_web_address(name: str, host: str | None) -> None:
    assert host_named_by(name) == host


def test_invented_hosts_are_known() -> None:
    assert all(map(is_placeholder, ("example.org", "www.example.com", "bulletin.example.org", "x.test", "localhost")))
    assert not any(map(is_placeholder, ("iom.int", "example-school.org", "contest.org", "")))


def test_a_language_shows_in_its_small_words() -> None:
    assert (
        language_of("The town hall of the city and the ministry agreed to meet with the people who were there") == "en"
    )
    assert (
        language_of("La municipalidad de la ciudad y el ministerio se reunieron con las personas que estaban y con los")
        == "es"
    )
    assert language_of("Guatemala, Honduras, México") is None
    assert language_of("the el of los and las to del is y was una that con") is None
