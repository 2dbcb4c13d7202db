"""Group commit: what visitors ask for at the same time becomes durable in one transaction, and none of them is told
that it is done before it is.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

from sqlalchemy import Connection

from digest.errors import BusyError, DigestError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, Writer

MOST = 256  # requests in one transaction
WAITING_MOST = 2_000  # more are told to come back
AFTER_SECONDS = 1.0  # at most so often others hear of what was committed
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked:
    do: Callable[[Connection], Any]
    answer: "asyncio.Future[Any]"


class GroupCommit:
    """A thread that owns the one writing connection. `after` is called in another, soon after something was committed:
    no visitor waits for it.
    """

    def __init__(self, database: Database, after: Callable[[], None] = lambda: None) -> None:
        self._database, self._after = database, after
        self._queue: SimpleQueue[_Asked | None] = SimpleQueue()
        self._committing = Thread(target=self._work, name="group-commit", daemon=True)
        self._telling = Thread(target=self._tell_others, name="after-commit", daemon=True)
        self._news, self._over = Event(), Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._committing.start()
        self._telling.start()

    async def stop(self) -> None:
        """What was asked for before is carried out first."""
        self._queue.put(None)
        await asyncio.to_thread(self._committing.join)
        self._over.set()
        self._news.set()
        await asyncio.to_thread(self._telling.join)

    async def do(self, what: Callable[[Connection], T]) -> T:
        """The result, once it is durable. Raise what `what` raised, and `BusyError` when the database cannot be
        written to now: nothing was changed then.
        """
        if self._queue.qsize() > WAITING_MOST:
            raise BusyError(_("the pages"), _("too much is asked at once"), _("try again in a moment"))
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put(_Asked(what, answer))
        return await answer

    def _work(self) -> None:
        """Over a connection until it may be lost. While there is none, whoever asks is told so."""
        ends = False
        while not ends:
            first = self._queue.get()
            if first is None:
                return
            some, ends = self._waiting(first)
            try:
                with self._database.writer() as writer:
                    ends = self._serve(writer, some, ends=ends)
            except Exception as error:  # noqa: BLE001 – it goes to whoever asked
                self._tell([(asked, None, error) for asked in some])

    def _serve(self, writer: Writer, some: list[_Asked], *, ends: bool) -> bool:
        """Return whether it is over for good, and not for this connection alone."""
        while True:
            results = _carried_out(writer, some)
            self._tell(results)
            self._news.set()
            if ends or any(isinstance(error, BusyError) for _asked, _result, error in results):
                return ends
            first = self._queue.get()
            if first is None:
                return True
            some, ends = self._waiting(first)

    def _tell_others(self) -> None:
        """If they cannot hear of it, they do later; whoever runs or sends asks for themselves first."""
        is_over = False
        while not is_over:
            self._news.wait()
            self._news.clear()
            is_over = self._over.is_set()
            try:
                self._after()
            except DigestError:
                self._news.set()
            self._over.wait(AFTER_SECONDS)

    def _waiting(self, first: _Asked) -> tuple[list[_Asked], bool]:
        some = [first]
        while len(some) < MOST:
            try:
                found = self._queue.get_nowait()
            except Empty:
                break
            if found is None:
                return some, True
            some.append(found)
        return some, False

    def _tell(self, results: Sequence[tuple[_Asked, Any, Exception | None]]) -> None:
        def tell() -> None:
            for asked, result, error in results:
                if asked.answer.done():  # the visitor has gone, and it was done all the same; or they were told
                    continue
                if error is None:
                    asked.answer.set_result(result)
                else:
                    asked.answer.set_exception(error)

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(tell)


def _carried_out(writer: Writer, some: Sequence[_Asked]) -> list[tuple[_Asked, Any, Exception | None]]:
    """All in one transaction; when one of them fails, each in its own, so that it takes nobody else with it."""
    try:
        with writer.transaction() as connection:
            return [(asked, asked.do(connection), None) for asked in some]
    except Exception as error:  # noqa: BLE001 – it goes to whoever asked
        if len(some) == 1:
            return [(some[0], None, error)]
    return [one for asked in some for one in _carried_out(writer, [asked])]
