"""The page on which readers say what they get: audiences, language, a pause, or nothing any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import Response

from digest.foundation.requests import body_of, fields_of
from digest.foundation.workspace import Clock
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter
from digest.people.reader_requests import Answer, Request, choose, pause
from digest.site.drawing import title_of, words_of
from digest.site.group_commit import GroupCommit
from digest.site.leave_pages import LeavePages
from digest.site.notice_store import NoticeKind, owe
from digest.site.notices import NoticePost
from digest.site.reader_answers import ReaderAnswers, audiences
from digest.site.store import PublicStore
from digest.site.visitors import Visitor, Visitors

PAUSE_MOST = timedelta(days=366)
CHOICE_PAGE = "preference page"  # the door


class FormOutcome(Enum):
    """Of a form that was sent: the page says it."""

    CHOSEN = 1
    PAUSED = 2
    NOTHING_CHOSEN = 3
    NO_SUCH_DAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicePages:
    answers: ReaderAnswers
    store: PublicStore
    visitors: Visitors
    commits: GroupCommit
    leaving: LeavePages
    post: NoticePost
    clock: Clock

    def page(self, request: WebRequest) -> Response:
        token = request.path_params["token"]
        visitor = self.visitors.choosing(token)
        if visitor is None:
            old = self.visitors.leaving(token)
            return self.answers.broken_link(request) if old is None else self._fresh_link_page(request, old)
        return self._choices(request, visitor)

    async def carry_out(self, request: WebRequest) -> Response:
        form = fields_of(await body_of(request.receive))
        token = request.path_params["token"]
        visitor = self.visitors.choosing(token)
        if visitor is not None:
            return await self._changed(request, visitor, form)
        old = self.visitors.leaving(token)
        if old is None:
            return self.answers.broken_link(request)
        if dict(form).get("do") != "link" or old.has_ended:
            return await run_in_threadpool(self._fresh_link_page, request, old)
        return await self._send_fresh_link(request, old)

    async def _changed(self, request: WebRequest, visitor: Visitor, form: Sequence[tuple[str, str]]) -> Response:
        said = dict(form)
        if visitor.has_ended and said.get("do") != "leave":
            return await run_in_threadpool(self._choices, request, visitor)
        match said.get("do"):
            case "choose":
                return await self._choose(request, visitor, form)
            case "pause":
                return await self._pause(request, visitor, said.get("until", ""))
            case "resume":
                return await self._pause(request, visitor, None)
            case "leave":
                await self.leaving.leave(visitor, CHOICE_PAGE, all_of_them=said.get("from") == "all")
                return await run_in_threadpool(self.leaving.left, request, visitor)
        return await run_in_threadpool(self._choices, request, visitor)

    def _choices(self, request: WebRequest, visitor: Visitor, outcome: FormOutcome | None = None) -> Response:
        newsletter, person = visitor.newsletter, self.store.person(visitor.public_id)
        if visitor.has_ended:
            return self.answers.ended(request, visitor, person)
        language = self.answers.language(newsletter, person)
        standing = person.standing(newsletter.name) if person else None
        if person is None or standing is None or not standing.has_it:
            return self._gets_nothing(request, language)
        today, say = self._today(newsletter), words_of(language).translations.gettext
        texts = {
            None: "",
            FormOutcome.CHOSEN: say("Saved. It counts from the next edition on."),
            FormOutcome.PAUSED: say("Saved."),
            FormOutcome.NOTHING_CHOSEN: say("Please choose at least one, or leave below."),
            FormOutcome.NO_SUCH_DAY: say("Please choose a day from tomorrow on, within a year."),
        }
        refused = outcome in (FormOutcome.NOTHING_CHOSEN, FormOutcome.NO_SUCH_DAY)
        return self.answers.page(
            "preferences.html",
            request,
            language,
            status=400 if refused else 200,
            newsletter=title_of(newsletter, language),
            masked=person.masked,
            audiences=audiences(newsletter, language),
            ticked=standing.choice.audiences,
            spoken=newsletter.languages,
            chosen_language=standing.choice.language,
            resumes_on=standing.resumes_at.astimezone(newsletter.schedule.zone).date() if standing.resumes_at else None,
            earliest=(today + timedelta(days=1)).isoformat(),
            latest=(today + PAUSE_MOST).isoformat(),
            others=sum(one.has_it for one in person.standings) > 1,
            saved="" if refused else texts[outcome],
            error=texts[outcome] if refused else "",
        )

    async def _choose(self, request: WebRequest, visitor: Visitor, form: Sequence[tuple[str, str]]) -> Response:
        newsletter = visitor.newsletter
        wanted = frozenset(value for name, value in form if name == "audience") & frozenset(newsletter.audience_names)
        language = dict(form).get("language", "")
        if not wanted:
            return await run_in_threadpool(self._choices, request, visitor, FormOutcome.NOTHING_CHOSEN)
        person = await run_in_threadpool(self.store.person, visitor.public_id)
        standing = person.standing(newsletter.name) if person else None
        if language not in newsletter.languages:
            language = standing.choice.language if standing else newsletter.languages[0]
        choice = Choice(newsletter=newsletter.name, audiences=wanted, language=language)
        asked = Request(at=self.clock.now(), how=CHOICE_PAGE)
        done = await self.commits.do(lambda connection: choose(connection, asked, visitor.public_id, choice))
        self.answers.counts.chosen += done is Answer.DONE
        return await run_in_threadpool(self._choices, request, visitor, FormOutcome.CHOSEN)

    async def _pause(self, request: WebRequest, visitor: Visitor, until: str | None) -> Response:
        newsletter = visitor.newsletter
        day = None if until is None else _day(until)
        today = self._today(newsletter)
        if until is not None and (day is None or not today < day <= today + PAUSE_MOST):
            return await run_in_threadpool(self._choices, request, visitor, FormOutcome.NO_SUCH_DAY)
        at = None if day is None else datetime.combine(day, time(), newsletter.schedule.zone)
        asked = Request(at=self.clock.now(), how=CHOICE_PAGE)
        done = await self.commits.do(
            lambda connection: pause(connection, asked, visitor.public_id, newsletter.name, at)
        )
        self.answers.counts.chosen += done is Answer.DONE
        return await run_in_threadpool(self._choices, request, visitor, FormOutcome.PAUSED)

    def _gets_nothing(self, request: WebRequest, language: str) -> Response:
        say = words_of(language).translations.gettext
        return self.answers.message(
            request,
            language,
            say("You get nothing of this now"),
            say("There is nothing to choose: the newsletter does not come to you."),
            link=self.answers.sign_up_link(language),
        )

    # A fresh link, for those whose mail is older than links with a token of their own.

    def _fresh_link_page(self, request: WebRequest, visitor: Visitor) -> Response:
        person = self.store.person(visitor.public_id)
        if visitor.has_ended:
            return self.answers.ended(request, visitor, person)
        language = self.answers.language(visitor.newsletter, person)
        return self.answers.page(
            "fresh_link.html", request, language, newsletter=title_of(visitor.newsletter, language)
        )

    async def _send_fresh_link(self, request: WebRequest, visitor: Visitor) -> Response:
        person = await run_in_threadpool(self.store.person, visitor.public_id)
        language = self.answers.language(visitor.newsletter, person)
        standing = person.standing(visitor.newsletter.name) if person else None
        if standing is not None and standing.has_it:
            of, at = (visitor.public_id, visitor.newsletter.name), self.clock.now()
            await self.commits.do(lambda connection: owe(connection, NoticeKind.LINK, *of, at))
            self.post.wake()
        say = words_of(language).translations.gettext
        return self.answers.message(
            request,
            language,
            say("Look into your mail"),
            say("If you get this newsletter, a fresh link is on its way."),
        )

    def _today(self, newsletter: Newsletter) -> date:
        return self.clock.now().astimezone(newsletter.schedule.zone).date()


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
