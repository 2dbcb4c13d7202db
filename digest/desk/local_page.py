"""Pages of this machine for one person: whoever opens the link, once, gets a cookie; nobody else is shown anything.

Loopback has no owner: every user of the machine can connect. So a page of ours is behind a `Door`, and its answers are
`LocalAnswers`.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from html import escape
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Lock
from typing import Any, ClassVar

from digest.errors import CannotWriteError
from digest.foundation.catalogue import _
from digest.foundation.files import passing_name, remove_leftovers, write_synced

HERE = "127.0.0.1"
COOKIE = "digest"
OUR_NAMES = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?", re.IGNORECASE)
LOOKING = ("GET", "HEAD")
NOTHING = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {  # of every answer; who answers says its policy
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Door:
    """Who may see the pages. They lie below a `root` that nobody can guess, so that the browser hands the cookie to no
    other server of this machine: cookies know no ports.
    """

    def __init__(self) -> None:
        self.root = f"/{secrets.token_urlsafe(12)}/"
        self._link = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._is_used = False
        self._lock = Lock()

    @property
    def link(self) -> str:
        """The path that opens the door, once."""
        return f"{self.root}open/{self._link}"

    def opened_by(self, path: str) -> str | None:
        """The header that sets the cookie, for the first who asks with the link."""
        with self._lock:
            if self._is_used or not is_equal(path, self.link):
                return None
            self._is_used = True
        return f"{COOKIE}={self._cookie}; Path={self.root}; HttpOnly; SameSite=Strict"

    def is_link(self, path: str) -> bool:
        return is_equal(path, self.link)

    def admits(self, cookies: list[str]) -> bool:
        """Whether one of the `Cookie` headers is the one that was set."""
        for header in cookies:
            with suppress(CookieError):
                if (morsel := SimpleCookie(header).get(COOKIE)) and is_equal(morsel.value, self._cookie):
                    return True
        return False


def is_equal(one: str, other: str) -> bool:
    """In the same time, however much of it is right."""
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode())


def is_for_us(hosts: Sequence[str]) -> bool:
    """A foreign name in `Host` that leads to this machine is somebody else's page trying to read ours."""
    return len(hosts) == 1 and OUR_NAMES.fullmatch(hosts[0].strip()) is not None


def is_our_page(origins: Sequence[str], host: str) -> bool:
    """What changes something is asked for by a page of ours, not by one of another server of this machine."""
    return [one.lower() for one in origins] == [f"http://{host.strip()}".lower()]


def forwarding_page(address: str) -> str:
    """Leads on at once, and from a page of the same site: only so comes a cookie along that is `SameSite=Strict`."""
    to = escape(address, quote=True)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={to}"><title>digest</title></head>'
        f'<body><p><a href="{to}">digest</a></p></body></html>'
    )


@contextmanager
def link_file(folder: Path, url: str) -> Iterator[Path]:
    """A file for the browser that leads to the link. An address given to a program could be read in the list of
    processes by everybody, and used first.
    """
    remove_leftovers(folder, ".open-me.*.html")
    path = passing_name(folder / "open-me", "html").resolve()
    try:
        write_synced(path, forwarding_page(url).encode())
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("use --no-open")) from error
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


class LocalServer(ThreadingHTTPServer):
    timeout = 0.1  # how long `handle_request` waits before it looks whether to stop

    def server_bind(self) -> None:
        """As for any TCP server: HTTPServer would ask the network for our name, which can take seconds."""
        TCPServer.server_bind(self)


class LocalAnswers(BaseHTTPRequestHandler):
    """One connection, one request (HTTP/1.0). What reaches `look` came from a person with the cookie, by one of the
    `methods`; `path_below` is its path below the door's root.
    """

    server_version = "digest"
    sys_version = ""
    default_request_version = "HTTP/1.0"  # a request that names none is answered with a head, too
    timeout = 30
    methods: ClassVar[tuple[str, ...]] = LOOKING

    def __init__(self, door: Door, *connection: Any) -> None:
        self._door = door
        self._policy = NOTHING
        self._cookie = ""
        super().__init__(*connection)

    def handle(self) -> None:
        with suppress(ConnectionError, TimeoutError):  # the browser may leave at any time
            super().handle()

    def parse_request(self) -> bool:
        """Refuse what is not for us or not from our person, before anything looks at what was asked."""
        if not super().parse_request():
            return False
        if not self._for_us():
            self.refuse(HTTPStatus.FORBIDDEN, _("Open this page as 127.0.0.1 or localhost."))
        elif not self._door.admits(self.headers.get_all("Cookie", [])):
            self._let_in()
        elif self.command not in self.methods:
            self.refuse(HTTPStatus.METHOD_NOT_ALLOWED, _("This page can only be looked at."))
        elif self.command not in LOOKING and not self._from_our_page():
            self.refuse(HTTPStatus.FORBIDDEN, _("Open this page as 127.0.0.1 or localhost."))
        elif self._door.is_link(self.path):
            self._forward()
        else:
            return True
        return False

    def look(self) -> None:
        """Answer a `GET`, or a `HEAD`, which gets no body."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.look()

    def do_HEAD(self) -> None:
        self.look()

    @property
    def path_below(self) -> str:
        """`/` and what follows the root, without a query; empty for what is not below it."""
        path = self.path.partition("?")[0]
        return path[len(self._door.root) - 1 :] if path.startswith(self._door.root) else ""

    def refuse(self, status: HTTPStatus, said: str) -> None:
        self.answer(said.encode(), "text/plain", NOTHING, status)

    def answer(self, body: bytes, kind: str, policy: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.head(kind, policy, status, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(self, kind: str, policy: str, status: HTTPStatus = HTTPStatus.OK, length: int | None = None) -> None:
        self._policy = policy
        self.send_response(status)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", ", ".join(self.methods))
        if self._cookie:
            self.send_header("Set-Cookie", self._cookie)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def end_headers(self) -> None:
        """Every response ends its head here, the errors of the standard library too."""
        self.send_header("Content-Security-Policy", self._policy)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 – the name is the standard library's
        """Nobody reads a list of requests; and the link stands in none."""

    def _for_us(self) -> bool:
        return is_for_us(self.headers.get_all("Host", []))

    def _from_our_page(self) -> bool:
        return is_our_page(self.headers.get_all("Origin", []), self.headers["Host"])

    def _let_in(self) -> None:
        """A cookie for the link, which only a `GET` uses up; whoever comes without either learns nothing."""
        cookie = self._door.opened_by(self.path) if self.command == "GET" else None
        if cookie is None:
            said = _("This page is for the person who started it, and its link works once. Start the command again.")
            self.refuse(HTTPStatus.FORBIDDEN, said)
            return
        self._cookie = cookie
        self._forward()

    def _forward(self) -> None:
        self.answer(forwarding_page(self._door.root).encode(), "text/html", NOTHING)
