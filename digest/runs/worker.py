"""The worker: on each of several hosts, sends what all of them send, and does what is due on whichever host lives.

What there is to do comes as jobs (`foundation.jobs`), and a job is only a word: rows are claimed one process each, and
one process runs at a time, whoever was told to. So nothing is lost when a worker, its host or the jobs are gone.
"""

import logging
import re
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from threading import Event, Lock, Thread

from digest.delivery.agreed_secret import agree
from digest.delivery.batches import QUEUE, TASK, Presence, at_work, defer_anew
from digest.delivery.delivery import DeliveryState
from digest.delivery.lease import forget_workers
from digest.delivery.sending import send_batch, unfinished
from digest.errors import BusyError, DigestError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.jobs import Engine, Task, clear, make_queue
from digest.foundation.login import machine_name
from digest.foundation.workspace import LOCK
from digest.newsletters.edition import EditionState
from digest.runs.daemon import DRAIN_SECONDS, TICK_SECONDS, Notification, Unattended, received
from digest.settings.instance import Instance

OFFICE, LOOK = "office", "look"  # queues
NAME_MOST = 128  # letters, of a queue
LOOK_EVERY = "* * * * * */15"
RUN_EVERY = "* * * * *"  # on whichever host
VISIT_EVERY = "*/5 * * * *"  # on each: bulletins are collected where their folder is
CLEAR_EVERY = "17 * * * *"
AGAIN_SECONDS = 5.0
LEAVING_SECONDS = 1.0  # for the last word in a database that may not answer
log = logging.getLogger("digest")


class Worker:
    """One, of one workspace. `after` is called when an edition has gone out."""

    def __init__(
        self, folder: Path, unattended: Unattended, notification: Notification, after: Callable[[Instance], object]
    ) -> None:
        self._folder, self._unattended, self._notification, self._after = folder, unattended, notification, after
        self._stopping, self._running = Event(), Lock()
        self._told: set[str] = set()

    def serve(self) -> int:
        """Until SIGTERM or SIGINT; return 0 when what was under way ended in order. For the main thread only.

        Raise `UsageError` for a workspace without a server, `BusyError` beside workers of another kind of version,
        `PersonNeededError` beside hosts with another secret.
        """
        instance = Instance(self._folder)
        database = instance.database
        if not database.is_shared:
            raise UsageError(
                "digest worker",
                _("workers share a database of PostgreSQL, and this workspace has a file"),
                _("one host needs none: `digest run` or `digest daemon` sends; to move: digest database copy --to URL"),
            )
        refuse_strangers(version("bulletin-digest"), [one.version for one in at_work(database) if one.is_worker])
        agree(database, instance.secret)
        with database.write() as connection:
            make_queue(connection)
        engine = Engine(database, self._tasks(), self._tell_engine)
        thread = Thread(target=engine.serve, name="engine", daemon=True)
        with received((SIGTERM, SIGINT, SIGHUP)) as signals:
            presence = Presence(database)
            presence.keep()
            Thread(target=self._stay, args=[presence], name="presence", daemon=True).start()
            thread.start()
            self._notification.ready(_("started"))
            log.info("%s", _("a worker has started"))
            while True:
                if thread.is_alive():
                    self._notification.alive()
                for number in signals.wait(self._tick()):
                    if number is not SIGHUP:
                        return self._drain(number.name, engine, thread, presence)

    def _stay(self, presence: Presence) -> None:
        """In a thread of its own: a database that does not answer holds up no signal."""
        while not self._stopping.wait(TICK_SECONDS):
            try:
                presence.keep()
            except DigestError as error:
                self._tell(str(error), logging.WARNING)

    def _tick(self) -> float:
        watchdog = self._notification.watchdog_seconds
        return TICK_SECONDS if watchdog is None else min(TICK_SECONDS, watchdog / 2)

    def _drain(self, because: str, engine: Engine, thread: Thread, presence: Presence) -> int:
        self._notification.stopping(_("stopping: {because}").format(because=because))
        self._stopping.set()
        self._unattended.stopping.set()
        leaving = Thread(target=presence.end, daemon=True)
        leaving.start()
        engine.stop()
        thread.join(DRAIN_SECONDS)
        leaving.join(LEAVING_SECONDS)
        if thread.is_alive():
            said = _("ended ({because}) in the middle of what did not stop in time; another worker goes on")
            log.warning("%s", said.format(because=because))
            return BusyError.exit_code
        log.info("%s", _("ended ({because})").format(because=because))
        return 0

    # What it does.

    def _tasks(self) -> Sequence[Task]:
        return (
            Task(name=TASK, queue=QUEUE, do=self._send),
            Task(name="run", queue=OFFICE, do=self._run, every=RUN_EVERY),
            Task(name="visit", queue=f"at {machine_name()}"[:NAME_MOST], do=self._run, every=VISIT_EVERY),
            Task(name="look", queue=LOOK, do=self._look, every=LOOK_EVERY),
            Task(name="clear", queue=LOOK, do=self._clear, every=CLEAR_EVERY),
        )

    def _send(self, edition: int, batch: int, fence: int) -> None:  # noqa: ARG002 – rows are claimed, not batches
        self._tried(lambda: self._send_some(edition))

    def _send_some(self, number: int) -> None:
        if self._stopping.is_set():
            return
        instance = Instance(self._folder)
        edition = next((one for one in instance.editions.editions() if one.number == number), None)
        if edition is None or edition.state is not EditionState.SENDING:
            return
        newsletter = next((one for one in instance.settings.newsletters if one.name == edition.newsletter), None)
        if newsletter is None:
            return  # `run` tells of it
        sent = send_batch(instance.place, instance.bench, newsletter, edition, stop=self._stopping.is_set)
        if sent.edition.state is EditionState.FINISHED:
            log.info("%s", _("{edition} has gone out").format(edition=sent.edition.name))
            if sent.tally[DeliveryState.FAILED]:
                from digest.inbound.processing import count_refusals  # 80 ms: only where somebody was refused

                count_refusals(instance.inbox, sent.edition)
            for said, _code in unfinished(sent):
                log.warning("%s: %s", sent.edition.name, said)
            self._after(instance)

    def _run(self) -> None:
        """Not while another process runs, here or elsewhere: what is due is due in a minute, too."""
        if self._running.acquire(blocking=False):
            try:
                self._tried(self._run_alone)
            finally:
                self._running.release()

    def _run_alone(self) -> None:
        if not self._stopping.is_set() and Instance(self._folder).database.holder(LOCK) is None:
            self._unattended.once()

    def _look(self) -> None:
        self._tried(lambda: self._look_after(Instance(self._folder)))

    def _look_after(self, instance: Instance) -> None:
        defer_anew(instance.database, instance.clock.now())

    def _clear(self) -> None:
        def do() -> None:
            with Instance(self._folder).database.write() as connection:
                clear(connection)
                forget_workers(connection)

        self._tried(do)

    def _tried(self, do: Callable[[], None]) -> None:
        """What goes wrong is told once, and tried again with the next job."""
        try:
            do()
        except DigestError as error:
            self._tell(str(error), logging.WARNING)
            self._stopping.wait(AGAIN_SECONDS)  # who cannot send leaves the work to others
        except Exception:
            log.exception("the fault")  # which ends nothing of what would follow
            self._stopping.wait(AGAIN_SECONDS)
        else:
            self._told.clear()

    def _tell(self, said: str, level: int) -> None:
        if said not in self._told:
            self._told.add(said)
            log.log(level, "%s", said)

    def _tell_engine(self, error: DigestError | None) -> None:
        if error is not None:
            self._tell(str(error), logging.WARNING)


def refuse_strangers(own: str, others: Sequence[str]) -> None:
    """While versions change one host after the other, a version works beside the one before and after it. Raise
    `BusyError` beside any other.
    """
    strange = [one for one in others if not are_neighbours(own, one)]
    if strange:
        said = _("it is version {own}, and at work are workers of {others}").format(
            own=own, others=", ".join(sorted(set(strange)))
        )
        raise BusyError("digest worker", said, _("end these first: nothing is lost, the new ones go on"))


def are_neighbours(one: str, other: str) -> bool:
    """`0.3.1` and `0.4.0` are, and `0.9` and `1.0`; `0.3` and `0.5` are not."""
    low, high = sorted([_release(one), _release(other)])
    return (high[0] == low[0] and high[1] - low[1] <= 1) or high == (low[0] + 1, 0)


def _release(written: str) -> tuple[int, int]:
    numbers = [int(part) for part in re.findall(r"\d+", written)[:2]]
    return (*numbers, 0, 0)[:2]  # type: ignore[return-value]
