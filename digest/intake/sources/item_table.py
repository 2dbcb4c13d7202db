"""A table of items, as CSV or as a workbook: one item a row, told by headers in English and Spanish."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.foundation.spreadsheets import FORMULA, Rows, Sheet, by_header, separator_of, workbook
from digest.foundation.words import excerpt, fold_letters, listed
from digest.intake.sources.balance import balance
from digest.intake.sources.cleaning import clean, without_controls
from digest.intake.sources.dates import Dated, Impossible, Incomplete, recognise, settle
from digest.intake.sources.draft import FileContext, Findings, ItemDraft, ItemField, Said, field_named
from digest.intake.sources.front_matter import FrontMatter, held_back, says_when
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.items import FileReading, found_items
from digest.intake.sources.site_fields import SiteFields, is_title
from digest.intake.sources.visible import as_seen

TABLES = (".csv", ".tsv", ".xlsx")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2}) 00:00:00")  # how a workbook keeps a day
_MARKUP = re.compile(r"</?(?:p|br|div|ul|ol|li|a|strong|em|b|i|h[1-6])\b[^>]*>", re.IGNORECASE)
_FORMATTED = re.compile(r"<(?!/?p>)")
_DRAFT = frozenset(("true", "yes", "si", "1", "x", "draft", "borrador"))
NO_HEADER = later("there is no header above this; left out")
_LONGEST_CELL = 100_000  # characters, about fifty pages
_FEWEST_HEADERS = 2


def read_table(data: bytes, text: str | None, context: FileContext) -> FileReading | None:
    """`text` is the file as text, `None` for a workbook. `None` for a table of something else: none of its columns is
    called a title.
    """
    findings = Findings(context.file)
    try:
        with _opened(data, text, context.file) as (headers, rows, others):
            columns = {header: field for header in headers if (field := field_named(header))}
            if len(headers) < _FEWEST_HEADERS or not any(map(is_title, headers)):
                return None
            if others:
                named = listed([f"“{excerpt(sheet)}”" for sheet in others], "and")
                findings.note(None, later("of this workbook the first sheet is read, not {named}").format(named=named))
            return _Table(columns, context, findings).read(rows)
    except NothingUsableError as error:  # it may be something else, in this folder by chance
        findings.warning(None, error.cause, error.remedy)
        return FileReading((), findings.in_order())


@contextmanager
def _opened(data: bytes, text: str | None, file: str) -> Iterator[Sheet]:
    if text is None:
        with workbook(io.BytesIO(data), file, _each_once) as sheet:
            yield sheet
        return
    first = next((line for line in text.splitlines() if line.strip()), "")
    csv.field_size_limit(_LONGEST_CELL * 10)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(first))
    try:
        headers = _each_once(next((row for row in reader if any(row)), []))
        yield Sheet(headers, _of_csv(reader, headers))
    except csv.Error as error:
        raise NothingUsableError(
            file, later("this is no table: {cause}").format(cause=str(error)), later("Export the table again.")
        ) from error


def _each_once(written: Sequence[str]) -> Sequence[str]:
    """The headers on a line each; a second one of the same name has a number, and so a column of its own."""
    headers: list[str] = []
    for cell in written:
        header = " ".join(cell.split())
        again = sum(one == header or one.startswith(f"{header} (") for one in headers) if header else 0
        headers.append(f"{header} ({again + 1})" if again else header)
    return headers


def _of_csv(reader: "csv._reader", headers: Sequence[str]) -> Rows:  # type: ignore[name-defined]
    """Each with the line where it begins: a cell may have several."""
    line = reader.line_num + 1
    for cells in reader:
        if any(cells):
            yield line, by_header(headers, cells)
        line = reader.line_num + 1


class _Table:
    def __init__(self, columns: Mapping[str, ItemField], context: FileContext, findings: Findings) -> None:
        self._columns = columns
        self._context = context
        self._findings = findings
        self._unknown: dict[str, None] = {}
        self._drafts = 0

    def read(self, rows: Rows) -> FileReading:
        found: list[tuple[int, ItemDraft, Dated]] = []
        for line, cells in rows:
            read = self._row(line, cells)
            if read is not None:
                found.append((line, *read))
        findings, context = self._findings, self._context
        days = settle([(line, dated) for line, _, dated in found], context.dates, findings, context.zone)
        drafts = [replace(draft, published_on=day) for (_, draft, _), day in zip(found, days, strict=True)]
        if self._unknown:
            named = listed([f"“{excerpt(header)}”" for header in self._unknown], "and")
            findings.note(1, later("nothing here reads these columns: {named}").format(named=named))
        if self._drafts:
            findings.note(
                1, later("{count} of the rows wait: they say that they are drafts").format(count=self._drafts)
            )
        return FileReading(found_items(drafts, context, findings), findings.in_order())

    def _row(self, line: int, cells: Mapping[str, str]) -> tuple[ItemDraft, Dated] | None:
        findings = self._findings
        removed: Counter[str] = Counter()
        fields: dict[ItemField, Said] = {}
        keys: dict[str, Said] = {}
        of_sites = SiteFields()
        for header, cell in cells.items():
            written = FORMULA.sub("", cell.strip())
            if not written:
                continue
            if not header:
                findings.left_out(line, written, NO_HEADER, later("Put a text with such marks in quotation marks."))
                continue
            field = self._columns.get(header)
            said = keys[header] = Said(_MIDNIGHT.sub(r"\1", " ".join(clean(written, removed).split())), line)
            if field is not None and field not in fields:
                fields[field] = said
            elif not of_sites.take(header, said, written) and not says_when(header):
                self._unknown[header] = None
        of_sites.fill(fields)
        if fold_letters(_said(fields, ItemField.DRAFT)) in _DRAFT:
            self._drafts += 1
            return None
        if why := held_back(FrontMatter(fields, keys), self._context.today, Findings("")):
            findings.warning(line, later("this row is held back by what it says of itself: {why}").format(why=why))
            return None
        title = _said(fields, ItemField.TITLE)
        if not title:
            findings.error(line, later("this row has no title; left out"), later("Write one, or take the row out."))
            return None
        dated = self._dated(line, title, _said(fields, ItemField.DATE))
        if dated is None:
            return None
        html, paragraphs = self._body(of_sites.body or fields.pop(ItemField.SUMMARY, None), line, removed)
        draft = ItemDraft(
            line=line,
            published_on=dated.day,
            title=title,
            paragraphs=paragraphs,
            html=html,
            fields={field: said for field, said in fields.items() if field is not ItemField.DRAFT},
            removed=removed,
            categories=tuple(of_sites.categories),
        )
        return draft, dated

    def _dated(self, line: int, title: str, written: str) -> Dated | None:
        found = recognise(written) if written else None
        if isinstance(found, Dated):
            return found
        cause = found.cause if isinstance(found, Impossible | Incomplete) else later("is no date that can be read")
        remedy = found.remedy if isinstance(found, Impossible) else later("Write it like 2018-08-05.")
        said = (
            later("“{written}”: {cause}; left out: “{title}”")
            if written
            else later("this row has no date; left out: “{title}”")
        )
        told = said.format(written=excerpt(written), cause=cause, title=excerpt(title))
        self._findings.error(line, told, remedy)
        return None

    def _body(self, said: Said | None, line: int, removed: Counter[str]) -> tuple[str | None, tuple[str, ...]]:
        written = str(said.value) if said else ""
        if len(written) > _LONGEST_CELL:
            cause = later("{count:,} characters are too many for one text (limit: {most:,}); it is left out").format(
                count=len(written), most=_LONGEST_CELL
            )
            self._findings.error(line, cause, later("Shorten it."))
            return None, ()
        if not _MARKUP.search(written):
            lines = (" ".join(clean(one, removed).split()) for one in written.splitlines())
            return None, tuple(one for one in lines if one)
        findings = Findings(self._context.file)
        seen = as_seen(without_controls(written, removed), findings, self._context.struck, line)
        html = sanitise(seen.html, removed)
        paragraphs = plain_paragraphs(html)
        findings.account(*paragraphs)
        balance(seen.pieces, findings)
        self._findings.problems += findings.problems
        return (html if _FORMATTED.search(html) else None), paragraphs


def _said(fields: Mapping[ItemField, Said], field: ItemField) -> str:
    value = fields[field].value if field in fields else ""
    return value if isinstance(value, str) else " ".join(value)
