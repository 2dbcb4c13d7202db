"""Says which countries and topics an item concerns: one tag per value, with the best reason there is."""

from collections.abc import Iterator

from digest.model.item import FoundItem, Text
from digest.model.place import Problem
from digest.model.tag import Strength, Tag, TagKind, Where
from digest.ports import Tagged
from digest.tagging.dateline import dateline_end
from digest.tagging.given import GivenTags
from digest.tagging.taxonomy import Taxonomy
from digest.tagging.terms import Terms
from digest.tagging.tokens import Tokens

# An enum's member costs a slow look-up, and these are asked for at every match.
_TITLE, _DATELINE, _BODY = Where.TITLE, Where.DATELINE, Where.BODY
_STRONG, _WEAK = Strength.STRONG, Strength.WEAK


class Tagger:
    """What a person said replaces the guesses of that kind. Else a title weighs more than a text, a country's or
    topic's name more than a place, and of equals the earlier one is the reason.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._terms = taxonomy.terms
        self._given = GivenTags(taxonomy)

    def tag(self, item: FoundItem) -> Tagged:
        given = {TagKind.COUNTRY: item.countries, TagKind.TOPIC: item.topics}
        guesses = [] if all(said is not None for said in given.values()) else guess(self._terms, item.text)
        tags: list[Tag] = []
        problems: list[Problem] = []
        for kind, written in given.items():
            if written is None:
                tags += [tag for tag in guesses if tag.kind is kind]
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
                    best[meaning.value] = Tag(
                        kind=meaning.kind,
                        value=meaning.value,
                        term=tokens.text(start, end),
                        where=_DATELINE if end <= dateline else where,
                        strength=strength,
                    )
    return list(best.values())


def _parts(text: Text) -> Iterator[tuple[Tokens, Where, int]]:
    """Title, paragraphs and summary, each with the number of tokens that are a dateline."""
    yield Tokens.of(text.title), _TITLE, 0
    for number, paragraph in enumerate(text.paragraphs):
        tokens = Tokens.of(paragraph)
        yield tokens, _BODY, 0 if number else dateline_end(tokens)
    if text.summary is not None:
        yield Tokens.of(text.summary), _BODY, 0
