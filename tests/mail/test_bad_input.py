"""What sources really bring: the mail stays whole in every set, and nothing is wider than it may be."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import pytest

from digest.intake.item import Text
from digest.mail.content import VariantContent
from digest.mail.renderer import TemplateRenderer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

Variant = Callable[..., VariantContent]
Page = Callable[[str], Element]
Said = Callable[[Element], str]

SETS = ("brief", "bulletin", "compact", "letter")
LINKS = " ".join(f'<a href="https://a.example/{number}">link number {number}</a>' for number in range(40))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
ODD = {
    "no summary, no text": Text(title="Only a title", paragraphs=()),
    "a title of 5,000 characters": Text(title="very " * 999 + "long.", paragraphs=("x",), link="https://a.example/"),
    "a word of 300 characters": Text(title="w" * 300, paragraphs=("v" * 300,), author="u" * 300),
    "only emoji": Text(title="🎉🎉🎉", paragraphs=("🚌" * 60,), summary="👨‍👩‍👧", link="https://a.example/"),
    "Arabic inside Spanish": Text(title="La palabra «سلام» en la frontera", paragraphs=("Dijo: مرحبا بكم. Y pasó.",)),
    "40 links in a paragraph": Text(title="Links", paragraphs=("x",), html=f"<p>{LINKS}</p>"),
    "a tiny image": Text(title="Dot", paragraphs=("x",), image="https://a.example/1x1.png"),
    "a huge image": Text(title="Wall", paragraphs=("x",), image="https://a.example/8000x8000.png", image_alt="A wall"),
    "a link of 2,000 characters": Text(title="Far", paragraphs=("x",), link=f"https://a.example/{'a' * 2000}"),
    "a table of empty words": Text(title="\u00ad\u200b\u2060", paragraphs=("\u200b",)),
}


@pytest.fixture(params=ODD, scope="module")
def odd(request: pytest.FixtureRequest) -> Text:
    return ODD[request.param]


@pytest.fixture(scope="module")
def browser(playwright: "Playwright") -> "Iterator[Browser]":
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield browser
    browser.close()


def two_of(variant_of: Variant, text: Text, name: str) -> VariantContent:
    content = variant_of(text, replace(text, title=f"{text.title}."))
    return replace(content, newsletter=replace(content.newsletter, template=name))


@pytest.mark.parametrize("name", SETS)
def test_odd_stories_are_shown_as_they_are(
    renderer: TemplateRenderer, variant_of: Variant, page: Page, said: Said, odd: Text, name: str
) -> None:
    rendered = renderer.render(two_of(variant_of, odd, name))
    tree = page(rendered.html)
    titles = [said(each) for level in ("h2", "h3") for each in tree.iter(level)]
    assert odd.title in titles
    assert f"{odd.title}." in titles
    assert len(rendered.subject) <= 78
    assert len(rendered.html.encode()) <= 90_000
    for image in tree.iter("img"):
        assert int(image.get("width") or "9999") <= 552
        assert image.get("alt") is not None
    links = {link.get("href") for link in tree.iter("a") if "a.example" in (link.get("href") or "")}
    assert all(link in rendered.text for link in links)


@pytest.mark.browser
@pytest.mark.parametrize("name", SETS)
def test_odd_stories_are_never_wider_than_the_window(
    renderer: TemplateRenderer, variant_of: Variant, browser: "Browser", name: str
) -> None:
    tab = browser.new_page(viewport={"width": 320, "height": 800})
    tab.route("**/*.png", lambda route: route.abort())
    for what, text in ODD.items():
        html = renderer.render(two_of(variant_of, text, name)).html
        for shown in (html, re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)):
            tab.set_content(shown)
            assert (what, tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")) == (what, 0)
    tab.close()
