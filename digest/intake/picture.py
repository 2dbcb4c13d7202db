"""A picture as mails carry it, or link to it."""

import re
from dataclasses import dataclass
from html import escape

WIDEST = 552  # pixels, as readers see it: the text column of a mail
ADDRESS = re.compile(r"cid:([0-9a-f]{32})@pictures\.invalid")  # RFC 2392: where a body asks for a picture of its mail
LINKED = re.compile(r"https://[^\s<>\"]+/pictures/([0-9a-f]{32})\.(?:jpg|png)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`name` is a hash of what it was made of: the Content-ID, and what stories say. `width` and `height` are those at
    which readers see it.
    """

    name: str
    kind: str  # jpeg or png
    width: int
    height: int
    data: bytes

    @property
    def address(self) -> str:
        return f"cid:{self.name}@pictures.invalid"

    @property
    def file_name(self) -> str:
        """Under which it is served; what programs know it by is the ending."""
        return file_name(self.name, self.kind)

    def html(self, alt: str, width: int | None = None) -> str:
        """As it stands in the body of a story, no wider than it is, nor than `width`."""
        wide = min(self.width, width or self.width)
        high = max(1, round(self.height * wide / self.width))
        return f'<img src="{self.address}" alt="{escape(alt)}" width="{wide}" height="{high}">'


def file_name(name: str, kind: str) -> str:
    return f"{name}.{'jpg' if kind == 'jpeg' else kind}"
