"""Matching: why a story does not concern an audience, in plain words."""

from digest.model.audience import Audience
from digest.model.item import Story
from digest.model.tag import TagKind

FIELDS = ("countries", "topics", "sources", "languages")


def why_not(audience: Audience, story: Story) -> str | None:
    """The first rule that keeps the story out; `None` when it concerns the audience (see `Audience.reason`)."""
    if audience.matches(story):
        return None
    has = _values(story, only_strong=audience.only_strong)
    for name in FIELDS:
        if hits := getattr(audience.exclude, name) & has[name]:
            return f"it leaves out {name}: {_listed(hits)}"
    weak = _values(story, only_strong=False)
    for name in FIELDS:
        wanted: frozenset[str] = getattr(audience.include, name)
        if not wanted or wanted & has[name]:
            continue
        if hits := wanted & weak[name]:
            return f"it asks for {name} that a person or the title names; {_listed(hits)} stands in the text only"
        return f"it asks for {name}: {_listed(wanted)}; the story has {_listed(has[name]) or 'none'}"
    return "it asks for nothing"


def _values(story: Story, *, only_strong: bool) -> dict[str, frozenset[str]]:
    return {
        "countries": story.values(TagKind.COUNTRY, only_strong=only_strong),
        "topics": story.values(TagKind.TOPIC, only_strong=only_strong),
        "sources": story.sources,
        "languages": story.languages,
    }


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))
