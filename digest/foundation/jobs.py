"""Jobs that hosts take out of one database of PostgreSQL. The engine is procrastinate, and known to this module alone.

Its tables stand in a schema of their own, which the first worker makes. They hold no truth: whoever defers can always
tell anew what there is to do, so they are in no backup and no copy, and another form of them is made from nothing.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from digest.errors import BusyError, DigestError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.database import Database

if TYPE_CHECKING:
    import asyncio

    import procrastinate
    from procrastinate.worker import Worker

STALLED_SECONDS = 30.0  # without a heartbeat, which comes every ten
_POLL_SECONDS = 5.0  # for jobs whose time comes; of new ones the server tells
_AGAIN_SECONDS = 2.0
_POOL = {"min_size": 1, "max_size": 4, "timeout": 10.0}
_PATH = "procrastinate, public"
_THERE = text("SELECT to_regclass('procrastinate.procrastinate_jobs') IS NOT NULL")
_SET_PATH = text("SELECT current_setting('search_path'), set_config('search_path', :path, true)")
_PUT_BACK = text("SELECT set_config('search_path', :path, true)")
_DEFER = text(
    "SELECT cardinality(procrastinate.procrastinate_defer_jobs_v1(ARRAY("
    "SELECT ROW(:queue, :task, 0, NULL, NULL, args, NULL)::procrastinate.procrastinate_job_to_defer_v1 "
    "FROM jsonb_array_elements(CAST(:jobs AS jsonb)) AS args)))"
)
_WAITING = text(
    "SELECT args ->> :key, count(*) FROM procrastinate.procrastinate_jobs "
    "WHERE task_name = :task AND status = 'todo' GROUP BY 1"
)
_CLEAR = text(
    "DELETE FROM procrastinate.procrastinate_jobs job WHERE status <> 'todo' "
    "AND task_name = coalesce(CAST(:task AS text), task_name) AND NOT EXISTS ("
    "SELECT 1 FROM procrastinate.procrastinate_workers own WHERE own.id = job.worker_id "
    "AND last_heartbeat > now() - make_interval(secs => :seconds))"
)
_LIVING = "SELECT count(*) FROM procrastinate.procrastinate_workers WHERE last_heartbeat > now() - interval '60 s'"
_FORM = "SELECT obj_description(to_regnamespace('procrastinate'), 'pg_namespace')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is done about a job, in a thread; `every` are the times at which one is deferred by itself, as cron says
    them, with seconds at the end; never two of these wait in a queue. Each worker does one
    job of a queue at a time.
    """

    name: str
    queue: str
    do: Callable[..., None]
    every: str | None = None


def has_queue(connection: Connection) -> bool:
    """Whether a worker has ever been here."""
    return connection.dialect.name == "postgresql" and bool(connection.execute(_THERE).scalar())


def defer(connection: Connection, task: str, queue: str, jobs: Sequence[Mapping[str, object]]) -> None:
    """In the transaction of the connection: they are there when it is, and not before. Workers are told. Where no
    worker has ever been nothing is deferred.
    """
    if not jobs or not has_queue(connection):
        return
    with _its_names(connection):
        connection.execute(_DEFER, {"queue": queue, "task": task, "jobs": json.dumps(list(jobs))})


def waiting(connection: Connection, task: str, key: str) -> Mapping[str, int]:
    """How many jobs of the task nobody has taken yet, by the value of that argument."""
    if not has_queue(connection):
        return {}
    return {str(value): int(count) for value, count in connection.execute(_WAITING, {"task": task, "key": key})}


def make_queue(connection: Connection) -> None:
    """Its tables, in a transaction while nobody else writes. Those of another form are thrown away: what was in them is
    deferred anew. Raise `BusyError` while a worker uses them.
    """
    schema = _engine().schema.SchemaManager.get_schema()
    form = hashlib.sha256(schema.encode()).hexdigest()[:16]
    driver = connection.connection.cursor()
    if has_queue(connection):
        if driver.execute(_FORM).fetchone() == (form,):
            return
        if driver.execute(_LIVING).fetchone() != (0,):
            said = _("workers of another version, with another kind of queue, are at work")
            raise BusyError("digest worker", said, _("end them all, then start this version: nothing is lost"))
    driver.execute("DROP SCHEMA IF EXISTS procrastinate CASCADE")
    driver.execute("CREATE SCHEMA procrastinate")
    driver.execute(f"COMMENT ON SCHEMA procrastinate IS '{form}'")
    with _its_names(connection):
        driver.execute(schema)


def clear(connection: Connection, task: str | None = None) -> None:
    """Throw away the jobs, of that task or of all, whose worker has died: they can be deferred anew."""
    if has_queue(connection):
        with _its_names(connection):
            connection.execute(_CLEAR, {"task": task, "seconds": STALLED_SECONDS})


@contextmanager
def _its_names(connection: Connection) -> Iterator[None]:
    """Its functions and triggers name its tables without their schema."""
    before = connection.execute(_SET_PATH, {"path": _PATH}).one()[0]
    yield
    connection.execute(_PUT_BACK, {"path": before})


class Engine:
    """Takes jobs, until it is told to stop, and does them. `told` hears why it cannot; then it goes on trying."""

    def __init__(self, database: Database, tasks: Sequence[Task], told: Callable[[DigestError | None], object]) -> None:
        self._database, self._tasks, self._told = database, tasks, told
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._workers: list[Worker] = []

    def serve(self) -> None:
        """Return when it was told to stop, and what was under way has ended."""
        import asyncio  # 30 ms, as below: only for workers

        asyncio.run(self._serve())

    def stop(self) -> None:
        """From any thread."""
        self._stopped = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for worker in self._workers:
            worker.stop()  # type: ignore[no-untyped-call]

    async def _serve(self) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()
        while not self._stopped:
            try:
                await self._connected()
                self._told(None)
            except DigestError as error:
                self._told(error)
            except Exception as error:  # noqa: BLE001 – whatever the engine or its driver raises: it is tried again
                said = " ".join(str(error).split())
                self._told(BusyError(self._database.name, said, _("the worker tries again by itself")))
            for _look in range(int(_AGAIN_SECONDS / 0.1)):
                if not self._stopped:
                    await asyncio.sleep(0.1)

    async def _connected(self) -> None:
        """Until a connection is lost for longer than a moment."""
        import asyncio

        from procrastinate.worker import Worker

        app = self._made()
        async with app.open_async():
            queues = sorted({task.queue for task in self._tasks})
            self._workers = [
                Worker(
                    app,
                    queues=[queue],
                    name=queue,
                    fetch_job_polling_interval=_POLL_SECONDS,
                    install_signal_handlers=False,
                    listen_notify=any(one.queue == queue and one.every is None for one in self._tasks),
                    stalled_worker_timeout=STALLED_SECONDS,
                    delete_jobs="always",
                )
                for queue in queues
            ]
            running = [asyncio.create_task(worker.run()) for worker in self._workers]  # type: ignore[no-untyped-call]
            if self._stopped:
                await asyncio.sleep(0)  # they begin by forgetting that they were stopped
                self._end()
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            self._end()
            await asyncio.wait(running)
            self._workers = []
            for one in running:
                one.result()

    def _made(self) -> "procrastinate.App":
        engine = _engine()
        given = self._database.connection_arguments()
        if given is None:
            raise UsageError("digest worker", *_needs_a_server())
        address, more = given
        connector = engine.PsycopgConnector(
            conninfo=address, kwargs={**more, "options": "-c search_path=procrastinate,public"}, **_POOL
        )
        app: procrastinate.App = engine.App(connector=connector)
        for task in self._tasks:
            made = app.task(
                name=task.name, queue=task.queue, queueing_lock=f"{task.queue} {task.name}" if task.every else None
            )(_without_time(task.do) if task.every else task.do)
            if task.every:
                app.periodic(cron=task.every, periodic_id=task.queue)(made)
        return app


def _without_time(do: Callable[[], None]) -> Callable[[int], None]:
    def periodic(timestamp: int) -> None:  # noqa: ARG001 – what is due is found out when it is done
        do()

    return periodic


def _needs_a_server() -> tuple[str, str]:
    return (
        _("workers share a database of PostgreSQL, and this workspace has a file"),
        _("one host needs none: `digest run` or `digest daemon` sends; to move: digest database copy --to URL"),
    )


def _engine() -> Any:
    try:
        import procrastinate  # 150 ms and 10 MB: only for workers
        import procrastinate.schema
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "procrastinate":
            raise
        raise UsageError(
            "digest worker",
            _("procrastinate, which hands out the work, is missing"),
            _("install it: pip install 'bulletin-digest[postgresql]'"),
        ) from error
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL + 1)  # what matters is told by us, without addresses
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL + 1)
    return procrastinate
