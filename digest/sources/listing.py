"""The grammar of a text listing: date line / title / header lines / paragraphs, with or without blank lines between.

A pure function of lines and settings. What decides between readings is evidence in the whole file; see `wrapping`
(were lines wrapped?), `titles` (where does the title end?), `starts` (which dates begin an item?), `date_order`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from digest.sources.date_lines import LONGEST, Dated, Impossible, Incomplete, recognise
from digest.sources.date_order import settle
from digest.sources.draft import Draft
from digest.sources.file_context import FileContext
from digest.sources.findings import Findings
from digest.sources.found_items import FileReading, found_items
from digest.sources.item_reading import read_item
from digest.sources.lines import Lines
from digest.sources.openings import Stretch
from digest.sources.page import Block, Page
from digest.sources.preface import read_preface
from digest.sources.sentences import ends_like_a_sentence, is_unfinished
from digest.sources.starts import starts
from digest.sources.titles import Shape
from digest.sources.wrap_evidence import body_breaks, find_wrap

_Marked = dict[int, Dated | Impossible | Incomplete]
_GLUED = re.compile(r"[.!?”\"»]([^\W_][^.!?”\"»]{7,})$")


def read_listing(lines: Lines, context: FileContext) -> FileReading:
    """All items of one file, in its order. Nothing is lost silently: what is no part of an item is a problem."""
    findings = Findings(context.file)
    page = Page.of(lines)
    marked = _marked_lines(page)
    dates = {index: found for index, found in marked.items() if not isinstance(found, Incomplete)}
    if not dates:
        _report_no_dates(page, marked, findings)
        return FileReading((), findings.in_order())
    language = read_preface(page, min(dates), findings)
    stretches = list(_stretches(page, dates, _days(page, dates, context, findings)))
    drafts = list(_drafts(page, stretches, marked, context.today, findings))
    return FileReading(found_items(drafts, context, findings, language), findings.in_order())


def _marked_lines(page: Page) -> _Marked:
    """The lines that are dates, or look like one."""
    marked = {index: found for index, text in enumerate(page.texts) if text and (found := recognise(text)) is not None}
    return {index: found for index, found in marked.items() if not _ends_a_sentence(page, index)}


def _ends_a_sentence(page: Page, index: int) -> bool:
    """Whether the line has a full stop, and the line right above breaks off."""
    above = page.texts[index - 1] if index else ""
    return page.texts[index].endswith(".") and above != "" and is_unfinished(above)


def _days(
    page: Page, dates: dict[int, Dated | Impossible], context: FileContext, findings: Findings
) -> dict[int, date]:
    dated = {index: found for index, found in dates.items() if isinstance(found, Dated)}
    days = settle([(page.number(index), found) for index, found in dated.items()], context.dates, findings)
    for index, found in dates.items():
        if isinstance(found, Impossible):
            cause = f"“{page.texts[index]}”: {found.cause}; the item under it is left out"
            findings.error(page.number(index), cause, found.remedy)
    return dict(zip(dated, days, strict=True))


def _stretches(page: Page, dates: dict[int, Dated | Impossible], days: dict[int, date]) -> Iterator[Stretch]:
    ends = [*list(dates)[1:], len(page.texts)]
    for (at, found), end in zip(dates.items(), ends, strict=True):
        form = found.form if isinstance(found, Dated) else ""
        attached = at > 0 and page.texts[at - 1] != ""
        yield Stretch(at, attached, form, days.get(at), tuple(page.blocks(at + 1, end)))


def _shape(page: Page, stretches: Sequence[Stretch]) -> Shape:
    told = [stretch.blocks for stretch in stretches if stretch.blocks]
    separated = sum(len(blocks) > 1 and not ends_like_a_sentence(page.texts[blocks[0].end - 1]) for blocks in told)
    wrap = find_wrap(page, (index for blocks in told for index in body_breaks(page, blocks)))
    return Shape(wrap, separated=separated * 2 > len(told))


def _drafts(
    page: Page,
    stretches: Sequence[Stretch],
    marked: _Marked,
    today: date,
    findings: Findings,
) -> Iterator[Draft]:
    shape = _shape(page, stretches)
    begins = [stretch for stretch, begin in zip(stretches, starts(page, stretches, shape, today), strict=True) if begin]
    ends = [*(stretch.at for stretch in begins[1:]), len(page.texts)]
    for stretch, end in zip(begins, ends, strict=True):
        if stretch.day is None:
            continue
        blocks = list(page.blocks(stretch.at + 1, end))
        line = page.number(stretch.at)
        if not blocks:
            findings.error(line, "a date without a title", "Write a title under it, or take it out.")
            continue
        item = read_item(page, blocks, shape, findings)
        _report_dates_inside(page, item.body, marked, findings)
        yield Draft(
            line=line,
            published_on=stretch.day,
            title=item.title,
            paragraphs=item.paragraphs,
            fields=item.fields,
            removed=page.removed_between(stretch.at, end),
        )


def _report_dates_inside(page: Page, body: Sequence[Block], marked: _Marked, findings: Findings) -> None:
    for index in (index for block in body for index in range(*block)):
        text, found = page.texts[index], marked.get(index)
        if isinstance(found, Incomplete):
            cause = f"“{text}” stands alone on a line inside an item and {found.cause}; taken as text"
            findings.warning(page.number(index), cause, "Complete it if it is one.")
        elif found is not None:
            findings.warning(
                page.number(index),
                f"“{text}” stands alone on a line inside an item; taken as text, because what follows reads like a"
                " paragraph and not like a title",
                "If an item begins there, take the full stop off its title; if not, put the date into a sentence.",
            )
        elif text[-1].isdecimal() and (glued := _GLUED.search(text[-LONGEST:])) and recognise(glued[1]):
            cause = f"this line ends with “{glued[1]}” right behind a sentence: a line break may be missing"
            findings.warning(page.number(index), cause, "If an item begins there, put its date on a line of its own.")


def _report_no_dates(page: Page, marked: _Marked, findings: Findings) -> None:
    first = next((index for index, text in enumerate(page.texts) if text), None)
    if first is None:
        findings.note(None, "the file is empty")
        return
    hints = [
        f"; “{page.texts[index]}” {found.cause}" for index, found in marked.items() if isinstance(found, Incomplete)
    ]
    findings.error(
        page.number(first),
        f"no line of this file is a date, so no item can be told from the next{''.join(hints[:1])}",
        "Write a date such as “5 August 2018” on a line of its own above each title.",
    )
