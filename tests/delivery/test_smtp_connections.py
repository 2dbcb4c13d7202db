"""A stream of messages over several connections: each reported once, however the server behaves, whenever it ends."""

import asyncio
import socket
from collections import Counter

import pytest
from faultrunning import thread
from faultscript import Act, Fault, Script, Stage, policy_rejection
from smtptalking import Questions, deliver_all, impatient, outgoing, peer, settings_for

from digest.delivery.rates import Rates
from digest.delivery.transports.smtp.outcomes import Accepted, Deferred, Limited, NotSent, Refused, Unsure
from digest.delivery.transports.smtp.settings import Mechanism, SmtpSettings
from digest.delivery.transports.smtp.transport import Timing, deliver
from digest.errors import BusyError, CannotWriteError, CircuitBrokenError, ConfigurationError, SendingLimitError

MANY = [outgoing(n) for n in range(60)]
NAMES = [each.delivery for each in MANY]


def recipients(names):
    return sorted(f"reader{name[1:]}@example.org" for name in names)


class Pauses:
    """Sleeps that are written down and over at once; the wait for those that drain is not."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.lengths: list[float] = []
        self._drain = settings.timeouts.drain

    async def sleep(self, seconds: float) -> None:
        if seconds == self._drain:
            await asyncio.Event().wait()
        self.lengths.append(seconds)
        await asyncio.sleep(0)


def test_each_message_goes_once_over_all_connections(tmp_path):
    with thread(tmp_path, Script(gap=(0.001, 0.004))) as server:
        known = deliver_all(settings_for(server.port, connections=8), MANY)
        accepted = server.accepted
    assert known.error is None
    assert sorted(known.outcomes(Accepted)) == sorted(NAMES)
    assert sorted(each.recipient for each in accepted) == recipients(NAMES)
    assert len({each.connection for each in accepted}) == 8


def test_connections_that_have_nothing_to_do_are_not_opened(tmp_path):
    with thread(tmp_path, Script(), trace=True) as server:
        deliver_all(settings_for(server.port, connections=8), MANY[:3])
        assert len({connection for connection, _ in server.commands}) == 3


def test_a_connection_ends_itself_after_so_many_messages(tmp_path):
    with thread(tmp_path, Script(), trace=True) as server:
        deliver_all(settings_for(server.port, messages_per_connection=7), MANY[:20])
        counts = Counter(each.connection for each in server.accepted)
        said = [line for _, line in server.commands if line == "QUIT"]
    assert list(counts.values()) == [7, 7, 6]
    assert len(said) == 3


@pytest.mark.parametrize("connections", [1, 4])
def test_a_server_that_refuses_us_is_soon_left_alone(tmp_path, connections):
    with thread(tmp_path, policy_rejection()) as server:
        known = deliver_all(settings_for(server.port, connections=connections), MANY)
        assert server.accepted == []
    assert isinstance(known.error, CircuitBrokenError)
    assert known.error.exit_code == 3
    assert "5.7.1 rejected by policy" in known.error.cause
    refused = known.outcomes(Refused)
    assert sorted(known.error.deliveries) == sorted(refused)
    assert 3 <= len(refused) <= 2 + connections
    assert len(known.reports) + len(known.left) == len(MANY)


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("said", ["5.1.1 no such user", "5.2.2 mailbox full", "5.0.0 no"])
def test_after_twenty_refusals_in_a_row_nobody_else_is_tried_whatever_they_say(tmp_path, connections, said):
    with thread(tmp_path, Script(faults=(Fault(stage=Stage.RCPT, do=Act.REPLY, code=550, text=said),))) as server:
        known = deliver_all(settings_for(server.port, connections=connections), MANY)
    assert isinstance(known.error, CircuitBrokenError)
    assert 20 <= len(known.outcomes(Refused)) <= 19 + connections
    assert sorted(known.error.deliveries) == sorted(known.outcomes(Refused))


def test_an_accepted_message_ends_the_row_of_refusals(tmp_path):
    refusal = Fault(
        stage=Stage.RCPT, do=Act.REPLY, code=550, text="5.1.1 unknown", nth=tuple(n for n in range(1, 61) if n % 20)
    )
    with thread(tmp_path, Script(faults=(refusal,))) as server:
        known = deliver_all(settings_for(server.port), MANY)
    assert known.error is None
    assert len(known.outcomes(Accepted)) == 3


@pytest.mark.parametrize(("last", "is_broken"), [(2, False), (3, True), (18, True)])
def test_refusals_at_the_end_that_nobody_understands_are_no_accident(tmp_path, last, is_broken):
    strange = Fault(stage=Stage.RCPT, do=Act.REPLY, code=550, text="5.0.0 no", nth=tuple(range(61 - last, 61)))
    with thread(tmp_path, Script(faults=(strange,))) as server:
        known = deliver_all(settings_for(server.port), MANY)
    assert isinstance(known.error, CircuitBrokenError) is is_broken
    assert len(known.error.deliveries if known.error else ()) == last * is_broken


def test_one_refusal_of_us_among_others_is_asked_about_when_these_have_gone(tmp_path):
    """One strict filter holds up nobody else, and is not settled by the program."""
    refusal = Fault(stage=Stage.DOT, do=Act.REPLY, code=554, text="5.7.1 looks like spam", recipient="reader7@*")
    with thread(tmp_path, Script(faults=(refusal,))) as server:
        known = deliver_all(settings_for(server.port), MANY)
    assert len(known.outcomes(Accepted)) == 59
    assert isinstance(known.error, CircuitBrokenError)
    assert known.error.deliveries == ("d7",)


def test_one_refusal_of_us_before_anybody_is_named_is_enough(tmp_path):
    """It can be nobody else's: the next one would meet the same."""
    refusal = Fault(stage=Stage.MAIL, do=Act.REPLY, code=550, text="5.0.0 not from you", nth=(11,))
    with thread(tmp_path, Script(faults=(refusal,))) as server:
        known = deliver_all(settings_for(server.port, connections=1), MANY)
    assert len(known.outcomes(Accepted)) == 10
    assert isinstance(known.error, CircuitBrokenError)
    assert known.error.deliveries == ("d10",)


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
@pytest.mark.parametrize(
    ("code", "quota"), [(550, "5.4.5 Daily user sending quota exceeded"), (454, "daily quota exceeded")]
)
def test_who_has_sent_as_much_as_they_may_stops_at_once_and_waits(tmp_path, stage, code, quota):
    full = Fault(stage=stage, do=Act.REPLY, code=code, text=quota, nth=tuple(range(21, 61)))
    with thread(tmp_path, Script(faults=(full,))) as server:
        known = deliver_all(settings_for(server.port), MANY)
    assert (len(known.outcomes(Accepted)), known.outcomes(Limited)) == (20, ["d20"])
    assert isinstance(known.error, SendingLimitError)
    assert known.error.exit_code == 75


def test_a_message_that_no_server_would_take_stops_everything():
    broken = [outgoing(n, body=b"Subject: x\r\n\r\nbare\nend\r\n") for n in range(60)]
    with peer(lambda line: (line.greet(), line.listen_on())) as (port, heard):
        known = deliver_all(settings_for(port), broken)
        assert b"MAIL" not in heard
    assert isinstance(known.error, CircuitBrokenError)
    assert len(known.outcomes(Refused)) == 20


def test_a_server_that_never_answers_the_dot_is_left_alone_after_ten(tmp_path):
    with thread(tmp_path, Script(faults=(Fault(stage=Stage.DOT, do=Act.DROP, accepted=True),))) as server:
        settings = settings_for(server.port, attempts=1000)
        known = deliver_all(settings, MANY, timing=Timing(sleep=Pauses(settings).sleep))
        assert len(server.accepted) == 10
    assert isinstance(known.error, CircuitBrokenError)
    assert known.error.doubtful
    assert list(known.error.deliveries) == known.outcomes(Unsure) == NAMES[:10]


def test_some_unanswered_dots_are_so_many_doubts_and_no_more(tmp_path):
    script = Script(seed=5, faults=(Fault(stage=Stage.DOT, do=Act.DROP, accepted=True, odds=0.2),))
    with thread(tmp_path, script) as server:
        known = deliver_all(settings_for(server.port, connections=3), MANY)
        accepted = [each.recipient for each in server.accepted]
        told = [each.recipient for each in server.accepted if each.reply]
    assert known.error is None
    assert sorted(accepted) == recipients(NAMES)
    assert recipients(known.outcomes(Unsure)) == sorted(set(accepted) - set(told))
    assert recipients(known.outcomes(Accepted)) == sorted(told)
    assert len(known.outcomes(Unsure)) > 3


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
def test_temporary_refusals_are_reported_and_nothing_else(tmp_path, stage):
    script = Script(seed=1, faults=(Fault(stage=stage, do=Act.REPLY, code=454, text="4.7.0 throttled", odds=0.3),))
    with thread(tmp_path, script) as server:
        known = deliver_all(settings_for(server.port, connections=3), MANY)
        assert recipients(known.outcomes(Accepted)) == sorted(each.recipient for each in server.accepted)
    assert known.error is None
    assert sorted(known.outcomes(Accepted) + known.outcomes(Deferred)) == sorted(NAMES)
    assert len(known.outcomes(Deferred)) > 5


# ── servers that do not let us in ───────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_is_not_there_is_tried_with_growing_pauses():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    settings = settings_for(port, attempts=12)
    pauses = Pauses(settings)
    known = deliver_all(settings, MANY, timing=Timing(sleep=pauses.sleep))
    assert isinstance(known.error, BusyError)
    assert "refused" in known.error.cause
    assert pauses.lengths == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0])
    assert [(name, type(outcome)) for name, outcome in known.reports] == [("d0", NotSent)]


def test_a_host_without_a_name_is_a_mistake_in_the_settings():
    known = deliver_all(settings_for(25, host="no-such-host.invalid"), MANY[:1])
    assert isinstance(known.error, ConfigurationError | BusyError)
    assert "name" in str(known.error)


def test_connections_that_the_server_does_not_want_leave_the_work_to_the_others(tmp_path):
    refused = Fault(stage=Stage.CONNECT, do=Act.REPLY, code=421, text="4.7.0 too many", nth=tuple(range(3, 500)))
    with thread(tmp_path, Script(faults=(refused,), gap=(0.002, 0.004))) as server:
        known = deliver_all(settings_for(server.port, connections=5, attempts=3), MANY, timing=Timing(sleep=no_time))
        assert recipients(known.outcomes(Accepted)) == sorted(each.recipient for each in server.accepted)
    assert known.error is None
    assert sorted(known.outcomes(Accepted) + known.outcomes(NotSent)) == sorted(NAMES)
    assert len(known.outcomes(NotSent)) <= 3


async def no_time(seconds: float) -> None:
    await asyncio.sleep(seconds if seconds >= 12 else seconds / 50)


def test_a_server_that_breaks_every_conversation_off_is_given_up(tmp_path):
    with thread(tmp_path, Script(faults=(Fault(stage=Stage.MAIL, do=Act.DROP),))) as server:
        known = deliver_all(settings_for(server.port, attempts=4), MANY, timing=Timing(sleep=no_time))
    assert isinstance(known.error, BusyError)
    assert "breaks" in known.error.cause
    assert known.outcomes(NotSent) == NAMES[:4]
    assert known.asked == []


def test_a_login_that_fails_later_is_tried_again(tmp_path):
    failing = Fault(stage=Stage.AUTH, do=Act.REPLY, code=535, text="5.7.8 not now", nth=(2, 3))
    with thread(tmp_path, Script(faults=(failing,), users=(("a", "b"),))) as server:
        settings = settings_for(
            server.port, messages_per_connection=5, username="a", secret=lambda: "b", mechanisms=(Mechanism.PLAIN,)
        )
        known = deliver_all(settings, MANY[:10], timing=Timing(sleep=no_time))
    assert known.error is None
    assert known.outcomes(Accepted) == NAMES[:10]


# ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("connections", [1, 6])
def test_stop_lets_what_is_under_way_end_and_leaves_nothing_in_doubt(tmp_path, connections):
    with thread(tmp_path, Script(gap=(0.01, 0.03))) as server:
        known = deliver_all(
            settings_for(server.port, connections=connections), MANY, on_report=lambda _, __, stop: stop.set()
        )
        accepted = [each.recipient for each in server.accepted]
    assert known.error is None
    assert recipients(known.outcomes(Accepted)) == sorted(accepted)
    assert known.outcomes(Unsure) == []
    assert len(known.reports) + len(known.left) == len(MANY)
    assert len(known.reports) <= connections + 1


def test_stop_ends_pauses_and_attempts_at_once():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and says nothing
        settings = settings_for(silent.getsockname()[1])
        assert asyncio.run(stopped(settings, MANY, after=0.05))[0] == [("d0", NotSent)]
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    settings = settings_for(port, attempts=100)
    assert asyncio.run(stopped(settings, MANY, after=1.0))[0] == [("d0", NotSent)]


async def stopped(settings, messages, *, after, how="stop"):
    """What was reported when the delivery was stopped or cancelled from outside, and what is left."""
    left, reports, stop = list(messages), [], asyncio.Event()

    async def next_message():
        return left.pop(0) if left else None

    async def go(_):
        return True

    questions = Questions(
        next_message=next_message,
        before_dot=go,
        report=lambda message, outcome: reports.append((message.delivery, type(outcome))),
    )
    task = asyncio.create_task(deliver(questions, settings, stop))
    await asyncio.sleep(after)
    if how == "stop":
        stop.set()
        await asyncio.wait_for(task, 10)
    else:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
    return reports, left


@pytest.mark.parametrize("how", ["stop", "cancel"])
@pytest.mark.parametrize(("stage", "kind"), [(Stage.MAIL, NotSent), (Stage.DATA, NotSent), (Stage.DOT, Unsure)])
def test_a_server_that_stalls_holds_nobody_up_at_the_end(tmp_path, stage, kind, how):
    with thread(tmp_path, Script(faults=(Fault(stage=stage, do=Act.STALL),))) as server:
        settings = settings_for(server.port, connections=2, timeouts=impatient(20, drain=0.2, quit=0.1))
        reports, left = asyncio.run(stopped(settings, MANY, after=0.3, how=how))
    assert sorted(reports) == [("d0", kind), ("d1", kind)]
    assert len(left) == len(MANY) - 2


def test_a_cancelled_delivery_reports_what_was_under_way(tmp_path):
    with thread(tmp_path, Script(gap=(0.3, 0.3))) as server:
        reports, left = asyncio.run(stopped(settings_for(server.port, connections=3), MANY, after=0.1, how="cancel"))
        assert len(server.accepted) == 3
    assert sorted(reports) == [(name, Accepted) for name in NAMES[:3]]
    assert len(left) == len(MANY) - 3


def test_after_an_error_no_further_dot_is_written_and_all_others_are_reported(tmp_path):
    async def full_at_ten(message):
        if message.delivery == "d10":
            raise CannotWriteError("digest.db", "no space left on device")
        return True

    with thread(tmp_path, Script(gap=(0.002, 0.01))) as server:
        known = deliver_all(settings_for(server.port, connections=4), MANY, before_dot=full_at_ten)
        assert recipients(known.outcomes(Accepted)) == sorted(each.recipient for each in server.accepted)
    assert isinstance(known.error, CannotWriteError)
    taken = len(MANY) - len(known.left)
    assert len(known.reports) == taken - 1
    assert taken <= 15
    assert known.outcomes(Unsure) == []


def test_once_the_circuit_is_broken_nobody_is_asked_for_another_dot(tmp_path):
    slow = Fault(stage=Stage.DATA, do=Act.OK, wait=1.0, recipient="reader1@*")
    with thread(tmp_path, Script(faults=(slow, *policy_rejection().faults))) as server:
        known = deliver_all(settings_for(server.port, connections=2), MANY)
    assert isinstance(known.error, CircuitBrokenError)
    assert known.asked == ["d0", "d2", "d3"]
    assert known.outcomes(NotSent) == ["d1"]


def test_a_stopped_delivery_does_not_begin():
    async def run():
        stop = asyncio.Event()
        stop.set()
        await deliver(None, settings_for(1), stop)

    asyncio.run(run())


# ── rates and settings ──────────────────────────────────────────────────────────────────────────────────────────────


def test_messages_wait_for_their_rates(tmp_path):
    now = 0.0
    pauses = []

    async def sleep(seconds):
        nonlocal now
        if seconds == 20.0:
            await asyncio.Event().wait()
        pauses.append(seconds)
        now += seconds

    with thread(tmp_path, Script()) as server:
        settings = settings_for(server.port, rates=Rates(by_domain={"example.org": 2.0}))
        known = deliver_all(settings, MANY[:8], timing=Timing(clock=lambda: now, sleep=sleep))
    assert known.outcomes(Accepted) == NAMES[:8]
    assert pauses == pytest.approx([0.5] * 6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"host": "a b"},
        {"host": "a\r\nb"},
        {"port": 0},
        {"port": 65536},
        {"username": "a"},
        {"secret": lambda: "b"},
        {"username": "a", "secret": lambda: "b", "mechanisms": ()},
        {"hello_name": "a b"},
        {"hello_name": "a\r\nMAIL"},
        {"hello_name": ""},
        {"connections": 0},
        {"messages_per_connection": 0},
        {"attempts": 0},
        {"rates": Rates(overall=0)},
        {"rates": Rates(by_domain={"a": -1})},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        settings_for(**{"port": 25, **wrong})
