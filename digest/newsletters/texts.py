"""Texts in `digest.yaml` that stand there once for all languages, or once per language: `{en: …, es: …}`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import BeforeValidator, Field

from digest.foundation.addresses import NamedAddress, mailbox
from digest.foundation.catalogue import _, later
from digest.foundation.mistakes import KeyPath, Mistake, mapping, unknown
from digest.foundation.values import Line, UprightName, from_text, language_name, name_line
from digest.foundation.words import listed, upright
from digest.newsletters.newsletter import Localised

EVERYWHERE = ""  # the language under which one text for all languages is kept


def _by_language(value: object) -> object:
    if isinstance(value, str):
        return {EVERYWHERE: value}
    if not isinstance(value, dict):
        raise ValueError(_("must be text, or one text per language: {en: …, es: …}"))  # noqa: TRY004 – pydantic needs it
    return {language: text for language, text in value.items() if text is not None}


_BY_LANGUAGE = BeforeValidator(_by_language, json_schema_input_type=str | dict[str, str])


def _upright_mailbox(text: str) -> NamedAddress:
    """In the name alone: an address with such signs is refused."""
    found = mailbox(name_line(text))
    return replace(found, name=upright(found.name))


Texts = Annotated[dict[str, Line], Field(min_length=1), _BY_LANGUAGE]
UprightTexts = Annotated[dict[str, UprightName], Field(min_length=1), _BY_LANGUAGE]
OneMailbox = Annotated[NamedAddress, from_text(_upright_mailbox)]
Mailboxes = Annotated[dict[str, OneMailbox], Field(min_length=1), _BY_LANGUAGE]


def localised(texts: Mapping[str, str]) -> Localised:
    own = {language: text for language, text in texts.items() if language != EVERYWHERE}
    return Localised(own, texts.get(EVERYWHERE))


def text_mistakes(path: KeyPath, text: object, wanted: Iterable[str], languages: Collection[str]) -> Iterator[Mistake]:
    """`text` is as it was written, `wanted` the languages that must be there, `languages` all that can be."""
    written = mapping(text)
    for language in written:
        yield from unknown((*path, language), language, later("there is no language {name}"), languages, at_key=True)
    lacking = [
        language_name(language)
        for language in dict.fromkeys(wanted)
        if language in languages and isinstance(text, dict) and written.get(language) is None
    ]
    if lacking:
        yield Mistake(path, _("lacks {languages}").format(languages=listed(lacking, "and")))
