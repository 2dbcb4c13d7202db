"""The page on which a reader leaves, and the one click of a mail program (RFC 8058). A visit changes nothing."""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import PlainTextResponse, Response

from digest.foundation.requests import body_of, fields_of
from digest.foundation.workspace import Clock
from digest.people.reader_requests import Answer, Request, leave
from digest.site.doorkeeper import is_one_click
from digest.site.drawing import words_of
from digest.site.group_commit import GroupCommit
from digest.site.reader_answers import ReaderAnswers
from digest.site.store import PublicStore
from digest.site.visitors import Visitor, Visitors

REASONS = ("too-often", "not-for-me", "never-asked", "other")
ONE_CLICK, LEAVE_PAGE = "one click", "leave page"  # doors


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavePages:
    answers: ReaderAnswers
    store: PublicStore
    visitors: Visitors
    commits: GroupCommit
    clock: Clock

    def page(self, request: WebRequest) -> Response:
        visitor = self.visitors.leaving(request.path_params["token"])
        if visitor is None:
            return self.answers.broken_link(request)
        person = self.store.person(visitor.public_id)
        language = self.answers.language(visitor.newsletter, person)
        say = words_of(language).translations.gettext
        texts = {
            "too-often": say("It comes too often, or there is too much of it"),
            "not-for-me": say("It is not about what I need"),
            "never-asked": say("I never asked for it"),
            "other": say("Another reason"),
        }
        return self.answers.page(
            "leave.html",
            request,
            language,
            newsletter=visitor.title(language),
            masked=person.masked if person else "",
            reasons=[(key, texts[key]) for key in REASONS],
        )

    async def carry_out(self, request: WebRequest) -> Response:
        """One click of a mail program (RFC 8058): no page, no redirect, no cookie, and the same answer for everybody.
        Or the form of the page.
        """
        body = await body_of(request.receive)
        visitor = self.visitors.leaving(request.path_params["token"])
        if is_one_click(body):
            if visitor is not None:
                await self.leave(visitor, ONE_CLICK)
            return PlainTextResponse("You get no more of these mails.\n")
        form = dict(fields_of(body))
        if visitor is None:
            return self.answers.broken_link(request)
        if form.get("leave") != "yes":
            return await run_in_threadpool(self.page, request)
        reason = form.get("reason")
        await self.leave(visitor, LEAVE_PAGE, because=reason if reason in REASONS else None)
        return await run_in_threadpool(self.left, request, visitor)

    async def leave(self, visitor: Visitor, how: str, because: str | None = None, *, all_of_them: bool = False) -> None:
        asked = Request(at=self.clock.now(), how=how)
        newsletter = None if all_of_them else visitor.name
        done = await self.commits.do(
            lambda connection: leave(connection, asked, visitor.public_id, newsletter, because)
        )
        self.answers.counts.left += done is Answer.DONE

    def left(self, request: WebRequest, visitor: Visitor) -> Response:
        language = self.answers.language(visitor.newsletter, self.store.person(visitor.public_id))
        say = words_of(language).translations.gettext
        return self.answers.message(
            request,
            language,
            say("You get no more of these mails"),
            say("It is done: “%(newsletter)s” does not come to you any more.")
            % {"newsletter": visitor.title(language)},
            say("A mail that was on its way already may still arrive."),
        )
