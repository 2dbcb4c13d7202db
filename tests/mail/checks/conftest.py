"""Clean mails, made by the real renderer and composer from invented news, and the ways to damage them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest

from digest.foundation.addresses import NamedAddress
from digest.foundation.problems import Place
from digest.intake.item import Item, Strength, Tag, TagKind, TagPlace, Text
from digest.mail.checks.gate import check
from digest.mail.checks.rule import Specimen
from digest.mail.composing import MessageComposer
from digest.mail.content import Section, Shown, VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Approval, Localised, Newsletter, Publisher, SectionsBy
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule

PUBLIC_URL = "https://bulletin.example.org"
JULY = Period.from_key(PeriodKind.MONTH, "2018-07")

COUNTRIES = {
    "BZ": {"en": "Belize", "es": "Belice"},
    "CR": {"en": "Costa Rica", "es": "Costa Rica"},
    "GT": {"en": "Guatemala", "es": "Guatemala"},
    "HN": {"en": "Honduras", "es": "Honduras"},
    "MX": {"en": "Mexico", "es": "México"},
}

TOWNS = """
Jocotán:GT Malacatán:GT Quetzaltenango:GT Flores:GT Esquipulas:GT Cobán:GT Salamá:GT Jalapa:GT Corozal:BZ Belmopan:BZ
Dangriga:BZ Benque:BZ Orange-Walk:BZ San-Ignacio:BZ Upala:CR Liberia:CR Limón:CR Paso-Canoas:CR Los-Chiles:CR
Desamparados:CR Turrialba:CR Cartago:CR La-Ceiba:HN Choluteca:HN Corinto:HN Tela:HN Danlí:HN Gracias:HN El-Progreso:HN
Comayagua:HN Tapachula:MX Chetumal:MX Palenque:MX Tenosique:MX Comitán:MX Oaxaca:MX Puebla:MX Reynosa:MX Tijuana:MX
Saltillo:MX
"""

DEEDS = (
    ("opens its counter on Saturdays too", "abre su ventanilla también los sábados"),
    ("prints a welcome in three languages", "imprime una bienvenida en tres idiomas"),
    ("counts the first thousand visits", "cuenta las primeras mil visitas"),
    ("trains interpreters for the night shift", "forma a intérpretes para el turno de noche"),
    ("draws a map of services that fits in a pocket", "dibuja un mapa de servicios que cabe en el bolsillo"),
)

SENTENCES = {
    "en": (
        "The town hall of {} agreed with the ministry and two associations on one form, one timetable, one telephone.",
        "Whoever comes to {} is asked the same four questions, and hears within a week what can be promised to them.",
        "Neighbours of {} wrote the leaflet together with the sixth grade; it says where the bus stops and who helps.",
    ),
    "es": (
        "La municipalidad de {} acordó con el ministerio y dos asociaciones un formulario, un horario y un teléfono.",
        "A quienes llegan a {} se les hacen las mismas cuatro preguntas, y en una semana saben qué se les promete.",
        "El vecindario de {} escribió el volante con el sexto grado: dice dónde para el bus y quién puede ayudar.",
    ),
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

EDITION = Edition(
    newsletter="monthly", period=JULY, state=EditionState.SENDING, sending_at=datetime(2018, 8, 5, 15, tzinfo=UTC)
)


def html_body(sentences: Sequence[str], town: str, language: str) -> str:
    heading, link = {"en": ("Open to all", "agenda for {}"), "es": ("Abierto a todos", "agenda de {}")}[language]
    url = f"{PUBLIC_URL}/agenda?town={town}&amp;month=8"
    return (
        f"<p>{sentences[0]} <strong>{sentences[1]}</strong></p><h4>{heading}</h4>"
        f'<ul><li><a href="{url}">{link.format(town)}</a></li><li>{town}</li></ul>'
        f"<blockquote><p>{sentences[2]}</p></blockquote>"
    )


def make_text(number: int, language: str, *, bare: bool) -> Text:
    """`bare`: a title and a paragraph, nothing else."""
    town = TOWNS.split()[number].split(":", maxsplit=1)[0].replace("-", " ")
    deed = DEEDS[number % len(DEEDS)][language == "es"]
    sentences = [sentence.format(town) for sentence in SENTENCES[language]]
    picture = not bare and number == 0
    return Text(
        title=f"{town} {deed}",
        paragraphs=tuple(sentences[: 1 + number % 3]),
        html=html_body(sentences, town, language) if number % 4 == 3 and not bare else None,
        summary=sentences[0] if number % 6 == 5 and not bare else None,
        link=None if bare or number % 7 == 4 else f"{PUBLIC_URL}/2018/07/{number}?from=mail&to=reader",
        image=f"{PUBLIC_URL}/pictures/{number}.jpg" if picture else None,
        image_alt="A woman reads a leaflet at a bus stop" if picture else None,
        author="Country office" if number % 5 == 0 and not bare else None,
    )


def make_item(number: int, text: Text, language: str, *, late: bool = False) -> Item:
    code = TOWNS.split()[number].split(":")[1]
    return Item(
        id=f"item-{number}-{language}",
        source="newsroom",
        place=Place("bulletins/july.txt", number + 1),
        published_on=date(2018, 6 if late else 7, 28 - number % 27),
        language=language,
        text=text,
        tags=(Tag(kind=TagKind.COUNTRY, value=code, term=code, where=TagPlace.PERSON, strength=Strength.STRONG),),
    )


def make_shown(number: int, language: str, *, bare: bool, translated: bool) -> Shown:
    """Every fifth story is in English only, every sixth is late. `translated`: a link leads to the other language."""
    spoken = "en" if number % 5 == 4 and not bare else language
    late = number % 6 == 2 and not bare
    other = "es" if spoken == "en" else "en"
    translation = replace(make_text(number, other, bare=True), link=f"{PUBLIC_URL}/{other}/{number}")
    return Shown(
        story_id=f"story-{number}",
        item=make_item(number, make_text(number, spoken, bare=bare), spoken, late=late),
        late=late,
        other=make_item(number, translation, other) if translated else None,
    )


def section_title(kind: str, value: str, language: str) -> str:
    return COUNTRIES[value][language]


def content_with(stories: Sequence[Shown], language: str) -> VariantContent:
    """The first story leads, the others stand in their country's section."""
    sections: dict[str, list[Shown]] = {}
    for shown in stories[1:]:
        sections.setdefault(next(iter(shown.item.values(TagKind.COUNTRY))), []).append(shown)
    return VariantContent(
        publisher=PUBLISHER,
        newsletter=NEWSLETTER,
        period=JULY,
        revision=1,
        language=language,
        lead=stories[0],
        sections=tuple(Section(key=key, stories=tuple(sections[key])) for key in sorted(sections)),
    )


def make_content(
    count: int = 10, language: str = "en", *, bare: bool = False, translated: bool = False
) -> VariantContent:
    stories = [make_shown(number, language, bare=bare, translated=translated) for number in range(count)]
    return content_with(stories, language)


def make_specimen(content: VariantContent, *, public: bool = True) -> Specimen:
    """The variant as a sample reader gets it. `public`: there is a public URL."""
    renderer = TemplateRenderer(None, section_title, has_public_url=public)
    composer = MessageComposer(bytes(range(32)), [content.newsletter], public_url=PUBLIC_URL if public else None)
    rendered = renderer.render(content)
    return Specimen(
        name=f"regional.{content.language}",
        title=f"Whole region – {content.language}",
        language=content.language,
        subject=rendered.subject,
        html=composer.sample_body(EDITION, rendered.html),
        text=composer.sample_body(EDITION, rendered.text),
        message=composer.sample(EDITION, rendered.message).message,
        publisher=content.publisher,
        newsletter=content.newsletter,
        public_url=PUBLIC_URL if public else None,
        story_titles=tuple(shown.item.text.title for shown in content.stories),
    )


@lru_cache(maxsize=64)
def make_mail(
    count: int = 10, language: str = "en", *, bare: bool = False, public: bool = True, template: str = "bulletin"
) -> Specimen:
    content = make_content(count, language, bare=bare)
    return make_specimen(replace(content, newsletter=replace(NEWSLETTER, template=template)), public=public)


@pytest.fixture(scope="session")
def mail() -> Callable[..., Specimen]:
    """(count, language, bare, public, template) → a clean mail."""
    return make_mail


@pytest.fixture(scope="session")
def content() -> Callable[..., VariantContent]:
    """(count, language, bare, translated) → a variant."""
    return make_content


@pytest.fixture(scope="session")
def content_of() -> Callable[..., VariantContent]:
    """(texts…) → an English variant of them; the last may be in another language."""

    def made(*texts: Text, language_of_last: str = "en") -> VariantContent:
        languages = ["en"] * (len(texts) - 1) + [language_of_last]
        items = [make_item(number, text, languages[number]) for number, text in enumerate(texts)]
        return content_with([Shown(story_id=item.id, item=item, late=False) for item in items], "en")

    return made


@pytest.fixture(scope="session")
def rendered() -> Callable[..., Specimen]:
    """(variant, public) → its mail."""
    return make_specimen


@pytest.fixture(scope="session")
def told() -> Callable[..., list[str]]:
    """(body, style) → the codes found in a page that holds only this and, before its other sheets, this style."""

    def found(body: str, style: str = "") -> list[str]:
        clean = make_mail()
        html = re.sub(
            r"(<div aria-label=[^>]*>).*(</div>\s*</body>)", lambda m: m[1] + body + m[2], clean.html, flags=re.DOTALL
        )
        html = html.replace("</head>", f"<style>{style}</style></head>", 1)
        return [finding.code for finding in check(replace(clean, html=html))]

    return found
