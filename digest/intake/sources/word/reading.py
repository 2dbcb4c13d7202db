"""Turns a Word file (.docx) into the lines of a listing: one per paragraph, each with its formatting."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import quoteattr

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.intake.sources.album import Album
from digest.intake.sources.balance import balance
from digest.intake.sources.dates import Dated, recognise
from digest.intake.sources.draft import Findings
from digest.intake.sources.lines import Lines, is_unfinished
from digest.intake.sources.word.looks import read_styles
from digest.intake.sources.word.numbering import read_lists
from digest.intake.sources.word.package import LARGEST_UNPACKED, SAVE_AGAIN, R, W, damaged, open_package
from digest.intake.sources.word.paragraphs import lines_of
from digest.intake.sources.word.shown import Visible, visible

_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_KINDS = R[1:-1]
_LONGEST_TITLE = 150  # characters


def read_word(
    data: bytes,
    findings: Findings,
    album: Album | None = None,
    *,
    show_struck: bool = False,
    largest_unpacked: int = LARGEST_UNPACKED,
) -> Lines:
    """The paragraphs of the document as Word shows them; their numbers count as in Word. Raise `NothingUsableError`
    for anything that is not a Word document, or would unpack to more than `largest_unpacked` bytes.
    """
    package = open_package(data, findings.file, largest_unpacked=largest_unpacked)
    parts = {relation.kind: relation.target for relation in package.relations(package.main).values()}
    styles, lists = (package.tree(parts.get(name, "")) for name in ("styles", "numbering"))
    found = visible(package, read_styles(styles), read_lists(lists), findings, album, show_struck=show_struck)
    if found is None:
        raise damaged(findings.file, KeyError(package.main))
    try:
        document = _by_mammoth(found)
    except RecursionError as error:
        cause = later("its tables or boxes stand too deep inside each other")
        raise NothingUsableError(
            findings.file, cause, later("Write the text without tables inside of tables.")
        ) from error
    lines = _with_pictures(lines_of(found, document), found, findings)
    findings.account(*_texts(document.children), *_texts(_notes(found, document)))
    balance(found.seen, findings)
    if found.omitted and not any(text.strip() for text in lines.texts):
        raise NothingUsableError(
            findings.file,
            later("nothing of its text can be read; see what is left out"),
            later("{save_again}, or paste the text.").format(save_again=SAVE_AGAIN),
        )
    return replace(_with_dates_first(lines), edges=tuple(found.edges))


def _with_pictures(lines: Lines, found: Visible, findings: Findings) -> Lines:
    """Each picture comes after the text of its paragraph, or that before it, but for a date: then before the next."""
    if not found.pictures:
        return lines
    formats = list(lines.formats)
    told = [index for index, text in enumerate(lines.texts) if text.strip()]
    for number, pictures in found.pictures.items():
        before = [index for index in told if lines.numbers[index] <= number]
        after = [index for index in told if lines.numbers[index] > number]
        beside = before[-1:] if before and not _is_date(lines.texts[before[-1]]) else after[:1]
        for index in beside:
            formats[index] = formats[index]._replace(pictures=(*formats[index].pictures, *pictures))
        if not beside:
            findings.warning(number, later("a picture without a text is left out"), later("Write what it is about."))
    return Lines(texts=lines.texts, numbers=lines.numbers, headings=lines.headings, formats=formats)


def _is_date(text: str) -> bool:
    return isinstance(recognise(text.strip()), Dated)


def _texts(elements: Iterable[Any]) -> Iterator[str]:
    for element in elements:
        if type(element).__name__ == "Text":
            yield element.value
        else:
            yield from _texts(getattr(element, "children", ()))


def _notes(found: Visible, document: Any) -> Iterator[Any]:
    for kind, id_ in found.labels:
        yield from document.notes.find_note(kind, id_).body


def _by_mammoth(found: Visible) -> Any:
    from mammoth import docx  # 45 ms: only for Word files

    return docx.read(_package(found)).value


def _package(found: Visible) -> io.BytesIO:
    """The visible text as the smallest Word file that holds it: no other part of the file is ever opened by mammoth."""
    namespaces = f"xmlns:w={quoteattr(W[1:-1])} xmlns:r={quoteattr(R[1:-1])}"
    relations = _RELATIONS.format(
        "".join(
            f'<Relationship Id="{name}" Type="{_KINDS}/{each.kind}" Target={quoteattr(each.target)}/>'
            for name, each in found.relations.items()
        )
    )
    members = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "word/document.xml": f"<w:document {namespaces}><w:body>{found.body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations,
    }
    for kind, notes in found.notes.items():
        members[f"word/{kind}s.xml"] = f"<w:{kind}s {namespaces}>{notes}</w:{kind}s>"
        members[f"word/_rels/{kind}s.xml.rels"] = relations
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text.encode("utf-8", "replace"))
    return file


# -- Headings above their dates: a listing has the date first, then the title.


def _with_dates_first(lines: Lines) -> Lines:
    """The same lines, with each date that stands right under a heading moved above it, where the heading is its title:
    what follows the date reads like a text. Most of a file's dates under headings decide for all of them.
    """
    pairs = list(_dates_under_headings(lines))
    telling = [pair for pair in pairs if _tells(lines, pair[1] + 1)]
    if len(telling) * 2 <= len(pairs):
        return lines
    order = list(range(len(lines.texts)))
    for heading, date in pairs:
        order[heading : date + 1] = [date, *range(heading, date)]
    place = {index: number for number, index in enumerate(order)}
    return Lines(
        texts=[lines.texts[index] for index in order],
        numbers=[lines.numbers[index] for index in order],
        headings=frozenset(place[index] for index in lines.headings),
        formats=[lines.formats[index] for index in order],
    )


def _dates_under_headings(lines: Lines) -> list[tuple[int, int]]:
    """The first line of each heading, and the date under it, which no other heading follows."""
    found = []
    for index, text in enumerate(lines.texts):
        if not _is_date(text):
            continue
        heading = _before(lines, index)
        after = _after(lines, index + 1)
        if heading is None or after in lines.headings:
            continue
        while heading - 1 in lines.headings:
            heading -= 1
        found.append((heading, index))
    return found


def _before(lines: Lines, index: int) -> int | None:
    above = index - 1
    while above >= 0 and not lines.texts[above].strip():
        above -= 1
    is_title = above in lines.headings and not _is_date(lines.texts[above])
    return above if is_title else None


def _after(lines: Lines, index: int) -> int | None:
    return next((each for each in range(index, len(lines.texts)) if lines.texts[each].strip()), None)


def _tells(lines: Lines, index: int) -> bool:
    """Whether what begins here is a text, and no title of its own."""
    after = _after(lines, index)
    if after is None or lines.is_block(after):
        return True
    text = lines.texts[after].strip()
    return not is_unfinished(text) or len(text) > _LONGEST_TITLE or (lines.formats[after].level is not None)
