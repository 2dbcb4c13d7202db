"""An item as it stands in a file, before its fields are read and its language is settled."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from digest.sources.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All texts are clean; `removed` counts what cleaning took out. `line` is where the item begins."""

    line: int
    published_on: date
    title: str
    paragraphs: tuple[str, ...]
    html: str | None = None
    fields: Fields
    removed: Counter[str] = field(default_factory=Counter)
