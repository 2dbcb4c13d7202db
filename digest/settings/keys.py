"""The keys of `digest.yaml`: which there are, what each means, and what may stand behind it."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from digest.delivery.settings import DeliveryKeys
from digest.foundation.values import FilePath, Keys, PingAddress, PublicUrl
from digest.inbound.settings import MailboxKeys
from digest.intake.settings import SourceKeys, _folder_alone
from digest.newsletters.settings import (
    AudienceKeys,
    NewsletterKeys,
    PublisherKeys,
)


class MonitoringKeys(Keys):
    model_config = ConfigDict(title="Monitoring")

    ping: PingAddress | None = Field(
        default=None, description="An address to ask for after each run that went well; whoever watches it misses it."
    )
    ping_file: FilePath | None = Field(
        default=None, description="A file that holds this address, if it is a secret; instead of ping."
    )


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
