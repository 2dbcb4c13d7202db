"""Is the page usable where a program removes every <style>, as Gmail does for accounts of other providers?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.cascade import BARE
from digest.mail.checks.document import Document, is_hidden
from digest.mail.checks.rule import Finding, error, note
from digest.mail.checks.tree import Element, is_blank, quoted

SIZE_LEAST, WIDTH_MOST = 13, 600  # CSS pixels
WORD_MOST = 64  # characters that a column of 600 pixels shows side by side
RUN_MOST = 40  # characters that a phone of 320 pixels shows side by side
HIDDEN = error(
    "BARE-001",
    asks="nothing but the preheader is hidden by a style attribute",
    why="caniemail: Gmail removes <style> for accounts of other providers, and with it the rule that shows it again",
    fix=later("show it, and hide it in <style> where it is too much"),
)
SMALL = error(
    "BARE-002",
    asks=f"style attributes alone give text of at least {SIZE_LEAST}px",
    why="phones show smaller text smaller still; the templates of Good Email Code begin at 16px",
    fix=later("set a larger font-size in the template"),
)
WIDE = error(
    "BARE-003",
    asks=f"nothing outside the comments for Outlook is wider than {WIDTH_MOST}px by itself",
    why="without media queries a phone shows the page shrunken or cut",
    fix=later("use max-width with width:100%"),
)
RUN = error(
    "BARE-004",
    asks=f"no line that cannot break is longer than {RUN_MOST} characters",
    why="it widens the whole page: on a phone every story beside it is cut",
    fix=later("leave white-space out, or take the text out of <pre>"),
)
WORD = note(
    "BARE-005",
    asks=f"no word or address in the text is longer than {WORD_MOST} characters",
    why="caniemail, css-word-wrap and css-word-break: Outlook for Windows and Yahoo break none; their page is wider",
    fix=later("write words that link to the address; marks to break at would be copied with a text"),
)
RULES = (HIDDEN, SMALL, WIDE, RUN, WORD)
# Of Latin letters, digits and signs: other scripts break between letters, and all break at a hyphen.
_LONG_WORD = re.compile(rf"[!-,.-~\u00c0-\u024f]{{{WORD_MOST + 1},}}")
_PIXELS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(?:px)?")


def check(document: Document) -> Iterator[Finding]:
    for element in document.page.elements:
        if is_hidden(element) and element is not document.preheader and not is_blank(document.page.name(element)):
            reason = _("{name} is hidden by its style attribute").format(name=quoted(document.page.name(element)))
            yield HIDDEN.broken(document.where(element), reason)
        if (longest := _longest_fixed(document, element)) > RUN_MOST:
            yield RUN.broken(document.where(element), _("it has {count} characters in one line").format(count=longest))
        if (width := _width(element)) > WIDTH_MOST:
            yield WIDE.broken(document.where(element), _("it is {width:g} pixels wide").format(width=width))
    looks = document.looks_in(BARE)
    reported = set[float]()
    for run in document.page.runs:
        look = looks[run.owner.index]
        small = look.size < SIZE_LEAST and look.size not in reported
        if small and run.seen and not look.hidden and not is_blank(run.text):
            reported.add(look.size)
            yield SMALL.broken(document.where(run.owner), _("its text has {size:g} pixels").format(size=look.size))
    long = [
        (len(word), run.owner)
        for run in document.page.runs
        if run.seen and not looks[run.owner.index].hidden
        for word in _LONG_WORD.findall(run.text)
    ]
    if long:
        length, owner = max(long, key=lambda each: each[0])
        yield WORD.broken(
            document.where(owner),
            _("the longest of {count} has {length} characters").format(count=len(long), length=length),
        )


def _longest_fixed(document: Document, element: Element) -> int:
    """Of the lines in an element that forbids them to break."""
    wrap = element.styled("white-space")
    if wrap not in ("nowrap", "pre") and not (element.tag == "pre" and not wrap):
        return 0
    if any(each.styled("overflow") in ("auto", "scroll", "hidden") for each in element.upwards()):
        return 0
    text = "".join(run.text for run in document.page.runs_of(element))
    return max(map(len, [" ".join(text.split())] if wrap == "nowrap" else text.splitlines()), default=0)


def _width(element: Element) -> float:
    sizes = [element.get("width") if element.tag in ("table", "td", "th", "img") else ""]
    if element.style:
        sizes += [element.styled("width"), element.styled("min-width")]
    return max((float(found[1]) for size in sizes if (found := _PIXELS.fullmatch(size))), default=0)
