"""Whereabouts: what a database knows of itself, what stands beside it, and whether it still lies where it first sent.

What that means is decided in `fence`.
"""

import ctypes
import hashlib
import os
import secrets
import socket
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, func, insert, or_, select, update

from digest.delivery.delivery import DeliveryState
from digest.delivery.fence import Around, Fence, JournalEnd, OwnPlace, Why, fence, is_older
from digest.delivery.journal import JOURNAL, end
from digest.errors import CannotWriteError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, loaded, upsert
from digest.foundation.files import passing_name, remove_leftovers, sync_folder, write_synced
from digest.foundation.login import MACHINE
from digest.foundation.retirement import COLUMNS, retirement_of
from digest.foundation.schema import adoptions, deliveries, instance, places, releases, subscribers
from digest.newsletters.edition import Edition

MARK = "place"
RESTORING = "restoring"  # stands while a restore is under way
_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_HERE = -100  # AT_FDCWD
_WANTED = 0x0900  # STATX_INO | STATX_BTIME, statx(2)
_BORN = 0x0800
UNREADABLE = "?"  # no instance is called so


def found_fence(database: Database, folder: Path) -> Fence | None:
    """Why this database may not send, if so. `folder` is that of the journal and the marks; it lies in the workspace.

    The first time, and after the workspace was moved, note where it is: so does a host that is new to a database of
    several. Raise `IntegrityError` for a damaged journal.
    """
    own = own_of(database, folder)
    around = around_of(own, folder, database.whereabouts())
    found = fence(own, around)
    if found is not None and found.why is Why.OLDER:  # or somebody sends from here, and has gone on between both looks
        own = own_of(database, folder)
        found = fence(own, around)
    if found is None and (own.place, own.folder, own.server) != (around.place, around.folder, around.server):
        _settle_down(database, own, around, folder)
    if found is not None and found.why is Why.OLDER and own.name is not None:
        _stop_the_others(database, folder)
    return found


def seen_fence(database: Database, folder: Path) -> Fence | None:
    """As `found_fence`, for those who only look: nothing is noted."""
    with database.read() as connection:
        own = own_in(connection, folder if database.is_shared else None)
    return None if own is None else fence(own, around_of(own, folder, database.whereabouts()))


def own_of(database: Database, folder: Path | None = None) -> OwnPlace:
    """What the database knows of itself, and of that `folder` if several have it; a database that has never sent gets
    its name here.
    """
    several = folder if database.is_shared else None
    with database.read() as connection:
        own = own_in(connection, several)
    if own is not None:
        return own
    with database.write() as connection:
        if own_in(connection) is None:
            connection.execute(insert(instance).values(id=secrets.token_hex(8), commits=0))
        own = own_in(connection, several)
        assert own is not None  # noqa: S101 – see above
        return own


def own_in(connection: Connection, folder: Path | None = None) -> OwnPlace | None:
    """With a `folder`: of a database of several, which knows it by its mark, or by what identifies that."""
    row = connection.execute(select(instance)).first()
    if row is None:
        return None
    own = OwnPlace(
        id=row.id,
        commits=row.commits,
        machine=row.machine,
        place=row.place,
        folder=row.folder,
        copied_at=loaded(row.copied_at),
        retirement=retirement_of(*(getattr(row, name) for name in COLUMNS)),
    )
    if folder is None:
        return own
    own = replace(
        own,
        is_shared=True,
        commits=0,
        before=frozenset(connection.execute(select(adoptions.c.before)).scalars()),
        server=row.server,
        stopped_by=row.stopped_by,
    )
    if (mark := place_of(folder)) is None:
        return own
    is_named = places.c.name == name_in(folder)
    known = connection.execute(
        select(places).where(or_(is_named, places.c.mark == mark)).order_by(is_named.desc()).limit(1)
    ).first()
    if known is None:
        return own
    return replace(
        own,
        name=known.name,
        commits=known.commits,
        machine=known.machine,
        place=known.mark,
        folder=known.folder,
        journalled=known.journalled,
    )


def around_of(own: OwnPlace, folder: Path, server: str | None = None) -> Around:
    here = folder.parent.resolve()
    before = None if own.folder in (None, str(here)) else Path(own.folder or "")
    return Around(
        folder=str(here),
        machine=machine_of(own.key),
        place=place_of(folder),
        journal=_end(folder / JOURNAL),
        original=str(before) if before and is_same_instance(before / folder.name, folder) else None,
        is_interrupted=(folder / RESTORING).exists(),
        server=server,
    )


def known_of_journal(database: Database) -> tuple[int, str, int | None] | None:
    """Of a copy: how many bytes the journal had at least, their fingerprint, and the commit of the last line in them,
    which copies of earlier versions do not tell.
    """
    known = instance.c.journal_bytes, instance.c.journal_fingerprint, instance.c.journal_commit
    with database.read() as connection:
        row = connection.execute(select(*known)).first()
    return (int(row[0]), str(row[1]), row[2]) if row is not None and row[0] is not None else None


def unknown_times(database: Database) -> Sequence[tuple[datetime, date]]:
    """For `is_uncertain`: when databases were adopted that cannot know what has left elsewhere."""
    query = select(adoptions.c.at, adoptions.c.unknown_until).where(adoptions.c.unknown_until.is_not(None))
    with database.read() as connection:
        return [
            (datetime.fromisoformat(row.at), date.fromisoformat(row.unknown_until)) for row in connection.execute(query)
        ]


def is_released(database: Database, edition: Edition) -> bool:
    with database.read() as connection:
        query = select(releases.c.edition).where(releases.c.edition == edition.name)
        return connection.execute(query).first() is not None


def refuse_damaged(database: Database) -> None:
    """Raise `IntegrityError` unless the database finds itself sound, and every address stands in it as it was read.

    SQLite keeps no checksums: a letter of an address that has become another one is found by comparing its two places.
    """
    with database.read() as connection:
        said = database.faults(connection)
        if not said and _altered_addresses(connection):
            said = [_("an address is not what it was")]
    if said:
        raise IntegrityError(
            database.name,
            _("it is damaged, so nothing is sent: {faults}").format(faults="; ".join(said)),
            _("restore the last backup: digest restore FILE --replace; the send journal knows what has left since"),
        )


def _altered_addresses(connection: Connection) -> bool:
    is_altered = func.lower(subscribers.c.address) != subscribers.c.folded
    is_frozen_otherwise = func.lower(deliveries.c.address) != subscribers.c.folded
    own = select(subscribers.c.number).where(is_altered)
    frozen = (
        select(deliveries.c.subscriber)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .where(deliveries.c.state == DeliveryState.PENDING.value, is_frozen_otherwise)
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in (own, frozen))


def _end(path: Path) -> JournalEnd | None:
    try:
        return end(path)
    except IntegrityError:
        return JournalEnd(commit=0, instance=UNREADABLE)


def _settle_down(database: Database, own: OwnPlace, around: Around, folder: Path) -> None:
    if around.place is None:
        mark = make_mark(folder, secrets.token_hex(8) if own.is_shared else own.id, anew=False)
        around = replace(around, place=mark)
    with database.write() as connection:
        if own.is_shared:
            connection.execute(update(instance).where(instance.c.id == own.id).values(server=around.server))
            note_place(connection, replace(own, name=own.name or name_in(folder)), around)
            return
        connection.execute(
            update(instance)
            .where(instance.c.id == own.id)
            .values(machine=around.machine or own.machine, place=around.place, folder=around.folder)
        )


def note_place(connection: Connection, own: OwnPlace, around: Around, journalled: int | None = None) -> None:
    """In a database of several hosts: this is one of them, which has made so many commits."""
    known = {
        "host": socket.gethostname(),
        "machine": machine_of(own.key) or own.machine,
        "mark": around.place,
        "folder": around.folder,
    }
    again = known if journalled is None else known | {"commits": own.commits, "journalled": journalled}
    row = upsert(places).values(name=own.name, commits=own.commits, journalled=journalled or 0, **known)
    connection.execute(row.on_conflict_do_update(index_elements=[places.c.name], set_=again))


def _stop_the_others(database: Database, folder: Path) -> None:
    """What one journal proves to be old is so for all who have the database, whatever their own journals say."""
    with database.write() as connection:
        own = own_in(connection, folder)
        if own is not None and own.stopped_by is None and is_older(own, around_of(own, folder)):
            connection.execute(update(instance).values(stopped_by=socket.gethostname()))


# -- The mark: a file that is never written again has an inode and a time of birth, which moving a folder keeps and no
# copy has; a machine has an id. A copy of a whole disk has all of them: only the journal can tell then.


def place_of(folder: Path) -> str | None:
    """What identifies the mark in `folder`; nothing where there is none."""
    mark = folder / MARK
    try:
        inode = mark.stat().st_ino
    except OSError:
        return None
    return f"{inode}:{_born(mark)}"


def name_in(folder: Path) -> str | None:
    """What the mark in `folder` says; nothing where there is none."""
    try:
        return (folder / MARK).read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


def make_mark(folder: Path, name: str, *, anew: bool) -> str:
    """A mark that says whose place this is, or which one of a database of several hosts; return what identifies it.
    Unless it is made `anew`, one that is there stays: of several processes at once, the first one makes it.
    """
    mark, passing = folder / MARK, passing_name(folder / MARK)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_leftovers(folder, f".{MARK}.*.new")
        write_synced(passing, f"{name}\n".encode("ascii"))
        if anew:
            passing.replace(mark)
        else:
            with suppress(FileExistsError):
                os.link(passing, mark)
            passing.unlink()
        sync_folder(folder)
    except OSError as error:
        raise CannotWriteError(str(mark), error.strerror or str(error), _("make the workspace writable")) from error
    return place_of(folder) or ""


def is_same_instance(one: Path, other: Path) -> bool:
    """Whether two folders have marks of the same instance, and are not one folder under two names."""
    try:
        return (one / MARK).read_bytes() == (other / MARK).read_bytes() and not one.samefile(other)
    except OSError:
        return False


def machine_of(instance: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The machine's id, hashed for this instance alone; nothing where the system has none that lasts."""
    name = environment.get(MACHINE, "").strip() or _machine_id()
    return hashlib.blake2b(name.encode(), key=instance.encode()[:64], digest_size=16).hexdigest() if name else None


def _machine_id() -> str | None:
    if any(path.exists() for path in _CONTAINERS):
        return None  # it is the image's: it changes with every version, or all containers share it
    for path in _IDS:
        try:
            found = path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if found and found != "uninitialized":
            return found
    return None


def _born(path: Path) -> str:
    """Seconds and nanoseconds; empty where the system keeps no such time."""
    ask = getattr(ctypes.CDLL(None), "statx", None)
    told = ctypes.create_string_buffer(256)
    if ask is None or ask(_HERE, os.fsencode(path), 0, _WANTED, told) != 0:
        return ""
    if not struct.unpack_from("=I", told, 0)[0] & _BORN:
        return ""
    seconds, nanoseconds = struct.unpack_from("=qI", told, 80)
    return f"{seconds}.{nanoseconds:09}"
