"""Does the hidden first text give the inbox a second line, and only that?"""

from collections.abc import Iterator

from digest.foundation.catalogue import _, later, plural
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import FILLER, Element, folded, quoted, squeezed

LEAST, MOST = 40, 110
FILLED = 150  # characters that the longest preview of an inbox shows
_TEMPLATE = later('write it in the template as <div style="display:none;max-height:0;overflow:hidden;mso-hide:all">')
MISSING = error(
    "PRE-001",
    asks="the HTML begins with a hidden preheader",
    why="else the inbox shows the first words of the page, such as a link to the browser",
    fix=_TEMPLATE,
)
LENGTH = warning(
    "PRE-002",
    asks=f"it has {LEAST} to {MOST} characters",
    why="shorter wastes the line, longer is cut",
    fix=later('write another one: digest plan preheader "…"'),
)
SAME = warning(
    "PRE-003",
    asks="it does not repeat the subject",
    why="both stand side by side in the inbox",
    fix=later("let it name the other stories"),
)
COLOURED = error(
    "PRE-004",
    asks="it is hidden by display:none alone: no colour, no tiny letters",
    why="white on white costs spam points (SpamAssassin HTML_FONT_LOW_CONTRAST, +0.7)",
    fix=_TEMPLATE,
)
FILLER_MISSING = warning(
    "PRE-005",
    asks=f"invisible characters after it fill it up to {FILLED}",
    why="else the inbox goes on with the first words of the page",
    fix=later("write '&zwnj;&nbsp;&#8199;' 40 times after it"),
)
OUTLOOK = warning(
    "PRE-006",
    asks="it says mso-hide:all",
    why="Outlook for Windows may show it otherwise",
    fix=_TEMPLATE,
)
RULES = (MISSING, LENGTH, SAME, COLOURED, FILLER_MISSING, OUTLOOK)
_TELLING = ("color", "font-size", "line-height", "opacity", "background", "background-color")


def check(document: Document) -> Iterator[Finding]:
    hidden = document.preheader
    if hidden is None:
        yield MISSING.broken(_("HTML, beginning of the body"), _("the first text is seen by every reader"))
        return
    yield from _text(document, hidden)
    place = _("HTML, preheader")
    colours = [name for name in _TELLING if any(each.styled(name) for each in document.page.within(hidden))]
    colours += [name for name in _TELLING if hidden.styled(name)]
    if colours:
        yield COLOURED.broken(place, _("its style sets {names}").format(names=", ".join(dict.fromkeys(colours))))
    if hidden.styled("mso-hide") != "all":
        yield OUTLOOK.broken(place, _("its style lacks mso-hide:all"))


def _text(document: Document, hidden: Element) -> Iterator[Finding]:
    place = _("HTML, preheader")
    everything = "".join(run.text for run in document.page.runs_of(hidden)).strip("\r\n\t ")
    said = squeezed(everything.rstrip(FILLER))
    if not LEAST <= len(said) <= MOST:
        yield LENGTH.broken(
            place, plural("{text} has {count} character", "{text} has {count} characters", len(said), text=quoted(said))
        )
    if folded(said) == folded(document.specimen.subject):
        yield SAME.broken(place, _("{text} is the subject").format(text=quoted(said)))
    if len(everything) < FILLED:
        yield FILLER_MISSING.broken(
            place, _("text and filler have {count} characters together").format(count=len(everything))
        )
