"""The doctor's round: gathers the facts of a workspace and has every concern looked at. It changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from digest.app import doctoring_files as files
from digest.app.adapters import DATABASE, LOCK, SECRET, SETTINGS
from digest.app.delivering import KEYS
from digest.errors import DigestError
from digest.health.clock import clock, zones
from digest.health.database import Stored, database, stored
from digest.health.diagnosis import Diagnosis, Level, fail, ok, skip
from digest.health.disk import file_system, room
from digest.health.examining import Concern, Group, examine
from digest.health.private_files import guarded, secret, writable
from digest.health.sending_lock import sending_lock

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.config.settings import Settings

SECONDS = 30.0
WORKSPACE, STORE, MACHINE, RELAY, DNS = "Workspace", "Database", "Disk and clock", "Relay", "DNS"
LEAVING = ("smtp", "sendmail")  # transports by which mail leaves this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """`resolver` is the address and port to ask in place of the machine's own; `offline` asks nobody."""

    offline: bool = False
    resolver: tuple[str, int] | None = None


def diagnose(workspace: "Workspace", wishes: Wishes) -> tuple[Group, ...]:
    """All concerns, grouped. Raise nothing: what breaks is a diagnosis."""
    round_ = _Round(workspace, wishes)
    return examine([*round_.local(), *round_.network()], SECONDS)


def is_failing(groups: Sequence[Group]) -> bool:
    return any(each.level is Level.FAIL for group in groups for each in group.diagnoses)


class _Round:
    def __init__(self, workspace: "Workspace", wishes: Wishes) -> None:
        self.workspace, self.wishes = workspace, wishes
        self.folder = workspace.folder
        self.stored: Stored = stored(self.folder / DATABASE)

    @cached_property
    def loaded(self) -> "Settings | DigestError | OSError":
        try:
            return self.workspace.settings
        except (DigestError, OSError) as error:
            return error

    @property
    def settings(self) -> "Settings | None":
        return None if isinstance(self.loaded, Exception) else self.loaded

    def local(self) -> Iterator[Concern]:
        database_path = self.folder / DATABASE
        yield Concern(group=WORKSPACE, what=SETTINGS, look=self._settings)
        if self.settings is not None:
            yield from files.concerns(WORKSPACE, self.workspace, self.settings)
        yield Concern(group=WORKSPACE, what="Files", look=self._files)
        yield Concern(group=WORKSPACE, what="Sending lock", look=lambda: [sending_lock(self.folder / LOCK)])
        yield Concern(group=STORE, what="Database", look=lambda: database(database_path, _head()))
        yield Concern(group=MACHINE, what="File system", look=lambda: [file_system(self.folder)])
        yield Concern(group=MACHINE, what="Free space", look=self._room)
        yield Concern(group=MACHINE, what="Clock", look=self._clock)
        yield Concern(group=MACHINE, what="Time zones", look=self._zones)

    def network(self) -> Iterator[Concern]:
        if self.settings is None:
            yield _skipped((RELAY, DNS), "digest.yaml must be right first")
            return
        kind = str(self.settings.delivery.transport)
        if kind not in LEAVING:
            said = f"the mails are written into a folder (transport: {kind}); nothing leaves this machine"
            yield _skipped((RELAY, DNS), said)
            return
        from digest.app import doctoring_network as network

        yield from network.concerns((RELAY, DNS), self.workspace, self.settings, self.stored, self.wishes)

    def _settings(self) -> Iterator[Diagnosis]:
        error = self.loaded
        if isinstance(error, DigestError):
            yield fail(error.thing or SETTINGS, error.cause, error.remedy or "correct the lines that are named")
        elif isinstance(error, OSError):
            yield fail(SETTINGS, error.strerror or str(error), "run digest as the user who owns the workspace")
        else:
            names = ", ".join(newsletter.name for newsletter in error.newsletters)
            yield ok(SETTINGS, f"read without mistakes; newsletters: {names}")

    def _files(self) -> Iterator[Diagnosis]:
        yield from writable(self.folder)
        yield from secret(self.folder / SECRET, has_sealed=self.stored.has_sealed)
        yield from guarded(list(files.to_guard(self.folder, KEYS, self.settings)), files.user())

    def _room(self) -> Iterator[Diagnosis]:
        writes_files = self.settings is not None and str(self.settings.delivery.transport) not in LEAVING
        return room(self.folder, self.stored.readers, (self.stored.largest or 0) if writes_files else None)

    def _clock(self) -> Iterator[Diagnosis]:
        changed = [self.folder / name for name in (DATABASE, SETTINGS)]
        return clock(self.workspace.clock.now(), self.stored.last_run_at, changed)

    def _zones(self) -> Iterator[Diagnosis]:
        if self.settings is not None:
            named = [newsletter.schedule.zone.key for newsletter in self.settings.newsletters]
            yield zones(list(dict.fromkeys([self.settings.publisher.timezone.key, *named])))


def _skipped(groups: tuple[str, ...], said: str) -> Concern:
    return Concern(group=" and ".join(groups), what=groups[0], look=partial(_skip, said))


def _skip(said: str) -> list[Diagnosis]:
    return [skip("Not looked at", said)]


def _head() -> str:
    from digest.store.connection import HEAD

    return HEAD
