"""Newsletters, stories and editions of the tests' own: nobody's real news."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import html5lib
import pytest
import yaml

from digest.foundation.addresses import NamedAddress
from digest.foundation.problems import Place
from digest.intake.item import Item, Strength, Tag, TagKind, TagPlace, Text
from digest.mail.composing import MessageComposer
from digest.mail.content import Section, Shown, VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Approval, Localised, Newsletter, Publisher, SectionsBy
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule

PUBLIC_URL = "https://bulletin.example.org"
SECRET = bytes(range(32))

TITLES = {
    ("country", "BZ"): {"en": "Belize", "es": "Belice"},
    ("country", "CR"): {"en": "Costa Rica", "es": "Costa Rica"},
    ("country", "GT"): {"en": "Guatemala", "es": "Guatemala"},
    ("country", "HN"): {"en": "Honduras", "es": "Honduras"},
    ("country", "MX"): {"en": "Mexico", "es": "México"},
    ("country", "US"): {"en": "United States", "es": "Estados Unidos"},
    ("topic", "health"): {"en": "Health", "es": "Salud"},
}

PUBLISHER = Publisher(
    name=Localised({"en": "Mesoamerica Migration Programme", "es": "Programa Mesoamérica de Migración"}),
    address="Apartado Postal 100, San José, Costa Rica",
    website="https://bulletin.example.org",
    timezone=ZoneInfo("America/Costa_Rica"),
)

NEWSLETTER = Newsletter(
    name="monthly",
    title=Localised({"en": "Migration bulletin", "es": "Boletín de migración"}),
    sender={
        "en": NamedAddress(name="Migration Bulletin", address="bulletin@news.example.org"),
        "es": NamedAddress(name="Boletín de Migración", address="bulletin@news.example.org"),
    },
    reply_to="comms@example.org",
    schedule=Schedule(kind=PeriodKind.MONTH, zone=ZoneInfo("America/Costa_Rica")),
    audiences=(),
    languages=("en", "es"),
    approval=Approval.NONE,
    template="bulletin",
    sections=SectionsBy.COUNTRY,
    late_for=2,
    starts_on=None,
    max_variants=500,
)

NEWS = yaml.load((Path(__file__).parent / "news.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def section_title(kind: str, value: str, language: str) -> str:
    return TITLES[kind, value][language]


def country_tags(codes: Sequence[str]) -> tuple[Tag, ...]:
    return tuple(
        Tag(kind=TagKind.COUNTRY, value=code, term=code, where=TagPlace.PERSON, strength=Strength.STRONG)
        for code in codes
    )


def make_item(
    number: int, text: Text, *, language: str = "en", on: date = date(2018, 7, 20), codes: Sequence[str] = ()
) -> Item:
    return Item(
        id=f"item-{number}-{language}",
        source="newsroom",
        place=Place("bulletins/july.txt", number + 1),
        published_on=on,
        language=language,
        text=text,
        tags=country_tags(codes),
    )


def shown_story(number: int, language: str) -> Shown:
    """As a reader of the language is shown it: in English where nobody translated it. After the last story they begin
    again, with a number.
    """
    story = NEWS[number % len(NEWS)]
    spoken = language if language in story else "en"
    said = story[spoken]
    text = Text(
        title=said["title"] + (f" ({number})" if number >= len(NEWS) else ""),
        paragraphs=tuple(said["paragraphs"]),
        html=said.get("html"),
        summary=said.get("summary"),
        link=story.get("link"),
        author=story.get("author"),
    )
    item = make_item(number, text, language=spoken, on=story["published_on"], codes=story["countries"])
    return Shown(story_id=f"story-{number}", item=item, late=story["published_on"] < date(2018, 7, 1))


def content_of(stories: Sequence[Shown], language: str = "en", *, lead: bool = True) -> VariantContent:
    """A variant of July 2018: the first story leads, the others stand in their country's section."""
    sections: dict[str | None, list[Shown]] = {}
    for shown in stories[1:] if lead else stories:
        countries = sorted(shown.item.values(TagKind.COUNTRY))
        sections.setdefault(countries[0] if len(countries) == 1 else None, []).append(shown)
    keys = sorted(sections, key=lambda key: (key is not None, key or ""))
    return VariantContent(
        publisher=PUBLISHER,
        newsletter=NEWSLETTER,
        period=Period.from_key(PeriodKind.MONTH, "2018-07"),
        revision=1,
        language=language,
        lead=stories[0] if lead else None,
        sections=tuple(Section(key=key, stories=tuple(sections[key])) for key in keys),
    )


def sample(count: int, language: str = "en", template: str = "bulletin") -> VariantContent:
    content = content_of([shown_story(number, language) for number in range(count)], language)
    return replace(content, newsletter=replace(content.newsletter, template=template))


def in_both_languages(content: VariantContent) -> VariantContent:
    """With a link to the other language wherever the story was translated."""

    def linked(shown: Shown) -> Shown:
        other = shown_story(int(shown.story_id.rpartition("-")[2]), "en" if content.language == "es" else "es").item
        if other.language == shown.item.language or not other.text.link:
            return shown
        text = replace(other.text, link=f"https://bulletin.example.org/{other.language}/{shown.story_id}")
        return replace(shown, other=replace(other, text=text))

    return replace(
        content,
        lead=content.lead and linked(content.lead),
        sections=tuple(replace(each, stories=tuple(map(linked, each.stories))) for each in content.sections),
    )


@pytest.fixture(scope="session")
def newsletter() -> Newsletter:
    return NEWSLETTER


@pytest.fixture(scope="session")
def variant() -> Callable[..., VariantContent]:
    """(count, language, template set) → a variant of that many stories."""
    return sample


@pytest.fixture(scope="session")
def both_languages() -> Callable[[VariantContent], VariantContent]:
    return in_both_languages


@pytest.fixture(scope="session")
def variant_of() -> Callable[..., VariantContent]:
    """(texts…) → a variant whose stories have these texts, all about Guatemala."""

    def made(*texts: Text, language: str = "en", lead: bool = True) -> VariantContent:
        shown = [
            Shown(story_id=f"story-{number}", item=make_item(number, text, codes=["GT"]), late=False)
            for number, text in enumerate(texts)
        ]
        return content_of(shown, language, lead=lead)

    return made


@pytest.fixture(scope="session")
def renderer() -> TemplateRenderer:
    return TemplateRenderer(None, section_title, has_public_url=True)


@pytest.fixture(scope="session")
def private_renderer() -> TemplateRenderer:
    """Of an installation without a public URL."""
    return TemplateRenderer(None, section_title, has_public_url=False)


@pytest.fixture(scope="session")
def composer() -> MessageComposer:
    return MessageComposer(SECRET, [NEWSLETTER], public_url=PUBLIC_URL)


@pytest.fixture(scope="session")
def private_composer() -> MessageComposer:
    return MessageComposer(SECRET, [NEWSLETTER], public_url=None)


@pytest.fixture(scope="session")
def edition() -> Edition:
    return Edition(
        newsletter="monthly",
        period=Period.from_key(PeriodKind.MONTH, "2018-07"),
        state=EditionState.SENDING,
        sending_at=datetime(2018, 8, 5, 15, 0, tzinfo=UTC),
    )


@pytest.fixture(scope="session")
def page() -> Callable[[str], Element]:
    """HTML as a browser understands it; what several tests look at is parsed once."""

    @lru_cache(64)
    def parsed(html: str) -> Element:
        tree: Element = html5lib.parse(html, namespaceHTMLElements=False)
        return tree

    return parsed


@pytest.fixture(scope="session")
def said() -> Callable[[Element], str]:
    """All that an element says; a comment, which Outlook reads, says nothing."""
    return _said


def _said(element: Element) -> str:
    inner = (f"{_said(child) if isinstance(child.tag, str) else ''}{child.tail or ''}" for child in element)
    return f"{element.text or ''}{''.join(inner)}"
