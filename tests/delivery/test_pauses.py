"""Which pauses a sending respects, and which replaces which: every case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from digest.delivery.pauses import (
    PAUSABLE,
    Pause,
    PauseKind,
    Pauses,
    forbidden,
    forbids,
    halt,
    holding,
    pause,
    refuse_paused,
    remedy,
    renew,
    replaces,
    resume,
    said,
    said_at,
    wait,
)
from digest.errors import BusyError, CircuitBrokenError, PersonNeededError, SendingLimitError
from digest.foundation.words import moment
from digest.newsletters.edition import EditionState

pytestmark = pytest.mark.both_databases

# Kind → whether it holds back a run, and somebody who types `send`.
HOLDS_BACK = {
    PauseKind.PERSON: (True, True),
    PauseKind.SLICE: (True, False),
    PauseKind.SERVER: (True, False),
    PauseKind.LIMIT: (True, False),
}


@pytest.mark.parametrize("kind", list(PauseKind))
def test_a_run_lifts_no_pause_and_a_person_none_of_another_person(kind):
    pause = Pause(kind=kind, at=datetime(2018, 8, 5, tzinfo=UTC), by=None, because="")
    holds_back = forbids(pause, asked=False, now=pause.at), forbids(pause, asked=True, now=pause.at)
    assert holds_back == HOLDS_BACK[kind]


def test_a_limit_is_waited_for_and_asked_again_by_itself(pauses, edition):
    wait(pauses, edition, NOON, SendingLimitError("the server", "its day is used up", "", timedelta(hours=4)))
    with pytest.raises(BusyError, match="its day is used up"):
        refuse_paused(pauses, edition, NOON + timedelta(hours=3), asked=False)
    refuse_paused(pauses, edition, NOON + timedelta(hours=4), asked=False)
    refuse_paused(pauses, edition, NOON, asked=True)


@pytest.mark.parametrize("old", list(PauseKind))
@pytest.mark.parametrize("new", list(PauseKind))
def test_the_program_never_replaces_a_persons_pause(old, new):
    assert replaces(new, old) is not (old is PauseKind.PERSON and new is not PauseKind.PERSON)


def test_what_has_not_begun_to_be_fixed_or_is_over_cannot_be_paused():
    assert set(PAUSABLE) == {EditionState.SEALED, EditionState.SENDING}


# -- In the database and in words.

NOON = datetime(2018, 8, 5, 12, tzinfo=UTC)


def a_pause(kind=PauseKind.PERSON, at=NOON, by="Marta", because="a wrong link"):
    return Pause(kind=kind, at=at, by=by, because=because)


@pytest.fixture
def edition(workshop, found):
    workshop.source.items = [found("A story")]
    workshop.collect()
    return workshop.approve(workshop.build("2018-07").edition)


@pytest.fixture
def pauses(workshop):
    return Pauses(workshop.bench.database)


@pytest.mark.parametrize("kind", list(PauseKind))
def test_a_pause_is_read_back_as_it_was_made(pauses, edition, kind):
    made = a_pause(kind, by=None if kind is not PauseKind.PERSON else "Marta")
    assert pauses.pause(edition, made) == made
    assert pauses.of(edition) == made
    assert pauses.holding("monthly") == {edition.number: made}
    assert holding(pauses, edition) == made
    assert pauses.holding("weekly") == {}


@pytest.mark.parametrize("old", list(PauseKind))
@pytest.mark.parametrize("new", list(PauseKind))
def test_at_most_one_holds_and_the_first_word_of_a_person_stays(pauses, edition, old, new):
    first, second = a_pause(old), a_pause(new, at=NOON + timedelta(hours=1), by="Luis")
    pauses.pause(edition, first)
    stays = old is PauseKind.PERSON
    assert pauses.pause(edition, second) == (first if stays else second)
    assert pauses.of(edition) == (first if stays else second)
    assert pauses.lift(edition, NOON, "Marta") == (first if stays else second)
    assert pauses.of(edition) is None


@pytest.mark.parametrize("kind", list(PauseKind))
def test_only_a_persons_pause_forbids_what_has_begun_and_only_while_it_holds(workshop, pauses, edition, kind):
    def is_forbidden(one):
        with workshop.bench.database.read() as connection:
            return bool(connection.execute(select(forbidden(one))).scalar())

    assert not is_forbidden(edition)
    pauses.pause(edition, a_pause(kind))
    assert is_forbidden(edition) is (kind is PauseKind.PERSON)
    assert not is_forbidden(replace(edition, number=edition.number + 1))
    pauses.lift(edition, NOON, "Marta")
    assert not is_forbidden(edition)


def test_what_is_lifted_is_named_and_what_is_not_paused_cannot_be_lifted(pauses, edition):
    pause(pauses, edition, NOON, "Marta", "")
    assert pauses.lift(edition, NOON, None, [PauseKind.SLICE, PauseKind.SERVER]) is None
    with pytest.raises(PersonNeededError, match="paused by Marta"):
        refuse_paused(pauses, edition, NOON, asked=True)
    assert resume(pauses, edition, NOON, "Luis").by == "Marta"
    with pytest.raises(PersonNeededError, match="nobody has paused it") as caught:
        resume(pauses, edition, NOON, "Luis")
    assert caught.value.remedy.startswith("send it: digest send monthly/2018-07")
    refuse_paused(pauses, edition, NOON, asked=False)


def test_a_slice_holds_back_what_comes_after_it_and_a_full_sending_lifts_it(pauses, edition):
    renew(pauses, edition, NOON, 1_000)
    assert pauses.of(edition) == a_pause(PauseKind.SLICE, by=None, because="a first slice of 1,000")
    renew(pauses, edition, NOON, None)
    assert pauses.of(edition) is None
    halt(pauses, edition, NOON, CircuitBrokenError("the server", "it refused 20 in a row", "look", ()))
    assert pauses.of(edition) == a_pause(PauseKind.SERVER, by=None, because="the server: it refused 20 in a row")


@pytest.mark.parametrize(
    ("one", "short", "long", "remedies"),
    [
        (
            a_pause(),
            "it is paused by Marta: a wrong link",
            "paused by Marta on {at}: a wrong link",
            "to let it go on: ",
        ),
        (a_pause(because=""), "it is paused by Marta", "paused by Marta on {at}", "to let it go on: "),
        (
            a_pause(PauseKind.SLICE),
            "it is paused after a wrong link",
            "paused on {at}, after a wrong link",
            "to go on: ",
        ),
        (
            a_pause(PauseKind.SERVER),
            "it is paused, because of the server: a wrong link",
            "paused on {at}, because of the server: a wrong link",
            "once it is mended, ",
        ),
    ],
)
def test_a_pause_says_who_when_why_and_what_lifts_it(edition, one, short, long, remedies):
    assert said(one) == short
    assert said_at(one, UTC) == long.format(at=moment(NOON, UTC))
    assert remedy(one, edition).startswith(remedies)
    assert "digest resume 2018-07" in remedy(one, edition)
