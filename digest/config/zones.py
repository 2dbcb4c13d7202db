"""Time zones by their names in the IANA database."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from digest.foundation.words import did_you_mean, quoted

_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


def time_zone(text: str) -> ZoneInfo:
    """Raise `ValueError` with the nearest zone: `Costa Rica` is near `America/Costa_Rica`."""
    if _NAME.fullmatch(text):
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the database is an OSError
            pass
    raise ValueError(f"there is no time zone {quoted(text)}{_nearest(text) or ': write it as in America/Costa_Rica'}")


def _nearest(text: str) -> str:
    zones = sorted(available_timezones())
    city = text.strip().replace(" ", "_").lower()
    same_city = [zone for zone in zones if zone.lower().endswith(f"/{city}")]
    if same_city:
        return did_you_mean(same_city[0], same_city[:1])
    return did_you_mean(city, zones)
