"""Drawing: the page of a served preview as it is now, made anew when an input changed."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition

from digest.errors import DigestError
from digest.web.preview import SCRIPT, page_policy, preview_page
from digest.web.templating import draw_page
from digest.web.views import EditionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """`view` is `None` when there is no edition to show but a mistake. No two drawings share a version."""

    version: str
    page: bytes
    view: EditionView | None


class Drawings:
    """The latest drawing, and who waits for the next. Safe to use from many threads."""

    def __init__(self, draw: Callable[[], EditionView], *, watched: bool) -> None:
        self._draw = draw
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
