"""The loop around single acts: intents first, results in groups, and nothing is told that is not known."""

import threading

import pytest
from piles import Pile, letters, never

from digest.delivery.outgoing import Mark, OutcomeKind
from digest.delivery.rates import Rates
from digest.delivery.transports.one_by_one import Ending, Ways, carry
from digest.errors import BusyError

SENT = Ending(OutcomeKind.SENT)


def accept(_letter, _message):
    return SENT


def test_many_letters_need_few_transactions():
    pile = Pile(letters(200))
    barrier = threading.Barrier(8, timeout=60)

    def together(_letter, _message):
        barrier.wait()
        return SENT

    carry(pile, never, together, Ways(name="x", at_once=8))
    assert set(pile.kinds.values()) == {OutcomeKind.SENT}
    assert len(pile.kinds) == 200
    assert pile.commits <= 220
    assert pile.most_open <= 8


def test_who_left_before_the_intent_gets_nothing():
    pile = Pile(letters(5), left=frozenset({1, 3}))
    carried = []
    carry(pile, never, lambda one, _: carried.append(one.row) or SENT, Ways(name="x", at_once=2))
    assert sorted(carried) == [0, 2, 4]
    assert sorted(pile.kinds) == [0, 2, 4]


def test_no_act_is_begun_before_its_intent_was_settled():
    pile = Pile(letters(20))
    seen = []
    carry(pile, never, lambda one, _: seen.append(one.row in pile.granted) or SENT, Ways(name="x", at_once=4))
    assert seen == [True] * 20


def test_a_ledger_that_fails_ends_it_after_what_is_under_way():
    pile = Pile(letters(20))
    done = []

    def fail():
        if pile.commits >= 5:
            raise BusyError("the ledger", "it is locked")

    pile.on_settle = fail
    with pytest.raises(BusyError, match="locked"):
        carry(pile, never, lambda one, _: done.append(one.row) or SENT, Ways(name="x", at_once=3))
    assert sorted(done) == sorted(pile.granted)
    assert [row for row, mark in pile.marks if mark is Mark.ACCEPTED] == done  # for the next process to find


def test_of_an_act_that_fails_in_an_unknown_way_nothing_is_told():
    pile = Pile(letters(3))

    def broken(one, _message):
        if one.row == 1:
            raise RuntimeError("a fault of ours")
        return SENT

    with pytest.raises(RuntimeError):
        carry(pile, never, broken, Ways(name="x", at_once=1))
    assert pile.kinds == {0: OutcomeKind.SENT}
    assert pile.marks_of(1) == [Mark.DOT]


class Forgetful(Pile):
    """Brings a letter again as long as it has no intent, as a ledger does that starts over."""

    def fetch(self, most):
        return [each for each in self.waiting if each.row not in self.granted][:most]


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_what_is_brought_twice_is_carried_once(at_once):
    pile = Forgetful(letters(23))
    done = []
    carry(pile, never, lambda one, _: done.append(one.row) or SENT, Ways(name="x", at_once=at_once))
    assert sorted(done) == list(range(23))


def test_what_is_asked_to_stop_before_it_begins_does_nothing():
    pile = Pile(letters(3))
    carry(pile, lambda: True, accept, Ways(name="x", at_once=2))
    assert (pile.granted, pile.kinds) == ([], {})


class Ticking:
    """A clock that runs a thousand times as fast, so that minutes of waiting take no time."""

    def __init__(self):
        from time import monotonic

        self.real, self.begun = monotonic, monotonic()

    def __call__(self):
        return self.begun + (self.real() - self.begun) * 1_000


def test_no_more_leave_than_the_rate_allows():
    pile, clock = Pile(letters(60)), Ticking()
    at = []
    carry(
        pile,
        never,
        lambda _letter, _message: at.append(clock()) or SENT,
        Ways(name="x", at_once=4, rates=Rates(overall=10), clock=clock),
    )
    assert len(at) == 60
    # Ten go at once, then one every tenth of a second.
    assert max(at) - min(at) >= 4.9
