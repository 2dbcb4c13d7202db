"""What a file says about its items: drafts with their fields, and the findings of every rule that read it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from digest.foundation.catalogue import later
from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.words import excerpt, fold_letters
from digest.intake.item import DateOrder, Struck
from digest.intake.sources.album import Album


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """What is known about a file before it is read.

    `file` is the path as people know it (`Place.file`); `language` and `dates` are settings, `None` when unsaid; `zone`
    is that of the publisher; `album` takes the pictures of a folder, where the settings let them in. `pictures`: so do
    the settings of a source of the web; `now` is when that was asked.
    """

    source: str
    file: str
    today: date
    fallback_language: str
    language: str | None = None
    dates: DateOrder | None = None
    struck: Struck = Struck.LEAVE_OUT
    zone: tzinfo | None = None
    album: Album | None = None
    pictures: bool = False
    now: datetime | None = None


class ItemField(StrEnum):
    TITLE = "title"
    DATE = "date"
    AUTHOR = "author"
    LINK = "link"
    COUNTRIES = "countries"
    TOPICS = "topics"
    LANGUAGE = "language"
    ID = "id"
    TRANSLATION_OF = "translation of"
    IMAGE = "image"
    IMAGE_ALT = "image text"
    SUMMARY = "summary"
    DRAFT = "draft"


class Said(NamedTuple):
    """The value of a field and the number of the line where it stands. A list stays a list."""

    value: str | tuple[str, ...]
    line: int


Fields = Mapping[ItemField, Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """An item before its fields are read and its language is settled. All texts are clean; `removed` counts what
    cleaning took out. `line` is where the item begins. `categories` are words of the publisher for what it is about.
    """

    line: int
    published_on: date
    title: str
    paragraphs: tuple[str, ...]
    html: str | None = None
    fields: Fields
    removed: Counter[str] = field(default_factory=Counter)
    categories: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """The problems of one file, in the order in which they were found. `accounted` is every text of it that is in an
    item or named as left out; `balance` compares it with all there was to see.
    """

    file: str
    problems: list[Problem] = field(default_factory=list)
    accounted: list[str] = field(default_factory=list)

    def error(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.ERROR, line, cause, remedy)

    def warning(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.WARNING, line, cause, remedy)

    def note(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.NOTE, line, cause, remedy)

    def left_out(
        self, line: int | None, text: str, cause: str, remedy: str = "", severity: Severity = Severity.WARNING
    ) -> None:
        """Name a text that no item holds."""
        self.account(text)
        self._add(
            severity, line, later("{cause}: “{text}”").format(cause=cause, text=excerpt(" ".join(text.split()))), remedy
        )

    def account(self, *texts: str) -> None:
        """Say that these texts of the file are in an item, or were read for what they say of one."""
        self.accounted += texts

    def in_order(self) -> tuple[Problem, ...]:
        """By line; what concerns the file as a whole comes first."""
        return tuple(sorted(self.problems, key=lambda problem: problem.place.line or 0))

    def _add(self, severity: Severity, line: int | None, cause: str, remedy: str) -> None:
        self.problems.append(Problem(place=Place(self.file, line), severity=severity, cause=cause, remedy=remedy))


_FIELD_NAMES = {
    ItemField.TITLE: "title, titulo",
    ItemField.DATE: "date, fecha",
    ItemField.AUTHOR: "author, authors, by, autor, autora, autores, por",
    ItemField.LINK: "link, url, enlace, vinculo",
    ItemField.COUNTRIES: "countries, country, paises, pais",
    ItemField.TOPICS: "topics, topic, tags, tag, temas, tema, etiquetas, etiqueta",
    ItemField.LANGUAGE: "language, lang, idioma",
    ItemField.ID: "id",
    ItemField.TRANSLATION_OF: "translation of, traduccion de",
    ItemField.IMAGE: "image, imagen",
    ItemField.IMAGE_ALT: "image text, image alt, alt, texto de imagen, texto de la imagen",
    ItemField.SUMMARY: "summary, resumen",
    ItemField.DRAFT: "draft, borrador",
}
_BY_NAME = {name: field for field, names in _FIELD_NAMES.items() for name in names.split(", ")}
# Two stand on lines of their own, one is a word.
_NOT_IN_A_LISTING = frozenset((ItemField.TITLE, ItemField.DATE, ItemField.DRAFT))
_LONGEST_NAME = 24  # characters before the colon of a header


def field_named(name: str) -> ItemField | None:
    """The field that goes by this name, whatever its case, accents, hyphens and underscores."""
    return _BY_NAME.get(fold_letters(name.replace("_", " ").replace("-", " ")))


class Header(NamedTuple):
    field: ItemField
    value: str


def header(line: str) -> Header | None:
    """The header that a line such as `Countries: Guatemala, Mexico` holds; `None` for ordinary text."""
    colon = line.find(":", 1, _LONGEST_NAME)
    if colon < 0:
        return None
    field = field_named(line[:colon])
    if field is None or field in _NOT_IN_A_LISTING:
        return None
    return Header(field, line[colon + 1 :].strip())
