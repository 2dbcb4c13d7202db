"""The text of an article on a page of its own, without the menus, lists and notes that stand around it.

What is an article on a page nobody says; trafilatura, an optional library, finds out. What it leaves out of what a
person sees there is named, in a few words.
"""

from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NamedTuple

from digest.errors import NothingUsableError
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.catalogue import later, plural_later
from digest.foundation.words import excerpt, fold_words
from digest.intake.item import Struck
from digest.intake.sources.draft import Findings
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.pages.elements import Page, open_page, text_of
from digest.intake.sources.readers import SourceDocument
from digest.intake.sources.visible import as_seen
from digest.intake.sources.web_entries import LONGEST_BODY
from digest.intake.sources.web_pictures import Gallery, WebPicture

LIBRARY = "trafilatura"
INSTALL = "pip install 'bulletin-digest[articles]'"
SECONDS, MEMORY = 10.0, 300 << 20  # of the processor's time, and bytes: for the reading of one page
_WEB_PAGES = ("text/html", "application/xhtml+xml", "")
_OF_A_LIBRARY = (  # for bad bytes
    *(ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError),
    *(RecursionError, SyntaxError),
)
_FEWEST_WORDS = 12
_MOST_NAMED = 3
_LONGEST_TITLE = 300
_HEADING = ("<h4>", "</h4>")


class Article(NamedTuple):
    """Clean HTML; the marks of `pictures` stand in it. `left_out` says what else stands on the page."""

    html: str
    pictures: Sequence[WebPicture] = ()
    left_out: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return plain_paragraphs(self.html)


def is_installed() -> bool:
    return find_spec(LIBRARY) is not None


def read_article(document: SourceDocument, title: str, *, pictures: bool) -> Article:
    """In a process that is ended when it takes too much. Raise `NothingUsableError` where there is none."""
    import trafilatura  # noqa: F401 – 200 ms, an optional library: here, so that the children have it
    from lxml.etree import LxmlError  # what it stands on

    kind = document.content_type.partition(";")[0].strip().lower()
    if kind not in _WEB_PAGES:
        raise NothingUsableError(document.address, later("its page is no web page but {kind}").format(kind=kind), "")
    try:
        return in_bounds(lambda: _read(document, title, pictures=pictures), seconds=SECONDS, memory=MEMORY)
    except OutOfBoundsError as error:
        raise NothingUsableError(
            document.address, later("its page cannot be read: {cause}").format(cause=str(error)), ""
        ) from error
    except (*_OF_A_LIBRARY, LxmlError) as error:
        cause = later("its page cannot be read: nothing here understands how it is built ({kind})").format(
            kind=type(error).__name__
        )
        raise NothingUsableError(document.address, cause, "") from error


def _read(document: SourceDocument, title: str, *, pictures: bool) -> Article:
    from trafilatura import extract

    charset = document.content_type.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    text = text_of(document.body, charset, Findings(""))
    found = extract(
        text,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_images=pictures,
        include_links=True,
        include_tables=True,
        with_metadata=False,
    )
    gallery = Gallery(document.address) if pictures else None
    seen = as_seen(found or "", Findings(""), Struck.LEAVE_OUT, base=document.address, gallery=gallery)
    html = _without_title(sanitise(seen.html, Counter()), title)
    words = sum(len(each.split()) for each in plain_paragraphs(html))
    if words < _FEWEST_WORDS:
        raise NothingUsableError(document.address, later("no article is found on its page"), "")
    if len(html) > LONGEST_BODY:
        raise NothingUsableError(
            document.address, later("its page has more than {most:,} characters").format(most=LONGEST_BODY), ""
        )
    shown = [one for one in gallery.pictures.values() if one.mark in html] if gallery else ()
    return Article(html, tuple(shown), _left_out(open_page(text, document.address), html, title))


def _without_title(html: str, title: str) -> str:
    """The title of the item stands above its text."""
    if not html.startswith(_HEADING[0]):
        return html
    end = html.find(_HEADING[1], 0, _LONGEST_TITLE * 2)
    said = fold_words(" ".join(plain_paragraphs(html[: end + len(_HEADING[1])]))) if end > 0 else ""
    return html[end + len(_HEADING[1]) :].lstrip() if said and said == fold_words(title) else html


def _left_out(page: Page, html: str, title: str) -> str:
    kept = fold_words(" ".join((title, *plain_paragraphs(html))))
    blocks: dict[int, list[int]] = {}
    for text in page.texts:
        blocks.setdefault(page.blocks[text], []).append(text)
    said = [page.said(block) for block in blocks.values()]
    missing = [one for one in said if (folded := fold_words(one)) and folded not in kept]
    if not missing:
        return ""
    longest = sorted(missing, key=len, reverse=True)[:_MOST_NAMED]
    return plural_later(
        "{count:,} word of its page are left out, the longest texts: {texts}",
        "{count:,} words of its page are left out, the longest texts: {texts}",
        sum(len(one.split()) for one in missing),
        texts=", ".join(f"“{excerpt(one)}”" for one in longest),
    )
