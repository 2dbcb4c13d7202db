"""Turns the stories of a variant into what its templates show."""

from collections.abc import Callable
from dataclasses import dataclass

from digest.model.edition import Section, Shown, VariantContent
from digest.model.newsletter import SectionsBy
from digest.model.tag import TagKind
from digest.rendering.sorting import sort_key
from digest.rendering.story import Telling, story_view
from digest.rendering.views import SectionView, StoryView
from digest.rendering.wording import Words

SectionTitle = Callable[[str, str, str], str]  # kind ("country", "topic"), value, language


@dataclass(frozen=True, slots=True)
class Stories:
    """The views of one variant's stories."""

    content: VariantContent
    words: Words
    section_title: SectionTitle

    @property
    def kind(self) -> TagKind:
        return TagKind.TOPIC if self.content.newsletter.sections is SectionsBy.TOPIC else TagKind.COUNTRY

    def lead(self) -> StoryView | None:
        shown = self.content.lead
        return None if shown is None else self._story(shown, level=2, whole=True, places=True)

    def sections(self) -> tuple[SectionView, ...]:
        """The section without a country or topic first, the others in the alphabet of the reader's language."""
        titled = [(self._section_title(section), section) for section in self.content.sections]
        titled.sort(key=lambda pair: (pair[1].key is not None, sort_key(pair[0] or "")))
        return tuple(self._section(title, section) for title, section in titled)

    def countries(self) -> int:
        """How many countries the stories are about: those of the sections, and those named for certain."""
        found = set[str]()
        for shown in self.content.stories:
            found |= shown.item.values(TagKind.COUNTRY, only_strong=True)
        if self.content.newsletter.sections is SectionsBy.COUNTRY:
            found.update(section.key for section in self.content.sections if section.key)
        return len(found)

    def _section_title(self, section: Section) -> str | None:
        if section.key is not None:
            return self.section_title(self.kind, section.key, self.words.language)
        say = self.words.translations.gettext
        match self.content.newsletter.sections:
            case SectionsBy.COUNTRY:
                return say("Regional")
            case SectionsBy.TOPIC:
                return say("General")
            case SectionsBy.NONE:
                return None

    def _section(self, title: str | None, section: Section) -> SectionView:
        level = 2 if title is None else 3
        places = section.key is None
        return SectionView(
            title=title,
            stories=tuple(self._story(shown, level=level, whole=False, places=places) for shown in section.stories),
        )

    def _story(self, shown: Shown, *, level: int, whole: bool, places: bool) -> StoryView:
        return story_view(
            shown,
            self.words,
            Telling(level=level, whole=whole, places=places, kind=self.kind, section_title=self.section_title),
        )
