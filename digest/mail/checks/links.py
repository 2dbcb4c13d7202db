"""Does every link say where it leads, and lead there?"""

import re
from collections import Counter
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document, host_of
from digest.mail.checks.rule import Finding, Rule, error, note, warning
from digest.mail.checks.tree import Element, folded, listed, quoted

IN_A_PARAGRAPH = 5
GENERIC = error(
    "LINK-001",
    asks="the words of a link say what it leads to, without the text around it",
    why="WCAG 2.2, 2.4.4; screen readers list links alone; Email Markup Consortium: among the most common faults",
    fix=later("name the thing: “Read the report on shelters” instead of “read more”"),
)
NO_TEXT = error(
    "LINK-002",
    asks="every link has words, a label or an image with alt",
    why="axe link-name; Email Markup Consortium",
    fix=later("write what the link leads to, or remove it"),
)
SAME_WORDS = warning(
    "LINK-003",
    asks="links with the same words lead to the same page",
    why="WCAG 2.2, 2.4.4 and 3.2.4",
    fix=later("add what makes them different"),
)
TARGET = error(
    "LINK-004",
    asks="every link leads to a whole https:, mailto: or tel: address, or to an id in the page",
    why="empty, relative and javascript: links do nothing in a mail, or are taken for an attack",
    fix=later("correct the address with the story or in the template"),
)
INSECURE = warning(
    "LINK-005",
    asks="links begin with https://",
    why="programs warn of http; anybody on the way can change the page",
    fix=later("try the address with https:// and use that"),
)
PLACEHOLDER = note(
    "LINK-006",
    asks="no invented hosts such as example.org",
    why="RFC 2606: they belong to nobody; fine in a demo, wrong in a mail to readers",
    fix=later("replace the address before the first real sending"),
)
USED = warning(
    "LINK-007",
    asks="a link was in no earlier edition",
    why="readers were promised no story twice; often it is the last month's address by mistake",
    fix=later("look whether the story, or its address, is last month's"),
)
MANY = note(
    "LINK-008",
    asks=f"at most {IN_A_PARAGRAPH} links in one paragraph",
    why="on a phone they cannot be hit apart (WCAG 2.2, 2.5.8)",
    fix=later("make a list of them"),
)
OTHER_HOST = warning(
    "LINK-009",
    asks="a link whose words are a web address leads to that address",
    why="Gmail and SpamAssassin take anything else for phishing",
    fix=later("use words, or the address it leads to"),
)
COLOUR_ALONE = warning(
    "LINK-010",
    asks="links in a text are underlined, or marked by more than a colour",
    why="WCAG 2.2, 1.4.1; Email Markup Consortium: link-in-text-block",
    fix=later("remove text-decoration:none"),
)
ANCHOR = warning(
    "LINK-011",
    asks="a link inside of the page leads to an empty <a name>, beside the id",
    why="caniemail, html-anchor-links: Gmail, Yahoo and Outlook for Windows lead to no id",
    fix=later('write <a name="…"></a> into the heading, with the name of its id'),
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
    ANCHOR,
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
            yield SAME_WORDS.broken(
                document.where(last), _("the same words lead to {addresses}").format(addresses=listed(list(found)))
            )
    yield from _paragraphs(document)
    yield from _placeholders(document)
    yield from _decorations(document)


def _name(name: str) -> Iterator[tuple[Rule, str]]:
    if not folded(name):
        yield NO_TEXT, _("there is nothing to read or to click")
    elif is_generic(name):
        yield GENERIC, _("{name} could be any link").format(name=quoted(name))


def _target(document: Document, target: str, name: str) -> Iterator[tuple[Rule, str]]:
    if len(target) > 1 and target.startswith("#") and target[1:] in document.ids:
        if target[1:] not in document.anchors:
            yield ANCHOR, _("nothing is named {name}").format(name=quoted(target[1:]))
        return
    scheme = target.partition(":")[0].lower()
    if scheme not in _SCHEMES or not _is_whole(scheme, target):
        yield TARGET, _("it leads to {address}").format(address=quoted(target)) if target else _("it leads nowhere")
        return
    if scheme == "http":
        yield INSECURE, _("it leads to {address}").format(address=target)
    named, host = host_named_by(name), host_of(target).removeprefix("www.")
    if named is not None and scheme != "mailto" and named != host:
        yield OTHER_HOST, _("it says {said} and leads to {host}").format(said=named, host=host or quoted(target))
    edition = document.specimen.used_links.get(target)
    if edition is not None and not _is_everywhere(document, target):
        yield USED, _("{address} was in edition {edition} already").format(address=target, edition=edition)


def _is_whole(scheme: str, target: str) -> bool:
    if re.search(r"[\s\0<>\"]", target):
        return False
    match scheme:
        case "mailto":
            return _MAIL.match(target) is not None
        case "tel":
            return any(char.isdecimal() for char in target)
    return "." in host_of(target)


def _is_everywhere(document: Document, target: str) -> bool:
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
            yield MANY.broken(document.where(block), _("it has {count} links").format(count=count))


def _placeholders(document: Document) -> Iterator[Finding]:
    hosts = dict.fromkeys(host_of(link.get("href")) for link in document.links)
    if found := [host for host in hosts if is_placeholder(host)]:
        yield PLACEHOLDER.broken(_("HTML, links"), _("they lead to {addresses}").format(addresses=listed(found)))


def _decorations(document: Document) -> Iterator[Finding]:
    for link in document.links:
        block = next((each for each in link.upwards() if each.tag in ("p", "li", "blockquote")), None)
        if block is None or document.looks[link.index].underlined:
            continue
        if document.page.text(block) != document.page.text(link):
            yield COLOUR_ALONE.broken(document.where(link), _("it has no underline inside a text"))


# -- Links as their readers meet them: what they are called, and where they lead.

_EDGES = " .,;:!¡?¿…»«›‹>→➔➜➝–—-()[]“”\"'"
_GENERIC = """
click; click here; here; read; read more; read on; read it; more; more here; more info; more information; learn more;
find out more; see more; view; view more; see; open; go; link; this link; this; this page; this article; website; web;
details; full story; full article; read the full story; read full article; continue; continue reading; keep reading;
download; pdf; press here; tap here;
clic; clic aquí; clic aqui; haga clic; haga clic aquí; haz clic; haz clic aquí; pulse aquí; pulsa aquí; pinche aquí;
aquí; aqui; acá; leer; leer más; leer mas; lea más; más; mas; más aquí; más info; más información; mas información;
saber más; conocer más; conozca más; ver; ver más; ver mas; ver aquí; abrir; ir; enlace; este enlace; esto; esta página;
este artículo; sitio web; página web; detalles; más detalles; nota completa; noticia completa; leer la nota completa;
leer nota completa; continuar; continuar leyendo; seguir leyendo; sigue leyendo; descargar; descargue aquí;
cliquez ici; ici; lire; lire la suite; en savoir plus; plus; voir; voir plus; télécharger;
clique aqui; leia mais; ler mais; saiba mais; ver mais; mais
"""
_SAYING_NOTHING = frozenset(folded(words) for words in _GENERIC.split(";"))
# Without a scheme or www. only common endings: “Node.js” and “report.pdf” are no hosts.
_HOST_IN_TEXT = re.compile(
    r"(?:https?://|(?=www\.)|(?=[a-z0-9.-]+\.(?:com|org|net|int|gov|edu|info|mil|gob(?:\.\w\w)?|(?!js|md|py)\w\w)(?:[/:?#]|\Z)))"
    r"((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/:?#]\S*)?",
    re.IGNORECASE,
)
_PLACEHOLDERS = re.compile(
    r"(?:.*\.)?(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|yourdomain\.com|domain\.com|mysite\.com)"
)


def is_generic(name: str) -> bool:
    """Whether it says that there is a link, and not what it is about; in English, Spanish, French, Portuguese."""
    return folded(name).strip(_EDGES) in _SAYING_NOTHING


def host_named_by(name: str) -> str | None:
    """The host, when the link's own words are a web address; without `www.`."""
    found = _HOST_IN_TEXT.fullmatch(name.strip())
    return None if found is None else found[1].lower().removeprefix("www.")


def is_placeholder(host: str) -> bool:
    return _PLACEHOLDERS.fullmatch(host) is not None
