"""Mail addresses: the same verdict as email-validator, in better words."""

import re
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.foundation.addresses import NamedAddress, address, folded_address, mailbox


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("ana@example.org", "ana@example.org"),
        ("Ana.Maria+news@Example.ORG", "Ana.Maria+news@example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("ana@münchen.example", "ana@xn--mnchen-3ya.example"),
        ("ana@MÜNCHEN.de", "ana@xn--mnchen-3ya.de"),
        ("ana@xn--mnchen-3ya.de", "ana@xn--mnchen-3ya.de"),
        ("ana@trial.test", "ana@trial.test"),
        ("ana@trial.example", "ana@trial.example"),
        ("ana@mail.localhost", "ana@mail.localhost"),
        ("ana@localhost", "ana@localhost"),
        ("ana@printer.local", "ana@printer.local"),
        ("a@x.co", "a@x.co"),
    ],
)
def test_the_domain_becomes_an_a_label_and_the_rest_stays(written: str, text: str) -> None:
    found = address(written)
    assert found.text == text
    assert found.folded == text.lower()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("ana", "there is no '@'"),
        ("@example.org", "nothing before the '@'"),
        ("ana@", "nothing after the '@'"),
        ("ana@example.org ", "a space before or after"),
        ("ana@example.org.", "a dot at its end"),
        ("ana@example.org, eva@example.org", "more than one address"),
        ("ana@example.org; eva@example.org", "more than one address"),
        ("ana@home@example.org", "more than one address"),
        ("ana maria@example.org", "a space or line break inside"),
        ("ana\n@example.org", "a space or line break inside"),
        ("Ana <ana@example.org>", "without a name"),
        ("=?utf-8?q?a=0D=0ABcc=3Ae?=@example.org", "encoded word"),
        ("a=?utf-8?b?YQ==?=@example.org", "encoded word"),
        ("mailto:ana@example.org", "without 'mailto:'"),
        ("peña@example.org", "letters such as 'ñ' before the '@'"),
        ("ana@gmail", "should have a period"),
        ("ana@-example.org", "hyphen"),
        ("ana@example..org", "two periods in a row"),
        ("ana@exam_ple.org", "invalid characters"),
        ("ana@[127.0.0.1]", "IP address"),
        ("ana@127.0.0.1", "top-level domain"),
        ("ana@xn--a.de", "IDNA"),
        ("a..na@example.org", "two periods in a row"),
        ('"ana"@example.org', "uoting the part before"),
        ('"ana"@localhost', "uoting the part before"),
        ("a..b@localhost", "two periods in a row"),
        (f"{'a' * 65}@example.org", "longer than 64"),
        (f"ana@{'a' * 64}.org", "so many characters"),
        (f"ana@{'a.' * 126}org", "longer than 254"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        address(written)


@given(
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=70),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=70)
    | st.lists(st.text("aZ0-ñ", min_size=1, max_size=64), min_size=1, max_size=6).map(".".join)
    | st.just("example.org"),
)
@example("a", "a--b.org")
@example("a", f"{'a' * 63}.org")
def test_email_validator_agrees_with_every_address_that_passes(local: str, domain: str) -> None:
    try:
        found = address(f"{local}@{domain}")
    except ValueError:
        return
    special = ("arpa", "invalid", "local", "localhost", "onion", "alt")
    assume(found.folded.rpartition(".")[2] not in special and not found.folded.endswith("@localhost"))
    checked = validate_email(found.text, check_deliverability=False, test_environment=True)
    assert (checked.ascii_email or "").lower() == found.folded


@given(st.emails())
def test_no_address_is_refused_that_email_validator_takes(written: str) -> None:
    assume("=?" not in written and "?=" not in written)  # RFC 2047 makes something else of them
    try:
        checked = validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return
    assert address(written).folded == (checked.ascii_email or "").lower()


@given(st.text("a=?_.%!-0DAqb", min_size=1, max_size=30))
@example("=?utf-8?q?a=0D=0Ab?=")
@example("?==?utf-8?q?a=0A?=")
def test_an_address_that_passes_stands_in_a_header_as_it_is(local: str) -> None:
    try:
        found = address(f"{local}@example.org").text
    except ValueError:
        return
    message = EmailMessage()
    message["Reply-To"] = Address(display_name="A", addr_spec=found)
    assert message_from_bytes(message.as_bytes(), policy=default)["Reply-To"].addresses[0].addr_spec == found


@pytest.mark.parametrize(
    ("written", "name", "text"),
    [
        ("Bulletin <b@example.org>", "Bulletin", "b@example.org"),
        ('"Bulletin, the" <b@Example.org>', "Bulletin, the", "b@example.org"),
        ("Boletín de Migración < b@example.org >", "Boletín de Migración", "b@example.org"),
        ("<b@example.org>", "", "b@example.org"),
        ("b@example.org", "", "b@example.org"),
    ],
)
def test_a_mailbox_is_a_name_and_an_address_or_an_address(written: str, name: str, text: str) -> None:
    assert mailbox(written) == NamedAddress(name=name, address=text)


@pytest.mark.parametrize("written", ["A <a@b.org>, B <b@b.org>", "A <a@b.org> <b@b.org>", "A <a@b.org", "a@b.org>"])
def test_a_mailbox_is_never_two(written: str) -> None:
    with pytest.raises(ValueError, match="one name and one address"):
        mailbox(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("\ufeffmaria@example.org", "character 1 is U+FEFF ZERO WIDTH NO-BREAK SPACE, which nobody sees; take it out"),
        ("maria\u200b@example.org", "character 6 is U+200B ZERO WIDTH SPACE, which nobody sees; take it out"),
        ("ma\u00adria@example.org", "character 3 is U+00AD SOFT HYPHEN, which nobody sees; take it out"),
        ("maria@example\u2060.org", "character 14 is U+2060 WORD JOINER, which nobody sees; take it out"),
        ("maria@example.org\u200b", "character 18 is U+200B ZERO WIDTH SPACE, which nobody sees; take it out"),
        ("maria@exa\u00admple.org", "character 10 is U+00AD SOFT HYPHEN, which nobody sees; take it out"),
        ("maria\u00a0@example.org", "character 6 is U+00A0 NO-BREAK SPACE, which nobody sees; take it out"),
        ("\u201cmaria@example.org\u201d", "character 1 is U+201C LEFT DOUBLE QUOTATION MARK; take it out"),
        (
            "m\u0430ria@example.org",
            "character 2 is U+0430 CYRILLIC SMALL LETTER A, which only looks like another letter",
        ),
        (
            "maria@ex\u0430mple.org",
            "character 9 is U+0430 CYRILLIC SMALL LETTER A, which only looks like another letter",
        ),
        ("m\u03bfnica@example.org", "character 2 is U+03BF GREEK SMALL LETTER OMICRON, which only looks like another"),
        ("mu\u00f1oz@example.org", "most mail servers refuse letters such as 'ñ'"),
    ],
)
def test_a_character_that_came_along_is_named_with_its_place(written, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        address(written)


def test_a_domain_in_one_other_script_is_no_mistake():
    assert address("info@пример.рф").domain == "xn--e1afmkfd.xn--p1ai"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r'"Programa \"Puente\"" <b@news.example.org>', 'Programa "Puente"'),
        (r'"A \\ B" <b@news.example.org>', r"A \ B"),
        (r"Programa \"Puente\" <b@news.example.org>", 'Programa "Puente"'),
        (r"\"Puente\" <b@news.example.org>", '"Puente"'),
        ('"Programa ""Puente""" <b@news.example.org>', 'Programa "Puente"'),
        ('"Programa" "Puente, S.A." <b@news.example.org>', "Programa Puente, S.A."),
        ("Programa 'Puente' <b@news.example.org>", "Programa 'Puente'"),
        ('Programa "Puente" <b@news.example.org>', 'Programa "Puente"'),
        ("=?utf-8?B?Qm9sZXTDrW4=?= <b@news.example.org>", "Boletín"),
        ("=?iso-8859-1?Q?Bolet=EDn?= <b@news.example.org>", "Boletín"),
        ('"=?utf-8?q?Bolet=C3=ADn?= =?utf-8?q?_semanal?=" <b@news.example.org>', "Boletín semanal"),
    ],
)
def test_a_name_from_a_mails_source_is_read_as_mail_programs_do(written, name):
    """RFC 5322 §3.2.4, RFC 2047."""
    assert mailbox(written).name == name


@pytest.mark.parametrize("word", ["=?utf-8?q?a=0D=0ABcc=3A_evil=40x?=", "=?nothing?b?Qm9sZXTDrW4=?=", "=?utf-8?b?=?="])
def test_an_encoded_word_that_cannot_be_a_name_is_refused(word):
    with pytest.raises(ValueError, match="write it as readers shall see it"):
        mailbox(f"{word} <b@news.example.org>")


@pytest.mark.parametrize("written", ["ana@example.org", " Ana@Example.org ", "Ana Pérez <ANA@example.org>"])
def test_what_is_typed_on_the_command_line_is_compared_without_case_name_and_spaces(written):
    assert folded_address(written) == "ana@example.org"


def test_what_is_typed_and_cannot_be_an_address_is_named_with_its_mistake():
    with pytest.raises(UsageError, match="there is no '@'") as caught:
        folded_address("ana")
    assert caught.value.thing == "ana"
    assert caught.value.remedy == "write one address, such as ana@example.org"
