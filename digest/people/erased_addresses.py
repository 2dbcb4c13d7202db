"""Addresses that were erased: a keyed hash of each keeps it out, whichever door it comes by."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection, delete, exists, select

from digest.errors import PersonNeededError
from digest.foundation.catalogue import _
from digest.foundation.schema import erasures
from digest.foundation.secrets import read_secrets

KEPT, KEPT_ASKED = "keep", "keep, asked"  # by whom: the time of keeping was over, and they left by their own wish
GONE = "erased.invalid"  # the domain of what stands in place of their addresses (RFC 2606)


def keys_of(connection: Connection) -> tuple[bytes, ...]:
    """The workspace's key of today first, then those before it."""
    secret: Path = connection.get_execution_options()["secret"]
    return read_secrets(secret)


def hashes(keys: Sequence[bytes], folded: str) -> list[str]:
    """What is kept of an address: under each of the keys."""
    return [blake2b(folded.encode(), key=key, person=b"erased", digest_size=16).hexdigest() for key in keys]


def kept_out(connection: Connection, folded: Iterable[str]) -> frozenset[str]:
    """Those of the folded addresses that were erased. Hardly ever is any: that costs one small query."""
    if not connection.execute(select(exists(select(erasures.c.hash)))).scalar():
        return frozenset()
    known = set(connection.execute(select(erasures.c.hash)).scalars())
    keys = keys_of(connection)
    return frozenset(one for one in folded if not known.isdisjoint(hashes(keys, one)))


def refuse_erased(connection: Connection, folded: str) -> None:
    if kept_out(connection, [folded]):
        raise PersonNeededError(
            folded,
            _("this address was erased, and is kept out since"),
            _("if they want mail again: {command}").format(
                command=f"digest subscribers readmit {folded} --consent TEXT --because REASON --by NAME"
            ),
        )


def may_ask(connection: Connection, folded: str) -> bool:
    """Whether an address is kept out only because its owner left by their own wish, so long ago that nothing else is
    known of them.
    """
    kept = hashes(keys_of(connection), folded)
    by = set(connection.execute(select(erasures.c.by).where(erasures.c.hash.in_(kept))).scalars())
    return by == {KEPT_ASKED}


def let_in(connection: Connection, folded: str) -> list[str]:
    """Somebody wants mail again: their address is kept out no more. Return what was kept of it."""
    if not kept_out(connection, [folded]):
        return []
    kept = hashes(keys_of(connection), folded)
    found = select(erasures.c.hash).where(erasures.c.hash.in_(kept))
    let = list(connection.execute(found).scalars())
    connection.execute(delete(erasures).where(erasures.c.hash.in_(let)))
    return let
