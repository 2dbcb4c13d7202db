"""What is left of a mail in Gmail and in Outlook for Windows, simulated from caniemail's data, for Chromium to show.

It simulates what our mails meet, not all that these programs do.
"""

import re
from collections.abc import Callable

from lxml import html

from digest.mail.checks.document import for_outlook

CELLS = ("td", "th")
# Of Gmail: css-text-indent, css-margin, css-at-media-prefers-color-scheme, css-text-wrap, html-anchor-links.
_GMAIL_LACKS = ("text-wrap", "text-decoration-color", "text-decoration-thickness", "text-underline-offset", "hyphens")
_MAY_BE_NEGATIVE = ("margin", "text-indent")
# Of Outlook: css-padding, css-max-width, css-width, css-height, css-border-radius, css-at-media, css-overflow.
_OUTLOOK_LACKS = (
    *_GMAIL_LACKS,
    "border-radius",
    "min-width",
    "min-height",
    "max-height",
    "overflow",
    "overflow-wrap",
    "word-wrap",
    "word-break",
    "text-decoration-style",
    "object-fit",
)
_BLOCKS = ("p", "div", "span", "body", "a", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.DOTALL)
_DARK = re.compile(r"@media[^{]*prefers-color-scheme[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.DOTALL)
_NEGATIVE = re.compile(r"(?:^|\s)-\d")


def as_gmail(page: str) -> str:
    """Anchors lead to an empty `<a name>` and to no id."""
    tree = html.document_fromstring(page)
    for style in tree.iter("style"):
        style.text = _DARK.sub("", style.text or "")
    for element in tree.iter(html.etree.Element):
        element.attrib.pop("id", None)
    return _restyled(tree, lambda _, name, value: name not in _GMAIL_LACKS and not _is_negative(name, value))


def as_outlook(page: str) -> str:
    """With its own comments open; padding in cells alone, sizes of pictures from their attributes."""
    tree = html.document_fromstring(for_outlook(page))
    for style in tree.iter("style"):
        style.text = _MEDIA.sub("", style.text or "")
    return _restyled(tree, _outlook_keeps)


def _outlook_keeps(element: html.HtmlElement, name: str, value: str) -> bool:
    if name.startswith("padding"):
        return element.tag in CELLS
    if name == "max-width":
        return element.tag == "table"
    if name in ("width", "height"):
        return element.tag not in (*_BLOCKS, "img")
    return name not in _OUTLOOK_LACKS and not (name.startswith("margin") and _NEGATIVE.search(value))


def _is_negative(name: str, value: str) -> bool:
    return name.startswith(_MAY_BE_NEGATIVE) and _NEGATIVE.search(value) is not None


def _restyled(tree: html.HtmlElement, keeps: Callable[[html.HtmlElement, str, str], bool]) -> str:
    for element in tree.xpath("//*[@style]"):
        pairs = (each.partition(":") for each in element.get("style").split(";") if ":" in each)
        named = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
        element.set("style", ";".join(f"{name}:{value}" for name, value in named if keeps(element, name, value)))
    return "<!doctype html>" + html.tostring(tree, encoding="unicode")
