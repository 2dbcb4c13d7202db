"""Reads the parts of a taxonomy file: countries, topics, regions and phrases that mean nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import yaml

from digest.foundation.names import COUNTRY, TOPIC
from digest.model.tag import TagKind
from digest.tagging.sheet import Sheet
from digest.tagging.terms import Meaning, Terms
from digest.tagging.wording import words_of

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_VALUE = {TagKind.COUNTRY: COUNTRY, TagKind.TOPIC: TOPIC}
_VALUE_CAUSE = {
    TagKind.COUNTRY: "must be two capital letters, as in GT (ISO 3166-1)",
    TagKind.TOPIC: "must be words in small letters and hyphens, as in human-rights",
}
_PARTS = ("countries", "topics", "regions", "nothing")
_COUNTRY = ("title", "names", "demonyms", "places", "default")
_TOPIC = ("title", "terms", "title_terms")
_REGION = ("terms", "countries")


@dataclass(slots=True)
class Definitions:
    """What a file defines. `titles` are by kind, value and language, in the file's order."""

    sheet: Sheet
    titles: dict[TagKind, dict[str, dict[str, str]]] = field(default_factory=lambda: {kind: {} for kind in TagKind})
    terms: Terms = field(default_factory=Terms)

    def read(self) -> None:
        """Read everything; the sheet knows the mistakes afterwards."""
        parts = {part: (path, node) for part, path, _, node in self.sheet.mapping(self.sheet.root, "", _PARTS)}
        # Regions name countries, so these are read before, wherever they stand in the file.
        for part, read in (("countries", self._country), ("topics", self._topic), ("regions", self._region)):
            if part in parts:
                path, node = parts[part]
                for name, here, key, value in self.sheet.mapping(node, path):
                    read(name, here, key, value)
        if "nothing" in parts:
            path, node = parts["nothing"]
            self._add(node, path, ())

    def _country(self, code: str, path: str, key: yaml.Node, node: yaml.Node) -> None:
        if not self._valid(TagKind.COUNTRY, code, path, key):
            return
        parts = {part: (here, value) for part, here, _, value in self.sheet.mapping(node, path, _COUNTRY)}
        name = Meaning(kind=TagKind.COUNTRY, value=code, name=True, guess=self._guessed(parts.pop("default", None)))
        self._title(name, path, key, parts.pop("title", None))
        for part, (here, value) in parts.items():
            meaning = replace(name, name=False, title_strong=False) if part == "places" else name
            self._add(value, here, (meaning,))

    def _guessed(self, default: tuple[str, yaml.Node] | None) -> bool:
        if default is None:
            return True
        path, node = default
        said = self.sheet.text(node, path)
        if said not in ("on", "off", None):
            self.sheet.wrong(node, path, "must be on or off")
        return said != "off"

    def _topic(self, slug: str, path: str, key: yaml.Node, node: yaml.Node) -> None:
        if not self._valid(TagKind.TOPIC, slug, path, key):
            return
        parts = {part: (here, value) for part, here, _, value in self.sheet.mapping(node, path, _TOPIC)}
        meaning = Meaning(kind=TagKind.TOPIC, value=slug)
        self._title(meaning, path, key, parts.pop("title", None))
        for part, (here, value) in parts.items():
            self._add(value, here, (replace(meaning, title_only=part == "title_terms"),))

    def _region(self, _name: str, path: str, _key: yaml.Node, node: yaml.Node) -> None:
        parts = {part: (here, value) for part, here, _, value in self.sheet.mapping(node, path, _REGION)}
        codes: list[str] = []
        if "countries" in parts:
            here, value = parts["countries"]
            for code, place in self.sheet.texts(value, here):
                if code not in self.titles[TagKind.COUNTRY]:
                    self.sheet.wrong(place, here, f"'{code}' is not among the countries of this file")
                codes.append(code)
        if "terms" in parts:
            here, value = parts["terms"]
            meanings = (Meaning(kind=TagKind.COUNTRY, value=code, title_strong=False) for code in codes)
            self._add(value, here, tuple(meanings))

    def _valid(self, kind: TagKind, value: str, path: str, key: yaml.Node) -> bool:
        if _VALUE[kind].fullmatch(value) is None:
            self.sheet.wrong(key, path, _VALUE_CAUSE[kind])
            return False
        return True

    def _title(self, meaning: Meaning, path: str, key: yaml.Node, title: tuple[str, yaml.Node] | None) -> None:
        """A country's title is one of its names, too."""
        titles = self.titles[meaning.kind].setdefault(meaning.value, {})
        for language, here, node in self._by_language(title):
            text = self.sheet.text(node, here)
            if text is not None:
                titles[language] = text
                if meaning.kind is TagKind.COUNTRY:
                    self._add_term(text, here, node, (meaning,))
        if not titles:
            self.sheet.wrong(key, path, "needs a title")

    def _by_language(self, title: tuple[str, yaml.Node] | None) -> Iterator[tuple[str, str, yaml.Node]]:
        """Yield the titles; one for all languages has none of its own."""
        if title is None:
            return
        path, node = title
        if isinstance(node, yaml.ScalarNode):
            yield "", path, node
            return
        for language, here, key, value in self.sheet.mapping(node, path):
            self._language(language, here, key)
            yield language, here, value

    def _language(self, language: str, path: str, key: yaml.Node) -> None:
        if _LANGUAGE.fullmatch(language) is None:
            self.sheet.wrong(key, path, "must be a language, as in en, es or fr")

    def _add(self, node: yaml.Node, path: str, meanings: tuple[Meaning, ...]) -> None:
        """Add a list of terms, or one list per language."""
        for text, place, here in self._texts(node, path):
            self._add_term(text, here, place, meanings)

    def _texts(self, node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node, str]]:
        if not isinstance(node, yaml.MappingNode):
            yield from ((text, place, path) for text, place in self.sheet.texts(node, path))
            return
        for language, here, key, value in self.sheet.mapping(node, path):
            self._language(language, here, key)
            yield from ((text, place, here) for text, place in self.sheet.texts(value, here))

    def _add_term(self, term: str, path: str, place: yaml.Node, meanings: tuple[Meaning, ...]) -> None:
        try:
            words = words_of(term)
        except ValueError as error:
            self.sheet.wrong(place, path, f"'{term}': {error}")
            return
        before = self.terms.add(words, meanings)
        if before is None:
            return
        if bool(before) != bool(meanings):
            self.sheet.wrong(place, path, f"'{term}' cannot mean something and nothing")
        # An ambiguous name is no evidence; a term may well be evidence for several topics.
        now, earlier = _countries(meanings), _countries(before)
        if now and earlier and now != earlier:
            self.sheet.wrong(place, path, f"'{term}' already stands for {', '.join(sorted(earlier))}")


def _countries(meanings: tuple[Meaning, ...]) -> set[str]:
    return {meaning.value for meaning in meanings if meaning.kind is TagKind.COUNTRY}
