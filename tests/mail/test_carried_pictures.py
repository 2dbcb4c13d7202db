"""A mail carries the pictures that its stories show: in its bytes, before anybody approves them."""

import email
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import policy

import pytest

from digest.errors import IntegrityError
from digest.intake.picture import Picture
from digest.mail.content import VariantContent
from digest.mail.message import with_its_pictures
from digest.mail.proof import Prover
from digest.mail.renderer import TemplateRenderer

Variant = Callable[..., VariantContent]
MAP = Picture(name="a" * 32, kind="png", width=300, height=100, data=b"\x89PNG" + bytes(range(256)))
HALL = Picture(name="b" * 32, kind="jpeg", width=552, height=300, data=b"\xff\xd8" + bytes(range(256)) * 9)


@pytest.fixture
def content(variant: Variant) -> VariantContent:
    """Its lead shows two pictures, one of them twice."""
    made = variant(2, "en", "bulletin")
    assert made.lead is not None
    html = f"<p>Before.</p><p>{MAP.html('A map')}</p><p>{HALL.html('')}{MAP.html('Again')}</p>"
    text = replace(made.lead.item.text, html=html, image=HALL.address, image_alt="The hall")
    return replace(made, lead=replace(made.lead, item=replace(made.lead.item, text=text)))


@pytest.fixture
def renderer() -> TemplateRenderer:
    pictures = {picture.name: picture for picture in (MAP, HALL)}
    return TemplateRenderer(None, lambda kind, value, language: value, has_public_url=True, picture=pictures.get)


def test_each_picture_is_carried_once_beside_the_page(renderer: TemplateRenderer, content: VariantContent) -> None:
    rendered = renderer.render(content)

    read = email.message_from_bytes(rendered.message, policy=policy.default)
    kinds = [part.get_content_type() for part in read.walk()]
    assert kinds[:4] == ["multipart/alternative", "text/plain", "multipart/related", "text/html"]
    assert sorted(kinds[4:]) == ["image/jpeg", "image/png"]
    images = {part["Content-ID"]: part.get_content() for part in read.walk() if part.get_content_maintype() == "image"}
    assert images == {f"<{picture.name}@pictures.invalid>": picture.data for picture in (HALL, MAP)}
    assert not any(part.defects for part in read.walk())
    assert all(len(line) <= 78 for line in rendered.message.split(b"\r\n"))
    assert renderer.render(content) == rendered


def test_the_text_part_says_what_the_pictures_show(renderer: TemplateRenderer, content: VariantContent) -> None:
    assert "Before.\n\n[A map]\n\n[Again]" in renderer.render(content).text


def test_a_mail_without_pictures_is_built_as_before(renderer: TemplateRenderer, variant: Variant) -> None:
    assert b"multipart/related" not in renderer.render(variant(2, "en", "bulletin")).message


def test_a_picture_that_is_not_there_stops_the_building(renderer: TemplateRenderer, content: VariantContent) -> None:
    lost = TemplateRenderer(None, renderer._section_title, has_public_url=True)

    with pytest.raises(IntegrityError, match="not in the database"):
        lost.render(content)


def test_a_changed_part_is_noticed_before_it_is_sent(
    renderer: TemplateRenderer, content: VariantContent, composer: object
) -> None:
    at = datetime(2018, 8, 5, tzinfo=UTC)
    message = renderer.render(content).message
    for fault in (
        (b"Content-Type: image/png", b"Content-Type: application/x-program"),
        (b"Content-Disposition: inline", b"X-Other: inline"),
        (b"multipart/related", b"multipart/mixed"),
    ):
        assert fault[0] in message
        with pytest.raises(IntegrityError):
            _prove(message.replace(*fault), at)
    _prove(message, at)


def _prove(message: bytes, at: datetime) -> None:
    from email.utils import format_datetime

    from digest.mail.composing import SAMPLE
    from digest.mail.content import Slot

    filled = message
    for slot, value in {
        Slot.TO: SAMPLE.address,
        Slot.DATE: format_datetime(at),
        Slot.MESSAGE_ID: "<0123456789abcdef@example.org>",
        Slot.LIST_UNSUBSCRIBE: "<https://example.org/sample>, <mailto:a@example.org?subject=sample>",
    }.items():
        filled = filled.replace(slot.mark.encode(), value.encode())
    for slot in (Slot.LEAVE, Slot.PREFERENCES, Slot.WEB_VIEW):
        filled = filled.replace(slot.mark.encode(), b"x")
    Prover(message, at)(SAMPLE, (filled,))


def test_a_page_in_a_browser_has_its_pictures_inside(renderer: TemplateRenderer, content: VariantContent) -> None:
    rendered = renderer.render(content)

    page = with_its_pictures(rendered.html, rendered.message)

    assert page.count("data:image/png;base64,iVBORw") == 2
    assert "cid:" not in page
