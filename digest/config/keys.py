"""The keys of `digest.yaml`: which there are, what each means, and what may stand behind it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from digest.config.delivery_keys import DeliveryKeys, DkimKeys, InDoubtKeys
from digest.config.looks import WIDEST
from digest.config.mailbox_keys import ImapKeys, MailboxKeys, ScoreKeys
from digest.config.section import Keys
from digest.config.settings import SourceKind
from digest.config.written_values import (
    DarkAccent,
    Day,
    Days,
    Duration,
    FilePath,
    LightAccent,
    Line,
    LogoAddress,
    MailAddress,
    Mailboxes,
    Names,
    PingAddress,
    PostalAddress,
    PublicUrl,
    Reviewers,
    Slug,
    Texts,
    Website,
    Zone,
    only_for_now,
)
from digest.model.brand import Brand, Typeface
from digest.model.date_order import DateOrder
from digest.model.newsletter import Approval, SectionsBy, Unanswered
from digest.model.schedule import CatchUp, Covers, Shift


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


class SourceKeys(Keys):
    model_config = ConfigDict(title="Source")

    type: Annotated[SourceKind, only_for_now(SourceKind, "feed", "page")] = Field(
        default=SourceKind.FOLDER, description="The kind of source: a folder."
    )
    path: FilePath = Field(description="The folder, from the folder of this file.")
    language: Line | None = Field(default=None, description="The language of items that name none, such as es.")
    dates: DateOrder | None = Field(
        default=None, description="What 03/04/2018 means: day-first or month-first. Left out: the dates around it tell."
    )


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


class MonitoringKeys(Keys):
    model_config = ConfigDict(title="Monitoring")

    ping: PingAddress | None = Field(
        default=None, description="An address to ask for after each run that went well; whoever watches it misses it."
    )
    ping_file: FilePath | None = Field(
        default=None, description="A file that holds this address, if it is a secret; instead of ping."
    )


def _folder_alone(written: Any) -> Any:
    return {"path": written} if isinstance(written, str) else written


class FileKeys(Keys):
    model_config = ConfigDict(title="digest.yaml")

    publisher: PublisherKeys = Field(description="Who publishes.")
    sources: dict[
        str, Annotated[SourceKeys, BeforeValidator(_folder_alone, json_schema_input_type=str | SourceKeys)]
    ] = Field(min_length=1, description="Where the news comes from: a name and a folder each.")
    audiences: dict[str, AudienceKeys] = Field(min_length=1, description="Rules that say which stories concern whom.")
    newsletters: dict[str, NewsletterKeys] = Field(min_length=1, description="What is sent, when, and to whom.")
    subscribers: FilePath | None = Field(default=None, description="The file that lists the readers.")
    delivery: DeliveryKeys = Field(default=DeliveryKeys(), description="How the mail leaves.")
    mailbox: MailboxKeys | None = Field(default=None, description="Where mail that comes back is read.")
    monitoring: MonitoringKeys = Field(default=MonitoringKeys(), description="Who is told that all is well.")
    public_url: PublicUrl | None = Field(default=None, description="Where the pages for leaving and preferences live.")
    taxonomy: FilePath | None = Field(default=None, description="A file with your own countries and topics.")


KEYS_AT: dict[tuple[str, ...], type[Keys]] = {
    (): FileKeys,
    ("publisher",): PublisherKeys,
    ("publisher", "brand"): BrandKeys,
    ("publisher", "brand", "logo"): LogoKeys,
    ("sources", "*"): SourceKeys,
    ("audiences", "*"): AudienceKeys,
    ("audiences", "*", "exclude"): RuleKeys,
    ("newsletters", "*"): NewsletterKeys,
    ("newsletters", "*", "holidays"): HolidayKeys,
    ("newsletters", "*", "reviewers", "*"): ReviewKeys,
    ("delivery",): DeliveryKeys,
    ("delivery", "dkim"): DkimKeys,
    ("delivery", "in_doubt"): InDoubtKeys,
    ("mailbox",): MailboxKeys,
    ("mailbox", "imap"): ImapKeys,
    ("mailbox", "score"): ScoreKeys,
    ("monitoring",): MonitoringKeys,
}
