"""The doctor's round: gathers the facts of a workspace and has every concern looked at. It changes nothing."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

from digest.delivery.agreed_secret import is_agreed
from digest.delivery.dkim.keys import KEYS
from digest.delivery.left_behind import left_behind
from digest.editions.comparison import approved_mails, refuse_altered_copy
from digest.editions.public_pages import HEALTH, is_real
from digest.errors import DigestError
from digest.foundation.addresses import folded_address
from digest.foundation.catalogue import _, plural
from digest.foundation.database import HEAD
from digest.foundation.problems import Severity
from digest.foundation.workspace import DATABASE, LOCK, PLANS, SECRET, SETTINGS, TEMPLATES
from digest.inbound.canary import LOOKED_FOR, sightings, without_canary
from digest.mail.checks.reachable import trouble_with
from digest.mail.compiling import compiled
from digest.mail.templates import Templates
from digest.mail.wording import edition_in_full
from digest.newsletters.edition import EditionState
from digest.operations.doctor.database_file import Stored, database, stored
from digest.operations.doctor.database_server import server_database, stored_on_server
from digest.operations.doctor.diagnosis import (
    Diagnosis,
    DoctorOptions,
    Group,
    Level,
    Question,
    examine,
    fail,
    listed,
    ok,
    skip,
    warn,
)
from digest.operations.doctor.machine import (
    Care,
    Guarded,
    clock,
    file_system,
    guarded,
    neighbours,
    room,
    secret,
    sending_lock,
    writable,
    zones,
)
from digest.people.subscriber_file import read_subscribers
from digest.settings.database_keys import DatabaseSettings
from digest.settings.instance import Instance
from digest.settings.sandbox import sandbox_of
from digest.settings.settings import Settings

SECONDS = 30.0
MOST_NAMED = 5
TO_LEAVE = (EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING)
LEAVING = ("smtp", "sendmail")  # transports by which mail leaves this machine


def diagnose(instance: Instance, options: DoctorOptions) -> tuple[Group, ...]:
    """All concerns, grouped. Raise nothing: what breaks is a diagnosis."""
    round_ = _Round(instance, options)
    found = examine([*round_.local(), *round_.network()], SECONDS)
    if options.send_test is None or round_.settings is None:
        return found
    from digest.operations.doctor import round_trip  # 60 ms: only to send a mail

    trips = partial(round_trip.round_trips, instance, round_.settings, options.send_test, options.resolver)
    question = Question(group=_("A mail sent"), what=_("Round trip"), look=trips)
    return (*found, *examine([question], 2 * round_trip.PATIENCE_SECONDS * len(round_.settings.newsletters)))


def is_failing(groups: Sequence[Group]) -> bool:
    return any(each.level is Level.FAIL for group in groups for each in group.diagnoses)


class _Round:
    def __init__(self, instance: Instance, options: DoctorOptions) -> None:
        self.instance, self.options = instance, options
        self.folder = instance.folder

    @cached_property
    def stored(self) -> Stored:
        if self.server is None:
            return stored(self.folder / DATABASE)
        return stored_on_server(self.instance.database)

    @property
    def server(self) -> DatabaseSettings | None:
        """The database's, if it is no file."""
        return None if self.settings is None else self.settings.database

    @property
    def has_database(self) -> bool:
        return (self.folder / DATABASE).is_file() if self.server is None else self.stored.is_there

    @cached_property
    def loaded(self) -> Settings | DigestError | OSError:
        try:
            return self.instance.settings
        except (DigestError, OSError) as error:
            return error

    @property
    def settings(self) -> Settings | None:
        return None if isinstance(self.loaded, Exception) else self.loaded

    def local(self) -> Iterator[Question]:
        workspace, machine = _("Workspace"), _("Disk and clock")
        yield Question(group=workspace, what=SETTINGS, look=self._settings)
        if self.settings is not None:
            yield from _concerns(workspace, self.instance, self.settings)
            if public_url := self.settings.public_url:
                yield Question(group=workspace, what=_("Public pages"), look=lambda: self._pages(public_url))
            if (mailbox := self.settings.mailbox) is not None and (canary := mailbox.canary) is not None:
                yield Question(group=workspace, what=_("Canary"), look=lambda: self._canary(canary))
        yield Question(group=workspace, what=_("Files"), look=self._files)
        yield Question(group=workspace, what=_("Sending lock"), look=self._lock)
        yield Question(group=_("Database"), what=_("Database"), look=self._database)
        if self.settings is not None and self.has_database:
            yield Question(group=workspace, what=_("Place"), look=lambda: _place(self.instance))
        if self.settings is not None and self.stored.has_sealed:
            yield Question(group=workspace, what=_("Sending"), look=lambda: _left_behind(self.instance))
            yield Question(group=_("Database"), what=_("Mails"), look=lambda: _mails(self.instance))
        yield Question(group=machine, what=_("File system"), look=lambda: [file_system(self.folder)])
        yield Question(group=machine, what=_("Free space"), look=self._room)
        yield Question(group=machine, what=_("Clock"), look=self._clock)
        yield Question(group=machine, what=_("Time zones"), look=self._zones)

    def network(self) -> Iterator[Question]:
        if self.settings is None:
            yield _skipped(_("digest.yaml must be right first"))
            return
        kind = str(self.settings.delivery.transport)
        if kind not in LEAVING:
            said = _("the mails are written into a folder (transport: {kind}); nothing leaves this machine").format(
                kind=kind
            )
            yield _skipped(said)
            return
        from digest.operations.doctor import network  # 190 ms: only where mail leaves this machine

        yield from network.concerns((_("Relay"), "DNS"), self.instance, self.settings, self.stored, self.options)

    def _pages(self, public_url: str) -> Iterator[Diagnosis]:
        """The doctor changes nothing: what it hears is not remembered."""
        what, settings = _("Public pages"), self.settings
        own = settings is not None and settings.pages is not None
        if self.options.offline or not is_real(public_url):
            yield skip(what, _("nobody was asked whether something answers there"))
        elif trouble := trouble_with(public_url if own else public_url + HEALTH):
            said = _("every mail links to pages under {url}, where nothing answers: {trouble}")
            remedy = _("serve them with `digest serve`; or leave public_url out: then readers leave by mail")
            yield fail(what, said.format(url=public_url, trouble=trouble), remedy)
        else:
            yield ok(what, _("something answers there"))

    def _canary(self, address: str) -> Iterator[Diagnosis]:
        """It proves something only of what it gets."""
        what, folded, now = _("Canary"), folded_address(address), self.instance.clock.now()
        if not self.has_database:
            yield skip(what, _("nobody is on the list yet"))
            return
        names = [one.name for one in self.instance.settings.newsletters]
        for name in without_canary(self.instance.database, folded, names):
            said = _("it gets no mail of {newsletter}, so nothing proves that editions of it arrive")
            remedy = _("add it as a reader: digest subscribers add --help")
            yield warn(what, said.format(newsletter=name), remedy)
        seen = sightings(self.instance.database, folded, now - LOOKED_FOR)
        for one in seen[-1:]:
            said = f"{edition_in_full(one.edition)}: {one.said(now, self.instance.settings.publisher.timezone)}"
            if one.is_missing(now):
                yield fail(what, said, _("look whether mail from here arrives, and into its spam folder"))
            else:
                yield ok(what, said)

    def _settings(self) -> Iterator[Diagnosis]:
        error = self.loaded
        if isinstance(error, DigestError):
            yield fail(error.thing or SETTINGS, error.cause, error.remedy or _("correct the lines that are named"))
        elif isinstance(error, OSError):
            yield fail(SETTINGS, error.strerror or str(error), _("run digest as the user who owns the workspace"))
        else:
            names = ", ".join(newsletter.name for newsletter in error.newsletters)
            yield ok(SETTINGS, _("read without mistakes; newsletters: {names}").format(names=names))

    def _database(self) -> Iterator[Diagnosis]:
        if self.server is None:
            return database(self.folder / DATABASE, HEAD)
        return server_database(self.instance.database)

    def _lock(self) -> Iterator[Diagnosis]:
        holder = self.instance.database.holder(LOCK) if self.server is not None and self.has_database else None
        if holder is None:
            yield sending_lock(self.folder / LOCK)
        else:
            yield ok(_("Sending lock"), _("held by {holder}: it runs or sends now").format(holder=holder))

    def _files(self) -> Iterator[Diagnosis]:
        yield from writable(self.folder)
        yield from secret(self.folder / SECRET, has_sealed=self.stored.has_sealed, is_agreed=self._is_agreed())
        named = list(_to_guard(self.folder, self.settings))
        yield from guarded(named, os.geteuid())
        paths = self.instance.workspace if self.settings is None else self.instance
        yield from neighbours(self.folder, paths.inputs, paths.outputs, {each.path.absolute() for each in named})

    def _is_agreed(self) -> bool:
        """Whether the hosts with the same database, if there are any, have the same secret."""
        try:
            return (
                self.server is None or not self.has_database or is_agreed(self.instance.database, self.folder / SECRET)
            )
        except DigestError:
            return True  # another concern says what is wrong

    def _room(self) -> Iterator[Diagnosis]:
        writes_files = self.settings is not None and str(self.settings.delivery.transport) not in LEAVING
        return room(self.folder, self.stored.readers, (self.stored.largest or 0) if writes_files else None)

    def _clock(self) -> Iterator[Diagnosis]:
        changed = [self.folder / name for name in (DATABASE, SETTINGS)]
        return clock(self.instance.clock.now(), self.stored.last_run_at, changed)

    def _zones(self) -> Iterator[Diagnosis]:
        if self.settings is not None:
            named = [newsletter.schedule.zone.key for newsletter in self.settings.newsletters]
            yield zones(list(dict.fromkeys([self.settings.publisher.timezone.key, *named])))


def _skipped(said: str) -> Question:
    return Question(group=_("Relay and DNS"), what=_("Relay"), look=partial(_skip, said))


def _skip(said: str) -> list[Diagnosis]:
    return [skip(_("Not looked at"), said)]


# -- What the doctor asks about a workspace's own files: readers, templates, keys, and who may read or change them.


def _concerns(group: str, instance: Instance, settings: Settings) -> Iterator[Question]:
    yield Question(group=group, what=_("Subscribers"), look=lambda: _subscribers(instance, settings))
    if settings.publisher.brand.logo is not None and settings.publisher.brand.logo.file is not None:
        yield Question(group=group, what=_("Logo"), look=lambda: _logo(instance))
    for name in sorted({newsletter.template for newsletter in settings.newsletters}):
        what = _("Templates {name}").format(name=name)
        yield Question(group=group, what=what, look=lambda name=name: _template(instance, name))  # type: ignore[misc] # mypy sees no type in a default


def _to_guard(folder: Path, settings: Settings | None) -> Iterator[Guarded]:
    """Whatever must not be changed, or not even read, by others; what does not exist is among it."""
    yield Guarded(path=folder, name=_("the workspace"), care=Care.OURS)
    for name in (SETTINGS, PLANS, TEMPLATES):
        yield Guarded(path=folder / name, name=name, care=Care.OURS)
    for name in (DATABASE, f"{DATABASE}-wal", "sending/journal"):
        yield Guarded(path=folder / name, name=name, care=Care.PERSONAL)
    yield Guarded(path=folder / KEYS.parent, name=f"{KEYS.parent}/", care=Care.CLOSED)
    for path in (folder / SECRET, folder / KEYS, *sorted((folder / KEYS).glob("*.pem"))):
        yield Guarded(path=path, name=str(path.relative_to(folder)), care=Care.CLOSED)
    if settings is not None:
        if settings.subscribers is not None:
            yield Guarded(path=settings.subscribers, name=settings.subscribers.name, care=Care.PERSONAL)
        if settings.delivery.smtp is not None and settings.delivery.smtp.password_file is not None:
            path = settings.delivery.smtp.password_file
            yield Guarded(path=path, name=path.name, care=Care.CLOSED)
        if settings.database is not None and settings.database.password_file is not None:
            path = settings.database.password_file
            yield Guarded(path=path, name=path.name, care=Care.CLOSED)


def _subscribers(instance: Instance, settings: Settings) -> Iterator[Diagnosis]:
    what = _("Subscribers")
    if settings.subscribers is None:
        yield ok(what, _("the settings name no file; the readers are those in the database"))
        return
    read = read_subscribers(settings.subscribers, settings.newsletters, today=instance.today)
    counts = Counter(problem.severity for problem in read.problems)
    usable = len(read.subscriptions)
    file = settings.subscribers.name
    rows = plural("{count:,} row of {file} can be used", "{count:,} rows of {file} can be used", usable, file=file)
    wrong = counts[Severity.ERROR]
    if wrong:
        errors = [problem for problem in read.problems if problem.severity is Severity.ERROR]
        places = listed(str(problem.place) for problem in errors[:MOST_NAMED])
        if wrong > MOST_NAMED:
            places = _("{places} and {count:,} more").format(places=places, count=wrong - MOST_NAMED)
        left_out = _("{rows}, {count:,} are left out: {places}").format(rows=rows, count=wrong, places=places)
        yield warn(what, left_out, _("see why with: digest collect"))
    elif not read.subscriptions:
        yield warn(what, _("{file} names nobody").format(file=file), _("write one row for each reader"))
    else:
        doubtful = counts[Severity.WARNING]
        if doubtful:
            rows += "; " + plural(
                "{count:,} remark, see digest collect", "{count:,} remarks, see digest collect", doubtful
            )
        yield ok(what, rows)


def _logo(instance: Instance) -> Iterator[Diagnosis]:
    lost = instance.missing_logo()
    if lost is None:
        yield ok(_("Logo"), _("it can be read"))
    else:
        yield fail(_("Logo"), f"{lost.thing}: {lost.cause}", lost.remedy)


def _template(instance: Instance, name: str) -> Iterator[Diagnosis]:
    """Raise `ConfigurationError` for a set that cannot be compiled."""
    settings, template_set = instance.settings, Templates(instance.workspace.templates).read(name)
    languages = sorted(
        {each for newsletter in settings.newsletters if newsletter.template == name for each in newsletter.languages}
    )
    for language in languages:
        compiled(template_set, language)
    said = _("compile in {languages}, with files of your own") if template_set.own else _("compile in {languages}")
    yield ok(_("Templates {name}").format(name=name), said.format(languages=listed(languages)))


def _place(instance: Instance) -> Iterator[Diagnosis]:
    """Whether mails may leave from here, or this is a copy that may not send."""
    with sandbox_of(instance) as sandbox:
        found = sandbox.fence
    if found is None:
        yield ok(_("Place"), _("mails may leave from here"))
    else:
        yield fail(_("Place"), _("nothing is sent from here: {why}").format(why=found.said), found.remedy)


def _left_behind(instance: Instance) -> Iterator[Diagnosis]:
    """Whether a sending can be gone on with."""
    with sandbox_of(instance) as sandbox:
        found = left_behind(sandbox.database, [one.name for one in instance.settings.newsletters])
    for one in found:
        yield fail(_("Sending"), f"{edition_in_full(one.edition)}: {one.said}", one.remedy)
    if not found:
        yield ok(_("Sending"), _("no edition was left behind in the middle of it"))


def _mails(instance: Instance) -> Iterator[Diagnosis]:
    """Whether the stored mails, and the readable copies of them, are what was approved. Looked at in a copy of the
    database: opening the real one may change it.
    """
    what, whole, failed = _("Mails"), 0, False
    with sandbox_of(instance) as sandbox:
        for edition in sandbox.editions.editions():
            if edition.state not in (*TO_LEAVE, EditionState.FINISHED):
                continue
            try:
                stored = approved_mails(sandbox.editions, sandbox.copy, edition)
                if edition.state in TO_LEAVE:
                    refuse_altered_copy(sandbox.bench, edition, stored)
            except DigestError as error:
                failed = True
                yield fail(what, f"{error.thing}: {error.cause}", error.remedy)
            else:
                whole += 1
    if whole or not failed:
        said = plural(
            "those of {count:,} edition are what was built or approved",
            "those of {count:,} editions are what was built or approved",
            whole,
        )
        yield ok(what, said)
