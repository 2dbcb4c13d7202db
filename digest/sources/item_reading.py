"""Reads one item of a listing: its title, the header lines under it, and its paragraphs."""

from collections.abc import Sequence
from typing import NamedTuple

from digest.sources.fields import Field, Fields, Said
from digest.sources.findings import Findings
from digest.sources.headers import header
from digest.sources.page import Block, Page
from digest.sources.sentences import ends_like_a_sentence, is_unfinished
from digest.sources.titles import Shape, find_title
from digest.sources.wrap_evidence import body_breaks, find_wrap
from digest.sources.wrapping import Wrap, fills_its_line, goes_on, joined, paragraphs

_ADDRESSES = (Field.LINK, Field.IMAGE, Field.ID, Field.LANGUAGE)  # never go on in the next line


class ItemText(NamedTuple):
    title: str
    body: Sequence[Block]
    paragraphs: tuple[str, ...]
    fields: Fields


def read_item(page: Page, blocks: Sequence[Block], shape: Shape, findings: Findings) -> ItemText:
    """`blocks` are what stands between the item's date line and the next item's; at least one."""
    shape = shape._replace(wrap=_own_wrap(page, blocks, shape.wrap))
    first, *others = blocks
    title = find_title(page, first, shape, alone=not others)
    if header(page.texts[first.begin]):
        cause = f"“{page.texts[first.begin]}” stands where a title should; taken as the title"
        findings.warning(page.number(first.begin), cause, "Write header lines under the title.")
    if title.guessed:
        cause = f"it is not certain where the title ends; taken as “{title.text}”"
        findings.warning(page.number(first.begin), cause, "Put a blank line under the title.")
    rest = [Block(first.begin + title.lines, first.end), *others]
    fields, body = _read_fields(page, rest, shape.wrap, findings)
    _report_late_headers(page, body, findings)
    texts = tuple(text for block in body for text in paragraphs(page, block, shape.wrap))
    return ItemText(title.text, body, texts, fields)


def _own_wrap(page: Page, blocks: Sequence[Block], wrap: Wrap | None) -> Wrap | None:
    """The wrapping of the file, unless this item contradicts it and shows one of its own."""
    if all(block.end - block.begin == 1 for block in blocks):
        return wrap
    breaks = list(body_breaks(page, blocks))
    if wrap is not None and all(
        fills_its_line(page, index, wrap) for index in breaks if is_unfinished(page.texts[index])
    ):
        return wrap
    return find_wrap(page, breaks, strict=True) or wrap


def _read_fields(
    page: Page, blocks: Sequence[Block], wrap: Wrap | None, findings: Findings
) -> tuple[dict[Field, Said], list[Block]]:
    """The header lines right under the title or after one blank line, and the blocks of the body."""
    fields: dict[Field, Said] = {}
    first, *others = blocks
    first = _take_headers(page, first, fields, wrap if others else None, findings)
    if first.begin < first.end or not others:
        return fields, [block for block in (first, *others) if block.begin < block.end]
    if not fields or all(header(page.texts[index]) for index in range(*others[0])):
        others[0] = _take_headers(page, others[0], fields, wrap if others[1:] else None, findings)
    return fields, [block for block in others if block.begin < block.end]


def _take_headers(page: Page, block: Block, fields: dict[Field, Said], wrap: Wrap | None, findings: Findings) -> Block:
    """Add the headers at the start of the block to `fields`; return the rest of the block."""
    index = block.begin
    while index < block.end and (found := header(page.texts[index])):
        line, values = page.number(index), [found.value]
        while _has_more(page, block, index, found.field, wrap):
            index += 1
            values.append(page.texts[index])
        index += 1
        value = joined(values)
        if found.field in fields:
            cause = f"{found.field} is said twice; the first counts, “{value}” is left out"
            findings.warning(line, cause, "Write one header line for it.")
        elif value:
            fields[found.field] = Said(value, line)
    return Block(index, block.end)


def _has_more(page: Page, block: Block, index: int, field: Field, wrap: Wrap | None) -> bool:
    if index + 1 >= block.end or field in _ADDRESSES or header(page.texts[index + 1]):
        return False
    return page.texts[index].endswith((",", ";")) or goes_on(page, block, index, wrap)


def _report_late_headers(page: Page, body: Sequence[Block], findings: Findings) -> None:
    """A header line under a line that could be a title, in the middle of a body: an item whose date is missing?"""
    before = ""
    for block in body:
        for index in range(*block):
            text = page.texts[index]
            if before and ":" in text and header(text) and not ends_like_a_sentence(before):
                cause = f"“{text}” in the middle of a text, under what could be a title: an item without a date?"
                findings.warning(page.number(index), cause, "If an item begins there, write its date above its title.")
            before = text
