"""The manifest of a backup: what it was made of, and what each file in it must be."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from digest.errors import IntegrityError
from digest.store.journal import Position

NAME = "manifest.json"
FORMAT = "digest-backup"
VERSION = 1
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file by its path from the workspace, with `/`; SHA-256 in hex."""

    name: str
    size: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`journal` is as far as the database knows the send journal, which is not in the backup itself. `left_out` says in
    sentences what else is not.
    """

    made_at: datetime
    program: str
    schema: str
    instance: str
    commits: int
    journal: Position | None
    left_out: Sequence[str]
    members: Sequence[Member]

    @property
    def size(self) -> int:
        return sum(member.size for member in self.members)


def written(manifest: Manifest) -> bytes:
    data = {"format": FORMAT, "version": VERSION, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


def loaded(data: bytes, archive: str) -> Manifest:
    """Raise `IntegrityError` for anything that `written` would not have written."""
    try:
        told = json.loads(data)
        if told["format"] != FORMAT or told["version"] != VERSION:
            raise IntegrityError(archive, "it is of a kind that this version does not know", "use the version of then")
        return _manifest(told)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(archive, f"its manifest cannot be understood: {error}", "use another backup") from error


def _manifest(told: Mapping[str, Any]) -> Manifest:
    made_at = datetime.fromisoformat(told["made_at"])
    if made_at.tzinfo is None:
        raise ValueError("made_at has no zone")
    journal = told["journal"]
    return Manifest(
        made_at=made_at,
        program=str(told["program"]),
        schema=str(told["schema"]),
        instance=str(told["instance"]),
        commits=_whole(told["commits"]),
        journal=None if journal is None else _position(journal),
        left_out=tuple(str(one) for one in told["left_out"]),
        members=tuple(
            Member(name=str(one["name"]), size=_whole(one["size"]), fingerprint=str(one["fingerprint"]))
            for one in told["members"]
        ),
    )


def _position(told: Mapping[str, Any]) -> Position:
    return Position(bytes=_whole(told["bytes"]), lines=_whole(told["lines"]), fingerprint=str(told["fingerprint"]))


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{number!r} is no number of anything")
    return number
