"""Every text is legible (WCAG 2.2 AA, SC 1.4.3) in light and dark, computed from the page itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

import pytest

from digest.mail.content import VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.colours import DARK, LIGHT
from digest.newsletters.newsletter import Brand, Localised

Variant = Callable[..., VariantContent]
Page = Callable[[str], Element]

DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;!]+)")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
INHERITED = {"color": "#000000", "background": "#ffffff", "font-size": "16px"}  # a background shows through


@dataclass(frozen=True)
class Seen:
    """One text as a reader sees it."""

    text: str
    colour: str
    background: str
    size: float

    @property
    def contrast(self) -> float:
        first, second = sorted((luminance(self.colour), luminance(self.background)))
        return (second + 0.05) / (first + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def declarations(style: str) -> dict[str, str]:
    return {name: value.strip() for name, value in DECLARATION.findall(style)}


def dark_rules(html: str) -> list[tuple[list[str], dict[str, str]]]:
    block = html.split("@media (prefers-color-scheme: dark) {", 1)[1].split("</style>", 1)[0]
    return [
        (one.split(), declarations(style)) for selectors, style in RULE.findall(block) for one in selectors.split(",")
    ]


def matches(selector: list[str], path: list[Element]) -> bool:
    """For selectors made of tags and classes, with descent."""

    def fits(simple: str, element: Element) -> bool:
        return simple[1:] in (element.get("class") or "").split() if simple[0] == "." else simple == element.tag

    if not fits(selector[-1], path[-1]):
        return False
    rest = selector[:-1]
    for element in reversed(path[:-1]):
        if rest and fits(rest[-1], element):
            rest = rest[:-1]
    return not rest


def style_of(
    path: list[Element], above: dict[str, str], rules: list[tuple[list[str], dict[str, str]]]
) -> dict[str, str]:
    """What the last element of the path looks like: inherited, its own, then the rules, which are all important."""
    element = path[-1]
    own = {"color": "#0000ee"} if element.tag == "a" else {}
    own |= declarations(element.get("style") or "")
    for selector, style in rules:
        if matches(selector, path):
            own |= style
    own.setdefault("background", own.get("background-color", above["background"]))
    return above | own


def texts(html: str, tree: Element, *, dark: bool) -> Iterator[Seen]:
    rules = dark_rules(html) if dark else []

    def walk(path: list[Element], above: dict[str, str]) -> Iterator[Seen]:
        element = path[-1]
        now = style_of(path, above, rules)
        if now.get("display") == "none" or element.tag in ("head", "style"):
            return
        for text in filter(str.strip, [element.text or "", *(child.tail or "" for child in element)]):
            yield Seen(text.strip(), now["color"], now["background"], float(now["font-size"].removesuffix("px")))
        inherited = {name: now[name] for name in INHERITED}
        for child in element:
            if isinstance(child.tag, str):
                yield from walk([*path, child], inherited)

    yield from walk([tree], INHERITED)


BRANDS = {"standard": Brand(), "own": Brand(accent="#8a2b0e", accent_dark="#f0a68c", footer=Localised(everywhere="X"))}


@pytest.fixture(
    scope="module",
    params=[(name, brand) for name in ("brief", "bulletin", "compact", "letter") for brand in BRANDS],
    ids="-".join,
)
def html(request: pytest.FixtureRequest, renderer: TemplateRenderer, variant: Variant) -> str:
    name, brand = request.param
    content = variant(12, "es", name)
    return renderer.render(replace(content, publisher=replace(content.publisher, brand=BRANDS[brand]))).html


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_enough_contrast(html: str, page: Page, *, dark: bool) -> None:
    found = list(texts(html, page(html), dark=dark))
    assert len(found) > 40
    assert [seen for seen in found if seen.contrast < 4.5] == []


def test_the_dark_page_is_dark_and_the_light_one_light(html: str, page: Page) -> None:
    for dark, shown, low, high in ((False, LIGHT, 0.8, 1.0), (True, DARK, 0.0, 0.05)):
        backgrounds = {seen.background for seen in texts(html, page(html), dark=dark)}
        assert backgrounds == set(shown)  # the page and its foot
        assert all(low <= luminance(each) <= high for each in backgrounds)


def test_there_is_ink_a_softer_ink_and_one_accent(html: str, page: Page) -> None:
    for dark in (False, True):
        assert len({seen.colour for seen in texts(html, page(html), dark=dark)}) <= 4


def test_text_is_large_enough_to_read(html: str, page: Page) -> None:
    found = list(texts(html, page(html), dark=False))
    assert min(seen.size for seen in found) >= 13
    paragraphs = [seen.size for seen in found if len(seen.text) > 80]
    assert len(paragraphs) >= 4
    assert min(paragraphs) >= 16


def test_outlook_is_given_the_same_dark_colours(html: str) -> None:
    for colour in {style["color"] for _, style in dark_rules(html) if "color" in style}:
        assert re.search(rf"\[data-ogsc\][^}}]*{colour}", html)


def test_the_formula_knows_the_extremes() -> None:
    assert Seen("x", "#000000", "#ffffff", 16).contrast == pytest.approx(21)
    assert Seen("x", "#777777", "#ffffff", 16).contrast == pytest.approx(4.48, abs=0.01)
