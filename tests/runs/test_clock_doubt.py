"""A clock that is wrong: only the last run counts, and what a wrong clock has closed can be taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from databases import database_at
from sqlalchemy import text

from digest.cli import cli
from digest.cli.invocation import FixedClock
from digest.delivery.delivery import DeliveryState
from digest.errors import PersonNeededError
from digest.foundation.database import stored
from digest.newsletters.edition import EditionState
from digest.runs.clock_doubt import doubt, months_later
from digest.runs.run import run
from digest.runs.store import Runs
from digest.settings.instance import Instance

LAST = datetime(2018, 7, 6, 12, tzinfo=UTC)


@pytest.fixture
def office(monthly_office):
    return monthly_office("approval: none")


def run_at(office, now, **more):
    return run(Instance(office, FixedClock(now)), **more)


@pytest.mark.parametrize(
    ("now", "kept", "doubted"),
    [
        (LAST - timedelta(minutes=60), None, False),
        (LAST - timedelta(minutes=61), True, True),
        (LAST + timedelta(days=390), None, False),
        (LAST + timedelta(days=390), True, False),
        (LAST + timedelta(days=400), True, True),
        (LAST + timedelta(days=32), False, True),
        (LAST + timedelta(days=30), False, False),
    ],
)
def test_what_is_longer_than_an_outage_is_doubted(newsletter, now, kept, doubted):
    assert (doubt(now, LAST, [newsletter()], kept=kept) is not None) is doubted
    assert doubt(now, None, [newsletter()], kept=kept) is None


def test_thirteen_months_are_counted_by_the_calendar():
    assert months_later(datetime(2018, 1, 31, tzinfo=UTC), 13).date() > date(2019, 2, 28)
    assert months_later(datetime(2018, 12, 1, tzinfo=UTC), 13).date() == date(2020, 1, 1)


def test_one_run_far_ahead_does_nothing_and_stops_no_later_run(office):
    run_at(office, LAST)
    before = Instance(office).editions.editions()
    with pytest.raises(PersonNeededError, match="jumped ahead by more than 13 months"):
        run_at(office, datetime(2036, 1, 1, tzinfo=UTC))
    assert Instance(office).editions.editions() == before
    run_at(office, datetime(2018, 8, 5, 16, tzinfo=UTC))
    assert len(list((office / "out").rglob("*.eml"))) == 1


def test_what_a_first_run_ahead_has_done_is_taken_back_with_one_command(office):
    run_at(office, datetime(2036, 1, 1, tzinfo=UTC))
    with pytest.raises(PersonNeededError, match="--clock-is-right"):
        run_at(office, LAST)
    run_at(office, LAST, clock_is_right=True)
    assert Runs(Instance(office).database).started_on("monthly", LAST.date()) == LAST.date()
    run_at(office, datetime(2018, 8, 5, 16, tzinfo=UTC))
    assert len(list((office / "out").rglob("*.eml"))) == 1


def test_editions_that_a_clock_ahead_passed_over_are_open_again_and_nothing_sent_is_touched(office):
    run_at(office, LAST)
    run_at(office, datetime(2018, 8, 5, 16, tzinfo=UTC))
    (office / "bulletins/august.en.txt").write_text("7 August, 2018\n\nA story of August\n\nOther words.\n")
    run_at(office, datetime(2019, 8, 1, tzinfo=UTC))
    editions = Instance(office).editions
    passed = {EditionState.MISSED, EditionState.SKIPPED}
    assert sum(one.state in passed for one in editions.editions()) > 9
    ran = run_at(office, datetime(2018, 8, 20, tzinfo=UTC), clock_is_right=True)
    assert "as they were before" in ran.done[0]
    states = {one.key: one.state for one in Instance(office).editions.editions()}
    assert states.pop("2018-07") is EditionState.FINISHED
    assert set(states.values()) == {EditionState.DRAFT}
    run_at(office, datetime(2018, 9, 5, 16, tzinfo=UTC))
    assert len(list((office / "out").rglob("*.eml"))) == 2


def test_the_word_of_a_person_is_good_for_a_clock_that_jumped_ahead_and_is_right(office):
    run_at(office, datetime(2016, 1, 1, 12, tzinfo=UTC))
    with pytest.raises(PersonNeededError):
        run_at(office, LAST)
    run_at(office, LAST, clock_is_right=True)
    run_at(office, LAST + timedelta(minutes=5))


def test_status_says_that_a_run_would_do_nothing(office):
    assert "Clock" not in CliRunner().invoke(cli, ["-C", str(office), "status"]).stdout
    run_at(office, datetime(2036, 1, 1, tzinfo=UTC))
    said = " ".join(CliRunner().invoke(cli, ["-C", str(office), "status"]).stdout.split())
    assert "it jumped back; a run does nothing until it is right, or you say so: digest" in said
    assert "run --clock-is-right" in said


@pytest.mark.both_databases
def test_attempts_that_a_clock_ahead_has_planned_are_made_once_it_is_right(workshop, found):
    """And those that wait a few minutes because a server asked for it are left alone."""
    for name in ("ana", "ben", "cho", "dan"):
        workshop.subscribe(f"{name}@example.org")
    workshop.source.items = [found("Hub", "2018-07-03", "text of hub")]
    workshop.collect()
    sealed = workshop.approve(workshop.build("2018-07").edition)
    workshop.postbox.at_once, workshop.postbox.fails_after = 1, 1
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.postbox.fails_after, soon = None, workshop.clock.at + timedelta(minutes=5)
    with database_at(workshop.folder / "digest.db").write() as connection:
        pending = connection.execute(text("SELECT subscriber FROM deliveries WHERE state = 'pending'")).scalars().all()
        for row, planned in zip(pending, (datetime(2036, 1, 1, tzinfo=UTC), soon), strict=True):
            change = text("UPDATE deliveries SET next_attempt_at = :at WHERE subscriber = :row")
            connection.execute(change, {"at": stored(planned), "row": row})
    (edition,) = workshop.editions.editions()
    sent = workshop.send(edition)
    assert (sent.tally[DeliveryState.SENT], sent.tally[DeliveryState.PENDING]) == (3, 1)
    workshop.clock.at = soon
    assert workshop.send(edition).edition.state is EditionState.FINISHED
