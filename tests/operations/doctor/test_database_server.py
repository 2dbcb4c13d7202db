"""What the doctor says of a database of PostgreSQL, as its server is and as it could be."""

import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
from databases import clock_off, database_at, replicated
from doses import dose

from digest.foundation.database import HEAD, Replica, ServerFacts
from digest.operations.doctor.database_server import said_of, server_database
from digest.operations.doctor.diagnosis import Level

SOUND = ServerFacts(
    version="15.14",
    schema=HEAD,
    is_standby=False,
    keeps=True,
    ahead=timedelta(seconds=-1.5),
    size=12_345_678,
    connections=7,
    connections_most=97,
    replicas=[Replica(name="b", is_streaming=True, bytes_behind=2_000_000, seconds_behind=0.4)],
)


def told(found):
    return {one.what: one for one in found}


def test_a_sound_server_is_all_ok():
    found = told(said_of(SOUND))
    assert {one.level for one in found.values()} == {Level.OK}
    assert found["Size"].said == "12 MB"
    assert found["Connections"].said == "7 of 97 are in use, and a process of digest takes up to 16"
    assert found["Replica b"].said == "2 MB and 0 s behind"
    assert found["Clock"].said.endswith("1.5 s apart")


@pytest.mark.parametrize(
    ("name", "level", "changed"),
    [
        ("Database", Level.FAIL, {"is_standby": True}),
        ("Journal", Level.FAIL, {"keeps": False}),
        ("Schema", Level.FAIL, {"schema": "9999"}),
        ("Connections", Level.WARN, {"connections": 82}),
        ("Connections", Level.OK, {"connections": 81}),
        ("Clock", Level.WARN, {"ahead": timedelta(seconds=2.1)}),
        ("Clock", Level.WARN, {"ahead": timedelta(seconds=-60)}),
        ("Clock", Level.FAIL, {"ahead": timedelta(seconds=60.1)}),
        ("Clock", Level.FAIL, {"ahead": timedelta(hours=-1)}),
    ],
)
def test_what_is_wrong_with_a_server_is_named(name, level, changed):
    assert told(said_of(replace(SOUND, **changed)))[name].level is level


@pytest.mark.parametrize(
    ("level", "changed"),
    [
        (Level.OK, {"seconds_behind": 60.0}),
        (Level.WARN, {"seconds_behind": 60.5}),
        (Level.WARN, {"bytes_behind": 2**27}),
        (Level.WARN, {"is_streaming": False}),
        (Level.WARN, {"is_streaming": None, "bytes_behind": None, "seconds_behind": None}),
    ],
)
def test_a_replica_that_is_behind_or_hidden_is_named(level, changed):
    behind = [replace(SOUND.replicas[0], **changed)]
    assert told(said_of(replace(SOUND, replicas=behind)))["Replica b"].level is level


@pytest.mark.on_postgresql
def test_a_real_server_is_asked_for_all_of_it(tmp_path):
    database = database_at(tmp_path / "digest.db")
    found = told(server_database(database))
    assert found["PostgreSQL"].said.endswith(f"at {database.name}")
    assert [one.level for one in found.values()].count(Level.FAIL) == 1  # a server of tests keeps nothing
    assert found["Journal"].level is Level.FAIL
    assert database.server_facts().connections >= 1
    assert database.size() == database.server_facts().size > 5_000_000
    with clock_off(database, 3):
        assert told(server_database(database))["Clock"].level is Level.WARN
    with clock_off(database, -61):
        assert told(server_database(database))["Clock"].level is Level.FAIL


@pytest.mark.on_postgresql
def test_replicas_of_a_real_server_are_seen(tmp_path):
    database = database_at(tmp_path / "digest.db")
    assert database.server_facts().replicas == []
    with dose(nullcontext(), replicated("b")):
        until = time.monotonic() + 60
        while [one.name for one in database.server_facts().replicas if one.is_streaming] != dose([], ["b"]):
            assert time.monotonic() < until
        found = told(server_database(database))
    assert [name for name in found if name.startswith("Replica")] == dose([], ["Replica b"])
