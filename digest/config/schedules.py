"""Schedules in `digest.yaml`: what the keys of a newsletter say together, and what clashes."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from digest.config.keys import HolidayKeys, NewsletterKeys
from digest.config.languages import country_code
from digest.config.mistakes import Mistake
from digest.config.texts import calendar_date
from digest.foundation.words import did_you_mean, listed, quoted
from digest.model.schedule import Covers, CronDays, Holidays, Schedule, Shift
from digest.policy.public_holidays import known_countries, known_regions
from digest.policy.rhythm import CALENDAR, ClashError, Rhythm, read_review_time, read_rhythm
from digest.policy.timetable import timetable

SINCE = date(2018, 1, 1)  # a schedule must go out at least once in the forty years from here
FEW = 20


def schedule(keys: NewsletterKeys, publisher_zone: ZoneInfo) -> Schedule:
    """Of keys in which `schedule_mistakes` finds none."""
    rhythm = read_rhythm(keys.every, keys.send, keys.covers, keys.starts_on)
    return Schedule(
        kind=rhythm.kind,
        zone=keys.timezone or publisher_zone,
        text=rhythm.text,
        days=rhythm.days,
        time=rhythm.time,
        covers=rhythm.covers,
        skip=frozenset(keys.skip),
        holidays=None if keys.holidays is None else _holidays(keys.holidays),
        catch_up=keys.catch_up,
        catch_up_for=keys.catch_up_for,
        not_after=keys.not_after,
        review=None if keys.review_at is None else read_review_time(keys.every, keys.review_at),
    )


def _holidays(keys: HolidayKeys) -> Holidays:
    return Holidays(country=keys.country.upper(), region=keys.region, shift=keys.shift)


def schedule_mistakes(path: tuple[str | int, ...], newsletter: Mapping[str, Any]) -> Iterator[Mistake]:
    """`newsletter` is one as it was written. What has the wrong shape is passed over, as pydantic says that."""
    every, review_at = newsletter.get("every"), newsletter.get("review_at")
    written = newsletter.get("holidays")
    holidays = {"country": written} if isinstance(written, str) else written
    mistakes = list(_holiday_mistakes((*path, "holidays"), holidays)) if isinstance(holidays, dict) else []
    yield from mistakes
    try:
        rhythm = _rhythm(newsletter)
    except ClashError as error:
        hint = did_you_mean(every, CALENDAR) if error.key == "every" and every and every not in CALENDAR else ""
        yield Mistake((*path, error.key), f"{error}{hint}")
        return
    if rhythm is not None and not mistakes and _never_fires(rhythm, newsletter, holidays):
        said = "never goes out: every date it names is a holiday or skipped"
        yield Mistake((*path, "send" if newsletter.get("send") else "every"), said)
    if isinstance(review_at, str):
        try:
            read_review_time(every if isinstance(every, str) else None, review_at)
        except ValueError as error:
            yield Mistake((*path, "review_at"), str(error))


def _rhythm(newsletter: Mapping[str, Any]) -> Rhythm | None:
    every, send, covers = (newsletter.get(key) for key in ("every", "send", "covers"))
    if not all(value is None or isinstance(value, str) for value in (every, send, covers)):
        return None
    return read_rhythm(every, send, Covers(covers) if covers in tuple(Covers) else None)


def _never_fires(rhythm: Rhythm, newsletter: Mapping[str, Any], holidays: object) -> bool:
    """Only cron lines and skipped holidays can leave no date at all."""
    found = None
    if isinstance(holidays, dict) and holidays.get("shift") == Shift.SKIP and isinstance(holidays.get("country"), str):
        region = holidays.get("region")
        found = Holidays(country=holidays["country"].upper(), region=region or None, shift=Shift.SKIP)
    if found is None and not isinstance(rhythm.days, CronDays):
        return False
    plan = Schedule(kind=rhythm.kind, zone=ZoneInfo("UTC"), days=rhythm.days, skip=_dates(newsletter), holidays=found)
    return not timetable(plan).ever_fires(SINCE)


def _dates(newsletter: Mapping[str, Any]) -> frozenset[date]:
    skip = newsletter.get("skip")
    found = set()
    for text in skip if isinstance(skip, list) else [skip]:
        try:
            found.add(calendar_date(str(text)))
        except ValueError:  # pydantic says so
            continue
    return frozenset(found)


def _holiday_mistakes(path: tuple[str | int, ...], holidays: Mapping[str, Any]) -> Iterator[Mistake]:
    country, region = holidays.get("country"), holidays.get("region")
    if not isinstance(country, str):
        return
    code = country.strip().upper()
    if code not in known_countries():
        meant = country_code(country, known_countries())
        hint = f", did you mean '{meant}'?" if meant else did_you_mean(code, known_countries()) or ": write it as CR"
        yield Mistake((*path, "country"), f"no holidays are known of a country {quoted(country)}{hint}")
    elif isinstance(region, str) and region not in (known := known_regions(code)):
        few = (
            f"; there is {listed(known[:FEW], 'and')}" if known else f": the holidays of {code} are the same everywhere"
        )
        said = f"no region {quoted(region)} of {code} is known{did_you_mean(region, known) or few}"
        yield Mistake((*path, "region"), said)
