"""HTML as a person sees it in a browser: what is hidden goes, what no mail can show is named, lists keep
their numbers.

What comes out has its text in full, but is not yet safe: `html.sanitise` is the gate.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from string import ascii_lowercase
from typing import NamedTuple
from urllib.parse import unquote

import nh3

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.foundation.words import lowered, raised
from digest.intake.item import Struck
from digest.intake.picture import Picture
from digest.intake.sources.album import NOT_ALLOWED
from digest.intake.sources.balance import Seen
from digest.intake.sources.cleaning import without_controls
from digest.intake.sources.draft import Findings
from digest.intake.sources.html import name_in_mails
from digest.intake.sources.pieces import read_pieces
from digest.intake.sources.unseen import Ink, StyleRules, ink_in, is_hidden, is_of_hiding_class, style_of
from digest.intake.sources.web_pictures import ATTRIBUTES, Gallery, shows_nothing

LINE = "data-line"  # an attribute that names the line of the file where an element begins
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|\Z")
_SCHEMES = ("http:", "https:", "mailto:")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SILENT = _names("script style rp")  # no browser shows their text, and no author writes any for readers
_HIDDEN = _names("title template noscript noembed noframes datalist")
_OUT_OF_PLACE = _names(
    "textarea select iframe object svg math audio video canvas meter progress applet map xmp plaintext listing frameset"
)
_GONE = _SILENT | _HIDDEN | _OUT_OF_PLACE  # with all that they hold
_MARKER = "x-gone"
_VOID = _names("area base br col embed hr img input link meta param source track wbr")
_STRUCK = _names("del s strike")
_KEPT = _names(
    "a p ul ol li strong em b i sup sub blockquote h1 h2 h3 h4 h5 h6 br code pre table caption tr td th div section"
    " article header footer main aside nav address figure figcaption dl dt dd center details summary fieldset form hr"
)
_PLAIN = _names(
    "html head body span u ins small big mark abbr acronym cite q kbd samp var tt time data font dfn bdi bdo label"
    " legend button output search menu hgroup ruby rb rt rtc rp wbr nobr picture source col colgroup link meta base"
    " area param track input embed img option optgroup dialog thead tbody tfoot"
)
_KNOWN = _KEPT | _PLAIN | _STRUCK | _GONE | frozenset((_MARKER,))
_INLINE = _names(
    "a strong em b i code span u small big mark abbr cite q kbd samp var time font dfn wbr sup sub ins s del strike bdi"
    " bdo nobr acronym tt label data output ruby rb"
)
_MOVED = {"</sup>": raised, "</sub>": lowered}
_ROWS_AND_CELLS = _names("table tr td th")
_MOST_SPANNED = 100
_OF_TABLES = _names("table caption thead tbody tfoot tr td th")
_ATTRIBUTES = {"a": ("href",), "ol": ("start",)}
_TAG = re.compile(r"<([a-zA-Z][^\s/>\0]*)")
_SCHEME = re.compile(r"""(?:href|src)\s*=\s*["']?\s*([a-z][a-z0-9+.-]*):""", re.IGNORECASE)
_GONE_TAG = re.compile(rf"<({'|'.join(sorted(_GONE - _SILENT))})(?=[\s/>])", re.IGNORECASE)
_SHEET = re.compile(r"<style\b[^>]*>(.*?)(?:</style|\Z)", re.IGNORECASE | re.DOTALL)

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_TOO_LONG_IN_ROMAN = 4000
_KINDS = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
    "upper-roman": "I",
}  # fmt: skip
_RAISING = {"super": "sup", "sub": "sub", "superscript": "sup", "subscript": "sub", "sup": "sup"}
_STRUCK_CLASSES = frozenset(("strike", "strikethrough", "line-through", "struck", "tachado"))
_LENGTH = re.compile(r"([+-]?)(?:\d+\.?\d*|\.\d+)(?:px|pt|em|ex|%)")
_OF_LISTS = re.compile(r"<(?:(?P<close>/)(?:ol|ul)|(?P<name>ol|ul|li))\b[^<>]*>")
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_YEARS_FROM = 1000


class SeenHtml(NamedTuple):
    html: str
    pieces: tuple[Seen, ...]


def as_seen(  # noqa: PLR0913 – the HTML, and what is let in of it
    html: str,
    findings: Findings,
    struck: Struck,
    line: int | None = None,
    picture: Callable[[str], Picture] | None = None,
    *,
    in_order: bool = False,
    base: str = "",
    gallery: Gallery | None = None,
) -> SeenHtml:
    """The HTML that is left, and all text that a person sees with its line: told by `data-line` on the elements, and by
    the line ends since. `picture` takes the name of a file beside it, where pictures are let in. `in_order` is HTML
    that a program wrote by itself, in which nothing is hidden: it is read as it is. `base` is the address to which
    those in a text of the web are relative; the `gallery` takes the pictures of such a text, where they are let in.
    """
    sheet = StyleRules(() if base or in_order or "<s" not in html.lower() else _SHEET.findall(html))
    reader = _Reader(findings, struck, line, picture, gallery, sheet, of_the_web=bool(base))
    read_pieces(html if in_order else _in_order(html, base), reader)
    reader.finish()
    return SeenHtml("".join(reader.out), tuple(reader.pieces))


def _in_order(html: str, base: str) -> str:
    marked = _GONE_TAG.sub(rf"<{_MARKER} data-name=\1></{_MARKER}>\g<0>", html)
    tags = frozenset(name.lower() for name in _TAG.findall(marked))
    schemes = frozenset(scheme.lower() for scheme in _SCHEME.findall(marked)) | {"https"}
    return _with_starts(_cleaner(tags - _GONE, schemes, base).clean(marked))


def _with_starts(html: str) -> str:
    """Each list that counts down says from where: without a `start`, from the number of its points."""
    if " reversed" not in html:
        return html
    begun: list[re.Match[str]] = []
    points: list[int] = []
    starts: dict[int, int] = {}
    for tag in _OF_LISTS.finditer(html):
        if tag["close"]:
            if begun and (count := points.pop()) and " reversed" in (opened := begun.pop())[0]:
                starts[opened.end() - 1] = count
        elif tag["name"] != "li":
            begun.append(tag)
            points.append(0)
        elif points:
            points[-1] += 1
    for at in sorted(starts, reverse=True):
        if " start=" not in html[html.rindex("<", 0, at) : at]:
            html = f'{html[:at]} start="{starts[at]}"{html[at:]}'
    return html


@lru_cache(maxsize=256)
def _cleaner(tags: frozenset[str], schemes: frozenset[str], base: str) -> nh3.Cleaner:
    """Takes no decision about safety: it reads the HTML as browsers do, and writes it in order."""
    everywhere = {"hidden", "popover", "style", "class", "id", "open", "color", "bgcolor", LINE}
    own = {name: set(attributes) for name, attributes in _ATTRIBUTES.items()}
    own["ol"] |= {"type", "reversed"}
    own |= {
        "li": {"value"},
        "input": {"type", "checked", "value"},
        "img": set(ATTRIBUTES),
        "td": {"rowspan", "colspan"},
        "th": {"rowspan", "colspan"},
        _MARKER: {"data-name"},
        "*": everywhere,
    }
    return nh3.Cleaner(
        tags=set(tags),
        clean_content_tags=set(_GONE),
        attributes=own,
        url_schemes=set(schemes),
        url_relative=("rewrite_with_base", base) if base else "pass_through",
        link_rel=None,
    )


class _Reader:
    def __init__(
        self,
        findings: Findings,
        struck: Struck,
        line: int | None,
        picture: Callable[[str], Picture] | None,
        gallery: Gallery | None,
        sheet: StyleRules,
        *,
        of_the_web: bool,
    ) -> None:
        self.out: list[str] = []
        self.pieces: list[Seen] = []
        self._findings = findings
        self._picture = picture
        self._gallery = gallery
        self._sheet = sheet
        self._inks = [Ink()]  # of each open element
        self._points: list[int] = []  # where each open point of a list begins in what is written
        self._of_the_web = of_the_web
        self._struck = struck
        self._line = line
        self._open: list[tuple[str, str]] = []  # each open element, and what is written when it closes
        self._skipped: list[str] = []  # the text inside an element that is left out
        self._skipping: tuple[int, str, int | None] | None = None  # how many were open; why; the line
        self._piece: list[str] = []
        self._piece_line = line
        self._removed: Counter[str] = Counter()  # the sanitiser tells of them
        self._moved_at = 0
        self._marked = False  # whether the mark of a point was written, and nothing behind it
        self._lists: list[_Numbering | None] = []
        self._tables = 0
        self._grid = _Grid()
        self._unknown: set[str] = set()

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        attributes = self._sheet.applied(tag, attributes)
        line = attributes.get(LINE, "")
        if line.isdecimal():
            self._line = int(line)
        if tag not in _INLINE:
            self.finish()
        if tag in _VOID:
            if self._skipping is None and not is_hidden(tag, attributes):
                self._void(tag, attributes)
            return
        if self._skipping is None and (why := self._left_out(tag, attributes)):
            self._skipping = (len(self._open), why, self._line)
        self._inks.append(ink_in(attributes, self._inks[-1]) if len(attributes) else self._inks[-1])
        self._open.append((tag, "" if self._skipping else self._begin(tag, attributes)))

    def end(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            return
        _, closing = self._open.pop()
        self._inks.pop()
        if tag not in _INLINE:
            self.finish()
        if self._skipping is not None:
            self._end_skipping()
            return
        if tag == "li" and self._points and self._drop_empty_point():
            return
        self.out.append(closing)
        self._tables -= tag == "table"
        if tag in ("ul", "ol"):
            self._lists.pop()
        elif closing in _MOVED:
            moved = "".join(self._piece[self._moved_at :])
            self._piece[self._moved_at :] = [_MOVED[closing](moved)]

    def take(self, data: str) -> None:
        if self._skipping is not None:
            self._skipped.append(data)
        elif self._inks[-1].is_unseen and data.strip():
            self._name_hidden(self._line)
        else:
            if not self._piece:
                self._piece_line = self._line
            self._piece.append(data)
            self._marked = self._marked and not data.strip()
            self.out.append(escape(data, quote=False))
        if self._line is not None:
            self._line += data.count("\n")

    def finish(self) -> None:
        """End a text of its own: here begins or ends a block."""
        if not self._piece:
            return
        text = without_controls("".join(self._piece), self._removed)
        self._piece = []
        if text and not text.isspace():
            self.pieces.append(Seen(self._piece_line, text))

    def _left_out(self, tag: str, attributes: Mapping[str, str]) -> str:
        """Why the element is left out with all that it holds; empty when it is shown."""
        if is_hidden(tag, attributes) or (not self._of_the_web and is_of_hiding_class(attributes)):
            return "hidden"
        if self._struck is Struck.LEAVE_OUT and (tag in _STRUCK or _is_struck(attributes)):
            return "struck"
        return ""

    def _end_skipping(self) -> None:
        if self._skipping is None or len(self._open) > self._skipping[0]:
            return
        _, why, line = self._skipping
        text = "".join(self._skipped)
        self._skipping, self._skipped = None, []
        if not text.strip():
            return
        if why == "struck":
            self.pieces.append(Seen(line, text))
            remedy = later("Delete it, or set struck: show for this source.")
            self._findings.left_out(line, text, later("struck-out text is left out"), remedy)
        else:
            self._name_hidden(line)

    def _name_hidden(self, line: int | None) -> None:
        self._findings.note(
            line, later("hidden text is left out"), later("Take the hiding off if readers are to see it.")
        )

    def _drop_empty_point(self) -> bool:
        """Take out a point of which nothing is left; the numbers of the others stay."""
        begin = self._points.pop()
        numbering = self._lists[-1] if self._lists else None
        if numbering is None or any(map(_is_seen, self.out[begin:])):
            return False
        del self.out[begin - 1 :]
        numbering.leave_out()
        return True

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> str:
        """Write what opens the element; return what closes it."""
        if tag == _MARKER:
            self._gone(attributes.get("data-name", ""))
        elif tag not in _KNOWN and LINE not in attributes:
            self._report_unknown(tag)
        if tag in _INLINE and (moved := _moved(attributes)):
            self._moved_at = len(self._piece)
            return self._write(f"<{moved}>", f"</{moved}>")
        if tag in _STRUCK or (self._struck is Struck.SHOW and _is_struck(attributes)):
            return self._write("<s>", "</s>")
        if tag == "q":
            return self._write("“", "”")
        if tag == "rt":
            return self._write(" (", ")")
        self._tables += tag == "table"
        if self._tables == 1 and tag in _ROWS_AND_CELLS:
            self.out.append(self._grid.before(tag, attributes))
        if self._tables > 1 and tag in _OF_TABLES:  # a table inside a cell: a line for each row
            return {"tr": "<br>", "td": " · ", "th": " · "}.get(tag, "")
        return self._begin_kept(tag, attributes) if tag in _KEPT else ""

    def _begin_kept(self, tag: str, attributes: Mapping[str, str]) -> str:
        if tag == "p" and self._marked:  # its mark stands in this paragraph
            self._marked = False
            return ""
        if tag == "a":
            self._report_link(attributes.get("href", ""))
        elif tag in ("sup", "sub"):
            self._moved_at = len(self._piece)
        elif tag in ("ul", "ol"):
            self._lists.append(_Numbering(attributes) if tag == "ol" else None)
        numbering = self._lists[-1] if self._lists else None
        if tag == "li":
            closing = self._write("<li>", "</li>") if numbering is None else self._point(numbering, attributes)
            self._points.append(len(self.out))
            return closing
        if numbering is not None and tag == "ol" and numbering.written_out:
            return ""
        return self._write(_opening(tag, attributes), f"</{name_in_mails(tag)}>")

    def _point(self, numbering: "_Numbering", attributes: Mapping[str, str]) -> str:
        """A point of an ordered list. Mails know its first number only: where it goes on otherwise, another begins."""
        follows = numbering.follows(attributes)
        mark = numbering.take(attributes)
        if numbering.written_out:
            self._marked = True
            return self._write(f"<p>{mark} ", "</p>")
        return self._write("<li>" if follows else f'</ol><ol start="{mark.strip(".")}"><li>', "</li>")

    def _write(self, opening: str, closing: str) -> str:
        self.out.append(opening)
        return closing

    def _void(self, tag: str, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("type", "").lower()
        if tag in ("br", "hr"):
            self.out.append(f"<{tag}>")
        elif tag == "img":
            if self._of_the_web:
                self._show_of_the_web(attributes)
            else:
                self._show(attributes.get("src", ""), attributes.get("alt"))
        elif tag == "input" and kind == "checkbox":
            self.out.append("☑ " if "checked" in attributes else "☐ ")
        elif tag == "input" and kind != "hidden":
            self._named(
                later("a field of a form is left out"), attributes.get("value"), later("Write its text, or a link.")
            )
        elif tag == "embed":
            self._gone(tag)

    def _show(self, source: str, alt: str | None) -> None:
        """A picture beside the text is carried."""
        if self._picture is None or _ELSEWHERE.match(source):
            remedy = NOT_ALLOWED if self._picture is None else later("Save it beside the text, and name that file.")
            self._named(later("a picture inside the text is left out"), alt, remedy)
            return
        try:
            picture = self._picture(unquote(source))
        except NothingUsableError as error:
            self._named(
                later("a picture inside the text is left out: {cause}").format(cause=error.cause),
                alt,
                error.remedy,
            )
            return
        if not alt:
            remedy = later("Say in a few words what it shows: ![what it shows](file).")
            self._findings.warning(self._line, later("a picture has no text for readers who cannot see it"), remedy)
        self.out.append(picture.html(alt or ""))

    def _show_of_the_web(self, attributes: Mapping[str, str]) -> None:
        if self._gallery is not None:
            self.out.append(self._gallery.html(attributes))
        elif not shows_nothing(attributes):
            self._named(later("a picture inside the text is left out"), attributes.get("alt"), NOT_ALLOWED)

    def _gone(self, name: str) -> None:
        name = name.lower()
        if name in _HIDDEN:
            self._findings.note(
                self._line, later("the text of <{name}> is hidden in browsers and left out").format(name=name)
            )
        else:
            self._findings.warning(
                self._line,
                later("a <{name}> is left out: no mail can show it").format(name=name),
                later("Write what it shows."),
            )

    def _named(self, cause: str, text: str | None, remedy: str) -> None:
        if text and text.strip():
            self._findings.left_out(self._line, text, cause, remedy)
        else:
            self._findings.warning(self._line, cause, remedy)

    def _report_unknown(self, tag: str) -> None:
        if tag not in self._unknown:
            self._unknown.add(tag)
            cause = later("nothing here knows <{tag}>; its text is kept as plain text").format(tag=tag)
            self._findings.warning(self._line, cause, later("Write it without the tag, or a backslash before the “<”."))

    def _report_link(self, address: str) -> None:
        if address and not address.lower().startswith(_SCHEMES):
            cause = later("the link to “{address}” is no complete web address; only its text is kept").format(
                address=address
            )
            self._findings.warning(self._line, cause, later("Write the whole address, from https:// on."))


def _is_seen(written: str) -> bool:
    return written.startswith("<img") if written.startswith("<") else not written.isspace()


class _Grid:
    """The columns of a table in which a cell stands across several or hangs down into the rows below. Mails know no
    such cells: empty ones keep the places of the others.
    """

    def __init__(self) -> None:
        self._column = 0
        self._wide = 0  # how many more columns the last cell takes
        self._hanging: dict[int, int] = {}  # for how many more rows a cell from above hangs in a column

    def before(self, tag: str, attributes: Mapping[str, str]) -> str:
        """The empty cells that come before this one."""
        if tag in ("table", "tr"):
            self._hanging = {
                column: rows - (column >= self._column) for column, rows in self._hanging.items() if tag == "tr"
            }
            self._column = self._wide = 0
            return ""
        empty, self._wide = self._wide, 0
        while (rows := self._hanging.get(self._column, 0)) > 0:
            self._hanging[self._column] = rows - 1
            self._column += 1
            empty += 1
        across, down = (min(_number(attributes.get(name), 1), _MOST_SPANNED) for name in ("colspan", "rowspan"))
        for column in range(self._column, self._column + max(across, 1)):
            self._hanging[column] = max(down, 1) - 1
        self._column += max(across, 1)
        self._wide = max(across, 1) - 1
        return "<td></td>" * empty


class _Numbering:
    """The numbers of an ordered list, as `start`, `type` and `reversed` say, and the `value` of its points. Letters are
    `written_out`, and so are numbers as large as years, for which mail programs have no room.
    """

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self._next = _number(attributes.get("start"), 1)
        self._step = -1 if "reversed" in attributes else 1
        self._kind = attributes.get("type") or _kind(style_of(attributes))
        self._written: int | None = self._next - 1  # the number of the last point, as a mail program counts
        self.written_out = self._kind in ("a", "A", "i", "I") or self._next >= _YEARS_FROM

    def follows(self, attributes: Mapping[str, str]) -> bool:
        return self._written is not None and _number(attributes.get("value"), self._next) == self._written + 1

    def leave_out(self) -> None:
        """The last point is not written."""
        self._written = None

    def take(self, attributes: Mapping[str, str]) -> str:
        """The mark of the next point: `2.`, `b.`, `IV.`"""
        number = self._written = _number(attributes.get("value"), self._next)
        self._next = number + self._step
        mark = _mark(number, self._kind.lower())
        return f"{mark.upper() if self._kind.isupper() else mark}."


def _kind(style: Mapping[str, str]) -> str:
    words = f"{style.get('list-style', '')} {style.get('list-style-type', '')}".split()
    return next((_KINDS[word] for word in reversed(words) if word in _KINDS), "1")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and _NUMBER.fullmatch(text.strip()) else otherwise


def _mark(number: int, kind: str) -> str:
    if kind == "a" and number > 0:
        letters = ""
        while number:
            number, letter = divmod(number - 1, len(ascii_lowercase))
            letters = ascii_lowercase[letter] + letters
        return letters
    if kind == "i" and 0 < number < _TOO_LONG_IN_ROMAN:
        roman = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            roman += sign * count
        return roman
    return str(number)


def _opening(tag: str, attributes: Mapping[str, str]) -> str:
    kept = "".join(f' {name}="{escape(attributes[name])}"' for name in _ATTRIBUTES.get(tag, ()) if name in attributes)
    return f"<{name_in_mails(tag)}{kept}>"


def _moved(attributes: Mapping[str, str]) -> str:
    """What stands above or below its line by its style or its class."""
    style = style_of(attributes)
    said = (style.get("vertical-align", ""), style.get("font-variant-position", ""))
    for word in (*said, *attributes.get("class", "").lower().split()):
        if word in _RAISING:
            return _RAISING[word]
    if (up := _LENGTH.fullmatch(said[0])) and float(said[0].strip("pxtem%")):
        return "sub" if up[1] == "-" else "sup"
    if style.get("position") == "relative" and (up := _LENGTH.fullmatch(style.get("top", ""))):
        return "sup" if up[1] == "-" else "sub"
    return ""


def _is_struck(attributes: Mapping[str, str]) -> bool:
    style = style_of(attributes)
    said = f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}"
    return "line-through" in said.split() or not _STRUCK_CLASSES.isdisjoint(attributes.get("class", "").split())
