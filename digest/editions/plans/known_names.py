"""What a plan may name: stories and items by the beginning of an id, countries, topics and languages.

Each rule raises `ValueError` with words that follow the key.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from digest.foundation.catalogue import _
from digest.foundation.values import country_code, language_name
from digest.foundation.words import did_you_mean, excerpt, listed, quoted
from digest.intake.item import Item, Story
from digest.mail.content import Introduction

SHORTEST_ID = 4
USUAL_ID = 8
FEW = 12
MOST_TOPICS = 40
_LONGEST_LANGUAGE = 3


class NamedStory(NamedTuple):
    """A story, and the item of it that was named; `None` when the name fits several of its items."""

    story: Story
    item: Item | None


@dataclass(frozen=True)
class KnownNames:
    """The edition of the plan (`monthly/2018-07`), the newsletter's languages, and what exists.

    `stories` are all that were ever collected; `elsewhere` says of those that this edition does not decide about where
    they are. `markdown` makes an introduction of a text.
    """

    edition: str
    languages: tuple[str, ...]
    stories: Sequence[Story]
    elsewhere: Mapping[str, str]
    countries: AbstractSet[str]
    topics: AbstractSet[str]
    markdown: Callable[[str], Introduction]

    @cached_property
    def _items(self) -> dict[str, tuple[Story, Item | None]]:
        named: dict[str, tuple[Story, Item | None]] = {story.id: (story, None) for story in self.stories}
        return named | {item.id: (story, item) for story in self.stories for item in story.items}

    def named(self, written: str) -> NamedStory:
        """The story of this edition that is meant. An id that others share counts only among this edition's stories."""
        beginning = written.strip().lower()
        if len(beginning) < SHORTEST_ID:
            raise ValueError(
                _("{written} is too short: write at least {least} characters of an id").format(
                    written=quoted(written), least=SHORTEST_ID
                )
            )
        fitting = self._beginning_with(beginning)
        here = {story.id: story for story, _ in fitting if story.id not in self.elsewhere}
        if len(here) == 1:
            (story,) = here.values()
            items = [item for other, item in fitting if other is story]
            return NamedStory(story, items[0] if len(items) == 1 else None)
        if here:
            raise ValueError(
                _("{written} fits several stories: {stories}; write more of the id").format(
                    written=quoted(written), stories=self._few(here.values())
                )
            )
        if fitting:
            raise ValueError(f"{quoted(self.title(fitting[0][0]))} {self.elsewhere[fitting[0][0].id]}")
        said = _("there is no story {id}").format(id=quoted(written))
        raise ValueError(said + self._nearest(beginning))

    def id_of(self, written: str) -> str | None:
        """The id of the story that is meant; `None` instead of a mistake."""
        try:
            return self.named(written).story.id
        except ValueError:
            return None

    def short(self, story: Story) -> str:
        """The beginning of the story's id that no other id has, of at least eight characters."""
        length = USUAL_ID
        while any(other.startswith(story.id[:length]) and other != story.id for other in self._items):
            length += 1
        return story.id[:length]

    def title(self, story: Story) -> str:
        """In the language that the newsletter names first, if there is one."""
        return title_of(story, self.languages[0])

    def country(self, written: str) -> str:
        if written in self.countries:
            return written
        meant = country_code(written, self.countries)
        hint = _(": write two capital letters, such as GT")
        if meant:
            hint = _(", did you mean {name}?").format(name=f"'{meant}'")
        raise ValueError(_("{code} is no country code").format(code=quoted(written)) + hint)

    def topic(self, written: str) -> str:
        if written in self.topics:
            return written
        few = ""
        if 0 < len(self.topics) <= MOST_TOPICS:
            few = _("; there is {names}").format(names=listed(sorted(self.topics), "and"))
        said = _("there is no topic {name}").format(name=quoted(written))
        raise ValueError(said + (did_you_mean(written, self.topics) or few))

    def language(self, written: str) -> str:
        """The code of any language that has a name."""
        if written in self.languages:
            return written
        like_a_code = written.isalpha() and written.islower() and len(written) <= _LONGEST_LANGUAGE
        if like_a_code and language_name(written) != written:
            return written
        raise ValueError(
            _("{written} is no language code; write one such as {languages}").format(
                written=quoted(written), languages=listed(self.languages)
            )
        )

    def _beginning_with(self, beginning: str) -> list[tuple[Story, Item | None]]:
        if beginning in self._items:
            return [self._items[beginning]]
        return [found for id_, found in self._items.items() if id_.startswith(beginning)]

    def _nearest(self, beginning: str) -> str:
        """A hint: the id of this edition that is spelt nearly so, else where the ids are listed."""
        near: dict[str, Story] = {}
        for id_, (story, _item) in self._items.items():
            if story.id not in self.elsewhere:
                near.setdefault(id_[: max(USUAL_ID, len(beginning))], story)
        hint = did_you_mean(beginning, near)
        return hint or _("; the ids are listed by: digest plan {edition}").format(edition=self.edition)

    def _few(self, stories: Iterable[Story]) -> str:
        shown = [f"{self.short(story)} ({self.title(story)})" for story in stories]
        return ", ".join(shown[:FEW])


def title_of(story: Story, language: str) -> str:
    """Its title on one short line."""
    return excerpt(story.in_language(language).text.title)
