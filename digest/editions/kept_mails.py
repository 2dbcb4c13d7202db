"""Kept mails: an edition's mails as they stand in the store, whatever stands there, and whether that is what its
fingerprint covers.

The fingerprint is that of the canonical description, which holds the SHA-256 of every mail, and who gets which.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digest.editions.description import accepted_fingerprint, bytes_fingerprint, description_fingerprint
from digest.foundation.catalogue import _
from digest.mail.content import Rendered, Variant
from digest.newsletters.edition import Edition, EditionState

Row = Mapping[str, Any]  # a variant's columns, texts as bytes: a damaged one may be no UTF-8 any more
COMPRESSED = ("html", "text", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedChoice:
    """Which mail serves a choice; `audiences` are sorted and joined with a space."""

    audiences: str
    language: str
    variant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMails:
    """`edition` is as the store has it now. `description` is compressed JSON; `None`: an older version made
    the edition, and kept none.
    """

    edition: Edition
    description: bytes | None
    rows: Sequence[Row]
    served: Sequence[ServedChoice]


def described(edition: Edition, description: bytes | None) -> Mapping[str, Any] | None:
    """What the edition's fingerprint covers; `None` when that is not what is kept."""
    if description is None:
        return None
    try:
        read = json.loads(zlib.decompress(description))
    except (zlib.error, ValueError):
        return None
    return read if isinstance(read, dict) and covers(edition, read) else None


def covers(edition: Edition, description: Mapping[str, object]) -> bool:
    """Whether the edition's fingerprint is that of the description."""
    return edition.fingerprint == accepted_fingerprint(description_fingerprint(description), edition.accepted)


def compressed(description: Mapping[str, object]) -> bytes:
    return zlib.compress(json.dumps(description, ensure_ascii=False).encode())


def alterations(kept: KeptMails, description: Mapping[str, Any]) -> list[str]:
    """The names of mails that are not what `description` says, and what else is not; nothing: all is as it was."""
    rows = {row["name"]: row for row in kept.rows}
    found = [
        each["name"]
        for place, each in enumerate(description["variants"])
        if not (
            (row := rows.get(each["name"].encode()))
            and _is_as_described(row, place, each)
            and _is_for(row, [choice for choice in description["choices"] if choice["variant"] == each["name"]])
        )
    ]
    if len(kept.rows) > len(description["variants"]):
        found.append(_("a mail that is none of it"))
    if not _are_served(kept, description["choices"]):
        found.append(_("who gets which mail"))
    return found


def broken(kept: KeptMails) -> list[str]:
    """The mails that are not what their own fingerprint says: all that can be seen without a description."""
    return [row["name"].decode(errors="replace") for row in kept.rows if _fingerprint(row) != _text(row, "fingerprint")]


def mails(kept: KeptMails) -> Iterator[Variant]:
    """Of rows that were compared."""
    for row in kept.rows:
        html, text, message = (zlib.decompress(row[name]) for name in COMPRESSED)
        yield Variant(
            name=_text(row, "name"),
            language=_text(row, "language"),
            audiences=tuple(json.loads(row["audiences"])),
            story_ids=tuple(json.loads(row["stories"])),
            fingerprint=_text(row, "fingerprint"),
            rendered=Rendered(subject=_text(row, "subject"), html=html.decode(), text=text.decode(), message=message),
        )


def _is_as_described(row: Row, place: int, described: Mapping[str, Any]) -> bool:
    expected = {
        "place": place,
        "language": described["language"].encode(),
        "subject": described["subject"].encode(),
        "stories": json.dumps(described["stories"]).encode(),
        "fingerprint": described["sha256"].encode(),
    }
    return all(row[name] == value for name, value in expected.items()) and _fingerprint(row) == described["sha256"]


def _is_for(row: Row, choices: Sequence[Mapping[str, Any]]) -> bool:
    """The audiences of a mail are those of a choice that it serves, in whichever order the settings have them."""
    try:
        names = json.loads(row["audiences"])
    except ValueError:
        return False
    return (
        isinstance(names, list)
        and json.dumps(names).encode() == row["audiences"]
        and sorted(map(str, names)) in [choice["audiences"] for choice in choices]
    )


def _fingerprint(row: Row) -> str | None:
    """Of what readers share, as it is now; `None` when it cannot even be unpacked."""
    try:
        html, text, message = (zlib.decompress(row[name]) for name in COMPRESSED)
        html.decode()
        text.decode()
    except (zlib.error, UnicodeDecodeError):
        return None
    return bytes_fingerprint(row["subject"], html, text, message)


def _text(row: Row, name: str) -> str:
    return str(row[name], "utf-8", "replace")


def _are_served(kept: KeptMails, described: Sequence[Mapping[str, Any]]) -> bool:
    """Choices that were made after the seal join when the sending begins: each gets a mail of a part of its own."""
    then = {(" ".join(each["audiences"]), each["language"]): each["variant"] for each in described}
    now = {(each.audiences, each.language): each.variant for each in kept.served}
    late = [each for each in kept.served if (each.audiences, each.language) not in then]
    if late and kept.edition.state in (EditionState.DRAFT, EditionState.SEALED):
        return False
    return all(key in now and now[key] == variant for key, variant in then.items()) and all(
        each.variant is None or each.variant in set(_fitting(each, described)) for each in late
    )


def _fitting(late: ServedChoice, described: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    mine = set(late.audiences.split())
    for each in described:
        if each["language"] == late.language and mine.issuperset(each["audiences"]) and each["variant"] is not None:
            yield each["variant"]
