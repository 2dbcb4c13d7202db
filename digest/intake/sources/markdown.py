"""Reads a Markdown file as one item: front matter, title, body as sanitised HTML and as plain paragraphs."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

import yaml

from digest.errors import NothingUsableError
from digest.foundation.words import fold_letters
from digest.intake.sources.cleaning import clean, without_controls
from digest.intake.sources.dates import Dated, Impossible, Incomplete, recognise, settle
from digest.intake.sources.draft import Fields, FileContext, Findings, ItemDraft, ItemField, Said, field_named
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.items import FileReading, found_items
from digest.intake.sources.lines import with_newlines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LONGEST = 100_000  # characters, about fifty pages: deep nesting makes parsers slow beyond
_DATE_IN_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])")
_FORMATTED = re.compile(r"<(?!/?p>)")
_SCHEMES = ("http:", "https:", "mailto:")
_FENCE = "---"
_ENDS = ("---", "...")
_NOTHING = ("~", "null")
_YES = ("true", "True", "TRUE", "yes", "Yes", "sí", "Sí", "si", "Si")
_NO = ("false", "False", "FALSE", "no", "No")
_LONGEST_FRONT_MATTER = 16_000  # characters; deep nesting makes the parser slow beyond
_Value = str | tuple[str, ...] | None


class _Parted(NamedTuple):
    """A Markdown file in two. `yaml` is `None` when there is no front matter; `body_line` is where the body begins."""

    yaml: str | None
    yaml_line: int
    body: str
    body_line: int


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
    parted = _part(normalize("NFC", without_controls(with_newlines(text), removed)), context.file)
    fields = _read_fields(parted.yaml or "", parted.yaml_line, removed, findings)
    if fields is not None and _is_draft(fields, findings):
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
    return _part(with_newlines(text), file).yaml is not None


def _draft(
    parted: _Parted, fields: Fields, removed: Counter[str], context: FileContext, findings: Findings
) -> ItemDraft | None:
    tokens = _parser().parse(parted.body)
    heading = _leading_heading(tokens)
    title = _title(fields, heading, parted, findings)
    published_on = _published_on(fields, parted, context, findings)
    if title is None or published_on is None:
        return None
    body = tokens[3:] if heading and fold_letters(heading) == fold_letters(title) else tokens
    _report_lost_parts(body, parted.body_line, findings)
    html = sanitise(_parser().renderer.render(body, _parser().options, {}), removed)
    return ItemDraft(
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
    from markdown_it import MarkdownIt  # 25 ms: only for Markdown

    return MarkdownIt("commonmark", {"html": True})


def _leading_heading(tokens: Sequence["Token"]) -> str:
    """The text of a first-level heading at the very start; empty when there is none."""
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return ""
    html = sanitise(_parser().renderer.render(tokens[1:2], _parser().options, {}), Counter())
    return " ".join(plain_paragraphs(html))


def _title(fields: Fields, heading: str, parted: _Parted, findings: Findings) -> str | None:
    said = fields.get(ItemField.TITLE)
    if said is None or said.value == "":
        if not heading:
            cause = "the item has no title"
            findings.error(parted.yaml_line, cause, "Write “title: …” into the front matter, or begin with “# Title”.")
        return heading or None
    if isinstance(said.value, str):
        return said.value
    findings.error(said.line, "the title is a list", "Write the title as one text, in quotes if need be.")
    return None


def _published_on(fields: Fields, parted: _Parted, context: FileContext, findings: Findings) -> date | None:
    """The date of the front matter, else the one at the start of the file name."""
    said = fields.get(ItemField.DATE)
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


# -- The front matter: YAML between `---` lines at the top; every value stays text.


def _part(text: str, file: str) -> _Parted:
    """Part the front matter from the body; raise `NothingUsableError` when it has no end."""
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[first].rstrip() != _FENCE:
        return _Parted(None, 1, text, 1)
    for index in range(first + 1, len(lines)):
        if lines[index].rstrip() in _ENDS:
            front = "\n".join(lines[first + 1 : index]) + "\n"
            return _Parted(front, first + 2, "\n".join(lines[index + 1 :]), index + 2)
    cause = f"the front matter that begins in line {first + 1} has no end"
    raise NothingUsableError(file, cause, "Put a line with --- under it.")


def _read_fields(
    front: str, first_line: int, removed: Counter[str], findings: Findings
) -> dict[ItemField, Said] | None:
    """The fields of the front matter; `None`, with an error reported, when it cannot be read or says a thing twice."""
    if len(front) > _LONGEST_FRONT_MATTER:
        findings.error(
            first_line, f"the front matter is longer than {_LONGEST_FRONT_MATTER:,} characters", "Shorten it."
        )
        return None
    try:
        pairs = list(_pairs(front))
    except yaml.YAMLError as error:
        cause = getattr(error, "problem", None) or "it is no YAML"
        findings.error(
            first_line + getattr(getattr(error, "problem_mark", None), "line", 0),
            f"the front matter cannot be read: {cause}",
            "Write lines such as “title: …”; a value with a colon or a quotation mark in it goes into quotes.",
        )
        return None
    return _fields(pairs, first_line, removed, findings)


def _is_draft(fields: Fields, findings: Findings) -> bool:
    """Whether the file says `draft: true`. What is neither yes nor no counts as yes: it would be read by everybody."""
    said = fields.get(ItemField.DRAFT)
    if said is None or said.value == "" or said.value in _NO:
        return False
    if said.value not in _YES:
        findings.warning(
            said.line, f"“draft: {said.value}” is neither true nor false; taken as true", "Write true, or take it out."
        )
    return True


def _pairs(front: str) -> Iterator[tuple[str, _Value, int]]:
    """Key, value and line (from 0) of the top level. From events, because composing deep nesting ends the process."""
    events = yaml.parse(front, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    begun = (yaml.StreamStartEvent, yaml.DocumentStartEvent)
    first = next((event for event in events if not isinstance(event, begun)), None)
    if isinstance(first, yaml.StreamEndEvent):
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise yaml.MarkedYAMLError(problem="it holds no keys", problem_mark=getattr(first, "start_mark", None))
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        key = _value(event, events)
        yield key if isinstance(key, str) else "", _value(next(events), events), getattr(event.start_mark, "line", 0)
    for _ in events:
        pass  # a second document, or text behind the end, is found here


def _value(event: Any, events: Iterator[Any]) -> _Value:
    """The text or the list of texts that begins with this event; `None` for any other shape."""
    kind = type(event).__name__
    if kind == "ScalarEvent":
        return "" if not event.style and event.value in _NOTHING else str(event.value)
    flat, depth, values = kind == "SequenceStartEvent", int(kind.endswith("StartEvent")), []
    while depth:
        inner = next(events)
        kind = type(inner).__name__
        if kind == "ScalarEvent":
            values.append(str(inner.value))
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        flat = flat and not kind.endswith("StartEvent") and kind != "AliasEvent"
    return tuple(values) if flat else None


def _fields(
    pairs: Iterable[tuple[str, _Value, int]], first_line: int, removed: Counter[str], findings: Findings
) -> dict[ItemField, Said] | None:
    fields: dict[ItemField, Said] = {}
    keys: set[str] = set()
    unknown: dict[str, int] = {}
    for key, value, offset in pairs:
        line, field = first_line + offset, field_named(key)
        if key in keys:
            findings.error(line, f"the front matter has the key “{key}” twice", "Keep one of them.")
            return None
        keys.add(key)
        if field is None:
            unknown[key] = line
        elif field in fields:
            findings.warning(line, f"“{key}” says {field} again; the first counts", "Keep one of them.")
        elif value is None:
            findings.warning(
                line, f"the value of “{key}” is neither a text nor a list; left out", "Write it on one line."
            )
        else:
            fields[field] = Said(_cleaned(value, removed), line)
    if unknown:
        named = ", ".join(f"“{key}”" for key in unknown)
        findings.note(min(unknown.values()), f"nothing here reads these keys: {named}")
    return fields


def _cleaned(value: str | tuple[str, ...], removed: Counter[str]) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return clean(value, removed).strip()
    return tuple(text for part in value if (text := clean(part, removed).strip()))
