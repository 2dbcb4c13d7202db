"""The table of steps: which an edition may take, and that the database keeps to it, whoever asks."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from databases import database_at
from sqlalchemy import text, update

from digest.delivery.ledger import Ledger
from digest.editions import store as steps
from digest.editions.signature import Signature
from digest.editions.states import STEPS, Step, after, before
from digest.editions.store import Editions
from digest.errors import BusyError
from digest.foundation.schema import editions as table
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

pytestmark = pytest.mark.both_databases

REPEATABLE = {
    (EditionState.SENDING, Step.BEGIN),  # an interrupted sending goes on
    (EditionState.FINISHED, Step.FINISH),  # of several hosts that send it each may find that nothing is open
}
NOW = datetime(2018, 8, 5, 15, tzinfo=UTC)
JULY = Period.containing(PeriodKind.MONTH, date(2018, 7, 1))

# From → the steps that are allowed, written once more by hand: a change of the table has to be meant.
ALLOWED = {
    None: {"BUILD": "draft", "FIND_EMPTY": "skipped", "SKIP": "skipped", "MISS": "missed"},
    "draft": {"BUILD": "draft", "FIND_EMPTY": "skipped", "SEAL": "sealed", "SKIP": "skipped", "MISS": "missed"},
    "skipped": {"BUILD": "draft", "FIND_EMPTY": "skipped", "SKIP": "skipped", "MISS": "missed"},
    "sealed": {"BEGIN": "sending", "EXPIRE": "expired", "REOPEN": "draft"},
    "sending": {"FINISH": "finished"},
    "finished": {"REISSUE": "finished", "TAKE_UP": "sending"},
    "missed": {"REOPEN": "draft"},
    "expired": {"REOPEN": "draft"},
}


@pytest.fixture
def database(tmp_path):
    return database_at(tmp_path / "digest.db")


def edition(state):
    return Edition(newsletter="monthly", period=JULY, state=state, fingerprint="f", built_at=NOW)


def stored(database, state):
    """An edition in that state, however it came there."""
    store = Editions(database)
    saved = store.save_draft(edition(EditionState.DRAFT), [], [], {})
    with database.write() as connection:
        connection.execute(update(table).where(table.c.number == saved.number).values(state=state))
    return next(iter(store.editions("monthly")))


def take_up(database, one):
    """As a decision about one of its deliveries does."""
    with database.write() as connection:
        steps.take(connection, one, Step.TAKE_UP, finished_at=None)
    return next(iter(Editions(database).editions("monthly")))


def take(database, step, one):
    store, ledger = Editions(database), Ledger(database)
    calls = {
        Step.BUILD: lambda: store.save_draft(edition(EditionState.DRAFT), [], [], {}),
        Step.FIND_EMPTY: lambda: store.save_draft(edition(EditionState.SKIPPED), [], [], {}),
        Step.SEAL: lambda: store.seal(one, NOW, None),
        Step.BEGIN: lambda: ledger.begin(one, NOW, {}),
        Step.FINISH: lambda: ledger.finish(one, NOW),
        Step.SKIP: lambda: store.skip("monthly", {JULY: "a test"}, NOW)[0],
        Step.MISS: lambda: store.miss("monthly", JULY, NOW, "a test"),
        Step.EXPIRE: lambda: store.expire(one, NOW, "a test"),
        Step.REOPEN: lambda: store.reopen(one, "a test"),
        Step.REISSUE: lambda: store.save_draft(replace(edition(EditionState.DRAFT), revision=2), [], [], {}),
        Step.TAKE_UP: lambda: take_up(database, one),
    }
    return calls[step]()


def test_the_table_says_what_it_should_and_knows_every_state():
    found = {
        None if state is None else state.value: {step.name: to.value for step, to in steps.items()}
        for state, steps in STEPS.items()
    }
    assert found == ALLOWED
    assert set(STEPS) == {None, *EditionState}


@pytest.mark.parametrize("step", list(Step))
def test_a_step_leads_to_one_state_wherever_it_is_taken_from(step):
    assert len({after(state, step) for state in (*before(step), *([None] if step in STEPS[None] else []))}) == 1


@pytest.mark.parametrize("state", list(EditionState))
@pytest.mark.parametrize("step", list(Step))
def test_the_database_allows_exactly_the_steps_of_the_table(database, state, step):
    one = stored(database, state.value)
    expected = after(state, step)
    repeatable = (state, step) in REPEATABLE
    if expected is not None or repeatable:
        result = take(database, step, one)
        assert result.state is (EditionState.DRAFT if step is Step.REISSUE else expected or state)
    else:
        with pytest.raises(BusyError, match=r"(?s)^(?!.*cannot be).*digest [a-z]+"):
            take(database, step, one)
        assert Editions(database).editions("monthly")[0].state is state


@pytest.mark.parametrize("step", list(Step))
def test_what_was_skipped_when_its_time_had_passed_takes_no_story_and_can_be_taken_back(database, step):
    store = Editions(database)
    (one,) = store.skip("monthly", {JULY: "no story"}, NOW)
    assert (one.state, one.is_open, one.is_over, one.because) == ("skipped", False, True, "no story")
    if step is Step.REOPEN:
        assert take(database, step, one).is_open
    elif step is not Step.REISSUE:
        with pytest.raises(BusyError, match="left out of the calendar: no story"):
            take(database, step, one)
        assert store.editions("monthly") == [one]


@pytest.mark.parametrize("step", [Step.BUILD, Step.FIND_EMPTY, Step.SKIP, Step.MISS])
def test_what_does_not_exist_yet_can_only_be_built_or_passed_over(database, step):
    assert take(database, step, edition(EditionState.DRAFT)).state is after(None, step)


def test_the_database_knows_no_other_state(database):
    one = stored(database, "draft")
    with pytest.raises(Exception, match="CHECK"), database.write() as connection:
        connection.execute(text("UPDATE editions SET state = 'lost' WHERE number = :n"), {"n": one.number})


@pytest.mark.parametrize("step", [Step.EXPIRE, Step.REOPEN])
def test_the_stories_of_an_edition_that_is_given_up_are_free_again(database, step):
    from digest.newsletters.edition import Ruling, Verdict

    store = Editions(database)
    ruled = [Verdict(story_id="one", ruling=Ruling.INCLUDED, reason="")]
    sealed = store.seal(store.save_draft(edition(EditionState.DRAFT), ruled, [], {}), NOW, Signature(name="Marta"))
    assert store.settled("monthly") == {"one": "monthly/2018-07"}
    take(database, step, sealed)
    assert store.settled("monthly") == {}


def test_a_period_that_was_passed_over_says_why(database):
    passed = Editions(database).miss("monthly", JULY, NOW, "the machine was off")
    assert (passed.state, passed.because) == (EditionState.MISSED, "the machine was off")
    with pytest.raises(BusyError):
        Editions(database).miss("monthly", JULY, NOW, "again")


def test_an_edition_that_changed_since_it_was_looked_at_is_not_sealed(database):
    from dataclasses import replace

    from digest.errors import PersonNeededError

    one = stored(database, "draft")
    with pytest.raises(PersonNeededError, match="changed while you looked"):
        Editions(database).seal(replace(one, fingerprint="other"), NOW, Signature(name="Marta"))
