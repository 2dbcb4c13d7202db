"""What only a browser knows: whether the page fits, and what it looks like in the dark."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from digest.intake.item import Text
from digest.mail.content import VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.newsletter import Brand, Localised, Logo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

SETS = ("brief", "bulletin", "compact", "letter")

Variant = Callable[..., VariantContent]

pytestmark = pytest.mark.browser

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
BACKGROUND = "getComputedStyle(document.querySelector('.paper')).backgroundColor"


@pytest.fixture(scope="module")
def browser(playwright: "Playwright") -> "Iterator[Browser]":
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pages(renderer: TemplateRenderer, variant: Variant) -> list[str]:
    """The usual, a hostile one, and each as a client without style blocks shows it."""
    long = "Donaudampfschifffahrtsgesellschaft" * 4
    content = variant(12, "es")
    assert content.lead
    text = Text(title=long, paragraphs=(long, f"https://a.example/{long}"), author=long, link="https://a.example/")
    columns = "".join(f"<td>Desamparados {number}</td>" for number in range(12))
    code = f"<pre><code>{'a line of code ' * 20}\n{long}</code></pre>"
    nested = f"<ol><li>x<ul><li>{code}<table><tr><td>{long}</td><td>Mon–Fri</td></tr></table></li></ul></li></ol>"
    html = f"<p>{long}</p>{code}<blockquote>{code}</blockquote>{nested}<table><tr>{columns}</tr></table>"
    lead = replace(content.lead, item=replace(content.lead.item, text=replace(text, html=html)))
    logo = Logo(url="https://a.example/logo.png", width=552, alt=Localised(everywhere="A logo that is not there"))
    content = replace(content, publisher=replace(content.publisher, brand=Brand(logo=logo)))
    sets = [replace(content, newsletter=replace(content.newsletter, template=name)) for name in SETS]
    found = [renderer.render(each).html for content in sets for each in (content, replace(content, lead=lead))]
    return found + [re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL) for html in found]


@pytest.mark.parametrize("width", [320, 360, 800])
def test_nothing_is_wider_than_the_window(browser: "Browser", pages: list[str], width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.route("**/logo.png", lambda route: route.abort())
    for html in pages:
        page.set_content(html)
        assert page.evaluate(TOO_WIDE) == 0
    page.close()


def test_the_page_follows_the_readers_colour_scheme(browser: "Browser", pages: list[str]) -> None:
    seen = []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
        page.set_content(pages[0])
        seen.append(page.evaluate(BACKGROUND))
        page.close()
    assert seen == ["rgb(255, 254, 251)", "rgb(21, 25, 27)"]
