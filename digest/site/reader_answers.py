"""What the pages for one reader answer with: a page in the reader's language, a message, or that a link is broken."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.newsletters.newsletter import Newsletter
from digest.site.drawing import Pages, words_of
from digest.site.store import Person
from digest.site.visitors import Visitor

_PRIVATE = {"x-robots-tag": "noindex, nofollow"}


@dataclass(slots=True)
class Counts:
    """What was done since the pages were opened."""

    left: int = 0
    asked: int = 0
    confirmed: int = 0
    chosen: int = 0
    refused: int = 0


class ReaderAnswers:
    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.counts = Counts()

    def page(
        self,
        template: str,
        request: Request,
        language: str,
        *,
        status: int = 200,
        private: bool = True,
        **values: object,
    ) -> Response:
        text = self.pages.draw(template, language, request.url.path, private=private, **values)
        return HTMLResponse(text, status, _PRIVATE if private else None)

    def message(
        self,
        request: Request,
        language: str,
        heading: str,
        *paragraphs: str,
        link: tuple[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        return self.page(
            "message.html", request, language, status=status, heading=heading, paragraphs=paragraphs, link=link
        )

    def broken_link(self, request: Request) -> Response:
        """Whoever made up its token, or lost a part of it: the answer is the same."""
        language = self.preferred(request)
        say = words_of(language).translations.gettext
        return self.message(
            request,
            language,
            say("This link is not complete"),
            say("Please open it from your own mail once more; some programs cut long links in two."),
            status=404,
        )

    def needs_own_link(self, request: Request) -> Response:
        """A link out of the web view of a mail, which is nobody's own."""
        language = self.preferred(request)
        say = words_of(language).translations.gettext
        return self.message(
            request,
            language,
            say("Please use the link in your own mail"),
            say("This page is the same for everybody."),
            say("Whoever gets the newsletter leaves or changes it with the links at the foot of their own mail."),
        )

    def ended(self, request: Request, visitor: Visitor, person: Person | None) -> Response:
        """The settings have their newsletter no more: nobody gets anything of it, and there is nothing to choose."""
        standing = person.standing(visitor.name) if person else None
        language = self.pages.language(standing.choice.language if standing else "")
        say = words_of(language).translations.gettext
        return self.message(
            request,
            language,
            say("This newsletter does not come out any more"),
            say("Nothing of “%(newsletter)s” comes to you.") % {"newsletter": visitor.title(language)},
            say("Should it come out again, the links for leaving in its mails are still good."),
            link=self.sign_up_link(language),
            status=410,
        )

    def language(self, newsletter: Newsletter, person: Person | None) -> str:
        """Of the person; as long as nobody knows them, of the newsletter."""
        standing = person.standing(newsletter.name) if person else None
        return standing.choice.language if standing else newsletter.languages[0]

    def preferred(self, request: Request) -> str:
        """Of the languages that the browser names, the first that there is."""
        named = request.headers.get("accept-language", "")[:200].split(",")
        codes = [one.split(";")[0].strip().lower().split("-")[0] for one in named]
        known = self.pages.languages
        return next((code for one in codes for code in known if one == code.split("-")[0].lower()), known[0])

    def sign_up_link(self, language: str) -> tuple[str, str] | None:
        if not self.pages.offers_sign_up:
            return None
        return f"{language}/subscribe/", words_of(language).translations.gettext("Subscribe")


def audiences(newsletter: Newsletter, language: str) -> Sequence[dict[str, str]]:
    spoken = language if language in newsletter.languages else newsletter.languages[0]
    return [{"name": one.name, "title": one.title(spoken)} for one in newsletter.audiences]
