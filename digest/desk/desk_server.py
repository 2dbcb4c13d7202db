"""The desk's server: its pages behind their door, on this machine, until it is told to end."""

import socket

import uvicorn

from digest.desk.admission import Admission
from digest.desk.desk_routes import desk_pages
from digest.desk.local_page import HERE, Door
from digest.desk.open_desk import OpenDesk
from digest.foundation.catalogue import _
from digest.foundation.web_server import WebServer, listening

CONNECTIONS_MOST = 100
IDLE_SECONDS = 15
END_SECONDS = 5  # that a page which is being drawn is waited for


class DeskServer:
    """Ready to be opened, once, as soon as it is there: the socket listens already. Raise `BusyError` when the port is
    taken.
    """

    def __init__(self, desk: OpenDesk, port: int = 0) -> None:
        self._desk, self.door = desk, Door()
        self._listening: socket.socket = listening(HERE, port, _("choose another port, or close the other desk"))
        self._server = WebServer(
            uvicorn.Config(
                Admission(desk_pages(desk), self.door),
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,  # it would hold the link
                server_header=False,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=END_SECONDS,
                limit_concurrency=CONNECTIONS_MOST,
            ),
            desk.close,
        )

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self._listening.getsockname()[1]}{self.door.link}"

    def serve(self) -> None:
        """Until Ctrl-C. A sending that is under way comes to an orderly stop, and goes on the next time."""
        try:
            self._server.run(sockets=[self._listening])
        finally:
            self._desk.close()
            self._desk.wait()

    def stop(self) -> None:
        """End `serve` soon; may be called from anywhere."""
        self._desk.close()
        self._server.should_exit = True
