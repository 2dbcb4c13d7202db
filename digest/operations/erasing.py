"""Erasing people from a workspace: from the database, the subscriber file, our own mails on this machine, and mail that
came back. What may still hold their addresses and is not ours to change is named.
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from digest.delivery.settings import TransportKind
from digest.editions.store import secret_of
from digest.errors import CannotWriteError, DigestError
from digest.foundation.catalogue import _
from digest.foundation.database import Database
from digest.foundation.mailboxes import remove_messages
from digest.foundation.workspace import DATABASE, LOCK, MAILBOX_LOCK, SENDING
from digest.inbound.processing import done_folders, opened_mailbox
from digest.inbound.settings import MailboxSettings
from digest.people.erased_addresses import hashes, keys_of
from digest.people.erasure import addresses_of, erase_again, erase_rows
from digest.people.file_rows import take_out
from digest.people.mentions import Mentions
from digest.people.suppression import NAME as LEAVINGS
from digest.people.suppression import erased_in, note_erasures
from digest.settings.instance import Instance

_COPIES = ("backups", "replaced-*", f"{SENDING}/{LEAVINGS}-before-*")  # of all that there was
_LOOKED_AT_MOST = 32 << 20  # bytes of a message on a server
_OUR_DATABASE = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}.lock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many people, rows of the subscriber file, and mails of ours and that came back went. `copies` are older ones
    of the whole, `remains` files that still name one of them; `server` is a mailbox that could not be looked through.
    """

    people: int
    rows: int
    mails: int
    returned: int
    copies: tuple[Path, ...]
    remains: tuple[Path, ...]
    server: str | None


def erase(instance: Instance, folded: Collection[str], by: str, *, with_rows: bool) -> Erased:
    """Raise `BusyError` while something is sent, or mail is read. Killed anywhere, it is mended by the same call."""
    database, settings = instance.database, instance.settings
    with database.exclusive(instance.folder / LOCK), database.exclusive(instance.folder / MAILBOX_LOCK):
        secret_of(database, instance.secret)
        with database.read() as connection:
            people = addresses_of(connection, folded)
            gone = set(folded).union(*people.values())
            kept = [hashes(keys_of(connection), one)[0] for one in sorted(gone)]
        note_erasures(instance.workspace.sending / LEAVINGS, kept, instance.clock.now())
        mentions = Mentions(gone)
        rows = take_out(settings.subscribers, gone) if with_rows and settings.subscribers is not None else 0
        mails = sum(_remove(path, mentions) for path in _own_output(instance))
        box = settings.mailbox.maildir or settings.mailbox.mbox if settings.mailbox else None
        returned = remove_messages(box, mentions.stand_in) if box is not None and box.exists() else 0
        with database.write() as connection:
            erase_rows(connection, people, folded, instance.clock.now(), by)
        database.scrub()
        on_server, server = _on_server(settings.mailbox, mentions)
        return Erased(
            people=len(people),
            rows=rows,
            mails=mails,
            returned=returned + on_server,
            copies=tuple(_copies(instance.folder)),
            remains=tuple(_remains(instance.folder, mentions)),
            server=server,
        )


def erase_again_in(folder: Path, database: Database) -> int:
    """After a restore: whoever was erased since the backup was made; return how many that were."""
    erased = erased_in(folder / SENDING / LEAVINGS)
    if not erased:
        return 0
    with database.write(although_retired=True) as connection:
        count = erase_again(connection, erased)
    if count:
        database.scrub()
    return count


def _on_server(mailbox: MailboxSettings | None, mentions: Mentions) -> tuple[int, str | None]:
    """How many messages went from the mailbox on a server, where what was understood lies too; and its name, if it
    could not be looked through: the rest is done, and the same call does it once it can be reached.
    """
    if mailbox is None or mailbox.imap is None:
        return 0, None
    gone = 0
    try:
        for imap in (mailbox.imap, *done_folders(mailbox)):
            with opened_mailbox(replace(mailbox, imap=imap, then="delete"), dry=False) as box:
                keys = box.keys()
                found = [key for key in keys if mentions.stand_in(box.fetch(key, _LOOKED_AT_MOST) or b"")]
                box.settle(found)
                gone += len(found)
    except DigestError:
        return gone, mailbox.imap.host
    return gone, None


def _own_output(instance: Instance) -> Iterator[Path]:
    """Mails that we wrote as files, on this machine."""
    delivery = instance.settings.delivery
    if delivery.transport in (TransportKind.FILES, TransportKind.MAILDIR) and delivery.path.is_dir():
        yield from _files(delivery.path)


def _remove(path: Path, mentions: Mentions) -> int:
    if not _names(path, mentions):
        return 0
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the folder writable")) from error
    return 1


def _copies(folder: Path) -> Iterator[Path]:
    for pattern in _COPIES:
        for path in sorted(folder.glob(pattern)):
            yield from _files(path) if path.name == "backups" else (path,)


def _remains(folder: Path, mentions: Mentions) -> Iterator[Path]:
    """Files that name one of them and are not ours to change."""
    copies = set(_copies(folder))
    for path in _files(folder):
        ours = path.parent == folder and path.name in _OUR_DATABASE
        if not ours and copies.isdisjoint((path, *path.parents)) and _names(path, mentions):
            yield path


def _names(path: Path, mentions: Mentions) -> bool:
    try:
        return mentions.stand_in(path.read_bytes())
    except OSError as error:
        raise CannotWriteError(
            str(path), error.strerror or str(error), _("make it readable, then do it again")
        ) from error


def _files(folder: Path) -> Iterator[Path]:
    for parent, _folders, names in os.walk(folder):
        yield from (path for name in sorted(names) if (path := Path(parent, name)).is_file() and not path.is_symlink())
