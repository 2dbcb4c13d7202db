"""Whatever goes wrong, wherever: before the dot the message is not sent or refused, after it it is sent, refused or in
doubt; and what a message came to is never what its neighbour came to.
"""

import pytest
from faultrunning import thread
from faultscript import Act, Fault, Script, Stage
from smtptalking import BODY, deliver_all, impatient, outgoing, settings_for, transact

from digest.delivery.answers import Stage as Ours
from digest.delivery.transports.smtp.outcomes import Accepted, Deferred, NotSent, Refused, Unsure
from digest.errors import BusyError, ConfigurationError

OURS = {Stage.MAIL: Ours.MAIL, Stage.RCPT: Ours.RECIPIENT, Stage.DATA: Ours.DATA, Stage.DOT: Ours.END}
FAULTS = {
    "drop": {"do": Act.DROP},
    "421": {"do": Act.REPLY, "code": 421, "text": "4.3.2 closing"},
    "4xx": {"do": Act.REPLY, "code": 451, "text": "4.3.0 later"},
    "5xx": {"do": Act.REPLY, "code": 550, "text": "5.7.1 no"},
    "garbage": {"do": Act.GARBAGE},
    "stall": {"do": Act.STALL},
    "wrong": {"do": Act.REPLY, "code": 334, "text": "what is this"},
    "huge": {"do": Act.HUGE},
}
BEFORE = {
    "drop": NotSent,
    "421": NotSent,
    "4xx": Deferred,
    "5xx": Refused,
    "garbage": NotSent,
    "stall": NotSent,
    "wrong": NotSent,
    "huge": NotSent,
}
AFTER = {
    "drop": Unsure,
    "421": Deferred,
    "4xx": Deferred,
    "5xx": Refused,
    "garbage": Unsure,
    "stall": Unsure,
    "wrong": Unsure,
    "huge": Unsure,
}


def fault(stage, name, **changes):
    return Fault(**{"stage": stage, **FAULTS[name], **changes})


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("stage", OURS)
def test_a_fault_within_the_transaction_has_its_outcome(tmp_path, stage, name, pipelining):
    script = Script(faults=(fault(stage, name),), pipelining=pipelining)
    expected = (AFTER if stage is Stage.DOT else BEFORE)[name]
    timeouts = impatient(0.15) if name == "stall" else impatient(10, quit=0.1)
    with thread(tmp_path, script) as server:
        (outcome,) = transact(settings_for(server.port, timeouts=timeouts), outgoing())
        accepted = len(server.accepted)
    assert isinstance(outcome, expected), outcome
    if isinstance(outcome, Refused | Deferred) or (isinstance(outcome, NotSent) and not pipelining):
        assert outcome.stage is OURS[stage]
    assert accepted == (name == "huge" and stage is Stage.DOT)


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
def test_the_others_are_sent_once_whatever_befalls_one(tmp_path, stage, name, pipelining):
    script = Script(faults=(fault(stage, name, nth=(3,)),), pipelining=pipelining)
    timeouts = impatient(0.5) if name == "stall" else impatient(10, quit=0.1)
    with thread(tmp_path, script) as server:
        known = deliver_all(settings_for(server.port, timeouts=timeouts), [outgoing(n) for n in range(1, 7)])
        accepted = [each.recipient for each in server.accepted]
    meets_all = (stage, name) == (Stage.MAIL, "5xx")  # nobody was named yet: no other message is tried
    assert [name for name, _ in known.reports] == [f"d{n}" for n in range(1, 4 if meets_all else 7)]
    third = dict(known.reports)["d3"]
    assert (known.error is None) is (not isinstance(third, Refused)), "a refusal of us is asked about, at the end"
    expected = (AFTER if stage is Stage.DOT else BEFORE)[name]
    # The third may find that its connection had ended; then it is tried on a new one, as long as its dot was not due.
    assert isinstance(third, (expected, Accepted) if expected is NotSent else expected), third
    others = [f"reader{n}@example.org" for n in ((1, 2) if meets_all else (1, 2, 4, 5, 6))]
    took_third = isinstance(third, Accepted) or (name == "huge" and stage is Stage.DOT)
    assert accepted == sorted([*others, *["reader3@example.org"] * took_third])


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "huge"])
@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.EHLO])
def test_a_server_that_lets_nobody_in_is_an_error_in_plain_words(tmp_path, stage, name):
    with thread(tmp_path, Script(faults=(fault(stage, name),))) as server:
        settings = settings_for(server.port, timeouts=impatient(0.15 if name == "stall" else 10, quit=0.1), attempts=2)
        known = deliver_all(settings, [outgoing(1), outgoing(2)])
        assert server.accepted == []
    expected = ConfigurationError if name == "5xx" else BusyError
    assert type(known.error) is expected, known.error
    assert str(server.port) in known.error.thing
    assert [(delivery, type(outcome), outcome.stage) for delivery, outcome in known.reports] == [
        ("d1", NotSent, Ours.CONNECT)
    ]
    assert known.asked == []


@pytest.mark.parametrize("act", [Act.BYTEWISE, Act.LONG])
@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
def test_a_strange_but_lawful_reply_is_a_reply(tmp_path, stage, act):
    with thread(tmp_path, Script(faults=(Fault(stage=stage, do=act),))) as server:
        outcomes = transact(settings_for(server.port), outgoing(1), outgoing(2))
        assert len(server.accepted) == 2
    assert [type(each) for each in outcomes] == [Accepted, Accepted]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT, Stage.RSET])
def test_a_reply_said_twice_is_never_taken_for_the_next_answer(tmp_path, stage, pipelining):
    script = Script(
        faults=(
            Fault(stage=stage, do=Act.TWICE, nth=(2,)),
            fault(Stage.RCPT, "5xx", text="5.1.1 no such user", recipient="reader1@*"),
        ),
        pipelining=pipelining,
    )
    with thread(tmp_path, script) as server:
        known = deliver_all(settings_for(server.port), [outgoing(n) for n in range(1, 6)])
        accepted = [each.recipient for each in server.accepted]
    assert known.error is None
    assert [f"reader{name[1:]}@example.org" for name in known.outcomes(Accepted)] == accepted
    assert known.outcomes(Refused) == ["d1"]
    assert known.outcomes(Unsure) == []


@pytest.mark.parametrize("name", ["drop", "421", "garbage", "5xx", "stall"])
@pytest.mark.parametrize("stage", [Stage.RSET, Stage.QUIT])
def test_errors_at_rset_and_quit_change_no_outcome(tmp_path, stage, name):
    refused = fault(Stage.RCPT, "5xx", text="5.1.1 no such user", recipient="reader2@*")
    script = Script(faults=(fault(stage, name), refused))
    timeouts = impatient(0.3 if name == "stall" else 10, quit=0.1)
    with thread(tmp_path, script) as server:
        known = deliver_all(settings_for(server.port, timeouts=timeouts), [outgoing(n) for n in range(1, 5)])
        assert [each.recipient for each in server.accepted] == [f"reader{n}@example.org" for n in (1, 3, 4)]
    assert known.error is None
    assert [type(outcome) for _, outcome in known.reports] == [Accepted, Refused, Accepted, Accepted]


@pytest.mark.parametrize("most", [1, 2, 10])
def test_a_server_that_limits_messages_per_connection_loses_nothing(tmp_path, most):
    with thread(tmp_path, Script(session_messages=most)) as server:
        known = deliver_all(settings_for(server.port), [outgoing(n) for n in range(25)])
        accepted = server.accepted
    assert known.error is None
    assert known.outcomes(Accepted) == [f"d{n}" for n in range(25)]
    assert [each.recipient for each in accepted] == [f"reader{n}@example.org" for n in range(25)]
    assert len({each.connection for each in accepted}) == -(-25 // most)


def test_messages_arrive_byte_for_byte_with_their_own_envelopes(tmp_path):
    with thread(tmp_path, Script(), store=True) as server:
        messages = [outgoing(n, body=BODY + b"x" * n + b"\r\n") for n in range(20)]
        deliver_all(settings_for(server.port, connections=3), messages)
        found = {(each.sender, each.recipient): server.message(each) for each in server.accepted}
    assert found == {(each.sender, each.recipient): each.pieces[0] for each in messages}


def test_a_late_answer_to_the_dot_is_waited_for(tmp_path):
    with thread(tmp_path, Script(faults=(Fault(stage=Stage.DOT, do=Act.OK, wait=0.5),))) as server:
        (outcome,) = transact(settings_for(server.port, timeouts=impatient(0.25, end=10.0)), outgoing())
    assert isinstance(outcome, Accepted)


def test_an_answer_after_the_deadline_is_ignored_for_good(tmp_path):
    with thread(tmp_path, Script(faults=(Fault(stage=Stage.DOT, do=Act.OK, wait=0.6, nth=(1,)),))) as server:
        known = deliver_all(
            settings_for(server.port, timeouts=impatient(10, end=0.3, quit=0.1)), [outgoing(1), outgoing(2)]
        )
        assert len(server.accepted) == 2
    assert [type(outcome) for _, outcome in known.reports] == [Unsure, Accepted]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("code", [250, 220, 221, 235])
def test_a_server_that_says_yes_to_data_gets_no_message(tmp_path, code, pipelining):
    """Whatever it means by that, it did not say 354: not a byte of the message goes there, and it is not in doubt."""
    strange = Fault(stage=Stage.DATA, do=Act.REPLY, code=code, text="yes", nth=(1,))
    with thread(tmp_path, Script(faults=(strange,), pipelining=pipelining)) as server:
        known = deliver_all(settings_for(server.port), [outgoing(1), outgoing(2)])
        accepted = [each.recipient for each in server.accepted]
    assert set(accepted) <= {"reader1@example.org", "reader2@example.org"}
    assert len(accepted) == len(set(accepted))
    assert not [outcome for _, outcome in known.reports if isinstance(outcome, Unsure)]
