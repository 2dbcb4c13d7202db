"""A proxy between a sender and PostgreSQL: it counts statements, and can cut or stall, now or around the n-th one.

A statement is a round trip, as the protocol has it: what ends with Query or Sync. Those of all connections are counted.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from socket import SHUT_RDWR, socket

PATIENCE = 20.0  # seconds
UNTYPED_AGAIN = {80877102, 80877103, 80877104}  # a cancellation, and the questions for TLS and GSSAPI: no start yet
HELD = frozenset(b"PBDEC")  # Parse, Bind, Describe, Execute, Close: they wait for their Sync
ENDS = frozenset(b"QS")
READY = b"Z\0\0\0\5"  # and one byte: the server has done it, all of it
CHUNK = 65536


class Act(Enum):
    """What happens to a statement, and to the connection that it comes over, or to all of them."""

    CUT = "the server never sees it"
    CUT_AFTER = "the server does it, and nobody hears of it"
    AWAY = "it and all other connections end, and no new one comes through"
    STALL = "it waits, and so does all else"
    STALL_AFTER = "the server does it, and its answer and all else waits"


STALLS = (Act.STALL, Act.STALL_AFTER)


class _CutError(Exception):
    pass


class DatabaseProxy:
    """Its methods may be called from other threads than the one in which it works."""

    def __init__(self, server: Callable[[], int]) -> None:
        """`server` tells its port."""
        self.port, self.statements = 0, 0
        self.met = threading.Event()  # the statement for which something was planned has come
        self._server = server
        self._plan: tuple[int, Act] | None = None
        self._is_away = False
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._sockets: set[socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def at(self, nth: int, act: Act) -> None:
        """`nth`: from now on, the first one is 1."""
        self.met.clear()
        self._plan = (self.statements + nth, act)

    def cut(self) -> None:
        """All connections end; new ones come through."""
        self._loop.call_soon_threadsafe(self._cut_all)

    def go_on(self) -> None:
        """Whatever was stalled flows, connections come through, and nothing is planned any more."""
        self._plan, self._is_away = None, False
        self._loop.call_soon_threadsafe(self._flowing.set)

    @contextmanager
    def running(self) -> Iterator["DatabaseProxy"]:
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        listening = self._asked(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = listening.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.go_on()
            self._asked(self._end(listening))
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(PATIENCE)
            self._loop.close()

    def _asked(self, answer):
        return asyncio.run_coroutine_threadsafe(answer, self._loop).result(PATIENCE)

    async def _end(self, listening: asyncio.Server) -> None:
        listening.close()
        self._cut_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _cut_all(self) -> None:
        for each in [*self._sockets]:
            _end(each)

    # Of one connection.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        ours = {writer.get_extra_info("socket")}
        self._sockets |= ours
        try:
            if self._is_away:
                return
            there = await asyncio.open_connection("127.0.0.1", self._server())
            ours.add(there[1].get_extra_info("socket"))
            self._sockets |= ours
            await self._both_ways(reader, writer, *there)
        except OSError:
            pass  # no server, or an end in the middle
        finally:
            self._sockets -= ours
            self._tasks.discard(task)
            for each in ours:
                _end(each)
            writer.close()

    async def _both_ways(self, reader, writer, server_reader, server_writer) -> None:
        is_last = asyncio.Event()
        ways = [
            asyncio.ensure_future(self._asking(reader, server_writer, is_last)),
            asyncio.ensure_future(self._answering(server_reader, writer, is_last)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            server_writer.close()

    async def _asking(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, is_last: asyncio.Event) -> None:
        with suppress(asyncio.IncompleteReadError, OSError, _CutError):
            await self._beginning(reader, server)
            held = bytearray()
            while True:
                head = await reader.readexactly(5)
                held += head + await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
                if head[0] in HELD:
                    continue
                if head[0] not in ENDS or not self._meet(is_last):
                    await self._flowing.wait()
                server.write(held)
                held.clear()
                await server.drain()

    async def _beginning(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        code = next(iter(UNTYPED_AGAIN))
        while code in UNTYPED_AGAIN:
            length = await reader.readexactly(4)
            body = await reader.readexactly(int.from_bytes(length, "big") - 4)
            code = int.from_bytes(body[:4], "big")
            await self._flowing.wait()
            server.write(length + body)

    def _meet(self, is_last: asyncio.Event) -> bool:
        """A statement has come. Whether it goes to the server although everything stalls."""
        self.statements += 1
        if self._plan is None or self.statements != self._plan[0]:
            return False
        act, self._plan = self._plan[1], None
        self._is_away = act is Act.AWAY
        if act is Act.CUT_AFTER:
            is_last.set()
        elif act in (Act.STALL, Act.STALL_AFTER):
            self._flowing.clear()
        self.met.set()
        if act is Act.AWAY:
            self._cut_all()
        if act in (Act.CUT, Act.AWAY):
            raise _CutError
        return act is Act.STALL_AFTER

    async def _answering(
        self, server: asyncio.StreamReader, writer: asyncio.StreamWriter, is_last: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while said := await server.read(CHUNK):
                if is_last.is_set():
                    if said[-6:-1] == READY:
                        return
                    continue
                await self._flowing.wait()
                writer.write(said)
                await writer.drain()


def _end(each: socket) -> None:
    with suppress(OSError):  # it has ended
        each.shutdown(SHUT_RDWR)
