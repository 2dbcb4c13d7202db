"""The application: which page answers at which address."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import BusyError
from digest.foundation.requests import NotServed
from digest.site.archive_pages import ArchivePages
from digest.site.choice_pages import ChoicePages
from digest.site.doorkeeper import CLOSING, is_local
from digest.site.group_commit import GroupCommit
from digest.site.leave_pages import LeavePages
from digest.site.notices import NoticePost
from digest.site.reader_answers import ReaderAnswers
from digest.site.sign_up_pages import SignUpPages
from digest.site.store import PublicStore

Show = Callable[[Request], Response]
Do = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    answers: ReaderAnswers
    store: PublicStore
    leaving: LeavePages
    choices: ChoicePages
    sign_up: SignUpPages
    archive: ArchivePages
    commits: GroupCommit
    post: NoticePost
    has_archive: bool


def application(parts: Parts) -> Starlette:
    """Without its doorkeeper. GET and HEAD only look; what changes something is a POST."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        parts.commits.start()
        parts.post.start()
        yield
        await parts.post.stop()
        await parts.commits.stop()

    archive = parts.archive

    async def nothing(request: Request, _error: Exception) -> Response:
        return await run_in_threadpool(archive.nothing, request)

    handlers: dict[Any, Callable[[Request, Exception], Response | Awaitable[Response]]] = {
        404: nothing,
        NotServed: _refused,
        BusyError: _busy,
    }
    routes = [
        Route("/leave/{token}", parts.leaving.carry_out, methods=["POST"]),  # first: a thousand a second may come
        Route("/leave/{token}", parts.leaving.page),
        Route("/health", _health(parts.store)),
        Route("/metrics", _metrics(parts)),
        Route("/robots.txt", archive.robots),
        Route("/style-{version}.css", archive.style),
        *_form("/preferences/{token}", parts.choices.page, parts.choices.carry_out),
        *_form("/confirm/{token}", parts.sign_up.confirm_page, parts.sign_up.confirm_now),
        Route("/view/{key:path}/{token}", archive.view),
        Route("/pictures/{name}", archive.shown_picture),
        *(Route(f"/{name}/", parts.answers.needs_own_link) for name in ("leave", "preferences")),
        Route("/", archive.root),
    ]
    for code in parts.answers.pages.languages:
        routes += _in_language(code, parts)
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    app.router.redirect_slashes = False  # it would send people on to wherever their request says that we are
    return app


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotServed)  # noqa: S101 – it is called for nothing else
    headers = {"connection": "close"} if error.status in CLOSING else None
    return PlainTextResponse(error.said, error.status, headers)


def _busy(_request: Request, _error: Exception) -> Response:
    """Nothing was changed, and nobody is told that it was."""
    return PlainTextResponse("Please try again in a moment.", 503, {"retry-after": "5"})


def _in_language(code: str, parts: Parts) -> Iterator[Route]:
    archive, sign_up = parts.archive, parts.sign_up
    shown: list[tuple[str, Show]] = [("", archive.home), ("privacy/", archive.privacy)]
    if parts.has_archive:
        shown += [
            ("search/", archive.search),
            ("{newsletter}/", archive.newsletter),
            ("{newsletter}/feed.xml", archive.feed),
            ("{newsletter}/{key}/", archive.edition),
            ("{newsletter}/{key}/{story}/", archive.story),
        ]
    if parts.answers.pages.offers_sign_up:
        shown.insert(0, ("subscribe/", sign_up.page))
        yield Route(f"/{code}/subscribe/", _asking(code, sign_up.carry_out), methods=["POST"])
    for path, show in shown:
        yield Route(f"/{code}/{path}", _showing(code, show))
        if not path.endswith(".xml"):
            yield Route(f"/{code}/{path}".rstrip("/"), _showing(code, show))


def _showing(code: str, show: Show) -> Show:
    def shown(request: Request) -> Response:
        request.path_params["language"] = code
        return show(request)

    return shown


def _asking(code: str, do: Do) -> Do:
    async def done(request: Request) -> Response:
        request.path_params["language"] = code
        return await do(request)

    return done


def _form(path: str, show: Show, do: Do) -> list[Route]:
    """A page, and what its form does."""
    return [Route(path, show, methods=["GET"]), Route(path, do, methods=["POST"])]


def _health(store: PublicStore) -> Show:
    def health(_request: Request) -> Response:
        store.look()
        return PlainTextResponse("ok\n")

    return health


def _metrics(parts: Parts) -> Show:
    """In Prometheus' text format, for this machine only."""

    def metrics(request: Request) -> Response:
        if not is_local(request.scope):
            raise NotServed(404, "There is nothing here.")
        counts = parts.answers.counts
        told = {
            "left": counts.left,
            "asked_to_confirm": counts.asked,
            "confirmed": counts.confirmed,
            "choices_changed": counts.chosen,
            "sign_ups_refused": counts.refused,
            "notices_posted": parts.post.posted,
            "notices_failed": parts.post.failed,
        }
        lines = [f"# TYPE digest_pages_{name}_total counter\ndigest_pages_{name}_total {told[name]}" for name in told]
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")

    return metrics
