"""Is every text legible, in every setting? WCAG 2.2 AA, success criterion 1.4.3, computed from the page itself."""

from collections.abc import Iterator

from digest.foundation.catalogue import _, later, plural
from digest.mail.checks.cascade import LIGHT, ComputedStyle, Setting, settings_of
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, Rule, error, warning
from digest.mail.checks.tree import Element, is_blank, quoted
from digest.newsletters.colours import Colour, contrast

LEAST, LEAST_OF_LARGE = 4.5, 3.0
LARGE, LARGE_BOLD = 24.0, 18.66  # CSS pixels
_ASKS = f"text has a contrast of {LEAST}:1 with its background, large text {LEAST_OF_LARGE:g}:1"
_WHY = "WCAG 2.2, 1.4.3; Email Markup Consortium: among the most common faults"
IN_LIGHT = error(
    "CONTRAST-001",
    asks=f"in light: {_ASKS}, also on a phone and without <style>",
    why=_WHY,
    fix=later("choose a darker ink or a lighter background in the template"),
)
IN_DARK = error(
    "CONTRAST-002",
    asks=f"in dark (prefers-color-scheme): {_ASKS}",
    why=_WHY,
    fix=later("set a lighter ink, or a darker background, in the dark block of the template"),
)
IN_OUTLOOK = error(
    "CONTRAST-003",
    asks=f"in the dark mode of Outlook.com ([data-ogsc], [data-ogsb]): {_ASKS}",
    why=_WHY,
    fix=later("give the [data-ogsc] and [data-ogsb] rules the colours of the dark block"),
)
UNREADABLE = warning(
    "CONTRAST-004",
    asks="colours are hex, rgb(), hsl() or common names, so that contrast can be computed",
    why="mail programs drop what they do not know, and with it perhaps the whole rule",
    fix=later("write the colour as #rrggbb"),
)
RULES = (IN_LIGHT, IN_DARK, IN_OUTLOOK, UNREADABLE)


def check(document: Document) -> Iterator[Finding]:
    unread: dict[str, Element] = {}
    for setting in settings_of(document.rules):
        looks = document.looks if setting is LIGHT else document.looks_in(setting)
        yield from _setting(document, setting, looks)
        for element, look in zip(document.page.elements, looks, strict=True):
            if look.unread:
                unread.setdefault(look.unread, element)
    for value, element in unread.items():
        yield UNREADABLE.broken(
            document.where(element), _("{value} is no colour that can be judged").format(value=quoted(value))
        )


def _setting(document: Document, setting: Setting, looks: list[ComputedStyle]) -> Iterator[Finding]:
    faint: dict[tuple[Colour, Colour], list[Element]] = {}
    for run in document.page.runs:
        look = looks[run.owner.index]
        if run.seen and not look.hidden and look.size and not _is_legible(look) and not is_blank(run.text):
            faint.setdefault((look.ink, look.background), []).append(run.owner)
    for (ink, background), elements in faint.items():
        ratio = int(contrast(ink, background) * 100) / 100
        place = document.where(elements[0])
        if more := len(elements) - 1:
            place = plural("{place} and {count} more text", "{place} and {count} more texts", more, place=place)
        yield _rule_of(setting).broken(
            f"{place}, {_(setting.name)}",
            _("{ink} on {background} has a contrast of {ratio:.2f}:1").format(
                ink=ink, background=background, ratio=ratio
            ),
        )


def _is_legible(look: ComputedStyle) -> bool:
    is_large = look.size >= LARGE or (look.bold and look.size >= LARGE_BOLD)
    return contrast(look.ink, look.background) >= (LEAST_OF_LARGE if is_large else LEAST)


def _rule_of(setting: Setting) -> Rule:
    if setting.outlook:
        return IN_OUTLOOK
    return IN_DARK if setting.dark else IN_LIGHT
