"""What every kind of database promises to the rooms, and what only PostgreSQL has to be asked for."""

import os
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from select import select as select_ready

import psycopg
import pytest
from databases import PostgresqlDatabase, clock_off, contents, database_at, server
from sqlalchemy import String, delete, func, insert, inspect, select, text, update

from digest.errors import BusyError, ConfigurationError, IntegrityError
from digest.foundation.database import (
    HEAD,
    Prepared,
    SqliteDatabase,
    as_bytes,
    copy_rows,
    greater,
    is_among,
    is_key,
    open_database,
    told,
    upsert,
)
from digest.foundation.database import postgresql as dialect
from digest.foundation.schema import (
    allowances,
    choices,
    forgetting,
    instance,
    metadata,
    pages_asked,
    pictures,
    subscriber_events,
    subscribers,
)

BASELINE = Path(__file__).with_name("postgresql_0036.sql")
COMMITS = select(instance.c.commits)
COMMIT = update(instance).values(commits=instance.c.commits + 1)
WORDS = ["a", "A", "b", "B", "á", "ñ", "z", "Z", "ß", "_", "-", "10", "9", "а", "😀", "ﬁ", "a b", "a-b", ""]
both = pytest.mark.both_databases(every=True)


@pytest.fixture
def database(tmp_path):
    return database_at(tmp_path / "digest.db")


def add(connection, number=None, address="ana@example.org"):
    row = {"public_id": address, "address": address, "folded": address} | ({"number": number} if number else {})
    return connection.execute(insert(subscribers).values(row)).inserted_primary_key[0]


@both
def test_what_a_block_writes_is_there_for_all_or_gone_when_it_raises(database):
    with database.write() as connection:
        connection.execute(COMMIT)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(COMMIT)
        raise ZeroDivisionError
    with database.read() as connection:
        assert connection.execute(COMMITS).scalar() == 1


@both
def test_who_reads_sees_one_moment_whatever_is_written_meanwhile(database):
    with database.read() as view:
        before = view.execute(COMMITS).scalar()
        with database.write() as connection:
            connection.execute(COMMIT)
        assert view.execute(COMMITS).scalar() == before


@both
def test_writers_follow_one_another_and_each_sees_what_the_one_before_has_written(database):
    def count_up():
        with database.writer() as writer:
            for _ in range(20):
                with writer.transaction() as connection:
                    seen = connection.execute(COMMITS).scalar()
                    connection.execute(update(instance).values(commits=seen + 1))
                with writer.reading() as connection:
                    assert connection.execute(COMMITS).scalar() > seen

    with database.read():
        pass
    with ThreadPoolExecutor(3) as threads:
        for each in [threads.submit(count_up) for _ in range(3)]:
            each.result()
    with database.read() as connection:
        assert connection.execute(COMMITS).scalar() == 60


@both
def test_texts_sort_and_compare_byte_by_byte_and_come_back_as_they_were(database):
    with database.write() as connection:
        connection.execute(
            insert(choices), [{"newsletter": "m", "audiences": word, "language": "en"} for word in WORDS]
        )
    with database.read() as connection:
        found = connection.execute(select(choices.c.audiences).order_by(choices.c.audiences)).scalars().all()
        assert found == sorted(WORDS, key=str.encode)
        assert connection.execute(select(func.max(choices.c.audiences))).scalar() == max(WORDS, key=str.encode)
        after = select(choices.c.audiences).where(choices.c.audiences > "a")
        assert {*connection.execute(after).scalars()} == {word for word in WORDS if word.encode() > b"a"}
        capital = select(choices.c.audiences).where(func.lower(choices.c.audiences) == "a")
        assert {*connection.execute(capital).scalars()} == {"a", "A"}


@both
def test_bytes_fractions_and_flags_come_back_as_they_were(database):
    everything = bytes(range(256))
    with database.write() as connection:
        connection.execute(insert(pictures).values(name="p", kind="png", width=True, height=False, data=everything))
        connection.execute(insert(allowances).values(hash="h", left=0.1, since=1532854800.123456, full_at=1e300))
        connection.execute(update(instance).values(commits=2**40))
    with database.read() as connection:
        assert tuple(connection.execute(select(pictures)).one()) == ("p", "png", 1, 0, everything)
        assert tuple(connection.execute(select(allowances)).one()) == ("h", 0.1, 1532854800.123456, 1e300)
        assert connection.execute(COMMITS).scalar() == 2**40
        raw = select(as_bytes(pictures.c.kind), as_bytes(pictures.c.data))
        assert tuple(connection.execute(raw).one()) == (b"png", everything)


@both
def test_a_text_is_given_as_its_very_bytes(database):
    said = 'C:\\new \\x41 \\\\ "é" \n'
    with database.write() as connection:
        add(connection, address=said)
        assert connection.execute(select(as_bytes(subscribers.c.address))).scalar() == said.encode()


@both
def test_a_row_with_the_same_key_is_replaced_or_left_as_it_is(database):
    row = {"url": "https://example.org", "asked_at": "x", "trouble": "none"}
    with database.write() as connection:
        for trouble in ("some", "more"):
            new = row | {"trouble": trouble}
            connection.execute(upsert(pages_asked).values(new).on_conflict_do_update(index_elements=["url"], set_=new))
        connection.execute(upsert(pages_asked).on_conflict_do_nothing(), [row])
        statement = upsert(pages_asked)
        statement = statement.on_conflict_do_update(
            index_elements=[pages_asked.c.url], set_={"asked_at": statement.excluded.asked_at}
        )
        connection.execute(statement, [row | {"asked_at": "y"}, row | {"url": "https://other.example.org"}])
        rows = connection.execute(select(pages_asked).order_by(pages_asked.c.url)).all()
    assert [(one.url, one.asked_at, one.trouble) for one in rows] == [
        ("https://example.org", "y", "more"),
        ("https://other.example.org", "x", "none"),
    ]


@both
def test_a_prepared_statement_takes_a_whole_group_at_once(database):
    here = is_among(subscribers.c.number, "rows")
    chosen = Prepared(select(subscribers.c.number, subscribers.c.number == 2).where(here, subscribers.c.address != "z"))
    renamed = Prepared(
        update(subscribers)
        .where(is_key(subscribers.c.number, "told"))
        .values(name=told("told", subscribers.c.number, 0), address=told("told", subscribers.c.number, 1))
    )
    said = ("[1, 3, 9]", '{"2": [null, "it\'s \\"so\\" %s"], "11": ["Ümit", "b"], "1": ["x", "y"]}')
    with database.write() as connection:
        for number in (1, 2, 3, 11):
            add(connection, number, f"{number}@example.org")
        assert sorted(map(tuple, chosen.run(connection, rows=said[0]).fetchall())) == [(1, 0), (3, 0)]
        assert renamed.run(connection, told=said[1]).rowcount == 3
        later = [connection.execute(select(greater(instance.c.commits, n))).scalar() for n in (-1, 5)]
        assert later == [0, 5]
        rows = connection.execute(select(subscribers).order_by(subscribers.c.number)).all()
    assert [(one.name, one.address) for one in rows] == [
        ("x", "y"),
        (None, 'it\'s "so" %s'),
        (None, "3@example.org"),
        ("Ümit", "b"),
    ]


@both
def test_what_people_did_is_only_added_to_unless_people_are_forgotten(database):
    row = {"step": "added", "said": "", "by": "Ana", "at": "x"}
    change, removal = update(subscriber_events).values(by="Eva"), delete(subscriber_events)
    with database.write() as connection:
        connection.execute(insert(subscriber_events).values(row | {"subscriber": add(connection)}))
    for statement in (change, removal):
        with pytest.raises(IntegrityError, match="events are only added"), database.write() as connection:
            connection.execute(statement)
    with database.write() as connection:
        connection.execute(insert(forgetting).values(one=1))
        connection.execute(change)
        assert connection.execute(select(subscriber_events.c.by)).scalar() == "Eva"
        connection.execute(removal)
        connection.execute(delete(forgetting))
        assert connection.execute(select(func.count()).select_from(subscriber_events)).scalar() == 0


@both
@pytest.mark.parametrize(
    "wrong",
    [
        insert(subscriber_events).values(subscriber=7, step="added", said="", by="", at=""),  # who is not there
        insert(forgetting).values(one=2),
        insert(choices).values(newsletter="m", audiences=None, language="en"),
    ],
    ids=["reference", "check", "missing"],
)
def test_what_contradicts_the_schema_is_refused_in_our_words(database, wrong):
    with pytest.raises(IntegrityError) as refused, database.write() as connection:
        connection.execute(wrong)
    assert "nothing was changed" in refused.value.remedy


@both
def test_looking_makes_nothing(tmp_path, database):
    assert database.exists == (not isinstance(database, SqliteDatabase))  # the test's server made that one before
    with database.write():
        pass
    assert database.exists


@both
def test_a_lock_is_one_holders_at_a_time_and_keeps_nobody_from_writing(tmp_path, database):
    lock, other = tmp_path / "sending.lock", database_at(tmp_path / "digest.db")
    with database.exclusive(lock):
        with pytest.raises(BusyError, match="running or sending"), other.exclusive(lock):
            pytest.fail("two holders at once")
        with other.exclusive(tmp_path / "mailbox.lock"), other.write():
            pass
        with database.writer() as writer, writer.transaction():
            writer.refuse_lost()
        assert database.holder("sending.lock") is None  # no other one
    with other.exclusive(lock):
        pass
    assert abs(database.clock_ahead()) < timedelta(seconds=2)


# -- From one database into another.


@both
def test_a_copy_of_either_kind_has_every_row_and_goes_on_counting(tmp_path, database):
    with database.write() as connection:
        add(connection, 7, "sieben@example.org")
        connection.execute(insert(pictures).values(name="p", kind="png", width=1, height=1, data=b"\0\xff"))
        connection.execute(insert(subscriber_events).values(subscriber=7, step="added", said="", by="A", at="x"))
    there = SqliteDatabase(tmp_path / "other.db")
    counts = copy_rows(database, there)
    assert (counts["subscribers"], counts["pictures"], counts["instance"], counts["editions"]) == (1, 1, 1, 0)
    back = database_at(tmp_path / "back" / "digest.db") if not isinstance(database, SqliteDatabase) else None
    if back is None:
        back = SqliteDatabase(tmp_path / "back.db")
    copy_rows(there, back)
    assert contents(back) == contents(there) == contents(database)
    with back.write() as connection:
        assert add(connection) == 8
    with pytest.raises(IntegrityError, match="there are rows in it"):
        copy_rows(there, back)


# -- PostgreSQL alone.


@pytest.fixture
def empty(tmp_path):
    """A new database without a table."""
    made = PostgresqlDatabase(server().made(), tmp_path / "secret")
    yield made
    made._engine.dispose()


def described(database):
    """Tables, columns, keys, indexes and triggers."""
    with database.read() as connection:
        seen = inspect(connection)
        columns, keys, references = (
            seen.get_multi_columns(),
            seen.get_multi_pk_constraint(),
            seen.get_multi_foreign_keys(),
        )
        unique, indexes, checks = (
            seen.get_multi_unique_constraints(),
            seen.get_multi_indexes(),
            seen.get_multi_check_constraints(),
        )
        triggers = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
        return {
            table[1]: {
                "columns": {one["name"]: (str(one["type"]), one["nullable"], one["default"]) for one in columns[table]},
                "key": keys[table]["constrained_columns"],
                "references": sorted(str((one["constrained_columns"], one["options"])) for one in references[table]),
                "unique": sorted(str(one["column_names"]) for one in unique[table]),
                "indexes": {
                    one["name"]: (one["unique"], str(one.get("dialect_options")))
                    for one in indexes[table]
                    if "duplicates_constraint" not in one
                },
                "checks": sorted(str(one["sqltext"]) for one in checks[table]),
            }
            for table in columns
        } | {"triggers": connection.execute(text(triggers)).scalars().all()}


@pytest.mark.on_postgresql
def test_its_schema_is_the_one_that_the_program_knows(empty):
    found = described(empty)
    assert found.pop("triggers") == ["subscriber_events_no_delete", "subscriber_events_no_update"]
    assert found.keys() - {"alembic_version"} == metadata.tables.keys()
    for name, table in metadata.tables.items():
        seen = found[name]
        assert [*seen["columns"]] == [column.name for column in table.columns], name
        assert {key: one[1] for key, one in seen["columns"].items()} == {
            one.name: one.nullable for one in table.columns
        }
        texts = {one.name for one in table.columns if isinstance(one.type, String)}
        assert {key for key, one in seen["columns"].items() if 'COLLATE "C"' in one[0]} == texts, name
        assert seen["key"] == [one.name for one in table.primary_key], name
        assert len(seen["references"]) == len(table.foreign_keys), name
        assert seen["indexes"].keys() == {one.name for one in table.indexes}, name
        partial = {one.name for one in table.indexes if one.dialect_options["sqlite"]["where"] is not None}
        assert {key for key, one in seen["indexes"].items() if "postgresql_where" in one[1]} == partial, name


@pytest.mark.on_postgresql
def test_one_of_an_earlier_version_becomes_the_same_step_by_step(empty, tmp_path):
    older = PostgresqlDatabase(server().made(), tmp_path / "secret")
    with psycopg.connect(older._parts.geturl()) as connection:
        connection.execute(BASELINE.read_text(encoding="utf-8").encode())
        connection.execute("INSERT INTO alembic_version VALUES ('0036')")
    assert described(older) == described(empty)
    assert older.server_facts().schema == HEAD
    older._engine.dispose()


@pytest.mark.on_postgresql
def test_every_session_is_durable_whatever_the_server_is_set_to(empty):
    name = empty._parts.path[1:]
    with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with empty.write() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
    with empty.writer() as writer, writer.transaction() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


@pytest.mark.on_postgresql
def test_a_database_of_another_encoding_or_program_is_refused_with_what_to_do(tmp_path):
    with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    latin = PostgresqlDatabase(server().url("latin"), tmp_path / "secret")
    with pytest.raises(ConfigurationError, match="LATIN1") as refused, latin.read():
        pass
    assert "--encoding=UTF8" in refused.value.remedy
    foreign = PostgresqlDatabase(server().made(), tmp_path / "secret")
    with psycopg.connect(foreign._parts.geturl()) as connection:
        connection.execute("CREATE TABLE instance (id int)")
    with pytest.raises(ConfigurationError, match="another program"), foreign.write():
        pass
    with psycopg.connect(foreign._parts.geturl()) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)
    foreign._engine.dispose()


@pytest.mark.on_postgresql
def test_who_waits_too_long_for_another_writer_gives_up_in_plain_words(empty, monkeypatch):
    monkeypatch.setattr(dialect, "PATIENCE_SECONDS", 0.1)
    other = PostgresqlDatabase(empty._parts.geturl(), empty.secret)
    with empty.write(), pytest.raises(BusyError, match="somebody else is writing"), other.write():
        pytest.fail("two writers at once")
    other._engine.dispose()


@pytest.mark.on_postgresql
def test_a_connection_that_is_lost_takes_its_transaction_with_it_and_the_next_one_goes_on(empty):
    def lose(connection):
        me = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        with psycopg.connect(empty._parts.geturl()) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [me])

    with pytest.raises(BusyError), empty.write() as connection:
        connection.execute(COMMIT)
        lose(connection)
        connection.execute(COMMIT)
    with empty.write() as connection:
        assert connection.execute(COMMITS).scalar() == 0


@pytest.mark.on_postgresql
def test_who_waits_for_the_lock_of_another_host_is_told_who_holds_it(empty, tmp_path):
    here, there = empty, PostgresqlDatabase(empty._parts.geturl(), tmp_path / "secret")
    (tmp_path / "there").mkdir()
    with here.exclusive(tmp_path / "sending.lock"):
        with pytest.raises(BusyError) as refused, there.exclusive(tmp_path / "there" / "sending.lock"):
            pytest.fail("two hosts at once")
        said = rf"process {os.getpid()} on host {socket.gethostname()} \(since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\)"
        assert re.search(said, refused.value.cause)
        assert there.holder("sending.lock").process == os.getpid()
    assert there.holder("sending.lock") is None
    there._engine.dispose()


@pytest.mark.on_postgresql
def test_a_lock_is_lost_with_its_connection_and_who_held_it_writes_nothing_once_another_has_it(empty, tmp_path):
    there = PostgresqlDatabase(empty._parts.geturl(), tmp_path / "secret")
    holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    with empty.writer() as writer, empty.exclusive(tmp_path / "sending.lock"):
        writer.refuse_lost()
        with psycopg.connect(empty._parts.geturl()) as connection:
            assert connection.execute(holders).fetchall() == [(True,)]
        with pytest.raises(BusyError, match="is lost: the connection") as lost:
            while True:  # until the server has said so
                writer.refuse_lost()
        assert lost.value.exit_code == 75
        with pytest.raises(BusyError, match="is lost"), empty.write():
            pytest.fail("it writes without its lock")
        with writer.transaction() as connection:  # what has happened can still be written down
            connection.execute(COMMIT)
        (tmp_path / "there").mkdir()
        with there.exclusive(tmp_path / "there" / "sending.lock"):
            pass
        with pytest.raises(BusyError, match="another process has taken it"), writer.transaction():
            pytest.fail("two holders write")
    with empty.write() as connection:
        assert connection.execute(COMMITS).scalar() == 1
    there._engine.dispose()


@pytest.mark.on_postgresql
def test_a_word_of_the_server_on_its_connection_takes_no_lock_away(empty, tmp_path):
    with empty.exclusive(tmp_path / "sending.lock"):
        held = empty._held[0]._connection
        held.execute("LISTEN something")
        with psycopg.connect(empty._parts.geturl(), autocommit=True) as other:
            other.execute("NOTIFY something")
        assert select_ready([held], [], [], 20)[0]
        empty.refuse_lost()
        assert not select_ready([held], [], [], 0)[0]


@pytest.mark.on_postgresql
@pytest.mark.parametrize("seconds", [61, -3])
def test_how_far_its_clock_is_ahead_is_measured(empty, seconds):
    with clock_off(empty, seconds):
        assert abs(empty.clock_ahead() - timedelta(seconds=seconds)) < timedelta(seconds=1)


@pytest.mark.on_postgresql
def test_a_server_that_is_not_there_is_named_with_what_to_do_and_no_password(tmp_path):
    nobody = open_database("postgresql://digest@127.0.0.1:1/digest", tmp_path / "secret", lambda: "hunter2")
    with pytest.raises(BusyError) as refused, nobody.read():
        pass
    assert refused.value.thing == "postgresql://127.0.0.1:1/digest"
    assert "hunter2" not in str(refused.value)
