"""The pages for everybody: the archive, its search and feeds, pictures, the web view of a mail, what is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from digest.mail.composing import as_everybody_sees
from digest.mail.content import Slot
from digest.mail.message import with_its_pictures
from digest.mail.wording import Words
from digest.newsletters.newsletter import Newsletter
from digest.site.drawing import Pages, title_of, words_of
from digest.site.public_archive import Archive, ArchivedEdition, ArchivedStory
from digest.site.reader_answers import ReaderAnswers
from digest.site.store import PublicStore
from digest.site.visitors import Visitors

_AT_HOME = 12  # editions of a newsletter
_IN_A_FEED = 60
_ASKED_MOST = 100  # characters of a search
_PUBLIC = {"cache-control": "public, max-age=300"}
_LASTING = {"cache-control": "public, max-age=31536000, immutable"}
# A mail holds its own style, and pictures inside of it; the publisher's logo comes from the publisher.
_VIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:{logo}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)


class PublicPages:
    """Draws what anybody may see: for the server and for a folder of files alike."""

    def __init__(self, archive: Archive, pages: Pages, privacy: Callable[[Words], Sequence[str]]) -> None:
        self.archive, self.pages, self._privacy = archive, pages, privacy

    def home(self, language: str, path: str) -> str:
        words = words_of(language)
        lists = [self._list(one, words, _AT_HOME) for one in self.pages.newsletters]
        return self._home(language, path, lists, self._title(language), "")

    def newsletter(self, newsletter: Newsletter, language: str, path: str) -> str:
        lists = [self._list(newsletter, words_of(language), None)]
        return self._home(language, path, lists, title_of(newsletter, language), f"{newsletter.name}/")

    def edition(self, edition: ArchivedEdition, language: str, path: str) -> str:
        return self.pages.draw("edition.html", language, path, edition=edition, switch=edition.path)

    def story(self, edition: ArchivedEdition, story: ArchivedStory, language: str, path: str) -> str:
        """In the other languages it is found by the same end of its path."""
        stories = edition.stories
        place = stories.index(story)
        return self.pages.draw(
            "story.html",
            language,
            path,
            edition=edition,
            story=story,
            before=stories[place - 1] if place else None,
            after=stories[place + 1] if place + 1 < len(stories) else None,
            switch={code: self._path_in(edition, story, code) for code in self.pages.languages},
        )

    def feed(self, newsletter: Newsletter, language: str) -> str | None:
        """`None` where nobody knows at which address the pages are."""
        if self.pages.root is None:
            return None
        entries: list[tuple[ArchivedEdition, ArchivedStory]] = []
        for edition in self.archive.editions(newsletter.name, words_of(language)):
            entries += ((edition, story) for story in edition.stories)
            if len(entries) >= _IN_A_FEED:
                break
        instants = [story.changed_at(edition) for edition, story in entries]
        if not instants:
            return None
        return self.pages.draw(
            "feed.xml",
            language,
            "/",
            name=newsletter.name,
            title=title_of(newsletter, language),
            entries=entries[:_IN_A_FEED],
            updated=max(instants),
        )

    def privacy(self, language: str, path: str) -> str:
        paragraphs = self._privacy(words_of(language))
        return self.pages.draw("privacy.html", language, path, paragraphs=paragraphs, switch="privacy/")

    def _home(
        self,
        language: str,
        path: str,
        lists: Sequence[tuple[dict[str, object], Sequence[object]]],
        title: str,
        switch: str,
    ) -> str:
        return self.pages.draw("home.html", language, path, lists=lists, title=title, switch=switch or "./")

    def _list(
        self, newsletter: Newsletter, words: Words, most: int | None
    ) -> tuple[dict[str, object], Sequence[object]]:
        editions = self.archive.listed(newsletter.name, words)
        shown = editions[:most]
        title = title_of(newsletter, words.language)
        return {"name": newsletter.name, "title": title, "has_more": len(shown) < len(editions)}, shown

    def _title(self, language: str) -> str:
        """Of the only newsletter, or of them all."""
        only = self.pages.newsletters
        if len(only) == 1:
            return title_of(only[0], language)
        return words_of(language).translations.gettext("Newsletters")

    def _path_in(self, edition: ArchivedEdition, story: ArchivedStory, language: str) -> str:
        other = self.archive.edition(edition.edition.newsletter, edition.edition.key, words_of(language))
        found = other.story(story.path) if other else None
        return f"{edition.path}{found.path if found else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePages:
    """ReaderAnswers with them."""

    answers: ReaderAnswers
    public: PublicPages
    store: PublicStore
    visitors: Visitors
    lock: Lock = field(default_factory=Lock)  # the archive keeps what it read, for one reader at a time

    def root(self, request: Request) -> Response:
        return self._html(self.public.home(self.answers.preferred(request), request.url.path), vary=True)

    def home(self, request: Request) -> Response:
        return self._html(self.public.home(request.path_params["language"], request.url.path))

    def newsletter(self, request: Request) -> Response:
        found = self._newsletter(request)
        if found is None:
            return self.nothing(request)
        return self._html(self.public.newsletter(found, request.path_params["language"], request.url.path))

    def edition(self, request: Request) -> Response:
        with self.lock:
            found = self._edition(request)
            if found is None:
                return self.nothing(request)
            return self._html(self.public.edition(found, request.path_params["language"], request.url.path))

    def story(self, request: Request) -> Response:
        with self.lock:
            edition = self._edition(request)
            found = edition.story(f"{request.path_params['story']}/") if edition else None
            if edition is None or found is None:
                return self.nothing(request)
            return self._html(self.public.story(edition, found, request.path_params["language"], request.url.path))

    def search(self, request: Request) -> Response:
        language = request.path_params["language"]
        asked = request.query_params.get("q", "").replace("\0", "")[:_ASKED_MOST]
        with self.lock:
            found = self.public.archive.search(asked, words_of(language))
        return self.answers.page(
            "search.html", request, language, private=True, asked=asked, found=found, switch="search/"
        )

    def feed(self, request: Request) -> Response:
        newsletter = self._newsletter(request)
        with self.lock:
            text = self.public.feed(newsletter, request.path_params["language"]) if newsletter else None
        if text is None:
            return self.nothing(request)
        return Response(text, media_type="application/atom+xml", headers=_PUBLIC)

    def privacy(self, request: Request) -> Response:
        return self._html(self.public.privacy(request.path_params["language"], request.url.path))

    def shown_picture(self, request: Request) -> Response:
        """One that a mail has, also before all of them have left: whoever knows its name has seen one. Or one of a
        story that has gone out.
        """
        asked = request.path_params["name"]
        picture = self.store.picture(asked.partition(".")[0])
        if picture is None or asked != picture.file_name or not (picture.is_in_mails or self._is_told(picture.name)):
            return self.nothing(request)
        return Response(picture.data, media_type=f"image/{picture.kind}", headers=_LASTING)

    def _is_told(self, picture: str) -> bool:
        with self.lock:
            return self.public.archive.shows(picture, words_of(self.public.pages.languages[0]))

    def style(self, request: Request) -> Response:
        if request.path_params["version"] != self.public.pages.style_version:
            return self.nothing(request)
        return Response(self.public.pages.style, media_type="text/css", headers=_LASTING)

    def robots(self, _request: Request) -> Response:
        private = ("leave", "preferences", "confirm", "view")
        lines = ["/"] if self.public.pages.noindex else [f"/{name}/" for name in private]
        return PlainTextResponse("User-agent: *\n" + "".join(f"Disallow: {line}\n" for line in lines), headers=_PUBLIC)

    def view(self, request: Request) -> Response:
        """The stored bytes of a mail, without what was one person's."""
        found = self.visitors.viewing(request.path_params["key"].replace("+", "/"), request.path_params["token"])
        if found is None:
            return self.answers.broken_link(request)
        edition, name = found
        rendered = self.store.variant(edition, name).rendered
        page = with_its_pictures(rendered.html, rendered.message)
        logo = self.public.pages.publisher.brand.logo
        policy = _VIEW_POLICY.format(logo=f" {logo.url}" if logo else "")
        headers = {"content-security-policy": policy, "x-robots-tag": "noindex, nofollow"}
        root = self.public.pages.root
        links = {Slot.LEAVE: f"{root}/leave/", Slot.PREFERENCES: f"{root}/preferences/", Slot.WEB_VIEW: ""}
        return HTMLResponse(as_everybody_sees(page, links), headers=headers)

    def nothing(self, request: Request) -> Response:
        language = self.answers.preferred(request)
        say = words_of(language).translations.gettext
        return self.answers.message(
            request,
            language,
            say("There is nothing here"),
            say("The page may have moved, or the address has a mistake."),
            link=(f"{language}/", say("To the beginning")),
            status=404,
        )

    def _newsletter(self, request: Request) -> Newsletter | None:
        wanted = request.path_params["newsletter"]
        return next((one for one in self.public.pages.newsletters if one.name == wanted), None)

    def _edition(self, request: Request) -> ArchivedEdition | None:
        newsletter = self._newsletter(request)
        words = words_of(request.path_params["language"])
        return self.public.archive.edition(newsletter.name, request.path_params["key"], words) if newsletter else None

    def _html(self, text: str, *, vary: bool = False) -> Response:
        headers = dict(_PUBLIC)
        if vary:
            headers["vary"] = "accept-language"
        if self.public.pages.noindex:
            headers["x-robots-tag"] = "noindex, nofollow"
        return HTMLResponse(text, headers=headers)
