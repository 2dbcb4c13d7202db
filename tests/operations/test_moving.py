"""Moving a workspace into a database of the other kind: all of it, and never two that may send."""

from dataclasses import replace

import pytest
from databases import contents, database_at
from doses import dose, some
from killpoints import kill_points, killed
from sqlalchemy import text

from digest.delivery.adoption import adopt
from digest.delivery.delivery import DeliveryState
from digest.delivery.fence import Why
from digest.errors import IntegrityError, PersonNeededError, UsageError
from digest.foundation.database import SqliteDatabase, refuse_unlike
from digest.operations.moving import move

pytestmark = pytest.mark.on_postgresql

POINTS = [point for point in kill_points() if point.startswith("move.")]
NEW = (
    "instance",
    "adoptions",
    "locks",
    "workers",
    "places",
    "deliveries",
)  # what moving itself writes, and what is of the server alone
READERS = [f"r{number}@example.org" for number in range(7)]


@pytest.fixture(params=dose(["there"], ["there", "back"]))
def direction(request):
    """From the file to the server, or from the server to a file."""
    return request.param


@pytest.fixture
def sealed(workshop, found, direction, tmp_path):
    """An edition that was approved, in a database of the kind from which that direction leads."""
    if direction == "there":
        workshop.reopen(SqliteDatabase(workshop.folder / "digest.db"))
    workshop.source.items = [found("A", countries=("GT",)), found("B", countries=("MX",))]
    workshop.collect()
    for reader in READERS:
        workshop.subscribe(reader)
    workshop.leave("r6@example.org")
    return workshop.approve(workshop.build("2018-07").edition)


@pytest.fixture
def target(direction, tmp_path):
    path = tmp_path / "target" / "digest.db"
    path.parent.mkdir()
    return database_at(path) if direction == "there" else SqliteDatabase(path)


def stop_in_the_middle(workshop, edition, count=3):
    """As a process that died: intents without an end."""
    workshop.postbox.at_once, workshop.postbox.fails_after = 2, count
    with pytest.raises(OSError, match="full"):
        workshop.send(edition)
    workshop.postbox.fails_after = None
    workshop.reopen()


def fence_of(workshop, database):
    return replace(workshop.place, database=database).fence()


def is_refused(database):
    with pytest.raises(PersonNeededError) as refused, database.write() as connection:
        connection.execute(text("DELETE FROM subscriptions"))
    with pytest.raises(PersonNeededError), database.writer() as writer, writer.transaction():
        pytest.fail("it is retired")
    return refused.value


def test_all_of_it_is_there_and_the_one_it_came_from_refuses_every_change(workshop, sealed, target):
    source, before = workshop.database, contents(workshop.database, without=NEW)
    moved = move(workshop.place, target)
    assert contents(target, without=NEW) == contents(source, without=NEW) == before
    assert moved.rows == sum(map(len, before.values())) + 1 + len(contents(source)["places"])
    assert moved.tables["subscribers"].rows == len(READERS)
    refused = is_refused(source)
    assert target.name in refused.cause
    assert "digest adopt" in refused.remedy
    assert fence_of(workshop, source).why is Why.RETIRED
    assert fence_of(workshop, target) is None
    with pytest.raises(PersonNeededError, match="retired"):
        workshop.send(sealed)
    workshop.reopen(target)
    assert workshop.send(sealed).tally.states == {DeliveryState.SENT: 6}


def test_what_was_half_sent_goes_on_there_and_after_the_way_back_and_nobody_gets_it_twice(workshop, sealed, target):
    source = workshop.database
    stop_in_the_middle(workshop, sealed, 2)
    move(workshop.place, target)
    workshop.reopen(target)
    stop_in_the_middle(workshop, sealed, 4)
    move(workshop.place, source)
    assert fence_of(workshop, target).why is Why.RETIRED
    workshop.reopen(source)
    assert workshop.send(sealed).tally.states == {DeliveryState.SENT: 6}
    assert sorted(letter.recipient for letter in workshop.postbox.letters) == READERS[:6]


@pytest.mark.parametrize("point", some(POINTS, 3))
def test_killed_anywhere_one_at_most_may_send_and_the_same_call_brings_it_to_its_end(workshop, sealed, target, point):
    stop_in_the_middle(workshop, sealed)
    source, before = workshop.database, contents(workshop.database, without=NEW)
    with target.write(although_retired=True):
        pass  # both exist
    assert killed(point, lambda: move(workshop.place, target))
    may_send = [one for one in (source, target) if fence_of(workshop, one) is None]
    is_empty = not contents(target)["subscribers"]
    assert may_send in ([], [source], [target]) if not is_empty else may_send[:1] == [source]
    if not is_empty:
        for one in {source, target} - {*may_send}:
            is_refused(one)
    move(workshop.place, target)
    assert contents(target, without=NEW) == before
    assert fence_of(workshop, source).why is Why.RETIRED
    workshop.reopen(target)
    assert workshop.send(sealed).tally.states == {DeliveryState.SENT: 6}
    assert sorted(letter.recipient for letter in workshop.postbox.letters) == READERS[:6]


def test_what_the_source_changed_after_a_copy_that_was_cut_short_is_in_the_next_one(workshop, sealed, target):
    assert killed("move.arrived", lambda: move(workshop.place, target))
    assert fence_of(workshop, target).why is Why.ARRIVING
    assert workshop.database.name in is_refused(target).cause
    workshop.subscribe("late@example.org")
    move(workshop.place, target)
    workshop.reopen(target)
    assert workshop.send(sealed).tally.states == {DeliveryState.SENT: 7}


def test_the_same_call_again_changes_nothing(workshop, sealed, target):
    move(workshop.place, target)
    before = contents(target)
    assert move(workshop.place, target).tables is None
    assert contents(target) == before


def test_an_adoption_is_the_only_way_past_and_holds_what_may_have_left_there(workshop, sealed, target):
    source, first = workshop.database, workshop.place
    stop_in_the_middle(workshop, sealed)
    move(workshop.place, target)
    workshop.reopen(target)
    stop_in_the_middle(workshop, sealed, 5)
    adopted = adopt(
        replace(first, database=source), "Marta", "the server burned down", moved=False, without_journal=False
    )
    assert adopted.fence.why is Why.RETIRED
    assert adopted.learnt.held.total() > 0
    assert fence_of(workshop, source) is None
    assert fence_of(workshop, target) is not None
    workshop.reopen(source)
    workshop.send(sealed)
    assert len({letter.recipient for letter in workshop.postbox.letters}) == len(workshop.postbox.letters) == 5


def test_a_copy_of_the_file_from_before_does_not_send_beside_the_new_one(workshop, sealed, target, tmp_path):
    """Whoever puts one back has not read that it was moved."""
    older = SqliteDatabase(tmp_path / "older.db")
    stop_in_the_middle(workshop, sealed)
    move(workshop.place, older)
    move(replace(workshop.place, database=older), target)
    with older.write(although_retired=True) as connection:
        connection.execute(text("UPDATE instance SET retired_to = NULL, retired_at = NULL"))
    assert fence_of(workshop, older).why is Why.FOREIGN_JOURNAL
    assert fence_of(workshop, target) is None


def test_where_somebody_elses_rows_are_nothing_is_copied(workshop, sealed, target, tmp_path):
    with target.write() as connection:
        connection.execute(text("INSERT INTO choices (newsletter, audiences, language) VALUES ('m', 'a', 'en')"))
    with pytest.raises(UsageError, match="there are rows in it: choices"):
        move(workshop.place, target)
    with pytest.raises(UsageError, match="already"):
        move(workshop.place, workshop.database)
    assert fence_of(workshop, workshop.database) is None
    assert len(contents(target)["choices"]) == 1


def test_one_that_may_not_send_is_adopted_before_it_is_moved(workshop, sealed, target):
    with workshop.database.write() as connection:
        connection.execute(text("UPDATE instance SET copied_at = '2018-08-01T00:00:00+00:00'"))
    with pytest.raises(PersonNeededError, match="this is the copy"):
        move(workshop.place, target)
    assert not contents(target)["subscribers"]


def test_a_single_value_that_differs_is_found(workshop, sealed, target):
    move(workshop.place, target)
    with target.write() as here, workshop.database.read() as there:
        here.execute(text("UPDATE subscribers SET folded = 'r1@example.0rg' WHERE folded = 'r1@example.org'"))
        with pytest.raises(IntegrityError, match="subscribers"):
            refuse_unlike(target.name, there, here)
