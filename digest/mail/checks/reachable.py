"""Do links lead anywhere? Asked only on request, since it leaves the machine, and with limits on everything."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from digest.foundation.catalogue import _, plural
from digest.foundation.problems import Severity
from digest.mail.checks.rule import Finding

SECONDS = 10.0
MOST_LINKS = 200
AT_ONCE = 8
REFUSING = (401, 403, 405, 429, 503)  # there is a page; it does not want to be asked by a program


def unreachable(links: Iterable[str], *, seconds: float = SECONDS) -> Iterator[Finding]:
    """A warning per link that leads nowhere. Only http and https are asked, each once, bodies are not read.

    At most `MOST_LINKS` are asked; the rest is named in a note.
    """
    wanted = [link for link in dict.fromkeys(links) if link.startswith(("https://", "http://"))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for link, trouble in pool.map(lambda link: (link, trouble_with(link, seconds)), wanted[:MOST_LINKS]):
            if trouble:
                yield Finding(
                    code="REACH-001",
                    severity=Severity.WARNING,
                    place=link,
                    reason=_("it cannot be reached: {trouble}").format(trouble=trouble),
                    fix=_("correct the link, or wait until the page is there"),
                )
    if len(wanted) > MOST_LINKS:
        yield Finding(
            code="REACH-002",
            severity=Severity.NOTE,
            place=plural("{count} link", "{count} links", len(wanted) - MOST_LINKS),
            reason=_("they were not asked; at most {most} are").format(most=MOST_LINKS),
            fix=_("look at them by hand"),
        )


class _FewRedirects(HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(self, *args: Any, **more: Any) -> Request | None:
        """A question stays a question: urllib would ask for the whole page."""
        request = super().redirect_request(*args, **more)
        if request is not None:
            request.method = "HEAD"
        return request


def trouble_with(link: str, seconds: float = SECONDS) -> str | None:
    request = Request(link, method="HEAD", headers={"User-Agent": "digest-check"})  # noqa: S310 – http and https only
    try:
        with build_opener(_FewRedirects).open(request, timeout=seconds):
            return None
    except HTTPError as error:
        return None if error.code in REFUSING else f"HTTP {error.code} {str(error.reason).splitlines()[0]}"
    except URLError as error:
        return str(error.reason)
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
