"""Writes a new plan: every key as a comment to take the '#' off, and the stories of the edition with their ids."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from digest.config.languages import language_name
from digest.config.plan_names import Known
from digest.foundation.words import harmless
from digest.model.item import Story
from digest.model.tag import TagKind

EXAMPLE_ID = "1a2b3c4d"


def plan_template(known: Known, stories: Sequence[Story]) -> str:
    """`stories` are those that the edition decides about, in reading order."""
    return "\n".join([*_head(known, stories), *_keys(known, stories), ""])


def _head(known: Known, stories: Sequence[Story]) -> Iterator[str]:
    yield f"# The plan of {known.edition}: what you decide about this edition, besides the stories themselves."
    yield "# Take the '#' and the blank behind it off a line to use it. Four characters of an id are enough if no other"
    yield "# story here begins with them."
    yield f"# Look at it with: digest preview {known.edition}"
    yield "#"
    yield "# Its stories so far:" if stories else "# It has no stories so far."
    countries = [" ".join(sorted(story.values(TagKind.COUNTRY))) or "–" for story in stories]
    width = max(map(len, countries), default=0)
    for story, named in zip(stories, countries, strict=True):
        languages = " ".join(sorted(story.languages))
        line = f"#   {known.short(story)}  {story.published_on}  {languages:<5}  {named:<{width}}  {known.title(story)}"
        yield harmless(line)


def _keys(known: Known, stories: Sequence[Story]) -> Iterator[str]:
    ids = [known.short(story) for story in stories] or [EXAMPLE_ID]
    first, second, last = ids[0], ids[min(1, len(ids) - 1)], ids[-1]
    pair = f"[{first}, {second}]" if second != first else f"[{first}]"
    yield from ("", "# Your words before the stories, in Markdown.", "# introduction:")
    for language in known.languages:
        yield f"#   {language}: |"
        yield f"#     Your words in {language_name(language)}."
    yield from ("", "# The story above all others, for every reader who gets it.", f'# lead: "{first}"')
    yield from ("", "# Stories that come first in their section.", f"# pin: {pair}")
    yield from ("", "# The order of the others; what is not named follows as usual.", f"# order: {pair}")
    yield from (
        "",
        "# Stories that are left out for good; a reason helps your colleagues.",
        "# drop:",
        f"#   - {last}: not our news",
    )
    yield from ("", "# Stories that wait for the next edition.", "# defer:", f"#   - {last}: a photo is still to come")
    yield from (
        "",
        "# Corrections, by story. A title or summary in several languages: {en: …, es: …}.",
        "# stories:",
        f'#   "{first}":',
        "#     title: A better title",
        "#     summary: One sentence for short mails.",
        f"#     countries: [{_example(known.countries, ('GT', 'HN'))}]",
        f"#     topics: [{_example(known.topics, ('children',))}]",
        f"#     language: {known.languages[0]}",
    )


def _example(known: AbstractSet[str], wanted: Sequence[str]) -> str:
    return ", ".join([value for value in wanted if value in known] or sorted(known)[:1])
