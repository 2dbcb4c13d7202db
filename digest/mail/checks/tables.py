"""Are tables of the layout silent for screen readers, and tables of data readable, in both views?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document, only_for_outlook
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import Element, ParsedPage, in_a_story, quoted

_WHY = "Email Markup Consortium 2026: 84 of 100 mails fail; a screen reader announces every row and column"
ROLE = error(
    "TABLE-001",
    asks="every table has role=presentation (or none), or real headers: th with scope",
    why=_WHY,
    fix=later('write role="presentation" on layout tables, <th scope="col"> in tables of data'),
)
OUTLOOK_ROLE = error(
    "TABLE-002",
    asks="the tables in comments for Outlook, which are all layout, say role=presentation",
    why="Outlook for Windows is read with screen readers in many offices",
    fix=later('write role="presentation" on the table inside the comment'),
)
CONTRADICTION = error(
    "TABLE-003",
    asks="a layout table has no th, caption or summary",
    why="WCAG 2.2, 1.3.1: role=presentation takes their meaning away",
    fix=later("use td and a paragraph, or remove the role"),
)
CAPTION = warning(
    "TABLE-004",
    asks="a table of data has a caption, unless it stands in the text of a story, under its heading",
    why="WCAG 2.2, 1.3.1: its name in the list of tables",
    fix=later("begin the table with <caption>"),
)
RULES = (ROLE, OUTLOOK_ROLE, CONTRADICTION, CAPTION)
_TABLE = re.compile(r"<table\b[^>]*>", re.IGNORECASE)
_SILENT = re.compile(r"""\srole\s*=\s*["']?(?:presentation|none)\b""", re.IGNORECASE)


def check(document: Document) -> Iterator[Finding]:
    for table in document.page.all("table"):
        place = document.where(table)
        if table.get("role") in ("presentation", "none"):
            if found := _meaning(document.page, table):
                yield CONTRADICTION.broken(
                    place, _("it says {role} and has {found}").format(role=table.get("role"), found=found)
                )
        elif not _has_headers(document.page, table):
            yield ROLE.broken(
                place, _("its role is {role} and no th has a scope").format(role=table.get("role") or _("missing"))
            )
        elif not document.page.tagged("caption", table) and not in_a_story(table):
            yield CAPTION.broken(place, _("it has headers and no caption"))
    for table in dict.fromkeys(_TABLE.findall(only_for_outlook(document.specimen.html))):
        if not _SILENT.search(table):
            yield OUTLOOK_ROLE.broken(
                _("HTML, comment for Outlook"), _("{table} has no role=presentation").format(table=quoted(table))
            )


def _has_headers(page: ParsedPage, table: Element) -> bool:
    headers = page.tagged("th", table)
    return bool(headers) and all(each.get("scope") for each in headers)


def _meaning(page: ParsedPage, table: Element) -> str:
    if "summary" in table.attributes:
        return _("a summary")
    own = [each for tag in ("th", "caption") for each in page.tagged(tag, table) if _nearest_table(each) is table]
    return f"<{min(own, key=lambda each: each.index).tag}>" if own else ""


def _nearest_table(element: Element) -> Element | None:
    return next((each for each in element.upwards() if each.tag == "table"), None)
