import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default, strict

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ConfigurationError
from digest.foundation.addresses import NamedAddress
from digest.intake.item import Text
from digest.mail.composing import MessageComposer
from digest.mail.content import Slot, VariantContent
from digest.mail.message import feedback_id, list_id
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

Variant = Callable[..., VariantContent]

FIELDS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Precedence",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]
EVERY = [(count, language) for count in (1, 12) for language in ("en", "es")]


def defects(message: EmailMessage) -> list[object]:
    found: list[object] = []
    for part in message.walk():
        found += part.defects
        found += [defect for value in part.values() for defect in getattr(value, "defects", ())]
    return found


def parsed(message: bytes) -> EmailMessage:
    """Raises at the first defect."""
    found = message_from_bytes(message, policy=strict)  # type: ignore[arg-type]  # typeshed knows compat32 only
    assert isinstance(found, EmailMessage)
    assert defects(found) == []
    return found


@pytest.mark.parametrize(("count", "language"), EVERY)
def test_the_message_is_read_back_as_it_was_meant(
    renderer: TemplateRenderer, composer: MessageComposer, variant: Variant, edition: Edition, count: int, language: str
) -> None:
    rendered = renderer.render(variant(count, language))
    message = parsed(composer.sample(edition, rendered.message).message)
    assert list(message.keys()) == FIELDS
    assert message["Subject"] == rendered.subject
    assert (
        message["From"].addresses[0].display_name
        == {"en": "Migration Bulletin", "es": "Boletín de Migración"}[language]
    )
    assert message["From"].addresses[0].addr_spec == "bulletin@news.example.org"
    assert message["Reply-To"] == "comms@example.org"
    assert message["Content-Language"] == language
    assert message["Precedence"] == "bulk"
    assert message["Feedback-ID"] == f"2018-07:monthly:{language}:newsexampleorg"
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    for part, kind, body in ((text, "text/plain", rendered.text), (html, "text/html", rendered.html)):
        assert isinstance(part, EmailMessage)
        assert part.get_content_type() == kind
        assert part.get_content_charset() == "utf-8"
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        assert part.get_content().replace("\r\n", "\n").removesuffix("\n") == (
            composer.sample_body(edition, body).removesuffix("\n")
        )


@pytest.mark.parametrize(("count", "language"), EVERY)
def test_the_bytes_obey_the_mail_standards(
    renderer: TemplateRenderer, composer: MessageComposer, variant: Variant, edition: Edition, count: int, language: str
) -> None:
    message = composer.sample(edition, renderer.render(variant(count, language)).message).message
    assert max(message) < 128
    assert message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n")
    head, _, body = message.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert not re.search(rb"(?im)^(list-[a-z-]+|message-id):[^\r]*(\r\n[ \t][^\r]*)*=\?", head)
    assert b"\0" not in message


def test_every_slot_has_its_mark_and_no_other(
    renderer: TemplateRenderer, private_renderer: TemplateRenderer, variant: Variant
) -> None:
    def marks(message: bytes) -> dict[str, int]:
        found = [each.decode() for each in message.split(b"\0")[1::2]]
        return {slot: found.count(slot) for slot in Slot if slot in found} | {
            each: 1 for each in found if each not in set(Slot)
        }

    head = {Slot.TO: 1, Slot.DATE: 1, Slot.MESSAGE_ID: 1, Slot.LIST_UNSUBSCRIBE: 1}
    assert marks(renderer.render(variant(4)).message) == head | {Slot.LEAVE: 2, Slot.PREFERENCES: 2, Slot.WEB_VIEW: 2}
    assert marks(private_renderer.render(variant(4)).message) == head | {Slot.LEAVE: 2}


def test_one_click_is_promised_only_where_there_is_a_page(
    renderer: TemplateRenderer, private_renderer: TemplateRenderer, variant: Variant
) -> None:
    promise = b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    assert renderer.render(variant(1)).message.count(promise) == 1
    assert b"One-Click" not in private_renderer.render(variant(1)).message


def test_the_same_content_gives_the_same_bytes(renderer: TemplateRenderer, variant: Variant) -> None:
    again = TemplateRenderer(None, renderer._section_title, has_public_url=True)
    assert renderer.render(variant(12, "es")) == again.render(variant(12, "es"))
    assert renderer.fingerprint("bulletin") == again.fingerprint("bulletin")


def test_other_content_gives_other_bytes(renderer: TemplateRenderer, variant: Variant) -> None:
    messages = {renderer.render(variant(count, language)).message for count, language in EVERY}
    assert len(messages) == len(EVERY)


@settings(max_examples=examples(60), deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80))
def test_no_content_adds_a_field_or_a_part(
    renderer: TemplateRenderer, composer: MessageComposer, variant_of: Variant, edition: Edition, text: str
) -> None:
    content = variant_of(Text(title=f"T{text}", paragraphs=(f"P{text}",)))
    message = parsed(composer.sample(edition, renderer.render(content).message).message)
    assert list(message.keys()) == FIELDS
    assert len(list(message.iter_parts())) == 2


@pytest.mark.parametrize(
    "title",
    [
        "=?utf-8?q?a=0D=0ABcc=3A_evil=40a.example?=",
        "News\r\nBcc: evil@a.example",
        "News\r\n\r\n--=_\r\nContent-Type: text/html\r\n\r\n<b>x</b>",
        "tail\n",
    ],
)
def test_a_title_cannot_inject_a_field(
    renderer: TemplateRenderer, composer: MessageComposer, variant_of: Variant, edition: Edition, title: str
) -> None:
    rendered = renderer.render(variant_of(Text(title=title, paragraphs=("Text.",))))
    message = message_from_bytes(composer.sample(edition, rendered.message).message, policy=default)
    assert list(message.keys()) == FIELDS
    assert message["Bcc"] is None


def test_the_boundary_stands_in_no_body(renderer: TemplateRenderer, variant: Variant) -> None:
    message = renderer.render(variant(12)).message
    found = re.search(rb'boundary="([^"]+)"', message)
    assert found
    assert len(found[1]) <= 70
    assert message.count(found[1]) == 4
    assert found[1].startswith(b"=_")


def test_the_list_id_is_stable_and_never_encoded(newsletter: Newsletter) -> None:
    assert list_id(newsletter, "en") == "Migration bulletin <monthly.news.example.org>"
    assert list_id(newsletter, "es") == "<monthly.news.example.org>"
    assert list_id(replace(newsletter, name="Año nuevo!"), "es") == "<a-o-nuevo.news.example.org>"
    assert list_id(replace(newsletter, name="…"), "es") == "<newsletter.news.example.org>"


@pytest.mark.parametrize(
    ("domain", "sender"),
    [
        ("news.example.org", "newsexampleorg"),
        ("a.io", "aio"),
        ("a-rather-long-name.newsletters.example.org", "aratherlo"),
    ],
)
def test_a_feedback_id_has_four_fields_and_ends_with_the_sender(variant: Variant, domain: str, sender: str) -> None:
    content = variant(1)
    newsletter = replace(
        content.newsletter, name="año: nuevo", sender={"en": NamedAddress(name="B", address=f"b@{domain}")}
    )
    found = feedback_id(replace(content, newsletter=newsletter, revision=2)).split(":")
    assert found[:3] == ["2018-07.2", "a-o-nuevo", "en"]
    assert len(found) == 4
    assert re.fullmatch("[a-z0-9]{5,15}", found[3])
    assert found[3].startswith(sender)
    again = replace(newsletter, sender={"es": NamedAddress(name="C", address=f"c@{domain.upper()}")})
    assert feedback_id(replace(content, newsletter=again)).split(":")[3] == found[3]


def test_a_reply_address_that_is_none_is_refused(renderer: TemplateRenderer, variant: Variant) -> None:
    content = variant(1)
    content = replace(content, newsletter=replace(content.newsletter, reply_to="x@y.example\r\nBcc: z@y.example"))
    with pytest.raises(ConfigurationError, match="Reply-To"):
        renderer.render(content)
