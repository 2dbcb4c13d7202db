"""A database of PostgreSQL: can it be reached, does it keep what it writes, what version is it, is its clock ours?"""

import zlib
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection, func, select

from digest.delivery.batches import living
from digest.editions.carried import with_pictures
from digest.errors import DigestError
from digest.foundation.catalogue import _, plural
from digest.foundation.database import (
    CLOCKS_REFUSED,
    CLOCKS_WARNED,
    CONNECTIONS_MOST,
    HEAD,
    Database,
    Replica,
    ServerFacts,
    loaded,
)
from digest.foundation.jobs import has_queue
from digest.foundation.schema import carried_pictures, editions, places, runs, subscriptions, variants
from digest.operations.doctor.database_file import Stored
from digest.operations.doctor.diagnosis import Diagnosis, fail, ok, warn

_BEHIND_SECONDS, _BEHIND_BYTES = 60, 64 * 2**20


def stored_on_server(database: Database) -> Stored:
    """As `database_file.stored`; looking makes no table and changes none."""
    try:
        facts = database.server_facts()
        if facts is None or facts.schema != HEAD:
            return Stored(is_there=False)
        with database.read() as connection:
            active = select(func.count()).select_from(subscriptions).where(subscriptions.c.active == 1)
            sealed = select(editions.c.number).where(editions.c.sealed_at.is_not(None)).limit(1)
            last = select(func.max(runs.c.last_at)).where(runs.c.rehearsed == 0)
            return Stored(
                readers=int(connection.execute(active).scalar_one()),
                largest=_largest(connection),
                last_run_at=loaded(connection.execute(last).scalar()),
                has_sealed=connection.execute(sealed).first() is not None,
            )
    except DigestError:
        return Stored(is_there=False)  # its own concern says why


def server_database(database: Database) -> Iterator[Diagnosis]:
    what = _("Database")
    try:
        facts = database.server_facts()
    except DigestError as error:
        yield fail(what, f"{error.thing}: {error.cause}", error.remedy)
        return
    if facts is not None:
        yield ok("PostgreSQL", _("{version}, at {place}").format(version=facts.version, place=database.name))
        yield from said_of(facts)
        yield from _workers(database, facts)
        yield from _hosts(database, facts)


def _hosts(database: Database, facts: ServerFacts) -> Iterator[Diagnosis]:
    """From where mails have left, or may: nothing is said before the first place is known."""
    if facts.schema != HEAD:
        return
    with database.read() as connection:
        known = connection.execute(select(places).order_by(places.c.host, places.c.folder, places.c.name)).all()
    if known:
        said = ", ".join(f"{row.host or '?'} ({row.folder or '?'})" for row in known)
        yield ok(
            _("Hosts"),
            plural("{count:,} place is known: {names}", "{count:,} places are known: {names}", len(known), names=said),
        )


def _workers(database: Database, facts: ServerFacts) -> Iterator[Diagnosis]:
    """Nothing is said where nobody ever worked: one host needs none."""
    if facts.schema != HEAD:
        return
    with database.read() as connection:
        is_used = has_queue(connection)
    count = living(database)
    if count:
        said = plural("{count:,} is there: digest workers", "{count:,} are there: digest workers", count)
        yield ok(_("Workers"), said)
    elif is_used:
        said = _("there was one, and none is there now: nothing goes out unless `digest run` is called")
        yield warn(_("Workers"), said, _("start one on each host: digest worker"))


def said_of(facts: ServerFacts) -> Iterator[Diagnosis]:
    what = _("Database")
    if facts.is_standby:
        yield fail(what, _("this server only repeats another one"), _("name the one that is written to"))
    if facts.keeps:
        yield ok(_("Journal"), _("whatever digest writes is synced in full (synchronous_commit=on)"))
    else:
        said = _("after a power cut it would have lost what it said it kept: fsync or full_page_writes is off")
        yield fail(_("Journal"), said, _("set both to on in postgresql.conf"))
    yield _version(facts.schema)
    yield ok(_("Size"), _("{count:,} MB").format(count=facts.size // 1_000_000))
    yield _connections(facts.connections, facts.connections_most)
    yield from map(_replica, facts.replicas)
    yield _clock(abs(facts.ahead))


def _version(schema: str | None) -> Diagnosis:
    what = _("Schema")
    if schema is None:
        return ok(what, _("there is none yet: the first command that writes makes it"))
    if schema == HEAD:
        return ok(what, _("version {version}").format(version=schema))
    if schema > HEAD:
        said = _("version {version}, written by a newer digest (this one knows {head})")
        return fail(what, said.format(version=schema, head=HEAD), _("install that version"))
    said = _("version {version}; the next command brings it to {head}").format(version=schema, head=HEAD)
    return warn(what, said, _("make a backup before, then run any command, such as digest status"))


def _connections(used: int, most: int) -> Diagnosis:
    what = _("Connections")
    said = _("{used:,} of {most:,} are in use, and a process of digest takes up to {ours}").format(
        used=used, most=most, ours=CONNECTIONS_MOST
    )
    if most - used < CONNECTIONS_MOST:
        return warn(what, said, _("raise max_connections in postgresql.conf, or see who holds them"))
    return ok(what, said)


def _replica(one: Replica) -> Diagnosis:
    what = _("Replica {name}").format(name=one.name)
    if one.is_streaming is None or one.bytes_behind is None or one.seconds_behind is None:
        said = _("how far it is behind is not told to this user")
        return warn(what, said, _("as a superuser: GRANT pg_monitor TO the user that digest connects as"))
    said = _("{count:,} MB and {seconds:,.0f} s behind").format(
        count=one.bytes_behind // 1_000_000, seconds=one.seconds_behind
    )
    if not one.is_streaming or one.seconds_behind > _BEHIND_SECONDS or one.bytes_behind > _BEHIND_BYTES:
        fix = _("what was kept since would be lost with the server that is written to: look at the replica's log")
        return warn(what, said, fix)
    return ok(what, said)


def _clock(apart: timedelta) -> Diagnosis:
    what, fix = _("Clock"), _("let both take their time from one source (NTP)")
    said = _("its clock and that of this machine are {seconds:.1f} s apart").format(seconds=apart.total_seconds())
    if apart > CLOCKS_REFUSED:
        return fail(what, said, fix)
    return warn(what, said, fix) if apart > CLOCKS_WARNED else ok(what, said)


def _largest(connection: Connection) -> int | None:
    """Of the edition that was built last, in bytes."""
    newest = select(editions.c.number).where(editions.c.built_at.is_not(None))
    last = connection.execute(newest.order_by(editions.c.built_at.desc(), editions.c.number.desc()).limit(1)).scalar()
    if last is None:
        return None
    carried = select(carried_pictures.c.picture, carried_pictures.c.data).where(carried_pictures.c.edition == last)
    pictures = {name: zlib.decompress(data) for name, data in connection.execute(carried)}
    messages = connection.execute(select(variants.c.message).where(variants.c.edition == last)).scalars()
    return max((len(with_pictures(zlib.decompress(one), pictures)) for one in messages), default=None)
