"""The parse-back proof: what is not what was meant is found, whoever made it so; what is, passes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery.outbox import LedgerOutbox
from digest.delivery.outgoing import Outcome, OutcomeKind, OutgoingMessage
from digest.errors import IntegrityError, UnsafeError
from digest.mail.composing import MessageComposer
from digest.mail.content import VariantContent
from digest.mail.message import Recipient
from digest.mail.proof import NameKind, kind_of
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition

Variant = Callable[..., VariantContent]

EVIL_NAMES = [
    "=?utf-8?q?a=0D=0ABcc=3A_e=40x?=",
    "=?utf-8?q?a=0ABcc=3Ae?=",
    "=?utf-8?b?YQ0KQmNjOiBlQHg=?=",
    "Ana\r\nBcc: evil@example.org",
    "Ana\r\n\r\n<b>body</b>",
    "Ana\u2028Bcc: evil@example.org\u2029\x85\x0b\x0c",
    "Ana \u202egro.elpmaxe@live\u202c \u2066López\u2069",
    "\u200fAna\u061c",
    "ñ" * 10_000,
    "López " * 2_000,
    "a" * 10_000,
    '"Ana"',
    'Ana "la jefa" López',
    '"',
    "\\",
    "López, Ana; Pérez, Juan",
    '"@"',
    "ana@example.org",
    "<evil@example.org>",
    "Ana <evil@example.org>, Eva",
    "(comment) Ana",
    "friends: ana@example.org;",
    "Ana\x00López",
    "Ana\tMaría\x7f",
    "👩‍👩‍👧 Familia",
    "آنا",
    "Ana=20L=C3=B3pez",
    "?= =?",
    "--=_boundary",
    " ",
    "",
    "N\u0303in\u0303o",
]
MENDED = [  # (what the message says, what somebody made of it)
    (b"To: Ana", b"To: Eva"),
    (b"<ana@example.org>", b"<eva@example.org>"),
    (b"To: Ana", b"Bcc: eva@example.org\r\nTo: Ana"),
    (b"To: Ana", b"To: eva@example.org, Ana"),
    (b"To: Ana", b"To: =?utf-8?q?Ana=0D=0ABcc=3A_e=40x?="),
    (b"\r\nPrecedence: bulk", b""),
    (b"\r\nPrecedence: bulk", b"\r\nPrecedence: bulk\r\nPrecedence: bulk"),
    (b"Precedence: bulk", b"Precedence: list"),
    (b"\r\nSubject: ", b"\r\nSubject: casino "),
    (b"From: Migration", b"From: Migraine"),
    (b"05 Aug 2018", b"06 Aug 2018"),
    (b"Message-ID: <", b"Message-ID: <\xe9"),
    (b"Message-ID: <", b"Message-ID: "),
    (b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"),
    (b"leave/0123456789abcdef", b"leave/fedcba9876543210"),
    (b"List-Unsubscribe: <https", b"List-Unsubscribe: =?utf-8?q?<https"),
    (b"subject=unsubscribe-", b"subject=> <mailto:x@example.org?subject="),
    (b"\r\nDate: ", b"\nDate: "),
    (b"\r\nDate: ", b"\r\n\r\nDate: "),
    (b"\r\nDate: ", b"\r\n stray\r\nDate: "),
    (b"\r\nDate: ", b"\r\nstray\r\nDate: "),
    (b"multipart/alternative", b"multipart/mixed"),
    (b"Content-Type: text/plain", b"Content-Type: text/html"),
    (b"Content-Type: text/plain", b"X-Own: 1\r\nContent-Type: text/plain"),
    (b"--\r\n", b"--"),
    (b"Content-Transfer-Encoding", b"\0Content-Transfer-Encoding"),
    (b"MIME-Version: 1.0", b"MIME-Version: 1.0" + b" " * 1_000),
]


@pytest.fixture(scope="module")
def message(renderer: TemplateRenderer, variant: Variant) -> bytes:
    return renderer.render(variant(4)).message


def person(name: str | None = "Ana", address: str = "ana@example.org") -> Recipient:
    return Recipient(row=1, subscriber="0123456789abcdef", address=address, name=name, variant="regional.en")


def composed(composer: MessageComposer, edition: Edition, message: bytes, recipient: Recipient) -> bytes:
    (envelope,) = composer.compose(edition, message, [recipient])
    return envelope.message


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_no_name_makes_a_message_that_says_something_else(
    composer: MessageComposer, edition: Edition, message: bytes, name: str
) -> None:
    prove = composer.prover(edition, message)
    for _ in ("as the first", "later"):
        assert prove(person(name), [composed(composer, edition, message, person(name))]) is None


@settings(deadline=None, max_examples=examples(150))
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.text('a,"\\<>@=?_q\r\n ñ()[]:;.', max_size=60)
)
def test_whatever_the_name_the_message_is_proven(
    composer: MessageComposer, edition: Edition, message: bytes, name: str
) -> None:
    assert composer.prover(edition, message)(person(name), [composed(composer, edition, message, person(name))]) is None


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("template", ["brief", "bulletin", "compact", "letter"])
def test_every_template_is_proven(
    renderer: TemplateRenderer,
    composer: MessageComposer,
    variant: Variant,
    edition: Edition,
    language: str,
    template: str,
) -> None:
    message = renderer.render(variant(4, language, template)).message
    prove = composer.prover(edition, message)
    for each in (person(), person("José Muñoz"), person('"Ana"')):
        assert prove(each, [composed(composer, edition, message, each)]) is None


def test_without_a_public_url_it_is_proven_as_well(
    private_renderer: TemplateRenderer, private_composer: MessageComposer, variant: Variant, edition: Edition
) -> None:
    message = private_renderer.render(variant(4)).message
    assert (
        private_composer.prover(edition, message)(person(), [composed(private_composer, edition, message, person())])
        is None
    )


@pytest.mark.parametrize(("said", "made"), MENDED, ids=[f"{number}" for number in range(len(MENDED))])
def test_what_was_not_meant_is_found_in_the_first_message_and_stops_all(
    composer: MessageComposer, edition: Edition, message: bytes, said: bytes, made: bytes
) -> None:
    whole = composed(composer, edition, message, person())
    assert said in whole
    with pytest.raises(IntegrityError, match="read back"):
        composer.prover(edition, message)(person(), [whole.replace(said, made)])


@pytest.mark.parametrize(("said", "made"), MENDED[:-6], ids=[f"{number}" for number in range(len(MENDED) - 6)])
def test_what_was_not_meant_is_found_for_an_unusual_person_alone(
    composer: MessageComposer, edition: Edition, message: bytes, said: bytes, made: bytes
) -> None:
    unusual = person("Ana.")
    prove = composer.prover(edition, message)
    assert prove(person(), [composed(composer, edition, message, person())]) is None
    whole = composed(composer, edition, message, unusual).replace(b'"Ana."', b"Ana")
    fault = prove(unusual, [whole.replace(said, made)])
    assert fault
    assert "ana" not in fault.lower()  # no address in a log
    assert prove(unusual, [composed(composer, edition, message, unusual)]) is None


def test_only_the_first_usual_message_of_each_kind_is_looked_at(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    prove = composer.prover(edition, message)
    for name in ("Ana", "José"):
        with pytest.raises(IntegrityError):
            prove(person(name), [b"broken"])
        assert prove(person(name), [composed(composer, edition, message, person(name))]) is None
        assert prove(person(name), [b"broken"]) is None
    assert prove(person("Ana."), [b"broken"]) is not None


@pytest.mark.parametrize("name", EVIL_NAMES[:-3])
def test_an_evil_name_is_unusual(name: str) -> None:
    assert kind_of(person(name)) is NameKind.UNUSUAL


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ana.lopez+news@example.org", NameKind.PLAIN),
        ("reader7@xn--mnchen-3ya.example", NameKind.PLAIN),
        ("o'neil@example.org", NameKind.UNUSUAL),
        ("=?utf-8?q?a?=@example.org", NameKind.UNUSUAL),
        ("a" * 41 + "@example.org", NameKind.UNUSUAL),
        ("jos\u00e9@example.org", NameKind.UNUSUAL),
    ],
)
def test_plain_addresses_are_usual(address: str, kind: NameKind) -> None:
    assert kind_of(person("Ana Lopez", address)) is kind


@pytest.mark.parametrize("address", ["o'neil@example.org", "=?x@example.org", "a{b}|c@example.org"])
def test_an_unusual_address_is_proven(
    composer: MessageComposer, edition: Edition, message: bytes, address: str
) -> None:
    odd = person("Ana", address)
    prove = composer.prover(edition, message)
    assert prove(odd, [composed(composer, edition, message, odd)]) is None


def test_an_address_that_some_readers_decode_to_two_lines_is_not_written_to(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    odd = person("Ana", "=?utf-8?q?a=0D=0ABcc=3A_e?=@example.org")
    assert composer.prover(edition, message)(odd, [composed(composer, edition, message, odd)])


@pytest.mark.parametrize(
    "address",
    ['"@"@example.org', "josé@example.org", "ana@münchen.example", "a b@example.org", "a@b@c.example", "<>", "a@x\r\n"],
)
def test_an_address_that_no_header_holds_is_refused_for_that_person(
    composer: MessageComposer, edition: Edition, message: bytes, address: str
) -> None:
    with pytest.raises(UnsafeError):
        composed(composer, edition, message, person("Ana", address))


def test_a_long_name_is_cut_and_one_that_turns_the_direction_is_straightened(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    def head(name: str) -> bytes:
        return composed(composer, edition, message, person(name)).partition(b"\r\n\r\n")[0]

    assert len(head("López " * 2_000)) < len(head("Ana")) + 600
    assert b"\r\nTo: Ana evil <ana@example.org>\r\n" in head("Ana \u202eevil\u202c")


class Rows:
    """A ledger whose rows are all pending."""

    def __init__(self, *people: Recipient) -> None:
        self.waiting, self.results = list(people), list[Outcome]()

    def fetch(self, most: int, _at: datetime) -> Sequence[Recipient]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def settle(self, results: Sequence[Outcome], _wanted: Sequence[OutgoingMessage], _at: datetime) -> frozenset[int]:
        self.results += results
        return frozenset()


class Noon:
    def now(self) -> datetime:
        return datetime(2018, 8, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("most", [1, 2, 100])
def test_whom_nobody_can_write_to_safely_is_set_aside_and_the_others_get_their_letters(
    composer: MessageComposer, edition: Edition, message: bytes, most: int
) -> None:
    bad = ["josé@example.org", "a@example.org\r\nBcc: e@x.example", "=?utf-8?q?a=0D=0ABcc=3A_e?=@example.org"]
    addresses = [*bad, "ana@example.org", bad[0], "eva@example.org", *bad]
    people = [replace(person(address=each), row=row) for row, each in enumerate(addresses)]
    rows = Rows(*people)
    outbox = LedgerOutbox(rows, composer, Noon(), edition, {"regional.en": message}, lambda name: name)  # type: ignore[arg-type]
    letters = []
    while fetched := outbox.fetch(most):
        letters += fetched
    assert [letter.recipient for letter in letters] == ["ana@example.org", "eva@example.org"]
    assert {(result.message.row, result.kind, result.why) for result in rows.results} == {
        (row, OutcomeKind.FAILED, "unsafe") for row, each in enumerate(addresses) if each in bad
    }
    assert len(rows.results) == 7
    assert not any("@" in result.answer for result in rows.results)
