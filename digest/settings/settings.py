"""What `digest.yaml` says, checked: the model's nouns, and the few settings that are no noun."""

from dataclasses import dataclass
from pathlib import Path

from digest.delivery.settings import DeliverySettings
from digest.errors import UsageError
from digest.inbound.settings import MailboxSettings
from digest.intake.settings import SourceSettings
from digest.newsletters.newsletter import Audience, Newsletter, Publisher


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

    def newsletter(self, name: str | None) -> Newsletter:
        """The one of that name; the only one when none is named. Raise `UsageError` with the names there are."""
        known = {newsletter.name: newsletter for newsletter in self.newsletters}
        if name is None and len(known) == 1:
            return next(iter(known.values()))
        if name not in known:
            cause = "several newsletters are defined" if name is None else "there is no such newsletter"
            raise UsageError(name or "--newsletter", cause, f"name one of: {', '.join(known)}")
        return known[name]
