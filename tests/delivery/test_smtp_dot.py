"""The final dot: never on the wire before the word of the caller, and never after the server has spoken."""

import asyncio
import re
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from doses import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smtptalking import BODY, PATIENT, Line, deliver_all, impatient, outgoing, peer, settings_for, transact, yes

from digest.delivery.answers import Stage
from digest.delivery.transports.smtp.outcomes import Accepted, Deferred, NotSent, Refused, Unsure
from digest.delivery.transports.smtp.payload import payload_of
from digest.delivery.transports.smtp.session import open_session
from digest.delivery.transports.smtp.transaction import Transactions
from digest.errors import CannotWriteError

DOT = b"\r\n.\r\n"
STUFFED = payload_of((BODY,)).stuffed


def taker(*features: str, word: str = "250 2.0.0 Ok: queued as 1A"):
    """A server that takes every message and keeps the connection."""

    def talk(line: Line) -> None:
        line.greet(*features)
        while True:
            said = line.hear()
            if said.endswith(b"DATA\r\n"):
                line.say(*["250 ok"] * (said.count(b"\r\n") - 1), "354 go on")
                line.hear(DOT)
                line.say(word)
            else:
                line.say("250 ok")

    return talk


async def until(happened: Callable[[], bool]) -> None:
    """What happens in the thread of a peer."""
    for _ in range(20_000):
        if happened():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError


@pytest.mark.parametrize("features", [["PIPELINING"], []])
def test_the_dot_waits_for_the_word_while_the_message_is_on_its_way(features):
    snapshots = []
    with peer(taker(*features)) as (port, heard):

        async def look():
            await until(lambda: heard.endswith(STUFFED))  # the server has the whole message already
            await asyncio.sleep(0.05)
            snapshots.append(bytes(heard))
            return True

        outcomes = transact(settings_for(port), outgoing(1), outgoing(2), before_dot=look)
        everything = bytes(heard)
    assert [type(each) for each in outcomes] == [Accepted, Accepted]
    assert outcomes[0].queue_id == "1A"
    assert [each.count(DOT) for each in snapshots] == [0, 1]
    assert all(each.endswith(STUFFED) for each in snapshots)
    assert everything.count(DOT) == 2


def test_without_the_word_the_connection_ends_without_a_dot():
    with peer(taker("PIPELINING")) as (port, heard):

        async def not_two(message):
            return message.delivery != "d2"

        known = deliver_all(settings_for(port), [outgoing(n) for n in range(1, 4)], before_dot=not_two)
        connections, everything = heard.connections, bytes(heard)
    assert [type(outcome) for _, outcome in known.reports] == [Accepted, NotSent, Accepted]
    assert known.reports[1][1].withheld
    assert everything.count(DOT) == 2
    assert re.search(rb"bounce\+2@.*end\r\nEHLO", everything, re.DOTALL)
    assert connections == 2
    assert known.asked == ["d1", "d2", "d3"]


def test_an_error_of_the_caller_ends_the_delivery_without_a_dot():
    with peer(taker("PIPELINING")) as (port, heard):

        async def disk_is_full(message):
            if message.delivery == "d2":
                raise CannotWriteError("digest.db", "no space left on device")
            return True

        known = deliver_all(settings_for(port), [outgoing(n) for n in range(1, 4)], before_dot=disk_is_full)
        everything = bytes(heard)
    assert isinstance(known.error, CannotWriteError)
    assert [name for name, _ in known.reports] == ["d1"]
    assert [each.delivery for each in known.left] == ["d3"]
    assert everything.count(DOT) == 1


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("421 4.3.2 closing", NotSent),
        ("552 5.3.4 too big", Refused),
        ("451 4.3.0 later", Deferred),
        ("250 ok", NotSent),  # an answer to nothing, which would be taken for the answer to the dot
        ("354 go on", NotSent),
        ("garbage", NotSent),
        ("", NotSent),
    ],
)
@pytest.mark.parametrize("closes", [True, False])
def test_a_server_that_speaks_within_the_message_gets_no_dot(word, kind, closes):
    has_spoken = threading.Event()

    def talk(line: Line) -> None:
        line.greet("PIPELINING")
        line.hear()
        line.say("250 ok", "250 ok", "354 go on")
        line.hear(STUFFED)
        if word:
            line.say(word)
        if closes or not word:
            line.connected.shutdown(1)
        has_spoken.set()
        line.listen_on()

    with peer(talk) as (port, heard):

        async def after_its_word():
            await until(has_spoken.is_set)
            return True

        (outcome,) = transact(settings_for(port), outgoing(), before_dot=after_its_word)
        everything = bytes(heard)
    assert type(outcome) is kind, outcome
    assert outcome.stage is Stage.BODY
    assert DOT not in everything


def test_a_dot_lost_on_the_way_is_in_doubt_and_nothing_is_sent_after_it():
    def talk(line: Line) -> None:
        line.greet("PIPELINING")
        line.hear()
        line.say("250 ok", "250 ok", "354 go on")
        line.hear(DOT)

    with peer(talk) as (port, heard):
        (outcome,) = transact(settings_for(port), outgoing(1), outgoing(2))
        everything = bytes(heard)
    assert isinstance(outcome, Unsure)
    assert outcome.cause == "server"
    assert everything.endswith(DOT)


@pytest.mark.parametrize("answer", ["250", "250-one", "250-one\r\n25"])
def test_half_an_answer_is_no_answer(answer):
    def talk(line: Line) -> None:
        line.greet()
        for word in ("250 ok", "250 ok", "354 go on"):
            line.hear()
            line.say(word)
        line.hear(DOT)
        line.connected.sendall(answer.encode())

    with peer(talk) as (port, _):
        (outcome,) = transact(settings_for(port), outgoing())
    assert isinstance(outcome, Unsure)


def test_a_server_that_wants_a_message_for_nobody_gets_not_even_a_lone_dot():
    def talk(line: Line) -> None:
        line.greet("PIPELINING")
        line.hear()
        line.say("250 ok", "550 5.1.1 no such user", "354 go on")
        line.listen_on()

    with peer(talk) as (port, heard):
        (outcome,) = transact(settings_for(port), outgoing(1), outgoing(2))
        everything = bytes(heard)
    assert isinstance(outcome, Refused)
    assert everything.endswith(b"DATA\r\n")


def test_commands_go_together_only_where_that_was_offered():
    for features, groups in ((["PIPELINING"], 1), ([], 3)):
        heard_at_once = []

        def talk(line: Line, features=features, groups=groups, heard_at_once=heard_at_once) -> None:
            line.greet(*features)
            while not heard_at_once or not heard_at_once[-1].endswith(b"DATA\r\n"):
                heard_at_once.append(line.hear())
                line.say(*["250 ok"] * (heard_at_once[-1].count(b"\r\n") - 1), "250 ok" if groups > 1 else "354 go on")

        with peer(talk) as (port, _):
            transact(settings_for(port), outgoing())
        assert len(heard_at_once) == groups


def test_a_refused_recipient_costs_a_reset_and_no_connection():
    def talk(line: Line) -> None:
        line.greet("PIPELINING")
        line.hear()
        line.say("250 ok", "550 5.1.1 no such user", "554 no valid recipients")
        line.hear()
        line.say("250 reset", "250 ok", "250 ok", "354 go on")
        line.hear(DOT)
        line.say("250 ok")
        line.listen_on()

    with peer(talk) as (port, heard):
        outcomes = transact(settings_for(port), outgoing(1), outgoing(2))
        everything = bytes(heard)
    assert [type(each) for each in outcomes] == [Refused, Accepted]
    assert everything.count(b"RSET\r\nMAIL FROM:<bounce+2@") == 1
    assert heard.connections == 1


def test_a_message_larger_than_the_kernel_takes_at_once_arrives_whole():
    body = b"Subject: x\r\n\r\n" + (b"." + b"x" * 900 + b"\r\n") * 12_000  # 10 MB
    with peer(taker("PIPELINING")) as (port, heard):
        (outcome,) = transact(settings_for(port), outgoing(body=body))
        assert bytes(heard).endswith(payload_of((body,)).stuffed + b".\r\n") or b"QUIT" in heard
        assert payload_of((body,)).stuffed in heard
    assert isinstance(outcome, Accepted)


def test_a_server_that_stops_reading_meets_the_deadline_and_nothing_is_in_doubt():
    def talk(line: Line) -> None:
        line.greet("PIPELINING")
        line.hear()
        line.say("250 ok", "250 ok", "354 go on")
        line.over.wait(20)

    body = b"Subject: x\r\n\r\n" + (b"x" * 900 + b"\r\n") * 12_000
    with peer(talk) as (port, _):
        (outcome,) = transact(settings_for(port, timeouts=impatient(10, block=0.2)), outgoing(body=body))
    assert isinstance(outcome, NotSent)
    assert outcome.stage is Stage.BODY


def test_after_a_wait_for_room_the_word_is_asked_for_again():
    """What was sure before the kernel was full need not be sure when the server has read on."""
    asked = []

    async def send() -> NotSent:
        session = await open_session(settings_for(port))

        async def fill() -> bool:
            asked.append(len(heard))
            if len(asked) > 1:
                return False
            with suppress(BlockingIOError):
                while True:
                    session.connection._socket.send(b"x" * 65536)
            asyncio.get_running_loop().call_later(0.05, full.set)  # once the dot waits for room
            return True

        return await Transactions(session, PATIENT).transact(outgoing(), fill)

    def talk(line: Line) -> None:
        line.greet("PIPELINING")
        line.hear()
        line.say("250 ok", "250 ok", "354 go on")
        full.wait(20)
        with suppress(ConnectionError):
            line.hear(DOT)

    full = threading.Event()
    with peer(talk) as (port, heard):
        outcome = asyncio.run(send())
    assert isinstance(outcome, NotSent)
    assert outcome.withheld
    assert len(asked) == 2
    assert not heard.endswith(DOT)


LINES = st.lists(
    st.one_of(
        st.sampled_from([b"", b".", b"..", b". x", b"MAIL FROM:<x@example.org>", b"QUIT", b"x" * 998]),
        st.text(max_size=20).map(lambda text: re.sub(r"[\0\r\n]", "", text).encode("utf-8", "replace")),
    ),
    max_size=10,
)


@given(st.lists(LINES, min_size=1, max_size=4))
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bodies_arrive_byte_for_byte(bodies):
    """Read back by a server that does nothing but undouble dots."""
    arrived = []

    def talk(line: Line) -> None:
        line.greet("PIPELINING", "8BITMIME")
        while True:
            if not line.hear().endswith(b"DATA\r\n"):
                return
            line.say("250 ok", "250 ok", "354 go on")
            said = b"\r\n" + line.hear(DOT)
            arrived.append(said.removesuffix(b".\r\n")[2:].replace(b"\r\n.", b"\r\n"))
            line.say("250 ok")

    messages = [b"Subject: x\r\n\r\n" + b"".join(each + b"\r\n" for each in lines) for lines in bodies]
    with peer(talk) as (port, _):
        outcomes = transact(settings_for(port), *[outgoing(body=each) for each in messages], before_dot=yes)
    assert [type(each) for each in outcomes] == [Accepted] * len(messages)
    assert arrived == messages
