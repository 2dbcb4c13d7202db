"""What is known about a file before it is read."""

from dataclasses import dataclass
from datetime import date

from digest.model.date_order import DateOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """`file` is the path as people know it (`Place.file`); `language` and `dates` are settings, `None` when unsaid."""

    source: str
    file: str
    today: date
    fallback_language: str
    language: str | None = None
    dates: DateOrder | None = None
