"""Fields as programs that make web sites call them: Jekyll, Hugo, Eleventy, Astro, Pelican and those who manage their
texts. They count where the text says nothing plainer of itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from digest.foundation.words import fold_words
from digest.intake.sources.dates import Dated, recognise
from digest.intake.sources.draft import ItemField, Said, field_named

# Letters only, the one that is believed first standing first.
_STAND_INS = {
    ItemField.TITLE: "headline titular encabezado",
    ItemField.DATE: "published publishedat publishedon datepublished pubdate publishdate publicationdate posted"
    " postedon fechadepublicacion fechapublicacion publicado created createdat creado datecreated",
    ItemField.SUMMARY: "excerpt abstract description lead teaser intro extracto entradilla bajada descripcion",
    ItemField.LINK: "canonicalurl canonical originalurl sourceurl externalurl",
    ItemField.LANGUAGE: "locale",
}
_BY_NAME = {name: (meant, rank) for meant, names in _STAND_INS.items() for rank, name in enumerate(names.split())}
_CATEGORIES = frozenset(("categories", "category", "categorias", "categoria", "keywords", "palabrasclave"))
_BODIES = frozenset(("body", "content", "text", "cuerpo", "contenido", "texto", "markdown"))
_UNSAID = Said("", 0)


def is_title(key: str) -> bool:
    meant, _ = _BY_NAME.get(_letters(key), (field_named(key), 0))
    return meant is ItemField.TITLE


@dataclass(slots=True)
class SiteFields:
    """`body` is a text that stands in the front matter, as it is written; `categories` are words for what it is about
    that no person chose from those of the office.
    """

    body: Said | None = None
    categories: list[str] = field(default_factory=list)
    _found: dict[ItemField, tuple[int, Said]] = field(default_factory=dict)

    def take(self, key: str, said: Said, written: object) -> bool:
        """Whether the key means something here; `written` is its value before it was cleaned."""
        name = _letters(key)
        if name in _BY_NAME and _can_be(_BY_NAME[name][0], said.value):
            meant, rank = _BY_NAME[name]
            self._found[meant] = min(self._found.get(meant, (rank, said)), (rank, said), key=lambda one: one[0])
        elif name in _CATEGORIES:
            self.categories += _several(said.value)
        elif name in _BODIES and isinstance(written, str) and self.body is None:
            self.body = Said(written, said.line)
        else:
            return False
        return True

    def fill(self, fields: dict[ItemField, Said]) -> None:
        for meant, (_, said) in self._found.items():
            if not fields.get(meant, _UNSAID).value:
                fields[meant] = said


def _can_be(meant: ItemField, value: str | tuple[str, ...]) -> bool:
    """`published` is a date in one program and a yes in another."""
    if not isinstance(value, str) or not value:
        return False
    if meant is ItemField.DATE:
        return isinstance(recognise(value), Dated)
    return meant is not ItemField.LINK or value.startswith(("https://", "http://"))


def _several(value: str | tuple[str, ...]) -> Sequence[str]:
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _letters(key: str) -> str:
    return fold_words(key).replace(" ", "")
