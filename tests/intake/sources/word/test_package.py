import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from word_files import paragraph, related, run, table, word_file

from digest.errors import NothingUsableError
from digest.intake.item import Reading
from digest.intake.sources.draft import Findings
from digest.intake.sources.word.reading import read_word

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

    assert (item.text.title, item.text.paragraphs) == ("A title", ("• A point.", "• Another point."))


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

    assert lines == ["link new", "boxed", "control", "before", "| left · right inner |", "after"]


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
        (b"", "may still be written"),
        (b"5 August 2018\n\nA title", "no Word document"),
        (b"{\\rtf1 text}", "an .rtf file"),
        (b"%PDF-1.7", "a .pdf file"),
        (OLD_WORD, "old .doc file"),
        (OLD_WORD + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"PK\x03\x04 and nothing else", "damaged"),
        (_zip(mimetype=b"application/vnd.oasis.opendocument.text"), "another kind of file"),
        (_bytes(_document("text"))[:-100], "damaged"),
        (_locked(_bytes(_document("text"))), "protected by a password"),
        (_zip(**{"[Content_Types].xml": b"<not xml", "_rels/.rels": b"<"}), "damaged"),
    ],
    ids=[  # archives hold the time at which they were made: no two workers would call them the same
        "nothing",
        "text",
        "RTF",
        "PDF",
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


def test_a_file_that_declares_entities_is_refused() -> None:
    source = zipfile.ZipFile(io.BytesIO(_bytes(_document("text"))))
    members = {name: source.read(name) for name in source.namelist()}
    for part in ("word/document.xml", "word/styles.xml", "[Content_Types].xml"):
        xml = members[part].replace(b"?>", b'?><!DOCTYPE x [<!ENTITY e "expanded">]>', 1)
        with pytest.raises(NothingUsableError, match="entities"):
            read_word(_zip(**{**members, part: xml}), Findings("a.docx"))


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


def test_a_strict_open_xml_document_is_read() -> None:
    source = zipfile.ZipFile(io.BytesIO(word_file(paragraph("Seen.", run(" HUSH", "<w:vanish/>")))))
    strict = {
        name: source.read(name).replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
        for name in source.namelist()
    }
    assert b"purl.oclc.org" in strict["word/document.xml"]

    assert read_word(_zip(**strict), Findings("a.docx")).texts == ["Seen."]


@pytest.mark.parametrize(
    "kind", ["ms-word.document.macroEnabled.main", "openxmlformats-officedocument.wordprocessingml.template.main"]
)
def test_macros_are_not_looked_at_and_the_text_is_read(kind: str) -> None:
    findings = Findings("a.docx")

    assert read_word(word_file(paragraph("Seen."), {"vbaProject.bin": b"x"}, kind=kind), findings).texts == ["Seen."]
    assert [each.cause for each in findings.problems] == ["the macros in it are not looked at"] * ("macro" in kind)


def test_a_file_whose_whole_text_is_an_imported_part_is_an_error(folder: ReadFolder) -> None:
    relations = related("c", "aFChunk", "chunk.html")
    data = word_file(
        '<w:altChunk r:id="c"/>', {"chunk.html": b"<p>5 August 2018</p><p>All of it.</p>"}, relations=relations
    )

    reading = folder({"a.docx": data})

    assert reading.unread == {"bulletins/a.docx"}
    assert [str(each.severity) for each in reading.problems] == ["warning", "error"]
    assert "All of it." in reading.problems[0].cause


def test_nothing_that_a_file_points_to_is_fetched_or_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_text("HUSH")
    relations = related("x", "image", secret.as_uri(), external=True) + related(
        "y", "subDocument", secret.as_uri(), external=True
    )
    pictures = '<w:r><w:pict><v:shape><v:imagedata r:id="x"/></v:shape></w:pict></w:r><w:r><w:drawing><a:blip r:link="x"/></w:drawing></w:r>'
    findings = Findings("a.docx")

    read_word(word_file(paragraph("Text.", pictures) + '<w:subDoc r:id="y"/>', relations=relations), findings)

    assert "HUSH" not in "".join(each.cause for each in findings.problems)
    assert len(findings.problems) == 3


def test_a_thousand_paragraphs_and_five_hundred_pictures_are_read() -> None:
    picture = '<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:embed="p"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    body = "".join(paragraph(f"Paragraph {number}.", *([picture] * (number % 2))) for number in range(1000))
    findings = Findings("a.docx")

    lines = read_word(word_file(body, {"p.png": b"x"}, relations=related("p", "image", "p.png")), findings)

    assert (len(lines.texts), lines.numbers[-1], len(findings.problems)) == (1000, 1000, 500)


def test_what_stands_too_deep_inside_each_other_is_an_error_and_no_crash() -> None:
    deep = paragraph("x")
    for _ in range(80):
        deep = table((deep,))

    with pytest.raises(NothingUsableError):
        read_word(word_file(deep), Findings("a.docx"))
