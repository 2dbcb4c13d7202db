"""A web server of ours: a socket that listens already, and an end that is no failure."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

import uvicorn

from digest.errors import BusyError

BACKLOG = 1_024


def listening(host: str, port: int, remedy: str) -> socket.socket:
    """Whoever comes from now on waits for an answer, and is not refused; port 0 takes a free one. Raise `BusyError`
    when the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, since asyncio asks it before it turns off the waiting for more to send (40 ms an answer).
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise BusyError(f"{host}:{port}", error.strerror or str(error), remedy) from error
    found.listen(BACKLOG)
    return found


class WebServer(uvicorn.Server):
    """Ends with SIGINT or SIGTERM; `ending` is called at once then, so that nobody waits for what never comes."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._ending = ending

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own sends itself the signal once more when all is done, and who started us would read a failure."""

        def end(number: int, frame: object) -> None:
            self._ending()
            self.handle_exit(number, frame)  # type: ignore[arg-type] # a frame, as `signal` gives it

        if current_thread() is not main_thread():  # signals reach that one alone
            yield
            return
        before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
