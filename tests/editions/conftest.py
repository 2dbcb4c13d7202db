"""A workspace with settings that are right, to be spoilt line by line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.editions.plans.plan_file import KnownNames
from digest.errors import ConfigurationError
from digest.intake.item import Item, Story
from digest.mail.content import Introduction
from digest.newsletters.newsletter import Audience, Newsletter
from digest.settings.loading import load_settings
from digest.settings.settings import Settings

SETTINGS = """\
publisher:
  name: {en: Our programme, es: Nuestro programa}
  address: Apartado Postal 100, San José
  timezone: America/Costa_Rica
sources:
  newsroom: bulletins/
audiences:
  regional: {title: {en: Whole region, es: Toda la región}, everything: true}
  guatemala:
    title: Guatemala
    countries: [GT]
newsletters:
  monthly:
    title: {en: Bulletin, es: Boletín}
    from: Bulletin <bulletin@news.example.org>
    every: month
    audiences: [regional, guatemala]
    languages: [en, es]
"""


@pytest.fixture
def right() -> str:
    return SETTINGS


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Settings]:
    """Load settings from a text; each pair of texts is replaced first."""

    def load(*changes: tuple[str, str], settings: str = SETTINGS, **known: object) -> Settings:
        for old, new in changes:
            assert old in settings
            settings = settings.replace(old, new, 1)
        path = tmp_path / "digest.yaml"
        path.write_text(settings, encoding="utf-8")
        return load_settings(path, **known)  # type: ignore[arg-type] # whatever a test knows

    return load


@pytest.fixture
def refused(load: Callable[..., Settings]) -> Callable[..., list[str]]:
    """The lines with which the settings are refused."""

    def refused(*changes: tuple[str, str], **known: object) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            load(*changes, **known)
        return str(caught.value).splitlines()

    return refused


@pytest.fixture
def monthly(newsletter: Callable[..., Newsletter], audience: Callable[..., Audience]) -> Newsletter:
    return newsletter(audience("regional", everything=True), audience("guatemala", countries="GT"))


@pytest.fixture(scope="session")
def known(item: Callable[..., Item], story: Callable[..., Story]) -> KnownNames:
    """What the plan of July may name: five stories of July, and two of other months with the same beginnings."""

    def one(id_: str, title: str, on: str = "2018-07-06", **more: object) -> Story:
        return story(item(title, on, id=id_, **more))

    pair = story(item("Hub opens", id="aaaa1111bbbb2222"), item("Abre el centro", id="cccc1111bbbb2222", language="es"))
    return KnownNames(
        edition="monthly/2018-07",
        languages=("en", "es"),
        stories=(
            pair,
            one("0012345612345678", "Leading zeros"),
            one("12345678e1234567", "An exponent"),
            one("1234567890123456", "A number: with a colon # and a hash"),
            one("abcd0000abcd0000", "Ñandú 🚌 «x»", language="es"),
            one("abcd1111abcd1111", "June", "2018-06-01"),
            one("aaaa9999aaaa9999", "August", "2018-08-01"),
        ),
        elsewhere={
            "abcd1111abcd1111": "was decided in monthly/2018-06 already; take it out of this plan",
            "aaaa9999aaaa9999": "has its turn in 2018-08; it belongs into plans/monthly/2018-08.yaml",
        },
        countries=frozenset({"GT", "HN", "MX"}),
        topics=frozenset({"children", "health"}),
        markdown=lambda text: Introduction(paragraphs=tuple(text.strip().split("\n"))),
    )
