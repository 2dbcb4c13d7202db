"""`digest.yaml` as a whole: the sections of the rooms put together, and those of the rooms above."""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictBool

from digest.delivery.settings import DeliveryKeys, DeliverySettings, delivery_settings
from digest.errors import UsageError
from digest.foundation.catalogue import _
from digest.foundation.languages import written
from digest.foundation.mistakes import Mistake, mapping, texts
from digest.foundation.values import FilePath, Keys, Months, located, one_line, web_address
from digest.foundation.words import listed
from digest.inbound.settings import MailboxKeys, MailboxSettings, mailbox_settings
from digest.intake.settings import SourceOrFolder, SourceSettings, source_mistakes, source_of
from digest.newsletters.newsletter import Audience, Localised, Newsletter, Publisher
from digest.newsletters.settings import (
    AudienceKeys,
    KnownElsewhere,
    NewsletterKeys,
    PublisherKeys,
    audience_of,
    newsletter_mistakes,
    newsletter_of,
    publisher_of,
)
from digest.newsletters.texts import Texts, localised, text_mistakes
from digest.settings.database_keys import DatabaseOrAddress, DatabaseSettings, database_settings

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/?#:@]*)(?P<port>:[0-9]{1,9})?(?P<path>/[^?#]*)?"
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_HIGHEST_PORT = 65_535


def public_url(text: str) -> str:
    """`https://host/path` without a slash at its end, of characters that stand in headers and pages as they are."""
    found = _parts(text)
    scheme, host = found["scheme"].lower(), found["host"].lower()
    if scheme != "https":
        raise ValueError(_("must begin with https://, else no mail program offers to leave with one click"))
    if _HOST.fullmatch(host) is None:
        raise ValueError(
            _("must name a host in letters, digits, dots and dashes, such as https://bulletin.example.org")
        )
    if found["port"] and not 1 <= int(found["port"][1:]) <= _HIGHEST_PORT:
        raise ValueError(_("must have a port from 1 to {most}").format(most=_HIGHEST_PORT))
    path = (found["path"] or "").rstrip("/")
    if _PATH.fullmatch(path) is None:
        raise ValueError(_("must hold only letters a–z, digits, '.', '_', '~' and '-' between the slashes"))
    return f"{scheme}://{host}{found['port'] or ''}{path}"


def _parts(text: str) -> re.Match[str]:
    text = one_line(text)
    if "@" in text:
        raise ValueError(_("must not hold a user name or password"))
    if "?" in text or "#" in text:
        raise ValueError(_("must end before the '?' or '#'"))
    found = _PARTS.fullmatch(text)
    if found is None:
        raise ValueError(_("must be a web address, such as https://bulletin.example.org"))
    return found


def ping_address(text: str) -> str:
    """An address that a program asks for; it may hold a secret, so no message shows it."""
    wrong = _("must be a web address, such as https://hc-ping.com/…")
    text = web_address(text, wrong)
    if not text.isascii():
        raise ValueError(wrong)
    return text


PublicUrl = Annotated[str, AfterValidator(public_url)]
PingAddress = Annotated[str, AfterValidator(ping_address)]


def spoken_language(text: str) -> str:
    known = ["en", *sorted(code for code, _words in written("staff"))]
    if text.replace("_", "-").partition("-")[0].lower() not in known:
        raise ValueError(_("must be one of {choices}").format(choices=listed(known)))
    return text


SpokenLanguage = Annotated[str, AfterValidator(spoken_language)]


class MonitoringKeys(Keys):
    model_config = ConfigDict(title="Monitoring")

    ping: PingAddress | None = Field(
        default=None, description="An address to ask for after each run that went well; whoever watches it misses it."
    )
    ping_file: FilePath | None = Field(
        default=None, description="A file that holds this address, if it is a secret; instead of ping."
    )


class ServeKeys(Keys):
    model_config = ConfigDict(title="Pages")

    archive: StrictBool = Field(default=True, description="Whether everybody may read the editions that have gone out.")
    noindex: StrictBool = Field(default=False, description="Ask search engines to leave the pages alone.")
    sign_up: StrictBool = Field(default=True, description="Whether people can sign up on the pages.")
    consent: Texts | None = Field(
        default=None, description="What people agree to when they sign up, in each language; kept with their consent."
    )


class FileKeys(Keys):
    model_config = ConfigDict(title="digest.yaml")

    publisher: PublisherKeys = Field(description="Who publishes.")
    sources: dict[str, SourceOrFolder] = Field(
        min_length=1, description="Where the news comes from: a name and a folder each."
    )
    audiences: dict[str, AudienceKeys] = Field(min_length=1, description="Rules that say which stories concern whom.")
    newsletters: dict[str, NewsletterKeys] = Field(min_length=1, description="What is sent, when, and to whom.")
    subscribers: FilePath | None = Field(default=None, description="The file that lists the readers.")
    delivery: DeliveryKeys = Field(default=DeliveryKeys(), description="How the mail leaves.")
    database: DatabaseOrAddress | None = Field(
        default=None, description="A database of PostgreSQL. Left out: digest.db in the workspace."
    )
    mailbox: MailboxKeys | None = Field(default=None, description="Where mail that comes back is read.")
    monitoring: MonitoringKeys = Field(default=MonitoringKeys(), description="Who is told that all is well.")
    public_url: PublicUrl | None = Field(default=None, description="Where the pages for leaving and preferences live.")
    pages: Literal["own"] | None = Field(
        default=None,
        description="own: the pages under public_url are yours, and not those of `digest serve`. Left out, something "
        "must have answered there before a mail links to it.",
    )
    keep: Months | None = Field(
        default=None,
        description="How long is kept who somebody was, after they left or a mail was sent, such as 24 months; then "
        "`run` makes them nobody. Left out: until they are erased.",
    )
    serve: ServeKeys = Field(default=ServeKeys(), description="What the pages of `digest serve` offer.")
    taxonomy: FilePath | None = Field(default=None, description="A file with your own countries and topics.")
    language: SpokenLanguage | None = Field(
        default=None,
        description="The language in which the program speaks to you, such as es. Left out: that of whoever calls it "
        "(`LANG`); English, where there is none. Alone on its line.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSettings:
    """At most one of them is set."""

    ping: str | None = None
    ping_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """`consent` is the office's own wording; without one, the pages have theirs."""

    archive: bool = True
    noindex: bool = False
    sign_up: bool = True
    consent: Localised | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Sources, newsletters and audiences are in the order of the file; paths are joined to the workspace."""

    publisher: Publisher
    sources: tuple[SourceSettings, ...]
    audiences: tuple[Audience, ...]
    newsletters: tuple[Newsletter, ...]
    subscribers: Path | None
    delivery: DeliverySettings
    monitoring: MonitoringSettings
    public_url: str | None
    taxonomy: Path | None
    mailbox: MailboxSettings | None = None
    keep: timedelta | None = None
    serve: ServeSettings = ServeSettings()
    pages: str | None = None
    database: DatabaseSettings | None = None

    @property
    def source_paths(self) -> Sequence[Path]:
        """The folders and files that are read on this machine."""
        return [source.path for source in self.sources if source.path is not None]

    def newsletter(self, name: str | None) -> Newsletter:
        """The one of that name; the only one when none is named. Raise `UsageError` with the names there are."""
        known = {newsletter.name: newsletter for newsletter in self.newsletters}
        if name is None and len(known) == 1:
            return next(iter(known.values()))
        if name not in known:
            cause = _("several newsletters are defined") if name is None else _("there is no such newsletter")
            raise UsageError(name or "--newsletter", cause, _("name one of: {names}").format(names=", ".join(known)))
        return known[name]


def settings_of(keys: FileKeys, workspace: Path) -> Settings:
    publisher = publisher_of(keys.publisher)
    audiences = {name: audience_of(name, one) for name, one in keys.audiences.items()}
    newsletters = tuple(newsletter_of(name, one, audiences, publisher) for name, one in keys.newsletters.items())
    periods = [newsletter.schedule.kind for newsletter in newsletters]
    return Settings(
        publisher=publisher,
        sources=tuple(source_of(name, one, workspace) for name, one in keys.sources.items()),
        audiences=tuple(audiences.values()),
        newsletters=newsletters,
        subscribers=located(workspace, keys.subscribers),
        delivery=delivery_settings(workspace, keys.delivery, _sender_domain(newsletters)),
        monitoring=MonitoringSettings(
            ping=keys.monitoring.ping, ping_file=located(workspace, keys.monitoring.ping_file)
        ),
        public_url=keys.public_url,
        taxonomy=located(workspace, keys.taxonomy),
        mailbox=mailbox_settings(workspace, keys.mailbox, periods) if keys.mailbox else None,
        keep=keys.keep,
        serve=ServeSettings(
            archive=keys.serve.archive,
            noindex=keys.serve.noindex,
            sign_up=keys.serve.sign_up,
            consent=localised(keys.serve.consent) if keys.serve.consent is not None else None,
        ),
        pages=keys.pages,
        database=database_settings(workspace, keys.database) if keys.database else None,
    )


def _sender_domain(newsletters: Sequence[Newsletter]) -> str | None:
    senders = (next(iter(one.sender.values())) for one in newsletters)
    return next((sender.address.rpartition("@")[2] for sender in senders), None)


def _mails_among_news(path: object, sources: Mapping[str, Any]) -> Iterator[Mistake]:
    """Mails that are written into the folder of a source would be read there."""
    for name, source in sources.items():
        folder = source if isinstance(source, str) else mapping(source).get("path")
        if isinstance(path, str) and isinstance(folder, str):
            out, news = (Path("/", os.path.normpath(one)) for one in (path, folder))
            if out.is_relative_to(news):
                said = _(
                    "lies in the folder of the source {name!r}: mails would be read as news; name another, such as out"
                ).format(name=name)
                yield Mistake(("delivery", "path"), said)


def cross_checks(
    written: Mapping[str, Any],
    *,
    languages: Collection[str],
    countries: AbstractSet[str] | None,
    topics: AbstractSet[str] | None,
) -> Iterator[Mistake]:
    """What clashes across the file, which is given as plain data."""
    sources = mapping(written.get("sources"))
    publisher, audiences, newsletters = (
        mapping(written.get(name)) for name in ("publisher", "audiences", "newsletters")
    )
    known = KnownElsewhere(languages=languages, sources=sources, countries=countries, topics=topics)
    yield from source_mistakes(sources, languages)
    yield from newsletter_mistakes(publisher, audiences, newsletters, known)
    consent = mapping(written.get("serve")).get("consent")
    if consent is not None:
        spoken = [code for one in newsletters.values() for code in texts(mapping(one).get("languages"))]
        yield from text_mistakes(("serve", "consent"), consent, [code for _place, code in spoken], languages)
    yield from _mails_among_news(mapping(written.get("delivery")).get("path"), sources)
    monitoring = mapping(written.get("monitoring"))
    if None not in (monitoring.get("ping"), monitoring.get("ping_file")):
        yield Mistake(("monitoring", "ping_file"), _("stands beside 'ping'; take one of them out"), at_key=True)
