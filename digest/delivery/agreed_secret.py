"""The secret that hosts over one database agree on: links that one of them has made, every other one has to know.

The database keeps what tells the secret from others, never the secret. The first host that sends, works or answers
notes it; one that comes with another is refused. Who puts the secret aside as `secret-before-…` makes a new one, which
all others need from then on.
"""

import hashlib
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update

from digest.delivery.fence import Ground
from digest.editions.store import secret_of
from digest.errors import PersonNeededError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, stored
from digest.foundation.schema import adoptions, instance
from digest.foundation.secrets import former_secrets, make_secret, read_secret, read_secrets

_CONSTANT = b"the secret of all hosts over one database"


def fingerprint(secret: bytes) -> str:
    """Tells secrets apart, and says nothing of one."""
    return hashlib.blake2b(_CONSTANT, key=secret, digest_size=16).hexdigest()


def is_agreed(database: Database, path: Path) -> bool:
    """Whether this host may use its secret, for who only looks: also while nobody has noted one, or none is there."""
    known = _known(database)
    return known is None or not path.exists() or known in map(fingerprint, read_secrets(path))


def agree(database: Database, path: Path) -> None:
    """Raise `PersonNeededError` when the other hosts have another secret. The first host notes its own, and so does the
    one that has put aside the one that was known. Where there is only one host there is nothing to agree on.
    """
    if not database.is_shared:
        return
    known = _known(database)
    if known is None:
        own = fingerprint(secret_of(database, path))
        if _note(database, None, own) == own:
            return
    elif known in map(fingerprint, map(read_secret, former_secrets(path))):
        make_secret(path)
        own = fingerprint(read_secret(path))
        if own == known or _note(database, known, own) == own:
            return
    elif path.exists() and fingerprint(read_secret(path)) == known:
        return
    said = _("the other hosts have another secret, or a newer one: nobody's links would be known everywhere")
    remedy = _("copy keys/ from a host that sends; if none has it any more: digest adopt --new-secret --by NAME")
    raise PersonNeededError(str(path), said, remedy)


def replace_secret(database: Database, path: Path, at: datetime, by: str, because: str | None) -> None:
    """A person says that the hosts need this one's from now on: the links that another one has made are dead."""
    own = fingerprint(secret_of(database, path))
    with database.write() as connection:
        ours = select(instance.c.id).scalar_subquery()
        noted = {"at": stored(at), "by": by, "because": because, "ground": Ground.SECRET.value}
        connection.execute(insert(adoptions).values(before=ours, **noted))
        connection.execute(update(instance).values(secret=own))


def _known(database: Database) -> str | None:
    with database.read() as connection:
        return connection.execute(select(instance.c.secret)).scalar()


def _note(database: Database, known: str | None, own: str) -> str | None:
    """Unless another host was first; return what is known now."""
    with database.write() as connection:
        is_still = instance.c.secret.is_not_distinct_from(known)
        connection.execute(update(instance).where(is_still).values(secret=own))
        return connection.execute(select(instance.c.secret)).scalar()
