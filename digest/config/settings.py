"""What `digest.yaml` says, checked: the model's nouns, and the few settings that are no noun."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from digest.model.audience import Audience
from digest.model.date_order import DateOrder
from digest.model.newsletter import Newsletter, Publisher


class SourceKind(StrEnum):
    FOLDER = "folder"


class TransportKind(StrEnum):
    FILES = "files"


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
class DeliverySettings:
    transport: TransportKind
    path: Path


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
    public_url: str | None
    taxonomy: Path | None

    @property
    def templates(self) -> Path | None:
        """The workspace's own templates, if it has any."""
        folder = self.workspace / "templates"
        return folder if folder.is_dir() else None
