"""Can somebody who reads the plain text alone read all of it, and follow every link?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later, plural
from digest.mail.checks.document import Document
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import folded, quoted, squeezed

COLUMNS = 78
_TEMPLATE = later("add it to the template's edition.txt")
EMPTY = error(
    "TEXT-001",
    asks="the plain text says something",
    why="watches, terminals and some screen readers show nothing else; filters count an empty part as spam",
    fix=later("write the template's edition.txt"),
)
TITLE = error(
    "TEXT-002",
    asks="every story's title is in it",
    why="RFC 2046 §5.1.4: both parts say the same",
    fix=_TEMPLATE,
)
HEADING = error(
    "TEXT-003",
    asks="every heading of the HTML (h1 to h3) is in it",
    why="RFC 2046 §5.1.4: both parts say the same",
    fix=_TEMPLATE,
)
LINK = error(
    "TEXT-004",
    asks="every link of the HTML is in it",
    why="whoever reads the text must be able to read on and to leave; filters compare both parts",
    fix=_TEMPLATE,
)
LINE = warning(
    "TEXT-005",
    asks=f"lines have at most {COLUMNS} characters, except where a URL needs more",
    why="RFC 5322 §2.1.1; terminals break longer lines anywhere",
    fix=later("use the wrap filter in edition.txt"),
)
MARKUP = error(
    "TEXT-006",
    asks="no HTML in it",
    why="tags and entities are read aloud as they stand",
    fix=later("let edition.txt use `story.text`, never `story.html`"),
)
RULES = (EMPTY, TITLE, HEADING, LINK, LINE, MARKUP)
_TAG = re.compile(r"</?(?:[a-zA-Z][a-zA-Z0-9]*)(?:\s[^<>]*)?/?>|&(?:[a-z]{2,8}|#\d{2,5}|#x[0-9a-f]{2,4});")
_WRITTEN_LINK = re.compile(r"<?(?:https?://|mailto:)[^\s<>]+>?")
_QUOTATION = re.compile(r"^(?:> ?)+", re.MULTILINE)
_SCHEME = re.compile(r"https?://|mailto:")
_BEFORE_A_LINK = re.compile(r"[^\w./@:-]")
_AFTER_A_LINK = frozenset(" \t\r\n<>\"'),.;:!?]}")


def check(document: Document) -> Iterator[Finding]:
    text = document.specimen.text
    if not squeezed(text):
        yield EMPTY.broken(_("plain text"), _("it is empty"))
        return
    yield from _facts(document, text)
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS and _breakable(line):
            yield LINE.broken(
                _("plain text, line {number}").format(number=number),
                plural(
                    "it has {count} character: {text}",
                    "it has {count} characters: {text}",
                    len(line),
                    text=quoted(line),
                ),
            )
    seen = document.seen
    for found in dict.fromkeys(_TAG.findall(text)):
        if squeezed(found) not in seen:  # a story that speaks of HTML has it in both parts
            yield MARKUP.broken(_("plain text"), _("{found} is left in it").format(found=quoted(found)))


def _facts(document: Document, text: str) -> Iterator[Finding]:
    unquoted = _QUOTATION.sub("", text)
    said = {folded(unquoted), folded(_WRITTEN_LINK.sub("", unquoted))}
    told = dict.fromkeys(document.specimen.story_titles)
    missing = [title for title in told if not any(folded(title) in each for each in said)]
    if len(missing) > document.left_to_archive:
        for title in missing:
            yield TITLE.broken(_("plain text"), _("the story {title} is not in it").format(title=quoted(title)))
    titles = {folded(title) for title in document.specimen.story_titles}
    for heading in document.page.all("h1", "h2", "h3"):
        name = document.page.text(heading)
        if folded(name) not in titles and not any(folded(name) in each for each in said):
            yield HEADING.broken(_("plain text"), _("the heading {name} is not in it").format(name=quoted(name)))
    for link in dict.fromkeys(link.get("href") for link in document.links):
        if link.startswith(("http://", "https://", "mailto:")) and not _holds(text, link):
            yield LINK.broken(_("plain text"), _("the link {link} is not in it").format(link=link))


def _holds(text: str, link: str) -> bool:
    """Whether it stands there as a whole, not as a part of a longer one; also as people write it: www.…, name@…"""
    return any(
        _stands(text, place, written)
        for written in (link, _SCHEME.sub("", link, count=1))
        for place in (found.start() for found in re.finditer(re.escape(written), text))
    )


def _stands(text: str, place: int, written: str) -> bool:
    before, after = text[:place][-1:], text[place + len(written) :][:1]
    whole = _SCHEME.match(written) is not None or not before or _BEFORE_A_LINK.match(before) is not None
    return whole and (not after or after in _AFTER_A_LINK)


def _breakable(line: str) -> bool:
    words = line.lstrip("> -#0123456789.")
    return " " in words and not _WRITTEN_LINK.search(line)
