"""What Word shows of a file: the same document without what is hidden, deleted, struck out or known to no reader.

Mammoth reads what is written here. By construction nothing else reaches it: an element that is not named in this module
is left out, and a finding says so. What Word does not show (hidden text, deletions, the codes of fields, comments) is
left out for good; text that was there to be seen is named where it cannot be carried.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.foundation.problems import Severity
from digest.foundation.words import excerpt
from digest.intake.sources.album import NOT_ALLOWED, Album
from digest.intake.sources.balance import Seen
from digest.intake.sources.cleaning import STRUCK_LETTERS, without_strokes
from digest.intake.sources.draft import Findings
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.word.glyphs import M, formula, is_phantom, is_struck, shown
from digest.intake.sources.word.looks import RunLook, Styles, is_blacked_out, is_on, numbering_of, value_of
from digest.intake.sources.word.numbering import ListMark, Lists, written_number
from digest.intake.sources.word.package import Package, R, Relation, W
from digest.intake.sources.word.table_style import Cell, table_style

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_VML = "{urn:schemas-microsoft-com:vml}"
_OFFICE = "{urn:schemas-microsoft-com:office:office}"


def _word(names: str) -> frozenset[str]:
    return frozenset(f"{W}{name}" for name in names.split())


_SEEN_THROUGH = _word("ins moveTo smartTag customXml bdo dir sdtContent rubyBase")
_DELETED = _word("del moveFrom delText delInstrText")
_SILENT = _word(  # marks, and properties that are read where they matter
    "pPr rPr tblPr tblPrEx tblGrid trPr tcPr sdtPr sdtEndPr customXmlPr smartTagPr sectPr proofErr permStart permEnd"
    " bookmarkStart bookmarkEnd commentRangeStart commentRangeEnd moveFromRangeStart moveFromRangeEnd moveToRangeStart"
    " moveToRangeEnd customXmlInsRangeStart customXmlInsRangeEnd customXmlDelRangeStart customXmlDelRangeEnd"
    " customXmlMoveFromRangeStart customXmlMoveFromRangeEnd customXmlMoveToRangeStart customXmlMoveToRangeEnd"
    " lastRenderedPageBreak annotationRef footnoteRef endnoteRef separator continuationSeparator softHyphen fldData"
    " rubyPr"
)
_AS_TEXT = {f"{W}tab": " ", f"{W}ptab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "\u2011"}
_LINK_FIELD = re.compile(r'\s*HYPERLINK\s+(?:"([^"]*)"|([^\s"\\]+))?(?:.*?\\l\s+"([^"]*)")?', re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_MOST_COLUMNS = 100
_EMU = 9525  # of a pixel: the unit of drawings
_DRAWN = {
    "chart": later("a chart"),
    "relIds": later("a diagram (SmartArt)"),
    "control": later("a control of a form"),
    "contentPart": later("a drawing by hand"),
    "movie": later("a film"),
}
_NAMES_OF_PARTS = {
    "htm": "HTML",
    "html": "HTML",
    "xhtml": "HTML",
    "mht": later("a web page"),
    "rtf": "RTF",
    "docx": "Word",
    "txt": later("text"),
}
_NOTES = {"footnote": later("a footnote"), "endnote": later("an endnote")}
_DRAWN_FIELDS = (["EQ"], ["MACROBUTTON"], ["GOTOBUTTON"])  # whatever result the file keeps
_WITHOUT_RESULT = ("XE", "TC", "TA", "RD", "SET", "ASK", "PRIVATE", "ADVANCE")  # fields that Word shows nothing of
_PLACES = frozenset(["posOffset", "align", "pctWidth", "pctHeight", "pctPosHOffset", "pctPosVOffset"])  # no texts
_SHORT = 4  # characters: a figure that was moved up by hand; a longer text stands a little higher for its looks
_READABLE = ("htm", "html", "xhtml", "txt")
_IMPORT_MOST = 200_000  # bytes: enough to say what it is
_SAVE = later("Open the file in Word and save it: Word then takes the part into the text.")
_TYPE_IT = later("Write what matters into the text.")


class Shape(NamedTuple):
    """What is known of a paragraph besides its text."""

    heading: bool = False
    mark: ListMark | None = None


@dataclass(slots=True)
class Visible:
    """The parts of a Word file that mammoth reads. Each paragraph begins with a bookmark `p` and its number, counted as
    in Word; `shapes` has what is known of it.
    """

    body: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)  # of each kind
    relations: dict[str, Relation] = field(default_factory=dict)
    shapes: dict[int, Shape] = field(default_factory=dict)
    labels: dict[tuple[str, str], str] = field(default_factory=dict)  # of notes, by kind and id
    seen: list[Seen] = field(default_factory=list)  # all that mammoth has to bring, with the number of the paragraph
    pictures: dict[int, list[str]] = field(default_factory=dict)  # as HTML, at the numbers of their paragraphs
    edges: list[str] = field(default_factory=list)  # what headers and footers say
    omitted: bool = False  # whether anything was there to be seen and is not carried


@dataclass(slots=True)
class _Field:
    """`code` is what Word computes it from; until it `is_told`, nothing in it is shown."""

    code: str = ""
    is_told: bool = False
    form: "Element | None" = None

    @property
    def link(self) -> str:
        found = _LINK_FIELD.match(self.code) if self.is_told else None
        if found is None:
            return ""
        anchor = found[3] or ""
        return (found[1] or found[2] or "") + (f"#{anchor}" if anchor else "")


class _Piece(NamedTuple):
    link: str
    look: RunLook
    inside: str  # of a run


@dataclass(slots=True)
class _Paragraph:
    number: int
    style: str
    pieces: list[_Piece] = field(default_factory=list)
    boxes: "list[Element]" = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    has_gap: bool = False  # something was left out right before


def visible(
    package: Package, styles: Styles, lists: Lists, findings: Findings, album: Album | None, *, show_struck: bool
) -> Visible | None:
    """`None` when the file has no text part; `album` takes the pictures, where they are let in."""
    tree = package.tree(package.main)
    if tree is None:
        return None
    return _Reader(package, styles, lists, findings, album, show_struck=show_struck).read(tree)


class _Reader:
    def __init__(
        self,
        package: Package,
        styles: Styles,
        lists: Lists,
        findings: Findings,
        album: Album | None,
        *,
        show_struck: bool,
    ) -> None:
        self._package, self._styles, self._lists, self._findings = package, styles, lists, findings
        self._album = album
        self._show_struck = show_struck
        self._result = Visible()
        self._relations = package.relations(package.main)
        self._links: dict[str, str] = {}
        self._fields: list[_Field] = []
        self._number = 0
        self._paragraph = _Paragraph(0, "")
        self._joined: list[_Piece] = []  # of paragraphs whose end Word does not show
        self._joined_number = 0
        self._cell_around = Cell()
        self._in_note = False
        self._notes: dict[str, list[str]] = {"footnote": [], "endnote": []}
        self._note_parts: dict[str, dict[str, Element]] = {}
        self._hidden: list[int] = []
        self._faint: list[int] = []
        self._named: set[tuple[int, str]] = set()  # links that lead nowhere
        self._comments = 0
        self._unended: set[Element] = set()  # beginnings of fields whose end is gone: what follows is plain text
        self._signs: dict[str, Callable[[Element, RunLook, str], None]] = {
            f"{W}sym": self._symbol,
            f"{W}fldChar": self._field,
            f"{W}instrText": self._field_code,
            f"{W}drawing": self._graphic,
            f"{W}pict": self._graphic,
            f"{W}object": self._graphic,
            f"{W}txbxContent": self._box,
            f"{W}footnoteReference": self._note,
            f"{W}endnoteReference": self._note,
            f"{W}commentReference": self._comment,
            f"{W}ruby": self._ruby,
        }

    def read(self, tree: "Element") -> Visible:
        body = tree.find(f"{W}body")
        if body is not None:
            self._unended |= _fields_without_end(body)
            self._result.body = "".join(self._blocks(body))
        self._result.notes = {kind: "".join(notes) for kind, notes in self._notes.items() if notes}
        self._name_unseen(self._hidden, later("hidden text is left out"), later("show it in Word (Font, Hidden)"))
        self._name_unseen(
            self._faint, later("text that nobody sees is left out"), later("give it another colour and size in Word")
        )
        if self._comments:
            self._findings.note(None, later("the comments in it are left out"))
        if self._package.macros:
            self._findings.note(None, later("the macros in it are not looked at"))
        self._name_edges()
        return self._result

    def _name_unseen(self, paragraphs: list[int], cause: str, way: str) -> None:
        if paragraphs:
            if len(paragraphs) > 1:
                said = later("{cause} ({count} paragraphs, the first named here)")
                cause = said.format(cause=cause, count=len(paragraphs))
            remedy = later("If readers shall see it, {way}.").format(way=way)
            self._findings.warning(paragraphs[0], cause, remedy)

    # -- Paragraphs, tables, and what stands around them.

    def _blocks(self, element: "Element") -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag == f"{W}p":
                yield from self._read_paragraph(child)
            elif tag == f"{W}tbl":
                yield from self._rest()
                yield from self._table(child)
            elif self._opens(child):
                yield from self._blocks(child)
            elif tag == f"{_MC}AlternateContent":
                yield from self._blocks(_chosen(child))
            elif tag == f"{W}altChunk":
                self._name_import(child)
            elif tag.startswith(M):
                yield from self._read_paragraph(child)
            elif tag not in _DELETED and tag not in _SILENT:
                self._name_unknown(child)
        yield from self._rest()

    def _rest(self) -> Iterator[str]:
        """What was to be joined with a paragraph that does not come."""
        if self._joined:
            pieces, self._joined = self._joined, []
            yield self._written(self._joined_number, pieces, None)

    def _read_paragraph(self, element: "Element") -> Iterator[str]:
        if not self._in_note:
            self._number += 1
        properties = element.find(f"{W}pPr")
        style = self._styles.usual_paragraph
        if properties is not None:
            style = value_of(properties, "pStyle") or style
        before, self._paragraph = self._paragraph, _Paragraph(self._number, style)
        self._inline([element] if element.tag.startswith(M) else element, "")
        paragraph, self._paragraph = self._paragraph, before
        if paragraph.struck:
            remedy = later("Delete it, or set struck: show for this source.")
            self._omit(later("struck-out text is left out"), remedy, " / ".join(paragraph.struck))
        boxes = [block for box in paragraph.boxes for block in self._boxed(box)]
        if self._ends_unseen(properties, style):
            if not self._joined:
                self._joined_number = paragraph.number
            self._joined += paragraph.pieces
            yield from boxes
            return
        number = self._joined_number if self._joined else paragraph.number
        pieces, self._joined = [*self._joined, *paragraph.pieces], []
        yield self._written(number, pieces, self._shape(properties, style, pieces))
        yield from boxes

    def _boxed(self, box: "Element") -> Iterator[str]:
        joined, self._joined = self._joined, []
        yield from list(self._blocks(box))
        self._joined = joined

    def _ends_unseen(self, properties: "Element | None", style: str) -> bool:
        """Whether the mark at its end is deleted or hidden, or it is the large first letter of the next paragraph: Word
        then shows it and the next paragraph as one.
        """
        frame = None if properties is None else properties.find(f"{W}framePr")
        if frame is not None and frame.get(f"{W}dropCap", "none") != "none":
            return True
        mark = None if properties is None else properties.find(f"{W}rPr")
        if mark is None:
            return False
        if mark.find(f"{W}del") is not None or mark.find(f"{W}moveFrom") is not None:
            return True
        return self._styles.look(mark, style, self._cell_around).hidden

    def _shape(self, properties: "Element | None", style: str, pieces: list[_Piece]) -> Shape | None:
        heading = self._styles.is_heading(style)
        if properties is not None and (depth := value_of(properties, "outlineLvl")) is not None:
            heading = depth != "9"
        own, of_style = numbering_of(properties), self._styles.numbering(style)
        of_style = of_style if of_style.list_id is not None else self._lists.styles.get(style, of_style)
        list_id = own.list_id if own.list_id is not None else of_style.list_id
        level = own.level if own.level is not None else of_style.level
        mark = self._lists.next(own._replace(list_id=list_id, level=level))  # Word counts a point without a text, too
        mark = mark if pieces else None
        return Shape(heading, mark) if heading or mark else None

    def _written(self, number: int, pieces: list[_Piece], shape: Shape | None) -> str:
        if shape is not None and not self._in_note:
            self._result.shapes[number] = shape
        runs = []
        index = 0
        while index < len(pieces):
            link, look, _ = pieces[index]
            inside = []
            while index < len(pieces) and pieces[index][:2] == (link, look):
                inside.append(pieces[index].inside)
                index += 1
            runs.append(self._run_written(link, look, "".join(inside)))
        return f'<w:p><w:bookmarkStart w:id="{number}" w:name="p{number}"/>{"".join(runs)}</w:p>'

    def _run_written(self, link: str, look: RunLook, inside: str) -> str:
        says = "".join(
            f"<w:{name}/>" for name, on in (("b", look.bold), ("i", look.italic), ("strike", look.struck)) if on
        )
        if look.raised:
            says += f'<w:vertAlign w:val="{look.raised}"/>'
        run = f"<w:r><w:rPr>{says}</w:rPr>{inside}</w:r>" if says else f"<w:r>{inside}</w:r>"
        return f'<w:hyperlink r:id="{self._related("hyperlink", link)}">{run}</w:hyperlink>' if link else run

    def _related(self, kind: str, target: str) -> str:
        if target not in self._links:
            name = self._links[target] = f"r{len(self._links) + 1}"
            self._result.relations[name] = Relation(kind, target, external=kind == "hyperlink")
        return self._links[target]

    def _table(self, table: "Element") -> Iterator[str]:
        before, style = self._cell_around, table_style(table)
        heads = style.names_columns
        rows = [*self._parts(table, f"{W}tr")]
        yield "<w:tbl>"
        for number, row in enumerate(rows):
            says = row.find(f"{W}trPr")
            if says is not None and says.find(f"{W}del") is not None:
                continue
            if says is not None and is_on(says.find(f"{W}hidden")):
                self._hide()
                continue
            heads = heads or (says is not None and is_on(says.find(f"{W}tblHeader")))
            yield "<w:tr><w:trPr><w:tblHeader/></w:trPr>" if heads else "<w:tr>"
            heads = False
            yield "<w:tc/>" * _columns(says, "gridBefore")
            cells = [*self._parts(row, f"{W}tc")]
            for column, cell in enumerate(cells):
                self._cell_around = style.cell(number, len(rows), column, len(cells))
                yield from self._cell(cell)
            yield "</w:tr>"
        yield "</w:tbl>"
        self._cell_around = before

    def _cell(self, cell: "Element") -> Iterator[str]:
        says = cell.find(f"{W}tcPr")
        merged = ""
        deleted = False
        if says is not None:
            span, down = _columns(says, "gridSpan"), says.find(f"{W}vMerge")
            merged += f'<w:gridSpan w:val="{span}"/>' if span else ""
            goes_on = down is not None and down.get(f"{W}val", "continue") == "continue"
            merged += "" if down is None else f"<w:vMerge w:val={quoteattr(down.get(f'{W}val', 'continue'))}/>"
            deleted = says.find(f"{W}cellDel") is not None or goes_on
            if goes_on and any((text.text or "").strip() for text in cell.iter(f"{W}t")):  # under the cell above
                self._hide()
        yield f"<w:tc><w:tcPr>{merged}</w:tcPr>" if merged else "<w:tc>"
        yield from () if deleted else self._blocks(cell)
        yield "</w:tc>"

    def _parts(self, element: "Element", wanted: str) -> "Iterator[Element]":
        """The rows of a table or the cells of a row, also inside of what stands around them."""
        for child in element:
            if child.tag == wanted:
                yield child
            elif self._opens(child):
                yield from self._parts(child, wanted)
            elif child.tag not in _DELETED and child.tag not in _SILENT:
                self._name_unknown(child)

    def _opens(self, element: "Element") -> bool:
        """Whether it only stands around what is to be read. The prompt of a content control that nobody filled in is
        named, and taken out.
        """
        if element.tag == f"{W}sdt" and is_on(element.find(f"{W}sdtPr/{W}showingPlcHdr")):
            prompt = " ".join("".join(each.text or "" for each in element.iter(f"{W}t")).split())
            self._omit(later("a field that nobody filled in is left out"), later("Fill it in, or delete it."), prompt)
            for content in element.findall(f"{W}sdtContent"):
                _take_out(content)
        return element.tag in _SEEN_THROUGH or element.tag == f"{W}sdt"

    # -- Inside a paragraph.

    def _inline(self, element: "Element | list[Element]", link: str) -> None:
        for child in element:
            tag = child.tag
            if tag == f"{W}r":
                self._run(child, link)
            elif tag == f"{W}hyperlink":
                self._inline(child, self._address(child))
            elif self._opens(child):
                self._inline(child, link)
            elif tag == f"{W}fldSimple":
                simple = _Field(child.get(f"{W}instr", ""), is_told=True)
                self._inline(child, self._checked(simple.link) or link)
            elif tag.startswith(M):
                self._formula(child, link)
            elif tag == f"{_MC}AlternateContent":
                self._inline(_chosen(child), link)
            elif tag not in _DELETED and tag not in _SILENT:
                self._name_unknown(child)

    def _run(self, run: "Element", link: str) -> None:
        style, cell = self._paragraph.style, self._cell_around
        look = self._styles.look(run.find(f"{W}rPr"), style, cell)
        if look.white and not self._styles.stands_on_white(run, style, cell):
            look = look._replace(white=is_blacked_out(run))
        elif is_blacked_out(run):
            look = look._replace(white=True)
        self._inside_run(run, look, link)

    def _inside_run(self, element: "Element", look: RunLook, link: str) -> None:
        for child in element:
            tag = child.tag
            if tag == f"{W}t":
                self._text(child.text or "", look, link)
            elif tag in _AS_TEXT:
                self._text(_AS_TEXT[tag], look, link)
            elif tag == f"{_MC}AlternateContent":
                self._inside_run(_chosen(child), look, link)
            elif tag in self._signs:
                self._signs[tag](child, look, link)
            elif tag not in _DELETED and tag not in _SILENT:
                self._name_unknown(child)

    def _text(self, text: str, look: RunLook, link: str) -> None:
        if look.font or not text.isascii():
            text = self._in_its_font(text, look.font)
        if not text.isascii() and not look.struck and (struck := STRUCK_LETTERS.search(text)):
            self._text(text[: struck.start()], look, link)
            self._text(without_strokes(struck[0]), look._replace(struck=True), link)
            self._text(text[struck.end() :], look, link)
            return
        if look.moved:
            look = look._replace(raised=look.raised or (look.moved if len(text) <= _SHORT else ""), moved="")
        if not text or self._is_unseen(look, text):
            return
        paragraph = self._paragraph
        if paragraph.has_gap:
            text = self._closing_the_gap(text)
            paragraph.has_gap = False
        for number, line in enumerate(text.split("\n")):
            if number:
                self._add("<w:br/>", look, link)
            if line:
                self._add(f'<w:t xml:space="preserve">{escape(line)}</w:t>', look, link)
                self._result.seen.append(Seen(self._number, line))

    def _in_its_font(self, text: str, font: str) -> str:
        """In the fonts of symbols a letter is a sign."""
        found = shown(text, font)
        if found.unknown:
            cause = later("a sign of the font “{font}” is left out: no other font has it").format(font=font)
            self._omit(cause, later("Write it in words, or with a sign of another font."))
        return found.text

    def _closing_the_gap(self, text: str) -> str:
        """Of the spaces before and after what was left out one is enough."""
        before = self._paragraph.pieces[-1].inside if self._paragraph.pieces else " </w:t>"
        return text.lstrip(" ") if before.endswith((" </w:t>", "<w:br/>")) else text

    def _is_unseen(self, look: RunLook, text: str) -> bool:
        """Whether Word does not show it, or it was struck out; said in a finding."""
        if any(not each.is_told for each in self._fields):
            return True
        if look.hidden or ((look.white or look.tiny) and text.strip()):
            if text.strip():
                self._note_unseen(self._hidden if look.hidden else self._faint)
            self._paragraph.has_gap = True
            return True
        if look.struck and not self._show_struck:
            struck = self._paragraph.struck
            if struck and self._paragraph.has_gap:
                struck[-1] += text
            else:
                struck.append(text)
            self._paragraph.has_gap = True
            return True
        return False

    def _hide(self) -> None:
        self._note_unseen(self._hidden)

    def _note_unseen(self, paragraphs: list[int]) -> None:
        if not paragraphs or paragraphs[-1] != self._number:
            paragraphs.append(max(self._number, 1))

    def _add(self, inside: str, look: RunLook, link: str) -> None:
        within = next((found for each in reversed(self._fields) if (found := each.link)), "")
        link = link or (self._checked(within) if within else "")
        self._paragraph.pieces.append(_Piece(link, look._replace(font="") if look.font else look, inside))

    def _address(self, element: "Element") -> str:
        """Where a link leads: nowhere inside the same file, and never to a file of somebody's computer."""
        relation = self._relations.get(element.get(f"{R}id", ""))
        anchor = element.get(f"{W}anchor") or ""
        return self._checked((relation.target if relation else "") + (f"#{anchor}" if anchor else ""))

    def _checked(self, address: str) -> str:
        if not address or address.startswith("#"):
            return ""
        if _ADDRESS.match(address):
            return address
        cause = later("the link to “{address}” is no complete web address; only its text is kept").format(
            address=excerpt(address)
        )
        if (self._number, address) not in self._named:
            self._named.add((self._number, address))
            self._findings.warning(self._number, cause, later("Write the whole address, from https:// on."))
        return ""

    def _symbol(self, element: "Element", look: RunLook, link: str) -> None:
        font, code = element.get(f"{W}font", ""), element.get(f"{W}char", "")
        try:
            character = chr(int(code, 16))
        except (ValueError, OverflowError):
            character = "\ue000"
        self._text(character, look._replace(font=font), link)

    def _field(self, element: "Element", look: RunLook, link: str) -> None:
        kind = element.get(f"{W}fldCharType")
        if kind == "begin" and element not in self._unended:
            self._fields.append(_Field(form=element.find(f"{W}ffData")))
        elif kind == "separate" and self._fields:
            self._fields[-1].is_told = True
        elif kind == "end" and self._fields:
            ended = self._fields.pop()
            if ended.form is not None:
                self._text(_form_value(ended.form), look, link)
            elif not ended.is_told or ended.code.split()[:1] in _DRAWN_FIELDS:
                self._name_field(ended.code, look)

    def _field_code(self, element: "Element", _look: RunLook, _link: str) -> None:
        if self._fields:
            self._fields[-1].code += element.text or ""

    def _comment(self, _element: "Element", _look: RunLook, _link: str) -> None:
        self._comments += 1

    def _formula(self, element: "Element", link: str) -> None:
        base = self._styles.look(None, self._paragraph.style, self._cell_around)
        for part in list(element.iter()):
            tag = part.tag
            if tag in _DELETED:
                _take_out(part)
            elif tag == f"{M}r":
                look = self._styles.look(part.find(f"{W}rPr"), "", Cell())
                self._leave_out_of_formula(part, look, hidden=look.hidden, struck=look.struck)
            elif tag in (f"{M}phant", f"{M}borderBox"):
                self._leave_out_of_formula(part, base, hidden=is_phantom(part), struck=is_struck(part))
        for term in formula(element):
            self._text(term.text, base._replace(raised=term.raised or base.raised, font=""), link)

    def _leave_out_of_formula(self, part: "Element", look: RunLook, *, hidden: bool, struck: bool) -> None:
        text = "".join(each.text or "" for each in part.iter(f"{M}t"))
        if (hidden or struck) and self._is_unseen(look._replace(hidden=hidden, struck=struck), text):
            _take_out(part)

    def _ruby(self, element: "Element", look: RunLook, link: str) -> None:
        for child in element:
            if child.tag == f"{W}rubyBase":
                self._inline(child, link)
        for child in element.iterchildren(f"{W}rt"):
            self._text(" (", look, link)
            self._inline(child, link)
            self._text(")", look, link)

    def _note(self, element: "Element", look: RunLook, _link: str) -> None:
        if self._is_unseen(look, ""):
            return
        kind = element.tag.removeprefix(W).removesuffix("Reference")
        id_ = element.get(f"{W}id", "")
        note = self._notes_of(kind).get(id_)
        if note is None or self._in_note:
            self._omit(
                later("the text of {note} is not in the file; its mark is left out").format(note=_NOTES[kind]), _TYPE_IT
            )
            return
        if (kind, id_) not in self._result.labels:
            counted = len(self._notes[kind]) + 1
            form = "decimal" if kind == "footnote" else "lowerRoman"
            custom = element.get(f"{W}customMarkFollows") in ("1", "true", "on")
            self._result.labels[kind, id_] = "" if custom else written_number(counted, form)
            self._notes[kind].append(f'<w:{kind} w:id="{escape(id_)}">{self._noted(kind, note)}</w:{kind}>')
        self._add(f'<w:{kind}Reference w:id="{escape(id_)}"/>', RunLook(), "")

    def _noted(self, kind: str, note: "Element") -> str:
        paragraph, joined, fields = self._paragraph, self._joined, self._fields
        relations, self._relations = self._relations, self._package.relations(self._part_named(f"{kind}s"))
        self._in_note, self._joined, self._fields = True, [], []
        self._unended |= _fields_without_end(note)
        blocks = "".join(self._blocks(note))
        self._in_note, self._relations = False, relations
        self._paragraph, self._joined, self._fields = paragraph, joined, fields
        return blocks

    def _notes_of(self, kind: str) -> "dict[str, Element]":
        if kind not in self._note_parts:
            tree = self._package.tree(self._part_named(f"{kind}s"))
            found = [] if tree is None else list(tree.iterchildren(f"{W}{kind}"))
            self._note_parts[kind] = {each.get(f"{W}id", ""): each for each in found if each.get(f"{W}type") is None}
        return self._note_parts[kind]

    def _part_named(self, kind: str) -> str:
        relations = self._package.relations(self._package.main).values()
        return next((each.target for each in relations if each.kind == kind and not each.external), "")

    # -- Pictures, drawings, objects.

    def _graphic(self, element: "Element", look: RunLook, link: str) -> None:
        for child in element:
            if child.tag == f"{_MC}AlternateContent":
                self._graphic(_chosen(child), look, link)
            elif look.hidden or self._is_hidden(child):
                self._hide()
            elif child.tag == f"{_A}hlinkClick":
                self._name_link_of_drawing(self._address(child))
            elif not self._drawn(child, look, link):
                self._graphic(child, look, link)

    def _drawn(self, element: "Element", look: RunLook, link: str) -> bool:
        """Whether this part of a drawing is a thing by itself: a picture, a text, or what can only be named."""
        tag = element.tag
        name = tag.rpartition("}")[2]
        if tag == f"{W}txbxContent":
            self._box(element, look, link)
        elif tag in (f"{_A}blip", f"{_VML}imagedata"):
            self._name_link_of_drawing(link)
            self._picture(element)
        elif tag == f"{_A}t":
            self._text(element.text or "", look, link)
        elif tag == f"{_VML}textpath":
            self._text(element.get("string", ""), look, link)
        elif tag == f"{_OFFICE}OLEObject":
            self._omit(
                later("an embedded object ({kind}) is left out").format(
                    kind=element.get("ProgID") or later("of no kind")
                ),
                _TYPE_IT,
            )
        elif name in _DRAWN:
            self._omit(later("{what} is left out").format(what=_DRAWN[name]), _TYPE_IT, self._drawn_text(element))
        elif (element.text or "").strip() and name not in _PLACES:
            self._name_unknown(element)
        else:
            return False
        return True

    def _drawn_text(self, element: "Element") -> str:
        """The words of a chart or a diagram, which lie in a part of their own."""
        relation = self._relations.get(element.get(f"{R}dm") or element.get(f"{R}id") or "")
        part = None if relation is None or relation.external else self._package.tree(relation.target)
        leaves = [] if part is None else part.iter(f"{_A}t", "{*}v")
        return " ".join(text for leaf in leaves if (text := (leaf.text or "").strip()))

    def _box(self, element: "Element", _look: RunLook, _link: str) -> None:
        """Its paragraphs come after the one in which it is anchored."""
        self._paragraph.boxes.append(element)

    def _is_hidden(self, element: "Element") -> bool:
        if element.tag in (f"{_WP}inline", f"{_WP}anchor"):
            properties = element.find(f"{_WP}docPr")
            return properties is not None and properties.get("hidden") in ("1", "true")
        return element.tag.startswith(_VML) and any(
            way in element.get("style", "").replace(" ", "") for way in ("visibility:hidden", "display:none")
        )

    def _picture(self, element: "Element") -> None:
        relation = self._relations.get(element.get(f"{R}embed") or element.get(f"{R}id") or "")
        said = _about_picture(element)
        if self._album is None:
            self._omit(later("a picture is left out"), NOT_ALLOWED, said.alt)
            return
        data = self._package.bytes_of(relation.target) if relation and not relation.external else None
        if data is None or self._in_note:
            cause = later("a picture in a note is left out")
            if not data:
                cause = later("a picture that lies outside of the file is left out")
            self._omit(cause, later("Put it into the text."), said.alt)
            return
        try:
            picture = self._album.take(data, self._package.file)
        except NothingUsableError as error:
            self._omit(later("a picture is left out: {cause}").format(cause=error.cause), error.remedy, said.alt)
            return
        if not said.alt:
            remedy = later("Say in a few words what it shows (in Word: right click, View Alt Text).")
            self._findings.warning(self._number, later("a picture has no text for readers who cannot see it"), remedy)
        self._result.pictures.setdefault(self._number, []).append(picture.html(said.alt, said.width))

    # -- What is named.

    def _omit(self, cause: str, remedy: str, text: str = "") -> None:
        self._result.omitted = True
        if text:
            self._findings.left_out(self._number or None, text, cause, remedy)
        else:
            self._findings.warning(self._number or None, cause, remedy)

    def _name_import(self, element: "Element") -> None:
        relation = self._relations.get(element.get(f"{R}id", ""))
        ending = relation.target.rpartition(".")[2].lower() if relation else ""
        data = self._package.bytes_of(relation.target) if relation and ending in _READABLE else None
        html = (data or b"")[:_IMPORT_MOST].decode("utf-8", "replace")
        text = html if ending == "txt" else " ".join(plain_paragraphs(sanitise(html, Counter())))
        kind = _NAMES_OF_PARTS.get(ending, later("of another kind"))
        self._omit(later("a part that was imported ({kind}) is left out").format(kind=kind), _SAVE, text)

    def _name_link_of_drawing(self, address: str) -> None:
        if address and (self._number, address) not in self._named:
            self._named.add((self._number, address))
            self._omit(later("the link of a drawing is left out"), later("Write the address into the text."), address)

    def _name_unknown(self, element: "Element") -> None:
        name = element.tag.rpartition("}")[2]
        said = "".join(element.itertext()).strip()
        self._omit(later("what this program does not know ({name}) is left out").format(name=name), _TYPE_IT, said)

    def _name_field(self, code: str, look: RunLook) -> None:
        """A field that Word draws by itself, such as a fraction: the file does not say what that looks like."""
        kind, _, told = code.strip().partition(" ")
        if kind and kind.upper() not in _WITHOUT_RESULT and not self._is_unseen(look, ""):
            self._omit(later("a field ({kind}) is left out").format(kind=excerpt(kind)), _TYPE_IT, told.strip())

    def _name_edges(self) -> None:
        """Headers and footers of the pages."""
        for relation in self._relations.values():
            if relation.kind not in ("header", "footer") or relation.external:
                continue
            tree = self._package.tree(relation.target)
            runs = [] if tree is None else tree.iter(f"{W}r")
            said = "".join(
                text.text or ""
                for run in runs
                if not self._styles.look(run.find(f"{W}rPr"), "", Cell()).hidden
                for text in run.iterchildren(f"{W}t")
            ).strip()
            marks = [] if tree is None else [mark.get("string", "") for mark in tree.iter(f"{_VML}textpath")]
            self._result.edges += filter(None, [said, *marks])
            if said:
                is_header = relation.kind == "header"
                cause = (
                    later("the header of the pages is left out")
                    if is_header
                    else later("the footer of the pages is left out")
                )
                self._findings.left_out(None, said, cause, severity=Severity.NOTE)


class _AboutPicture(NamedTuple):
    alt: str
    width: int | None  # in pixels, as the author drew it


def _about_picture(element: "Element") -> _AboutPicture:
    """What the drawing around a picture says of it."""
    for above in element.iterancestors():
        if above.tag in (f"{_WP}inline", f"{_WP}anchor"):
            about, extent = above.find(f"{_WP}docPr"), above.find(f"{_WP}extent")
            alt = "" if about is None else (about.get("descr") or about.get("title") or "")
            wide = "" if extent is None else extent.get("cx", "")
            return _AboutPicture(" ".join(alt.split()), int(wide) // _EMU if wide.isdecimal() else None)
        if above.tag == f"{_VML}shape":
            return _AboutPicture(" ".join(above.get("alt", "").split()), None)
    return _AboutPicture("", None)


def _fields_without_end(element: "Element") -> "set[Element]":
    begun: list[Element] = []
    for mark in element.iter(f"{W}fldChar"):
        kind = mark.get(f"{W}fldCharType")
        if kind == "separate" or any(above.tag in _DELETED for above in mark.iterancestors()):
            continue
        if kind == "begin":
            begun.append(mark)
        elif kind == "end" and begun:
            begun.pop()
    return set(begun)


def _take_out(element: "Element") -> None:
    above = element.getparent()
    if above is not None:
        above.remove(element)


def _chosen(element: "Element") -> "Element":
    """Of the same thing said twice, for new and old programs: the drawing where there is one, else the plain one."""
    choice, fallback = element.find(f"{_MC}Choice"), element.find(f"{_MC}Fallback")
    draws = choice is not None and next(choice.iter(f"{W}drawing", f"{W}txbxContent"), None) is not None
    if choice is not None and (fallback is None or draws):
        return choice
    return element if fallback is None else fallback


def _columns(says: "Element | None", name: str) -> int:
    told = None if says is None else value_of(says, name)
    return int(told) if told and told.isdecimal() and int(told) < _MOST_COLUMNS else 0


def _form_value(form: "Element") -> str:
    """What a field of a form shows that has no text of its own."""
    box, chosen = form.find(f"{W}checkBox"), form.find(f"{W}ddList")
    if box is not None:
        checked = box.find(f"{W}checked")
        return "☒" if is_on(box.find(f"{W}default") if checked is None else checked) else "☐"
    if chosen is None:
        return ""
    entries = [each.get(f"{W}val", "") for each in chosen.iterchildren(f"{W}listEntry")]
    index = value_of(chosen, "result") or value_of(chosen, "default") or "0"
    return entries[int(index)] if index.isdecimal() and int(index) < len(entries) else ""
