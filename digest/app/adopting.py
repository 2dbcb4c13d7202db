"""Adopting: what keeps a copy of a workspace from sending, and how a person lets it go on."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.adapters import LOCK
from digest.config.settings import TransportKind
from digest.errors import CannotWriteError, PersonNeededError
from digest.failpoints import reach
from digest.model.edition import Edition, EditionState
from digest.policy.fencing import Fence, Ground, Own, Why, is_uncertain
from digest.policy.fencing import ground as ground_of

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.store.adoption import Learnt
    from digest.store.journal import Entry

SENDING = "sending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """`fence` is what kept it from sending. `uncertain` names the editions that a person has to release."""

    fence: Fence
    ground: Ground
    learnt: "Learnt"
    uncertain: tuple[str, ...]


def fence_of(workspace: "Workspace") -> Fence | None:
    """Why nothing may be sent from here, if so."""
    from digest.store.fence import found_fence

    found = found_fence(workspace.database, workspace.folder / SENDING)
    if found is not None and found.why.is_about_the_place and _stays_here(workspace):
        return None  # whoever copies a workspace to try things out does no harm with files
    return found


@contextmanager
def lock_to_send(workspace: "Workspace") -> Iterator[None]:
    """The lock of the one process that runs or sends, where something may be sent."""
    from digest.store.connection import exclusive
    from digest.store.leavings import NAME, note_leavings

    leavings = workspace.folder / SENDING / NAME
    with exclusive(workspace.folder / LOCK):
        refuse_fenced(workspace)
        note_leavings(workspace.database, leavings)
        yield
        note_leavings(workspace.database, leavings)


def refuse_fenced(workspace: "Workspace") -> None:
    """Raise `PersonNeededError` when nothing may be sent from here."""
    found = fence_of(workspace)
    if found is not None:
        raise PersonNeededError(str(workspace.folder), f"nothing is sent from here: {found.said}", found.remedy)


def refuse_unsure(workspace: "Workspace", edition: Edition) -> None:
    """At the start of a sending. Raise `IntegrityError` for a damaged database, and `PersonNeededError` for an edition
    that may have gone out elsewhere.
    """
    from digest.store.fence import is_released, refuse_damaged, unknown_times

    if _stays_here(workspace):
        return
    refuse_damaged(workspace.database)
    refuse_fenced(workspace)
    unknown = unknown_times(workspace.database)
    if edition.sending_at is None and is_uncertain(edition, unknown) and not is_released(workspace.database, edition):
        raise PersonNeededError(
            edition.name,
            "it may have gone out before this copy was adopted, and nothing here can tell",
            f"ask a reader; if it did not: digest adopt --release {edition.name} --by NAME",
        )


def adopt(
    workspace: "Workspace", by: str, because: str | None, *, moved: bool, without_journal: bool
) -> Adopted | None:
    """Let this copy send from now on, with all that the journal knows; `None` when it may already.

    Raise `PersonNeededError` when it must not, or not on this ground; `BusyError` while a process runs or sends here.
    """
    from digest.store.connection import exclusive
    from digest.store.fence import around_of, found_fence, own_of

    sending = workspace.folder / SENDING
    with exclusive(workspace.folder / LOCK):
        found = found_fence(workspace.database, sending)
        if found is None and not without_journal:
            return None
        found = found or Fence(why=Why.RESTORED, said="you say that it is a copy", remedy="")
        own = own_of(workspace.database)
        around = around_of(own, sending)
        has_journal = around.journal is not None
        _refuse_hopeless(workspace, found, has_journal=has_journal or without_journal or _never_left(workspace, own))
        ground = ground_of(own, around, moved=moved, without_journal=without_journal)
        entries = _entries(workspace, own) if has_journal and not without_journal else None
        learnt = _take_over(workspace, own, entries, ground, by, because)
        return Adopted(fence=found, ground=ground, learnt=learnt, uncertain=tuple(_uncertain(workspace)))


def release(workspace: "Workspace", edition: Edition, by: str, because: str | None) -> None:
    """A person says that the edition has not gone out."""
    from digest.store.adoption import release as let_go

    with workspace.database.write() as connection:
        let_go(connection, edition, workspace.clock.now(), by, because)


def _stays_here(workspace: "Workspace") -> bool:
    """Files are the same files again, whoever writes them."""
    return workspace.settings.delivery.transport is TransportKind.FILES


def _never_left(workspace: "Workspace", own: Own) -> bool:
    return own.commits == 0 and _stays_here(workspace)


def _refuse_hopeless(workspace: "Workspace", found: Fence, *, has_journal: bool) -> None:
    if found.why in (Why.INTERRUPTED, Why.SECOND):
        raise PersonNeededError(str(workspace.folder), found.said, found.remedy)
    if not has_journal:
        raise PersonNeededError(
            str(workspace.folder / SENDING / "journal"),
            "without the send journal nobody knows what has left since this copy was made",
            "copy it from the machine that sent; if it is lost: digest adopt --without-journal --by NAME, which holds "
            "all that may have left",
        )


def _entries(workspace: "Workspace", own: Own) -> "Iterator[Entry]":
    """Raise `PersonNeededError` when it is not the journal of this database."""
    from digest.store.fence import known_of_journal
    from digest.store.journal import has_written, position_at, unknown_to

    path = workspace.folder / SENDING / "journal"
    known = known_of_journal(workspace.database)
    is_ours = has_written(path, own.id)
    if known is not None:
        begins = position_at(path, known[0])
        is_ours = begins is not None and begins.fingerprint == known[1]
    if not is_ours:
        raise PersonNeededError(
            str(path),
            "this is not the send journal of this workspace, or it was altered",
            "bring the right one; if it is lost: digest adopt --without-journal --by NAME",
        )
    return unknown_to(path, own.id, own.commits)


def _take_over(
    workspace: "Workspace", own: Own, entries: "Iterator[Entry] | None", ground: Ground, by: str, because: str | None
) -> "Learnt":
    """Killed anywhere in here, the copy is fenced as before, and the next call does it all again: the mark and the
    journal come first; the database, in one transaction, last. Without entries the journal begins anew.
    """
    from digest.store import adoption, leavings
    from digest.store.journal import Journal
    from digest.store.marker import forget
    from digest.store.places import machine_of, make_mark

    sending, at = workspace.folder / SENDING, workspace.clock.now()
    name = secrets.token_hex(8)
    place = make_mark(sending, name, anew=True)
    for marker in sending.glob("*.marker"):  # their rows are another life's
        forget(marker)
    reach("adopt.marked")
    with workspace.database.write() as connection:
        commits = max(own.commits, adoption.record(connection, entries or ())) + 1
        learnt = adoption.learn(connection, at)
        learnt.left = leavings.repeat(connection, sending / leavings.NAME)
        until: date | None = None
        if ground is Ground.UNKNOWN:
            adoption.hold_open(connection, at, learnt)
            until = workspace.today
        adoption.note(connection, at=at, by=by, because=because, before=own.id, ground=ground, unknown_until=until)
        folder = str(workspace.folder.resolve())
        adoption.rename(connection, name=name, commits=commits, machine=machine_of(name), place=place, folder=folder)
        reach("adopt.learnt")
        if entries is None:
            _set_aside(sending / "journal")
        with Journal(sending / "journal", name) as journal:
            journal.continues(own.id, commits)
        reach("adopt.journalled")
    reach("adopt.committed")
    return learnt


def _set_aside(journal: Path) -> None:
    """What it says may be of use to a person; it is never removed."""
    if not journal.exists():
        return
    names = (journal.with_name(f"journal-before-{number}") for number in range(1, 1_000))
    try:
        journal.rename(next(name for name in names if not name.exists()))
    except OSError as error:
        raise CannotWriteError(str(journal), error.strerror or str(error), "make the workspace writable") from error


def _uncertain(workspace: "Workspace") -> Iterator[str]:
    from digest.store.fence import is_released, unknown_times

    unknown = unknown_times(workspace.database)
    for edition in workspace.editions.editions():
        waits = edition.state in (EditionState.DRAFT, EditionState.SEALED)
        if waits and is_uncertain(edition, unknown) and not is_released(workspace.database, edition):
            yield edition.name
