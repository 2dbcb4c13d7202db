"""A workspace with settings that are right, to be spoilt line by line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.config.loading import Settings, load_settings
from digest.errors import ConfigurationError
from digest.model.audience import Audience
from digest.model.newsletter import Newsletter

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
