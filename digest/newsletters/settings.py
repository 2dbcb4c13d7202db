"""`publisher:`, `audiences:` and `newsletters:` in `digest.yaml`: keys, what is made of them, what clashes."""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from digest.foundation.addresses import NamedAddress
from digest.foundation.catalogue import _, later
from digest.foundation.mistakes import KeyPath, Mistake, bad_names, mapping, texts, unknown
from digest.foundation.names import COUNTRY
from digest.foundation.values import (
    ONE_OR_MORE,
    Day,
    Duration,
    Keys,
    Line,
    MailAddress,
    Names,
    Slug,
    Zone,
    calendar_date,
    country_code,
    each_once,
    one_line,
    web_address,
)
from digest.foundation.words import did_you_mean, listed, quoted
from digest.newsletters.brand_settings import BrandKeys, brand_mistakes, brand_of
from digest.newsletters.days import known_countries, known_regions
from digest.newsletters.newsletter import (
    Approval,
    Audience,
    Criteria,
    Newsletter,
    Publisher,
    ReviewRule,
    SectionsBy,
    Thin,
    ThinEdition,
    ThinMail,
    Unanswered,
    Welcome,
)
from digest.newsletters.schedule import CatchUp, Covers, CronDays, Holidays, Schedule, Shift
from digest.newsletters.sentences import CALENDAR, ClashError, Rhythm, read_review_time, read_rhythm
from digest.newsletters.texts import EVERYWHERE, Mailboxes, OneMailbox, Texts, UprightTexts, localised, text_mistakes
from digest.newsletters.timetable import timetable


def _website(text: str) -> str:
    """A page for people."""
    wrong = _("must be the address of a page, such as https://bulletin.example.org")
    text = web_address(one_line(text), wrong)
    if "@" in text:
        raise ValueError(wrong)
    return text


def _in_one_line(text: str) -> str:
    """Lines joined with commas."""
    return one_line(", ".join(line.strip().rstrip(",") for line in text.splitlines() if line.strip()))


def _each_person_once(people: list[NamedAddress]) -> list[NamedAddress]:
    each_once([person.address.lower() for person in people])
    return people


def _country_alone(written: Any) -> Any:
    return {"country": written} if isinstance(written, str) else written


def _reviewers_alone(written: Any) -> Any:
    return {"to": written} if isinstance(written, str | list) else written


Website = Annotated[str, AfterValidator(_website)]
PostalAddress = Annotated[str, AfterValidator(_in_one_line)]
Days = Annotated[list[Day], ONE_OR_MORE]
Reviewers = Annotated[list[OneMailbox], Field(min_length=1), AfterValidator(_each_person_once), ONE_OR_MORE]


class PublisherKeys(Keys):
    model_config = ConfigDict(title="Publisher")

    name: UprightTexts = Field(description="Who publishes the newsletters, in each language.")
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


class RemindKeys(Keys):
    model_config = ConfigDict(title="Reminders")

    to: Reviewers = Field(description="Who is told that an edition waits: Name <address>, one or several.")
    at: Annotated[list[Line], Field(min_length=1), ONE_OR_MORE] = Field(
        description="When, each the last time before the sending: 'day 3 at 09:00', or several."
    )


class HolidayKeys(Keys):
    model_config = ConfigDict(title="Holidays")

    country: Line = Field(description="The country whose public holidays count, such as CR.")
    region: Line | None = Field(default=None, description="A part of it with holidays of its own, such as BY in DE.")
    shift: Shift = Field(
        default=Shift.AFTER, description="Where a sending goes that falls on one: before, after, or skip."
    )


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
    catch_up: CatchUp | None = Field(
        default=None,
        description="What becomes of editions that were missed: latest (it is made, with the stories of the others), "
        "all (each is made) or none (their stories are given up). Left out: a person is asked.",
    )
    catch_up_for: Duration | None = Field(
        default=None, description="A sending missed by more is not made any more: '10 days'. Left out: 3 periods."
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
    approvers: list[Line] = Field(
        default=[], description="Who may approve an edition, by the names they give. Left out: everybody."
    )
    remind: RemindKeys | None = Field(
        default=None, description="A mail to staff before the sending, while nobody has approved the edition."
    )
    template: Slug = Field(default="bulletin", description="The look: the name of a set of templates.")
    sections: SectionsBy = Field(
        default=SectionsBy.COUNTRY, description="How stories are grouped: by country, topic or none."
    )
    late_for: Annotated[StrictInt, Field(ge=0, le=1000)] = Field(
        default=2,
        description="How many periods late a story may still come in; none that was there in time is ever too old.",
    )
    minimum_stories: Annotated[StrictInt, Field(ge=1, le=1000)] = Field(
        default=1, description="An edition with fewer stories is thin."
    )
    thin_edition: ThinEdition = Field(
        default=ThinEdition.SEND,
        description="What becomes of a thin edition: send, or defer (nothing goes out; its stories wait for the next).",
    )
    minimum_stories_per_mail: Annotated[StrictInt, Field(ge=1, le=1000)] = Field(
        default=1, description="A mail with fewer stories is thin: little concerns what its readers chose."
    )
    thin_mail: ThinMail = Field(
        default=ThinMail.SEND,
        description="What becomes of a thin mail: send, nothing (its readers get none; a story that no other mail has "
        "waits, the others stay open for them), or fall-back (it has the stories of another audience besides, and says "
        "why).",
    )
    fall_back: Slug | None = Field(
        default=None, description="With thin_mail: fall-back: the audience whose stories a thin mail has besides."
    )
    welcome: Welcome = Field(
        default=Welcome.NOTHING,
        description="What somebody gets who signed up, or whom you added by hand: nothing until the next edition, or "
        "latest (the edition that went out last, once).",
    )
    starts_on: Day | None = Field(default=None, description="News before this day (year-month-day) is left alone.")
    max_variants: Annotated[StrictInt, Field(ge=1, le=100_000)] = Field(
        default=500, description="The building stops when an edition needs more different mails than this."
    )


# -- What is made of keys that hold no mistake.


def publisher_of(keys: PublisherKeys) -> Publisher:
    return Publisher(
        name=localised(keys.name),
        address=keys.address,
        website=keys.website,
        timezone=keys.timezone,
        brand=brand_of(keys.brand),
    )


def audience_of(name: str, keys: AudienceKeys) -> Audience:
    return Audience(
        name=name,
        title=localised(keys.title),
        everything=keys.everything,
        include=_criteria(keys),
        exclude=_criteria(keys.exclude),
        only_strong=keys.strength == "strong",
    )


def newsletter_of(
    name: str, keys: NewsletterKeys, audiences: Mapping[str, Audience], publisher: Publisher
) -> Newsletter:
    return Newsletter(
        name=name,
        title=localised(keys.title),
        sender={language: keys.sender.get(language) or keys.sender[EVERYWHERE] for language in keys.languages},
        reply_to=keys.reply_to,
        schedule=_schedule(keys, publisher.timezone),
        audiences=tuple(audiences[name] for name in keys.audiences),
        languages=tuple(keys.languages),
        approval=keys.approval,
        reviews={
            audience: ReviewRule(reviewers=tuple(review.to), then=review.then)
            for audience, review in keys.reviewers.items()
        },
        then=keys.then,
        approvers=tuple(keys.approvers),
        template=keys.template,
        sections=keys.sections,
        late_for=keys.late_for,
        thin=Thin(
            least=keys.minimum_stories,
            edition=keys.thin_edition,
            least_per_mail=keys.minimum_stories_per_mail,
            mail=keys.thin_mail,
            fall_back=keys.fall_back,
        ),
        welcome=keys.welcome,
        reminded=tuple(keys.remind.to) if keys.remind else (),
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


def _schedule(keys: NewsletterKeys, publisher_zone: ZoneInfo) -> Schedule:
    rhythm = read_rhythm(keys.every, keys.send, keys.covers, keys.starts_on)
    return Schedule(
        kind=rhythm.kind,
        zone=keys.timezone or publisher_zone,
        text=rhythm.text,
        days=rhythm.days,
        time=rhythm.time,
        covers=rhythm.covers,
        skip=frozenset(keys.skip),
        holidays=None
        if keys.holidays is None
        else Holidays(country=keys.holidays.country.upper(), region=keys.holidays.region, shift=keys.holidays.shift),
        catch_up=keys.catch_up,
        catch_up_for=keys.catch_up_for,
        not_after=keys.not_after,
        review=None if keys.review_at is None else read_review_time(keys.every, keys.review_at),
        reminders=tuple(read_review_time(keys.every, at) for at in keys.remind.at) if keys.remind else (),
    )


# -- What clashes inside these sections, and what they name that exists nowhere.


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownElsewhere:
    """What newsletters and audiences may name. `None`: nobody knows, so nothing is checked."""

    languages: Collection[str]
    sources: Collection[str]
    countries: AbstractSet[str] | None
    topics: AbstractSet[str] | None


def newsletter_mistakes(
    publisher: Mapping[str, Any], audiences: Mapping[str, Any], newsletters: Mapping[str, Any], known: KnownElsewhere
) -> Iterator[Mistake]:
    """The sections as they were written."""
    yield from bad_names("audiences", audiences)
    yield from bad_names("newsletters", newsletters)
    yield from brand_mistakes(mapping(publisher.get("brand")))
    for name, audience in audiences.items():
        if isinstance(audience, dict):
            yield from _audience_mistakes(("audiences", name), audience, known)
    for name, newsletter in newsletters.items():
        path, keys = ("newsletters", name), mapping(newsletter)
        yield from unknown((*path, "audiences"), keys.get("audiences"), later("there is no audience {name}"), audiences)
        yield from unknown(
            (*path, "languages"), keys.get("languages"), later("there is no language {name}"), known.languages
        )
        yield from _review_mistakes(path, keys)
        yield from _thin_mistakes(path, keys)
        yield from schedule_mistakes(path, keys)
    yield from _text_mistakes(publisher, audiences, newsletters, known.languages)


def _audience_mistakes(path: KeyPath, audience: Mapping[str, Any], known: KnownElsewhere) -> Iterator[Mistake]:
    asked = [field for field in RuleKeys.names() if audience.get(field)]
    if audience.get("everything") is True and asked:
        yield Mistake(
            (*path, asked[0]), _("has no effect beside 'everything: true'; take one of them out"), at_key=True
        )
    elif not asked and audience.get("everything") in (None, False) and audience.keys() <= {*AudienceKeys.names()}:
        yield Mistake(
            path, _("has no rule: add countries, topics, sources or languages, or 'everything: true'"), at_key=True
        )
    for place, rule in (path, audience), ((*path, "exclude"), mapping(audience.get("exclude"))):
        yield from _country_mistakes((*place, "countries"), rule.get("countries"), known.countries)
        yield from unknown((*place, "topics"), rule.get("topics"), later("there is no topic {name}"), known.topics)
        yield from unknown((*place, "sources"), rule.get("sources"), later("there is no source {name}"), known.sources)
        yield from unknown(
            (*place, "languages"), rule.get("languages"), later("there is no language {name}"), known.languages
        )


def _country_mistakes(path: KeyPath, written: object, known: AbstractSet[str] | None) -> Iterator[Mistake]:
    for position, code in texts(written):
        if COUNTRY.fullmatch(code) is None or (known is not None and code not in known):
            meant = country_code(code, known)
            said = _("{code} is no country code").format(code=quoted(code))
            said += did_you_mean(meant, [meant]) if meant else _(": write two capital letters, such as GT")
            yield Mistake((*path, position), said)


def _review_mistakes(path: KeyPath, newsletter: Mapping[str, Any]) -> Iterator[Mistake]:
    own = [name for _, name in texts(newsletter.get("audiences"))]
    reviewers = mapping(newsletter.get("reviewers"))
    for name in reviewers:
        yield from unknown(
            (*path, "reviewers", name), name, later("there is no audience of this newsletter {name}"), own, at_key=True
        )
    if newsletter.get("remind") and newsletter.get("approval") == "none":
        yield Mistake((*path, "remind"), _("has no effect with 'approval: none'; take one of them out"), at_key=True)
    if newsletter.get("approvers") and newsletter.get("approval") == "none":
        yield Mistake((*path, "approvers"), _("has no effect with 'approval: none'; take one of them out"), at_key=True)
    if not reviewers and newsletter.get("then") in ("send", "skip", "leave-out"):
        yield Mistake((*path, "then"), _("has no effect without 'reviewers'; take it out"), at_key=True)


def _thin_mistakes(path: KeyPath, newsletter: Mapping[str, Any]) -> Iterator[Mistake]:
    own = [name for _, name in texts(newsletter.get("audiences"))]
    thin_mail, least = newsletter.get("thin_mail"), newsletter.get("minimum_stories_per_mail", 1)
    if newsletter.get("thin_edition") == "defer" and newsletter.get("minimum_stories", 1) == 1:
        yield Mistake((*path, "thin_edition"), _("has no effect without 'minimum_stories'; add how many"), at_key=True)
    elif newsletter.get("thin_edition") == "defer" and not _has_sending_time(newsletter):
        said = _("needs 'send': without a sending time no edition is ever closed, and its stories would wait for ever")
        yield Mistake((*path, "thin_edition"), said, at_key=True)
    if thin_mail == "nothing" and least == 1:
        said = _("has no effect without 'minimum_stories_per_mail': a mail without any story never goes")
        yield Mistake((*path, "thin_mail"), said, at_key=True)
    if thin_mail == "fall-back" and newsletter.get("fall_back") is None:
        yield Mistake(
            (*path, "thin_mail"), _("needs 'fall_back': the audience whose stories are to be in it"), at_key=True
        )
    if newsletter.get("fall_back") is not None:
        if thin_mail != "fall-back":
            yield Mistake((*path, "fall_back"), _("has no effect without 'thin_mail: fall-back'"), at_key=True)
        yield from unknown(
            (*path, "fall_back"), newsletter["fall_back"], later("there is no audience of this newsletter {name}"), own
        )


def _has_sending_time(newsletter: Mapping[str, Any]) -> bool:
    try:
        rhythm = _rhythm(newsletter)
    except ClashError:  # said elsewhere
        return True
    return rhythm is None or rhythm.days is not None


def _text_mistakes(
    publisher: Mapping[str, Any],
    audiences: Mapping[str, Any],
    newsletters: Mapping[str, Any],
    languages: Collection[str],
) -> Iterator[Mistake]:
    """Of every text that newsletters show, in the languages of those newsletters."""
    brand = mapping(publisher.get("brand"))
    of_publisher: dict[KeyPath, object] = {
        ("publisher", "name"): publisher.get("name"),
        ("publisher", "brand", "footer"): brand.get("footer"),
        ("publisher", "brand", "logo", "alt"): mapping(brand.get("logo")).get("alt"),
    }
    found = dict(of_publisher)
    found |= {("audiences", name, "title"): mapping(audience).get("title") for name, audience in audiences.items()}
    wanted: dict[KeyPath, list[str]] = {}
    for name, newsletter in newsletters.items():
        keys = mapping(newsletter)
        own: dict[KeyPath, object] = {("newsletters", name, key): keys.get(key) for key in ("title", "from")}
        found |= own
        chosen = [("audiences", audience, "title") for _, audience in texts(keys.get("audiences"))]
        for path in (*of_publisher, *own, *chosen):
            wanted.setdefault(path, []).extend(language for _, language in texts(keys.get("languages")))
    for path, text in found.items():
        yield from text_mistakes(path, text, wanted.get(path, ()), languages)


_SINCE = date(2018, 1, 1)  # a schedule must go out at least once in the forty years from here
_FEW = 20


def schedule_mistakes(path: KeyPath, newsletter: Mapping[str, Any]) -> Iterator[Mistake]:
    """`newsletter` is one as it was written. What has the wrong shape is passed over, as pydantic says that."""
    every, review_at = newsletter.get("every"), newsletter.get("review_at")
    holidays = _country_alone(newsletter.get("holidays"))
    mistakes = list(_holiday_mistakes((*path, "holidays"), holidays)) if isinstance(holidays, dict) else []
    yield from mistakes
    try:
        rhythm = _rhythm(newsletter)
    except ClashError as error:
        hint = did_you_mean(every, CALENDAR) if error.key == "every" and every and every not in CALENDAR else ""
        yield Mistake((*path, error.key), f"{error}{hint}")
        return
    if rhythm is not None and not mistakes and _never_fires(rhythm, newsletter, holidays):
        said = _("never goes out: every date it names is a holiday or skipped")
        yield Mistake((*path, "send" if newsletter.get("send") else "every"), said)
    remind = mapping(newsletter.get("remind")).get("at")
    times: dict[KeyPath, object] = {
        ("review_at",): review_at,
        ("remind", "at"): remind if isinstance(remind, str) else None,
    }
    if isinstance(remind, list):
        times |= {("remind", "at", place): each for place, each in enumerate(remind)}
    for place, written in times.items():
        if isinstance(written, str):
            try:
                read_review_time(every if isinstance(every, str) else None, written)
            except ValueError as error:
                yield Mistake((*path, *place), str(error))


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
    return not timetable(plan).ever_fires(_SINCE)


def _dates(newsletter: Mapping[str, Any]) -> frozenset[date]:
    skip = newsletter.get("skip")
    found = set()
    for text in skip if isinstance(skip, list) else [skip]:
        try:
            found.add(calendar_date(str(text)))
        except ValueError:  # pydantic says so
            continue
    return frozenset(found)


def _holiday_mistakes(path: KeyPath, holidays: Mapping[str, Any]) -> Iterator[Mistake]:
    country, region = holidays.get("country"), holidays.get("region")
    if not isinstance(country, str):
        return
    code = country.strip().upper()
    if code not in known_countries():
        meant = country_code(country, known_countries())
        said = _("no holidays are known of a country {country}").format(country=quoted(country))
        near = did_you_mean(meant, [meant]) if meant else did_you_mean(code, known_countries())
        said += near or _(": write it as CR")
        yield Mistake((*path, "country"), said)
    elif isinstance(region, str) and region not in (known := known_regions(code)):
        said = _("no region {region} of {country} is known").format(region=quoted(region), country=code)
        if near := did_you_mean(region, known):
            said += near
        elif known:
            said += _("; there is {names}").format(names=listed(known[:_FEW], "and"))
        else:
            said += _(": the holidays of {country} are the same everywhere").format(country=code)
        yield Mistake((*path, "region"), said)
