"""The fence: whether a database may send, from what it knows of itself and what is found around it.

A restored database does not know what has left since; a copy does not know what its original does. Neither may send
until a person adopts it (reliability R4, I25).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.foundation.catalogue import _
from digest.foundation.retirement import IN_USE, Retirement
from digest.newsletters.edition import Edition


class Why(StrEnum):
    """In the order in which they are asked."""

    INTERRUPTED = "interrupted"  # a restore did not come to its end
    RETIRED = "retired"  # all of it is in another database since
    ARRIVING = "arriving"  # what it is copied from is not retired yet
    RESTORED = "restored"  # it comes out of a backup
    OTHER_SERVER = "other-server"  # it is not where it was, and others brought it here
    OTHER_TIMELINE = "other-timeline"  # its server was set back, or a replica took over
    BEHIND = "behind"  # it was adopted on another host, and what this one's journal tells was not heard yet
    FOREIGN_JOURNAL = "foreign-journal"
    NO_JOURNAL = "no-journal"
    OLDER = "older"  # than its journal
    STOPPED = "stopped"  # the journal of another host says that it is old
    JOURNAL_OLDER = "journal-older"  # than the database: it is a copy
    SECOND = "second"  # its original stands beside it
    COPIED = "copied"  # it is not where it was, and was not moved there
    OTHER_MACHINE = "other-machine"

    @property
    def is_about_the_place(self) -> bool:
        return self in (Why.SECOND, Why.COPIED, Why.OTHER_MACHINE)

    @property
    def is_about_one_host(self) -> bool:
        """Of several that have one database: it knows all that has left, wherever from."""
        return self.is_about_the_place or self in (Why.BEHIND, Why.NO_JOURNAL, Why.JOURNAL_OLDER)


class Ground(StrEnum):
    """On what a person adopts a database."""

    JOURNAL = "journal"  # it tells all that has left
    MOVED = "moved"  # the person says that nothing has left elsewhere
    UNKNOWN = "unknown"  # something may have left elsewhere
    SECRET = "secret"  # noqa: S105 – a ground: the hosts need this one's secret from now on, and nothing is a copy
    COPIED = "copied"  # nobody had to say anything: the database it came from was retired


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEnd:
    """The last line of a journal. `instance` is empty in a journal of an earlier version."""

    commit: int
    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlace:
    """What a database knows of itself. `place` is `None` until it first sends; `copied_at` is set in copies.

    Of a database of several hosts (`is_shared`) all that is about a place, and `commits`, is one folder's, whose place
    has a `name` there, if it is known. Its journal has the commit `journalled` at least. `before` are the instances
    that it was, `server` is where it lay, and `stopped_by` a host whose journal says that it is old.
    """

    id: str
    commits: int
    machine: str | None = None
    place: str | None = None
    folder: str | None = None
    copied_at: datetime | None = None
    retirement: Retirement = IN_USE
    is_shared: bool = False
    name: str | None = None
    journalled: int = 0
    before: frozenset[str] = frozenset()
    server: str | None = None
    stopped_by: str | None = None

    @property
    def key(self) -> str:
        """For which machines are hashed."""
        return self.name or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is found. `machine` and `place` are `None` where nothing can be told; `original` is the folder that the
    database remembers, if its workspace is still there and is another one. `server` is where the database lies.
    """

    folder: str
    machine: str | None = None
    place: str | None = None
    journal: JournalEnd | None = None
    original: str | None = None
    is_interrupted: bool = False
    server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Why nothing may be sent, as part of a sentence, and what a person does about it."""

    why: Why
    said: str
    remedy: str


def fence(own: OwnPlace, around: Around) -> Fence | None:
    """The first reason not to send, or none."""
    why = next(_reasons(own, around), None)
    return None if why is None else Fence(why=why, said=_said(own, around)[why], remedy=_remedy(why, own, around))


def binding(found: Fence | None, *, writes_files: bool) -> Fence | None:
    """Whoever copies a workspace to try things out does no harm with files."""
    return None if found is not None and found.why.is_about_the_place and writes_files else found


def ground_of(own: OwnPlace, around: Around, *, moved: bool, without_journal: bool) -> Ground:
    """On what a copy can be adopted. A journal that came along with the whole folder says nothing of what the original
    did since, unless a person says that it did nothing (`moved`); one that was put beside a restored database does.
    What was copied into another database may go on there on other machines, too; and of what other hosts have sent out
    of a database of several, the journal of one says nothing.
    """
    if without_journal:
        return Ground.UNKNOWN
    if own.is_shared:
        if is_about_one_host(own, around):
            return Ground.JOURNAL
        return Ground.MOVED if moved else Ground.UNKNOWN
    is_elsewhere = any(why.is_about_the_place for why in _reasons(own, around))
    if own.copied_at is not None:
        is_elsewhere = None not in (own.place, around.place) and own.place != around.place
    is_elsewhere = is_elsewhere or own.retirement.binds
    if not is_elsewhere:
        return Ground.JOURNAL
    return Ground.MOVED if moved else Ground.UNKNOWN


def is_about_one_host(own: OwnPlace, around: Around) -> bool:
    """Whether the database, which others have too, is not in question."""
    return own.is_shared and all(why.is_about_one_host for why in _reasons(own, around))


def is_older(own: OwnPlace, around: Around) -> bool:
    """Whether the journal of this place, which it knows, has later commits of the same instance."""
    return around.journal is not None and around.journal.instance == own.id and around.journal.commit > own.commits


def is_uncertain(edition: Edition, unknown: Iterable[tuple[datetime, date]]) -> bool:
    """Whether an edition that has not begun here may have gone out elsewhere: it was sealed, or its window had closed,
    when a database was adopted that cannot know (`unknown`: the instant, and the date there). A reissue, an instalment
    or a correction that was made afterwards is this workspace's own.
    """
    return any(
        (edition.sealed_at is not None and edition.sealed_at <= at)
        or (edition.revision == 1 and not edition.supplements and edition.period.end <= until)
        for at, until in unknown
    )


def _reasons(own: OwnPlace, around: Around) -> Iterator[Why]:
    if around.is_interrupted:
        yield Why.INTERRUPTED
    if own.retirement.binds:
        yield Why.ARRIVING if own.retirement.to is None else Why.RETIRED
    if own.copied_at is not None:
        yield Why.RESTORED
    if None not in (own.server, around.server) and own.server != around.server:
        lay, lies = (str(one).rpartition("/")[0] for one in (own.server, around.server))
        yield Why.OTHER_TIMELINE if lay == lies else Why.OTHER_SERVER
    yield from _reasons_of_the_journal(own, around.journal)
    if around.original is not None:
        yield Why.SECOND
    is_new = around.place is None and not own.commits  # without a mark and a mail there is nothing to protect
    if own.place is not None and around.place != own.place and not is_new:
        yield Why.COPIED
    if None not in (own.machine, around.machine) and own.machine != around.machine:
        yield Why.OTHER_MACHINE


def _reasons_of_the_journal(own: OwnPlace, journal: JournalEnd | None) -> Iterator[Why]:
    is_behind = journal is not None and journal.instance in own.before - {own.id}
    if is_behind:
        yield Why.BEHIND
    elif journal is not None and journal.instance not in (own.id, ""):
        yield Why.FOREIGN_JOURNAL
    if journal is None and own.commits:
        yield Why.NO_JOURNAL
    if journal is not None and journal.commit > own.commits and not is_behind:
        yield Why.OLDER
    if own.stopped_by is not None:
        yield Why.STOPPED
    if journal is not None and journal.commit < own.journalled:
        yield Why.JOURNAL_OLDER


def _said(own: OwnPlace, around: Around) -> Mapping[Why, str]:
    made = f"{own.copied_at:%Y-%m-%d %H:%M}" if own.copied_at else ""
    return {
        Why.INTERRUPTED: _("a restore into this folder was interrupted"),
        Why.RETIRED: own.retirement.said,
        Why.ARRIVING: own.retirement.said,
        Why.RESTORED: _("this is the copy of {made} UTC, and mails may have left since").format(made=made),
        Why.STOPPED: _("the send journal of {host} goes on where this database does not: it is older").format(
            host=own.stopped_by
        ),
        Why.OTHER_SERVER: _(
            "the database was copied to where it is, and mails may have left out of the other one since"
        ),
        Why.OTHER_TIMELINE: _(
            "its server was set back to an earlier moment, or a replica took over, so the last commits may be lost"
        ),
        Why.BEHIND: _("the database was adopted on another host, and does not know yet what left from this one before"),
        Why.FOREIGN_JOURNAL: _("the send journal (sending/journal) goes on where this copy does not, or is damaged"),
        Why.NO_JOURNAL: _("mails have left, but the send journal (sending/journal), which says which, is not here"),
        Why.OLDER: _("the database is older than the send journal: mails have left that it does not know of"),
        Why.JOURNAL_OLDER: _(
            "the send journal (sending/journal) is older than the database: it is a copy, or was restored"
        ),
        Why.SECOND: _("it is a copy of {original}, which is still there and sends the same mails").format(
            original=around.original
        ),
        Why.COPIED: _("it was copied here from {folder}, and mails may have left there since").format(
            folder=own.folder
        ),
        Why.OTHER_MACHINE: _("it comes from another machine, from which mails may have left since"),
    }


def _remedy(why: Why, own: OwnPlace, around: Around) -> str:
    match why:
        case Why.RETIRED | Why.ARRIVING:
            return own.retirement.remedy
        case Why.INTERRUPTED:
            return _("run `digest restore FILE` again, with the same file")
        case Why.SECOND:
            return _("send from {original}; to try things out here, set `transport: files`").format(
                original=around.original
            )
        case Why.STOPPED:
            return _("on {host}: digest adopt --by NAME; then on each of the others").format(host=own.stopped_by)
        case Why.NO_JOURNAL:
            return _("bring the file back, or read `digest adopt --help`; nothing is sent until then")
        case _:
            return _("make sure that no other copy sends, then: digest adopt --by NAME")
