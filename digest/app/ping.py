"""The ping: asks for a web address when all went well, so that a watcher elsewhere notices its absence."""

from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.config.settings import MonitoringSettings

SECONDS = 5.0
MOST_REDIRECTS = 3


def ping(monitoring: "MonitoringSettings", seconds: float = SECONDS) -> str | None:
    """Ask once; return what went wrong, in words that do not show the address, or `None`. Never takes longer."""
    try:
        address = _address(monitoring)
    except (OSError, ValueError) as error:
        return f"ping_file: {getattr(error, 'strerror', None) or error}"
    if address is None:
        return None
    said: list[str | None] = []
    # A name server or a page that drips may keep urllib longer than any of its limits: the thread is left behind then.
    asking = Thread(target=lambda: said.append(_ask(address, seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return said[0] if said else f"no answer within {seconds:g} seconds"


def _address(monitoring: "MonitoringSettings") -> str | None:
    if monitoring.ping_file is None:
        return monitoring.ping
    from digest.config.urls import ping_address

    return ping_address(monitoring.ping_file.read_text(encoding="utf-8").strip())


def _ask(address: str, seconds: float) -> str | None:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class SameScheme(HTTPRedirectHandler):
        max_redirections = MOST_REDIRECTS

        def redirect_request(self, req: Request, *more: Any) -> Request | None:
            if more[-1].partition(":")[0].lower() != req.type:
                raise URLError("it was sent on to another kind of address")
            return super().redirect_request(req, *more)

    opener = build_opener(SameScheme)
    opener.addheaders = [("User-Agent", "digest")]
    try:
        with opener.open(address, timeout=seconds):
            return None
    except HTTPError as error:
        return f"HTTP {error.code}"
    except URLError as error:
        return getattr(error.reason, "strerror", None) or str(error.reason)
    except (OSError, HTTPException, ValueError) as error:
        return type(error).__name__
