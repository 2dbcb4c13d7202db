"""The form for signing up, and the page on which it is confirmed (double opt-in)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import Response

from digest.foundation.addresses import Address, address
from digest.foundation.database import stored
from digest.foundation.requests import body_of, fields_of
from digest.foundation.workspace import Clock
from digest.mail.message import is_address
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Welcome
from digest.people.reader_requests import CONFIRMED_WITHIN, Answer, Request, SignedUp, confirm, sign_up
from digest.site.drawing import title_of, words_of
from digest.site.group_commit import GroupCommit
from digest.site.limits import Allowance, network_of
from digest.site.link_mails import LinkMails
from digest.site.notice_store import NoticeKind, owe, take
from digest.site.notices import NoticePost
from digest.site.reader_answers import ReaderAnswers, audiences
from digest.site.store import PublicStore, asked_lately
from digest.site.visitors import Visitor, Visitors

FORM = "sign-up form"  # the door
_ASKED_AGAIN_AFTER = timedelta(days=1)
_ASKED_MOST = 3  # times, until they confirm
_LONGEST_ADDRESS = 254
_NOTICES = {Answer.DONE: NoticeKind.CONFIRM, Answer.ALREADY: NoticeKind.LINK}
# How many may sign up. One address is asked once a day, by what is stored of it.
OF_A_NETWORK = Allowance(most=10, every=360)
OF_EVERYBODY = Allowance(most=300, every=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPages:
    answers: ReaderAnswers
    store: PublicStore
    visitors: Visitors
    commits: GroupCommit
    links: LinkMails
    clock: Clock
    post: NoticePost
    consent: Callable[[str], str] | None = None

    def page(self, request: WebRequest, *, typed: str = "", error: str = "") -> Response:
        language = self.answers.pages.language(request.path_params["language"])
        offered = self.answers.pages.newsletters
        asked = request.query_params.get("newsletter", "")
        return self.answers.page(
            "subscribe.html",
            request,
            language,
            status=400 if error else 200,
            private=False,
            switch="subscribe/",
            typed=typed,
            error=error,
            offered=[
                {
                    "name": one.name,
                    "title": title_of(one, language),
                    "audiences": audiences(one, language),
                    "ticked": [audience.name for audience in one.audiences if audience.everything][:1],
                }
                for one in offered
            ],
            chosen=asked if any(one.name == asked for one in offered) else offered[0].name,
            spoken=self.answers.pages.languages,
            consent=self.agreed(language),
        )

    async def carry_out(self, request: WebRequest) -> Response:
        """The same answer whether the address is known, new, suppressed or was asked today."""
        form = fields_of(await body_of(request.receive))
        return await self._signed_up(request, form)

    async def _signed_up(self, request: WebRequest, form: Sequence[tuple[str, str]]) -> Response:
        said = dict(form)
        language = self.answers.pages.language(request.path_params["language"])
        say = words_of(language).translations.gettext
        if said.get("website"):  # only a machine fills in what nobody sees
            self.answers.counts.refused += 1
            return self._asked(request, language)
        choice = self._chosen(form)
        if choice is None:
            return await run_in_threadpool(
                lambda: self.page(
                    request,
                    typed=said.get("address", "")[:_LONGEST_ADDRESS],
                    error=say("Please choose at least one audience."),
                )
            )
        try:
            wanted = await run_in_threadpool(_reachable, said.get("address", "").strip())
        except ValueError:
            error = say("This is no mail address. Please look at it again.")
            return await run_in_threadpool(
                lambda: self.page(request, typed=said.get("address", "")[:_LONGEST_ADDRESS], error=error)
            )
        if not await self._ask(wanted, choice, network_of(request.client.host if request.client else "")):
            self.answers.counts.refused += 1
            heading = say("Too many at once")
            text = say("Many people are signing up from where you are. Please try again in an hour.")
            return self.answers.message(request, language, heading, text, status=429)
        return self._asked(request, language)

    def _chosen(self, form: Sequence[tuple[str, str]]) -> Choice | None:
        said = dict(form)
        newsletter = next((one for one in self.answers.pages.newsletters if one.name == said.get("newsletter")), None)
        if newsletter is None:
            return None
        ticked = {value for name, value in form if name == "audience"}
        wanted = [name for name in newsletter.audience_names if name in ticked or f"{newsletter.name}:{name}" in ticked]
        if len(newsletter.audiences) == 1:
            wanted = list(newsletter.audience_names)
        if not wanted:
            return None
        language = said.get("language", "")
        return Choice(
            newsletter=newsletter.name,
            audiences=frozenset(wanted),
            language=language if language in newsletter.languages else newsletter.languages[0],
        )

    async def _ask(self, wanted: Address, choice: Choice, network: str) -> bool:
        """`False`: too much is asked for from there, or in all."""
        at = self.clock.now()
        asked = Request(at=at, how=FORM, text=self.agreed(choice.language))
        allowed = [(f"sign-up {network}", OF_A_NETWORK), ("sign-up", OF_EVERYBODY)]

        def begin(connection: Connection) -> SignedUp | None:
            if not take(connection, allowed, at):
                return None
            lately, ever = asked_lately(connection, wanted.folded, stored(at - _ASKED_AGAIN_AFTER))
            if lately or ever >= _ASKED_MOST:
                return SignedUp(answer=Answer.REFUSED)
            begun = sign_up(connection, asked, wanted, choice)
            if begun.public_id is not None:
                owe(connection, _NOTICES[begun.answer], begun.public_id, choice.newsletter, at)
            return begun

        begun = await self.commits.do(begin)
        if begun is None:
            return False
        self.answers.counts.asked += begun.answer is Answer.DONE
        self.post.wake()
        return True

    def _asked(self, request: WebRequest, language: str) -> Response:
        say = words_of(language).translations.gettext
        return self.answers.message(
            request,
            language,
            say("Look into your mail"),
            say("A mail is on its way to you. Press the link in it, and you are on the list."),
            say("Nothing came? Look into the spam folder. The same address is asked once a day at most."),
        )

    def agreed(self, language: str) -> str:
        """What they agree to: it is kept with their consent as it stood there."""
        if self.consent is not None:
            return self.consent(language)
        say = words_of(language).translations.gettext
        return say("I want to get this newsletter from %(publisher)s by mail. I can leave at any time.") % {
            "publisher": self.answers.pages.publisher.name(language)
        }

    # Confirming.

    def confirm_page(self, request: WebRequest) -> Response:
        confirming = self.visitors.confirming(request.path_params["token"])
        if confirming is None:
            return self.answers.broken_link(request)
        newsletter, person = confirming.visitor.newsletter, self.store.person(confirming.visitor.public_id)
        if confirming.visitor.has_ended:
            return self.answers.ended(request, confirming.visitor, person)
        language = self.answers.language(newsletter, person)
        if self.clock.now() - confirming.asked_at > CONFIRMED_WITHIN:
            return self._over(request, language)
        return self.answers.page("confirm.html", request, language, newsletter=title_of(newsletter, language))

    async def confirm_now(self, request: WebRequest) -> Response:
        form = dict(fields_of(await body_of(request.receive)))
        confirming = self.visitors.confirming(request.path_params["token"])
        if confirming is None:
            return self.answers.broken_link(request)
        if form.get("confirm") != "yes" or confirming.visitor.has_ended:
            return await run_in_threadpool(self.confirm_page, request)
        visitor, asked_at = confirming.visitor, confirming.asked_at
        asked = Request(at=self.clock.now(), how=FORM)
        done = await self.commits.do(
            lambda connection: confirm(connection, asked, visitor.public_id, visitor.newsletter.name, asked_at)
        )
        self.answers.counts.confirmed += done is Answer.DONE
        return await run_in_threadpool(self._confirmed, request, visitor, done)

    def _confirmed(self, request: WebRequest, visitor: Visitor, done: Answer) -> Response:
        newsletter = visitor.newsletter
        language = self.answers.language(newsletter, self.store.person(visitor.public_id))
        if done not in (Answer.DONE, Answer.ALREADY):
            return self._over(request, language)
        say = words_of(language).translations.gettext
        said = say("“%(newsletter)s” comes to you from its next edition on.")
        if newsletter.welcome is Welcome.LATEST:
            said = say("“%(newsletter)s” comes to you from now on, its latest edition first.")
        return self.answers.message(
            request,
            language,
            say("You are on the list"),
            said % {"newsletter": title_of(newsletter, language)},
            link=(self.links.choice_path(newsletter, visitor.public_id), say("Change what I get")),
        )

    def _over(self, request: WebRequest, language: str) -> Response:
        say = words_of(language).translations.gettext
        return self.answers.message(
            request,
            language,
            say("This link is over"),
            say("It was good for seven days, and once. If you want the newsletter, ask for it again."),
            link=self.answers.sign_up_link(language),
            status=410,
        )


def _reachable(written: str) -> Address:
    """Raise `ValueError` for what is no address, or none that every mail server takes (RFC 6531)."""
    found = address(written)
    if not is_address(found.text):
        raise ValueError(written)
    return found
