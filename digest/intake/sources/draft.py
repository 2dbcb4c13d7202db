"""What people may say about an item beside its text: the fields, and the names by which they go."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.words import fold_letters
from digest.intake.item import DateOrder


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
NOT_IN_A_LISTING = frozenset(
    (ItemField.TITLE, ItemField.DATE, ItemField.DRAFT)
)  # two stand on lines of their own, one is a word


def field_named(name: str) -> ItemField | None:
    """The field that goes by this name, whatever its case, accents, hyphens and underscores."""
    return _BY_NAME.get(fold_letters(name.replace("_", " ").replace("-", " ")))


# -- Removes what no reader should meet: control characters and bidi overrides; and settles one form of Unicode (NFC).

# Kept on purpose: joiners (emoji, scripts that need them), LRM and RLM, soft hyphens.
_REMOVED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SPACES = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")


def clean(text: str, removed: Counter[str]) -> str:
    """The text on one line, in NFC; every character taken out is counted in `removed`."""
    if text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text
    return unicodedata.normalize("NFC", _SPACES.sub(" ", without_controls(text, removed)))


def without_controls(text: str, removed: Counter[str]) -> str:
    """The text with its lines, tabs and normalisation as they are."""
    found = _REMOVED.findall(text)
    if not found:
        return text
    removed.update(found)
    return _REMOVED.sub("", text)


def described(removed: Counter[str]) -> str:
    """What was removed, in words: `2 × U+202E RIGHT-TO-LEFT OVERRIDE`."""
    return ", ".join(
        f"{count} × U+{ord(character):04X} {_name(character)}" for character, count in sorted(removed.items())
    )


def _name(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "(half a character)"
    return unicodedata.name(character, "(control character)")


# -- An item as it stands in a file, before its fields are read and its language is settled.


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """All texts are clean; `removed` counts what cleaning took out. `line` is where the item begins."""

    line: int
    published_on: date
    title: str
    paragraphs: tuple[str, ...]
    html: str | None = None
    fields: Fields
    removed: Counter[str] = field(default_factory=Counter)


# -- What is known about a file before it is read.


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """`file` is the path as people know it (`Place.file`); `language` and `dates` are settings, `None` when unsaid."""

    source: str
    file: str
    today: date
    fallback_language: str
    language: str | None = None
    dates: DateOrder | None = None


# -- Collects the problems of one file, so that every rule can report what it finds.


@dataclass(slots=True)
class Findings:
    """The problems of one file, in the order in which they were found."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.ERROR, line, cause, remedy)

    def warning(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.WARNING, line, cause, remedy)

    def note(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.NOTE, line, cause, remedy)

    def in_order(self) -> tuple[Problem, ...]:
        """By line; what concerns the file as a whole comes first."""
        return tuple(sorted(self.problems, key=lambda problem: problem.place.line or 0))

    def _add(self, severity: Severity, line: int | None, cause: str, remedy: str) -> None:
        self.problems.append(Problem(place=Place(self.file, line), severity=severity, cause=cause, remedy=remedy))


# -- Recognises header lines: `Countries: Guatemala, Mexico` under the title of an item.

_LONGEST_NAME = 24  # characters before the colon


class Header(NamedTuple):
    field: ItemField
    value: str


def header(line: str) -> Header | None:
    """The header that the line holds; `None` for ordinary text, also when that has a colon."""
    colon = line.find(":", 1, _LONGEST_NAME)
    if colon < 0:
        return None
    field = field_named(line[:colon])
    if field is None or field in NOT_IN_A_LISTING:
        return None
    return Header(field, line[colon + 1 :].strip())


# -- Tells the language of a text: by the code or name people give, or by counting function words.

_LANGUAGE_NAMES = {
    "en": "en eng english ingles anglais",
    "es": "es esp spa spanish espanol castellano espagnol espanhol",
    "fr": "fr fra fre french frances francais",
    "pt": "pt por portuguese portugues portugais",
    "ht": "ht hat kreyol creole criollo haitian",
}
_CODES = {name: code for code, names in _LANGUAGE_NAMES.items() for name in names.split()}
# Frequent words that belong to one of the four languages only: "de", "la", "en", "sur" or "on" prove nothing.
_FUNCTION_WORDS = {
    "en": "the of and to in is was were for that with by are from this at an it its be has have which their who will"
    " not they been also into these than there when his her our your about between while",
    "es": "el los las y del una con al lo su sus más fue fueron sin pero muy hasta hacia según también cuando están"
    " han hay esto estos quienes nuestro nuestra",
    "fr": "le les des du et dans est une pour qui avec aux au ce cette ces sont été leur leurs pas ont il elle nous"
    " vous être où d' l' qu' par",
    "pt": "os da das em um uma não ao aos às pelo pela pelos pelas são foi foram seu sua seus suas com na nas também"
    " até já é isso uns umas",
}
_FEWEST_HITS = 3
_LEAD = 2
_LANGUAGE_OF_WORD = {word: code for code, words in _FUNCTION_WORDS.items() for word in words.split()}


def language_code(text: str) -> str | None:
    """The ISO 639-1 code that people mean by `es`, `es-CR`, `Spanish` or `español`; `None` when nobody knows it."""
    words = re.split(r"[^a-z]+", fold_letters(text))
    return _CODES.get(words[0]) or _CODES.get(words[-1])


def function_words(texts: Iterable[str]) -> Counter[str]:
    """How many function words of each language the texts hold."""
    words = " ".join(texts).lower().replace("’", "'").replace("'", "' ").split()
    hits = Counter(map(_LANGUAGE_OF_WORD.get, words))
    return Counter({language: count for language, count in hits.items() if language is not None})


def certain_language(hits: Counter[str]) -> str | None:
    """The language that leads clearly: at least three hits, and twice as many as the next."""
    first, second = [*hits.most_common(2), ("", 0), ("", 0)][:2]
    return first[0] if first[1] >= max(_FEWEST_HITS, _LEAD * second[1]) else None


# -- Tells web addresses that may be put behind a link from everything else.

_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f<>\"\\^`{|}]")


def is_web_address(text: str, schemes: tuple[str, ...]) -> bool:
    """Whether the text is one complete address with one of the schemes, a host, and no character that breaks out."""
    if _FORBIDDEN.search(text):
        return False
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)
