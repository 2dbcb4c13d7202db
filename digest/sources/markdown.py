"""Reads a Markdown file as one item: front matter, title, body as sanitised HTML and as plain paragraphs."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from unicodedata import normalize

from digest.errors import NothingUsableError
from digest.sources.cleaning import without_controls
from digest.sources.date_lines import Dated, Impossible, Incomplete, recognise
from digest.sources.date_order import settle
from digest.sources.draft import Draft
from digest.sources.fields import Field, Fields, Said
from digest.sources.file_context import FileContext
from digest.sources.findings import Findings
from digest.sources.folding import fold
from digest.sources.found_items import FileReading, found_items
from digest.sources.front_matter import Parted, is_draft, part, read_fields
from digest.sources.lines import with_newlines
from digest.sources.plain_text import plain_paragraphs
from digest.sources.sanitising import sanitise

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LONGEST = 100_000  # characters, about fifty pages: deep nesting makes parsers slow beyond
_DATE_IN_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])")
_FORMATTED = re.compile(r"<(?!/?p>)")
_SCHEMES = ("http:", "https:", "mailto:")


def read_markdown(text: str, context: FileContext) -> FileReading:
    """The one item of the file; raise `NothingUsableError` for a front matter without end, or far too much text."""
    findings = Findings(context.file)
    if not text.strip():
        findings.note(None, "the file is empty")
        return FileReading((), findings.in_order())
    if len(text) > _LONGEST:
        cause = f"{len(text):,} characters are too many for one item (limit: {_LONGEST:,})"
        raise NothingUsableError(context.file, cause, "One Markdown file is one item; put a listing into a .txt file.")
    removed: Counter[str] = Counter()
    parted = part(normalize("NFC", without_controls(with_newlines(text), removed)), context.file)
    fields = read_fields(parted.yaml or "", parted.yaml_line, removed, findings)
    if fields is not None and is_draft(fields, findings):
        return FileReading((), findings.in_order(), waiting=True)
    draft = None if fields is None else _draft(parted, fields, removed, context, findings)
    items = found_items([draft], context, findings) if draft else ()
    return FileReading(items, findings.in_order())


def markdown_body(text: str) -> tuple[tuple[str, ...], str | None]:
    """A Markdown text without front matter as plain paragraphs and, when it has any formatting, as sanitised HTML."""
    removed: Counter[str] = Counter()
    body = normalize("NFC", without_controls(with_newlines(text[:_LONGEST]), removed))
    html = sanitise(_parser().renderer.render(_parser().parse(body), _parser().options, {}), removed)
    return plain_paragraphs(html), html if _FORMATTED.search(html) else None


def has_front_matter(text: str, file: str) -> bool:
    return part(with_newlines(text), file).yaml is not None


def _draft(
    parted: Parted, fields: Fields, removed: Counter[str], context: FileContext, findings: Findings
) -> Draft | None:
    tokens = _parser().parse(parted.body)
    heading = _leading_heading(tokens)
    title = _title(fields, heading, parted, findings)
    published_on = _published_on(fields, parted, context, findings)
    if title is None or published_on is None:
        return None
    body = tokens[3:] if heading and fold(heading) == fold(title) else tokens
    _report_lost_parts(body, parted.body_line, findings)
    html = sanitise(_parser().renderer.render(body, _parser().options, {}), removed)
    return Draft(
        line=1,
        published_on=published_on,
        title=title,
        paragraphs=plain_paragraphs(html),
        html=html if _FORMATTED.search(html) else None,
        fields=fields,
        removed=removed,
    )


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True})


def _leading_heading(tokens: Sequence["Token"]) -> str:
    """The text of a first-level heading at the very start; empty when there is none."""
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return ""
    html = sanitise(_parser().renderer.render(tokens[1:2], _parser().options, {}), Counter())
    return " ".join(plain_paragraphs(html))


def _title(fields: Fields, heading: str, parted: Parted, findings: Findings) -> str | None:
    said = fields.get(Field.TITLE)
    if said is None or said.value == "":
        if not heading:
            cause = "the item has no title"
            findings.error(parted.yaml_line, cause, "Write “title: …” into the front matter, or begin with “# Title”.")
        return heading or None
    if isinstance(said.value, str):
        return said.value
    findings.error(said.line, "the title is a list", "Write the title as one text, in quotes if need be.")
    return None


def _published_on(fields: Fields, parted: Parted, context: FileContext, findings: Findings) -> date | None:
    """The date of the front matter, else the one at the start of the file name."""
    said = fields.get(Field.DATE)
    if said is None or said.value == "":
        in_name = _DATE_IN_NAME.match(PurePosixPath(context.file).name)
        if in_name is None:
            remedy = "Write “date: 2018-08-05” into the front matter, or begin the file's name with 2018-08-05-."
            findings.error(parted.yaml_line, "the item has no date", remedy)
            return None
        said = Said(in_name[1], 1)
    found = recognise(said.value) if isinstance(said.value, str) else None
    if isinstance(found, Dated):
        return settle([(said.line, found)], context.dates, findings)[0]
    cause = found.cause if isinstance(found, Impossible | Incomplete) else "is no date that can be read"
    remedy = found.remedy if isinstance(found, Impossible) else "Write it like 2018-08-05."
    findings.error(said.line, f"“{said.value}”: {cause}; the item is left out", remedy)
    return None


def _report_lost_parts(tokens: Sequence["Token"], first_line: int, findings: Findings) -> None:
    """Say what of a body no reader will see: pictures, and the addresses of links that lead nowhere in a mail."""
    for token in tokens:
        line = first_line + token.map[0] if token.map else None
        pieces = [token, *(token.children or ())]
        if any(piece.type == "image" or "<img" in piece.content.lower() for piece in pieces if _may_hold_html(piece)):
            findings.warning(line, "a picture inside the text is left out", "Name it as “image:” in the front matter.")
        for piece in pieces:
            address = str(piece.attrs.get("href", "")) if piece.type == "link_open" else ""
            if address and not address.lower().startswith(_SCHEMES):
                cause = f"the link to “{address}” is no complete web address; only its text is kept"
                findings.warning(line, cause, "Write the whole address, from https:// on.")


def _may_hold_html(token: "Token") -> bool:
    return token.type in ("image", "html_block", "html_inline")
