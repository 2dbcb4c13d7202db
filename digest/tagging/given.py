"""Understands the tags a person wrote: codes, names, demonyms, slugs and titles, in any language."""

from collections.abc import Iterator

from digest.model.item import FoundItem
from digest.model.place import Problem, Severity
from digest.model.tag import Strength, Tag, TagKind, Where
from digest.tagging.taxonomy import Taxonomy
from digest.tagging.tokens import Tokens


class GivenTags:
    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._known: dict[TagKind, dict[str, str]] = {
            kind: {
                _key(said): value for value, by_language in titles.items() for said in (value, *by_language.values())
            }
            for kind, titles in taxonomy.titles.items()
        }

    def tags(self, kind: TagKind, written: tuple[str, ...]) -> Iterator[Tag]:
        """Yield one tag per known value, in the order in which they were written."""
        seen = set()
        for term in written:
            value = self._value(kind, term)
            if value is not None and value not in seen:
                seen.add(value)
                yield Tag(kind=kind, value=value, term=term, where=Where.PERSON, strength=Strength.STRONG)

    def problems(self, kind: TagKind, written: tuple[str, ...], item: FoundItem) -> Iterator[Problem]:
        """Yield one problem per text that nobody knows."""
        for term in written:
            if _key(term) and self._value(kind, term) is None:
                cause = f"unknown {kind} '{term}': it is left out"
                remedy = self._remedy(kind, term, item.language)
                yield Problem(place=item.place, severity=Severity.WARNING, cause=cause, remedy=remedy)

    def _value(self, kind: TagKind, term: str) -> str | None:
        value = self._known[kind].get(_key(term))
        if value is None and kind is TagKind.COUNTRY:
            names = (meaning for meaning in self._taxonomy.terms.meanings_of(term) if meaning.name)
            value = next((meaning.value for meaning in names), None)
        return value

    def _remedy(self, kind: TagKind, term: str, language: str) -> str:
        value = self._nearest(kind, term)
        if value is None:
            return f"write one of: {', '.join(sorted(self._taxonomy.titles[kind]))}"
        country = kind is TagKind.COUNTRY
        title = (self._taxonomy.country_title if country else self._taxonomy.topic_title)(value, language)
        return f"did you mean '{value}' ({title})?"

    def _nearest(self, kind: TagKind, term: str) -> str | None:
        """The value the text is evidence for (a place, a term of the topic), else the one that is spelled alike."""
        for meaning in self._taxonomy.terms.meanings_of(term):
            if meaning.kind is kind:
                return meaning.value
        from difflib import get_close_matches  # only a mistake needs it

        near = get_close_matches(_key(term), self._known[kind], 1)
        return self._known[kind][near[0]] if near else None


def _key(text: str) -> str:
    return " ".join(Tokens.of(text).keys)
