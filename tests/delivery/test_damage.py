"""Databases that a disk or a person has damaged: detected or harmless, and mended by backup and journal (F-29)."""

import re

import pytest
from caring import HOLDING, PERSON, held, say, send_some
from doses import dose, some
from scenes import random

READERS = 40
FILES = ("digest.db", "digest.db-wal", "digest.db-shm")
BROKEN = 1


@pytest.fixture
def here(scene):
    """Its readers are frozen, nothing has left, and there is a backup."""
    made = scene("F-29", readers=READERS, connections=2, more=HOLDING)
    made.freeze()
    say(made, "backup", str(made.folder / "backup"))
    return made


def anywhere(files, earlier, draws):
    """1 to 64 bytes of the database, or of what is not in it yet."""
    name = draws.choice([name for name in FILES[:2] if files.get(name)])
    data = bytearray(files[name])
    for _ in range(draws.randint(1, 64)):
        data[draws.randrange(len(data))] ^= draws.randint(1, 255)
    return {**files, name: bytes(data)}


def in_the_rows(files, earlier, draws):
    """A few bytes in and around addresses."""
    data = bytearray(files["digest.db"])
    places = [found.start() for found in re.finditer(rb"reader\d+@example\.org", data)]
    for _ in range(draws.randint(1, 8)):
        data[draws.choice(places) + draws.randint(-50, 50)] ^= draws.choice((1, 2, 3, 16, 64, draws.randint(1, 255)))
    return {**files, "digest.db": bytes(data)}


def truncated(files, earlier, draws):
    name = draws.choice([name for name in FILES[:2] if files.get(name)])
    return {**files, name: files[name][: draws.randrange(len(files[name]))]}


def without_wal(files, earlier, draws):
    return {"digest.db": files["digest.db"]}


def with_another_wal(files, earlier, draws):
    return {**files, "digest.db-wal": earlier.get("digest.db-wal") or earlier["digest.db"][:50_000]}


def taken(workspace):
    return {name: (workspace / name).read_bytes() for name in FILES if (workspace / name).exists()}


def put(workspace, files):
    for name in FILES:
        (workspace / name).unlink(missing_ok=True)
    for name, data in files.items():
        (workspace / name).write_bytes(data)


DAMAGES = (anywhere, in_the_rows, truncated, without_wal, with_another_wal)


@pytest.mark.parametrize(
    ("damage", "settled"), some([(damage, settled) for settled in (False, True) for damage in DAMAGES], daily=5)
)
def test_a_damaged_database_sends_nothing_twice_and_to_no_stranger(here, damage, settled):
    """After a kill much of it stands in the write-ahead file alone; closed, all is in one file."""
    send_some(here, 5)
    earlier = taken(here.workspace)
    send_some(here, 10)
    if settled:
        say(here, "status")
    whole = taken(here.workspace)
    beside = {path: path.read_bytes() for path in (here.workspace / "sending").iterdir()}
    served = {one.recipient for one in here.server.accepted}
    for seed in range(dose(2, 50)):
        for path, data in beside.items():
            path.write_bytes(data)
        put(here.workspace, damage(whole, earlier, random(seed)))
        before = len(here.server.accepted)
        said = say(here, "send", "2018-07", "--yes", code=None)
        new = [one.recipient for one in here.server.accepted[before:]]
        assert not set(new) & served, f"twice, seed {seed}: {said}"
        assert set(new) <= set(here.addresses), f"a stranger, seed {seed}: {said}"
        assert len(new) == len(set(new)), f"twice, seed {seed}: {said}"


@pytest.mark.parametrize("damage", [anywhere, truncated, without_wal])
def test_a_backup_and_the_journal_mend_it(here, damage):
    send_some(here, 15)
    put(here.workspace, damage(taken(here.workspace), {}, random(7)))
    say(here, "restore", str(here.folder / "backup"), "--replace")
    say(here, "send", "2018-07", "--yes", code=PERSON)
    say(here, "adopt", "--by", "Marta", code=None)
    say(here, "send", "2018-07", "--yes", code=None)
    got = [one.recipient for one in here.server.accepted]
    assert len(got) == len(set(got))
    assert set(here.addresses) - set(got) <= held(here)


def test_what_sqlite_finds_keeps_everything_from_leaving_and_says_what_to_do(here):
    say(here, "status")
    files = taken(here.workspace)
    data = files["digest.db"].replace(b"pendingreader7@", b"pandingreader7@").replace(b"pending2", b"panding2")
    put(here.workspace, {"digest.db": data})
    assert data != files["digest.db"]
    said = say(here, "send", "2018-07", "--yes", code=BROKEN)
    assert "it is damaged, so nothing is sent: CHECK constraint failed in deliveries" in said
    assert "restore FILE --replace" in said
    assert not here.server.accepted


def test_an_address_that_is_not_what_it_was_is_found(here):
    say(here, "status")
    data = taken(here.workspace)["digest.db"]
    put(here.workspace, {"digest.db": data.replace(b"reader7@example.orgpending", b"readez7@example.orgpending")})
    assert "an address is not what it was" in say(here, "send", "2018-07", "--yes", code=BROKEN)
    assert not here.server.accepted
