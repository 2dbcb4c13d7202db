"""What `digest.yaml` says, checked: the model's nouns, and the few settings that are no noun."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from digest.config.mailbox_settings import MailboxSettings
from digest.model.audience import Audience
from digest.model.date_order import DateOrder
from digest.model.newsletter import Newsletter, Publisher
from digest.policy.rates import Rates


class SourceKind(StrEnum):
    FOLDER = "folder"


class TransportKind(StrEnum):
    FILES = "files"
    MAILDIR = "maildir"
    SENDMAIL = "sendmail"
    SMTP = "smtp"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """`path` may lie outside the workspace, and need not exist yet. `language` is that of items which name none;
    `dates` is `None` when the file says nothing.
    """

    name: str
    kind: SourceKind
    path: Path
    language: str | None
    dates: DateOrder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpWishes:
    """As written. The password is never here."""

    host: str
    port: int
    security: str
    verify: bool
    accept_insecure: bool
    certificates: Path | None
    username: str | None
    password_file: Path | None
    password_env: str | None
    token_file: Path | None
    messages_per_connection: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSettings:
    """For every transport. `connections` is `None` when the number of readers decides; `daily` is the most in 24 hours.
    Files are written without waiting: no rate and no quota is for them.
    """

    connections: int | None
    rates: Rates
    daily: int | None
    not_after: timedelta
    in_doubt: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """`smtp` is there for that transport alone. Without `selectors` all DKIM keys sign."""

    transport: TransportKind
    path: Path
    sending: SendingSettings
    command: tuple[str, ...] = ()
    return_path: str | None = None
    selectors: tuple[str, ...] = ()
    smtp: SmtpWishes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSettings:
    """At most one of them is set."""

    ping: str | None = None
    ping_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Sources, newsletters and audiences are in the order of the file; paths are joined to the workspace."""

    workspace: Path
    publisher: Publisher
    sources: tuple[SourceSettings, ...]
    audiences: tuple[Audience, ...]
    newsletters: tuple[Newsletter, ...]
    subscribers: Path | None
    delivery: DeliverySettings
    monitoring: MonitoringSettings
    public_url: str | None
    taxonomy: Path | None
    mailbox: MailboxSettings | None = None

    @property
    def templates(self) -> Path | None:
        """The workspace's own templates, if it has any."""
        folder = self.workspace / "templates"
        return folder if folder.is_dir() else None
