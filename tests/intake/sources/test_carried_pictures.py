"""Pictures of a source: in Word files, in Markdown, and as the picture of a story; only where the settings let them in."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from word_files import paragraph, related, word_file

from digest.intake.item import Reading
from digest.intake.picture import Picture
from digest.intake.sources.miniatures import picture_of

ReadFolder = Callable[..., Reading]
Said = Callable[[Reading], list[str]]


def _png(width: int = 300, height: int = 100, colour: str = "green") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def _known(_name: str) -> Picture | None:
    return None


GREEN = picture_of(_png(), "a")


def drawing(alt: str = "A map", relation: str = "p", wide: int = 300 * 9525) -> str:
    blip = f'<a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:embed="{relation}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
    return f'<w:r><w:drawing><wp:inline><wp:extent cx="{wide}" cy="9"/><wp:docPr id="1" name="x" descr="{alt}"/>{blip}</wp:inline></w:drawing></w:r>'


def word(*paragraphs: str, data: bytes = b"") -> bytes:
    return word_file("".join(paragraphs), {"p.png": data or _png()}, relations=related("p", "image", "p.png"))


def test_pictures_of_a_word_file_stand_where_they_stood(folder: ReadFolder) -> None:
    data = word(
        paragraph("5 August 2018"), paragraph("A title"), paragraph("One."), paragraph(drawing()), paragraph("Two.", drawing("B", wide=100 * 9525))
    )  # fmt: skip
    reading = folder({"a.docx": data}, pictures=_known)

    [item] = reading.items
    assert item.text.html == f"<p>One.</p><p>{GREEN.html('A map')}</p><p>Two.</p><p>{GREEN.html('B', 100)}</p>"
    assert item.text.paragraphs == ("One.", "Two.")
    assert [picture.name for picture in reading.pictures] == [GREEN.name]
    assert not reading.problems


def test_a_picture_above_a_title_is_no_title(folder: ReadFolder) -> None:
    body = (paragraph("5 August 2018"), paragraph(drawing()), paragraph("A title"), paragraph("Text."))
    twice = word(*body, *(each.replace("5 August", "4 August") for each in body))

    items = folder({"a.docx": twice}, pictures=_known).items

    assert [(each.text.title, each.text.html) for each in items] == [
        ("A title", f"<p>{GREEN.html('A map')}</p><p>Text.</p>")
    ] * 2


def test_an_old_drawing_is_carried_too(folder: ReadFolder) -> None:
    old = '<w:r><w:pict><v:shape alt="A map"><v:imagedata r:id="p"/></v:shape></w:pict></w:r>'
    [item] = folder(
        {"a.docx": word(paragraph("5 August 2018"), paragraph("A title"), paragraph("Text.", old))}, pictures=_known
    ).items

    assert GREEN.html("A map") in (item.text.html or "")


def test_without_leave_pictures_are_named_with_their_words(folder: ReadFolder, warnings: Said) -> None:
    files = {
        "a.docx": word(paragraph("5 August 2018"), paragraph("A title"), paragraph("Text.", drawing())),
        "b.md": "---\ntitle: B\ndate: 2018-08-04\nimage: p.png\n---\nText. ![A hall](p.png)",
        "p.png": _png(),
    }
    reading = folder(files)

    said = warnings(reading)
    assert not reading.pictures
    assert [each.split(": ")[0] for each in said] == ["bulletins/a.docx:3", "bulletins/b.md:4", "bulletins/b.md:6"]
    assert "A map" in said[0]
    assert "A hall" in said[2]
    assert all("pictures: true" in each for each in said)
    assert "bulletins/p.png" in reading.ignored


def test_files_beside_a_markdown_file_are_carried(folder: ReadFolder) -> None:
    files = {
        "sub/b.md": "---\ntitle: B\ndate: 2018-08-04\nimage: ../p.png\nimage_alt: A hall\n---\nText.\n\n![A map](a%20map.png)",
        "p.png": _png(),
        "sub/a map.png": _png(),
    }
    reading = folder(files, pictures=_known)

    [item] = reading.items
    assert (item.text.image, item.text.image_alt) == (GREEN.address, "A hall")
    assert item.text.html == f"<p>Text.</p>\n<p>{GREEN.html('A map')}</p>"
    assert (reading.problems, reading.ignored) == ((), ())


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("../../secret.png", "lies outside of this source"),
        ("/etc/passwd", "lies outside of this source"),
        ("nothing.png", "there is no picture"),
        ("link.png", "lies outside of this source"),
        (".", "there is no picture"),
        ("a.md", "no picture that can be read"),
        ("https://example.org/far.png", "a picture inside the text is left out"),
        ("//example.org/far.png", "a picture inside the text is left out"),
        ("data:image/png;base64,AAAA", "a picture inside the text is left out"),
    ],
)
def test_nothing_outside_of_the_source_is_opened_and_nothing_fetched(
    written: str, cause: str, folder: ReadFolder, warnings: Said, tmp_path: Path
) -> None:
    (tmp_path / "secret.png").write_bytes(_png())
    (tmp_path / "bulletins").mkdir()
    (tmp_path / "bulletins" / "link.png").symlink_to(tmp_path / "secret.png")
    reading = folder({"a.md": f"---\ntitle: B\ndate: 2018-08-04\n---\nText. ![A map]({written})"}, pictures=_known)

    assert not reading.pictures
    assert reading.items[0].text.paragraphs == ("Text.",)
    assert any(cause in each and "A map" in each for each in warnings(reading)), warnings(reading)


def test_a_picture_without_words_is_a_finding(folder: ReadFolder, warnings: Said) -> None:
    files = {
        "a.docx": word(paragraph("5 August 2018"), paragraph("A title"), paragraph("Text.", drawing(""))),
        "b.md": "---\ntitle: B\ndate: 2018-08-04\n---\nText. ![](p.png)",
        "p.png": _png(),
    }
    said = warnings(folder(files, pictures=_known))

    assert len(said) == 2
    assert all("no text for readers who cannot see it" in each for each in said)


def test_a_bomb_in_a_word_file_is_named_and_the_text_kept(folder: ReadFolder, warnings: Said) -> None:
    cut = word(paragraph("5 August 2018"), paragraph("A title"), paragraph("Text.", drawing()), data=b"\x89PNG not one")
    reading = folder({"a.docx": cut}, pictures=_known)

    assert reading.items[0].text.paragraphs == ("Text.",)
    assert "no picture that can be read" in warnings(reading)[0]


def test_of_very_many_pictures_the_first_are_carried_and_the_rest_named(folder: ReadFolder, warnings: Said) -> None:
    many = [paragraph(f"Text {number}.", drawing()) for number in range(45)]
    reading = folder({"a.docx": word(paragraph("5 August 2018"), paragraph("A title"), *many)}, pictures=_known)

    assert (reading.items[0].text.html or "").count("<img") == 40
    assert sum("more than 40 pictures" in each for each in warnings(reading)) == 5


def test_what_was_made_before_is_not_made_again(folder: ReadFolder) -> None:
    asked = []

    def known(name: str) -> Picture:
        asked.append(name)
        return GREEN

    folder(
        {"a.docx": word(paragraph("5 August 2018"), paragraph("A title"), paragraph("Text.", drawing()))},
        pictures=known,
    )

    assert asked == [GREEN.name]
