"""The desk's page for a new text: paste it, see how it is read and from what, correct it, save it. Saving is what
`digest new` does, and collects.
"""

from collections.abc import Callable
from datetime import date
from functools import partial
from os.path import relpath
from shlex import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.desk.desk_answers import DeskAnswers, status_of_error
from digest.desk.forms import FilledForm
from digest.desk.open_desk import OpenDesk
from digest.desk.pasting import ReadText, evidence_of, folder_meant, folders_of, kept_as, read_text
from digest.editions.plans.correction_edits import listed_in
from digest.errors import DigestError, UsageError
from digest.foundation.catalogue import _, plural, spoken
from digest.intake.pasted import LISTS, WORDS, Corrections, PastedText, pasted_text
from digest.settings.instance import Instance

MOST_CORRECTED = 20  # items with fields; of a longer list it is the text itself that is corrected


def pasting_routes(desk: OpenDesk) -> list[BaseRoute]:
    pages = _PastingPages(desk)
    acts: dict[str, Callable[[Request, FilledForm], Response]] = {"read": pages.read, "keep": pages.keep}
    return [
        Route("/new/", pages.show),
        *(Route(f"/new/{name}", partial(pages.click, act), methods=["POST"]) for name, act in acts.items()),
    ]


class _PastingPages(DeskAnswers):
    def show(self, request: Request) -> Response:
        return self._drawn(request)

    async def click(self, act: Callable[[Request, FilledForm], Response], request: Request) -> Response:
        form = await self.form(request)
        return await run_in_threadpool(self._clicked, act, request, form)

    def _clicked(self, act: Callable[[Request, FilledForm], Response], request: Request, form: FilledForm) -> Response:
        """Refused, it shows the reason, and all that was typed."""
        try:
            with self.desk.lock:
                return act(request, form)
        except DigestError as error:
            return self._drawn(request, status_of_error(error), self._before(form), error=error, form=form)

    def read(self, request: Request, form: FilledForm) -> Response:
        """How it would be read, with what was corrected; nothing is kept."""
        return self._drawn(request, 200, read_text(self.desk.instance, self._corrected(form)))

    def keep(self, _request: Request, form: FilledForm) -> Response:
        text = read_text(self.desk.instance, self._corrected(form))
        named = kept_as(self.desk.instance, text, knowing=form.has("known"))
        said = [_("Kept as {path}").format(path=named)]
        new, waiting = _collected(self.desk.instance, named)
        said += [plural("{count} new item was collected.", "{count} new items were collected.", new)]
        if waiting:
            said += [
                plural(
                    "{count} item waits until somebody says that its date is right.",
                    "{count} items wait until somebody says that their dates are right.",
                    waiting,
                )
            ]
        return self.done("\n".join(said))

    def _pasted(self, form: FilledForm) -> PastedText:
        instance = self.desk.instance
        folder = folder_meant(instance, form.get("source") or None)
        return PastedText(folder, pasted_text(form.text("text").encode()), _told(form), instance.today)

    def _corrected(self, form: FilledForm) -> PastedText:
        text = self._pasted(form)
        for number in range(len(text.items)):
            text = text.corrected(number, _corrections(form, number))
        return text

    def _before(self, form: FilledForm) -> ReadText | None:
        """The text as it was before what was refused."""
        try:
            return read_text(self.desk.instance, self._pasted(form))
        except DigestError:
            return None

    def _drawn(
        self, request: Request, status: int = 200, text: ReadText | None = None, /, **values: object
    ) -> Response:
        instance = self.desk.instance
        folders, language, taxonomy = folders_of(instance), spoken().partition("-")[0], instance.taxonomy
        shown: dict[str, object] = {
            "folders": [*folders],
            "source": text.pasted.folder.name if text else "",
            "written": text.pasted.written if text else "",
            "read": text,
            "items": [(one, evidence_of(instance, text, one)) for one in text.items] if text else (),
            "most": MOST_CORRECTED,
            "languages": sorted({code for one in instance.settings.newsletters for code in one.languages}),
            "topics": sorted(((one, taxonomy.topic_title(one, language)) for one in taxonomy.topics), key=_title),
            "path": relpath(text.pasted.free_path(), instance.folder) if text and text.items else "",
            "command": _command(text, several=len(folders) > 1),
        }
        day = text.pasted.told.isoformat() if text and text.pasted.told and text.pasted.is_markdown else ""
        return self.page("desk_new.html", request, status, **(shown | {"day": day} | values))


def _collected(instance: Instance, file: str) -> tuple[int, int]:
    """How many items are new with the file, and of how many a person is asked whether their date is right."""
    results = instance.collect()
    new = [item for one in results for item in one.new]
    waiting = [item for one in results for item in one.waiting]
    return sum(one.place.file == file for one in new), sum(one.place.file == file for one in waiting)


def _title(topic: tuple[str, str]) -> str:
    return topic[1]


def _command(text: ReadText | None, *, several: bool) -> str:
    """It reads the text that stands in the page."""
    source = text.pasted.folder.name if text else "NAME"
    said = f" --source {quote(source)}" if several else ""
    if text and text.pasted.told and text.pasted.is_markdown:
        said += f" --date {text.pasted.told.isoformat()}"
    return f"digest new{said} --yes < text.txt"


def _told(form: FilledForm) -> date | None:
    written = form.get("date")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise UsageError(written, _("is no date"), _("write it as in 2018-08-05")) from error


def _corrections(form: FilledForm, number: int) -> Corrections:
    """What the fields of an item say otherwise than the page did."""
    found: dict[str, str | tuple[str, ...]] = {}
    for field in (*WORDS, *LISTS):
        before = f"was-{field}-{number}"
        if not form.knows(before):
            continue
        if field in WORDS:
            said = " ".join(form.get(f"{field}-{number}").split())
            if said != " ".join(form.get(before).split()):
                found[field] = said
            continue
        written = form.all(f"{field}-{number}")
        now = tuple(written) if field == "topics" else listed_in(", ".join(written))
        if sorted(now) != sorted(listed_in(form.get(before))):
            found[field] = now
    return found
