"""The acceptance log: what the fault server took, written before it said so. Against it a ledger is judged."""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r\n[ \t]+)?(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """One message taken for one recipient. `reply` is what the client was then told; empty when it was told nothing."""

    number: int  # of the message, from 1; also its file's name
    at: float  # seconds since 1970
    connection: int
    sender: str
    recipient: str
    message_id: str
    fingerprint: str  # SHA-256 of the message, without the doubled dots
    size: int
    reply: str


class AcceptanceLog:
    """Appends to `accepted.jsonl` in a folder; with `store` the messages themselves are kept in `messages/new`.

    One write per message, so that no line is ever torn. Without `sync` nothing is forced onto the disk: the tests kill
    processes, never the machine.
    """

    def __init__(self, folder: Path, *, store: bool = False, sync: bool = False) -> None:
        self._file = os.open(folder / "accepted.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._messages = folder / "messages" / "new" if store else None
        if self._messages:
            self._messages.mkdir(parents=True, exist_ok=True)
        self._sync = sync
        self.count = 0

    def add(
        self, *, at: float, connection: int, sender: str, recipients: Iterable[str], message: bytes, reply: str
    ) -> int:
        """On file when this returns: the number of the message."""
        self.count += 1
        found = _MESSAGE_ID.search(message, 0, message.find(b"\r\n\r\n") + 2)
        known = {
            "number": self.count,
            "at": at,
            "connection": connection,
            "sender": sender,
            "message_id": found[1].decode("ascii", "replace") if found else "",
            "fingerprint": hashlib.sha256(message).hexdigest(),
            "size": len(message),
            "reply": reply,
        }
        if self._messages:
            (self._messages / f"{self.count:07}.eml").write_bytes(message)
        os.write(self._file, "".join(json.dumps(known | {"recipient": each}) + "\n" for each in recipients).encode())
        if self._sync:
            os.fsync(self._file)
        return self.count

    def close(self) -> None:
        os.close(self._file)


def read(folder: Path) -> list[Acceptance]:
    """All acceptances in their order; none when the server has not begun to write."""
    return [Acceptance(**json.loads(line)) for line in whole_lines(folder / "accepted.jsonl")]


def whole_lines(path: Path) -> list[str]:
    """Without one that is being written at this moment."""
    return path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []


def message(folder: Path, acceptance: Acceptance) -> bytes:
    """The bytes that were taken. Only where the server stores them."""
    return (folder / "messages" / "new" / f"{acceptance.number:07}.eml").read_bytes()
