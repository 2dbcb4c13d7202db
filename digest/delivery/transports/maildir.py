"""Maildir: every message into one Maildir on this machine, for another program to read or to carry on.

A file is written in `tmp`, synced and renamed into `new`. Its name is the delivery's, so whatever a crash makes leave
again is found, in `new` or already read in `cur`, and is not there twice.
"""

import os
from collections.abc import Callable
from pathlib import Path

from digest.delivery.outgoing import Outbox, OutcomeKind, OutgoingMessage
from digest.delivery.rates import Rates
from digest.delivery.transports.one_by_one import Ending, PerhapsTakenError, Ways, carry, takes_nothing
from digest.errors import ConfigurationError
from digest.foundation.catalogue import _, later
from digest.foundation.failpoints import reach
from digest.foundation.files import sync_folder, write_synced

_THERE = str(later("in the Maildir"))  # kept with each message
_THERE_ALREADY = str(later("in the Maildir since an earlier attempt"))
_ENDING = ".digest"
_FOLDERS = ("tmp", "new", "cur")


class MaildirTransport:
    """Each message begins with the envelope, `Return-Path` and `Delivered-To`, as a mail system's own delivery does."""

    def __init__(self, folder: Path, connections: int = 1, rates: Rates | None = None) -> None:
        self._folder = folder
        self._connections = connections
        self._rates = rates or Rates()
        self._there: frozenset[str] = frozenset()

    @property
    def connections(self) -> int:
        return self._connections

    @property
    def name(self) -> str:
        return f"Maildir {self._folder}"

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        """Raise `CannotWriteError` or `ConfigurationError` when the Maildir takes nothing."""
        self._open()
        ways = Ways(name=self.name, at_once=self._connections, rates=self._rates)
        carry(outbox, stop, self._put, ways)

    def trace(self, message: OutgoingMessage) -> None:
        """What was there may have been read and removed since; what is there is not written again anyway."""

    def _put(self, message: OutgoingMessage, content: bytes) -> Ending:
        head = f"Return-Path: <{message.sender}>\nDelivered-To: {message.recipient}\n".encode()
        is_new = self._write(message.delivery, head + content)
        return Ending(OutcomeKind.SENT, _THERE if is_new else _THERE_ALREADY)

    def _write(self, name: str, content: bytes) -> bool:
        """Durable when this returns. False: it was there already."""
        file = f"{name}{_ENDING}"
        if file in self._there:
            return False
        passing, final = self._folder / "tmp" / file, self._folder / "new" / file
        try:
            write_synced(passing, content)
            reach("maildir.written")
            passing.rename(final)
        except OSError as error:
            raise takes_nothing(self._folder, error) from error
        reach("maildir.renamed")
        try:
            sync_folder(final.parent)
        except OSError as error:  # it is there, and may be read and taken away before it is looked for
            raise PerhapsTakenError(*takes_nothing(self._folder, error).args) from error
        return True

    def _open(self) -> None:
        """Make the Maildir if it is not there, and remember what lies in it: who reads it may move files meanwhile, but
        only from `new` to `cur`, in the order in which they are looked through.
        """
        try:
            is_one = all((self._folder / name).is_dir() for name in _FOLDERS)
            if not is_one and self._folder.exists() and any(self._folder.iterdir()):
                raise ConfigurationError(
                    str(self._folder), _("it holds other things and is no Maildir"), _("name a folder of its own")
                )
            for folder in (self._folder, *(self._folder / name for name in _FOLDERS)):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._there = frozenset(_base(entry) for name in ("new", "cur") for entry in _ours(self._folder / name))
        except OSError as error:
            raise takes_nothing(self._folder, error) from error


def _ours(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if _ENDING in entry.name]


def _base(name: str) -> str:
    """Without what readers add: flags behind a colon, such as `:2,S`, and Dovecot's sizes behind a comma."""
    return name.partition(":")[0].partition(",")[0]
