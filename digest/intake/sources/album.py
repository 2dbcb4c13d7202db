"""The pictures of one look at a source: decoded within limits, made small, without what a camera wrote into them."""

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from digest.errors import NothingUsableError
from digest.intake.picture import WIDEST, Picture

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

_MOST_IN_A_FILE = 40
NOT_ALLOWED = "Write “pictures: true” under this source in digest.yaml to have its pictures in the mails."
_RECIPE = b"1"  # to be raised when pictures are made in another way
_SHARP = 2  # phones show two or three of their pixels for each of ours
_TALLEST = 1600
_MOST_PIXELS = 60_000_000  # a camera of today; what unpacks to more is a bomb
_MOST_BYTES = 30 * 1024 * 1024
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_SMALLEST = 8  # pixels: what is smaller holds a line apart, or counts readers
_LARGEST_PNG = 150_000  # bytes: a photograph is smaller as JPEG
_QUALITY = 80
_TOO_MANY = f"the picture has more than {_MOST_PIXELS:,} pixels"
_SMALLER = "Save it smaller: 1,200 pixels wide are enough."
_FLAT = ("1", "L", "P")  # modes with few colours


@dataclass(slots=True)
class Album:
    """`folder` is that of the source, `root` the one from which files are named; `known` finds a picture by its name
    that was made before.
    """

    folder: Path
    root: Path
    known: Callable[[str], Picture | None]
    taken: dict[str, Picture] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)  # those beside the bulletins
    readers: set[str] = field(default_factory=set)  # the bulletins that name them
    _counted: dict[str, int] = field(default_factory=dict)

    def take(self, data: bytes, file: str) -> Picture:
        """A picture found in this file. Raise `NothingUsableError` for one that no mail can carry, or too many."""
        self._counted[file] = self._counted.get(file, 0) + 1
        if self._counted[file] > _MOST_IN_A_FILE:
            cause = f"more than {_MOST_IN_A_FILE} pictures in one file: this one is left out"
            raise NothingUsableError(file, cause, "Split the file, or take out what readers can do without.")
        name = picture_name(data)
        if name not in self.taken:
            self.taken[name] = self.known(name) or picture_of(data, file)
        return self.taken[name]

    def take_beside(self, written: str, file: str) -> Picture:
        """The picture file that a bulletin names, from its own folder on, never one outside of the source."""
        self.readers.add(file)
        path = (self.root / PurePosixPath(file).parent / written.replace("\\", "/")).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise NothingUsableError(
                file, f"the picture “{written}” lies outside of this source", "Put it beside the text."
            )
        try:
            if not path.is_file():
                raise NothingUsableError(
                    file, f"there is no picture “{written}”", "Put it beside the text, or correct its name."
                )
            size = path.stat().st_size
            if size > _MOST_BYTES:
                cause = f"the picture “{written}” has {size:,} bytes (limit: {_MOST_BYTES:,})"
                raise NothingUsableError(file, cause, "Save it smaller: 1,200 pixels wide are enough.")
            data = path.read_bytes()
        except OSError as error:
            cause = f"the picture “{written}” cannot be read: {error.strerror or error}"
            raise NothingUsableError(file, cause, "Check that it is there and may be read.") from error
        self.files.add(path)
        return self.take(data, file)


# -- One picture.


def picture_name(data: bytes) -> str:
    return hashlib.sha256(_RECIPE + data).hexdigest()[:32]


def picture_of(data: bytes, file: str) -> Picture:
    """Raise `NothingUsableError` for what is no picture, or one that would take too much to decode."""
    from PIL import Image, ImageOps  # 40 ms: only where there is a picture

    if len(data) > _MOST_BYTES:
        raise NothingUsableError(file, f"the picture has {len(data):,} bytes (limit: {_MOST_BYTES:,})", _SMALLER)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of sizes that we judge ourselves, and of odd metadata
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                wide, high = opened.size
                if wide * high > _MOST_PIXELS:
                    raise NothingUsableError(file, _TOO_MANY, _SMALLER)
                if min(wide, high) < _SMALLEST:
                    raise NothingUsableError(file, f"the picture has {wide} × {high} pixels: too small to be seen", "")
                opened.draft("RGB", (WIDEST * _SHARP, _TALLEST))
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((WIDEST * _SHARP, _TALLEST))
                kind, made = _encoded(upright, opened.format)
    except Image.DecompressionBombError as error:
        raise NothingUsableError(file, _TOO_MANY, _SMALLER) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        cause = f"it is no picture that can be read ({type(error).__name__})"
        raise NothingUsableError(file, cause, "Save it as PNG or JPEG.") from error
    width = min(upright.width, WIDEST)
    height = max(1, round(upright.height * width / upright.width))
    return Picture(name=picture_name(data), kind=kind, width=width, height=height, data=made)


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
