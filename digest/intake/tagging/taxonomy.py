"""The taxonomy: countries and topics as people define them in a file, with the terms that are evidence for them."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import yaml

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _, later, plural
from digest.foundation.names import COUNTRY, TOPIC
from digest.foundation.problems import Place
from digest.intake.item import TagKind
from digest.intake.tagging.terms import Meaning, Terms, words_of

PACKAGED = Path(__file__).with_name("taxonomy.yaml")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_VALUE = {TagKind.COUNTRY: COUNTRY, TagKind.TOPIC: TOPIC}
_VALUE_CAUSE = {
    TagKind.COUNTRY: later("must be two capital letters, as in GT (ISO 3166-1)"),
    TagKind.TOPIC: later("must be words in small letters and hyphens, as in human-rights"),
}
_PARTS = ("countries", "topics", "regions", "nothing")
_COUNTRY = ("title", "names", "demonyms", "places", "default")
_TOPIC = ("title", "terms", "title_terms")
_REGION = ("terms", "countries")
# The loader of C is some ten times faster. Both leave every scalar a text: "NO" is Norway and "on" a word.
_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_REMEDY = later("correct the file, or remove its setting to use the taxonomy that comes with the program")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """`fingerprint` is the SHA-256 of the file, hex; `titles` are by kind, value and language."""

    fingerprint: str
    titles: Mapping[TagKind, Mapping[str, Mapping[str, str]]]
    terms: Terms

    @property
    def countries(self) -> frozenset[str]:
        """The ISO codes, also of countries that are never guessed."""
        return frozenset(self.titles[TagKind.COUNTRY])

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(self.titles[TagKind.TOPIC])

    def country_title(self, code: str, language: str) -> str:
        """The heading of the country's section: in English when there is none in `language`, and the code itself when
        the country is unknown (an old item may carry a tag that the file has no more).
        """
        return self._title(TagKind.COUNTRY, code, language)

    def topic_title(self, slug: str, language: str) -> str:
        """The heading of the topic's section; for what is missing, see `country_title`."""
        return self._title(TagKind.TOPIC, slug, language)

    def _title(self, kind: TagKind, value: str, language: str) -> str:
        titles = self.titles[kind].get(value, {})
        return titles.get(language) or titles.get("en") or next(iter(titles.values()), value)


def load(path: Path | None = None) -> Taxonomy:
    """Load a taxonomy file, by default the packaged one. Raise `ConfigurationError` with all its mistakes at once."""
    file = PACKAGED if path is None else path
    try:
        content = file.read_bytes()
    except OSError as error:
        cause = _("cannot be read: {strerror}").format(strerror=error.strerror)
        raise ConfigurationError(str(file), cause, _("name a taxonomy file that exists")) from error
    return _read(file, content)


@lru_cache(maxsize=2)  # 80 ms; the daemon and the preview load it again and again, and it seldom changes
def _read(file: Path, content: bytes) -> Taxonomy:
    sheet = _Sheet(file, content)
    definitions = _Definitions(sheet)
    definitions.read()
    sheet.finish()
    return Taxonomy(fingerprint=hashlib.sha256(content).hexdigest(), titles=definitions.titles, terms=definitions.terms)


class _Sheet:
    """A YAML file as plain texts with their places. Its readers answer with what is usable and note the rest; `finish`
    raises when anything was noted.
    """

    def __init__(self, file: Path, content: bytes) -> None:
        self._file = str(file)
        self._mistakes: list[tuple[int, str]] = []
        self.root = self._parse(content)

    def wrong(self, node: yaml.Node, path: str, cause: str) -> None:
        place = Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)
        said = f"{path}: {cause}" if path else cause
        self._mistakes.append((node.start_mark.index, f"{place}: {said}"))

    def finish(self) -> None:
        """Raise `ConfigurationError` with all mistakes, in the order of the file."""
        said = [text for _, text in sorted(self._mistakes)]
        if said:
            count = plural("one mistake in the taxonomy", "{count} mistakes in the taxonomy", len(said))
            raise ConfigurationError(self._file, "\n  ".join([count, *said]), _(_REMEDY))

    def mapping(
        self, node: yaml.Node, path: str, keys: Collection[str] | None = None
    ) -> Iterator[tuple[str, str, yaml.Node, yaml.Node]]:
        """Yield key, path, the key's node and the value's node; only for `keys`, when they are given."""
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, path, _("must be keys with values (key: value)"))
            return
        seen: set[str] = set()
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            here = f"{path}.{key}" if path else key
            if not key or key in seen:
                self.wrong(key_node, here, _("stands here twice") if key else _("a key must be a single word"))
            elif keys is not None and key not in keys:
                self.wrong(key_node, here, _("unknown key, {hint}").format(hint=_hint(key, keys)))
            else:
                seen.add(key)
                yield key, here, key_node, value

    def text(self, node: yaml.Node, path: str) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            return str(node.value.strip())
        self.wrong(node, path, _("must be a text"))
        return None

    def texts(self, node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node]]:
        """Yield the texts of a list."""
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(node, path, _("must be a list, as in [one, two]"))
            return
        for child in node.value:
            text = self.text(child, path)
            if text is not None:
                yield text, child

    def _parse(self, content: bytes) -> yaml.Node:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._unreadable(str(Place(self._file, line)), _("is not UTF-8 text"), error)
        try:
            root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file)
            self._unreadable(
                str(place), _("is not valid YAML: {cause}").format(cause=error.problem or error.context), error
            )
        except yaml.YAMLError as error:
            self._unreadable(self._file, _("is not valid YAML: {cause}").format(cause=error), error)
        if root is None:
            self._unreadable(self._file, _("is empty"), None)
        return root

    def _unreadable(self, place: str, cause: str, error: Exception | None) -> NoReturn:
        raise ConfigurationError(place, cause, _(_REMEDY)) from error


def _hint(key: str, keys: Collection[str]) -> str:
    near = get_close_matches(key, keys, 1)
    return (
        _("did you mean '{name}'?").format(name=near[0])
        if near
        else _("known are {names}").format(names=", ".join(keys))
    )


@dataclass(slots=True)
class _Definitions:
    """What a file defines: countries, topics, regions, and phrases that mean nothing. `titles` are by kind, value and
    language, in the file's order.
    """

    sheet: _Sheet
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
            self.sheet.wrong(node, path, _("must be on or off"))
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
                    self.sheet.wrong(
                        place, here, _("'{code}' is not among the countries of this file").format(code=code)
                    )
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
            self.sheet.wrong(key, path, _("needs a title"))

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
            self.sheet.wrong(key, path, _("must be a language, as in en, es or fr"))

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
            self.sheet.wrong(place, path, _("'{term}' cannot mean something and nothing").format(term=term))
        # An ambiguous name is no evidence; a term may well be evidence for several topics.
        now, earlier = _countries(meanings), _countries(before)
        if now and earlier and now != earlier:
            self.sheet.wrong(
                place,
                path,
                _("'{term}' already stands for {earlier}").format(term=term, earlier=", ".join(sorted(earlier))),
            )


def _countries(meanings: tuple[Meaning, ...]) -> set[str]:
    return {meaning.value for meaning in meanings if meaning.kind is TagKind.COUNTRY}
