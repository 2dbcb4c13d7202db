"""The grammar of a text listing: date line / title / header lines / paragraphs, with or without blank lines between.

A pure function of lines and settings. What decides between readings is evidence in the whole file; see `wrapping`
(were lines wrapped?), `openings` (which dates begin an item, where does its title end?), `dates` (which day is 5/8?).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from digest.foundation.catalogue import later
from digest.foundation.problems import Severity
from digest.foundation.words import excerpt
from digest.intake.item import Struck
from digest.intake.sources.balance import Seen, balance
from digest.intake.sources.cleaning import STRUCK_LETTERS, without_strokes
from digest.intake.sources.dates import (
    BEHIND_A_PLACE,
    CHANGED,
    LITTLE_ELSE,
    LONGEST,
    Dated,
    Impossible,
    Incomplete,
    recognise,
    settle,
)
from digest.intake.sources.draft import Fields, FileContext, Findings, Header, ItemDraft, ItemField, Said, header
from digest.intake.sources.formatted import Formatted, formatted_body
from digest.intake.sources.held_lines import embargoed_until, is_mark, mark_in
from digest.intake.sources.html import plain_paragraphs
from digest.intake.sources.items import FileReading, found_items
from digest.intake.sources.language import language_code
from digest.intake.sources.lines import Block, Lines, TextPage, ends_like_a_sentence, is_unfinished
from digest.intake.sources.openings import Stretch, TitleShape, find_title, starts
from digest.intake.sources.site_layout import in_usual_order, take_out_navigation
from digest.intake.sources.wrapping import Wrap, body_breaks, fills_its_line, find_wrap, goes_on, joined, paragraphs

_Marked = dict[int, Dated | Impossible | Incomplete]
_GLUED = re.compile(r"[.!?”\"»]([^\W_][^.!?”\"»]{7,})$")
_MARKED_TITLE = re.compile(r"#{1,6} +(.*\w.*?) *#*|(\*\*|__|[*_])([^*_].*\w.*?[^*_]|\w)\2")
_ADDRESSES = (ItemField.LINK, ItemField.IMAGE, ItemField.ID, ItemField.LANGUAGE)  # never go on in the next line


def read_listing(lines: Lines, context: FileContext) -> FileReading:
    """All items of one file, in its order. Nothing is lost silently: what is no part of an item is a problem."""
    findings = Findings(context.file)
    page = TextPage.of(lines)
    take_out_navigation(page, findings)
    if context.struck is Struck.LEAVE_OUT:
        _take_out_struck_letters(page, findings)
    marked = _marked_lines(page)
    usual = in_usual_order(page, marked)
    if usual is not page:
        page, marked = usual, _marked_lines(usual)
    _take_out_changes(page, marked, findings)
    dates = {index: found for index, found in marked.items() if not isinstance(found, Incomplete)}
    if not dates:
        _report_no_dates(page, marked, findings)
        return FileReading((), findings.in_order())
    if held := _held_as_a_whole(page, min(dates), context.today):
        return FileReading(
            (), findings.in_order(), waiting=True, held=f"“{excerpt(held)}”", until=embargoed_until(held)
        )
    language = _read_preface(page, min(dates), findings)
    stretches = list(_stretches(page, dates, _days(page, dates, context, findings)))
    lifted: list[date] = []  # when embargoes end
    drafts = list(_drafts(page, stretches, marked, context.today, findings, lifted))
    balance([Seen(page.number(index), text) for index, text in enumerate(page.texts) if text], findings)
    days = (*lifted, *(stretch.day for stretch in stretches if stretch.day is not None))
    to_come = (day for day in days if day > context.today)
    items = found_items(drafts, context, findings, language)
    return FileReading(items, findings.in_order(), until=min(to_come, default=None))


def _held_as_a_whole(page: TextPage, first_date: int, today: date) -> str:
    """What above the first date, or at the edge of the pages, says that readers may not see the file yet."""
    lines = (*page.lines.edges, *page.texts[:first_date])
    return next((line for line in lines if line and is_mark(line, today)), "")


def _take_out_struck_letters(page: TextPage, findings: Findings) -> None:
    for index, text in enumerate(page.texts):
        if not text.isascii() and (struck := STRUCK_LETTERS.findall(text)):
            plain = without_strokes(" / ".join(each.strip() for each in struck))
            findings.left_out(page.number(index), plain, later("struck-out text is left out"), later("Delete it."))
            page.texts[index] = STRUCK_LETTERS.sub("", text).strip()


def _marked_lines(page: TextPage) -> _Marked:
    """The lines that are dates, or look like one."""
    marked = {
        index: found
        for index, text in enumerate(page.texts)
        if text and not page.lines.is_block(index) and (found := recognise(text)) is not None
    }
    return {
        index: found
        for index, found in marked.items()
        if not _ends_a_sentence(page, index)
        and not _is_a_title(page, index, marked)
        and not _goes_on(page, index, found)
    }


def _goes_on(page: TextPage, index: int, found: Dated | Impossible | Incomplete) -> bool:
    """Whether words with a date are the rest of the line above."""
    above = page.texts[index - 1] if index else ""
    return isinstance(found, Incomplete) and found.cause == LITTLE_ELSE and above != "" and is_unfinished(above)


def _is_a_title(page: TextPage, index: int, marked: _Marked) -> bool:
    """Whether a date behind a name (“Forum of Mayors, 5 August 2018”) stands right under the date of an item."""
    found = marked[index]
    if not isinstance(found, Dated) or not found.form.endswith(BEHIND_A_PLACE):
        return False
    above = next((at for at in range(index - 1, -1, -1) if page.texts[at]), None)
    other = marked.get(above) if above is not None else None
    return isinstance(other, Dated) and not other.form.endswith(BEHIND_A_PLACE)


def _take_out_changes(page: TextPage, marked: _Marked, findings: Findings) -> None:
    """“Updated: 6 August 2018” right under a date is neither the title nor a date of news."""
    before: Dated | Impossible | Incomplete | None = None
    for index, text in enumerate(page.texts):
        found = marked.get(index)
        if isinstance(before, Dated) and isinstance(found, Incomplete) and found.cause == CHANGED:
            findings.left_out(
                page.number(index),
                text,
                later("this {what}; left out").format(what=CHANGED),
                later("Take it out, or correct the date."),
            )
            page.blank(index)
            del marked[index]
        elif text:
            before = found


def _ends_a_sentence(page: TextPage, index: int) -> bool:
    """Whether the line has a full stop, and the line right above breaks off."""
    above = page.texts[index - 1] if index else ""
    return page.texts[index].endswith(".") and above != "" and is_unfinished(above)


def _days(
    page: TextPage, dates: dict[int, Dated | Impossible], context: FileContext, findings: Findings
) -> dict[int, date]:
    dated = {index: found for index, found in dates.items() if isinstance(found, Dated)}
    days = settle(
        [(page.number(index), found) for index, found in dated.items()], context.dates, findings, context.zone
    )
    return dict(zip(dated, days, strict=True))


def _stretches(page: TextPage, dates: dict[int, Dated | Impossible], days: dict[int, date]) -> Iterator[Stretch]:
    ends = [*list(dates)[1:], len(page.texts)]
    for (at, found), end in zip(dates.items(), ends, strict=True):
        form = found.form if isinstance(found, Dated) else ""
        attached = at > 0 and page.texts[at - 1] != ""
        yield Stretch(at, attached, form, days.get(at), tuple(page.blocks(at + 1, end)))


def _shape(page: TextPage, stretches: Sequence[Stretch]) -> TitleShape:
    told = [stretch.blocks for stretch in stretches if stretch.blocks]
    separated = sum(len(blocks) > 1 and not ends_like_a_sentence(page.texts[blocks[0].end - 1]) for blocks in told)
    wrap = find_wrap(page, (index for blocks in told for index in body_breaks(page, blocks)))
    return TitleShape(wrap, separated=separated * 2 > len(told))


def _drafts(
    page: TextPage,
    stretches: Sequence[Stretch],
    marked: _Marked,
    today: date,
    findings: Findings,
    lifted: list[date],
) -> Iterator[ItemDraft]:
    shape = _shape(page, stretches)
    begins = [stretch for stretch, begin in zip(stretches, starts(page, stretches, shape, today), strict=True) if begin]
    ends = [*(stretch.at for stretch in begins[1:]), len(page.texts)]
    for stretch, end in zip(begins, ends, strict=True):
        if stretch.day is None:
            _report_impossible(page, stretch.at, end, marked, findings)
            continue
        blocks = list(page.blocks(stretch.at + 1, end))
        line = page.number(stretch.at)
        if not blocks:
            text = " ".join(page.texts[stretch.at : end])
            remedy = later("Write a title under it, or take it out.")
            findings.left_out(line, text, later("a date without a title"), remedy, Severity.ERROR)
            continue
        findings.account(page.texts[stretch.at])
        item = _read_item(page, blocks, shape, findings)
        if mark := mark_in(item.title, (*item.paragraphs[:2], *item.paragraphs[-1:]), today):
            text = " ".join(page.texts[stretch.at + 1 : end])
            lifted += filter(None, [embargoed_until(mark)])
            cause = later("this text says “{mark}”: it is held back").format(mark=excerpt(mark))
            findings.left_out(line, text, cause, later("When readers may see it, take these words out."))
            continue
        _report_dates_inside(page, item.body, marked, findings)
        yield ItemDraft(
            line=line,
            published_on=stretch.day,
            title=item.title,
            paragraphs=item.paragraphs,
            html=item.html,
            fields=item.fields,
            removed=page.removed_between(stretch.at, end),
        )


def _report_impossible(page: TextPage, at: int, end: int, marked: _Marked, findings: Findings) -> None:
    found = marked[at]
    if isinstance(found, Impossible):
        cause = later("“{text}”: {cause}; the item under it is left out").format(text=page.texts[at], cause=found.cause)
        findings.account(page.texts[at])
        findings.left_out(page.number(at), " ".join(page.texts[at + 1 : end]), cause, found.remedy, Severity.ERROR)


def _report_dates_inside(page: TextPage, body: Sequence[Block], marked: _Marked, findings: Findings) -> None:
    for index in (index for block in body for index in range(*block)):
        text, found = page.texts[index], marked.get(index)
        if isinstance(found, Incomplete):
            cause = later("“{text}” stands alone on a line inside an item and {cause}; taken as text").format(
                text=text, cause=found.cause
            )
            findings.warning(page.number(index), cause, later("Complete it if it is one."))
        elif found is not None:
            findings.warning(
                page.number(index),
                later(
                    "“{text}” stands alone on a line inside an item; taken as text, because what follows "
                    "reads like a paragraph and not like a title"
                ).format(text=text),
                later(
                    "If an item begins there, take the full stop off its title; if not, put the date into a sentence."
                ),
            )
        elif text[-1].isdecimal() and (glued := _GLUED.search(text[-LONGEST:])) and recognise(glued[1]):
            cause = later("this line ends with “{text}” right behind a sentence: a line break may be missing").format(
                text=glued[1]
            )
            findings.warning(
                page.number(index), cause, later("If an item begins there, put its date on a line of its own.")
            )


def _report_no_dates(page: TextPage, marked: _Marked, findings: Findings) -> None:
    first = next((index for index, text in enumerate(page.texts) if text), None)
    if first is None:
        findings.note(None, later("the file is empty"))
        return
    cause = later("no line of this file is a date, so no item can be told from the next; left out")
    hint = next(((page.texts[at], found.cause) for at, found in marked.items() if isinstance(found, Incomplete)), None)
    if hint is not None:
        cause = later(
            "no line of this file is a date, so no item can be told from the next; “{text}” {cause}; left out"
        )
        cause = cause.format(text=hint[0], cause=hint[1])
    findings.left_out(
        page.number(first),
        " ".join(page.texts),
        cause,
        later("Write a date such as “5 August 2018” on a line of its own above each title."),
        Severity.ERROR,
    )


# -- One item.


class _ItemText(NamedTuple):
    title: str
    body: Sequence[Block]
    paragraphs: tuple[str, ...]
    html: str | None
    fields: Fields


def _read_item(page: TextPage, blocks: Sequence[Block], shape: TitleShape, findings: Findings) -> _ItemText:
    """Its title, the header lines under it, and its paragraphs. `blocks` are what stands between the item's date line
    and the next item's; at least one.
    """
    shape = shape._replace(wrap=_own_wrap(page, blocks, shape.wrap))
    first, *others = blocks
    title = find_title(page, first, shape, alone=not others)
    if header(page.texts[first.begin]):
        cause = later("“{text}” stands where a title should; taken as the title").format(text=page.texts[first.begin])
        findings.warning(page.number(first.begin), cause, later("Write header lines under the title."))
    if title.guessed:
        cause = later("it is not certain where the title ends; taken as “{title}”").format(title=title.text)
        findings.warning(page.number(first.begin), cause, later("Put a blank line under the title."))
    findings.account(title.text)
    title = title._replace(text=_bare(title.text))
    rest = [Block(first.begin + title.lines, first.end), *others]
    fields, body = _read_fields(page, rest, shape.wrap, findings)
    _report_late_headers(page, body, findings)
    told = [indices for block in body for indices in paragraphs(page, block, shape.wrap)]
    texts = tuple(joined(page.texts[index] for index in indices) for indices in told)
    findings.account(*texts)
    html = _formatted(page, blocks, title.lines, told, fields)
    return _ItemText(title.text, body, plain_paragraphs(html) if html else texts, html, fields)


def _formatted(
    page: TextPage,
    blocks: Sequence[Block],
    title_lines: int,
    told: Sequence[Sequence[int]],
    fields: dict[ItemField, Said],
) -> str | None:
    """The body with the formatting that the lines have; a title that is a link is the link of the item. Pictures at the
    title and at header lines begin the body.
    """
    lines = page.lines
    if not lines.formats:
        return None
    title = range(blocks[0].begin, blocks[0].begin + title_lines)
    links = [link for index in title if (link := lines.formats[index].link)]
    if links and ItemField.LINK not in fields and not links[0].startswith("mailto:"):
        fields[ItemField.LINK] = Said(links[0], page.number(title[0]))
    inside = [*title, *(index for indices in told for index in indices)]
    body = (
        Formatted(
            joined(page.texts[index] for index in indices),
            " ".join(lines.formats[index].html for index in indices),
            page.number(indices[0]),
            indices[0] in lines.headings,
            lines.formats[indices[0]],
            [picture for index in indices for picture in lines.formats[index].pictures],
        )
        for indices in told
    )
    below = set(inside[title_lines:])
    head = (index for index in range(blocks[0].begin, blocks[-1].end) if index not in below)
    return formatted_body(
        body,
        [note for index in inside for note in lines.formats[index].notes],
        [picture for index in head for picture in lines.formats[index].pictures],
    )


def _bare(title: str) -> str:
    """Without the marks that make a line of a text file a title: `## Title`, `**Title**`."""
    found = _MARKED_TITLE.fullmatch(title)
    return (found[1] or found[3]) if found else title


def _own_wrap(page: TextPage, blocks: Sequence[Block], wrap: Wrap | None) -> Wrap | None:
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
    page: TextPage, blocks: Sequence[Block], wrap: Wrap | None, findings: Findings
) -> tuple[dict[ItemField, Said], list[Block]]:
    """The header lines right under the title or after one blank line, and the blocks of the body."""
    fields: dict[ItemField, Said] = {}
    first, *others = blocks
    first = _take_headers(page, first, fields, wrap if others else None, findings)
    if first.begin < first.end or not others:
        return fields, [block for block in (first, *others) if block.begin < block.end]
    if not fields or all(header(page.texts[index]) for index in range(*others[0])):
        others[0] = _take_headers(page, others[0], fields, wrap if others[1:] else None, findings)
    return fields, [block for block in others if block.begin < block.end]


def _take_headers(
    page: TextPage, block: Block, fields: dict[ItemField, Said], wrap: Wrap | None, findings: Findings
) -> Block:
    """Add the headers at the start of the block to `fields`; return the rest of the block."""
    index = block.begin
    while index < block.end and (found := header(page.texts[index])):
        first, line, values = index, page.number(index), [found.value]
        while _has_more(page, block, index, found.field, wrap):
            index += 1
            values.append(page.texts[index])
        index += 1
        value = joined(values)
        findings.account(*page.texts[first:index])
        if found.field in fields:
            cause = later("{field} is said twice; the first counts, “{value}” is left out").format(
                field=found.field, value=value
            )
            findings.warning(line, cause, later("Write one header line for it."))
        elif value:
            fields[found.field] = Said(value, line)
    return Block(index, block.end)


def _has_more(page: TextPage, block: Block, index: int, field: ItemField, wrap: Wrap | None) -> bool:
    if index + 1 >= block.end or field in _ADDRESSES or header(page.texts[index + 1]):
        return False
    return page.texts[index].endswith((",", ";")) or goes_on(page, block, index, wrap)


def _report_late_headers(page: TextPage, body: Sequence[Block], findings: Findings) -> None:
    """A header line under a line that could be a title, in the middle of a body: an item whose date is missing?"""
    before = ""
    for block in body:
        for index in range(*block):
            text = page.texts[index]
            if before and ":" in text and header(text) and not ends_like_a_sentence(before):
                cause = later(
                    "“{text}” in the middle of a text, under what could be a title: an item without a date?"
                ).format(text=text)
                findings.warning(
                    page.number(index), cause, later("If an item begins there, write its date above its title.")
                )
            before = text


# -- The preface.


def _read_preface(page: TextPage, end: int, findings: Findings) -> str | None:
    """The language that the file gives itself in header lines before the first date, at `end`. Other text there is an
    item without a date.
    """
    language = None
    texts = []
    for index in range(end):
        found = header(page.texts[index])
        if found is not None:
            findings.account(page.texts[index])
            language = _read_header(found, page.number(index), findings) or language
        elif page.texts[index]:
            texts.append(index)
    if texts:
        line = page.texts[texts[0]]
        read = recognise(line)
        cause = later("an item without a date: this text stands before the first date; left out")
        if isinstance(read, Incomplete):
            cause = later("an item without a date: this text stands before the first date (“{line}” {cause}); left out")
            cause = cause.format(line=line, cause=read.cause)
        findings.left_out(
            page.number(texts[0]),
            " ".join(page.texts[index] for index in texts),
            cause,
            later("Write a date such as “5 August 2018” on a line of its own above the title."),
            Severity.ERROR,
        )
    return language


def _read_header(found: Header, line: int, findings: Findings) -> str | None:
    if found.field is not ItemField.LANGUAGE:
        cause = later("{field} counts for one item only; “{value}” is left out").format(
            field=found.field, value=excerpt(found.value)
        )
        findings.warning(line, cause, later("Write this line under the title of each item it concerns."))
        return None
    language = language_code(found.value)
    if language is None:
        findings.warning(
            line,
            later("the language “{value}” is not known").format(value=found.value),
            later("Write a code such as en, es or ar."),
        )
    return language
