"""What mammoth read, as the lines of a listing: text, formatting, tables in one piece."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from digest.foundation.words import lowered, raised
from digest.intake.sources.dates import Dated, Impossible, recognise
from digest.intake.sources.formatted import Format
from digest.intake.sources.lines import Lines, ends_like_a_sentence
from digest.intake.sources.word.shown import Shape, Visible

_CELLS = " · "
_LONG = 300  # characters: a cell that holds as much is a text of its own
_UNNUMBERED = Shape()
_DIGIT = re.compile(r"\d")


def lines_of(found: Visible, document: Any) -> Lines:
    """`document` is mammoth's. A table that holds dates and texts is a layout: its cells are lines like any others.
    Every other table of several columns is one line, which holds it as a whole.
    """
    collector = _Collector(found, document.notes)
    collector.collect(document.children)
    return Lines(
        texts=collector.texts,
        numbers=collector.numbers,
        headings=frozenset(collector.headings),
        formats=collector.formats,
    )


class _Sign(NamedTuple):
    """A piece of text with what it looks like."""

    text: str
    marks: tuple[str, ...] = ()
    link: str = ""


_BREAK = _Sign("\n")


@dataclass(slots=True)
class _Collector:
    found: Visible
    notes: Any
    texts: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    headings: set[int] = field(default_factory=set)
    formats: list[Format] = field(default_factory=list)
    _number: int = 1
    _has_date: bool = False

    def collect(self, blocks: Iterable[Any]) -> None:
        for block in blocks:
            kind = type(block).__name__
            if kind == "Paragraph":
                self._paragraph(block)
            elif kind == "Table":
                rows = _rows(block)
                if self._is_layout(rows):
                    self.collect(child for row in rows for cell in row if cell.begins for child in cell.children)
                else:
                    self._table(rows)

    def _paragraph(self, paragraph: Any) -> None:
        self._number = _number_of(paragraph) or self._number
        shape = self.found.shapes.get(self._number, _UNNUMBERED)
        mark = shape.mark
        for number, signs in enumerate(_split(self._signs(paragraph.children))):
            text = "".join(map(_plain, signs))
            if shape.heading and text.strip():
                self.headings.add(len(self.texts))
            level = mark.level if mark is not None else None
            format_ = Format(
                _html(signs), level=level, link=_link_of(signs), notes=self._notes_at(paragraph) if not number else ()
            )
            if mark is not None and not number:
                format_ = format_._replace(number=mark.number, label=mark.label)
            self._line(text, format_)

    def _line(self, text: str, format_: Format) -> None:
        self.texts.append(text)
        self.numbers.append(self._number)
        self.formats.append(format_)
        self._has_date = self._has_date or _is_date(text)

    def _table(self, rows: "Sequence[Sequence[_Cell]]") -> None:
        written: list[str] = []
        said: list[str] = []
        notes: list[str] = []
        numbers = [number for row in rows for cell in row for number in _numbers_in(cell.children)]
        for row in rows:
            cells = [self._cell(cell.children) for cell in row]
            tag = "th" if _names_columns(row, cells, alone=len(rows) == 1) else "td"
            written.append("".join(f"<{tag}>{'<br>'.join(map(_html, lines))}</{tag}>" for lines in cells))
            said.append(_CELLS.join(" ".join("".join(map(_plain, line)) for line in lines) for lines in cells))
            notes += [note for cell in row for note in self._notes_in(cell.children)]
        if not "".join(said).replace(_CELLS, "").strip():
            return
        self._number = numbers[0] if numbers else self._number
        self._line("", Format())
        html = "<table>" + "".join(f"<tr>{row}</tr>" for row in written) + "</table>"
        self._line("| " + " | ".join(said) + " |", Format(html, block=True, notes=tuple(notes)))
        self._number = numbers[-1] if numbers else self._number
        self._line("", Format())

    def _cell(self, blocks: Iterable[Any]) -> list[list[_Sign]]:
        """The lines of a cell; those of a table inside of it, one for each row."""
        lines: list[list[_Sign]] = []
        for block in blocks:
            if type(block).__name__ == "Table":
                lines += [self._row_in_a_line(row) for row in _rows(block)]
            elif type(block).__name__ == "Paragraph":
                shape = self.found.shapes.get(_number_of(block) or 0, _UNNUMBERED)
                label = _label(shape)
                inside = [
                    line for line in _split(self._signs(block.children)) if "".join(each.text for each in line).strip()
                ]
                lines += [[_Sign(label), *inside[0]], *inside[1:]] if label and inside else inside
        return lines

    def _row_in_a_line(self, row: "Sequence[_Cell]") -> list[_Sign]:
        signs: list[_Sign] = []
        for number, cell in enumerate(row):
            signs += [_Sign(_CELLS)] if number else []
            for count, line in enumerate(self._cell(cell.children)):
                signs += [_Sign(" "), *line] if count else line
        return signs

    def _is_layout(self, rows: "Sequence[Sequence[_Cell]]") -> bool:
        if all(len(row) == 1 for row in rows):
            return True
        for row in rows:
            texts = [text for cell in row for text in self._said_in(cell.children)]
            dated = any(map(_is_date, texts))
            tells = any(ends_like_a_sentence(text.strip()) or len(text) > _LONG for text in texts)
            if dated and (tells or not self._has_date):
                return True
        return False

    def _said_in(self, blocks: Iterable[Any]) -> Iterator[str]:
        for line in self._cell(blocks):
            yield "".join(map(_plain, line))

    # -- Inside a paragraph.

    def _signs(self, elements: Iterable[Any], marks: tuple[str, ...] = (), link: str = "") -> Iterator[_Sign]:
        for element in elements:
            match type(element).__name__:
                case "Text":
                    yield _Sign(element.value, marks, link)
                case "Tab":
                    yield _Sign(" ", marks, link)
                case "Break":
                    yield _BREAK
                case "Run":
                    yield from self._signs(element.children, _marks(element), link)
                case "Hyperlink":
                    yield from self._signs(element.children, marks, element.href or link)
                case "NoteReference":
                    label = self.found.labels.get((element.note_type, element.note_id), "")
                    if label:
                        yield _Sign(label, ("sup",))

    def _notes_at(self, paragraph: Any) -> tuple[str, ...]:
        return tuple(self._note(reference) for reference in _references(paragraph))

    def _notes_in(self, blocks: Iterable[Any]) -> list[str]:
        return [self._note(reference) for block in blocks for reference in _references(block)]

    def _note(self, reference: Any) -> str:
        note = self.notes.resolve(reference)
        text = "<br>".join(map(_html, self._cell(note.body)))
        label = self.found.labels.get((reference.note_type, reference.note_id), "")
        return f"<sup>{escape(label)}</sup> {text.strip()}" if label else text


class _Cell(NamedTuple):
    """A cell of a table in which each row has all its columns. `begins`: it is no other cell drawn larger."""

    children: Sequence[Any]
    header: bool
    begins: bool


def _rows(table: Any) -> list[list[_Cell]]:
    """What stands across several rows stands in each of them: a row is read alone in the text part. What stands across
    several columns stands in the first.
    """
    rows: list[list[_Cell]] = []
    hanging: dict[int, tuple[int, _Cell]] = {}  # by column: for how many more rows
    for row in table.children:
        if type(row).__name__ != "TableRow":
            continue
        cells: list[_Cell] = []
        for cell in [*row.children, None]:
            while len(cells) in hanging:
                more, above = hanging.pop(len(cells))
                if more > 1:
                    hanging[len(cells)] = (more - 1, above)
                cells.append(above._replace(begins=False))
            if cell is None:
                break
            new = _Cell(cell.children, row.is_header, begins=True)
            if cell.rowspan > 1:
                hanging[len(cells)] = (cell.rowspan - 1, new)
            cells.append(new)
            cells += [_Cell((), row.is_header, begins=False)] * (cell.colspan - 1)
        rows.append(cells)
    return rows


def _names_columns(row: Sequence[_Cell], cells: "Sequence[Sequence[Sequence[_Sign]]]", *, alone: bool) -> bool:
    """Whether this row says what stands in the columns: Word draws the first row of most tables in another way, so that
    its cells have to look like names too. A row in bold letters says it by itself.
    """
    signs = [[sign for line in lines for sign in line if sign.text.strip()] for lines in cells]
    if alone or not all(signs):
        return False
    texts = ["".join(sign.text for sign in cell) for cell in signs]
    named = all(cell.header for cell in row) and not any(map(_DIGIT.search, texts))
    return named or all("strong" in sign.marks for cell in signs for sign in cell)


def _number_of(paragraph: Any) -> int | None:
    for child in paragraph.children:
        if type(child).__name__ == "Bookmark":
            return int(child.name[1:])
    return None


def _numbers_in(blocks: Iterable[Any]) -> Iterator[int]:
    for block in blocks:
        if type(block).__name__ == "Paragraph":
            yield _number_of(block) or 1
        else:
            yield from _numbers_in(getattr(block, "children", ()))


def _references(element: Any) -> Iterator[Any]:
    if type(element).__name__ == "NoteReference":
        yield element
    for child in getattr(element, "children", ()):
        yield from _references(child)


def _marks(run: Any) -> tuple[str, ...]:
    named = (("strong", run.is_bold), ("em", run.is_italic), ("s", run.is_strikethrough))
    raised_ = {"superscript": ("sup",), "subscript": ("sub",)}.get(run.vertical_alignment, ())
    return (*(name for name, on in named if on), *raised_)


def _label(shape: Shape) -> str:
    mark = shape.mark
    if mark is None:
        return ""
    return f"{mark.label} " if mark.label else "• " if mark.number is None else f"{mark.number}. "


def _split(signs: Iterable[_Sign]) -> list[list[_Sign]]:
    lines: list[list[_Sign]] = [[]]
    for sign in signs:
        if sign is _BREAK:
            lines.append([])
        else:
            lines[-1].append(sign)
    return lines


def _plain(sign: _Sign) -> str:
    if "sup" in sign.marks:
        return raised(sign.text)
    return lowered(sign.text) if "sub" in sign.marks else sign.text


def _html(signs: Sequence[_Sign]) -> str:
    parts: list[str] = []
    link = ""
    for sign in [*signs, _Sign("")]:
        if sign.link != link:
            parts.append("</a>" if link else "")
            parts.append(f'<a href="{escape(sign.link)}">' if sign.link else "")
            link = sign.link
        opened = "".join(f"<{mark}>" for mark in sign.marks)
        closed = "".join(f"</{mark}>" for mark in reversed(sign.marks))
        parts.append(f"{opened}{escape(sign.text)}{closed}" if sign.text else "")
    return "".join(parts)


def _link_of(signs: Sequence[_Sign]) -> str | None:
    links = {sign.link for sign in signs if sign.text.strip()}
    return links.pop() or None if len(links) == 1 else None


def _is_date(text: str) -> bool:
    return isinstance(recognise(text.strip()), Dated | Impossible)
