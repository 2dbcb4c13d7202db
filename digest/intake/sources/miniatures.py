"""Pictures as mails carry them: decoded within limits, made small, without what a camera wrote into them."""

import hashlib
import io
import warnings
from typing import TYPE_CHECKING

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.intake.picture import WIDEST, Picture

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels
    from PIL.ImageFile import ImageFile

MOST_BYTES = 30 * 1024 * 1024
_RECIPE = b"1"  # to be raised when pictures are made in another way
_SHARP = 2  # phones show two or three of their pixels for each of ours
_TALLEST = 1600
_MOST_PIXELS = 60_000_000  # a camera of today; what unpacks to more is a bomb
_MOST_MEMORY = 140_000_000  # bytes, of the pixels and their copies on the way, as measured of each kind:
_PHOTOGRAPH, _PROGRESSIVE, _OPAQUE, _CLEAR, _WEBP = 4, 8, 10, 14, 18  # for each pixel
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_SMALLEST = 8  # pixels: what is smaller holds a line apart, or counts readers
_LARGEST_PNG = 150_000  # bytes: a photograph is smaller as JPEG
_QUALITY = 80
_TOO_MANY = later("the picture has more than {most:,} pixels").format(most=_MOST_PIXELS)
_TOO_LARGE = later("the picture has so many pixels that reading it would take more than 150 MB of memory")
_SMALLER = later("Save it smaller: 1,200 pixels wide are enough.")
_FLAT = ("1", "L", "P")  # modes with few colours


def picture_name(data: bytes, widest: int = WIDEST) -> str:
    made_narrower = b"" if widest == WIDEST else str(widest).encode("ascii")
    return hashlib.sha256(_RECIPE + made_narrower + data).hexdigest()[:32]


def picture_of(data: bytes, file: str, widest: int = WIDEST) -> Picture:
    """At most so wide as readers see it. Raise `NothingUsableError` for what is no picture, or one that would take too
    much to decode.
    """
    from PIL import Image, ImageOps  # 40 ms: only where there is a picture

    if len(data) > MOST_BYTES:
        raise NothingUsableError(
            file,
            later("the picture has {size:,} bytes (limit: {most:,})").format(size=len(data), most=MOST_BYTES),
            _SMALLER,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of sizes that we judge ourselves, and of odd metadata
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                wide, high = opened.size
                if wide * high > _MOST_PIXELS:
                    raise NothingUsableError(file, _TOO_MANY, _SMALLER)
                if min(wide, high) < _SMALLEST:
                    raise NothingUsableError(
                        file,
                        later("the picture has {wide} × {high} pixels: too small to be seen").format(
                            wide=wide, high=high
                        ),
                        "",
                    )
                opened.draft("RGB", (widest * _SHARP, _TALLEST))  # fewer pixels, where that can be
                if _memory(opened, wide * high) > _MOST_MEMORY:
                    raise NothingUsableError(file, _TOO_LARGE, _SMALLER)
                opened.thumbnail((_TALLEST, _TALLEST))  # first, since turning makes a copy
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((widest * _SHARP, _TALLEST))
                kind, made = _encoded(upright, opened.format)
    except Image.DecompressionBombError as error:
        raise NothingUsableError(file, _TOO_MANY, _SMALLER) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        cause = later("it is no picture that can be read ({kind})").format(kind=type(error).__name__)
        raise NothingUsableError(file, cause, later("Save it as PNG or JPEG.")) from error
    width = min(upright.width, widest)
    height = max(1, round(upright.height * width / upright.width))
    return Picture(name=picture_name(data, widest), kind=kind, width=width, height=height, data=made)


def _memory(opened: "ImageFile", pixels: int) -> int:
    """Of a photograph a part is decoded, unless it is stored as a whole that gets sharper and sharper."""
    match opened.format:
        case "JPEG" if "progressive" not in opened.info:
            return opened.width * opened.height * _PHOTOGRAPH
        case "JPEG":
            return pixels * _PROGRESSIVE
        case "WEBP":
            return pixels * _WEBP
    return pixels * (_CLEAR if opened.has_transparency_data else _OPAQUE)


def _encoded(image: "Pixels", written_as: str | None) -> tuple[str, bytes]:
    """Drawings stay sharp, photographs get small."""
    from PIL import Image

    seen_through = image.has_transparency_data
    flat = image.mode in _FLAT and not seen_through
    drawn = image if flat else image.convert("RGBA" if seen_through else "RGB")
    file = io.BytesIO()
    if seen_through or flat or written_as == "PNG":
        drawn.save(file, "PNG", optimize=True)
        if file.tell() <= _LARGEST_PNG:
            return "png", file.getvalue()
        file = io.BytesIO()
    paper = Image.new("RGB", drawn.size, "white")
    paper.paste(drawn, mask=drawn if seen_through else None)
    paper.save(file, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return "jpeg", file.getvalue()
