"""Schedules in `digest.yaml`: what the keys of a newsletter say together, and what clashes."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from digest.foundation.mistakes import Mistake
from digest.foundation.values import (
    EVERYWHERE,
    Day,
    Days,
    Duration,
    Keys,
    Line,
    MailAddress,
    Mailboxes,
    Names,
    PostalAddress,
    Reviewers,
    Slug,
    Texts,
    Website,
    Zone,
    calendar_date,
    country_code,
    one_line,
)
from digest.foundation.words import did_you_mean, listed, quoted
from digest.newsletters.colours import (
    COMFORTABLE,
    DARK,
    LEGIBLE,
    LIGHT,
    least_contrast,
    nearest_darker,
    nearest_lighter,
)
from digest.newsletters.days import known_countries, known_regions
from digest.newsletters.newsletter import (
    Approval,
    Audience,
    Brand,
    Criteria,
    Localised,
    Logo,
    Newsletter,
    ReviewRule,
    SectionsBy,
    Typeface,
    Unanswered,
)
from digest.newsletters.schedule import CatchUp, Covers, CronDays, Holidays, Schedule, Shift
from digest.newsletters.sentences import CALENDAR, ClashError, Rhythm, read_review_time, read_rhythm
from digest.newsletters.timetable import timetable

# -- Rules for what mails look like: colours that can be read, images that every mail program shows.

WIDEST = 552  # pixels: the column of the shipped template sets
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")
_ADDRESS = re.compile(r"https://[^\s<>\"']+")
_NOT_SHOWN = (".svg", ".webp", ".avif")


def colour(text: str) -> str:
    """`#0B5A64`, `0b5a64` or `#abc` as `#rrggbb`."""
    found = _HEX.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"must be a colour such as '#0b5a64', not {quoted(text)}")
    digits = found[1]
    return f"#{digits if len(digits) == 6 else ''.join(2 * digit for digit in digits)}"  # noqa: PLR2004 – rrggbb


def light_accent(text: str) -> str:
    """A colour that can be read on the light page and its foot."""
    read = colour(text)
    return _legible(
        read, LIGHT, "light page", f"the nearest darker colour that passes is '{nearest_darker(read, LIGHT)}'"
    )


def dark_accent(text: str) -> str:
    """A colour that can be read on the dark page and its foot."""
    read = colour(text)
    return _legible(
        read, DARK, "dark page", f"the nearest lighter colour that passes is '{nearest_lighter(read, DARK)}'"
    )


def logo_address(text: str) -> str:
    """An https address of an image that mail programs show."""
    address = one_line(text, longest=500)
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"must be an address that begins with https://, not {quoted(address)}")
    if address.lower().split("?")[0].endswith(_NOT_SHOWN):
        raise ValueError("must be a PNG or JPEG: many mail programs show no SVG, WebP or AVIF")
    return address


def _legible(read: str, backgrounds: tuple[str, ...], where: str, remedy: str) -> str:
    found = least_contrast(read, backgrounds)
    if found < LEGIBLE:
        shown = int(found * 10) / 10  # never rounded up to what would pass
        raise ValueError(
            f"'{read}' is hard to read on the {where}: its contrast is {shown}, and {LEGIBLE} is needed; {remedy}"
        )
    return read


LightAccent = Annotated[str, AfterValidator(light_accent)]
DarkAccent = Annotated[str, AfterValidator(dark_accent)]
LogoAddress = Annotated[str, AfterValidator(logo_address)]


class LogoKeys(Keys):
    model_config = ConfigDict(title="Logo")

    url: LogoAddress = Field(description="Where the image lies: https, PNG or JPEG.")
    width: Annotated[StrictInt, Field(ge=16, le=WIDEST)] = Field(
        default=180, description="How wide readers see it, in pixels; half its own width looks sharp."
    )
    alt: Texts = Field(description="What is read where no image is shown, in each language: mostly the name.")


class BrandKeys(Keys):
    model_config = ConfigDict(title="Brand")

    accent: LightAccent = Field(default=Brand().accent, description="The colour of links and headings, in quotes.")
    accent_dark: DarkAccent | None = Field(
        default=None, description="The same in dark mode. Left out: accent, lightened until it is easily read."
    )
    font: Typeface = Field(default=Typeface.SERIF, description="The typeface of the titles: serif or sans.")
    logo: LogoKeys | None = Field(default=None, description="The image at the head of every mail.")
    footer: Texts | None = Field(default=None, description="A line for the foot of every mail, in each language.")


class PublisherKeys(Keys):
    model_config = ConfigDict(title="Publisher")

    name: Texts = Field(description="Who publishes the newsletters, in each language.")
    address: PostalAddress = Field(description="The postal address, printed at the foot of every mail.")
    website: Website | None = Field(default=None, description="Your website, linked at the foot of every mail.")
    timezone: Zone = Field(description="The time zone of all times in this file, such as America/Costa_Rica.")
    brand: BrandKeys = Field(default=BrandKeys(), description="What the mails look like.")


class RuleKeys(Keys):
    model_config = ConfigDict(title="Rule")

    countries: Names = Field(default=[], description="Country codes, such as [GT, HN]: any of them fits.")
    topics: Names = Field(default=[], description="Topics of the taxonomy, such as [health]: any of them fits.")
    sources: Names = Field(default=[], description="Names of sources: any of them fits.")
    languages: Names = Field(default=[], description="Languages a story exists in: any of them fits.")


class AudienceKeys(RuleKeys):
    model_config = ConfigDict(title="Audience")

    title: Texts = Field(description="What readers see, in each language.")
    everything: StrictBool = Field(default=False, description="true: every story, whatever its country and topic.")
    exclude: RuleKeys = Field(default=RuleKeys(), description="Stories that fit one of these are left out.")
    strength: Literal["strong", "weak"] = Field(
        default="weak", description="strong: count only countries and topics which a person gave or the title names."
    )


class ReviewKeys(Keys):
    model_config = ConfigDict(title="Review")

    to: Reviewers = Field(description="Who reviews the part: Name <address>, one or several.")
    then: Unanswered = Field(
        default=Unanswered.HOLD,
        description="What silence means at the sending time: hold (wait for a person), send (the part goes as it is), "
        "leave-out (the others go without it) or skip (nothing goes).",
    )


def _reviewers_alone(written: Any) -> Any:
    return {"to": written} if isinstance(written, str | list) else written


class HolidayKeys(Keys):
    model_config = ConfigDict(title="Holidays")

    country: Line = Field(description="The country whose public holidays count, such as CR.")
    region: Line | None = Field(default=None, description="A part of it with holidays of its own, such as BY in DE.")
    shift: Shift = Field(
        default=Shift.AFTER, description="Where a sending goes that falls on one: before, after, or skip."
    )


def _country_alone(written: Any) -> Any:
    return {"country": written} if isinstance(written, str) else written


class NewsletterKeys(Keys):
    model_config = ConfigDict(title="Newsletter")

    title: Texts = Field(description="The title, in each language.")
    sender: Mailboxes = Field(alias="from", description="Name <address> the mail comes from, one or one per language.")
    reply_to: MailAddress | None = Field(default=None, description="The address at which readers' answers arrive.")
    every: Line | None = Field(
        default=None, description="How often: day, week, month, quarter, '2 weeks', or a cron line such as '0 9 5 * *'."
    )
    send: Line | None = Field(
        default=None,
        description="When it goes out: 'day 5 at 09:00', 'first monday at 08:00', 'last working day at 17:00'.",
    )
    covers: Covers | None = Field(
        default=None,
        description="The news of a mail: previous (the period before it goes out) or since-last (since the last mail).",
    )
    timezone: Zone | None = Field(default=None, description="The time zone of its times. Left out: the publisher's.")
    skip: Days = Field(default=[], description="Dates on which nothing goes out, such as [2026-12-25].")
    holidays: (
        Annotated[HolidayKeys, BeforeValidator(_country_alone, json_schema_input_type=str | HolidayKeys)] | None
    ) = Field(default=None, description="Move what would go out on a public holiday: a country code such as CR.")
    catch_up: CatchUp = Field(
        default=CatchUp.LATEST, description="Which sendings that were missed are made up for: latest, all or none."
    )
    catch_up_for: Duration | None = Field(
        default=None, description="A sending missed by more is passed over: '10 days'. Left out: 3 periods."
    )
    not_after: Duration | None = Field(
        default=None, description="An edition that waits longer is not sent any more: '7 days'. Left out: 3 periods."
    )
    review_at: Line | None = Field(
        default=None, description="When reviewers get their mail, the last time before the sending: 'day 3 at 09:00'."
    )
    audiences: Names = Field(min_length=1, description="The audiences readers can choose, in this order.")
    languages: Names = Field(min_length=1, description="The languages it appears in, such as [en, es].")
    approval: Approval = Field(
        default=Approval.REQUIRED, description="required: a person approves every edition. Or none."
    )
    reviewers: dict[
        str,
        Annotated[ReviewKeys, BeforeValidator(_reviewers_alone, json_schema_input_type=str | list[str] | ReviewKeys)],
    ] = Field(default={}, description="Who looks at the mails of an audience before they go: audience and people.")
    then: Unanswered = Field(
        default=Unanswered.HOLD,
        description="What silence means for audiences without reviewers, when others have some: as in reviewers.",
    )
    template: Slug = Field(default="bulletin", description="The look: the name of a set of templates.")
    sections: SectionsBy = Field(
        default=SectionsBy.COUNTRY, description="How stories are grouped: by country, topic or none."
    )
    late_for: Annotated[StrictInt, Field(ge=0, le=1000)] = Field(
        default=2, description="How many periods late a story may still come."
    )
    starts_on: Day | None = Field(default=None, description="News before this day (year-month-day) is left alone.")
    max_variants: Annotated[StrictInt, Field(ge=1, le=100_000)] = Field(
        default=500, description="The building stops when an edition needs more different mails than this."
    )


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


def _brand(keys: BrandKeys) -> Brand:
    logo = keys.logo
    plain = Brand()
    dark = plain.accent_dark if keys.accent == plain.accent else nearest_lighter(keys.accent, DARK, COMFORTABLE)
    return Brand(
        accent=keys.accent,
        accent_dark=keys.accent_dark or dark,
        font=keys.font,
        logo=None if logo is None else Logo(url=logo.url, width=logo.width, alt=_localised(logo.alt)),
        footer=None if keys.footer is None else _localised(keys.footer),
    )


def _audience(name: str, keys: AudienceKeys) -> Audience:
    return Audience(
        name=name,
        title=_localised(keys.title),
        everything=keys.everything,
        include=_criteria(keys),
        exclude=_criteria(keys.exclude),
        only_strong=keys.strength == "strong",
    )


def _newsletter(name: str, keys: NewsletterKeys, audiences: Mapping[str, Audience], zone: ZoneInfo) -> Newsletter:
    return Newsletter(
        name=name,
        title=_localised(keys.title),
        sender={language: keys.sender.get(language) or keys.sender[EVERYWHERE] for language in keys.languages},
        reply_to=keys.reply_to,
        schedule=schedule(keys, zone),
        audiences=tuple(audiences[name] for name in keys.audiences),
        languages=tuple(keys.languages),
        approval=keys.approval,
        reviews={
            audience: ReviewRule(reviewers=tuple(review.to), then=review.then)
            for audience, review in keys.reviewers.items()
        },
        then=keys.then,
        template=keys.template,
        sections=keys.sections,
        late_for=keys.late_for,
        starts_on=keys.starts_on,
        max_variants=keys.max_variants,
    )


def _criteria(keys: RuleKeys) -> Criteria:
    return Criteria(
        countries=frozenset(keys.countries),
        topics=frozenset(keys.topics),
        sources=frozenset(keys.sources),
        languages=frozenset(keys.languages),
    )


def _localised(texts: Mapping[str, str]) -> Localised:
    own = {language: text for language, text in texts.items() if language != EVERYWHERE}
    return Localised(own, texts.get(EVERYWHERE))
