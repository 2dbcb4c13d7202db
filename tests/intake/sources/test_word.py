import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from digest.errors import NothingUsableError
from digest.intake.item import Reading
from digest.intake.sources.draft import Findings
from digest.intake.sources.word import read_word

ReadFolder = Callable[..., Reading]
Said = Callable[[Reading], list[str]]


def _bytes(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _document(*paragraphs: str, heading: str = "") -> Any:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text, style="Heading 2" if text == heading else None)
    return document


def _lines(document: Any) -> list[str]:
    return list(read_word(_bytes(document), Findings("a.docx")).texts)


def test_each_paragraph_is_a_line_under_its_number(folder: ReadFolder) -> None:
    document = _document("5 August 2018", "", "A title", "Topics: health", "", "A body.", "", "More.")

    [item] = folder({"a.docx": _bytes(document)}).items

    assert (item.published_on, str(item.place)) == (date(2018, 8, 5), "bulletins/a.docx:1")
    assert (item.text.title, item.topics, item.text.paragraphs) == ("A title", ("health",), ("A body.", "More."))


def test_paragraphs_need_no_empty_ones_between(folder: ReadFolder) -> None:
    document = _document("5 August 2018", "A title", "A body.", "More.", "4 August 2018", "Another", "Its body.")

    items = folder({"a.docx": _bytes(document)}).items

    assert [item.text.title for item in items] == ["A title", "Another"]
    assert items[0].text.paragraphs == ("A body.", "More.")
    assert items[1].place.line == 5


def test_a_heading_is_a_title_even_when_it_ends_like_a_sentence(folder: ReadFolder) -> None:
    title = "This title ends with a stop."
    document = _document("6 August 2018", "A title", "A body.", "5 August 2018", title, "Text.", heading=title)

    assert [item.text.title for item in folder({"a.docx": _bytes(document)}).items] == ["A title", title]


def test_other_styles_make_no_title(folder: ReadFolder) -> None:
    document = docx.Document()
    for text in ("5 August 2018", "A title", "A point.", "Another point."):
        document.add_paragraph(text, style="List Bullet")

    [item] = folder({"a.docx": _bytes(document)}).items

    assert (item.text.title, item.text.paragraphs) == ("A title", ("A point.", "Another point."))


def test_line_breaks_inside_a_paragraph_split_lines_under_one_number(folder: ReadFolder) -> None:
    document = _document("5 August 2018\nA title\nA body.", "More.\n\n7/13/2018x")

    lines = read_word(_bytes(document), Findings("a.docx"))

    assert list(lines.numbers) == [1, 1, 1, 2, 2, 2]
    assert folder({"a.docx": _bytes(document)}).items[0].text.title == "A title"


def test_tables_links_boxes_insertions_and_controls_are_read_and_deletions_are_not() -> None:
    document = _document("before")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    table.cell(0, 1).add_table(rows=1, cols=1).cell(0, 0).text = "inner"
    document.add_paragraph("after")
    run = "<w:r><w:t>{}</w:t></w:r>"
    box = f"<w:txbxContent><w:p>{run.format('boxed')}</w:p></w:txbxContent>"
    document.element.body.insert(
        0,
        parse_xml(
            f'<w:p {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            f"<w:hyperlink>{run.format('link')}</w:hyperlink><w:r><w:tab/></w:r>"
            f"<w:ins w:id='1' w:author='a'>{run.format('new')}</w:ins>"
            "<w:del w:id='2' w:author='a'><w:r><w:delText>old</w:delText></w:r></w:del>"
            f"<w:moveFrom w:id='3' w:author='a'>{run.format('moved')}</w:moveFrom>"
            f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice>"
            f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
        ),
    )
    document.element.body.insert(
        1, parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p>{run.format('control')}</w:p></w:sdtContent></w:sdt>")
    )

    lines = [line for line in _lines(document) if line]

    assert lines == ["link new", "boxed", "control", "before", "left", "right", "inner", "after"]


def test_footnotes_are_reported() -> None:
    document = _document("text")
    document.element.body[0].append(parse_xml(f"<w:r {nsdecls('w')}><w:footnoteReference w:id='1'/></w:r>"))
    findings = Findings("a.docx")

    read_word(_bytes(document), findings)

    assert "footnotes" in findings.problems[0].cause


def _zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _locked(data: bytes) -> bytes:
    """The archive with the flag "encrypted" on each member."""
    changed = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(signature, at + 4)
    return bytes(changed)


OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "no Word document"),
        (b"5 August 2018\n\nA title", "no Word document"),
        (b"{\\rtf1 text}", "no Word document"),
        (OLD_WORD, "old .doc file"),
        (OLD_WORD + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"PK\x03\x04 and nothing else", "damaged"),
        (_zip(mimetype=b"application/vnd.oasis.opendocument.text"), "damaged"),
        (_bytes(_document("text"))[:-100], "damaged"),
        (_locked(_bytes(_document("text"))), "protected by a password"),
        (_zip(**{"[Content_Types].xml": b"<not xml", "_rels/.rels": b"<"}), "damaged"),
    ],
    ids=[  # archives hold the time at which they were made: no two workers would call them the same
        "nothing",
        "text",
        "RTF",
        "old Word",
        "old Word, locked",
        "no archive",
        "OpenDocument",
        "cut off",
        "locked",
        "no XML",
    ],
)
def test_what_is_no_word_file_is_an_error(data: bytes, cause: str, folder: ReadFolder) -> None:
    reading = folder({"a.docx": data})

    [problem] = reading.problems
    assert cause in problem.cause
    assert problem.remedy
    assert reading.unread == {"bulletins/a.docx"}


def test_a_workbook_under_the_name_of_a_document_is_an_error(folder: ReadFolder) -> None:
    source = zipfile.ZipFile(io.BytesIO(_bytes(_document("text"))))
    members = {
        name: source.read(name).replace(b"wordprocessingml.document.main", b"sheet.main") for name in source.namelist()
    }

    [problem] = folder({"a.docx": _zip(**members)}).problems

    assert "another kind of file" in problem.cause


def test_broken_contents_are_an_error(folder: ReadFolder) -> None:
    source = zipfile.ZipFile(io.BytesIO(_bytes(_document("text"))))
    for broken in (b"<w:document", b"", b"\xff\xfe\x00"):
        members = {name: broken if name == "word/document.xml" else source.read(name) for name in source.namelist()}
        reading = folder({"a.docx": _zip(**members)})
        assert reading.unread, broken


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    source = zipfile.ZipFile(io.BytesIO(_bytes(_document("text"))))
    bomb = _zip(**{name: source.read(name) for name in source.namelist()}, bomb=b"\0" * 3_000_000)

    with pytest.raises(NothingUsableError, match="would unpack to 3,"):
        read_word(bomb, Findings("a.docx"), largest_unpacked=2_000_000)
    assert len(bomb) < 100_000


def test_entities_are_not_expanded() -> None:
    source = zipfile.ZipFile(io.BytesIO(_bytes(_document("text"))))
    members = {name: source.read(name) for name in source.namelist()}
    xml = members["word/document.xml"].replace(b"<w:document", b'<!DOCTYPE x [<!ENTITY e "expanded">]><w:document', 1)
    members["word/document.xml"] = xml.replace(b"text<", b"text &e;<")

    lines = read_word(_zip(**members), Findings("a.docx"))

    assert "expanded" not in "".join(lines.texts)


def test_a_document_without_a_body_is_empty(folder: ReadFolder) -> None:
    source = zipfile.ZipFile(io.BytesIO(_bytes(_document("text"))))
    members = {name: source.read(name) for name in source.namelist()}
    for empty in (f"<w:document {nsdecls('w')}/>", f"<w:document {nsdecls('w')}><w:body/></w:document>"):
        reading = folder({"a.docx": _zip(**{**members, "word/document.xml": empty.encode()})})
        assert [problem.cause for problem in reading.problems] == ["the file is empty"]


def test_where_titles_are_headings_another_line_is_less_likely_one(folder: ReadFolder) -> None:
    document = docx.Document()
    for day in (9, 8, 7):
        document.add_paragraph(f"{day} August, 2018")
        document.add_paragraph(f"Title {day}", style="Heading 2")
        document.add_paragraph("A body.")
    for text in ("2018-08-06", "The workshop of the week ended today. It was the first one", "A body."):
        document.add_paragraph(text)

    assert [item.text.title for item in folder({"a.docx": _bytes(document)}).items] == ["Title 9", "Title 8", "Title 7"]
