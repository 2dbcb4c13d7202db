"""What a person may make of a delivery: the whole table, written once more by hand."""

import pytest

from digest.delivery.delivery import REFUSALS, STEPS, Decision, DeliveryState, after

# A change of the table has to be meant. What was accepted, has left or is on its way is nobody's to decide about.
ALLOWED = {
    ("held", "resend"): "pending",
    ("held", "mark-sent"): "sent",
    ("held", "mark-failed"): "failed",
    ("failed", "resend"): "pending",
    ("failed", "mark-sent"): "sent",
}


@pytest.mark.parametrize("state", list(DeliveryState))
@pytest.mark.parametrize("decision", list(Decision))
def test_only_what_is_in_the_table_is_allowed(state, decision):
    expected = ALLOWED.get((state.value, decision.value))
    assert after(state, decision) == (None if expected is None else DeliveryState(expected))


def test_every_state_has_its_row_and_a_reason_for_a_refusal():
    assert set(STEPS) == set(REFUSALS) == set(DeliveryState)
    assert all(REFUSALS.values())


@pytest.mark.parametrize("decision", list(Decision))
def test_nothing_that_was_decided_is_in_doubt_again(decision):
    assert all(after(state, decision) is not DeliveryState.HELD for state in DeliveryState)
