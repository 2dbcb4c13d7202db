"""Reads what stands before the first date of a listing: header lines for the whole file, and nothing else."""

from digest.sources.date_lines import Incomplete, recognise
from digest.sources.fields import Field
from digest.sources.findings import Findings
from digest.sources.headers import Header, header
from digest.sources.language import language_code
from digest.sources.page import Page


def read_preface(page: Page, end: int, findings: Findings) -> str | None:
    """The language that the file gives itself. Text up to `end` is an item without a date."""
    language = None
    texts = []
    for index in range(end):
        found = header(page.texts[index])
        if found is not None:
            language = _read_header(found, page.number(index), findings) or language
        elif page.texts[index]:
            texts.append(index)
    if texts:
        line = page.texts[texts[0]]
        read = recognise(line)
        hint = f" (“{line}” {read.cause})" if isinstance(read, Incomplete) else ""
        findings.error(
            page.number(texts[0]),
            f"an item without a date: this text stands before the first date{hint}; left out",
            "Write a date such as “5 August 2018” on a line of its own above the title.",
        )
    return language


def _read_header(found: Header, line: int, findings: Findings) -> str | None:
    if found.field is not Field.LANGUAGE:
        cause = f"{found.field} counts for one item only; left out"
        findings.warning(line, cause, "Write this line under the title of each item it concerns.")
        return None
    language = language_code(found.value)
    if language is None:
        findings.warning(line, f"the language “{found.value}” is not known", "Write en, es, fr, pt or ht.")
    return language
