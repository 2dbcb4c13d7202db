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
from pathlib import Path
from threading import Condition, Event
from typing import Any

from digest.desk.local_page import HERE, NOTHING, Door, LocalAnswers, LocalServer
from digest.desk.pages import (
    SCRIPT,
    EditionView,
    VariantView,
    draw_page,
    frame_policy,
    framed,
    page_policy,
    preview_page,
    variant_data,
)
from digest.errors import BusyError, ConfigurationError, DigestError
from digest.foundation.catalogue import _
from digest.foundation.workspace import DATABASE

MADE_BY_US = ("editions", "out")  # looking at an edition writes there
VARIANT = re.compile(r"/variant/(\d{1,6})\.(html|json)", re.ASCII)
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
        self.door = Door()
        self._drawings = Drawings(draw, watched=changes is not None, seen=seen)
        try:
            self._server = LocalServer((HERE, port), partial(Answers, self._drawings, self.door))
        except OSError as error:
            raise BusyError(
                f"{HERE}:{port}", error.strerror or str(error), _("choose another port, or close the other preview")
            ) from error

    @property
    def url(self) -> str:
        """Ready to be opened, once: the socket listens already."""
        return f"http://{HERE}:{self._server.server_address[1]}{self.door.link}"

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


# -- What is said to one request. Only looking is possible, and only for whoever came by the link.


class Answers(LocalAnswers):
    """Nothing stays open but `/changes`."""

    def __init__(self, drawings: Drawings, door: Door, *connection: Any) -> None:
        self._drawings = drawings
        super().__init__(door, *connection)

    def look(self) -> None:
        drawing = self._drawings.latest
        path = self.path_below
        if path == "/":
            if self.command == "GET" and drawing.view is not None:
                self._drawings.seen(drawing.view)
            self.answer(drawing.page, "text/html", f"{page_policy(live=True)}; frame-ancestors 'none'")
        elif path == "/changes":
            self._answer_changes()
        elif (found := VARIANT.fullmatch(path)) and drawing.view is None:
            self.head(
                "text/plain", frame_policy(), HTTPStatus.NO_CONTENT
            )  # the page that asks is about to be drawn anew
        elif found and drawing.view and int(found[1]) < len(drawing.view.variants):
            self._answer_variant(drawing.view.variants[int(found[1])], found[2])
        else:
            self.refuse(HTTPStatus.NOT_FOUND, _("There is nothing here."))

    def _answer_variant(self, variant: VariantView, form: str) -> None:
        if form == "html":
            seen_as = self.path.partition("?as=")[2]
            self.answer(framed(variant, seen_as).encode(), "text/html", frame_policy(seen_as))
        else:
            self.answer(json.dumps(variant_data(variant, whole=False)).encode(), "application/json", NOTHING)

    def _answer_changes(self) -> None:
        """Server-sent events: the latest version at once, then each new one."""
        self.head("text/event-stream", NOTHING)
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
            raise ConfigurationError(
                str(folder), _("there is no such folder to watch"), _("create it, or correct its path")
            )
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
