"""Does the page use only what the readers' mail programs know, or what may fail without harm?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.cascade import OUTLOOK_DARK_MARKS, declared, stylings
from digest.mail.checks.client_table import (
    AT_RULES,
    KNOWN_TAGS,
    OUTLOOK_ONLY,
    PADDED_CELLS,
    PADDING,
    PROPERTIES,
    SPACED_COLOUR,
    TAGS,
    USABLE,
    VALUES,
    VARIABLE,
    Gap,
)
from digest.mail.checks.css import Declaration
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, Rule, error, note, warning
from digest.mail.checks.tree import listed, quoted

_WHY = "caniemail.com: digest/mail/checks/client_support.py holds what it knows"
BREAKS = error(
    "CLIENT-001",
    asks="no CSS without which the page falls apart in common programs",
    why=_WHY,
    fix=later("lay the page out with mj-section, mj-column and padding"),
)
LACKING = warning(
    "CLIENT-002",
    asks="no CSS that common programs ignore",
    why=_WHY,
    fix=later("write what is proposed; or allow the property, with a reason, in client_table.py"),
)
UNKNOWN = warning(
    "CLIENT-003",
    asks="only CSS properties that somebody has looked up",
    why=_WHY,
    fix=later("look it up on caniemail.com, then allow it, with a reason, in client_table.py or leave it out"),
)
TAG = error(
    "CLIENT-004",
    asks="no scripts, forms, frames, films or drawings",
    why="programs remove them, and some treat the mail as dangerous",
    fix=later("use a picture, or a link to a page that has it"),
)
LOOSE_TAG = warning(
    "CLIENT-005",
    asks="only HTML elements that all programs keep",
    why=_WHY,
    fix=later("use div, p, table and roles"),
)
IMPORT = error(
    "CLIENT-006",
    asks="no styles from elsewhere: no @import, no <link rel=stylesheet>",
    why="Gmail, Outlook and Yahoo load none",
    fix=later("write the styles into the template"),
)
AT_RULE = warning(
    "CLIENT-007",
    asks="no rules beginning with @, except @media",
    why=_WHY,
    fix=later("leave the rule out"),
)
DROPPED = error(
    "CLIENT-008",
    asks="style blocks that Gmail can read to the end: no slips, colours with commas",
    why="Gmail drops the whole block at the first thing it cannot read, such as rgb(0 128 0 / 1)",
    fix=later("correct the rule; write colours as #rrggbb"),
)
IN_BODY = error(
    "CLIENT-009",
    asks="<style> stands in <head>",
    why="Gmail and Yahoo remove it from <body>",
    fix=later("use mj-style inside mj-head"),
)
POINTER = note(
    "CLIENT-010",
    asks="nothing depends on :hover, :focus and the like",
    why="phones have no pointer, and Outlook ignores them",
    fix=later("keep them as decoration only"),
)
SELECTOR = warning(
    "CLIENT-011",
    asks="simple selectors: tags, classes, ids; [data-ogsc] for Outlook",
    why="Gmail drops rules with attribute selectors and most pseudo-classes",
    fix=later("select by a class"),
)
PADDED = warning(
    "CLIENT-012",
    asks="padding is of cells alone",
    why="caniemail, css-padding: Outlook for Windows ignores it elsewhere; what it held apart touches",
    fix=later("pad the <td> around it, use margin, or say with mso-padding-alt what Outlook gets instead"),
)
RULES = (BREAKS, LACKING, UNKNOWN, TAG, LOOSE_TAG, IMPORT, AT_RULE, DROPPED, IN_BODY, POINTER, SELECTOR, PADDED)
_CELLS = ("td", "th")
_SOME = re.compile(r"[1-9]")
_OF_A_POINTER = (":hover", ":focus", ":active", ":visited")


def check(document: Document) -> Iterator[Finding]:
    yield from _declarations(document)
    yield from _padded(document)
    yield from _sheets(document)
    yield from _tags(document)


def _declarations(document: Document) -> Iterator[Finding]:
    """One finding per thing that is used, at the first place that uses it."""
    places: dict[Declaration, str] = {}
    for declarations, element in document.styles.items():
        for each in declarations:
            if each not in places and not _is_plain(each):
                places[each] = document.where(element)
    for rule in document.rules:
        for each in rule.declarations:
            if not _is_plain(each):
                places.setdefault(each, _("HTML, <style>, rule {selector}").format(selector=quoted(rule.selector)))
    reported = set[str]()
    for each, place in places.items():
        found = _judged(each)
        if found is not None and found[1] not in reported:
            reported.add(found[1])
            yield found[0].broken(place, found[1])
        if SPACED_COLOUR.search(each.value):
            yield DROPPED.broken(
                place, _("{name}: {value} makes Gmail drop the whole block").format(name=each.name, value=each.value)
            )


def _is_plain(declaration: Declaration) -> bool:
    """Quickly: nothing to say about it."""
    known = declaration.name in USABLE or declaration.name.startswith(OUTLOOK_ONLY)
    return known and not ("(" in declaration.value or _gap_of_value(declaration))


def _judged(declaration: Declaration) -> tuple[Rule, str] | None:
    name = declaration.name
    if name.startswith("--"):
        return BREAKS, _("{name}: a custom property, {missing}").format(name=name, missing=_missing(VARIABLE))
    if gap := PROPERTIES.get(name):
        return _of_gap(gap, name)
    if gap := _gap_of_value(declaration):
        return _of_gap(gap, f"{name}: {declaration.value}")
    if name in USABLE or name.startswith(OUTLOOK_ONLY):
        return None
    return UNKNOWN, _("{name} is not in the table").format(name=quoted(name))


def _gap_of_value(declaration: Declaration) -> Gap | None:
    for name, pattern, gap in VALUES:
        if declaration.name.startswith(name) and pattern.search(declaration.value.lower()):
            return gap
    return None


def _of_gap(gap: Gap, used: str) -> tuple[Rule, str]:
    return (BREAKS if gap.breaks else LACKING), _gap_in_words(used, gap)


def _gap_in_words(used: str, gap: Gap) -> str:
    said = _("{used} – {missing}; use {instead}")
    return said.format(used=used, missing=_missing(gap), instead=_(gap.instead))


def _missing(gap: Gap) -> str:
    said = [_("not in {programs}").format(programs=listed([*map(_, gap.lacking)], 9))] if gap.lacking else []
    if gap.partly:
        said.append(_("partly in {programs}").format(programs=listed([*gap.partly], 9)))
    return ", ".join(said)


def _padded(document: Document) -> Iterator[Finding]:
    """The first of each tag. Outlook reads no @media; `mso-padding-alt` is what a cell gives it in its place."""
    rules = [rule for rule in document.rules if not rule.media]
    reported = set(_CELLS)
    for element, applied in zip(document.page.elements, stylings(document.page, rules, PADDING), strict=True):
        if element.tag in reported or not (applied or any(each.name in PADDING for each in element.style)):
            continue
        found = declared(element, applied)
        around = (element, element.parent) if element.parent is not None else (element,)
        if any(each.styled("mso-padding-alt") for each in around):
            continue
        for name in sorted(PADDING & found.keys()):
            if _SOME.search(found[name].value):
                reported.add(element.tag)
                used = _("{name}: {value} on <{tag}>").format(name=name, value=found[name].value, tag=element.tag)
                yield PADDED.broken(document.where(element), _gap_in_words(used, PADDED_CELLS))
                break


def _sheets(document: Document) -> Iterator[Finding]:
    for sheet in document.sheets:
        for mistake in sheet.mistakes:
            yield DROPPED.broken(_("HTML, <style>"), _("{mistake} cannot be read").format(mistake=quoted(mistake)))
        for name, rest in sheet.at_rules:
            gap = AT_RULES.get(name)
            used = f"{name} {quoted(rest)}"
            said = _gap_in_words(used, gap) if gap else _("{used} – is not in the table").format(used=used)
            rule = IMPORT if name == "@import" else AT_RULE
            yield rule.broken(_("HTML, <style>"), said)
    for selector in dict.fromkeys(rule.selector for rule in document.rules):
        plain = selector
        for marker in (*OUTLOOK_DARK_MARKS, ":root"):
            plain = plain.replace(marker, "")
        if any(each in plain for each in _OF_A_POINTER):
            yield POINTER.broken(
                _("HTML, <style>, rule {selector}").format(selector=quoted(selector)), _("it needs a pointer")
            )
        elif any(char in plain for char in ":[+~*"):
            yield SELECTOR.broken(
                _("HTML, <style>, rule {selector}").format(selector=quoted(selector)), _("Gmail drops such a rule")
            )


def _tags(document: Document) -> Iterator[Finding]:
    for element in (each for tag in document.page.by_tag for each in document.page.by_tag[tag][:1]):
        tag = element.tag
        if tag in KNOWN_TAGS or tag.startswith("mj"):
            continue
        gap = TAGS.get(tag)
        place = document.where(element)
        if tag == "link":
            yield IMPORT.broken(place, _("<link> to {address}").format(address=quoted(element.get("href"))))
        elif gap is not None:
            yield (TAG if gap.breaks else LOOSE_TAG).broken(place, _gap_in_words(f"<{tag}>", gap))
        else:
            yield LOOSE_TAG.broken(place, _("<{tag}> is in no table").format(tag=quoted(tag)))
    for style in document.page.all("style"):
        if not any(each.tag == "head" for each in style.upwards()):
            yield IN_BODY.broken(document.where(style), _("it stands outside <head>"))
