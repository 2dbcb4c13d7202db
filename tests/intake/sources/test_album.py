"""Pictures are made small within limits; what is none, or a bomb, is named."""

import io
import struct
import zlib

import pytest
from PIL import Image

from digest.errors import NothingUsableError
from digest.intake.sources.miniatures import picture_of


def _file(image: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def _noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 80).convert("RGB")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_each_usual_kind_becomes_one_that_every_mail_program_shows(kind: str) -> None:
    picture = picture_of(_file(_noise(1500, 900), kind), "a.docx")

    with Image.open(io.BytesIO(picture.data)) as made:
        assert made.format == picture.kind.upper()
        assert picture.kind in ("png", "jpeg")
        assert made.width <= 1104
    assert (picture.width, picture.height) == (552, 331)


def test_a_small_picture_keeps_its_size_and_a_drawing_its_edges() -> None:
    drawing = Image.new("P", (300, 100), 3)

    picture = picture_of(_file(drawing, "PNG"), "a.docx")

    assert (picture.kind, picture.width, picture.height) == ("png", 300, 100)
    assert len(picture.data) < 2000


def test_what_can_be_seen_through_stays_so_or_gets_white_paper() -> None:
    logo = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    photograph = _noise(1000, 1000).convert("RGBA")
    photograph.putalpha(0)

    assert picture_of(_file(logo, "PNG"), "a").kind == "png"
    made = picture_of(_file(photograph, "PNG"), "a")
    with Image.open(io.BytesIO(made.data)) as read:
        assert (made.kind, read.convert("RGB").getpixel((5, 5))) == ("jpeg", (255, 255, 255)) or made.kind == "png"


def test_a_picture_stands_upright_and_says_nothing_of_its_camera() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "A camera"

    picture = picture_of(_file(_noise(400, 200), "JPEG", exif=exif), "a")

    with Image.open(io.BytesIO(picture.data)) as made:
        assert made.size == (200, 400)
        assert not made.getexif()


def test_the_same_picture_is_the_same_bytes_under_the_same_name() -> None:
    data = _file(_noise(900, 300), "PNG")

    assert picture_of(data, "a") == picture_of(data, "b")


def _bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (_bomb(65_535, 65_535), "more than 60,000,000 pixels"),
        (_bomb(20_000, 4_000), "more than 60,000,000 pixels"),
        (_bomb(100, 100), "no picture that can be read"),
        (_file(Image.new("RGB", (1, 1)), "PNG"), "too small to be seen"),
        (_file(Image.new("RGB", (600, 2)), "PNG"), "too small to be seen"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture that can be read"),
        (b"\x01\x00\x00\x00 EMF", "no picture that can be read"),
        (b"", "no picture that can be read"),
        (_file(Image.new("RGB", (100, 100)), "PNG")[:60], "no picture that can be read"),
    ],
    ids=["a bomb", "a large one", "broken", "a pixel", "a line", "SVG", "EMF", "nothing", "cut off"],
)
def test_what_no_mail_can_carry_is_refused_with_a_reason(data: bytes, cause: str) -> None:
    with pytest.raises(NothingUsableError, match=cause):
        picture_of(data, "a.docx")


def test_alternative_text_cannot_leave_its_attribute() -> None:
    picture = picture_of(_file(Image.new("RGB", (800, 400)), "PNG"), "a")

    assert picture.html('"><b x="', 100).endswith('" alt="&quot;&gt;&lt;b x=&quot;" width="100" height="50">')
