"""The preview's server: shows one edition on this machine and draws it again when an input changes."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event

from digest.errors import BusyError
from digest.web.answering import Answers
from digest.web.drawing import Drawings
from digest.web.views import EditionView

HERE = "127.0.0.1"


class PreviewServer:
    """`draw` makes what is shown, once now and once per change; a `DigestError` it raises is shown until it is mended.

    `changes` yields whenever an input changed and ends when the event it is given is set; `None`: nothing is watched.
    Raise `BusyError` when the port is taken; port 0 takes a free one.
    """

    def __init__(
        self,
        draw: Callable[[], EditionView],
        changes: Callable[[Event], Iterator[None]] | None = None,
        *,
        port: int = 0,
    ) -> None:
        self._changes = changes
        self._stop = Event()
        self._drawings = Drawings(draw, watched=changes is not None)
        try:
            self._server = _Server((HERE, port), partial(Answers, self._drawings))
        except OSError as error:
            raise BusyError(
                f"{HERE}:{port}", error.strerror or str(error), "choose another port, or close the other preview"
            ) from error

    @property
    def url(self) -> str:
        """Ready to be opened: the socket listens already."""
        return f"http://{HERE}:{self._server.server_address[1]}/"

    def serve(self) -> None:
        """Answer until `stop` is called or the person presses Ctrl-C. Whatever else stops it is raised here."""
        with self._server, ThreadPoolExecutor(1, "preview-watcher") as watcher:
            watching = watcher.submit(self._watch)
            watching.add_done_callback(self._stop_after_failure)
            try:
                with suppress(KeyboardInterrupt):
                    while not self._stop.is_set():
                        self._server.handle_request()
            finally:
                self.stop()
        watching.result()

    def stop(self) -> None:
        """End `serve` soon; may be called from anywhere, also twice or before."""
        self._stop.set()
        self._drawings.close()

    def _watch(self) -> None:
        for _ in self._changes(self._stop) if self._changes else ():
            self._drawings.redraw()

    def _stop_after_failure(self, watching: Future[None]) -> None:
        if watching.exception():
            self.stop()


class _Server(ThreadingHTTPServer):
    timeout = 0.1  # how long `handle_request` waits before it looks whether to stop

    def server_bind(self) -> None:
        """As for any TCP server: HTTPServer would ask the network for our name, which can take seconds."""
        TCPServer.server_bind(self)
