"""Listings copied from a web site: navigation between the news, and blocks of title / countries / date / text.

Such a block becomes what listings usually are, date / title / countries / text; each line keeps its number.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.foundation.catalogue import plural_later
from digest.foundation.words import fold_letters
from digest.intake.sources.dates import Dated
from digest.intake.sources.draft import Findings, header
from digest.intake.sources.lines import Lines, TextPage, ends_like_a_sentence

_ALONE = (
    r"share(?: (?:this|on|with)(?: [a-z]+)?)?|compartir(?: (?:en|esta noticia))?|comparte|partager|compartilhar"
    r"|read (?:more|the (?:full|whole) (?:story|article))|continue reading|leer mas|ver mas|seguir leyendo"
    r"|lire la suite|leia mais|related(?: (?:news|articles|stories|content|links|posts))?|see also|you may also like"
    r"|(?:noticias|articulos|contenidos?|entradas) relacionad[oa]s|relacionad[oa]s|back to (?:top|list|news)"
    r"|volver (?:arriba|al inicio|a noticias)|skip to (?:main )?content|copy link|copiar enlace|facebook|twitter"
    r"|linkedin|whatsapp|telegram|instagram|youtube|tweet|tuitear|print this(?: page)?|follow us(?: on)?"
    r"|siguenos(?: en)?"
)
_IN_COMPANY = r"x|e-?mail|correo|print|imprimir|previous|next|anterior|siguiente|home|inicio|pinterest|rss|more|mas"
_GAP = r"(?: ?[|·•/,:>»–—-] ?| )"
_NAVIGATION = re.compile(
    rf"(?:(?:{_ALONE})|(?:{_ALONE}|{_IN_COMPANY})(?:{_GAP}(?:{_ALONE}|{_IN_COMPANY}))+)(?: ?[:>»…]| ?\.\.\.| ?→)?"
)
# Before letters are folded: how such a line begins.
_MAYBE_NAVIGATION = re.compile(
    r"[\[( ]*(?:share|compart|partag|read|contin|leer|ver |seguir|lire|leia|relat|relac|see|you|noticias|art|conten"
    r"|entrad|back|volver|skip|cop[yi]|facebook|twitter|linkedin|whats|telegram|insta|tweet|tuit|print|follow|s[ií]guen|x\b"
    r"|e-?mail|correo|imprim|prev|next|anterior|siguiente|home|inicio|pinter|rss|more|m[aá]s)",
    re.IGNORECASE,
)
_LONGEST_NAVIGATION = 80
_LONGEST_TITLE = 250
_MOST_TITLE_LINES = 3
_WRAPPED = 50  # characters of a line
_BETWEEN_PLACES = re.compile(r"\s*[,;/|·&•]\s*|\s+(?:and|y|e|et)\s+")
_MOST_WORDS_OF_A_PLACE = 4
_SMALL_WORDS = frozenset(("de", "del", "la", "las", "los", "el", "of", "the", "and", "y", "da", "do", "du", "des"))


def take_out_navigation(page: TextPage, findings: Findings) -> None:
    """Lines that are nothing but buttons of a web page are neither title nor text."""
    found = [index for index, text in enumerate(page.texts) if text and is_navigation(text)]
    if not found:
        return
    cause = plural_later("a line of navigation is left out", "{count} lines of navigation are left out", len(found))
    findings.left_out(page.number(found[0]), " ".join(page.texts[index] for index in found), cause)
    for index in found:
        page.blank(index)


def is_navigation(text: str) -> bool:
    if len(text) > _LONGEST_NAVIGATION or not _MAYBE_NAVIGATION.match(text):
        return False
    return _NAVIGATION.fullmatch(fold_letters(text).strip("[]() ")) is not None


class _Head(NamedTuple):
    """What stands above a date line: the indices of the title's lines, and of the countries' line."""

    title: Sequence[int]
    countries: int | None


def in_usual_order(page: TextPage, marked: Mapping[int, object]) -> TextPage:
    """The page itself, unless titles stand above the dates in nearly all of the file."""
    dates = [index for index, found in marked.items() if isinstance(found, Dated)]
    if not dates or not _titles_come_first(page, dates):
        return page
    heads = [_head(page, at, below) for at, below in zip(dates, [-1, *dates[:-1]], strict=True)]
    first = min([*heads[0].title, dates[0]])
    order: list[tuple[int, str]] = [(index, page.lines.texts[index]) for index in range(first)]
    begins = [min([*head.title, at]) for head, at in zip(heads, dates, strict=True)]
    for head, at, end in zip(heads, dates, [*begins[1:], len(page.texts)], strict=True):
        order += [(at, page.lines.texts[at]), *((index, page.lines.texts[index]) for index in head.title)]
        if head.countries is not None:
            order.append((head.countries, f"Countries: {page.texts[head.countries]}"))
        order += [(at, ""), *((index, page.lines.texts[index]) for index in range(at + 1, end))]
    return TextPage.of(_reordered(page, order))


def _reordered(page: TextPage, order: Sequence[tuple[int, str]]) -> Lines:
    lines = page.lines
    return Lines(
        texts=[text if page.texts[index] else "" for index, text in order],
        numbers=[lines.numbers[index] for index, _ in order],
        headings=frozenset(new for new, (index, text) in enumerate(order) if text and index in lines.headings),
        formats=[lines.formats[index] for index, _ in order] if lines.formats else (),
    )


def _titles_come_first(page: TextPage, dates: Sequence[int]) -> bool:
    """A text before the first date; and below the dates sentences, above them none."""
    first = _line_above(page, dates[0], -1)
    if first is None or header(page.texts[first]):
        return False
    above = [_line_above(page, at, -1) for at in dates]
    below = [next((index for index in range(at + 1, len(page.texts)) if page.texts[index]), None) for at in dates]
    titles = sum(index is not None and _is_title(page.texts[index]) for index in above)
    texts = sum(index is not None and _begins_a_text(page, index) for index in below)
    return titles * 5 >= len(dates) * 4 and texts * 5 >= len(dates) * 3


def _begins_a_text(page: TextPage, index: int) -> bool:
    """Whether a sentence ends in that line, or further down if it is long enough to have been wrapped."""
    first = page.texts[index]
    if ends_like_a_sentence(first) or len(first) > _LONGEST_TITLE:
        return True
    end = index
    while end + 1 < len(page.texts) and page.texts[end + 1]:
        end += 1
    return len(first) >= _WRAPPED and end > index and ends_like_a_sentence(page.texts[end])


def _head(page: TextPage, at: int, after: int) -> _Head:
    """Between the date line at `after` and the one at `at`; a line of text at least stays to the item before."""
    last = _line_above(page, at, after)
    if last is None:
        return _Head((), None)
    countries = None
    above = _line_above(page, last, after)
    if (
        above is not None
        and _are_places(page.texts[last])
        and _is_title(page.texts[above])
        and not header(page.texts[above])
    ):
        last, countries = above, last
    title = [last]
    while len(title) < _MOST_TITLE_LINES and title[0] - 1 > after and _is_title(page.texts[title[0] - 1]):
        title.insert(0, title[0] - 1)
    if title[0] - 1 > after and page.texts[title[0] - 1]:
        title = [last]  # the last line of a longer block
    return _Head(title, countries)


def _line_above(page: TextPage, at: int, after: int) -> int | None:
    return next((index for index in range(at - 1, after, -1) if page.texts[index]), None)


def _is_title(text: str) -> bool:
    return bool(text) and len(text) <= _LONGEST_TITLE and not ends_like_a_sentence(text)


def _are_places(text: str) -> bool:
    return not any(sign.isdigit() for sign in text) and all(map(_is_place, _BETWEEN_PLACES.split(text)))


def _is_place(text: str) -> bool:
    words = text.split()
    return 0 < len(words) <= _MOST_WORDS_OF_A_PLACE and all(word[0].isupper() or word in _SMALL_WORDS for word in words)
