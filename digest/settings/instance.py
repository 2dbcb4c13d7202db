"""An instance: a workspace opened, with its settings, its database and what is made from both."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from digest.delivery.settings import TransportKind
from digest.editions.readable_copy import EditionFolders, ReadableCopy
from digest.errors import ConfigurationError, NothingUsableError
from digest.foundation.catalogue import _
from digest.foundation.mistakes import Mistake, as_error
from digest.foundation.neighbours import refuse_links
from digest.foundation.problems import Problem
from digest.foundation.workspace import MAILBOX_LOCK, Clock, Workspace
from digest.foundation.yaml import read_yaml
from digest.intake.item import TagKind
from digest.intake.settings import ALL, SourceKind
from digest.intake.tagging import taxonomy
from digest.intake.tagging.taxonomy import Taxonomy
from digest.mail.composing import MessageComposer
from digest.newsletters.timetable import after_next_periods, longest_period
from digest.people.subscriber_file import SubscriberList, read_subscribers
from digest.settings.database_keys import DatabaseSettings
from digest.settings.loading import load_settings
from digest.settings.settings import Settings

# Imported where they are made: what stands on the database takes 220 ms (SQLAlchemy), the renderer 100 (Jinja, MJML),
# the gate 90 (lxml), sources 50. `init`, `new` and `dkim` need none of them, `status` only the first.
if TYPE_CHECKING:
    from digest.delivery.fence import Fence
    from digest.delivery.ledger import Ledger
    from digest.delivery.pauses import Pauses
    from digest.delivery.place import SendingPlace
    from digest.editions.plans.planning import Plans
    from digest.editions.review_store import Reviews
    from digest.editions.store import Editions
    from digest.editions.workbench import Workbench
    from digest.foundation.database import Database
    from digest.foundation.imap_settings import ImapServerSettings
    from digest.inbound.processing import Inbox
    from digest.intake import collecting
    from digest.intake.collecting import Source
    from digest.intake.extensions import ExtensionSettings
    from digest.intake.item import Reading
    from digest.intake.picture import Picture
    from digest.intake.settings import SourceSettings
    from digest.intake.sources.fetched import Round
    from digest.intake.sources.fetching import WebAnswer
    from digest.intake.sources.mail_folder import MailFolder, OpenMailbox
    from digest.intake.store import Items
    from digest.mail.renderer import TemplateRenderer
    from digest.people.file_difference import FileDifference
    from digest.people.store import Imported, Subscribers


class Instance:
    """A workspace with all that its settings ask for. Nobody pays for another's parts: each is made when it is first
    asked for. Only the rooms above hold it; a room below gets what it needs. The database is kept open until `keeping`
    ends, where that is given.
    """

    def __init__(self, folder: Path, clock: Clock | None = None, *, keeping: ExitStack | None = None) -> None:
        self.workspace = Workspace(folder, clock)
        self.folder = folder
        self._keeping = keeping

    @property
    def clock(self) -> Clock:
        return self.workspace.clock

    @cached_property
    def settings(self) -> Settings:
        """Read twice: which countries and topics exist is known only once the taxonomy they name was read."""
        path = self.workspace.settings_file
        known = taxonomy.load(load_settings(path).taxonomy)
        return load_settings(path, known_countries=known.countries, known_topics=known.topics)

    @property
    def today(self) -> date:
        """In the publisher's zone."""
        return self.workspace.today(self.settings.publisher.timezone)

    @cached_property
    def database(self) -> "Database":
        database = self._opened_database()
        if self._keeping is not None:
            self._keeping.enter_context(database.kept())
        return database

    def _opened_database(self) -> "Database":
        from digest.foundation.database import open_database

        if self.server is None:
            return open_database(f"sqlite:///{self.workspace.database_file}")
        return open_database(self.server.url, self.secret, self.server.password)

    @cached_property
    def server(self) -> DatabaseSettings | None:
        """Of the database; nothing: it is a file. Where one lies, mistakes in the settings keep nobody from it."""
        try:
            return self.settings.database
        except ConfigurationError:
            if self.workspace.database_file.exists():
                return None
            raise

    @cached_property
    def items(self) -> "Items":
        from digest.intake.store import Items

        return Items(self.database)

    @cached_property
    def editions(self) -> "Editions":
        from digest.editions.store import Editions

        return Editions(self.database)

    @cached_property
    def reviews(self) -> "Reviews":
        from digest.editions.review_store import Reviews

        return Reviews(self.database)

    @cached_property
    def subscribers(self) -> "Subscribers":
        from digest.people.store import Subscribers

        return Subscribers(self.database)

    @cached_property
    def ledger(self) -> "Ledger":
        from digest.delivery.ledger import Ledger

        return Ledger(self.database)

    @cached_property
    def pauses(self) -> "Pauses":
        from digest.delivery.pauses import Pauses

        return Pauses(self.database)

    @cached_property
    def copy(self) -> ReadableCopy:
        return EditionFolders(self.workspace.editions)

    @cached_property
    def taxonomy(self) -> Taxonomy:
        return taxonomy.load(self.settings.taxonomy)

    @cached_property
    def renderer(self) -> "TemplateRenderer":
        from digest.mail.renderer import TemplateRenderer

        return TemplateRenderer(
            self.workspace.templates,
            self._section_title,
            has_public_url=self.settings.public_url is not None,
            picture=self.items.picture,
            logo=self._logo,
        )

    def _logo(self, file: str, width: int) -> "Picture":
        from digest.intake.sources.miniatures import picture_of

        path = self.folder / file
        try:
            return picture_of(path.read_bytes(), file, width)
        except (OSError, NothingUsableError) as error:
            cause = (
                error.cause
                if isinstance(error, NothingUsableError)
                else _("it cannot be read: {reason}").format(reason=error.strerror)
            )
            said = _("the logo {file}: {cause}").format(file=file, cause=cause)
            settings = self.workspace.settings_file
            mistake = Mistake(("publisher", "brand", "logo", "file"), said)
            place = as_error(settings.name, read_yaml(settings).root, [mistake], ())
            remedy = _("put it at {path}, or name another file").format(path=path)
            raise ConfigurationError(place.thing, place.cause, remedy) from error

    def missing_logo(self) -> ConfigurationError | None:
        """Why the next mails cannot be made with the logo that is a file, if they cannot."""
        logo = self.settings.publisher.brand.logo
        try:
            if logo is not None and logo.file is not None:
                self._logo(logo.file, logo.width)
        except ConfigurationError as error:
            return error
        return None

    @property
    def secret(self) -> Path:
        return self.workspace.secret

    @cached_property
    def composer(self) -> MessageComposer:
        from digest.editions.store import secret_of

        secret = secret_of(self.database, self.secret)
        return MessageComposer(secret, self.settings.newsletters, public_url=self.settings.public_url)

    def _section_title(self, kind: str, value: str, language: str) -> str:
        title = self.taxonomy.country_title if kind == TagKind.COUNTRY else self.taxonomy.topic_title
        return title(value, language)

    def sources(self, *, always: bool = False, mark_seen: bool = False) -> "Sequence[Source]":
        """`always`: also what is asked over the network is asked now. `mark_seen`: all that it has is passed over."""
        found: list[Source] = []
        asked: Round | None = None
        for source in self.settings.sources:
            if source.extension is not None:
                found.append(self._extension(source, source.extension))
            elif source.path is not None:
                others = {SourceKind.CALENDAR: self._calendar, SourceKind.MAIL: self._mail_in_files}
                found.append(others.get(SourceKind(source.kind), self._folder)(source, source.path))
            else:
                asked = asked or self.asking(always=always)
                found.append(
                    self._fetched(source, asked, mark_seen=mark_seen)
                    if source.imap is None
                    else self._mail_on_server(source, source.imap, asked)
                )
        return found

    def _folder(self, source: "SourceSettings", path: Path) -> "Source":
        from digest.intake.sources.folder import Folder

        return Folder(
            source.name,
            path,
            language=source.language,
            dates=source.dates,
            struck=source.struck,
            zone=self.settings.publisher.timezone,
            pictures=self.items.picture if source.pictures else None,
            fallback_language=self.fallback_language,
            root=self.folder,
            others=[other for other in self.settings.source_paths if other != path],
        )

    def _calendar(self, source: "SourceSettings", path: Path) -> "Source":
        from digest.intake.sources.calendar_file import CalendarFile  # 400 ms: libraries for calendars, seldom needed

        return CalendarFile(
            name=source.name,
            path=path,
            root=self.folder,
            ahead=source.ahead,
            topics=source.topics,
            language=source.language,
            fallback_language=self.fallback_language,
            zone=self.settings.publisher.timezone,
            recall=self.items.memory,
        )

    def _mail_in_files(self, source: "SourceSettings", path: Path) -> "MailFolder":
        from digest.intake.sources.mail_folder import mailbox_in_files

        file = os.path.relpath(path, self.folder)
        return self._mail(source, file, lambda: mailbox_in_files(path, file))

    def _mail_on_server(self, source: "SourceSettings", server: "ImapServerSettings", asked: "Round") -> "Source":
        from digest.intake.sources.mail_on_server import SECONDS, MailOnServer, mailbox_on_server  # 15 ms: IMAPClient

        mail = self._mail(source, source.address, lambda: mailbox_on_server(server), SECONDS)
        return MailOnServer(settings=source, mail=mail, round=asked)

    def _mail(
        self,
        source: "SourceSettings",
        file: str,
        open_: "Callable[[], AbstractContextManager[OpenMailbox]]",
        seconds: float | None = None,
    ) -> "MailFolder":
        from digest.intake.sources.mail_folder import MailFolder

        return MailFolder(
            name=source.name,
            file=file,
            open=open_,
            seconds=seconds,
            recall=self.items.memory,
            root=self.folder,
            allowed=source.senders,
            language=source.language,
            fallback_language=self.fallback_language,
            dates=source.dates,
            struck=source.struck,
            zone=self.settings.publisher.timezone,
        )

    def _extension(self, source: "SourceSettings", extension: "ExtensionSettings") -> "Source":
        from digest.intake.sources.extension import ExtensionSource

        return ExtensionSource(
            name=source.name,
            settings=extension,
            folder=self.folder,
            zone=self.settings.publisher.timezone,
            language=source.language,
            fallback_language=self.fallback_language,
        )

    def _fetched(self, source: "SourceSettings", asked: "Round", *, mark_seen: bool) -> "Source":
        from digest.intake.sources.fetched import Fetched

        if source.follow:
            self._need_articles(source.name)
        schedules = [newsletter.schedule for newsletter in self.settings.newsletters]
        is_calendar = source.kind == SourceKind.CALENDAR  # what is to come is news, whenever it was written down
        return Fetched(
            settings=source,
            round=asked,
            first_contact=ALL if is_calendar else source.first_contact or longest_period(schedules, self.today),
            fallback_language=self.fallback_language,
            zone=self.settings.publisher.timezone,
            mark_seen=mark_seen,
            pictures=self.items.picture if source.pictures else None,
        )

    def _need_articles(self, source: str) -> None:
        from digest.intake.sources.pages.article import INSTALL, LIBRARY, is_installed

        if not is_installed():
            mistake = Mistake(
                ("sources", source, "follow"),
                _("this takes the library {library}, which is not installed").format(library=LIBRARY),
            )
            settings = self.workspace.settings_file
            place = as_error(settings.name, read_yaml(settings).root, [mistake], ())
            raise ConfigurationError(
                place.thing, place.cause, _("{install}, or take follow: out").format(install=INSTALL)
            )

    def trial(self, source: "SourceSettings", answer: "WebAnswer") -> "Reading":
        """What a source that is not in the settings would yield at its first contact, if it gave this answer."""
        from digest.intake.sources.fetched import Round

        asked = Round([source], lambda _name: None, self.clock.now(), lambda questions: [answer] * len(questions))
        return self._fetched(source, asked, mark_seen=False).read(self.today)

    @property
    def fallback_language(self) -> str:
        """Of a text whose language nothing tells."""
        return self.settings.newsletters[0].languages[0]

    def asking(self, *, always: bool = False) -> "Round":
        """The sources that are asked over the network, and which of them are due."""
        from digest.intake.sources.fetched import Round

        found = [source for source in self.settings.sources if source.address and not self.is_elsewhere(source)]
        return Round(found, self.items.memory, self.clock.now(), always=always)

    @property
    def plans(self) -> "Plans":
        from digest.editions.plans.planning import Plans

        return Plans(self.workspace.plans, self.items, self.editions, self.taxonomy)

    @property
    def bench(self) -> "Workbench":
        from digest.editions.workbench import Workbench
        from digest.mail.checks.gate import check

        refuse_links(self.folder, self.workspace.outputs)
        return Workbench(
            database=self.database,
            plans=self.plans,
            renderer=self.renderer,
            composer=self.composer,
            copy=self.copy,
            publisher=self.settings.publisher,
            taxonomy=self.taxonomy,
            public_url=self.settings.public_url,
            clock=self.clock,
            gate=check,
            own_pages=self.settings.pages == "own",
            has_archive=self.settings.serve.archive,
        )

    def keep_records(self) -> None:
        """Editions that are older than records get theirs, before anything is told of them."""
        if self.editions.without_record():
            from digest.editions.building import keep_missing_records

            keep_missing_records(self.bench, self.settings.newsletters)

    @property
    def place(self) -> "SendingPlace":
        from digest.delivery.place import SendingPlace

        return SendingPlace(
            folder=self.folder,
            sending=self.workspace.sending,
            database=self.database,
            settings=self.settings.delivery,
            clock=self.clock,
            zone=self.settings.publisher.timezone,
            inputs=self.inputs,
            outputs=self.outputs,
        )

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What decides over the mail: nobody else may change it."""
        smtp = self.settings.delivery.smtp
        password = self.server.password_file if self.server else None
        named = (self.settings.taxonomy, self.settings.subscribers, password, *(smtp.files if smtp else ()))
        return (*self.workspace.inputs, *(path for path in named if path is not None))

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Folders and locks that are written: none may be a link to where others can write."""
        mails = self.settings.delivery.path
        return (*self.workspace.outputs, *([mails] if mails else []))

    @property
    def fence(self) -> "Fence | None":
        """Why nothing may be sent from here, if so; for those who only look."""
        from digest.delivery.fence import binding
        from digest.delivery.whereabouts import seen_fence

        if not self.database.exists and not self.workspace.sending.exists():
            return None  # nothing was ever sent, and looking makes no database
        found = seen_fence(self.database, self.workspace.sending)
        writes_files = self.settings.delivery.transport is TransportKind.FILES
        return found if self.database.is_shared else binding(found, writes_files=writes_files)

    @property
    def inbox(self) -> "Inbox":
        from digest.inbound.processing import Inbox

        return Inbox(
            settings=self.settings.mailbox,
            lock=self.folder / MAILBOX_LOCK,
            database=self.database,
            secret=self.secret,
            newsletters=self.settings.newsletters,
            publisher=self.settings.publisher,
            renderer=self.renderer,
            place=self.place,
        )

    def collect(self, *, always: bool = False, mark_seen: bool = False) -> "tuple[collecting.Collected, ...]":
        from digest.intake.collecting import collect
        from digest.intake.tagging.tagger import TaxonomyTagger

        elsewhere = {source.name for source in self.settings.sources if self.is_elsewhere(source)}
        return collect(
            [source for source in self.sources(always=always, mark_seen=mark_seen) if source.name not in elsewhere],
            TaxonomyTagger(self.taxonomy),
            self.items,
            self.editions.settled().keys(),
            self.today,
            after_next_periods([newsletter.schedule for newsletter in self.settings.newsletters], self.today),
        )

    def is_elsewhere(self, source: "SourceSettings") -> bool:
        """Whether another host reads it: one that the settings name, or, where several share a database, whichever has
        the folder. Its items stay as they are.
        """
        if source.collect_on:
            from digest.foundation.login import machine_name  # 2 ms: only where hosts are named

            return machine_name() not in source.collect_on
        is_missing = source.path is not None and not source.path.exists()
        return self.server is not None and is_missing and self.items.has_read(source.name)

    def import_subscribers(self) -> "tuple[Imported | None, tuple[Problem, ...]]":
        """Bring the subscriber file's people into the store. Rows with mistakes are left out and named; so is whoever
        may be somebody we know under another address, until a person says so. Pauses that are over end.
        """
        self.subscribers.end_pauses(self.clock.now())
        path = self.settings.subscribers
        if path is None:
            return None, ()
        listed = self.read_subscriber_file(path)
        found = self.file_difference(listed)
        taken = [one for one in listed.subscriptions if (one.choice.newsletter, one.folded) not in found.waiting]
        return self.subscribers.save_subscriptions(taken), (*listed.problems, *found.problems(path))

    def read_subscriber_file(self, path: Path) -> SubscriberList:
        return read_subscribers(path, self.settings.newsletters, today=self.today)

    def file_difference(self, listed: SubscriberList) -> "FileDifference":
        """How the list differs from what the subscriber file says."""
        from digest.people.file_difference import difference  # 10 ms: only for a file
        from digest.people.subscriber_list import SubscriberListing

        return difference(listed, SubscriberListing(self.database))
