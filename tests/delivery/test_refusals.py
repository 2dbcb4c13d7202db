"""Servers that say no: not now, never for this one, or never for us (F-22, F-23). The calendar moves, nobody waits."""

from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatch
from itertools import pairwise

import pytest
from doses import dose
from faultscript import Act, Fault, Script, Stage, policy_rejection
from scenes import GAP, SENDING

LATER = {
    Stage.MAIL: "4.3.2 not now",
    Stage.RCPT: "4.2.0 greylisted",
    Stage.DATA: "4.3.0 not now",
    Stage.DOT: "4.7.0 Throttling failure: Maximum sending rate exceeded",  # as Amazon SES says it
}
FIRST, LONGEST = timedelta(minutes=5), timedelta(hours=4)


def put_off(odds: float) -> tuple[Fault, ...]:
    return tuple(
        Fault(stage=stage, do=Act.REPLY, code=454 if stage is Stage.DOT else 451, text=text, odds=odds)
        for stage, text in LATER.items()
    )


def test_whoever_is_put_off_again_and_again_gets_it_in_the_end(scene):
    """Every conversation ends in “not now” about one time in three."""
    at = scene("F-22", readers=dose(200, 10_000), script=Script(faults=put_off(0.09)), calendar=True)

    def look(now: datetime) -> None:
        """Five minutes, doubled up to four hours."""
        for attempts, again in at.rows("SELECT attempts, next_attempt_at FROM deliveries WHERE state = 'pending'"):
            if again and datetime.fromisoformat(again) > now:
                assert datetime.fromisoformat(again) - now <= min(FIRST * 2 ** (attempts - 1), LONGEST)

    at.run_by_the_calendar(look)
    evidence = at.judge(most_doubts=0)
    assert {state for state, _ in evidence.ledger.values()} == {"sent"}
    ((most,),) = at.rows("SELECT max(attempts) FROM deliveries")
    assert 3 <= most <= 20


@pytest.mark.parametrize("more", ["  not_after: 1 day\n", *dose([], [""])])
def test_whoever_is_always_put_off_is_given_up(scene, more):
    """After twenty attempts, or when the next one would come too late."""
    never = Fault(stage=Stage.RCPT, do=Act.REPLY, code=450, text="4.2.0 greylisted", recipient="reader3@*")
    at = scene("F-22", readers=6, connections=1, script=Script(gap=GAP, faults=(never,)), calendar=True, more=more)
    times = [SENDING]

    def look(now: datetime) -> None:
        if now > times[-1]:
            times.append(now)

    run = at.run_by_the_calendar(look)
    assert run.returncode == 4
    evidence = at.judge(most_doubts=0)
    assert [who for who, (state, _) in evidence.ledger.items() if state == "failed"] == ["reader3@example.org"]
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert pauses == [min(FIRST * 2**step, LONGEST) for step in range(len(pauses))]
    ((why, attempts),) = at.rows("SELECT why, attempts FROM deliveries WHERE state = 'failed'")
    assert (why, attempts) == ("given-up", len(times))
    assert attempts == 20 if not more else times[-1] - SENDING <= timedelta(days=1) < times[-1] + LONGEST - SENDING


def test_greylisted_readers_get_it_at_the_second_attempt(scene):
    at = scene("F-22", readers=dose(60, 1000), script=Script(gap=GAP, greylist=1), calendar=True)
    at.run_by_the_calendar()
    evidence = at.judge(most_doubts=0, faults=at.readers)
    assert all(len(copies) == 1 for copies in evidence.copies.values())
    assert at.rows("SELECT DISTINCT attempts FROM deliveries") == [(2,)]


NEVER = {
    "dead-mailbox": Fault(stage=Stage.RCPT, do=Act.REPLY, code=550, text="5.1.1 no such user"),
    "too-large": Fault(stage=Stage.DOT, do=Act.REPLY, code=552, text="5.3.4 message too big for the system"),
    "full-mailbox": Fault(stage=Stage.DOT, do=Act.REPLY, code=552, text="5.2.2 mailbox full"),
    "policy": Fault(stage=Stage.DOT, do=Act.REPLY, code=554, text="5.7.1 looks like spam"),
    "sender": Fault(stage=Stage.RCPT, do=Act.REPLY, code=553, text="5.1.8 bad sender"),
}


@pytest.mark.parametrize("why", NEVER)
def test_one_refusal_in_the_middle_is_about_one_message(scene, why):
    whom = dose("reader7@*", "reader*7@*")  # one, or one in ten
    script = Script(gap=GAP, faults=(replace(NEVER[why], recipient=whom),))
    at = scene("F-23", readers=dose(40, 2500), connections=4, script=script)
    count = sum(fnmatch(each, whom) for each in at.addresses)
    is_ours = why in ("policy", "sender", "too-large")  # a person says whose fault it is; the others have gone
    assert at.run().returncode == (3 if is_ours else 4)
    states = [state for (state,) in at.rows("SELECT state FROM deliveries")]
    assert (states.count("pending" if is_ours else "failed"), states.count("sent")) == (count, len(states) - count)
    assert at.rows("SELECT why FROM deliveries WHERE state != 'sent'") == [(why,)] * count
    if not is_ours:
        at.judge(most_doubts=0)


def test_a_server_that_refuses_us_is_not_asked_ten_thousand_times(scene):
    at = scene("F-23", readers=dose(100, 10_000), script=policy_rejection())
    run = at.run()
    assert run.returncode == 3, run.said
    assert at.edition != "finished"
    asked = len(at.server.faults)
    assert 3 <= asked <= 3 + 2 * at.connections
    assert not at.rows("SELECT 1 FROM deliveries WHERE why = 'dead-mailbox'")
    assert not at.rows("SELECT 1 FROM subscribers WHERE suppressed_at IS NOT NULL")
    at.server.follow(Script(gap=GAP))
    assert at.run().returncode == 0
    evidence = at.judge(most_doubts=0)
    assert {state for state, _ in evidence.ledger.values()} == {"sent"}
