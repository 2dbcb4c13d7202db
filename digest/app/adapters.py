"""Adapters: everything that stands behind the ports in one workspace, made when it is first asked for."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import UsageError
from digest.model.tag import TagKind

if TYPE_CHECKING:
    from digest.config.settings import Settings
    from digest.ports import Clock, ReadableCopy, Source, Transport
    from digest.rendering.composer import MessageComposer
    from digest.rendering.renderer import Renderer
    from digest.store.connection import Database
    from digest.store.editions import Editions
    from digest.store.items import Items
    from digest.store.ledger import Deliveries
    from digest.store.pauses import Pauses
    from digest.store.reviews import Reviews
    from digest.store.runs import Runs
    from digest.store.subscribers import Subscribers
    from digest.tagging.taxonomy import Taxonomy

SETTINGS = "digest.yaml"
DATABASE = "digest.db"
EDITIONS = "editions"
LOCK = "sending.lock"
SENDING = "sending"  # the folder of markers and of the journal
SECRET = Path("keys", "secret")


class SystemClock:
    """Implements `digest.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Adapters:
    """No command pays for another's parts: each is imported and made when it is first asked for."""

    def __init__(self, folder: Path, clock: "Clock | None" = None) -> None:
        self.folder = folder
        self.clock: Clock = clock or SystemClock()
        if not (folder / SETTINGS).is_file():
            raise UsageError(
                str(folder),
                f"there is no {SETTINGS} here",
                "make a workspace with `digest init`, or name one with -C DIR",
            )

    @cached_property
    def settings(self) -> "Settings":
        """Read twice: which countries and topics exist is known only once the taxonomy they name was read."""
        from digest.config.loading import load_settings
        from digest.tagging.taxonomy import load

        path = self.folder / SETTINGS
        taxonomy = load(load_settings(path).taxonomy)
        return load_settings(path, known_countries=taxonomy.countries, known_topics=taxonomy.topics)

    @property
    def today(self) -> date:
        """In the publisher's zone."""
        return self.clock.now().astimezone(self.settings.publisher.timezone).date()

    @cached_property
    def database(self) -> "Database":
        from digest.store.connection import Database

        return Database(self.folder / DATABASE)

    @cached_property
    def items(self) -> "Items":
        from digest.store.items import Items

        return Items(self.database)

    @cached_property
    def editions(self) -> "Editions":
        from digest.store.editions import Editions

        return Editions(self.database)

    @cached_property
    def reviews(self) -> "Reviews":
        from digest.store.reviews import Reviews

        return Reviews(self.database)

    @cached_property
    def subscribers(self) -> "Subscribers":
        from digest.store.subscribers import Subscribers

        return Subscribers(self.database)

    @cached_property
    def ledger(self) -> "Deliveries":
        from digest.store.ledger import Deliveries

        return Deliveries(self.database)

    @cached_property
    def pauses(self) -> "Pauses":
        from digest.store.pauses import Pauses

        return Pauses(self.database)

    @cached_property
    def runs(self) -> "Runs":
        from digest.store.runs import Runs

        return Runs(self.database)

    @cached_property
    def copy(self) -> "ReadableCopy":
        from digest.store.readable_copy import EditionFolders

        return EditionFolders(self.folder / EDITIONS)

    @cached_property
    def taxonomy(self) -> "Taxonomy":
        from digest.tagging.taxonomy import load

        return load(self.settings.taxonomy)

    @cached_property
    def renderer(self) -> "Renderer":
        from digest.rendering.renderer import Renderer

        own = self.folder / "templates"
        return Renderer(
            own if own.is_dir() else None,
            self._section_title,
            has_public_url=self.settings.public_url is not None,
        )

    @property
    def sending(self) -> Path:
        return self.folder / SENDING

    @property
    def secret(self) -> Path:
        return self.folder / SECRET

    @cached_property
    def composer(self) -> "MessageComposer":
        from digest.rendering.composer import MessageComposer
        from digest.store.keys import make_secret, read_secret

        if not any(edition.sealed_at for edition in self.editions.editions()):
            make_secret(self.secret)
        return MessageComposer(read_secret(self.secret), self.settings.newsletters, public_url=self.settings.public_url)

    def _section_title(self, kind: str, value: str, language: str) -> str:
        title = self.taxonomy.country_title if kind == TagKind.COUNTRY else self.taxonomy.topic_title
        return title(value, language)

    def sources(self) -> "Sequence[Source]":
        from digest.sources.folder import Folder

        fallback = self.settings.newsletters[0].languages[0]
        return [
            Folder(
                source.name,
                source.path,
                language=source.language,
                dates=source.dates,
                fallback_language=fallback,
                root=self.folder,
            )
            for source in self.settings.sources
        ]

    def transport(self, readers: int = 1) -> "Transport":
        """What carries mail to so many readers."""
        from digest.app.delivering import transport_for

        return transport_for(self.settings.delivery, readers)
