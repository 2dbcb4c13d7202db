"""The preview's server: shows one edition on this machine and draws it again when an input changes."""

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Condition, Event
from typing import Any

from digest.desk.pages import (
    MAIL_POLICY,
    SANDBOX,
    SCRIPT,
    EditionView,
    VariantView,
    draw_page,
    framed,
    page_policy,
    preview_page,
    variant_data,
)
from digest.errors import BusyError, ConfigurationError, DigestError
from digest.foundation.catalogue import _
from digest.foundation.workspace import DATABASE

HERE = "127.0.0.1"
MADE_BY_US = ("editions", "out")  # looking at an edition writes there
OUR_NAMES = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?", re.IGNORECASE)
VARIANT = re.compile(r"/variant/(\d{1,6})\.(html|json)", re.ASCII)
LOOKING = ("GET", "HEAD")
NOTHING = "default-src 'none'; frame-ancestors 'none'"
PULSE = 10.0  # seconds between signs of life, which also find out that the browser has gone


class PreviewServer:
    """`draw` makes what is shown, once now and once per change; a `DigestError` it raises is shown until it is mended.

    `changes` yields whenever an input changed and ends when the event it is given is set; `None`: nothing is watched.
    `seen` hears of each view that a browser was given. Raise `BusyError` when the port is taken; port 0 takes a free
    one.
    """

    def __init__(
        self,
        draw: Callable[[], EditionView],
        changes: Callable[[Event], Iterator[None]] | None = None,
        *,
        port: int = 0,
        seen: Callable[[EditionView], None] = lambda _view: None,
    ) -> None:
        self._changes = changes
        self._stop = Event()
        self._drawings = Drawings(draw, watched=changes is not None, seen=seen)
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
        for _change in self._changes(self._stop) if self._changes else ():
            self._drawings.redraw()

    def _stop_after_failure(self, watching: Future[None]) -> None:
        if watching.exception():
            self.stop()


class _Server(ThreadingHTTPServer):
    timeout = 0.1  # how long `handle_request` waits before it looks whether to stop

    def server_bind(self) -> None:
        """As for any TCP server: HTTPServer would ask the network for our name, which can take seconds."""
        TCPServer.server_bind(self)


# -- What is shown, made anew when an input changed.


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """`view` is `None` when there is no edition to show but a mistake. No two drawings share a version."""

    version: str
    page: bytes
    view: EditionView | None


class Drawings:
    """The latest drawing, and who waits for the next. Safe to use from many threads."""

    def __init__(
        self,
        draw: Callable[[], EditionView],
        *,
        watched: bool,
        seen: Callable[[EditionView], None] = lambda _view: None,
    ) -> None:
        self._draw, self.seen = draw, seen
        self._watched = watched
        self._changed = Condition()
        self._closed = False
        self._latest = self._drawn()

    @property
    def latest(self) -> Drawing:
        return self._latest

    def redraw(self) -> None:
        """A `DigestError` becomes a page that says it; anything else is a mistake of ours and goes up."""
        drawing = self._drawn()
        with self._changed:
            self._latest = drawing
            self._changed.notify_all()

    def other_than(self, version: str, seconds: float) -> Drawing | None:
        """The latest drawing as soon as it is another one; `None` when `seconds` have passed, or after `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._latest.version != version, seconds)
            return None if self._closed or self._latest.version == version else self._latest

    def close(self) -> None:
        """Nobody waits any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def _drawn(self) -> Drawing:
        version = secrets.token_hex(8)
        try:
            view = self._draw()
        except DigestError as error:
            return Drawing(version=version, page=self._mistake(error, version).encode(), view=None)
        page = preview_page(view, live=True, watched=self._watched, version=version)
        return Drawing(version=version, page=page.encode(), view=view)

    def _mistake(self, error: DigestError, version: str) -> str:
        return draw_page(
            "mistake.html",
            thing=error.thing,
            cause=error.cause,
            remedy=error.remedy,
            watched=self._watched,
            version=version,
            policy=page_policy(live=True),
            script=SCRIPT,
        )


# -- What is said to one request. Only looking is possible, and only from this machine.


class Answers(BaseHTTPRequestHandler):
    """One connection, one request (HTTP/1.0): nothing stays open but `/changes`."""

    server_version = "digest"
    sys_version = ""
    default_request_version = "HTTP/1.0"  # a request that names none is answered with a head, too
    timeout = 30

    def __init__(self, drawings: Drawings, *connection: Any) -> None:
        self._drawings = drawings
        self._policy = NOTHING
        super().__init__(*connection)

    def handle(self) -> None:
        with suppress(ConnectionError, TimeoutError):  # the browser may leave at any time
            super().handle()

    def parse_request(self) -> bool:
        """Refuse what is not for us or would not only look, whatever method it names."""
        if not super().parse_request():
            return False
        if not self._for_us():
            self._refuse(HTTPStatus.FORBIDDEN, _("Open this page as 127.0.0.1 or localhost."))
            return False
        if self.command not in LOOKING:
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, _("This page can only be looked at."))
            return False
        return True

    def do_GET(self) -> None:
        drawing = self._drawings.latest
        path = self.path.partition("?")[0]
        if path == "/":
            if self.command == "GET" and drawing.view is not None:
                self._drawings.seen(drawing.view)
            self._answer(drawing.page, "text/html", f"{page_policy(live=True)}; frame-ancestors 'none'")
        elif path == "/changes":
            self._answer_changes()
        elif (found := VARIANT.fullmatch(path)) and found[2] == "json" and drawing.view is None:
            self._head("text/plain", NOTHING, HTTPStatus.NO_CONTENT)  # the page that asks is about to be drawn anew
        elif found and drawing.view and int(found[1]) < len(drawing.view.variants):
            self._answer_variant(drawing.view.variants[int(found[1])], found[2])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, _("There is nothing here."))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _for_us(self) -> bool:
        """A foreign name in `Host` that leads to this machine is somebody else's page trying to read ours."""
        hosts = self.headers.get_all("Host", [])
        return len(hosts) == 1 and OUR_NAMES.fullmatch(hosts[0].strip()) is not None

    def _refuse(self, status: HTTPStatus, said: str) -> None:
        self._answer(said.encode(), "text/plain", NOTHING, status)

    def _answer_variant(self, variant: VariantView, form: str) -> None:
        if form == "html":
            policy = f"sandbox {SANDBOX}; {MAIL_POLICY}; frame-ancestors 'self'"
            self._answer(framed(variant).encode(), "text/html", policy)
        else:
            self._answer(json.dumps(variant_data(variant, whole=False)).encode(), "application/json", NOTHING)

    def _answer(self, body: bytes, kind: str, policy: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._head(kind, policy, status, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _answer_changes(self) -> None:
        """Server-sent events: the latest version at once, then each new one."""
        self._head("text/event-stream", NOTHING)
        if self.command == "HEAD":
            return
        self.wfile.write(b"retry: 500\n\n")
        version = ""
        while not self._drawings.closed:
            drawing = self._drawings.other_than(version, PULSE)
            if drawing is None:
                self.wfile.write(b": still here\n\n")
                continue
            version = drawing.version
            self.wfile.write(f"event: drawn\ndata: {version}\n\n".encode())

    def _head(self, kind: str, policy: str, status: HTTPStatus = HTTPStatus.OK, length: int | None = None) -> None:
        self._policy = policy
        self.send_response(status)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", ", ".join(LOOKING))
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def end_headers(self) -> None:
        """Every response ends its head here, the errors of the standard library too."""
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", self._policy)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 – the name is the standard library's
        """Nobody reads a list of requests."""


# -- When a file changed that the preview is made from.


def changes_in(folders: Iterable[Path], stop: Event, ignored: Iterable[str] = MADE_BY_US) -> Iterator[None]:
    """Yield soon after something changed in or below `folders`, once per burst; end when `stop` is set.

    Not counted: the database, hidden files and folders, and the paths `ignored`, which are relative to each folder.
    Raise `ConfigurationError` when a folder is not there.
    """
    from watchfiles import watch  # 46 ms: only for --watch

    watched = [folder.resolve() for folder in folders]
    for folder in watched:
        if not folder.is_dir():
            raise ConfigurationError(str(folder), "there is no such folder to watch", "create it, or correct its path")
    excluded = [folder / path for folder in watched for path in ignored]
    for _changed in watch(
        *watched,
        watch_filter=lambda _change, path: _counts(Path(path), watched, excluded),
        stop_event=stop,
        debounce=400,
        raise_interrupt=False,
    ):
        yield None


def _counts(path: Path, watched: Iterable[Path], ignored: Iterable[Path]) -> bool:
    inside = next((path.relative_to(folder) for folder in watched if path.is_relative_to(folder)), path)
    return not (
        path.name.startswith(DATABASE)
        or any(part.startswith(".") for part in inside.parts)
        or any(path.is_relative_to(folder) for folder in ignored)
    )
