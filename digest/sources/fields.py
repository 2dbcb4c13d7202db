"""What people may say about an item beside its text: the fields, and the names by which they go."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from digest.sources.folding import fold


class Field(StrEnum):
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


Fields = Mapping[Field, Said]

_NAMES = {
    Field.TITLE: "title, titulo",
    Field.DATE: "date, fecha",
    Field.AUTHOR: "author, authors, by, autor, autora, autores, por",
    Field.LINK: "link, url, enlace, vinculo",
    Field.COUNTRIES: "countries, country, paises, pais",
    Field.TOPICS: "topics, topic, tags, tag, temas, tema, etiquetas, etiqueta",
    Field.LANGUAGE: "language, lang, idioma",
    Field.ID: "id",
    Field.TRANSLATION_OF: "translation of, traduccion de",
    Field.IMAGE: "image, imagen",
    Field.IMAGE_ALT: "image text, image alt, alt, texto de imagen, texto de la imagen",
    Field.SUMMARY: "summary, resumen",
    Field.DRAFT: "draft, borrador",
}
_BY_NAME = {name: field for field, names in _NAMES.items() for name in names.split(", ")}
NOT_IN_A_LISTING = frozenset((Field.TITLE, Field.DATE, Field.DRAFT))  # two stand on lines of their own, one is a word


def field_named(name: str) -> Field | None:
    """The field that goes by this name, whatever its case, accents, hyphens and underscores."""
    return _BY_NAME.get(fold(name.replace("_", " ").replace("-", " ")))
