"""Says which countries and topics an item concerns: one tag per value, with the best reason there is."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Protocol

from digest.foundation.catalogue import later
from digest.foundation.problems import Problem, Severity
from digest.intake.item import FoundItem, Strength, Tag, TagKind, TagPlace, Text
from digest.intake.tagging.taxonomy import Taxonomy
from digest.intake.tagging.terms import Terms, Tokens

TAGGER = "1"  # to be raised with every change that gives the same item other tags
_KNOWN_TAGS = 8192
_LONGEST = 20  # tokens of a dateline
_SHORTEST_LAST_WORD = 3  # a full stop after fewer letters belongs to an abbreviation
_DASHES = frozenset("-‒–—―")
_MARKS = frozenset(",.()/")
_SMALL = (
    "a and au aux d de del des du e el en et in l la las le los of the y "
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre "
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"
)
_SMALL_WORDS = frozenset(_SMALL.split())
# An enum's member costs a slow look-up, and these are asked for at every match.
_TITLE, _DATELINE, _BODY = TagPlace.TITLE, TagPlace.DATELINE, TagPlace.BODY
_STRONG, _WEAK = Strength.STRONG, Strength.WEAK


@dataclass(frozen=True, slots=True)
class Tagged:
    tags: tuple[Tag, ...]
    problems: tuple[Problem, ...] = ()


class Tagger(Protocol):
    @property
    def fingerprint(self) -> str:
        """Two taggers of one fingerprint tag every item alike."""
        ...

    def tag(self, item: FoundItem) -> Tagged:
        """Return one tag per country and topic. A person's tags of a kind replace the guesses of that kind; what a
        person wrote and nobody knows is a problem that names the nearest known value.
        """
        ...


class TaxonomyTagger:
    """What a person said replaces the guesses of that kind. Else a title weighs more than a text, a country's or
    topic's name more than a place, and of equals the earlier one is the reason.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.fingerprint = f"{TAGGER} {taxonomy.fingerprint}"
        self._terms = taxonomy.terms
        self._given = _GivenTags(taxonomy)

    def tag(self, item: FoundItem) -> Tagged:
        given = {TagKind.COUNTRY: item.countries, TagKind.TOPIC: item.topics}
        guesses = [] if all(said is not None for said in given.values()) else guess(self._terms, item.text)
        tags: list[Tag] = []
        problems: list[Problem] = []
        for kind, written in given.items():
            if written is None:
                of_publisher = {tag.value: tag for tag in self._given.tags(kind, item.categories)}
                tags += of_publisher.values()
                tags += [tag for tag in guesses if tag.kind is kind and tag.value not in of_publisher]
            else:
                tags += self._given.tags(kind, written)
                problems += self._given.problems(kind, written, item)
        return Tagged(tuple(tags), tuple(problems))


def guess(terms: Terms, text: Text) -> list[Tag]:
    """One tag per country and topic that the text speaks of."""
    best: dict[str, Tag] = {}  # codes are in capitals, slugs are not: they cannot be mixed up
    for tokens, where, dateline in _parts(text):
        in_title = where is _TITLE
        for start, end, meanings in terms.find(tokens):
            for meaning in meanings:
                if not meaning.guess or (meaning.title_only and not in_title):
                    continue
                strength = _STRONG if in_title and meaning.title_strong else _WEAK
                known = best.get(meaning.value)
                if known is None or (strength is _STRONG and known.strength is _WEAK):
                    place = _DATELINE if end <= dateline else where
                    best[meaning.value] = _tag(meaning.kind, meaning.value, tokens.text(start, end), place, strength)
    return list(best.values())


@lru_cache(maxsize=_KNOWN_TAGS)
def _tag(kind: TagKind, value: str, term: str, where: TagPlace, strength: Strength) -> Tag:
    """The same one for all items that it is the same of: there are few, and making one takes five times as long."""
    return Tag(kind=kind, value=value, term=term, where=where, strength=strength)


def _parts(text: Text) -> Iterator[tuple[Tokens, TagPlace, int]]:
    """Title, paragraphs and summary, each with the number of tokens that are a dateline."""
    yield Tokens.of(text.title), _TITLE, 0
    for number, paragraph in enumerate(text.paragraphs):
        tokens = Tokens.of(paragraph)
        yield tokens, _BODY, 0 if number else dateline_end(tokens)
    if text.summary is not None:
        yield Tokens.of(text.summary), _BODY, 0


def dateline_end(tokens: Tokens) -> int:
    """How many tokens at the beginning of a first paragraph are a dateline; 0 when there is none.

    Names, numbers, months and small words between them, up to a dash that is followed by a space, or else up to the
    first full stop: "San José, Costa Rica. ", "Petén, Guatemala. April 27-28, 2018. – ", "Belmopan — ".
    """
    stop = 0
    for at, key in enumerate(tokens.keys[:_LONGEST]):
        if key in _DASHES:
            return at
        if key == "." and not stop and at and len(tokens.keys[at - 1]) >= _SHORTEST_LAST_WORD:
            stop = at
        if key in _MARKS or key in _SMALL_WORDS:
            continue
        initial = tokens.token(at)[0]
        if not (initial.isupper() or initial.isdigit()):
            break
    return stop


class _GivenTags:
    """The tags a person wrote: codes, names, demonyms, slugs and titles, in any language."""

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
                yield Tag(kind=kind, value=value, term=term, where=TagPlace.PERSON, strength=Strength.STRONG)

    def problems(self, kind: TagKind, written: tuple[str, ...], item: FoundItem) -> Iterator[Problem]:
        """Yield one problem per text that nobody knows."""
        for term in written:
            if _key(term) and self._value(kind, term) is None:
                cause = later("unknown topic '{term}': it is left out")
                if kind is TagKind.COUNTRY:
                    cause = later("unknown country '{term}': it is left out")
                remedy = self._remedy(kind, term, item.language)
                yield Problem(place=item.place, severity=Severity.WARNING, cause=cause.format(term=term), remedy=remedy)

    def _value(self, kind: TagKind, term: str) -> str | None:
        value = self._known[kind].get(_key(term))
        if value is None and kind is TagKind.COUNTRY:
            names = (meaning for meaning in self._taxonomy.terms.meanings_of(term) if meaning.name)
            value = next((meaning.value for meaning in names), None)
        return value

    def _remedy(self, kind: TagKind, term: str, language: str) -> str:
        value = self._nearest(kind, term)
        if value is None:
            return later("write one of: {names}").format(names=", ".join(sorted(self._taxonomy.titles[kind])))
        country = kind is TagKind.COUNTRY
        title = (self._taxonomy.country_title if country else self._taxonomy.topic_title)(value, language)
        return later("did you mean '{value}' ({title})?").format(value=value, title=title)

    def _nearest(self, kind: TagKind, term: str) -> str | None:
        """The value the text is evidence for (a place, a term of the topic), else the one that is spelled alike."""
        for meaning in self._taxonomy.terms.meanings_of(term):
            if meaning.kind is kind:
                return meaning.value
        near = get_close_matches(_key(term), self._known[kind], 1)
        return self._known[kind][near[0]] if near else None


def _key(text: str) -> str:
    return " ".join(Tokens.of(text).keys)
