"""The schema: migrations lead to what a fresh database gets, and the database itself refuses what must not be."""

import re
import sqlite3
import stat

import pytest
from sqlalchemy import text

from digest.editions.store import Editions
from digest.errors import BusyError, CannotWriteError, ConfigurationError, IntegrityError
from digest.foundation.database import HEAD, SqliteDatabase, exclusive, file_lock
from digest.foundation.database.sqlite import _engine
from digest.foundation.migrations.migrating import upgrade


def described(path):
    """Every table and index of a database, whatever the white space and the quotes of its SQL."""
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
    database.close()
    return {(kind, name): sorted(re.findall(r"\w+", sql.replace('"', ""))) for kind, name, sql in rows}


def opened(path):
    with SqliteDatabase(path).read() as connection_:
        connection_.execute(text("SELECT 1"))


def test_migrating_step_by_step_gives_what_a_fresh_database_gets(tmp_path):
    opened(tmp_path / "fresh.db")
    upgrade(_engine(tmp_path / "stepwise.db", tmp_path / "secret"))
    stepwise, fresh = described(tmp_path / "stepwise.db"), described(tmp_path / "fresh.db")
    assert stepwise.keys() == fresh.keys()
    for key, words in fresh.items():
        assert stepwise[key] == words, key


def test_an_older_database_keeps_its_editions_and_learns_their_windows(tmp_path):
    path = tmp_path / "digest.db"
    upgrade(_engine(path, path.with_name("secret")), "0001")
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO editions (newsletter, kind, period, revision, state, covers_to_end) "
            "VALUES ('m', ?, ?, 1, ?, 1)",
            [("month", "2018-12", "finished"), ("week", "2019-W01", "draft"), ("quarter", "2018-Q4", "sealed")],
        )
    database.close()
    found = {(one.key, str(one.period.start), str(one.period.end)) for one in Editions(SqliteDatabase(path)).editions()}
    assert found == {
        ("2018-12", "2018-12-01", "2019-01-01"),
        ("2019-W01", "2018-12-31", "2019-01-07"),
        ("2018-Q4", "2018-10-01", "2019-01-01"),
    }


def test_an_edition_that_was_passed_over_is_missed_and_keeps_all_that_refers_to_it(tmp_path):
    path = tmp_path / "digest.db"
    upgrade(_engine(path, path.with_name("secret")), "0002")
    with sqlite3.connect(path) as database:
        database.execute(
            "INSERT INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, window_start, "
            "window_end) VALUES (7, 'm', 'month', '2018-07', 1, 'passed-over', 1, '2018-07-01', '2018-08-01')"
        )
        database.execute(
            "INSERT INTO verdicts (edition, story_id, place, ruling, late, reason) "
            "VALUES (7, 's', 1, 'included', 0, '')"
        )
        database.execute("INSERT INTO settled (newsletter, story_id, edition) VALUES ('m', 's', 7)")
    database.close()
    (edition,) = Editions(SqliteDatabase(path)).editions()
    assert (edition.number, edition.state) == (7, "missed")
    assert [one.story_id for one in Editions(SqliteDatabase(path)).verdicts(edition)] == ["s"]
    assert Editions(SqliteDatabase(path)).settled("m") == {"s": "m/2018-07"}


def test_what_was_stored_as_missed_and_was_not_is_skipped(tmp_path):
    """Told by its reason, or by there having been no story up to it."""
    path = tmp_path / "digest.db"
    upgrade(_engine(path, path.with_name("secret")), "0028")
    reasons = {
        "2018-01": ("its sending was missed by more than 93 days (catch_up_for)", "skipped"),
        "2018-02": ("the sending after it came first", "missed"),  # an item waits because of it
        "2018-03": ("no story came for it before its sending", "skipped"),
        "2018-04": ("Guatemala was not answered by Luis", "skipped"),
        "2018-05": ("every part is left out: Guatemala was refused by Luis", "skipped"),
        "2018-06": ("nothing goes out on the day of its sending (skip, holidays)", "skipped"),
        "2018-07": ("2 stories, and an edition needs 3 (minimum_stories): all wait for the next", "skipped"),
        "2018-08": ("the sending after it came first", "missed"),  # whose stories may be those of February
        "special-floods": ("its draft was given up (build --give-up)", "missed"),
    }
    with sqlite3.connect(path) as database:
        for number, (key, (because, _state)) in enumerate(reasons.items(), 1):
            day = f"{key}-01" if key[:1] == "2" else "2018-01-01"
            database.execute(
                "INSERT INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, window_start, "
                "window_end, because, occasion) VALUES (?, 'm', 'month', ?, 1, 'missed', 1, ?, ?, ?, ?)",
                (number, key, day, day, because, None if key[:1] == "2" else "{}"),
            )
        database.execute(
            "INSERT INTO carried_over (newsletter, item_id, edition, standing) VALUES ('m', 'i', 2, 'waits')"
        )
    database.close()
    upgrade(_engine(path, path.with_name("secret")))
    with sqlite3.connect(path) as database:
        found = dict(database.execute("SELECT period, state FROM editions").fetchall())
    database.close()
    assert found == {key: state for key, (_because, state) in reasons.items()}


def test_a_step_that_would_leave_a_reference_to_nothing_is_taken_back(tmp_path):
    path = tmp_path / "digest.db"
    upgrade(_engine(path, path.with_name("secret")), "0002")
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO settled (newsletter, story_id, edition) VALUES ('m', 's', 7)")
    database.close()
    with pytest.raises(IntegrityError, match="settled"):
        upgrade(_engine(path, path.with_name("secret")))
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
    database.close()


def test_the_newest_migration_is_the_one_a_fresh_database_is_stamped_with(tmp_path):
    upgrade(_engine(tmp_path / "stepwise.db", tmp_path / "secret"))
    with sqlite3.connect(tmp_path / "stepwise.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path):
    opened(tmp_path / "digest.db")
    with sqlite3.connect(tmp_path / "digest.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(ConfigurationError, match="newer digest"):
        opened(tmp_path / "digest.db")


def test_files_are_readable_by_the_owner_only(tmp_path):
    opened(tmp_path / "digest.db")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_every_commit_is_durable(tmp_path):
    with SqliteDatabase(tmp_path / "digest.db").read() as connection_:
        assert connection_.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
        assert connection_.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection_.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_transaction_that_raises_leaves_nothing(tmp_path):
    database = SqliteDatabase(tmp_path / "digest.db")
    with pytest.raises(RuntimeError), database.write() as connection_:
        connection_.execute(text("INSERT INTO choices (newsletter, audiences, language) VALUES ('m', 'a', 'en')"))
        raise RuntimeError
    with database.read() as connection_:
        assert connection_.execute(text("SELECT count(*) FROM choices")).scalar_one() == 0


def test_two_editions_of_one_period_are_refused_by_the_database(tmp_path):
    database = SqliteDatabase(tmp_path / "digest.db")
    insert = text(
        "INSERT INTO editions "
        "(newsletter, kind, period, revision, state, covers_to_end, window_start, window_end) "
        "VALUES ('m', 'month', '2018-07', 1, 'draft', 1, '2018-07-01', '2018-08-01')"
    )
    with pytest.raises(IntegrityError, match="UNIQUE"), database.write() as connection_:
        connection_.execute(insert)
        connection_.execute(insert)


def test_a_story_cannot_be_settled_twice_in_one_newsletter(tmp_path):
    database = SqliteDatabase(tmp_path / "digest.db")
    with pytest.raises(IntegrityError, match="UNIQUE"), database.write() as connection_:
        for number, period in ((1, "2018-07"), (2, "2018-08")):
            connection_.execute(
                text(
                    "INSERT INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, "
                    "window_start, window_end) "
                    f"VALUES ({number}, 'm', 'month', '{period}', 1, 'sealed', 1, '{period}-01', '{period}-28')"
                )
            )
            connection_.execute(text(f"INSERT INTO settled VALUES ('m', 'story', {number})"))


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "digest.db").write_text("This is no database, but it is long enough to look like one." * 20)
    with pytest.raises(
        IntegrityError,
        match=r"(?s)digest\.db.*restore the last backup",
    ) as caught:
        opened(tmp_path / "digest.db")
    assert "not a database" in caught.value.cause


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CannotWriteError, match="nowhere"):
        opened(tmp_path / "nowhere" / "digest.db")


def test_a_writer_waits_for_another_and_then_gives_up_in_plain_words(tmp_path, monkeypatch):
    database = SqliteDatabase(tmp_path / "digest.db")
    opened(tmp_path / "digest.db")
    monkeypatch.setattr(file_lock, "PATIENCE_SECONDS", 0.1)
    with (
        exclusive(tmp_path / "digest.db.lock"),
        pytest.raises(BusyError, match="somebody else is writing"),
        database.write(),
    ):
        pytest.fail("two writers at once")
