"""Story HTML: the one allow-list through which it passes, and its plain text. Nothing in it acts or loads."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from unicodedata import is_normalized, normalize

import nh3

from digest.foundation.words import lowered, raised
from digest.intake.picture import ADDRESS
from digest.intake.sources.cleaning import without_controls
from digest.intake.sources.pieces import read_pieces


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALLOWED_TAGS = _names("a p ul ol li strong em b i s sup sub blockquote h4 br code pre table tr th td img")
_SCHEMES = {"http", "https", "mailto"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "img": {"src", "alt", "width", "height"},
}  # without "*", nh3 lets lang and title pass
# Other tags that separate text or mean the same: kept in a first pass and then renamed, so that no two words grow
# together and nothing that was struck out is read as valid.
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_PARAGRAPHS = _names(
    "div section article header footer main aside nav address figure figcaption dl dt dd caption center details"
    " summary fieldset form hr"
)
_STRUCK = _names("del strike")
_RENAMED = re.compile(rf"<(/?)({'|'.join(_HEADINGS | _PARAGRAPHS | _STRUCK)})>")
_MOST_ROUNDS = 10  # renaming and taking out tags can make what the parser reads otherwise; two are usual
_PIECE = re.compile(r"<(?:\"[^\"]*\"|[^\">])*>|[^<]+")
_MAYBE_EMPTY = re.compile(r"<[a-z](?:\"[^\"]*\"|[^\">])*>(?:\s|<br>)*</")
_WITHOUT_ADDRESS = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_TEXT = re.compile(r"[^<>]+")
_BLOCKS = frozenset(["p", "ul", "ol", "li", "blockquote", "h4", "pre", "br", "table"])
_CELLS = frozenset(["td", "th"])
_SPACES = re.compile(r"[ \t\n\x0c\r]+")  # what HTML collapses; a no-break space stays
_BULLET = "• "
_CARRIED = ' src="cid:'
_BETWEEN_CELLS = " · "
_START = re.compile(r'<ol start="(?!-?[0-9]{1,6}">)[^"]*">')  # nobody counts from there
_NOT_AFTER_A_TAG = re.compile(r"(?<=>)[\u0338\u20d2]+")  # would melt with the ">" in NFC


def sanitise(html: str, removed: Counter[str]) -> str:
    """HTML with nothing but the allowed tags, and links to web and mail addresses; NFC, without control characters
    (counted in `removed`). Cleaning twice changes nothing.
    """
    cleaned = _RENAMED.sub(_renamed, _first().clean(html))
    if (bare := cleaned.strip()) == html.strip() == without_controls(bare, Counter()) == _tidy(bare):
        return bare
    for _ in range(_MOST_ROUNDS):
        tidy = _tidy(_second().clean(without_controls(cleaned, removed)))
        if tidy == cleaned:
            break
        cleaned = tidy
    return cleaned


def _tidy(html: str) -> str:
    composed = _NOT_AFTER_A_TAG.sub("", html)
    if not is_normalized("NFC", composed):
        composed = _TEXT.sub(lambda text: normalize("NFC", text[0]), composed)
    return _without_empty_elements(_START.sub("<ol>", _WITHOUT_ADDRESS.sub(r"\1", composed))).strip()


def _without_empty_elements(html: str) -> str:
    if "<img" not in html and not _MAYBE_EMPTY.search(html):
        return html
    kept: list[str] = []
    open_at: list[int] = []
    filled = [False]  # for each open element, and for the whole: does it hold text?
    for piece in _PIECE.findall(html):
        if piece.startswith("<img"):
            kept += [piece] if _CARRIED in piece else []
            filled[-1] |= _CARRIED in piece
            continue
        kept.append(piece)
        if piece.startswith("</"):
            begin, has_text = open_at.pop(), filled.pop()
            filled[-1] |= has_text
            if not has_text and piece[2:-1] not in _CELLS:  # without an empty cell the others would move
                kept[begin:] = [" "] if any(map(str.isspace, kept[begin:])) else []
        elif not piece.startswith("<"):
            filled[-1] |= not piece.isspace()
        elif piece != "<br>":
            open_at.append(len(kept) - 1)
            filled.append(False)
    return "".join(kept)


def name_in_mails(tag: str) -> str:
    """The allowed element that stands for this one."""
    if tag in _HEADINGS:
        return "h4"
    if tag in _STRUCK:
        return "s"
    return "p" if tag in _PARAGRAPHS else tag


def _renamed(tag: re.Match[str]) -> str:
    return f"<{tag[1]}{name_in_mails(tag[2])}>"


@lru_cache(maxsize=1)
def _first() -> nh3.Cleaner:
    return _cleaner(ALLOWED_TAGS | _HEADINGS | _PARAGRAPHS | _STRUCK)


@lru_cache(maxsize=1)
def _second() -> nh3.Cleaner:
    return _cleaner(ALLOWED_TAGS)


def _cleaner(tags: frozenset[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        attributes=_ATTRIBUTES,
        attribute_filter=_harmless,
        url_schemes=_SCHEMES | {"cid"},
        url_relative="deny",
        link_rel=None,
    )


def _harmless(tag: str, name: str, value: str) -> str | None:
    """Links lead to pages and mailboxes; pictures are those that the mail itself carries."""
    if tag == "a":
        return None if value.lower().lstrip().startswith("cid:") else value
    if tag == "img" and name in ("width", "height"):
        return value if value.isdecimal() else None
    return value if name != "src" or ADDRESS.fullmatch(value) else None


def plain_paragraphs(html: str) -> tuple[str, ...]:
    """The text of each block of sanitised HTML, in order, entities resolved: points of lists begin with their number or
    a bullet, the cells of a row stand behind each other, what is raised stays raised.
    """
    collector = _Collector()
    read_pieces(html, collector)
    return tuple(collector.finished())


class _Collector:
    def __init__(self) -> None:
        self._paragraphs: list[str] = []
        self._text: list[str] = []
        self._mark = ""  # of the point that begins
        self._lists: list[int | None] = []  # the number of the next point; None: bullets
        self._tables = 0
        self._begins_row = False
        self._moved_at = 0
        self._preformatted = False

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._end_block(tag)
        match tag:
            case "ul" | "ol":
                self._lists.append(int(attributes.get("start") or 1) if tag == "ol" else None)
            case "li":
                self._mark = self._next_mark()
            case "pre":
                self._preformatted = True
            case "table":
                self._tables += 1
            case "tr":
                self._begins_row = True
            case "td" | "th":
                self._text.append(" " if self._begins_row else _BETWEEN_CELLS)
                self._begins_row = False
            case "sup" | "sub":
                self._moved_at = len(self._text)
            case "s":
                self._text.append("~~")

    def end(self, tag: str) -> None:
        self._end_block(tag)
        match tag:
            case "ul" | "ol" if self._lists:
                self._lists.pop()
            case "li":
                self._mark = ""
            case "pre":
                self._preformatted = False
            case "table":
                self._tables -= 1
            case "tr":
                self._flush() if self._tables < 2 else self._text.append("; ")  # noqa: PLR2004 – inside another
            case "sup" | "sub":
                moved = "".join(self._text[self._moved_at :])
                self._text[self._moved_at :] = [raised(moved) if tag == "sup" else lowered(moved)]
            case "s":
                self._text.append("~~")

    def take(self, text: str) -> None:
        first, *others = text.split("\n") if self._preformatted else [text]
        self._text.append(first)
        for line in others:
            self._flush()
            self._text.append(line)

    def finished(self) -> list[str]:
        self._flush()
        return self._paragraphs

    def _next_mark(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return _BULLET
        self._lists[-1] = number + 1
        return f"{number}. "

    def _end_block(self, tag: str) -> None:
        if tag not in _BLOCKS:
            return
        if self._tables:
            self._text.append(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        text = _SPACES.sub(" ", "".join(self._text)).strip()
        self._text.clear()
        self._moved_at = 0
        if text.replace(_BETWEEN_CELLS.strip(), "").strip():
            self._paragraphs.append(self._mark + text)
            self._mark = ""
