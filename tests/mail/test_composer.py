import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ConfigurationError, IntegrityError
from digest.foundation.addresses import NamedAddress
from digest.mail.composing import MessageComposer
from digest.mail.content import VariantContent
from digest.mail.message import Envelope, Recipient
from digest.mail.renderer import TemplateRenderer
from digest.mail.tokens import Keyring, Purpose
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter

Variant = Callable[..., VariantContent]

SECRET = bytes(range(32))
URL = "https://bulletin.example.org"


@pytest.fixture(scope="module")
def message(renderer: TemplateRenderer, variant: Variant) -> bytes:
    return renderer.render(variant(4)).message


@pytest.fixture(scope="module")
def private_message(private_renderer: TemplateRenderer, variant: Variant) -> bytes:
    return private_renderer.render(variant(4)).message


def person(
    subscriber: str = "0123456789abcdef", address: str = "ana@example.org", name: str | None = "Ana López"
) -> Recipient:
    return Recipient(row=1, subscriber=subscriber, address=address, name=name, variant="regional.en")


def one(composer: MessageComposer, edition: Edition, message: bytes, recipient: Recipient) -> Envelope:
    (envelope,) = composer.compose(edition, message, [recipient])
    return envelope


def read(envelope: Envelope) -> dict[str, str]:
    """The header, unfolded."""
    return {name: str(value) for name, value in message_from_bytes(envelope.message, policy=default).items()}


def token(envelope: Envelope) -> str:
    found = re.search(rf"{URL}/leave/([^>]+)>", read(envelope)["List-Unsubscribe"])
    assert found
    return found[1]


def test_a_message_is_addressed_dated_and_named(composer: MessageComposer, edition: Edition, message: bytes) -> None:
    envelope = one(composer, edition, message, person())
    header = read(envelope)
    assert header["To"] == "Ana López <ana@example.org>"
    assert header["Date"] == "Sun, 05 Aug 2018 15:00:00 +0000"
    assert re.fullmatch(r"<[0-9a-f]{32}@news\.example\.org>", header["Message-ID"])
    assert (envelope.edition, envelope.recipient) == ("monthly/2018-07", "ana@example.org")
    assert b"\0" not in envelope.message


def test_the_date_is_the_same_instant_in_any_zone(composer: MessageComposer, edition: Edition, message: bytes) -> None:
    elsewhere = replace(edition, sending_at=edition.sending_at and edition.sending_at.astimezone(None))
    assert one(composer, elsewhere, message, person()) == one(composer, edition, message, person())


def test_leaving_is_offered_on_a_page_and_by_mail(composer: MessageComposer, edition: Edition, message: bytes) -> None:
    envelope = one(composer, edition, message, person())
    page, mail = read(envelope)["List-Unsubscribe"].split(", ")
    assert page == f"<{URL}/leave/{token(envelope)}>"
    assert mail == f"<mailto:comms@example.org?subject=unsubscribe-{token(envelope)}>"
    assert len(page) <= 90
    assert read(envelope)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    folded = envelope.message.partition(b"List-Unsubscribe: ")[2].partition(b"\r\nList-Unsubscribe-Post")[0]
    assert folded == f"{page},\r\n {mail}".encode()


def test_without_a_public_url_people_leave_by_mail(
    private_composer: MessageComposer, edition: Edition, private_message: bytes
) -> None:
    envelope = one(private_composer, edition, private_message, person())
    header = read(envelope)
    assert re.fullmatch(
        r"<mailto:comms@example\.org\?subject=unsubscribe-[0-9a-f]{16}-[0-9a-f]{32}>", header["List-Unsubscribe"]
    )
    assert "List-Unsubscribe-Post" not in header
    for part in message_from_bytes(envelope.message, policy=default).iter_parts():
        assert header["List-Unsubscribe"].strip("<>") in part.get_content()


def test_without_a_reply_address_the_sender_is_asked(
    newsletter: Newsletter, edition: Edition, private_message: bytes
) -> None:
    composer = MessageComposer(SECRET, [replace(newsletter, reply_to=None)], public_url=None)
    header = read(one(composer, edition, private_message, person()))
    assert header["List-Unsubscribe"].startswith("<mailto:bulletin@news.example.org?subject=")


def test_each_link_has_a_token_of_its_own_and_the_web_view_one_that_all_readers_of_the_mail_share(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    keyring = Keyring([SECRET])
    seen: dict[str, set[str]] = {"leave": set(), "preferences": set(), "view/2018-07": set()}
    for name in ("0123456789abcdef", "0123456789abcdee"):
        envelope = one(composer, edition, message, person(name))
        for part in message_from_bytes(envelope.message, policy=default).iter_parts():
            for page, tokens in seen.items():
                (found,) = re.findall(rf"{URL}/{page}/([\w-]+)", part.get_content())
                tokens.add(found)
        assert token(envelope) in seen["leave"]
    leave, choose, view = seen.values()
    assert (len(leave), len(choose), len(view), len(leave | choose | view)) == (2, 2, 1, 5)
    assert all(keyring.is_token(Purpose.LEAVE, "monthly", one) for one in leave)
    assert all(keyring.is_token(Purpose.CHOOSE, "monthly", one) for one in choose)
    assert keyring.is_view(edition, person().variant, *view)


def test_an_old_link_goes_on_working_in_later_editions(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    later = replace(edition, period=edition.period.next(), revision=2)
    assert token(one(composer, later, message, person())) == token(one(composer, edition, message, person()))


def test_a_token_is_the_public_id_and_a_proof_of_its_own(
    composer: MessageComposer, newsletter: Newsletter, edition: Edition, message: bytes
) -> None:
    def of(secret: bytes, subscriber: str, name: str) -> str:
        other = MessageComposer(secret, [replace(newsletter, name=name)], public_url=URL)
        return token(one(other, replace(edition, newsletter=name), message, person(subscriber)))

    proofs = {
        of(SECRET, "0123456789abcdef", "monthly").removeprefix("0123456789abcdef-"),
        of(SECRET, "0123456789abcdee", "monthly").removeprefix("0123456789abcdee-"),
        of(SECRET, "0123456789abcdef", "weekly").removeprefix("0123456789abcdef-"),
        of(SECRET[::-1], "0123456789abcdef", "monthly").removeprefix("0123456789abcdef-"),
    }
    assert len(proofs) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", proof) for proof in proofs)


def test_message_ids_differ_by_person_newsletter_edition_and_revision_only(
    newsletter: Newsletter, edition: Edition, message: bytes
) -> None:
    composer = MessageComposer(SECRET, [newsletter, replace(newsletter, name="weekly")], public_url=URL)
    people = [person(f"{number:016x}", f"r{number}@example.org", None) for number in range(2000)]
    ids = [read(each)["Message-ID"] for each in composer.compose(edition, message, people[:50])]
    others = (
        replace(edition, revision=2),
        replace(edition, period=edition.period.next()),
        replace(edition, newsletter="weekly"),
    )
    ids += [read(one(composer, other, message, people[0]))["Message-ID"] for other in others]
    assert len(set(ids)) == len(ids)
    later = replace(edition, sending_at=datetime(2018, 9, 1, tzinfo=UTC), number=7)
    assert read(one(composer, later, message, people[0]))["Message-ID"] == ids[0]
    stems = {each.stem for each in composer.compose(edition, message, people)}
    assert len(stems) == len(people)


@pytest.mark.parametrize("domain", ["n.example", "news.example.org", "a-rather-long-name.newsletters.example.org"])
def test_a_message_id_is_short(newsletter: Newsletter, edition: Edition, message: bytes, domain: str) -> None:
    sender = {"en": NamedAddress(name="B", address=f"b@{domain}")}
    composer = MessageComposer(SECRET, [replace(newsletter, sender=sender)], public_url=URL)
    found = read(one(composer, edition, message, person()))["Message-ID"]
    assert len(found) <= 64
    assert re.fullmatch(rf"<[0-9a-f]{{16,32}}@{re.escape(domain)}>", found)


def test_composing_twice_gives_the_same_bytes(
    newsletter: Newsletter, composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    again = MessageComposer(SECRET, [newsletter], public_url=f"{URL}/")
    assert one(again, edition, message, person()) == one(composer, edition, message, person())


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.text('a,"\\<>@=?q\r\n ñ', max_size=60),
)
def test_no_name_breaks_the_header(composer: MessageComposer, edition: Edition, message: bytes, name: str) -> None:
    plain = one(composer, edition, message, person(name=None))
    envelope = one(composer, edition, message, person(name=name))
    before, after = plain.message.split(b"To: ana@example.org", 1)
    assert envelope.message.startswith(before)
    assert envelope.message.endswith(after)
    found = message_from_bytes(envelope.message, policy=default)
    assert list(found.keys()) == list(message_from_bytes(plain.message, policy=default).keys())
    assert [each.addr_spec for each in found["To"].addresses] == ["ana@example.org"]


@pytest.mark.parametrize(
    ("subscriber", "address"),
    [
        ("0123456789abcdef", "ana@example.org\r\nBcc: x@y.example"),
        ("0123456789abcdef", "ana@example.org>, <x@y.example"),
        ("0123456789abcdef", "josé@example.org"),
        ("../../etc", "ana@example.org"),
        ("", "ana@example.org"),
    ],
)
def test_what_cannot_be_written_is_refused_without_naming_the_address(
    composer: MessageComposer, edition: Edition, message: bytes, subscriber: str, address: str
) -> None:
    with pytest.raises(IntegrityError) as caught:
        one(composer, edition, message, person(subscriber, address))
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "stem"),
    [
        ("ana.lopez+news@example.org", "ana.lopez+news@example.org"),
        ("o'neil/x@example.org", "o_neil_x@example.org"),
        (".hidden@example.org", "_hidden@example.org"),
        ("-rf@example.org", "_rf@example.org"),
        ("a" * 200 + "@example.org", "a" * 120),
    ],
)
def test_a_stem_is_a_safe_file_name(
    composer: MessageComposer, edition: Edition, message: bytes, address: str, stem: str
) -> None:
    found = one(composer, edition, message, person(address=address)).stem
    assert re.fullmatch(re.escape(stem) + "-[0-9a-f]{8}", found)


def test_a_sample_is_the_same_whatever_state_the_edition_is_in(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    draft = replace(edition, state=EditionState.DRAFT, sending_at=None)
    sample = composer.sample(draft, message)
    assert sample == composer.sample(edition, message)
    header = read(sample)
    assert header["To"] == sample.recipient == "sample@example.org"
    assert header["Date"] == "Wed, 01 Aug 2018 00:00:00 +0000"


def test_nothing_is_composed_before_sending_has_begun(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    with pytest.raises(IntegrityError, match="monthly/2018-07"):
        composer.compose(replace(edition, sending_at=None), message, [person()])


def test_a_message_that_needs_pages_is_not_filled_without_them(
    renderer: TemplateRenderer, private_composer: MessageComposer, variant: Variant, edition: Edition, message: bytes
) -> None:
    with pytest.raises(IntegrityError, match=r"preferences|web-view"):
        one(private_composer, edition, message, person())
    with pytest.raises(IntegrityError, match=r"preferences|web-view"):
        private_composer.sample_body(edition, renderer.render(variant(1)).html)


def test_a_newsletter_that_left_the_settings_is_named(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    with pytest.raises(ConfigurationError, match="old/2018-07"):
        one(composer, replace(edition, newsletter="old"), message, person())


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example/?x=1", "https://a.example/ñ", 'https://a.example/"', "a.example", ""]
)
def test_a_public_url_that_is_not_plain_https_is_refused(newsletter: Newsletter, url: str) -> None:
    with pytest.raises(ConfigurationError, match="public_url"):
        MessageComposer(SECRET, [newsletter], public_url=url)


@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_secret_that_is_none_is_refused(newsletter: Newsletter, length: int) -> None:
    with pytest.raises(ConfigurationError, match="secret"):
        MessageComposer(b"x" * length, [newsletter], public_url=URL)


def test_lines_stay_short_however_long_the_links_are(newsletter: Newsletter, edition: Edition, message: bytes) -> None:
    url = "https://a-rather-long-name.newsletters.example.org/and/a/long/path/to/where/it/lives"
    composer = MessageComposer(SECRET, [newsletter], public_url=url)
    envelope = one(composer, edition, message, person("a" * 40))
    body = envelope.message.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    for part in message_from_bytes(envelope.message, policy=default).iter_parts():
        assert f"{url}/leave/{'a' * 40}" in part.get_content()


def test_a_later_person_changes_nothing_for_an_earlier_one(
    composer: MessageComposer, edition: Edition, message: bytes
) -> None:
    people = [person(f"{number:016x}", f"r{number}@example.org", f"Name {number}") for number in range(5)]
    together = list(composer.compose(edition, message, people))
    assert together == [one(composer, edition, message, each) for each in people]
    assert edition.sending_at
    assert edition.sending_at - datetime(2018, 8, 5, tzinfo=UTC) == timedelta(hours=15)
