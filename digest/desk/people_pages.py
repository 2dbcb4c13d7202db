"""The desk's pages about readers: who is on the list and how they stand, what was done to one; to add, remove and take
in lists, after a look at what would become of each row.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from functools import partial
from pathlib import Path, PurePath
from shlex import quote
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.delivery.lookup import received
from digest.desk.desk_answers import DeskAnswers, status_of_error
from digest.desk.forms import FilledForm
from digest.desk.open_desk import OpenDesk
from digest.desk.subscriber_words import (
    address_meant,
    audiences_said,
    choice_said,
    event_said,
    import_said,
    line_meant,
    name_meant,
    outcome_said,
    paused_said,
    standing_said,
    state_said,
)
from digest.errors import DigestError, NothingUsableError, UsageError
from digest.foundation.addresses import folded_address
from digest.foundation.catalogue import _
from digest.foundation.requests import body_of
from digest.mail.wording import audience_title
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter
from digest.people.list_file import list_rows
from digest.people.list_import import ImportWishes, RowOutcome, RowResult, take_in
from digest.people.subscriber import Consent, SubscriberState, Subscription
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.people.subscriber_list import ListedSubscriber, ListFilter, SubscriberListing
from digest.settings.instance import Instance

ON_A_PAGE = 100
SHOWN = 20  # rows of a list of each kind
LIST_MOST = 20_000_000  # bytes
OF_A_LIST = "subscribers import FILE --consent TEXT"
COMMANDS = {
    "list": "digest subscribers list",
    "add": "digest subscribers add ADDRESS --audience NAME --language CODE --consent TEXT --by NAME",
    "look_into": f"digest {OF_A_LIST} --dry-run",
    "take_in": f"digest {OF_A_LIST} --yes",
}
FORM_DATA = "multipart/form-data"


def people_routes(desk: OpenDesk) -> list[BaseRoute]:
    pages = _PeoplePages(desk)
    clicks: dict[str, Callable[[FilledForm], str]] = {
        "add": pages.add,
        "remove": pages.remove,
        "take-in": pages.take_in,
    }
    return [
        Route("/people/", pages.show),
        Route("/people/reader", pages.reader),
        Route("/people/import", pages.look_into, methods=["POST"]),
        *(Route(f"/people/{name}", partial(pages.click, name, act), methods=["POST"]) for name, act in clicks.items()),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedList:
    """A list of people that somebody chose or pasted, and what they said of it."""

    file: str
    content: bytes
    newsletter: str
    audiences: tuple[str, ...]
    language: str
    consent: str


class _PeoplePages(DeskAnswers):
    def __init__(self, desk: OpenDesk) -> None:
        super().__init__(desk)
        self._looked_into: tuple[str, UploadedList] | None = None  # the last: under the token of its preview

    # -- Looking.

    def show(self, request: Request) -> Response:
        return self._drawn(request)

    def reader(self, request: Request) -> Response:
        instance = self.desk.instance
        written = request.query_params.get("address", "")
        folded, listing = folded_address(written), SubscriberListing(instance.database)
        found = [*listing.listed(ListFilter(folded=frozenset({folded})))]
        if not found:
            raise UsageError(written, _("nobody on the list has this address"), "digest subscribers list")
        zone = instance.settings.publisher.timezone
        return self.page(
            "desk_reader.html",
            request,
            reader=found[0],
            standings=[standing_said(one, instance.settings.newsletters) for one in found],
            events=[event_said(one, zone) for one in listing.events(folded)],
            mails=received(instance.database, folded),
            commands={
                "show": f"digest subscribers show {quote(found[0].address)}",
                "remove": f"digest subscribers remove {quote(found[0].address)} --by NAME",
            },
            can_be_removed=any(one.state in _GET_MAIL for one in found),
        )

    def _drawn(self, request: Request, status: int = 200, **values: object) -> Response:
        instance, query = self.desk.instance, request.query_params
        instance.import_subscribers()
        states = [one for one in SubscriberState if one.value == query.get("state")]
        wanted = ListFilter(
            newsletter=query.get("newsletter") or None,
            audience=query.get("audience") or None,
            states=frozenset(states),
            words=query.get("words", "").strip(),
            after=query.get("after", ""),
        )
        rows, last = _one_page(SubscriberListing(instance.database).listed(wanted))
        kept = {name: query.get(name, "") for name in ("words", "state", "newsletter", "audience")}
        return self.page(
            "desk_people.html",
            request,
            status,
            rows=[_row(instance, one) for one in rows],
            first=f"?{urlencode(kept)}" if wanted.after else "",
            following=f"?{urlencode(kept | {'after': last})}" if last else "",
            query=kept,
            states=[(one.value, state_said(one)) for one in SubscriberState],
            newsletters=instance.settings.newsletters,
            counts=[_counted(instance, one) for one in instance.settings.newsletters],
            commands=COMMANDS,
            **({"preview": None} | values),
        )

    # -- Clicks: each is the function that `digest subscribers` calls.

    async def click(self, name: str, act: Callable[[FilledForm], str], request: Request) -> Response:
        form = await self.form(request)
        return await run_in_threadpool(self._clicked, name, act, request, form)

    def _clicked(self, name: str, act: Callable[[FilledForm], str], request: Request, form: FilledForm) -> Response:
        try:
            return self.done(act(form))
        except DigestError as error:
            return self._drawn(request, status_of_error(error), error=error, form=form, clicked=name)

    def add(self, form: FilledForm) -> str:
        instance = self.desk.instance
        newsletter = instance.settings.newsletter(form.get("newsletter") or None)
        found = address_meant(form.get("address"))
        wanted = Subscription(
            address=found.text,
            folded=found.folded,
            name=name_meant(form.get("name") or None),
            choice=_choice(newsletter, form),
            consent=Consent(on=instance.today, how=_needed(form.get("consent"), "--consent")),
        )
        self._changes(form).add(wanted)
        said = _("{address} gets {newsletter} from the next edition on that is not approved yet: {choice}.")
        return said.format(
            address=found.text, newsletter=newsletter.name, choice=choice_said(wanted.choice, newsletter)
        )

    def remove(self, form: FilledForm) -> str:
        written = form.get("address")
        changed = self._changes(form).remove(folded_address(written))
        said = (
            _("{address} gets no more mail.") if changed else _("{address} got no mail already; nothing was changed.")
        )
        return said.format(address=written)

    async def look_into(self, request: Request) -> Response:
        """What would become of each row of a list; nothing is written."""
        kind = request.headers.get("content-type", "")
        body = await body_of(request.receive, LIST_MOST)
        return await run_in_threadpool(self._looked, request, *_parts(kind, body))

    def _looked(self, request: Request, form: FilledForm, file: str, content: bytes) -> Response:
        self.refuse_foreign(form)
        try:
            wanted = UploadedList(
                file=PurePath(file.replace("\\", "/")).name or "list.csv",
                content=content or form.text("pasted").encode(),
                newsletter=form.get("newsletter"),
                audiences=tuple(form.all("audience")),
                language=form.get("language"),
                consent=_needed(form.get("consent"), "--consent"),
            )
            results: list[RowResult] = []
            counts = self._taken(wanted, form, results.append, dry_run=True)
        except DigestError as error:
            return self._drawn(request, status_of_error(error), error=error, form=form, clicked="import")
        self._looked_into = (self.desk.tell(""), wanted)
        preview = {
            "name": self._looked_into[0],
            "file": wanted.file,
            "said": import_said(counts, dry=True),
            "rows": [(one, outcome_said(one.outcome)) for one in _some(results)],
            "new": counts[RowOutcome.ADDED] + counts[RowOutcome.SUPPRESSED],
        }
        return self._drawn(request, form=form, clicked="import", preview=preview)

    def take_in(self, form: FilledForm) -> str:
        """The list that was looked into last, and no other."""
        name, wanted = self._looked_into or ("", None)
        if wanted is None or name != form.get("list"):
            raise UsageError(_("the list"), _("it was not the last one that was looked into"), _("choose it again"))
        counts = self._taken(wanted, form, lambda _result: None, dry_run=False)
        self._looked_into = None
        return import_said(counts, dry=False)

    def _taken(
        self, wanted: UploadedList, form: FilledForm, tell: Callable[[RowResult], None], *, dry_run: bool
    ) -> Counter[RowOutcome]:
        instance = self.desk.instance
        newsletter = instance.settings.newsletter(wanted.newsletter or None)
        wishes = ImportWishes(
            newsletter=newsletter,
            audiences=frozenset(wanted.audiences),
            language=wanted.language or (newsletter.languages[0] if len(newsletter.languages) == 1 else None),
            consent=Consent(on=instance.today, how=wanted.consent),
        )
        deed = Deed(by=self._named(form), at=instance.clock.now(), because=wanted.file)
        with _as_file(wanted) as path, list_rows(path, {}) as (_columns, rows):
            counts = take_in(instance.database, rows, wishes, deed, tell, dry_run=dry_run)
        if not counts.total():
            raise NothingUsableError(wanted.file, _("there is no row in it"), _("export the list again"))
        return counts

    def _changes(self, form: FilledForm) -> SubscriberChanges:
        instance = self.desk.instance
        deed = Deed(by=self._named(form), at=instance.clock.now(), because=form.get("because") or None)
        return SubscriberChanges(instance.database, deed)

    def _named(self, form: FilledForm) -> str:
        if not form.get("by"):
            raise UsageError("--by", _("an answer needs a name"), _("say who decides so"))
        self.desk.name = form.get("by")
        return self.desk.name


_GET_MAIL = frozenset({SubscriberState.ACTIVE, SubscriberState.PAUSED, SubscriberState.UNCONFIRMED})


def _one_page(listed: Iterable[ListedSubscriber]) -> tuple[list[ListedSubscriber], str]:
    """Whole people, and the address of the last of them if others follow: the next page begins after it."""
    rows: list[ListedSubscriber] = []
    for one in listed:
        if len(rows) >= ON_A_PAGE and one.folded != rows[-1].folded:
            return rows, rows[-1].folded
        rows.append(one)
    return rows, ""


def _row(instance: Instance, one: ListedSubscriber) -> dict[str, str]:
    return {
        "address": one.address,
        "link": f"reader?{urlencode({'address': one.address})}",
        "name": one.name or "",
        "newsletter": one.choice.newsletter if one.choice else "",
        "language": one.choice.language if one.choice else "",
        "audiences": audiences_said(one.choice, instance.settings.newsletters) if one.choice else "",
        "state": state_said(one.state) if one.resumes_at is None else paused_said(one.resumes_at),
    }


def _counted(instance: Instance, newsletter: Newsletter) -> tuple[Newsletter, int, list[tuple[str, str, int]]]:
    """Those who get mail: of the newsletter, and of each of its audiences."""
    people, total = Counter[str](), 0
    for choice, count in instance.subscribers.subscribed(newsletter.name):
        total += count
        people.update(dict.fromkeys(choice.audiences, count))
    audiences = [(one.name, audience_title(newsletter, one.name), people[one.name]) for one in newsletter.audiences]
    return newsletter, total, audiences


def _choice(newsletter: Newsletter, form: FilledForm) -> Choice:
    audiences, language = frozenset(form.all("audience")), form.get("language")
    if not audiences or audiences - {one.name for one in newsletter.audiences}:
        raise UsageError(
            "--audience", _("the audiences are missing; name one with --audience"), _("choose one or more")
        )
    if language not in newsletter.languages:
        raise UsageError("--language", _("the language is missing; name one with --language"), _("choose one"))
    return Choice(newsletter=newsletter.name, audiences=audiences, language=language)


def _needed(text: str, option: str) -> str:
    said = line_meant(text, option)
    if not said:
        raise UsageError(option, _("it is empty"), _("say how they agreed, such as “form at the fair of May”"))
    return said


def _some(results: Sequence[RowResult]) -> list[RowResult]:
    """The first of each kind, those that a person should look at first."""
    kinds = (RowOutcome.REFUSED, RowOutcome.STAYS_AWAY, RowOutcome.SUPPRESSED, RowOutcome.UNCONFIRMED, *RowOutcome)
    order = {kind: place for place, kind in reversed([*enumerate(kinds)])}
    shown = Counter[RowOutcome]()
    few = []
    for one in results:
        shown[one.outcome] += 1
        few += [one] if shown[one.outcome] <= SHOWN else []
    return sorted(few, key=lambda one: (order[one.outcome], one.line))


@contextmanager
def _as_file(wanted: UploadedList) -> Iterator[Path]:
    """For as long as it is read; its name says what it is. Files of ours are for their owner only."""
    with TemporaryDirectory(prefix="digest-list-") as folder:
        path = Path(folder) / f"list{PurePath(wanted.file).suffix}"
        path.write_bytes(wanted.content)
        yield path


def _parts(kind: str, body: bytes) -> tuple[FilledForm, str, bytes]:
    """The fields of a form with a file in it, the file's name, and its content."""
    parsed = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + body)
    fields: list[tuple[str, str]] = []
    file, content = "", b""
    for part in parsed.iter_parts() if parsed.get_content_type() == FORM_DATA else ():
        name = part.get_param("name", "", "content-disposition")
        value = _bytes_of(part)
        if (called := part.get_filename()) is not None:
            file, content = called, value
        else:
            fields.append((str(name), value.decode("utf-8", "replace")))
    return FilledForm(fields), file, content


def _bytes_of(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""
