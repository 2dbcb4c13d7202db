"""A window of Debian's Chromium that shows mails, asks nobody for anything and remembers what it was asked to load."""

import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Route

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
LARGE = (1600, 1000)  # pixels of every picture: a mail must not grow with them


class Window:
    """One page for all tests, since opening one takes longer than most of them; in a thread of its own, since a thread
    runs Playwright only once, and other tests do so too.
    """

    def __init__(self, chromium: str) -> None:
        self.asked_for: list[str] = []
        self._picture = _png(*LARGE)
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._do(self._open, chromium)

    def show(self, html: str, width: int, scheme: str = "light", height: int = 900) -> None:
        """`scheme` is light or dark; afterwards `asked_for` are the addresses that the HTML made it load."""

        def shown() -> None:
            self._page.set_viewport_size({"width": width, "height": height})
            self._page.emulate_media(color_scheme=scheme)
            self.asked_for.clear()
            self._page.set_content(html)

        self._do(shown)

    def evaluate(self, script: str, argument: object = None) -> Any:
        return self._do(self._page.evaluate, script, argument)

    def screenshot(self) -> bytes:
        return self._do(self._page.screenshot)

    def close(self) -> None:
        self._do(self._browser.close)
        self._do(self._playwright.stop)
        self._thread.shutdown()

    def _do(self, work: Callable[..., Any], *arguments: object) -> Any:
        return self._thread.submit(work, *arguments).result()

    def _open(self, chromium: str) -> None:
        from playwright.sync_api import sync_playwright  # takes half a second, in one worker alone

        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        self._page = self._browser.new_page()
        self._page.route("**/*", self._answer)

    def _answer(self, route: "Route") -> None:
        self.asked_for.append(route.request.url)
        route.fulfill(body=self._picture, content_type="image/png")


def _png(width: int, height: int) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = (b"\0" + b"\xff" * (width // 8)) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
