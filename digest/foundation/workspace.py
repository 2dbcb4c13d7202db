"""The workspace: a folder with a `digest.yaml`, where things lie in it, and its clock. It knows no room."""

from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Protocol

from digest.errors import UsageError
from digest.foundation.catalogue import _

SETTINGS = "digest.yaml"
DATABASE = "digest.db"
EDITIONS = "editions"
BACKUPS = "backups"
PLANS = "plans"
TEMPLATES = "templates"
LOCK = "sending.lock"
MAILBOX_LOCK = "mailbox.lock"
SENDING = "sending"  # the folder of markers and of the journal
SECRET = Path("keys", "secret")


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Workspace:
    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        """Raise `UsageError` for a folder without a `digest.yaml`."""
        self.folder = folder
        self.clock: Clock = clock or SystemClock()
        if not self.settings_file.is_file():
            raise UsageError(
                str(folder),
                _("there is no {settings} here").format(settings=SETTINGS),
                _("make a workspace with `digest init`, or name one with -C DIR"),
            )

    @property
    def settings_file(self) -> Path:
        return self.folder / SETTINGS

    @property
    def database_file(self) -> Path:
        return self.folder / DATABASE

    @property
    def editions(self) -> Path:
        """The folder of the readable copies."""
        return self.folder / EDITIONS

    @property
    def plans(self) -> Path:
        return self.folder / PLANS

    @property
    def templates(self) -> Path | None:
        """The workspace's own templates, if it has any."""
        folder = self.folder / TEMPLATES
        return folder if folder.is_dir() else None

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What decides over the mail, wherever the settings lead: nobody else may change it."""
        own = (SETTINGS, PLANS, TEMPLATES, SECRET.parent, DATABASE, SENDING)
        return tuple(self.folder / name for name in own)

    @property
    def outputs(self) -> tuple[Path, ...]:
        """What is written besides: a link in their place could lead the writing anywhere."""
        locks = (LOCK, MAILBOX_LOCK, f"{DATABASE}.lock")
        return tuple(self.folder / name for name in (EDITIONS, BACKUPS, *locks))

    @property
    def sending(self) -> Path:
        return self.folder / SENDING

    @property
    def secret(self) -> Path:
        return self.folder / SECRET

    def today(self, zone: tzinfo) -> date:
        return self.clock.now().astimezone(zone).date()
