"""An open desk: the workspace as it is now, what was drawn of it, and what is being sent from here.

Everything is asked of the workspace again as soon as one of its files or editions has changed, whoever changed it.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, RLock, Thread

from digest.desk.drafting import drafted
from digest.desk.examined import Examined, examine
from digest.desk.going_out import GoneOut, send_now
from digest.desk.pages import EditionView
from digest.editions.approving import note_look
from digest.editions.naming import Meant
from digest.errors import BusyError, DigestError
from digest.foundation.catalogue import _
from digest.foundation.problems import Problem
from digest.foundation.workspace import BACKUPS, DATABASE, EDITIONS, SENDING, Clock
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance

HOW = "desk"  # how a draft was looked at here
MADE_BY_US = (EDITIONS, SENDING, BACKUPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEdition:
    """An edition as it was drawn. `stamp` tells it from every other drawing of another state."""

    newsletter: Newsletter
    view: EditionView
    stamp: str


class HowFar:
    """How far a sending is, for whoever looks."""

    def __init__(self) -> None:
        self.expected = self.done = 0

    def begin(self, messages: int) -> None:
        self.expected = messages

    def add(self, messages: int) -> None:
        self.done += messages


@dataclass
class DeskSending:
    """One that was begun here. Without `gone` or `trouble` it is under way."""

    edition: Edition
    progress: HowFar
    gone: GoneOut | None = None
    trouble: DigestError | None = None

    @property
    def is_over(self) -> bool:
        return self.gone is not None or self.trouble is not None


class OpenDesk:
    """Safe to use from many threads: one draws or changes at a time. A sending has a thread of its own."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder, self._clock = folder, clock
        self.token = secrets.token_urlsafe(24)  # that our forms carry
        self.lock = RLock()
        self.stopping = Event()
        self.name = ""  # of the person, once they have said it
        self.address = ""  # to which test mails went
        self._told: dict[str, str] = {}
        self._shown: dict[str, ShownEdition] = {}
        self._checked: dict[str, tuple[str | None, Examined]] = {}
        self._sendings: dict[str, DeskSending] = {}
        self._threads: list[Thread] = []
        self._instance: tuple[str, Instance] | None = None

    @property
    def instance(self) -> Instance:
        """Another one as soon as a file has changed. Raise `ConfigurationError` for settings that hold mistakes."""
        return self._now()[1]

    def _now(self) -> tuple[str, Instance]:
        with self.lock:
            files = self._files()
            if self._instance is None or self._instance[0] != files:
                found = Instance(self.folder, self._clock)
                found.settings  # noqa: B018 – read now, so that mistakes in them are told
                self._instance = files, found
            return self._instance

    # -- What is shown.

    def shown(self, newsletter: Newsletter, meant: Meant) -> ShownEdition:
        """Collect, draft and check as `digest preview` does, unless nothing has changed since that was done."""
        with self.lock:
            key = f"{newsletter.name}/{meant.period.key}.{meant.revision}"
            found = self._shown.get(key)
            if found is not None and found.stamp == self.stamp():
                return found
            instance = self.instance
            problems = collect(instance)
            view = drafted(instance, newsletter, meant, problems)
            found = ShownEdition(newsletter=newsletter, view=view, stamp=self.stamp())
            self._shown[key] = found
            return found

    def looked_at(self, shown: ShownEdition) -> None:
        """A person was shown the mails of the draft here, as they are: they may approve it as it is."""
        note_look(self.instance.bench, shown.view.edition, HOW, shown.view.outline)

    def stamp(self) -> str:
        """Another one whenever a page would show something else."""
        files, instance = self._now()
        said = (files, *_states(instance), *sorted(self._sendings_said()))
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    def version(self) -> str:
        """The stamp; while settings hold a mistake, what stands for that."""
        try:
            return self.stamp()
        except DigestError as error:
            return hashlib.sha256(str(error).encode()).hexdigest()[:16]

    def progress(self) -> str:
        """How far what is being sent from here is: `120/400`."""
        under_way = [one.progress for one in self._sendings.values() if not one.is_over]
        return f"{under_way[0].done}/{under_way[0].expected}" if under_way else ""

    def _sendings_said(self) -> Iterator[str]:
        for name, one in self._sendings.items():
            yield f"{name} {one.is_over}"

    def _files(self) -> str:
        """Of all files that decide about mails, their names, sizes and times."""
        folders, ours = [self.folder], {self.folder / name for name in MADE_BY_US}
        if self._instance is not None:
            settings = self._instance[1].settings
            folders += [path for path in settings.source_paths if not path.is_relative_to(self.folder)]
            ours.add(settings.delivery.path)
        return hashlib.sha256(repr(sorted(_listed(folders, ours))).encode()).hexdigest()

    # -- What was said and done here.

    def tell(self, said: str) -> str:
        """Keep it for the page that is shown next; return the name by which that page asks for it."""
        name = secrets.token_hex(6)
        self._told[name] = said
        return name

    def told(self, name: str) -> str:
        return self._told.get(name, "")

    def check(self, newsletter: Newsletter, edition: Edition) -> Examined:
        with self.lock:
            instance = self.instance
            found = examine(instance, newsletter, edition)
            self._checked[edition.name] = instance.editions.code(edition), found
            return found

    def checked(self, view: EditionView) -> Examined | None:
        """What the check said of the draft as it is now, if somebody asked here."""
        code, found = self._checked.get(view.edition.name, (None, None))
        return found if code == view.code else None

    def send(self, newsletter: Newsletter, edition: Edition, limit: int | None) -> None:
        """Begin, and return at once. Raise `BusyError` while another sending is under way here."""
        with self.lock:
            if any(not one.is_over for one in self._sendings.values()):
                raise BusyError(edition.name, _("a sending is under way"), _("wait until it has ended"))
            instance, sending = self.instance, DeskSending(edition=edition, progress=HowFar())
            self._sendings[edition.name] = sending
            thread = Thread(target=self._send, args=(instance, newsletter, sending, limit), name="desk-sending")
            self._threads.append(thread)
            thread.start()

    def _send(self, instance: Instance, newsletter: Newsletter, sending: DeskSending, limit: int | None) -> None:
        try:
            sending.gone = send_now(
                instance,
                newsletter,
                sending.edition,
                stop=self.stopping.is_set,
                limit=limit,
                progress=sending.progress,
            )
        except DigestError as error:
            sending.trouble = error
        finally:
            if not sending.is_over:  # a fault of ours; the thread says which
                said = _("This is a fault in digest, not in what you did. Please report the lines above.")
                sending.trouble = DigestError(sending.edition.name, said, _("start the desk again"))

    def sending(self, edition: Edition) -> DeskSending | None:
        return self._sendings.get(edition.name)

    def close(self) -> None:
        """Nobody waits for changes any more, and a sending comes to an orderly stop."""
        self.stopping.set()

    def wait(self) -> None:
        """Until what is being sent has stopped."""
        for thread in self._threads:
            thread.join()


def collect(instance: Instance) -> tuple[Problem, ...]:
    """Collect and take over subscribers: what every look at a draft begins with; what is wrong with either."""
    results = instance.collect()
    _imported, problems = instance.import_subscribers()
    return (*(problem for result in results for problem in result.problems), *problems)


def _states(instance: Instance) -> Iterator[object]:
    """How every edition stands."""
    if not instance.database.exists:
        return
    for one in instance.editions.editions():
        yield one.name, one.state, one.fingerprint, one.sealed_at, one.sending_at, one.finished_at, one.because
    yield tuple(sorted(instance.items.accepted_findings()))
    for newsletter in instance.settings.newsletters:
        yield tuple(sorted(instance.pauses.holding(newsletter.name)))


def _listed(folders: list[Path], ours: set[Path]) -> Iterator[tuple[str, int, int]]:
    """But for hidden files, the database, and what is made by us."""
    while folders:
        folder = folders.pop()
        for entry in os.scandir(folder) if folder.is_dir() else ():
            if entry.name.startswith((".", DATABASE)):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders += [path] if (path := folder / entry.name) not in ours else []
            else:
                with suppress(FileNotFoundError):  # it went while we looked
                    known = entry.stat()
                    yield entry.path, known.st_size, known.st_mtime_ns
