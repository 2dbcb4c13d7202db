"""Public holidays by country and region, from the `holidays` library, which is loaded only where a schedule names one.

It knows the years up to 2100; later ones have none.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from digest.model.schedule import Holidays


def holiday_name(holidays: Holidays, day: date) -> str | None:
    """In English; `None` when it is none. Days on which a holiday is observed instead of a Sunday count."""
    return _names(holidays.country, holidays.region, day.year).get(day)


@lru_cache(maxsize=1)
def known_countries() -> frozenset[str]:
    """Codes of ISO 3166-1 with two letters."""
    from holidays.registry import COUNTRIES

    return frozenset(names[1] for names in COUNTRIES.values())


def known_regions(country: str) -> Sequence[str]:
    """Codes as in ISO 3166-2, without the country. `country` is one of `known_countries`."""
    from holidays import country_holidays

    return tuple(country_holidays(country).subdivisions)


@lru_cache(maxsize=2048)
def _names(country: str, region: str | None, year: int) -> Mapping[date, str]:
    from holidays import country_holidays

    return dict(country_holidays(country, subdiv=region, years=year, expand=False, language="en_US"))
