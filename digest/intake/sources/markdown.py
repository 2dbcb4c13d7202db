"""Reads a Markdown file as one item: front matter, title, body as sanitised HTML and as plain paragraphs."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.foundation.words import excerpt, fold_letters
from digest.intake.item import Struck
from digest.intake.picture import Picture
from digest.intake.sources.balance import balance
from digest.intake.sources.cleaning import without_controls
from digest.intake.sources.dates import Dated, Impossible, Incomplete, day_in_path, recognise, settle
from digest.intake.sources.dialects import without_dialects
from digest.intake.sources.draft import Fields, FileContext, Findings, ItemDraft, ItemField, Said
from digest.intake.sources.front_matter import Parted, days_to_come, held_back, part, read_front_matter
from digest.intake.sources.held_lines import embargoed_until, mark_in
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.items import FileReading, found_items
from digest.intake.sources.lines import with_newlines
from digest.intake.sources.visible import LINE, SeenHtml, as_seen
from digest.intake.web_links import linkifier

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_DEEPEST = 40  # elements inside each other, a list counting twice
_LONGEST = 100_000  # characters, about fifty pages: deep nesting makes parsers slow beyond
_DIGITS_OF_A_YEAR = 4
_NOTE = re.compile(r"^[ >]*\[\^([^\]\s]+)\]:(.*(?:\n(?:[ \t]+\S.*|[ \t]*$(?=\n(?:    |\t))))*)", re.MULTILINE)
_MARKUP = re.compile(  # what is certain to be none of the text
    r"<([a-zA-Z]\w*)\b[^<>]*>.*</\1>|<!--.*-->|~~\S.*~~|\{(?:--|\+\+|~~|>>|==).*\}|%%.+%%|\w\^\S{1,20}\^"
)
_FORMATTED = re.compile(r"<(?!/?p>)")
_STROKES = ("|", "+")
_YES = ("true", "True", "TRUE", "yes", "Yes", "sí", "Sí", "si", "Si")
_NO = ("false", "False", "FALSE", "no", "No")


def read_markdown(text: str, context: FileContext) -> FileReading:
    """The one item of the file; raise `NothingUsableError` for a front matter without end, or far too much text."""
    findings = Findings(context.file)
    if not text.strip():
        findings.note(None, later("the file is empty"))
        return FileReading((), findings.in_order())
    if len(text) > _LONGEST:
        cause = later("{count:,} characters are too many for one item (limit: {most:,})").format(
            count=len(text), most=_LONGEST
        )
        raise NothingUsableError(
            context.file, cause, later("One Markdown file is one item; put a listing into a .txt file.")
        )
    removed: Counter[str] = Counter()
    parted = part(normalize("NFC", without_controls(with_newlines(text), removed)), context.file)
    front = read_front_matter(parted, removed, findings)
    if front is None:
        return FileReading((), findings.in_order())
    if _is_draft(front.fields, findings):
        return FileReading((), findings.in_order(), waiting=True)
    if front.body is not None:
        if not parted.body.strip():
            parted = parted._replace(body=normalize("NFC", str(front.body.value)), body_line=front.body.line)
        elif str(front.body.value).strip():
            cause = later("the front matter holds a text as well as the file below it; left out")
            findings.left_out(front.body.line, str(front.body.value), cause, later("Keep one of them."))
    to_come = [*days_to_come(front, context.today)]
    if held := held_back(front, context.today, findings):
        return FileReading((), findings.in_order(), waiting=True, held=held, until=min(to_come, default=None))
    draft = _draft(parted, front.fields, removed, context, findings)
    if draft and (held := mark_in(draft.title, (*draft.paragraphs[:2], *draft.paragraphs[-1:]), context.today)):
        to_come += filter(None, [embargoed_until(held)])
        held = f"“{excerpt(held)}”"
        return FileReading((), findings.in_order(), waiting=True, held=held, until=min(to_come, default=None))
    items = found_items([replace(draft, categories=front.categories)], context, findings) if draft else ()
    to_come += (item.published_on for item in items if item.published_on > context.today)
    return FileReading(items, findings.in_order(), until=min(to_come, default=None))


def markdown_body(text: str) -> tuple[tuple[str, ...], str | None]:
    """A Markdown text without front matter as plain paragraphs and, when it has any formatting, as sanitised HTML."""
    removed: Counter[str] = Counter()
    findings = Findings("")
    body = normalize("NFC", without_controls(with_newlines(text[:_LONGEST]), removed))
    body = without_dialects(body, 1, findings) or ""
    html = sanitise(_as_seen(_parser().parse(body), findings, Struck.SHOW).html, removed)
    return plain_paragraphs(html), html if _FORMATTED.search(html) else None


def has_front_matter(text: str, file: str) -> bool:
    return part(with_newlines(text), file).front is not None


def _draft(
    parted: Parted, fields: Fields, removed: Counter[str], context: FileContext, findings: Findings
) -> ItemDraft | None:
    source = without_dialects(parted.body, parted.body_line, findings)
    if source is None:
        return None
    fields = {field: _without_markup(field, said, context.struck, findings) for field, said in fields.items()}
    env: dict[str, Any] = {}
    tokens = _parser().parse(source, env)
    _keep_rows(tokens)
    _report_too_deep(source, tokens, parted.body_line, findings)
    _report_lost_cells(source, tokens, parted.body_line, findings)
    _report_lost_notes(source, env, parted.body_line, findings)
    heading = _leading_heading(tokens)
    title = _title(fields, heading, parted, findings)
    published_on = _published_on(fields, parted, context, findings)
    if title is None or published_on is None:
        return None
    body = tokens[3:] if heading and fold_letters(heading) == fold_letters(title) else tokens
    picture = partial(context.album.take_beside, file=context.file) if context.album else None
    seen = _as_seen(body, findings, context.struck, parted.body_line, picture)
    html = sanitise(seen.html, removed)
    paragraphs = plain_paragraphs(html)
    findings.account(*paragraphs)
    balance(seen.pieces, findings)
    return ItemDraft(
        line=1,
        published_on=published_on,
        title=title,
        paragraphs=paragraphs,
        html=html if _FORMATTED.search(html) else None,
        fields=fields,
        removed=removed,
    )


def _without_markup(field: ItemField, said: Said, struck: Struck, findings: Findings) -> Said:
    """A title or a summary as readers see it where it holds tags, comments or struck-out words."""
    if field not in (ItemField.TITLE, ItemField.SUMMARY) or not isinstance(said.value, str):
        return said
    if not _MARKUP.search(said.value):
        return said
    source = without_dialects(said.value, said.line, findings)
    seen = _as_seen(_parser().parseInline(source or ""), findings, struck, said.line).html
    return said._replace(value=" ".join(plain_paragraphs(sanitise(seen, Counter()))))


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # 45 ms with its parts: only for Markdown
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.tasklists import tasklists_plugin

    parser = MarkdownIt("commonmark", {"html": True, "linkify": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough", "linkify"])
    parser.linkify = linkifier()
    parser.use(deflist_plugin).use(footnote_plugin, inline=True, move_to_end=True).use(tasklists_plugin)
    parser.add_render_rule("footnote_ref", _footnote_mark)
    parser.add_render_rule("footnote_block_open", lambda *_: "<ol>\n")
    parser.add_render_rule("footnote_block_close", lambda *_: "</ol>\n")
    parser.add_render_rule("footnote_open", lambda *_: "<li>")
    parser.add_render_rule("footnote_close", lambda *_: "</li>\n")
    parser.add_render_rule("footnote_anchor", lambda *_: "")
    return parser


def _footnote_mark(_: Any, tokens: Sequence["Token"], index: int, *__: Any) -> str:
    return f"[{int(tokens[index].meta['id']) + 1}]"


def _keep_years(tokens: Sequence["Token"]) -> None:
    """A paragraph that begins with “1986. That was …” is a point of a list to Markdown, and the list would count it."""
    counts: list[int] = []
    for token in tokens:
        if token.type == "ordered_list_open":
            counts.append(int(token.attrs.get("start", 1)) - 1)
        elif token.type == "ordered_list_close":
            counts.pop()
        elif token.type == "list_item_open" and token.info:
            counts[-1] += 1
            if len(token.info) >= _DIGITS_OF_A_YEAR and int(token.info) != counts[-1]:
                counts[-1] = int(token.info)
                token.attrSet("value", token.info)


def _keep_rows(tokens: Sequence["Token"]) -> None:
    """Lines that begin with a stroke, as in tables of other dialects and in verses, stay lines: their author sees
    rows.
    """
    for token in tokens:
        lines = token.content.split("\n") if token.type == "inline" and token.content[:1] in _STROKES else ()
        if len(lines) > 1 and all(line.lstrip()[:1] in _STROKES for line in lines):
            for part in token.children or ():
                if part.type == "softbreak":
                    part.type, part.tag = "hardbreak", "br"


def _report_too_deep(source: str, tokens: Sequence["Token"], first_line: int, findings: Findings) -> None:
    """The parser passes over what stands inside too many quotations or lists."""
    for token in tokens:
        if token.nesting == 1 and token.level >= _DEEPEST - 1 and token.map:
            begin, end = token.map
            lines = " ".join(source.split("\n")[begin:end])
            findings.left_out(
                first_line + begin, lines, later("this is nested too deeply; left out"), later("Make it simpler.")
            )
            return


def _report_lost_cells(source: str, tokens: Sequence["Token"], first_line: int, findings: Findings) -> None:
    """A row with more cells than its table has columns loses the last ones."""
    from markdown_it.rules_block.table import escapedSplit  # loaded with its parser

    lines: list[str] = []
    columns = row = 0
    for token in tokens:
        if token.type == "table_open":
            columns = 0
        columns += token.type == "th_open"
        if token.type == "tbody_open" and token.map:
            row = token.map[0] - 1
            lines = lines or source.split("\n")
        if token.type != "tr_open" or not columns or not lines:
            continue
        row += 1
        cells = escapedSplit(lines[row].strip().lstrip("> ").removeprefix("|").removesuffix("|"))
        if more := " ".join(cells[columns:]).strip():
            cause = later("this row has more cells than its table has columns; left out")
            findings.left_out(first_line + row, more, cause, later("Write a backslash before a “|” of the text."))


def _report_lost_notes(source: str, env: Mapping[str, Any], first_line: int, findings: Findings) -> None:
    """Notes to which nothing refers, and second ones of a name, are shown nowhere."""
    numbers = dict(env.get("footnotes", {}).get("refs", {}))
    for note in _NOTE.finditer(source) if numbers else ():
        if numbers.get(f":{note[1]}", 0) < 0:
            line = first_line + source.count("\n", 0, note.start())
            findings.left_out(
                line, note[2], later("nothing refers to this footnote; left out"), later("Put its mark into the text.")
            )
        if f":{note[1]}" in numbers:
            numbers[f":{note[1]}"] = -1


def _as_seen(
    tokens: Sequence["Token"],
    findings: Findings,
    struck: Struck,
    line: int = 1,
    picture: Callable[[str], Picture] | None = None,
) -> SeenHtml:
    in_order = not any(
        part.type in ("html_block", "html_inline") for token in tokens for part in (token, *(token.children or ()))
    )
    return as_seen(_rendered(tokens, line), findings, struck, line, picture, in_order=in_order)


def _rendered(tokens: Sequence["Token"], first_line: int) -> str:
    """HTML whose blocks name the line of the file where they begin."""
    parts = []
    _keep_years(tokens)
    for token in tokens:
        if token.map and token.nesting >= 0 and token.block:
            token.attrSet(LINE, str(first_line + token.map[0]))
    parser = _parser()
    begin = 0
    for index, token in enumerate(tokens):
        if token.type == "html_block" and token.map:
            parts.append(parser.renderer.render(tokens[begin:index], parser.options, {}))
            parts.append(f"<span {LINE}={first_line + token.map[0]}></span>")
            begin = index
    parts.append(parser.renderer.render(tokens[begin:], parser.options, {}))
    return "".join(parts)


def _leading_heading(tokens: Sequence["Token"]) -> str:
    """The text of a first-level heading at the very start; empty when there is none."""
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return ""
    html = _as_seen(tokens[1:2], Findings(""), Struck.LEAVE_OUT).html
    return " ".join(plain_paragraphs(sanitise(html, Counter())))


def _title(fields: Fields, heading: str, parted: Parted, findings: Findings) -> str | None:
    said = fields.get(ItemField.TITLE)
    if said is None or said.value == "":
        if not heading:
            cause = later("the item has no title")
            findings.error(
                parted.line, cause, later("Write “title: …” into the front matter, or begin with “# Title”.")
            )
        return heading or None
    if isinstance(said.value, str):
        return said.value
    findings.error(said.line, later("the title is a list"), later("Write the title as one text, in quotes if need be."))
    return None


def _published_on(fields: Fields, parted: Parted, context: FileContext, findings: Findings) -> date | None:
    """The date of the front matter, else the one in the name of the file or of its folders."""
    said = fields.get(ItemField.DATE)
    if said is None or said.value == "":
        in_name = day_in_path(context.file)
        if in_name is None:
            remedy = later("Write “date: 2018-08-05” into the front matter, or begin the file's name with 2018-08-05-.")
            findings.error(parted.line, later("the item has no date"), remedy)
            return None
        return in_name
    found = recognise(said.value) if isinstance(said.value, str) else None
    if isinstance(found, Dated):
        return settle([(said.line, found)], context.dates, findings, context.zone)[0]
    cause = found.cause if isinstance(found, Impossible | Incomplete) else later("is no date that can be read")
    to_do = found.remedy if isinstance(found, Impossible) else later("Write it like 2018-08-05.")
    findings.error(
        said.line, later("“{value}”: {cause}; the item is left out").format(value=said.value, cause=cause), to_do
    )
    return None


def _is_draft(fields: Fields, findings: Findings) -> bool:
    """Whether the file says `draft: true`. What is neither yes nor no counts as yes: it would be read by everybody."""
    said = fields.get(ItemField.DRAFT)
    if said is None or said.value == "" or said.value in _NO:
        return False
    if said.value not in _YES:
        findings.warning(
            said.line,
            later("“draft: {value}” is neither true nor false; taken as true").format(value=said.value),
            later("Write true, or take it out."),
        )
    return True
