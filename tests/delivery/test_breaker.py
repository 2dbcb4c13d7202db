"""When the circuit breaker begins nothing more, what it says then, and of which messages; without a server."""

from datetime import timedelta

import pytest

from digest.delivery.answers import About, AnswerMeaning
from digest.delivery.outgoing import OutcomeKind
from digest.delivery.transports.breaker import Breaker
from digest.errors import BusyError, CircuitBrokenError, SendingLimitError

SENT, FAILED, IN_DOUBT, DEFERRED = OutcomeKind.SENT, OutcomeKind.FAILED, OutcomeKind.IN_DOUBT, OutcomeKind.DEFERRED
ABOUT = {"r": About.RECIPIENT, "u": About.US, "x": About.UNKNOWN, "p": About.PASSING}


def noted(row: str, **wishes: bool) -> Breaker:
    """A letter a message: `s`ent, `d`oubt, `l`ater, or refused for the `r`ecipient, `u`s, an unknown reason."""
    breaker = Breaker("mail.example", **wishes)
    for number, letter in enumerate(row):
        kind = {"s": SENT, "d": IN_DOUBT, "l": DEFERRED}.get(letter, FAILED)
        breaker.note(f"{letter}{number}", kind, f"said {letter}{number}", ABOUT.get(letter, About.UNKNOWN))
    return breaker


@pytest.mark.parametrize(
    ("row", "broken"),
    [
        ("", False),
        ("r" * 19, False),
        ("r" * 20, True),
        ("r" * 19 + "s" + "r" * 19, False),
        ("x" * 19, False),
        ("x" * 20, True),
        ("uu", False),
        ("urruxu", True),
        ("uusu", False),
        ("d" * 9, False),
        ("d" * 10, True),
        ("d" * 9 + "s" + "d" * 9, False),
        ("d" * 9 + "r" + "d", True),
        ("l" * 100, False),
        ("r" * 20 + "s", True),
    ],
)
def test_nothing_more_is_begun_after_so_many_bad_ends_in_a_row(row, broken):
    assert noted(row).is_broken is broken


@pytest.mark.parametrize(("row", "broken"), [("l" * 20, False), ("l" * 21, True), ("l" * 20 + "s" + "l" * 20, False)])
def test_what_is_put_off_counts_where_one_program_is_asked_for_all(row, broken):
    breaker = noted(row, counts_deferrals=True)
    assert breaker.is_broken is broken
    error = breaker.error()
    assert (error is not None) is broken
    if error is not None:
        assert type(error) is BusyError
        assert str(error).startswith("mail.example: it takes nothing now: said l20")
        assert error.remedy == "try again later"


def test_what_meets_all_is_enough_once():
    breaker = Breaker("mail.example")
    breaker.note("a", FAILED, "blocked", About.US, meets_all=True)
    assert breaker.is_broken
    assert breaker.error().deliveries == ("a",)


@pytest.mark.parametrize(
    ("row", "cause", "deliveries"),
    [
        ("s", None, ()),
        ("srrrrr", None, ()),
        ("xx", None, ()),
        ("ssxxs", None, ()),
        ("sd", None, ()),
        ("sdd", None, ()),
        ("d", None, ()),
        ("dd", "2 messages in a row may have been taken or not: said d1", ("d0", "d1")),
        ("s" + "d" * 10, "10 messages in a row may have been taken or not: said d10", [f"d{n}" for n in range(1, 11)]),
        ("xrxx", "it refused the last 3 messages, and does not say whose fault that is: said x3", ("x0", "x2", "x3")),
        ("su", "it refuses us, not a recipient: said u1", ("u1",)),
        ("usxr", "it refuses us, not a recipient: said u0", ("u0", "x2")),
        ("r" * 20, "it refused 20 messages in a row: said r19", [f"r{n}" for n in range(20)]),
    ],
)
def test_a_person_is_told_what_happened_and_to_which_messages(row, cause, deliveries):
    error = noted(row).error()
    if cause is None:
        assert error is None
        return
    assert type(error) is CircuitBrokenError
    assert str(error).startswith(f"mail.example: {cause}")
    assert error.deliveries == tuple(deliveries)
    assert error.doubtful is ("d" in row)
    assert error.remedy.startswith("look into its log" if error.doubtful else "find out why")


def test_a_few_doubts_say_nothing_where_they_were_cut_off():
    assert noted("ddd").error(was_stopped=True) is None
    assert noted("d" * 10).error(was_stopped=True).doubtful


@pytest.mark.parametrize(
    ("meaning", "hours"), [(AnswerMeaning.QUOTA, 4), *((one, 1) for one in (AnswerMeaning.RATE, AnswerMeaning.FULL))]
)
@pytest.mark.parametrize(("row", "code"), [("", 3), ("s", 75)])
def test_a_limit_is_waited_for_and_without_any_message_taken_looked_at(meaning, hours, row, code):
    breaker = noted(row)
    breaker.note_limit(meaning, "slow down")
    error = breaker.error()
    assert breaker.is_broken
    assert type(error) is SendingLimitError
    assert str(error).startswith(f"mail.example: {meaning.sentence}: slow down")
    assert (error.pause, error.exit_code) == (timedelta(hours=hours), code)
    assert error.remedy.startswith("nothing is lost")
