"""Does every link say where it leads, and lead there?"""

import re
from collections import Counter
from collections.abc import Iterator

from digest.checks.document import Document, host_of
from digest.checks.reading import folded, listed, quoted
from digest.checks.rule import Rule, error, note, warning
from digest.checks.targets import host_named_by, is_generic, is_placeholder
from digest.checks.tree import Element
from digest.model.finding import Finding

IN_A_PARAGRAPH = 5

GENERIC = error(
    "LINK-001",
    asks="the words of a link say what it leads to, without the text around it",
    why="WCAG 2.2, 2.4.4; screen readers list links alone; Email Markup Consortium: among the most common faults",
    fix="name the thing: “Read the report on shelters” instead of “read more”",
)
NO_TEXT = error(
    "LINK-002",
    asks="every link has words, a label or an image with alt",
    why="axe link-name; Email Markup Consortium",
    fix="write what the link leads to, or remove it",
)
SAME_WORDS = warning(
    "LINK-003",
    asks="links with the same words lead to the same page",
    why="WCAG 2.2, 2.4.4 and 3.2.4",
    fix="add what makes them different",
)
TARGET = error(
    "LINK-004",
    asks="every link leads to a whole https:, mailto: or tel: address, or to an id in the page",
    why="empty, relative and javascript: links do nothing in a mail, or are taken for an attack",
    fix="correct the address with the story or in the template",
)
INSECURE = warning(
    "LINK-005",
    asks="links begin with https://",
    why="programs warn of http; anybody on the way can change the page",
    fix="try the address with https:// and use that",
)
PLACEHOLDER = note(
    "LINK-006",
    asks="no invented hosts such as example.org",
    why="RFC 2606: they belong to nobody; fine in a demo, wrong in a mail to readers",
    fix="replace the address before the first real sending",
)
USED = warning(
    "LINK-007",
    asks="a link was in no earlier edition",
    why="readers were promised no story twice; often it is the last month's address by mistake",
    fix="look whether the story, or its address, is last month's",
)
MANY = note(
    "LINK-008",
    asks=f"at most {IN_A_PARAGRAPH} links in one paragraph",
    why="on a phone they cannot be hit apart (WCAG 2.2, 2.5.8)",
    fix="make a list of them",
)
OTHER_HOST = warning(
    "LINK-009",
    asks="a link whose words are a web address leads to that address",
    why="Gmail and SpamAssassin take anything else for phishing",
    fix="use words, or the address it leads to",
)
COLOUR_ALONE = warning(
    "LINK-010",
    asks="links in a text are underlined, or marked by more than a colour",
    why="WCAG 2.2, 1.4.1; Email Markup Consortium: link-in-text-block",
    fix="remove text-decoration:none",
)
RULES = (
    GENERIC,
    NO_TEXT,
    SAME_WORDS,
    TARGET,
    INSECURE,
    PLACEHOLDER,
    USED,
    MANY,
    OTHER_HOST,
    COLOUR_ALONE,
)

_SCHEMES = ("https", "http", "mailto", "tel")
_MAIL = re.compile(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+", re.IGNORECASE)
_BLOCKS = ("p", "li", "td", "blockquote")
_OWN_PAGES = ("/leave/", "/preferences/", "/view/")


def check(document: Document) -> Iterator[Finding]:
    targets: dict[str, dict[str, Element]] = {}
    for link in document.links:
        name = document.page.name(link)
        for rule, reason in (*_name(name), *_target(document, link.get("href"), name)):
            yield rule.broken(document.where(link), reason)
        if said := folded(name):
            targets.setdefault(said, {}).setdefault(link.get("href"), link)
    for found in targets.values():
        if len(found) > 1:
            last = list(found.values())[-1]
            yield SAME_WORDS.broken(document.where(last), f"the same words lead to {listed(list(found))}")
    yield from _paragraphs(document)
    yield from _placeholders(document)
    yield from _decorations(document)


def _name(name: str) -> Iterator[tuple[Rule, str]]:
    if not folded(name):
        yield NO_TEXT, "there is nothing to read or to click"
    elif is_generic(name):
        yield GENERIC, f"{quoted(name)} could be any link"


def _target(document: Document, target: str, name: str) -> Iterator[tuple[Rule, str]]:
    if len(target) > 1 and target.startswith("#") and target[1:] in document.ids:
        return
    scheme = target.partition(":")[0].lower()
    if scheme not in _SCHEMES or not _is_whole(scheme, target):
        yield TARGET, f"it leads to {quoted(target)}" if target else "it leads nowhere"
        return
    if scheme == "http":
        yield INSECURE, f"it leads to {target}"
    named, host = host_named_by(name), host_of(target).removeprefix("www.")
    if named is not None and scheme != "mailto" and named != host:
        yield OTHER_HOST, f"it says {named} and leads to {host or quoted(target)}"
    edition = document.specimen.used_links.get(target)
    if edition is not None and not _is_standing(document, target):
        yield USED, f"{target} was in edition {edition} already"


def _is_whole(scheme: str, target: str) -> bool:
    if re.search(r"[\s\0<>\"]", target):
        return False
    match scheme:
        case "mailto":
            return _MAIL.match(target) is not None
        case "tel":
            return any(char.isdecimal() for char in target)
    return "." in host_of(target)


def _is_standing(document: Document, target: str) -> bool:
    """Whether every edition has it: the website, and the pages of the reader's own."""
    if target == document.specimen.publisher.website:
        return True
    root = document.public_root
    return root is not None and target.startswith(tuple(root + page for page in _OWN_PAGES))


def _paragraphs(document: Document) -> Iterator[Finding]:
    blocks = Counter[Element]()
    for link in document.links:
        block = next((each for each in link.upwards() if each.tag in _BLOCKS), None)
        if block is not None:
            blocks[block] += 1
    for block, count in blocks.items():
        if count > IN_A_PARAGRAPH and block.tag != "td":
            yield MANY.broken(document.where(block), f"it has {count} links")


def _placeholders(document: Document) -> Iterator[Finding]:
    hosts = dict.fromkeys(host_of(link.get("href")) for link in document.links)
    if found := [host for host in hosts if is_placeholder(host)]:
        yield PLACEHOLDER.broken("HTML, links", f"they lead to {listed(found)}")


def _decorations(document: Document) -> Iterator[Finding]:
    for link in document.links:
        block = next((each for each in link.upwards() if each.tag in ("p", "li", "blockquote")), None)
        if block is None or document.looks[link.index].underlined:
            continue
        if document.page.text(block) != document.page.text(link):
            yield COLOUR_ALONE.broken(document.where(link), "it has no underline inside a text")
