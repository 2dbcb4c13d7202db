"""The desk's list of what is to be done, and the button that accepts an entry of it."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.desk.desk_answers import DeskAnswers, status_of_error
from digest.desk.forms import FilledForm
from digest.desk.open_desk import OpenDesk
from digest.desk.todo import Todo, accept, open_editions, todo
from digest.errors import DigestError
from digest.foundation.catalogue import plural


def todo_routes(desk: OpenDesk, changes: Callable[[Request], object]) -> list[BaseRoute]:
    pages = _TodoPages(desk)
    return [
        Route("/todo/", pages.show),
        Route("/todo/changes", changes),
        Route("/todo/accept", pages.accept, methods=["POST"]),
    ]


class _TodoPages(DeskAnswers):
    def show(self, request: Request) -> Response:
        return self._drawn(request)

    async def accept(self, request: Request) -> Response:
        form = await self.form(request)
        return await run_in_threadpool(self._accepted, request, form)

    def _accepted(self, request: Request, form: FilledForm) -> Response:
        self.desk.name = form.get("by") or self.desk.name
        try:
            chosen = accept(self.desk.instance, self._found(), form.all("entry"), form.get("by"), form.get("because"))
        except DigestError as error:
            return self._drawn(request, status_of_error(error), error=error, form=form)
        count = len(chosen)
        return self.done(plural("{count:,} thing is not said again.", "{count:,} things are not said again.", count))

    def _drawn(self, request: Request, status: int = 200, **values: object) -> Response:
        found = self._found()
        shown = {"version": self.desk.stamp(), "found": found, "command": "digest todo"} | values
        return self.page("desk_todo.html", request, status, **shown)

    def _found(self) -> tuple[Todo, ...]:
        instance = self.desk.instance
        collected = instance.collect()  # first: what goes out next depends on it
        editions = [(one, self.desk.shown(one, meant).view) for one, meant in open_editions(instance)]
        return todo(instance, collected, editions)
