"""Ten stories like those of a real bulletin, as the benchmarks need them."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from digest.foundation.addresses import NamedAddress
from digest.foundation.problems import Place
from digest.intake.item import Item, Strength, Tag, TagKind, TagPlace, Text
from digest.mail.content import Section, Shown, VariantContent
from digest.newsletters.newsletter import Approval, Audience, Localised, Newsletter, Publisher, SectionsBy
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule

PARAGRAPH = (
    "Officials from both sides of the border met in the capital to agree on how information reaches people on the move. "
    "The meeting, the second of its kind, was prepared with the programme’s support and ended with a list of dates."
)
COUNTRIES = ("GT", "MX", "CR", "BZ", "HN")


def newsletter() -> Newsletter:
    return Newsletter(
        name="monthly",
        title=Localised({"en": "Migration bulletin", "es": "Boletín de migración"}),
        sender={
            code: NamedAddress(name="Migration Bulletin", address="bulletin@news.example.org") for code in ("en", "es")
        },
        reply_to="comms@example.org",
        schedule=Schedule(kind=PeriodKind.MONTH, zone=ZoneInfo("America/Costa_Rica")),
        audiences=(Audience(name="regional", title=Localised(everywhere="Region"), everything=True),),
        languages=("en", "es"),
        approval=Approval.NONE,
        template="bulletin",
        sections=SectionsBy.COUNTRY,
        late_for=2,
        starts_on=None,
        max_variants=500,
    )


def content(stories: int = 10) -> VariantContent:
    shown = [
        Shown(
            story_id=f"story{number}",
            late=False,
            item=Item(
                id=f"item{number}",
                source="newsroom",
                place=Place("bulletins/july.txt", number * 8),
                published_on=date(2018, 7, 30) - timedelta(days=number * 2),
                language="en",
                text=Text(
                    title=f"Second meeting on migration and border management, part {number}",
                    paragraphs=(PARAGRAPH, PARAGRAPH),
                    link=f"https://bulletin.example.org/2018/07/meeting-{number}",
                ),
                tags=(
                    Tag(
                        kind=TagKind.COUNTRY,
                        value=COUNTRIES[number % 5],
                        term="",
                        where=TagPlace.TITLE,
                        strength=Strength.STRONG,
                    ),
                ),
            ),
        )
        for number in range(stories)
    ]
    sections = tuple(
        Section(key=code, stories=tuple(shown[1:][place::5]))
        for place, code in enumerate(COUNTRIES)
        if shown[1:][place::5]
    )
    return VariantContent(
        publisher=Publisher(
            name=Localised({"en": "Mesoamerica Programme", "es": "Programa Mesoamérica"}),
            address="Apartado Postal 100, San José, Costa Rica",
            website="https://bulletin.example.org",
            timezone=ZoneInfo("America/Costa_Rica"),
        ),
        newsletter=newsletter(),
        period=Period.from_key(PeriodKind.MONTH, "2018-07"),
        revision=1,
        language="en",
        lead=shown[0],
        sections=sections,
    )
