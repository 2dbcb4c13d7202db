"""Are all tags closed, in the HTML that everybody reads and in the one that Outlook for Windows reads?"""

import re
from collections.abc import Iterator

from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error
from digest.mail.checks.tree import quoted

CONDITIONS = error(
    "OUTLOOK-001",
    asks="every <!--[if …]> has its <![endif]-->, and none stands in another",
    why="Outlook for Windows or everybody else loses the rest of the page",
    fix="keep Jinja's if and for around complete mj-sections",
)
TAGS = error(
    "OUTLOOK-002",
    asks="every tag is closed, in the right order",
    why="each program mends it differently; tables fall apart",
    fix="close the tag that is named; keep Jinja's if and for around complete elements",
)
OUTLOOK_TAGS = error(
    "OUTLOOK-003",
    asks="the same with the comments for Outlook opened",
    why="Outlook for Windows draws the tables in these comments",
    fix="keep Jinja's if and for around complete mj-sections",
)
RULES = (CONDITIONS, TAGS, OUTLOOK_TAGS)
_MARKS = re.compile(
    r"<!(?:(?P<revealed>--\[if [^\]>]*\]><!-->)|(?P<hidden>--\[if [^\]>]*\]>)|(?P<bare>\[if [^\]>]*\]>)"
    r"|(?P<end_revealed>--<!\[endif\]-->)|(?P<end_hidden>\[endif\]-->)|(?P<end_bare>\[endif\]>))|(?P<stop>-->)"
)
_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:.-]*)([^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*)>""")
_VOID_TAGS = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_TAGS.split())


def check(document: Document) -> Iterator[Finding]:
    if fault := _unbalanced_conditions(document.specimen.html):
        yield CONDITIONS.broken("HTML, comments for Outlook", fault)
    if fault := _unbalanced_tags(document.markup):
        yield TAGS.broken("HTML, tags", fault)
    if fault := _unbalanced_tags(document.outlook_markup):
        yield OUTLOOK_TAGS.broken("HTML as Outlook reads it, tags", fault)


def _unbalanced_conditions(html: str) -> str:
    """The first fault in words; empty when there is none."""
    opened: tuple[str, str] | None = None
    for mark in _MARKS.finditer(html):
        kind = mark.lastgroup or ""
        if kind in ("revealed", "hidden", "bare"):
            if opened is not None:
                return f"{quoted(mark[0])} stands inside {quoted(opened[1])}"
            opened = (kind, mark[0])
        elif kind == "stop":
            if opened is not None and opened[0] == "hidden":
                return f"a comment ends inside {quoted(opened[1])}"
        elif opened is None or f"end_{opened[0]}" != kind:
            return f"{quoted(mark[0])} closes nothing that is open"
        else:
            opened = None
    return "" if opened is None else f"{quoted(opened[1])} is never closed"


def _unbalanced_tags(markup: str) -> str:
    """The first fault in words; empty when there is none."""
    opened: list[tuple[str, str]] = []
    for found in _TAG.finditer(markup):
        closing, name, rest = found[1], found[2].lower(), found[3]
        if name in _VOID or (":" in name and rest.endswith("/")):
            continue
        if not closing:
            opened.append((name, found[0]))
        elif not opened:
            return f"</{name}> closes nothing, after {quoted(markup[: found.start()][-40:])}"
        elif opened[-1][0] != name:
            return (
                f"{quoted(opened[-1][1])} is open where </{name}> stands, after {quoted(markup[: found.start()][-40:])}"
            )
        else:
            opened.pop()
    return f"{quoted(opened[-1][1])} is never closed" if opened else ""
