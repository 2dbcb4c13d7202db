"""Whoever has left stays away, also from a database that was made before."""

from datetime import date

import pytest
from databases import copied, database_at
from sqlalchemy import text

from digest.errors import IntegrityError
from digest.newsletters.edition import Choice
from digest.people.store import Subscribers
from digest.people.subscriber import Consent, Subscription
from digest.people.suppression import note_suppressions, repeat

pytestmark = pytest.mark.both_databases

AT = "2018-08-05T15:00:00.000000+00:00"
PEOPLE = ("ana@example.org", "ben@example.org", "carla@example.org")


@pytest.fixture
def database(tmp_path):
    made = database_at(tmp_path / "digest.db")
    choice = Choice(newsletter="m", audiences=frozenset({"all"}), language="en")
    consent = Consent(on=date(2018, 1, 1), how="form")
    Subscribers(made).save_subscriptions(
        [Subscription(address=one, folded=one, name=None, choice=choice, consent=consent) for one in PEOPLE]
    )
    return made


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sending" / "leavings"


def leave(database, number, newsletter="m", at=AT):
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO departures (subscriber, newsletter, cause, at, confirmation) "
                "VALUES (:number, :newsletter, 'asked', :at, 'due')"
            ),
            {"number": number, "newsletter": newsletter, "at": at},
        )
        if newsletter is None:
            change = "UPDATE subscribers SET suppressed_at = :at WHERE number = :number"
        else:
            change = "UPDATE subscriptions SET active = 0, left_at = :at WHERE subscriber = :number"
        connection.execute(text(change), {"number": number, "at": at})


def older(database, tmp_path):
    """The database as it is, for later."""
    return copied(database, tmp_path / "older.db")


def staying(database):
    """Who still gets mail."""
    found = {one: Subscribers(database).statuses(one)[0] for one in PEOPLE}
    return {one.partition("@")[0] for one, standing in found.items() if standing.active and not standing.suppressed_at}


def test_it_holds_everybody_once_and_no_address(database, file):
    leave(database, 1)
    note_suppressions(database, file)
    leave(database, 2, None)
    note_suppressions(database, file)
    note_suppressions(database, file)
    assert [line.split()[:4] for line in file.read_text().splitlines()] == [
        ["1", AT, "asked", "m"],
        ["2", AT, "asked", "*"],
    ]
    assert "@" not in file.read_text()


def test_where_nobody_left_there_is_no_file(database, file):
    note_suppressions(database, file)
    assert not file.exists()


def test_an_older_database_learns_of_all_who_left_and_of_nobody_twice(database, file, tmp_path):
    leave(database, 1)
    before = older(database, tmp_path)
    leave(database, 2, None)
    note_suppressions(database, file)
    assert staying(before) == {"ben", "carla"}
    with before.write() as connection:
        assert repeat(connection, file) == 1
        assert repeat(connection, file) == 0
    assert staying(before) == staying(database) == {"carla"}


def test_whoever_came_back_after_leaving_is_not_thrown_out_again(database, file, tmp_path):
    leave(database, 1)
    note_suppressions(database, file)
    with database.write() as connection:
        connection.execute(text("UPDATE subscriptions SET active = 1, left_at = NULL WHERE subscriber = 1"))
    with older(database, tmp_path).write() as connection:
        assert repeat(connection, file) == 0
    assert staying(database) == {"ana", "ben", "carla"}


def test_a_database_that_was_put_back_by_hand_learns_at_the_next_run(database, file, tmp_path):
    before = older(database, tmp_path)
    leave(database, 1)
    note_suppressions(database, file)
    note_suppressions(before, file)
    assert staying(before) == {"ben", "carla"}
    leave(before, 2, at=AT.replace("2018", "2019"))
    note_suppressions(before, file)
    assert [line.split()[1][:4] for line in file.read_text().splitlines()] == ["2018", "2019"]


def test_a_torn_last_line_is_written_again(database, file):
    leave(database, 1)
    note_suppressions(database, file)
    whole = file.read_text()
    file.write_text(whole + "2 2018")
    note_suppressions(database, file)
    leave(database, 2)
    note_suppressions(database, file)
    assert [line.split()[0] for line in file.read_text().splitlines()] == ["1", "2"]


def test_a_damaged_line_is_named(database, file):
    file.parent.mkdir()
    file.write_text("what is this\n")
    with pytest.raises(IntegrityError, match="says of nobody"):
        note_suppressions(database, file)
