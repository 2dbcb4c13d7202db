"""The one allow-list through which story HTML passes: text and simple formatting, nothing that acts or loads."""

import re
from collections import Counter
from functools import lru_cache
from unicodedata import normalize

import nh3

from digest.sources.cleaning import without_controls

ALLOWED_TAGS = frozenset(
    ["a", "p", "ul", "ol", "li", "strong", "em", "b", "i", "blockquote", "h4", "br", "code", "pre"]
)
_SCHEMES = {"http", "https", "mailto"}
_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}}  # without "*", nh3 lets lang and title pass

# Other tags that separate text: kept in a first pass and then renamed, so that no two words grow together.
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_PARAGRAPHS = [
    "div",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "aside",
    "nav",
    "address",
    "figure",
    "figcaption",
    "dl",
    "dt",
    "dd",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "center",
    "details",
    "summary",
    "fieldset",
    "form",
    "hr",
]
_CELLS = ["td", "th"]
_RENAMED = re.compile(rf"<(/?)({'|'.join((*_HEADINGS, *_PARAGRAPHS, *_CELLS))})>")
_EMPTY = re.compile(r"<(p|h4|li|ul|ol|blockquote|a|strong|em|b|i)(?: href=\"[^\"]*\")?>\s*</\1>")
_WITHOUT_ADDRESS = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_DEEPEST_EMPTY = 5
_TEXT = re.compile(r"[^<>]+")
_NOT_AFTER_A_TAG = re.compile(r"(?<=>)[\u0338\u20d2]+")  # would melt with the ">" in NFC


def sanitise(html: str, removed: Counter[str]) -> str:
    """HTML with nothing but the allowed tags, and links to web and mail addresses; NFC, without control characters
    (counted in `removed`). Cleaning twice changes nothing.
    """
    cleaned = _second().clean(_RENAMED.sub(_renamed, _first().clean(html)))
    if (without := without_controls(cleaned, removed)) != cleaned:
        cleaned = _second().clean(without)
    cleaned = _TEXT.sub(lambda text: normalize("NFC", text[0]), _NOT_AFTER_A_TAG.sub("", cleaned))
    cleaned = _WITHOUT_ADDRESS.sub(r"\1", cleaned)
    for _ in range(_DEEPEST_EMPTY):
        fewer = _EMPTY.sub("", cleaned)
        if fewer == cleaned:
            break
        cleaned = fewer
    return cleaned.strip()


def _renamed(tag: re.Match[str]) -> str:
    slash, name = tag.groups()
    if name in _HEADINGS:
        return f"<{slash}h4>"
    return " " if name in _CELLS else f"<{slash}p>"


@lru_cache(maxsize=1)
def _first() -> nh3.Cleaner:
    return _cleaner(ALLOWED_TAGS.union(_HEADINGS, _PARAGRAPHS, _CELLS))


@lru_cache(maxsize=1)
def _second() -> nh3.Cleaner:
    return _cleaner(ALLOWED_TAGS)


def _cleaner(tags: frozenset[str]) -> nh3.Cleaner:
    return nh3.Cleaner(tags=tags, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, url_relative="deny", link_rel=None)
