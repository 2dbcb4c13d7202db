"""Which pauses a sending respects, and which replaces which: every case."""

from datetime import UTC, datetime

import pytest

from digest.delivery.pauses import PAUSABLE, Pause, PauseKind, forbids, replaces
from digest.newsletters.edition import EditionState

# Kind → whether it holds back a run, and somebody who types `send`.
HOLDS_BACK = {
    PauseKind.PERSON: (True, True),
    PauseKind.SLICE: (True, False),
    PauseKind.SERVER: (True, False),
}


@pytest.mark.parametrize("kind", list(PauseKind))
def test_a_run_lifts_no_pause_and_a_person_none_of_another_person(kind):
    pause = Pause(kind=kind, at=datetime(2018, 8, 5, tzinfo=UTC), by=None, because="")
    assert (forbids(pause, asked=False), forbids(pause, asked=True)) == HOLDS_BACK[kind]


@pytest.mark.parametrize("old", list(PauseKind))
@pytest.mark.parametrize("new", list(PauseKind))
def test_the_program_never_replaces_a_persons_pause(old, new):
    assert replaces(new, old) is not (old is PauseKind.PERSON and new is not PauseKind.PERSON)


def test_what_has_not_begun_to_be_fixed_or_is_over_cannot_be_paused():
    assert set(PAUSABLE) == {EditionState.SEALED, EditionState.SENDING}
