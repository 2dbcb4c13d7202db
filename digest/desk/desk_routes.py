"""The desk's addresses: which page answers at which, and what a form that is sent there does.

A page is drawn by a GET, and looking takes nothing. A POST is a click, behind which is the function of a command; when
it is done the browser is sent back to the page.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from importlib.resources import files

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from digest.desk.chart_tables import drawn_numbers
from digest.desk.clicks import CLICKS
from digest.desk.desk_answers import DeskAnswers, status_of_error
from digest.desk.edition_page import edition_meant, edition_page, newsletter_and_meant, report_of
from digest.desk.forms import FilledForm
from digest.desk.months import months_of
from digest.desk.open_desk import OpenDesk
from digest.desk.pages import POLICY, frame_policy, framed, variant_data
from digest.desk.pasting_pages import pasting_routes
from digest.desk.people_pages import people_routes
from digest.desk.status import status_of
from digest.desk.todo_pages import todo_routes
from digest.errors import DigestError
from digest.foundation.catalogue import _
from digest.foundation.requests import NotServed

PULSE = 10.0  # seconds between signs of life
SHORTEST_PAUSE = 0.25  # between two looks at the workspace
RESTING = 10  # of its time, looking takes one part in so many
FILES: Mapping[str, str] = {
    "style.css": "text/css",
    "desk.css": "text/css",
    "charts.css": "text/css",
    "noscript.css": "text/css",
    "preview.js": "text/javascript",
    "desk.js": "text/javascript",
}

Show = Callable[[Request], Response]


def desk_pages(desk: OpenDesk) -> Starlette:
    pages = _Pages(desk)
    edition = "/editions/{newsletter}/{key}/"
    routes = [
        Route("/", pages.months),
        Route("/files/{name}", pages.file),
        Route(edition, pages.edition),
        Route(f"{edition}variant/{{number:int}}.{{form}}", pages.mail),
        Route(f"{edition}report", pages.report),
        Route("/numbers/", pages.numbers),
        *(Route(f"{place}changes", pages.changes) for place in ("/", edition, "/numbers/")),
        *(Route(f"{edition}{name}", partial(pages.click, name), methods=["POST"]) for name in CLICKS),
        *people_routes(desk),
        *pasting_routes(desk),
        *todo_routes(desk, pages.changes),
    ]
    handlers = {DigestError: pages.mistake, NotServed: _not_served, 404: _nothing}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


class _Pages(DeskAnswers):
    def months(self, request: Request) -> Response:
        instance = self.desk.instance
        stands = [status_of(instance, one) for one in instance.settings.newsletters]
        return self.page(
            "desk_months.html",
            request,
            version=self.desk.stamp(),
            newsletters=[months_of(one) for one in stands],
            zone=instance.settings.publisher.timezone,
        )

    def numbers(self, request: Request) -> Response:
        instance = self.desk.instance
        newsletters = [
            (one.title_for_staff, drawn_numbers(instance, one, prefix=f"chart-{number}"))
            for number, one in enumerate(instance.settings.newsletters)
        ]
        return self.page("desk_numbers.html", request, version=self.desk.stamp(), newsletters=newsletters)

    def edition(self, request: Request) -> Response:
        newsletter, meant = newsletter_and_meant(self.desk.instance, **request.path_params)
        shown = self.desk.shown(newsletter, meant)
        if request.method == "GET":
            self.desk.looked_at(shown)
        edited = request.query_params.get("edit", "")
        return self.page("desk_edition.html", request, **edition_page(self.desk, shown, edited))

    def mail(self, request: Request) -> Response:
        number, form = request.path_params.pop("number"), request.path_params.pop("form")
        newsletter, meant = newsletter_and_meant(self.desk.instance, **request.path_params)
        variants = self.desk.shown(newsletter, meant).view.variants
        if number >= len(variants):
            return Response(status_code=204)  # the page that asks is about to be drawn anew
        if form == "json":
            data = json.dumps(variant_data(variants[number], whole=False))
            return Response(data, media_type="application/json")
        seen_as = request.query_params.get("as", "")
        headers = {"content-security-policy": frame_policy(seen_as), "referrer-policy": "no-referrer"}
        return Response(framed(variants[number], seen_as), media_type="text/html", headers=headers)

    def report(self, request: Request) -> Response:
        page = report_of(self.desk.instance, **request.path_params)
        return Response(page, media_type="text/html", headers={"content-security-policy": POLICY})

    def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            raise NotServed(404, _("There is nothing here."))
        text = files("digest.desk").joinpath("templates", name).read_text(encoding="utf-8")
        return Response(text, media_type=FILES[name])

    async def changes(self, _request: Request) -> Response:
        return StreamingResponse(self._changes(), media_type="text/event-stream")

    async def _changes(self) -> AsyncIterator[str]:
        """Server-sent events: the latest version at once, then each new one, and how far a sending is."""
        yield "retry: 500\n\n"
        version, progress, said_at = "", "", time.monotonic()
        while not self.desk.stopping.is_set():
            began = time.monotonic()
            now, how_far = await run_in_threadpool(self.desk.version), self.desk.progress()
            if now != version or how_far != progress or began - said_at > PULSE:
                yield f"event: drawn\ndata: {now}\n\n" if now != version else ": still here\n\n"
                if how_far != progress:
                    yield f"event: progress\ndata: {how_far}\n\n"
                version, progress, said_at = now, how_far, began
            await asyncio.sleep(max(SHORTEST_PAUSE, RESTING * (time.monotonic() - began)))

    async def click(self, name: str, request: Request) -> Response:
        form = await self.form(request)
        return await run_in_threadpool(self._clicked, name, request, form)

    def _clicked(self, name: str, request: Request, form: FilledForm) -> Response:
        """Done, it leads back to the page; refused, it shows the page with the reason and with what was typed."""
        instance = self.desk.instance
        newsletter, meant = newsletter_and_meant(instance, **request.path_params)
        try:
            said = CLICKS[name](self.desk, newsletter, edition_meant(instance, newsletter, meant), form)
        except DigestError as error:
            shown = self.desk.shown(newsletter, meant)
            self.desk.looked_at(shown)
            edited = form.get("story") if name == "edit" else ""
            context = edition_page(self.desk, shown, edited) | {
                "version": "",
                "error": error,
                "form": form,
                "clicked": name,
            }
            return self.page("desk_edition.html", request, status_of_error(error), **context)
        return self.done(said, form.get("place"))

    def mistake(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, DigestError)  # noqa: S101 – it is called for nothing else
        return self.page("desk_mistake.html", request, status_of_error(error), version=self.desk.version(), error=error)


def _not_served(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotServed)  # noqa: S101 – it is called for nothing else
    return PlainTextResponse(error.said, error.status)


def _nothing(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(_("There is nothing here."), 404)
