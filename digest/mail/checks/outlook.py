"""Are all tags closed, in the HTML that everybody reads and in the one that Outlook for Windows reads?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error
from digest.mail.checks.tree import quoted

CONDITIONS = error(
    "OUTLOOK-001",
    asks="every <!--[if …]> has its <![endif]-->, and none stands in another",
    why="Outlook for Windows or everybody else loses the rest of the page",
    fix=later("keep Jinja's if and for around complete mj-sections"),
)
TAGS = error(
    "OUTLOOK-002",
    asks="every tag is closed, in the right order",
    why="each program mends it differently; tables fall apart",
    fix=later("close the tag that is named; keep Jinja's if and for around complete elements"),
)
OUTLOOK_TAGS = error(
    "OUTLOOK-003",
    asks="the same with the comments for Outlook opened",
    why="Outlook for Windows draws the tables in these comments",
    fix=later("keep Jinja's if and for around complete mj-sections"),
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
        yield CONDITIONS.broken(_("HTML, comments for Outlook"), fault)
    if fault := _unbalanced_tags(document.markup):
        yield TAGS.broken(_("HTML, tags"), fault)
    if fault := _unbalanced_tags(document.outlook_markup):
        yield OUTLOOK_TAGS.broken(_("HTML as Outlook reads it, tags"), fault)


def _unbalanced_conditions(html: str) -> str:
    """The first fault in words; empty when there is none."""
    opened: tuple[str, str] | None = None
    for mark in _MARKS.finditer(html):
        kind = mark.lastgroup or ""
        if kind in ("revealed", "hidden", "bare"):
            if opened is not None:
                return _("{mark} stands inside {opened}").format(mark=quoted(mark[0]), opened=quoted(opened[1]))
            opened = (kind, mark[0])
        elif kind == "stop":
            if opened is not None and opened[0] == "hidden":
                return _("a comment ends inside {opened}").format(opened=quoted(opened[1]))
        elif opened is None or f"end_{opened[0]}" != kind:
            return _("{mark} closes nothing that is open").format(mark=quoted(mark[0]))
        else:
            opened = None
    return "" if opened is None else _("{tag} is never closed").format(tag=quoted(opened[1]))


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
            return _("</{name}> closes nothing, after {text}").format(
                name=name, text=quoted(markup[: found.start()][-40:])
            )
        elif opened[-1][0] != name:
            return _("{tag} is open where </{name}> stands, after {text}").format(
                tag=quoted(opened[-1][1]), name=name, text=quoted(markup[: found.start()][-40:])
            )
        else:
            opened.pop()
    return _("{tag} is never closed").format(tag=quoted(opened[-1][1])) if opened else ""
