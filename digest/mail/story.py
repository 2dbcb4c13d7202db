"""What templates see of one story: whole, summed up, or on one line."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from html import unescape
from itertools import chain
from typing import NamedTuple

from babel.dates import get_month_names
from markupsafe import Markup, escape

from digest.errors import IntegrityError
from digest.foundation.catalogue import _
from digest.intake.item import Item, TagKind, Text
from digest.intake.picture import ADDRESS
from digest.intake.web_links import site_of, web_links
from digest.mail.content import EDGE, Shown
from digest.mail.fitting import one_line, shorten, wrap
from digest.mail.text import COLUMNS, TextBlock, blocks_of
from digest.mail.views import ElsewhereView, OtherView, PictureView, StoryView
from digest.mail.wording import Words, direction_of, sort_key
from digest.newsletters.period import Period

_MOST_PLACES = 3
_SHORT_TITLE = 80
_LEVEL_OF_BODIES = 4
_UNSEEN = "font-size:15px;line-height:22px;font-style:italic;color:#565f66"  # of the words in place of a picture
# A picture is never wider than the story, nor higher than a screen.
_FITTING = f'<img style="width:auto;max-width:100%;height:auto;max-height:420px;border:0;{_UNSEEN}" '
_SHOWN = re.compile(r"<img\b[^>]*>")
_SOURCE, _SAID = re.compile(r'\bsrc="([^"]*)"'), re.compile(r'\balt="([^"]*)"')
_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
_HIGHEST = 420
_THUMBNAIL, _WIDE, _LEAD_HIGHEST = 96, 552, 310  # pixels
LONG_TITLE = 90  # characters
_LEAST_WORDS = 4  # of a sentence that sums a story up
_BETWEEN_CELLS = " · "
_POINT = re.compile(r"^(?:[•◦▪–—*☐☑☒✓✔-]\s|\d{1,3}[.)]\s)+")  # of a list
_LINE, _LINE_WITHOUT_LINK = 120, 300  # without a link, the line is all a reader gets
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_PICTURE = re.compile(r"https://[^\s<>\"]+(?<!\.svg)(?<!\.webp)", re.IGNORECASE)
_SCHEMES = ("https://", "http://", "mailto:")
_PREFORMATTED = re.compile(r"<pre>(?:<code>)?\n?(.*?)\n*(?:</code>)?</pre>", re.DOTALL)
_PIECE = re.compile(r"""<(?:[^>"']|"[^"]*"|'[^']*')*>|[^<]+""")  # a tag, or a text
_SEVERAL_SPACES = re.compile(r"^ +| {2,}")
_TABLE = re.compile(r"<table>((?:(?!<table>).)*?)</table>", re.DOTALL)
_CELL = re.compile(r"(<t[dh](?: scope=\"(?:row|col)\")?)>((?:(?!<t[dh]\b).)*?)(?=</t[dh]>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_FIXED = "display:table;table-layout:fixed;width:100%"
QUOTE = ' class="quote"'  # of the table and the cell in a quotation: Outlook pads cells alone
WHOLE = ' class="whole"'  # of a cell whose words are not broken: a mark for `styled`
_LONG_WORD, _COLUMNS_OF_A_PHONE = 16, 30
# Outlook knows no <wbr>, and breaks at a space without width; copied, a word has neither but from there.
_OUTLOOK_BREAK = "<!--[if mso]>&#8203;<![endif]-->"
_BREAK = f"<wbr>{_OUTLOOK_BREAK}"
_UNBROKEN_MOST, _PIECE_MOST = 30, 24  # letters of a word that stays whole, and of a piece of a longer one
_OUTLOOK_COLUMNS = 60  # letters that a story in Outlook is wide
_LETTER = r"(?:&(?:#\d+|[a-z]+\d*);|[!-%'-;=?-~\u00a0-\u024f\u0370-\u04ff])"  # other scripts break between letters
_UNBROKEN = re.compile(f"{_LETTER}{{{_UNBROKEN_MOST + 1},}}")
_PIECE_OF_WORD = re.compile(f"{_LETTER}{{8,{_PIECE_MOST}}}(?<=[/?&=_.-])(?=.)|{_LETTER}{{{_PIECE_MOST}}}(?=.)")
_FIRST_CELL = re.compile(r"(<tr>\s*)<td>(.*?)</td>(?=\s*<td>)", re.DOTALL)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# "GUATEMALA CITY, 26 July 2018 (IOM) – " and its like, up to a dash with spaces around it.
_DATELINE = re.compile(r"(?P<place>[^.!?–—]{2,80}?)\s*(?:[–—]|\s-|\.-)\s+")
_LAID_OUT = f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0"{QUOTE}><tbody><tr><td{QUOTE}>'
_QUOTED = (f"<blockquote>{_LAID_OUT}", "</td></tr></tbody></table></blockquote>")
_SENTENCE_END = re.compile(r"(?P<last>\S*[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«¿¡(\[]*[^\W\d_a-záéíóúñü])")
_SMALL_WORDS = frozenset(
    ("a", "and", "at", "by", "de", "del", "el", "en", "for", "in", "la", "las", "los", "of", "on", "the", "y")
)
_MONTHS = frozenset(
    name.lower() for language in ("en", "es") for name in get_month_names("wide", locale=language).values()
)
_ABBREVIATION_MOST = 4  # "Dr.", "No.", "Sra.", "U.S."
_DATELINE_WORDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a story is told: at which heading level, as a whole or summed up, and with which places named beside it."""

    level: int
    whole: bool
    places: bool
    kind: TagKind
    section_title: Callable[[str, str, str], str]


@lru_cache(maxsize=2048)  # the same stories stand in many variants
def story_view(shown: Shown, words: Words, telling: Telling, late_from: Period | None) -> StoryView:
    """`late_from` is the window that the story was too late for. Raise `IntegrityError` for a text with a slot mark."""
    item, text = shown.item, shown.item.text
    _refuse_marks(text)
    foreign = shown.foreign_to(words.language)
    link = web_link(text.link)
    summary = None if telling.whole or link is None else text.summary
    paragraphs, html = ((summary,), None) if summary else (text.paragraphs, text.html)
    return StoryView(
        anchor=_anchor(shown.story_id),
        title=text.title,
        short_title=shorten(text.title, _SHORT_TITLE),
        level=telling.level,
        link=link,
        date=words.long_date(item.published_on),
        late=None if late_from is None else words.period(late_from),
        late_label=None if late_from is None else words.late_from(late_from),
        foreign=words.name_of(item.language) if foreign else None,
        language=item.language,
        direction=direction_of(item.language) if foreign else words.direction,
        author=text.author,
        places=_places(item, words, telling) if telling.places else (),
        html=body_html(paragraphs, html, telling.level),
        text=body_text(paragraphs, html),
        line=line_of(text.summary, text.paragraphs, _LINE if link else _LINE_WITHOUT_LINK),
        abridged=summary is not None,
        image=text.image if text.image and (_PICTURE.fullmatch(text.image) or ADDRESS.fullmatch(text.image)) else None,
        image_alt=text.image_alt or "",
        long=len(text.title) > LONG_TITLE,
        asked=shown.weight,
        other=_other(shown.other, words, link),
        elsewhere=tuple(_elsewhere(shown)),
    )


SizeOf = Callable[[str], tuple[int, int] | None]  # of a picture's address: its pixels, if somebody knows


def nobody_knows(_address: str) -> None:
    return None


def pictured(view: StoryView, size_of: SizeOf, *, leads: bool) -> StoryView:
    """With its image above the text of a lead, else small beside it, and beside a line that stands for the text, which
    may show one itself: never larger than it is, where that is known.
    """
    shows = view.image is not None and view.image in view.html
    if leads:
        above = _PictureOf(view.image, view.image_alt) if view.image and not shows else None
        return view if above is None else replace(view, picture=above.within(_WIDE, _LEAD_HIGHEST, size_of))
    found = _first_picture(view)
    if found is None:
        return view
    small = found.within(_THUMBNAIL, _THUMBNAIL * 2, size_of)
    return replace(view, small=small, thumbnail=small if view.image and not shows else None)


class _PictureOf(NamedTuple):
    url: str
    alt: str

    def within(self, widest: int, highest: int, size_of: SizeOf) -> PictureView:
        size = size_of(self.url)
        if size is None:
            return PictureView(width=widest, height=None, url=self.url, alt=self.alt)
        scale = min(1, widest / size[0], highest / size[1])
        width, height = (max(1, round(pixels * scale)) for pixels in size)
        return PictureView(width=width, height=height, url=self.url, alt=self.alt)


def _first_picture(view: StoryView) -> _PictureOf | None:
    """Its image, else the first that its text shows."""
    if view.image:
        return _PictureOf(view.image, view.image_alt)
    tag = _SHOWN.search(view.html)
    source, said = (tag and _SOURCE.search(tag[0])), (tag and _SAID.search(tag[0]))
    return _PictureOf(unescape(source[1]), unescape(said[1]) if said else "") if source else None


def web_link(link: str | None) -> str | None:
    return link if link and _WEB.fullmatch(link) else None


def body_html(paragraphs: tuple[str, ...], html: str | None, level: int) -> Markup:
    """Bodies have headings of level 4 only; `level` is that of the title above, and none must be skipped."""
    if html is None:
        return breakable(Markup().join(Markup("<p>{}</p>").format(_linked(each)) for each in paragraphs))
    if level < _LEVEL_OF_BODIES - 1:
        html = html.replace("<h4", f"<h{level + 1}").replace("</h4>", f"</h{level + 1}>")
    html = _PREFORMATTED.sub(lambda found: f"<p><code>{_PIECE.sub(_in_lines, found[1])}</code></p>", html)
    html = _SIZE.sub(_lowered, _with_tables(html)).replace("<img ", _FITTING)
    html = html.replace("<blockquote>", _QUOTED[0]).replace("</blockquote>", _QUOTED[1])
    return breakable(Markup(html))  # noqa: S704 – sanitised, see `Text`


def breakable(text: str) -> Markup:
    """The text, or what is marked up already, with places to break in words that few mail programs break and that would
    make the page wider: an address, a path.
    """
    marked = escape(text)
    if not _UNBROKEN.search(marked):
        return marked
    broken = _PIECE.sub(lambda piece: piece[0] if piece[0][0] == "<" else _UNBROKEN.sub(_pieces, piece[0]), marked)
    return Markup(broken)  # noqa: S704 – escaped


def _pieces(word: re.Match[str]) -> str:
    return _PIECE_OF_WORD.sub(rf"\g<0>{_BREAK}", word[0])


def _lowered(size: re.Match[str]) -> str:
    """For Outlook, which knows no max-height."""
    width, height = int(size[1]), int(size[2])
    if height <= _HIGHEST:
        return size[0]
    return f'width="{max(1, width * _HIGHEST // height)}" height="{_HIGHEST}"'


def _linked(text: str) -> Markup:
    """Addresses in a text without formatting are links."""
    parts, position = [], 0
    for link in web_links(text):
        if link.address.lower().startswith(_SCHEMES):
            begin, shown = text[position : link.begin], text[link.begin : link.end]
            parts.append(Markup('{}<a href="{}">{}</a>').format(begin, link.address, shown))
            position = link.end
    return Markup().join((*parts, escape(text[position:])))


def _in_lines(piece: re.Match[str]) -> str:
    """Text of a `pre`, whose lines would not break on a phone, nor anywhere in Outlook: its shape in other signs."""
    if piece[0].startswith("<"):
        return piece[0]
    return "<br>".join(_SEVERAL_SPACES.sub(_kept, line) for line in piece[0].expandtabs(4).split("\n"))


def _kept(spaces: re.Match[str]) -> str:
    """Spaces that stay; a line may break behind them, but for those at its beginning."""
    return "\xa0" * len(spaces[0]) if spaces.start() == 0 else "\xa0" * (len(spaces[0]) - 1) + " "


def _with_tables(html: str) -> str:
    """Tables that screen readers announce and phones can show. In a single column no cell says what another means."""
    if "<table>" not in html:
        return html
    return _TABLE.sub(lambda found: _table(found[1]), html)


def _table(rows: str) -> str:
    """What cells mean says the first row, else the first cell of each row. Words stay whole; what is then wider than a
    phone scrolls by itself, and never widens the story.
    """
    cells = rows.replace("<th>", '<th scope="col">')
    role = ""
    if cells == rows:
        cells, named = _FIRST_CELL.subn(r'\1<th scope="row">\2</th>', rows)
        role = "" if named else ' role="presentation"'
    wide = _columns(rows) > _COLUMNS_OF_A_PHONE
    marked = _for_outlook(_CELL.sub(_marked, cells)) if wide else _CELL.sub(_marked, cells)
    table = f"<table{role}><tbody>{marked}</tbody></table>"
    return f'<div style="{_FIXED}"><div style="overflow:auto" tabindex="0">{table}</div></div>' if wide else table


def _for_outlook(rows: str) -> str:
    """There nothing scrolls, and the longest words would widen the page: those that have no room break."""
    columns = max(row.count("</td>") + row.count("</th>") for row in rows.split("<tr>"))
    room = max(3, _OUTLOOK_COLUMNS // columns - 1)
    broken = re.compile(f"{_LETTER}{{{room}}}(?={_LETTER})")
    return _PIECE.sub(
        lambda piece: piece[0] if piece[0][0] == "<" else broken.sub(rf"\g<0>{_OUTLOOK_BREAK}", piece[0]), rows
    )


def _marked(cell: re.Match[str]) -> str:
    return f"{cell[1]}>{cell[2]}" if _longest_word(cell[2]) > _LONG_WORD else f"{cell[1]}{WHOLE}>{cell[2]}"


def _columns(rows: str) -> int:
    """How many letters wide it is when no word of up to 16 letters is broken."""
    widest: list[int] = []
    for row in rows.split("<tr>")[1:]:
        for column, cell in enumerate(_CELL.findall(row)):
            widest += [0] * (column + 1 - len(widest))
            longest = _longest_word(cell[1])
            widest[column] = max(widest[column], min(longest, _LONG_WORD) + 1)
    return sum(widest)


def _longest_word(cell: str) -> int:
    return max(map(len, _TAG.sub(" ", cell).split()), default=0)


def body_text(paragraphs: tuple[str, ...], html: str | None, columns: int = COLUMNS) -> str:
    """In columns, links written out."""
    blocks = tuple(TextBlock(each) for each in paragraphs) if html is None else blocks_of(html)
    parts = []
    for block in blocks:
        parts.append("\n" if block.tight else "\n\n")
        fitted = _fitted if block.fixed else wrap
        begin = block.first
        for line in block.text.split("\n"):
            parts.append(f"{fitted(line, columns, begin, block.rest)}\n")
            begin = block.rest
        parts[-1] = parts[-1].removesuffix("\n")
    return "".join(parts[1:])


def _fitted(line: str, width: int, first: str, rest: str) -> str:
    """A line whose spaces stay; what is too long goes on under its own beginning."""
    if len(first) + len(line) <= width:
        return f"{first}{line}"
    indent = line[: len(line) - len(line.lstrip())][: width // 2]
    return wrap(line.strip(), width, first + indent, rest + indent)


def line_of(summary: str | None, paragraphs: Sequence[str], most: int) -> str:
    """Its summary, else its first sentence that says something (not “Click here.”), without the dateline that reporters
    put before it: at most `most` characters, cut at a word; empty for a story without such a one.
    """
    if summary:
        return shorten(one_line(summary), most)
    sentences = [one for one in chain.from_iterable(map(_sentences, paragraphs)) if _is_sentence(one)]
    fitting = ((one, shorten(one, most)) for one in sentences)
    lines = [
        line for one, line in fitting if line == one or 2 * len(line) > most
    ]  # what is cut early has a word too long
    return next((line for line in lines if _words_in(line) >= _LEAST_WORDS), lines[0] if lines else "")


def _other(item: Item | None, words: Words, link: str | None) -> OtherView | None:
    """`None` where it leads to the same page."""
    found = None if item is None else web_link(item.text.link)
    if item is None or found is None or found == link:
        return None
    _refuse_marks(item.text)
    return OtherView(
        title=shorten(item.text.title, _SHORT_TITLE),
        link=found,
        name=words.name_of(item.language),
        language=item.language,
        direction=direction_of(item.language),
    )


def _elsewhere(shown: Shown) -> Iterator[ElsewhereView]:
    for item in shown.elsewhere:
        site, link = site_of(item.text.link), web_link(item.text.link)
        if site and link:
            _refuse_marks(item.text)
            yield ElsewhereView(site=site, link=link)


def _places(item: Item, words: Words, telling: Telling) -> tuple[str, ...]:
    values = item.values(telling.kind, only_strong=True)
    if len(values) > _MOST_PLACES:
        return ()
    titles = (telling.section_title(telling.kind, each, words.language) for each in values)
    return tuple(sorted(titles, key=lambda title: sort_key(title, words.language)))


def _anchor(story_id: str) -> str:
    name = story_id if _ID.fullmatch(story_id) else blake2b(story_id.encode(), digest_size=8).hexdigest()
    return f"story-{name}"


def _refuse_marks(text: Text) -> None:
    fields = (text.title, text.html, text.summary, text.link, text.image, text.image_alt, text.author)
    if any(EDGE in each for each in (*text.paragraphs, *fields) if each):
        raise IntegrityError(
            _("the story {title!r}").format(title=text.title),
            _("it holds a NUL character"),
            _("collect its source again"),
        )


def _is_sentence(text: str) -> bool:
    """It says something by itself: it does not only lead to a list or a table, and is no row of one."""
    return not text.endswith(":") and _BETWEEN_CELLS not in text and not _is_dateline(text)


def _words_in(text: str) -> int:
    return sum(any(map(str.isalpha, word)) for word in text.split())


def _sentences(paragraph: str) -> list[str]:
    text = _POINT.sub("", one_line(paragraph))
    found = _DATELINE.match(text)
    if found and _is_dateline(found["place"]):
        text = text[found.end() :]
    sentences, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        last = end["last"]
        if last.endswith(".") and len(last) <= _ABBREVIATION_MOST and last[0].isupper():
            continue
        sentences.append(text[start : end.end()].strip())
        start = end.end()
    return [*sentences, text[start:]]


def _is_dateline(text: str) -> bool:
    """Nothing but names, numbers and the small words between them, few enough."""
    words = [word.strip("().,;:-") for word in text.split()]
    return len(words) <= _DATELINE_WORDS and all(
        not word or word[0].isupper() or word[0].isdigit() or word.lower() in _SMALL_WORDS | _MONTHS for word in words
    )
