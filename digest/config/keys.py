"""The keys of `digest.yaml`: which there are, what each means, and what may stand behind it."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from digest.config.looks import WIDEST
from digest.config.settings import SourceKind, TransportKind
from digest.config.written_values import (
    DarkAccent,
    Day,
    FilePath,
    LightAccent,
    Line,
    LogoAddress,
    MailAddress,
    Mailboxes,
    Names,
    PostalAddress,
    PublicUrl,
    Slug,
    Texts,
    Website,
    Zone,
    not_available_yet,
    only_for_now,
)
from digest.model.brand import Brand, Typeface
from digest.model.date_order import DateOrder
from digest.model.newsletter import Approval, SectionsBy
from digest.model.period import PeriodKind
from digest.policy.sending_time import SendingTime

_SEVERAL_PERIODS = re.compile(r"[0-9]+ +[a-z]+")
_CRON_LINE = re.compile(r"\S+( +\S+){4}")


class Keys(BaseModel):
    """A key with nothing behind it counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def leave_out(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        return {key: value for key, value in written.items() if value is not None or key not in cls.names()}

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.alias or name for name, field in cls.model_fields.items())


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


class NewsletterKeys(Keys):
    model_config = ConfigDict(title="Newsletter")

    title: Texts = Field(description="The title, in each language.")
    sender: Mailboxes = Field(alias="from", description="Name <address> the mail comes from, one or one per language.")
    reply_to: MailAddress | None = Field(default=None, description="The address at which readers' answers arrive.")
    every: PeriodKind = Field(description="How much news one mail covers: a day, week, month or quarter.")
    send: Line | None = Field(
        default=None,
        description="When it goes out, in the period after it: 'day 5 at 09:00', 'last day at 17:00', 'at 07:00'.",
    )
    audiences: Names = Field(min_length=1, description="The audiences readers can choose, in this order.")
    languages: Names = Field(min_length=1, description="The languages it appears in, such as [en, es].")
    approval: Approval = Field(
        default=Approval.REQUIRED, description="required: a person approves every edition. Or none."
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

    @field_validator("every", mode="before")
    @classmethod
    def refuse_later_schedules(cls, written: Any) -> Any:
        if isinstance(written, str) and (_SEVERAL_PERIODS.fullmatch(written) or _CRON_LINE.fullmatch(written)):
            raise ValueError(not_available_yet(written, PeriodKind))
        return written

    @field_validator("send")
    @classmethod
    def understand_sending_time(cls, written: str | None, info: ValidationInfo) -> str | None:
        if written is not None and "every" in info.data:
            SendingTime.parse(written, info.data["every"])
        return written


class DeliveryKeys(Keys):
    model_config = ConfigDict(title="Delivery")

    transport: Annotated[TransportKind, only_for_now(TransportKind, "smtp", "maildir", "sendmail")] = Field(
        default=TransportKind.FILES, description="How mail leaves. files: each message is written into a folder."
    )
    path: FilePath = Field(default="out", description="The folder for the messages, from the folder of this file.")


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
    ("delivery",): DeliveryKeys,
}
