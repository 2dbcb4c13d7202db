"""Turns the stories of a variant into what its templates show."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from digest.errors import IntegrityError
from digest.model.edition import Section, Shown, VariantContent
from digest.model.item import Text
from digest.model.newsletter import SectionsBy
from digest.model.slot import EDGE
from digest.model.tag import TagKind
from digest.rendering.plain import Block, blocks_of
from digest.rendering.shortening import shorten, wrap
from digest.rendering.sorting import sort_key
from digest.rendering.views import SectionView, StoryView
from digest.rendering.wording import Words, direction_of

COLUMNS = 72

_MOST_PLACES = 3
_SHORT_TITLE = 80
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_PICTURE = re.compile(r"https://[^\s<>\"]+(?<!\.svg)(?<!\.webp)", re.IGNORECASE)

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
        item, text, words = shown.item, shown.item.text, self.words
        _refuse_marks(text)
        foreign = shown.foreign_to(words.language)
        link = text.link if text.link and _WEB.fullmatch(text.link) else None
        summary = None if whole or link is None else text.summary
        html = None if summary or text.html is None else text.html
        paragraphs = (summary,) if summary else text.paragraphs
        return StoryView(
            title=text.title,
            short_title=shorten(text.title, _SHORT_TITLE),
            level=level,
            link=link,
            date=words.long_date(item.published_on),
            late=words.month(item.published_on) if shown.late else None,
            foreign=words.name_of(item.language) if foreign else None,
            language=item.language,
            direction=direction_of(item.language) if foreign else words.direction,
            author=text.author,
            places=self._places(shown) if places else (),
            paragraphs=paragraphs,
            html=None if html is None else Markup(_under(level, html)),  # noqa: S704 – sanitised, see `Text`
            text=_plain(paragraphs, html),
            abridged=summary is not None,
            image=text.image if text.image and _PICTURE.fullmatch(text.image) else None,
            image_alt=text.image_alt or "",
        )

    def _places(self, shown: Shown) -> tuple[str, ...]:
        values = shown.item.values(self.kind, only_strong=True)
        if len(values) > _MOST_PLACES:
            return ()
        return tuple(
            sorted((self.section_title(self.kind, each, self.words.language) for each in values), key=sort_key)
        )


def _under(level: int, html: str) -> str:
    """Bodies have headings of level 4 only; under a title of level 2 they must not skip one."""
    return html.replace("<h4", "<h3").replace("</h4>", "</h3>") if level == 2 else html  # noqa: PLR2004 – a level


def _plain(paragraphs: tuple[str, ...], html: str | None) -> str:
    blocks = tuple(Block(each) for each in paragraphs) if html is None else blocks_of(html)
    parts = []
    for block in blocks:
        parts.append("\n" if block.tight else "\n\n")
        parts.append(wrap(block.text, COLUMNS, block.first, block.rest))
    return "".join(parts[1:])


def _refuse_marks(text: Text) -> None:
    fields = (text.title, text.html, text.summary, text.link, text.image, text.image_alt, text.author)
    if any(EDGE in each for each in (*text.paragraphs, *fields) if each):
        raise IntegrityError(f"the story {text.title!r}", "it holds a NUL character", "collect its source again")
