"""The mails that are judged: what they tell, with a late story, a foreign one, one of Markdown, pictures and a logo."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import yaml

from digest.foundation.problems import Place
from digest.intake.item import Item, Strength, Tag, TagKind, TagPlace, Text
from digest.intake.picture import Picture
from digest.mail.content import Introduction, Section, Shown, VariantContent
from digest.newsletters.newsletter import Brand, Localised, Logo, Newsletter, Publisher
from digest.newsletters.period import Period, PeriodKind

LANGUAGES = ("en", "es")
PUBLIC_URL = "https://bulletin.example.org"
PERIOD = Period.from_key(PeriodKind.MONTH, "2018-07")

# Of the stories 6 is late news, 7 nobody translated, 11 was written in Markdown; 3 and 8 have no link.
NEWS = yaml.load(
    (Path(__file__).parents[1] / "mail" / "news.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
ORDER = (0, 1, 2, 3, 6, 7, 8, 11, 4, 5, 9, 10)
IMAGE = f"{PUBLIC_URL}/pictures/signing.png"
ALTERNATIVES = {"en": "Four mayors sign at one table", "es": "Cuatro alcaldes firman en una mesa"}
COUNTRIES = {
    "BZ": {"en": "Belize", "es": "Belice"},
    "CR": {"en": "Costa Rica", "es": "Costa Rica"},
    "GT": {"en": "Guatemala", "es": "Guatemala"},
    "HN": {"en": "Honduras", "es": "Honduras"},
    "MX": {"en": "Mexico", "es": "México"},
}
TITLES = {"en": "Migration bulletin", "es": "Boletín de migración"}
INTRODUCTIONS = {
    "en": ("This month four questions became the same", " in fourteen towns."),
    "es": ("Este mes cuatro preguntas llegaron a ser las mismas", " en catorce pueblos."),
}
PICTURE = Picture(name="0" * 32, kind="png", width=2, height=2, data=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
BRAND = Brand(
    logo=Logo(
        url=f"{PUBLIC_URL}/pictures/logo.png",
        width=160,
        alt=Localised({"en": "A bridge over a river", "es": "Un puente sobre un río"}),
    ),
    footer=Localised({"en": "Printed on no paper at all.", "es": "No se imprimió en papel."}),
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Mail:
    """`message` are the bytes that a sample reader gets; subject, HTML and text are what the renderer put into them."""

    template: str
    language: str
    count: int
    content: VariantContent
    subject: str
    html: str
    text: str
    message: bytes

    @property
    def name(self) -> str:
        return f"{self.template}-{self.language}-{self.count}"

    @property
    def pictures(self) -> set[str]:
        """The addresses that it may ask for."""
        logo = self.content.publisher.brand.logo
        images = {shown.item.text.image for shown in self.content.stories} | {logo and logo.url}
        return {each for each in images if each}


def _item(number: int, language: str, again: int) -> Item:
    story = NEWS[number]
    said = story[language]
    link = story.get("link")
    leads = number == ORDER[0] and again == 0
    return Item(
        id=f"item-{number}-{again}-{language}",
        source="newsroom",
        place=Place("bulletins/july.txt", number + 1),
        published_on=story["published_on"],
        language=language,
        text=Text(
            title=(f"{again + 1}: " if again else "") + said["title"],
            paragraphs=tuple(said["paragraphs"]),
            html=said.get("html"),
            summary=said.get("summary"),
            link=link and f"{link}&language={language}&part={again}",
            image=IMAGE if leads else None,
            image_alt=ALTERNATIVES[language] if leads else None,
            author=story.get("author"),
        ),
        tags=tuple(
            Tag(kind=TagKind.COUNTRY, value=code, term=code, where=TagPlace.PERSON, strength=Strength.STRONG)
            for code in story["countries"]
        ),
    )


def _shown(place: int, language: str) -> Shown:
    """In English where nobody translated it."""
    again, number = divmod(place, len(ORDER))
    story = NEWS[ORDER[number]]
    spoken = language if language in story else "en"
    item = _item(ORDER[number], spoken, again)
    others = [each for each in LANGUAGES if each != spoken and each in story and item.text.link]
    return Shown(
        story_id=f"story-{place}",
        item=item,
        late=item.published_on < date(2018, 7, 1),
        other=_item(ORDER[number], others[0], again) if others else None,
    )


def content_of(newsletter: Newsletter, publisher: Publisher, count: int, language: str) -> VariantContent:
    """The mail of one story has no pictures."""
    stories = [_shown(place, language) for place in range(count)]
    if count == 1:
        alone = stories[0].item
        stories = [replace(stories[0], item=replace(alone, text=replace(alone.text, image=None, image_alt=None)))]
    sections: dict[str | None, list[Shown]] = {}
    for shown in stories[1:]:
        countries = sorted(shown.item.values(TagKind.COUNTRY))
        sections.setdefault(countries[0] if len(countries) == 1 else None, []).append(shown)
    keys = sorted(sections, key=lambda key: (key is not None, key or ""))
    start, end = INTRODUCTIONS[language]
    return VariantContent(
        publisher=publisher if count == 1 else replace(publisher, brand=BRAND),
        newsletter=newsletter,
        period=PERIOD,
        revision=1,
        language=language,
        lead=stories[0],
        sections=tuple(Section(key=key, stories=tuple(sections[key])) for key in keys),
        introduction=Introduction(paragraphs=(start + end,), html=f"<p><strong>{start}</strong>{end}</p>"),
    )
