"""Audiences: named rules that say which stories concern somebody, with a title in every language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.model.item import Story
from digest.model.tag import TagKind


@dataclass(frozen=True, slots=True)
class Localised:
    """A text in several languages. `everywhere` serves all languages that have none of their own."""

    texts: Mapping[str, str] = field(default_factory=dict)
    everywhere: str | None = None

    def __call__(self, language: str) -> str:
        """Raise `KeyError` for a language without text; the settings make sure that there is none."""
        text = self.texts.get(language, self.everywhere)
        if text is None:
            raise KeyError(language)
        return text

    def covers(self, language: str) -> bool:
        return language in self.texts or self.everywhere is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Inside a field *or*, across fields *and*; an empty field asks for nothing."""

    countries: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    def asked(self) -> bool:
        return bool(self.countries or self.topics or self.sources or self.languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """`everything` matches all stories; a hit in any field of `exclude` excludes. See `matches`."""

    name: str
    title: Localised
    everything: bool = False
    include: Criteria = Criteria()
    exclude: Criteria = Criteria()
    only_strong: bool = False  # count only what a person said or a title names

    def matches(self, story: Story) -> bool:
        return self.reason(story) is not None

    def reason(self, story: Story) -> str | None:
        """Why the story concerns this audience, in plain words; `None` when it does not."""
        has = {
            "countries": story.values(TagKind.COUNTRY, only_strong=self.only_strong),
            "topics": story.values(TagKind.TOPIC, only_strong=self.only_strong),
            "sources": story.sources,
            "languages": story.languages,
        }
        if any(getattr(self.exclude, name) & values for name, values in has.items()):
            return None
        if self.everything:
            return "takes everything"
        hits = []
        for name, values in has.items():
            wanted: frozenset[str] = getattr(self.include, name)
            if not wanted:
                continue
            if not wanted & values:
                return None
            hits.append(f"{name}: {', '.join(sorted(wanted & values))}")
        return "; ".join(hits) or None
