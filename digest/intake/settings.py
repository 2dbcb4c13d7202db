"""`sources:` in `digest.yaml`: where the news comes from.

Each kind has a line in `KINDS`: the key without which it is nothing, and those that mean something for it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from os.path import normpath
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from digest.foundation.addresses import address
from digest.foundation.catalogue import _, later
from digest.foundation.imap_settings import ImapKeys, ImapServerSettings, imap_server
from digest.foundation.mistakes import Mistake, bad_names, mapping, unknown
from digest.foundation.networks import network
from digest.foundation.values import (
    NOT_YET,
    ONE_OR_MORE,
    Duration,
    FilePath,
    Keys,
    Line,
    Names,
    located,
    web_address,
)
from digest.foundation.words import did_you_mean, listed, quoted
from digest.intake.extensions import ExtensionSettings, extension_kinds, extension_mistakes, extension_settings
from digest.intake.item import DateOrder, Struck

CHECK = timedelta(hours=6)
AHEAD = timedelta(weeks=6)
ALL = timedelta(days=3660)
_EVERYTHING = "all"
_CALENDAR_SCHEME = "webcal://"


class SourceKind(StrEnum):
    FOLDER = "folder"
    FEED = "feed"
    PAGE = "page"
    CALENDAR = "calendar"
    MAIL = "mail"


class KindKeys(NamedTuple):
    """`places` are the keys of which a source of this kind has one, each with the keys that mean something beside it
    alone; without those `needed` it is nothing. Beside them and `more`, it has `type`, `language` and `collect_on`.
    """

    places: Mapping[str, frozenset[str]]
    more: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return frozenset({"type", "language", "collect_on", *self.places}).union(
            self.more, self.needed, *self.places.values()
        )


_IN_FILES: Mapping[str, frozenset[str]] = {"path": frozenset()}
_ASKED = frozenset({"check", "allow_networks"})
_FETCHED = {"url": _ASKED | {"first_contact"}}
_OF_ITEMS = frozenset({"pictures", "follow"})  # of feeds and pages
KINDS: Mapping[SourceKind, KindKeys] = {
    SourceKind.FOLDER: KindKeys(_IN_FILES, frozenset({"dates", "struck", "pictures"})),
    SourceKind.FEED: KindKeys(_FETCHED, _OF_ITEMS),
    SourceKind.PAGE: KindKeys(_FETCHED, _OF_ITEMS | {"dates", "select"}),
    SourceKind.CALENDAR: KindKeys({**_IN_FILES, "url": _ASKED}, frozenset({"ahead", "topics"})),
    SourceKind.MAIL: KindKeys(
        {**_IN_FILES, "imap": frozenset({"check"})}, frozenset({"dates", "struck"}), frozenset({"from"})
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """`path` may lie outside the workspace, and need not exist yet; a source that is asked over the network has a `url`
    instead. `language` is that of items which name none; `dates` is `None` when the file says nothing. Entries that
    are older than `first_contact` when a source is first read are passed over; `None`: than one period. `select` has
    selectors of CSS by what they select; with `follow`, the text of an item is that of the page to which it leads.
    `senders` are addresses and domains, in lower case. Only the hosts of `collect_on` read it; without any, every host
    that has it. A kind that is none of ours is that of an `extension`.
    """

    name: str
    kind: str
    path: Path | None = None
    url: str | None = None
    language: str | None = None
    dates: DateOrder | None = None
    struck: Struck = Struck.LEAVE_OUT
    pictures: bool = False
    check: timedelta = CHECK
    first_contact: timedelta | None = None
    allow_networks: tuple[str, ...] = ()
    ahead: timedelta = AHEAD
    topics: tuple[str, ...] | None = None
    senders: tuple[str, ...] = ()
    select: Mapping[str, str] = field(default_factory=dict)
    imap: ImapServerSettings | None = None
    follow: bool = False
    extension: ExtensionSettings | None = None
    collect_on: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where it is asked over the network; empty for one that lies in files."""
        return self.url or (f"{self.imap.host}/{self.imap.folder}" if self.imap else "")


def asked_address(text: str) -> str:
    """Sites write `webcal://` so that a program for calendars opens; what is asked is `https://`."""
    is_calendar = text[: len(_CALENDAR_SCHEME)].lower() == _CALENDAR_SCHEME
    return f"https://{text[len(_CALENDAR_SCHEME) :]}" if is_calendar else text


def _source_url(text: str) -> str:
    must = _("must be a whole web address, such as https://www.example.org/news/feed.xml")
    return web_address(asked_address(text), must)


def _networks(written: list[str]) -> list[str]:
    for one in written:
        network(one)
    return written


def _senders(written: list[str]) -> list[str]:
    """As they are compared."""
    return [(address(one).text if "@" in one else address(f"a@{one}").text[2:]).lower() for one in written]


def _first_contact(written: Any) -> Any:
    return f"{ALL.days} days" if written == _EVERYTHING else written


def _known_kind(written: Any) -> Any:
    """Kinds of packages never come here."""
    if isinstance(written, str) and written not in [*SourceKind]:
        kinds = [*SourceKind, *extension_kinds()]
        said = _("must be one of {choices}").format(choices=listed(kinds))
        said += did_you_mean(written, kinds) or _(", not {written}").format(written=quoted(written))
        raise PydanticCustomError(NOT_YET, "{said}", {"said": said})
    return written


class SelectKeys(Keys):
    model_config = ConfigDict(title="Rows of a page")

    rows: Line = Field(description="The rows, such as article.news.")
    title: Line | None = Field(default=None, description="The title in a row; left out: its first heading or link.")
    date: Line | None = Field(default=None, description="The date in a row; left out: the first that stands in it.")
    summary: Line | None = Field(default=None, description="The text of a row; left out: all that is left of it.")
    link: Line | None = Field(default=None, description="The link of a row; left out: that of its title.")


def _rows_alone(written: Any) -> Any:
    return {"rows": written} if isinstance(written, str) else written


class SourceKeys(Keys):
    model_config = ConfigDict(title="Source")

    type: Annotated[SourceKind, BeforeValidator(_known_kind)] = Field(
        default=SourceKind.FOLDER,
        description="The kind of source: a folder of bulletins, a feed of a website, a page that lists news, a "
        "calendar, or mail.",
    )
    path: FilePath | None = Field(
        default=None,
        description="The folder, the file of a calendar (.ics), or the Maildir or mbox of mail, from the folder of "
        "this file.",
    )
    url: Annotated[Line, AfterValidator(_source_url)] | None = Field(
        default=None,
        description="The address of a feed, page or calendar, with https:// or http://; webcal:// means https://.",
    )
    imap: ImapKeys | None = Field(default=None, description="Of mail: a mailbox on a server, in place of a path.")
    language: Line | None = Field(default=None, description="The language of items that name none, such as es.")
    dates: DateOrder | None = Field(
        default=None, description="What 03/04/2018 means: day-first or month-first. Left out: the dates around it tell."
    )
    struck: Struck = Field(
        default=Struck.LEAVE_OUT, description="Struck-out text: leave out (and name it), or show it struck out."
    )
    pictures: bool = Field(
        default=False,
        description="Whether mails carry its pictures. Of a folder: those in Word files, and files beside bulletins; "
        "of a feed or page: those that its items show, fetched once.",
    )
    check: Duration = Field(default=CHECK, description="Of what is asked over the network: how often, at most.")
    first_contact: Annotated[Duration, BeforeValidator(_first_contact, json_schema_input_type=str)] | None = Field(
        default=None,
        description="Of a feed or page: how old its entries may be when it is first read, such as 2 weeks, or all; "
        "older ones are passed over. Left out: one period of your newsletters.",
    )
    allow_networks: Annotated[list[Line], AfterValidator(_networks), ONE_OR_MORE] = Field(
        default=[],
        description="Of an address: private networks it may lie in, such as 10.1.0.0/16. Any other is refused.",
    )
    select: Annotated[SelectKeys, BeforeValidator(_rows_alone, json_schema_input_type=str | SelectKeys)] | None = Field(
        default=None,
        description="Of a page: selectors of CSS for its rows and what stands in each, or for the rows alone. Left "
        "out: they are found by what repeats.",
    )
    follow: bool = Field(
        default=False,
        description="Of a page or feed: whether the page of each new item is fetched, too, for its whole text. Takes a "
        "library of its own: pip install 'bulletin-digest[articles]'.",
    )
    ahead: Duration = Field(default=AHEAD, description="Of a calendar: how long before it begins an event is news.")
    topics: Names | None = Field(
        default=None, description="Of a calendar: the topics of each event. Left out: what its text says."
    )
    senders: Annotated[list[Line], AfterValidator(_senders), ONE_OR_MORE] = Field(
        default=[],
        alias="from",
        description="Of mail: who may write, addresses or domains such as example.org. No other mail is read.",
    )
    collect_on: Names = Field(
        default=[],
        description="Where several hosts share one database: the names of those that read this source, as `hostname` "
        "says them or DIGEST_MACHINE does. Left out: every host that has it.",
    )


@dataclass(frozen=True, slots=True)
class ExtensionKeys:
    """The keys of a source whose kind a package brings, as they were written: its model is asked by `source_mistakes`,
    which can say where each of them stands.
    """

    written: Mapping[str, Any]


def _of_any_kind(written: Any, ours: ValidatorFunctionWrapHandler) -> SourceKeys | ExtensionKeys:
    if isinstance(written, str):
        written = {"path": written}
    kind = _extension_kind(mapping(written))
    return ours(written) if kind is None else ExtensionKeys(written)


def _extension_kind(source: Mapping[str, Any]) -> str | None:
    kind = source.get("type")
    return kind if isinstance(kind, str) and kind not in [*SourceKind] and kind in extension_kinds() else None


_OF_A_PACKAGE = {
    "title": "Source of a kind that a package brings",
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"type": "string", "not": {"enum": [str(one) for one in SourceKind]}}},
}
SourceOrFolder = Annotated[
    SourceKeys,
    WrapValidator(
        _of_any_kind,
        json_schema_input_type=str | SourceKeys | Annotated[dict[str, Any], WithJsonSchema(_OF_A_PACKAGE)],
    ),
]


def source_of(name: str, keys: SourceKeys | ExtensionKeys, workspace: Path) -> SourceSettings:
    if isinstance(keys, ExtensionKeys):
        kind, language = keys.written["type"], keys.written.get("language")
        extension = extension_settings(kind, keys.written)
        return SourceSettings(name=name, kind=kind, language=language, extension=extension)
    return SourceSettings(
        name=name,
        kind=keys.type,
        path=located(workspace, keys.path),
        url=keys.url,
        language=keys.language,
        dates=keys.dates,
        struck=keys.struck,
        pictures=keys.pictures,
        check=keys.check,
        first_contact=keys.first_contact,
        allow_networks=tuple(keys.allow_networks),
        ahead=keys.ahead,
        senders=tuple(keys.senders),
        topics=None if keys.topics is None else tuple(keys.topics),
        imap=imap_server(workspace, keys.imap) if keys.imap else None,
        collect_on=tuple(keys.collect_on),
        follow=keys.follow,
        select=keys.select.model_dump(exclude_none=True) if keys.select else {},
    )


def source_mistakes(sources: Mapping[str, Any], languages: Collection[str]) -> Iterator[Mistake]:
    """The section as it was written."""
    yield from bad_names("sources", sources)
    folders: list[tuple[PurePosixPath, str]] = []
    for name, source in sources.items():
        yield from unknown(
            ("sources", name, "language"),
            mapping(source).get("language"),
            later("there is no language {name}"),
            languages,
        )
        yield from _of_its_kind(name, mapping(source))
        if kind := _extension_kind(mapping(source)):
            for one in extension_mistakes(kind, source):
                yield replace(one, path=("sources", name, *one.path))
        path = source if isinstance(source, str) else mapping(source).get("path")
        if isinstance(path, str) and mapping(source).get("type", SourceKind.FOLDER) == SourceKind.FOLDER:
            folders.append((PurePosixPath(normpath(path.strip())), name))
    yield from _folders_read_twice(folders)


def _of_its_kind(name: str, source: Mapping[str, Any]) -> Iterator[Mistake]:
    """Keys that mean nothing for this kind of source, and the one without which it is nothing."""
    written = source.get("type", SourceKind.FOLDER)
    if not source or written not in [*SourceKind]:
        return
    kind = SourceKind(written)
    keys, known = KINDS[kind], SourceKeys.names()
    given = [place for place in keys.places if source.get(place) is not None]
    if not given:
        first, *others = keys.places
        yield Mistake(
            ("sources", name, first),
            " ".join((_("is missing"), *(_("(or {key})").format(key=other) for other in others))),
        )
    for other in given[1:]:
        yield Mistake(
            ("sources", name, other),
            _("stands beside {key}: a source has one of them").format(key=given[0]),
            at_key=True,
        )
    for needed in sorted(keys.needed):
        if source.get(needed) is None:
            yield Mistake(("sources", name, needed), _("is missing"))
    places = {key: place for place, beside in keys.places.items() for key in beside}
    for key in source:
        if given and places.get(key, given[0]) != given[0]:
            said = _("means something beside {key} alone").format(key=places[key])
            yield Mistake(("sources", name, key), said, at_key=True)
    for key, value in source.items():
        if value is not None and key in known and key not in keys.all:
            others = [str(one) for one in SourceKind if key in KINDS[one].all]
            said = _("a {kind} has no such key; it belongs to a source of the type {types}").format(
                kind=kind, types=listed(others)
            )
            yield Mistake(("sources", name, key), said, at_key=True)


def _folders_read_twice(folders: list[tuple[PurePosixPath, str]]) -> Iterator[Mistake]:
    """Sources read their sub-folders too."""
    reader: dict[PurePosixPath, str] = {}
    for folder, name in sorted(folders, key=lambda named: named[0].parts):
        above = [*folder.parents] if folder.parts[:1] != ("..",) else [*folder.parents][:-1]
        other = next((reader[one] for one in (folder, *above) if one in reader), None)
        if other is not None:
            yield Mistake(
                ("sources", name, "path"),
                _("the source {source} reads this folder already").format(source=quoted(other)),
            )
        reader.setdefault(folder, name)
