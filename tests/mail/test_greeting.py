"""The salutation: filled in per person, and a name is never anything but a name."""

import html as standard_html
import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from xml.etree.ElementTree import Element

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import IntegrityError
from digest.mail.composing import MessageComposer
from digest.mail.content import VariantContent
from digest.mail.greeting import greeting_mark, greeting_of
from digest.mail.message import Recipient
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition

Variant = Callable[..., VariantContent]
Page = Callable[[str], Element]
Said = Callable[[Element], str]
Greeted = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def messages(renderer: TemplateRenderer, variant: Variant) -> dict[str, bytes]:
    return {language: renderer.render(variant(2, language, "letter")).message for language in ("en", "es")}


@pytest.fixture(scope="module")
def greeted(messages: dict[str, bytes], composer: MessageComposer, edition: Edition) -> Greeted:
    """(name, language) → the text and the HTML of that person's message."""

    def parts(name: str | None, language: str = "en") -> tuple[str, str]:
        person = Recipient(row=1, subscriber="0123456789abcdef", address="ana@example.org", name=name, variant="")
        (envelope,) = composer.compose(edition, messages[language], [person])
        assert max(map(len, envelope.message.split(b"\r\n"))) <= 76 + len("Message-ID: ") + 76
        assert max(envelope.message) < 128
        text, html = message_from_bytes(envelope.message, policy=default).iter_parts()
        return tuple(part.get_content().replace("\r\n", "\n") for part in (text, html))

    return parts


@pytest.mark.parametrize(
    ("language", "name", "said"),
    [
        ("en", "Ana", "Dear Ana,"),
        ("es", "Ana López", "Saludos, Ana López:"),
        ("en", None, "Dear reader,"),
        ("es", None, "Saludos:"),
        ("es", "  \t ", "Saludos:"),
        ("en", "12345", "Dear reader,"),
        ("en", "ana@example.org", "Dear reader,"),
        ("en", "see https://evil.example/now", "Dear reader,"),
        ("en", "www.evil.example", "Dear reader,"),
        ("en", "Ana\r\n\r\nBuy", "Dear Ana Buy,"),
        ("en", "\u202eanA", "Dear anA,"),
        ("en", "محمد", "Dear محمد,"),
        ("en", "{name} {{ 7*7 }} %s", "Dear {name} {{ 7*7 }} %s,"),
        ("en", "x" * 500, f"Dear {'x' * 59}…,"),
    ],
)
def test_readers_are_greeted_by_name_if_they_have_one(
    greeted: Greeted, language: str, name: str | None, said: str
) -> None:
    text, html = greeted(name, language)
    assert f"\n{said}\n" in text
    assert f">{said}</p>" in html


@settings(max_examples=examples(80), deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=70) | st.text("a<>\"&=\\'{}%/\0", max_size=30))
def test_any_name_is_text_and_changes_nothing_else(greeted: Greeted, page: Page, said: Said, name: str) -> None:
    text, html = greeted(name)
    plain_text, plain_html = greeted(None)
    before, after = plain_text.split("Dear reader,")
    assert text.startswith(before)
    assert text.endswith(after)
    spoken = text[len(before) : len(text) - len(after)]
    tree, plain = page(html), page(plain_html)
    assert [each.tag for each in tree.iter()] == [each.tag for each in plain.iter()]
    assert any(said(each) == spoken for each in tree.iter("p"))


def test_the_sample_reader_has_no_name(
    renderer: TemplateRenderer, composer: MessageComposer, edition: Edition, variant: Variant
) -> None:
    rendered = renderer.render(variant(2, "es", "letter"))
    for body in (rendered.html, rendered.text):
        assert "Saludos:" in composer.sample_body(edition, body)


def test_the_wording_is_part_of_what_is_approved(renderer: TemplateRenderer, variant: Variant) -> None:
    for part in (rendered := renderer.render(variant(1, "es", "letter"))).html, rendered.text:
        (mark,) = re.findall("\0(greeting:[^\0]*)\0", part)
        assert greeting_of(mark)("Ana") == "Saludos, Ana:"
        assert mark.encode() in rendered.message


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_wording_travels_in_a_mark(named: str, unnamed: str) -> None:
    if not (named + unnamed).isprintable():
        return
    mark = greeting_mark(named, unnamed, markup=False).strip("\0")
    assert re.fullmatch(r"[A-Za-z0-9%:._~-]+", mark)
    assert greeting_of(mark)(None) == unnamed
    escaped = greeting_of(greeting_mark(named, unnamed, markup=True).strip("\0"))(None)
    assert standard_html.unescape(escaped) == standard_html.unescape(standard_html.escape(unnamed, quote=False))


@pytest.mark.parametrize("mark", ["greeting:html:a", "greeting:css:a:b", "greeting:plain:a:b:c"])
def test_a_mark_that_nobody_wrote_is_refused(
    composer: MessageComposer, edition: Edition, mark: str, messages: dict[str, bytes]
) -> None:
    person = Recipient(row=1, subscriber="0123456789abcdef", address="ana@example.org", name="Ana", variant="")
    with pytest.raises(IntegrityError, match="greeting"):
        list(composer.compose(edition, messages["en"] + f"\0{mark}\0".encode(), [person]))


def test_the_same_name_gives_the_same_bytes(
    messages: dict[str, bytes], composer: MessageComposer, edition: Edition
) -> None:
    person = Recipient(row=1, subscriber="0123456789abcdef", address="ana@example.org", name="Ana", variant="")
    other = replace(person, name="José")
    first, second, third = composer.compose(edition, messages["en"], [person, other, person])
    assert first == third != second
