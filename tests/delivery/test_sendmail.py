"""The transport `sendmail`: a real program per message, and what its ending means."""

import shlex
import time
from contextlib import suppress

import pytest
from doses import dose
from piles import MESSAGE, Pile, letter, letters, never

from digest.delivery.outgoing import Mark, OutcomeKind
from digest.delivery.transports import one_by_one as one_at_a_time
from digest.delivery.transports.sendmail import AT_ONCE_MOST, SendmailTransport
from digest.errors import BusyError, CircuitBrokenError, ConfigurationError, SendingLimitError

LINES = MESSAGE.replace(b"\r\n", b"\n")


@pytest.fixture
def program(tmp_path):
    """(shell text) → a program; `$arguments` and `$mail` are files of its own for each run."""
    runs = tmp_path / "runs"
    runs.mkdir()

    def made(text="cat > $mail"):
        path = tmp_path / "program"
        path.write_text(
            f"#!/bin/sh\narguments={shlex.quote(str(runs))}/$$.arguments mail={shlex.quote(str(runs))}/$$.mail\n"
            f'printf "%s\\n" "$@" > $arguments.new && mv $arguments.new $arguments\n{text}\n'
        )
        path.chmod(0o755)
        return str(path)

    made.runs = lambda: [path.read_text().splitlines() for path in sorted(runs.glob("*.arguments"))]
    made.mails = lambda: [path.read_bytes() for path in sorted(runs.glob("*.mail"))]
    return made


def carried(command, *given, connections=1, patience=60.0, stop=never):
    pile = Pile(list(given))
    SendmailTransport([command], connections, patience=patience).carry(pile, stop)
    return pile


def test_the_program_gets_envelope_and_message_as_sendmail_takes_them(program):
    pile = carried(program(), letter(1))
    assert program.runs() == [["-i", "-f", "bounces+1@news.example.org", "--", "reader1@example.org"]]
    assert program.mails() == [LINES]
    assert pile.kinds == {1: OutcomeKind.SENT}
    assert pile.marks_of(1) == [Mark.DOT, Mark.ACCEPTED]


def test_first_arguments_stand_before_ours(program):
    pile = Pile([letter(1)])
    SendmailTransport([program(), "-C", "/etc/a b"]).carry(pile, never)
    assert program.runs()[0][:3] == ["-C", "/etc/a b", "-i"]


@pytest.mark.parametrize(
    "recipient",
    [
        "-t@example.org",
        "--@example.org",
        "-oQ/tmp@example.org",
        "|sh@example.org",
        "$HOME@example.org",
        "`id`@x.example",
    ],
)
def test_a_hostile_recipient_is_one_argument_behind_the_options(program, recipient):
    pile = carried(program(), letter(1, recipient=recipient))
    assert program.runs()[0][-2:] == ["--", recipient]
    assert pile.kinds == {1: OutcomeKind.SENT}


@pytest.mark.parametrize(
    "recipient", ["a@x.example b@y.example", "a,b@x.example", "<a@x.example>", "a@x.example\n", "-t"]
)
def test_a_recipient_that_is_no_single_address_reaches_no_program(program, recipient):
    pile = carried(program(), letter(1, recipient=recipient))
    assert program.runs() == []
    assert (pile.result(1).kind, pile.result(1).why) == (OutcomeKind.FAILED, "address")


def test_a_program_that_does_not_read_gets_no_broken_pipe(program):
    large = b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n"
    pile = carried(program("exit 0"), letter(1, message=large + (b"z" * 70 + b"\r\n") * 20_000))
    assert pile.kinds == {1: OutcomeKind.SENT}


def test_a_large_message_arrives_whole(program):
    large = b"Subject: x\r\n\r\n" + b"".join(b"%069d\r\n" % number for number in range(20_000))
    carried(program(), letter(1, message=large))
    assert program.mails() == [large.replace(b"\r\n", b"\n")]


@pytest.mark.parametrize(
    ("code", "kind", "why"),
    [
        (0, OutcomeKind.SENT, None),
        (65, OutcomeKind.FAILED, "content"),
        (67, OutcomeKind.FAILED, "dead-mailbox"),
        (75, OutcomeKind.DEFERRED, "not now: other"),
        (1, OutcomeKind.IN_DOUBT, "server"),
        (2, OutcomeKind.IN_DOUBT, "server"),
        (69, OutcomeKind.IN_DOUBT, "server"),
        (70, OutcomeKind.IN_DOUBT, "server"),
        (71, OutcomeKind.IN_DOUBT, "server"),
        (72, OutcomeKind.IN_DOUBT, "server"),
        (73, OutcomeKind.IN_DOUBT, "server"),
        (74, OutcomeKind.IN_DOUBT, "server"),
        (76, OutcomeKind.IN_DOUBT, "server"),
        (79, OutcomeKind.IN_DOUBT, "server"),
        (99, OutcomeKind.IN_DOUBT, "server"),  # qmail's way to say that it is done
        (100, OutcomeKind.IN_DOUBT, "server"),
        (111, OutcomeKind.IN_DOUBT, "server"),
        (128, OutcomeKind.IN_DOUBT, "server"),
        (137, OutcomeKind.IN_DOUBT, "server"),
        (141, OutcomeKind.IN_DOUBT, "server"),  # of a shell whose pipe broke
        (143, OutcomeKind.IN_DOUBT, "server"),
        (255, OutcomeKind.IN_DOUBT, "server"),
    ],
)
def test_what_an_exit_code_means(program, code, kind, why):
    pile = carried(program(f"echo queue is shut >&2; exit {code}"), letter(1))
    assert (pile.result(1).kind, pile.result(1).why) == (kind, why)
    assert "queue is shut" in pile.result(1).answer
    last = {OutcomeKind.SENT: Mark.ACCEPTED, OutcomeKind.IN_DOUBT: Mark.DOT}.get(kind, Mark.NOTHING)
    assert pile.marks_of(1)[-1] is last


@pytest.mark.parametrize(
    ("code", "said", "kind", "why"),
    [
        (77, "server message: 454 4.7.0 Too many login attempts", OutcomeKind.DEFERRED, "not now: policy"),
        (68, "cannot locate host: Temporary failure in name resolution", OutcomeKind.DEFERRED, "not now: other"),
        (75, "msmtp: cannot connect: Connection refused", OutcomeKind.DEFERRED, "not now: other"),
        (69, "server message: 450 4.2.0 greylisted", OutcomeKind.DEFERRED, "not now: other"),
        (77, "server message: 451 4.7.0 Authentication service is down", OutcomeKind.DEFERRED, "not now: policy"),
        (65, "server message: 452 4.3.1 Insufficient system storage", OutcomeKind.DEFERRED, "not now: content"),
        (65, "server message: 550 5.1.1 User unknown", OutcomeKind.FAILED, "dead-mailbox"),
        (65, "server message: 552 5.2.2 mailbox full", OutcomeKind.FAILED, "full-mailbox"),
        (69, "the server did not accept the mail msmtp: server message: 550 no", OutcomeKind.UNDECIDED, "policy"),
        (
            65,
            "envelope from address b@x.org not accepted msmtp: server message: 550 no",
            OutcomeKind.UNDECIDED,
            "sender",
        ),
        (
            69,
            "recipient address a@x.org not accepted msmtp: server message: 550 5.1.1 no",
            OutcomeKind.FAILED,
            "dead-mailbox",
        ),
        (69, "server message: 550 5.4.5 Daily sending quota exceeded", OutcomeKind.KEPT, None),
        (69, "nothing that any server said: it took 450 ms", OutcomeKind.IN_DOUBT, "server"),
    ],
)
def test_a_servers_own_words_say_more_than_the_exit_code(program, code, said, kind, why):
    pile = Pile([letter(0), letter(1)])
    with suppress(CircuitBrokenError, SendingLimitError):
        SendmailTransport([program(f'case "$5" in reader1@*) echo "{said}"; exit {code};; esac')]).carry(pile, never)
    assert (pile.result(1).kind, pile.result(1).why) == (kind, why)


def test_a_script_that_always_ends_with_1_never_sends_a_list_twice(program):
    """It has taken every message it got. Nothing is sent again before somebody has looked."""
    for count, held in ((30, 10), (5, 5)):
        pile = Pile(letters(count))
        with pytest.raises(CircuitBrokenError) as caught:
            SendmailTransport([program("cat > $mail; exit 1")]).carry(pile, never)
        assert caught.value.doubtful
        assert len(caught.value.deliveries) == held
        assert set(pile.kinds.values()) == {OutcomeKind.IN_DOUBT}


@pytest.mark.parametrize("code", [64, 66, 68, 77, 78, 126, 127])
def test_what_looks_like_wrong_settings_stops_all_and_blames_nobody(program, code):
    pile = Pile(letters(50))
    with pytest.raises(ConfigurationError, match=f"exit code {code}"):
        SendmailTransport([program(f"exit {code}")]).carry(pile, never)
    assert pile.kinds == {0: OutcomeKind.KEPT, 1: OutcomeKind.KEPT, 2: OutcomeKind.KEPT}
    assert len(program.runs()) == 3


def test_with_few_readers_wrong_settings_are_told_as_well(program):
    pile = Pile([letter(1)])
    with pytest.raises(ConfigurationError):
        SendmailTransport([program("exit 78")]).carry(pile, never)
    assert pile.kinds == {1: OutcomeKind.KEPT}


@pytest.mark.parametrize("place", [2, 9])
def test_where_others_are_taken_the_same_code_is_left_to_a_person(program, place):
    pile = Pile(letters(10))
    with pytest.raises(CircuitBrokenError, match="refuses us"):
        SendmailTransport([program(f'case "$5" in reader{place}@*) exit 77;; esac; cat > $mail')]).carry(pile, never)
    assert pile.kinds == {row: OutcomeKind.UNDECIDED if row == place else OutcomeKind.SENT for row in range(10)}
    assert pile.result(place).why == "policy"


def test_a_missing_program_stops_at_once(tmp_path):
    pile = Pile(letters(30))
    with pytest.raises(ConfigurationError, match="no such file"):
        SendmailTransport([str(tmp_path / "nothing")], 4).carry(pile, never)
    assert set(pile.kinds.values()) == {OutcomeKind.KEPT}
    assert len(pile.kinds) <= 4
    assert all(pile.marks_of(row)[-1] is Mark.NOTHING for row in pile.kinds)


def test_a_program_that_may_not_be_run_is_told(tmp_path):
    (tmp_path / "script").write_text("#!/bin/sh\n")
    with pytest.raises(ConfigurationError, match="permission"):
        SendmailTransport([str(tmp_path / "script")]).carry(Pile([letter(1)]), never)


def test_a_program_that_puts_all_off_is_not_asked_ten_thousand_times(program):
    pile = Pile(letters(200))
    with pytest.raises(BusyError, match="takes nothing now"):
        SendmailTransport([program("exit 75")]).carry(pile, never)
    assert set(pile.kinds.values()) == {OutcomeKind.DEFERRED}
    assert len(pile.kinds) == 21


@pytest.mark.parametrize(
    ("text", "kind", "most"),
    [
        ("exit 65", OutcomeKind.FAILED, 20),
        ("exit 67", OutcomeKind.FAILED, 20),
        ("kill -9 $$", OutcomeKind.IN_DOUBT, 10),
    ],
)
def test_the_same_bad_end_for_all_breaks_the_circuit(program, text, kind, most):
    pile = Pile(letters(200))
    with pytest.raises(CircuitBrokenError) as caught:
        SendmailTransport([program(text)]).carry(pile, never)
    assert set(pile.kinds.values()) == {kind}
    assert sorted(caught.value.deliveries) == [result.message.delivery for result in pile.results]
    assert len(caught.value.deliveries) == most


def test_one_that_is_taken_ends_a_row(program, tmp_path):
    text = f"echo x >> {tmp_path}/count; [ $(($(wc -l < {tmp_path}/count) % 20)) = 0 ] || exit 75"
    kinds = list(carried(program(text), *letters(60)).kinds.values())
    assert (kinds.count(OutcomeKind.DEFERRED), kinds.count(OutcomeKind.SENT)) == (57, 3)


def test_a_program_that_never_ends_is_ended_and_nobody_knows(program):
    pile = carried(program("cat > $mail; exec sleep 600"), letter(1), patience=1.0)
    assert (pile.result(1).kind, pile.result(1).why) == (OutcomeKind.IN_DOUBT, "server")
    assert "did not end in time" in pile.result(1).answer
    assert pile.marks_of(1) == [Mark.DOT]


def test_what_it_says_is_kept_short_and_harmless(program):
    said = carried(program("head -c 3000000 /dev/zero | tr '\\0' x; printf '\\033[31mred\\r\\n'; exit 75"), letter(1))
    answer = said.result(1).answer
    assert len(answer) <= one_at_a_time.ANSWER_MOST
    assert answer.isprintable()


@pytest.mark.parametrize("way", ["1", "2"])
@pytest.mark.parametrize(
    ("code", "kind"), [(0, OutcomeKind.SENT), (1, OutcomeKind.IN_DOUBT), (75, OutcomeKind.DEFERRED)]
)
def test_however_much_it_says_nothing_but_the_end_is_kept_and_its_code_counts(program, tmp_path, way, code, kind):
    much = dose(8, 1_000)
    kept = f"stat -Lc %s /proc/self/fd/{way} > {tmp_path}/size"
    text = f"head -c {much}M /dev/zero >&{way}; echo 'that is all' >&{way}; {kept}; exit {code}"
    result = carried(program(text), letter(1)).result(1)
    assert (result.kind, result.answer.endswith("that is all")) == (kind, True)
    assert int((tmp_path / "size").read_text()) <= 1 << 20, "somewhere it is kept"


def test_one_that_speaks_without_end_is_ended_too(program):
    pile = carried(program("cat > $mail; exec yes"), letter(1), patience=0.5)
    assert (pile.result(1).kind, "did not end in time" in pile.result(1).answer) == (OutcomeKind.IN_DOUBT, True)


def test_what_it_leaves_behind_may_go_on_speaking(program, tmp_path):
    """A program that delivers in the background is not ended by our having heard enough."""
    later = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo late && echo later && touch {tmp_path}/done"
    assert carried(program(f"({later}) & exit 0"), letter(1)).result(1).kind is OutcomeKind.SENT
    (tmp_path / "go").touch()
    due = time.monotonic() + 30
    while not (tmp_path / "done").exists():
        assert time.monotonic() < due
        time.sleep(0.02)


def test_several_run_at_a_time_and_no_more(program):
    pile = carried(program("sleep 0.3"), *letters(8), connections=4)
    assert pile.most_open == 4
    assert set(pile.kinds.values()) == {OutcomeKind.SENT}
    assert SendmailTransport(["x"], 1_000).connections == AT_ONCE_MOST


def test_when_told_to_stop_what_is_under_way_comes_to_its_end(program, tmp_path):
    pile = Pile(letters(40))
    SendmailTransport([program(f"sleep 0.2; touch {tmp_path}/$$.ended")], 2).carry(pile, lambda: bool(program.runs()))
    ended = len(list(tmp_path.glob("*.ended")))
    assert 0 < ended < 40
    assert list(pile.kinds.values()) == [OutcomeKind.SENT] * ended
    assert len(pile.granted) == ended


def test_what_takes_too_long_to_stop_is_cut_off_and_in_doubt(program):
    pile = Pile(letters(3))
    transport = SendmailTransport([program("exec sleep 600")], 2)
    ways = one_at_a_time.Ways(name="x", at_once=2, drain=0.3, cut_off=transport._end_all)
    begun = time.monotonic()
    one_at_a_time.carry(pile, lambda: bool(program.runs()), transport._hand_over, ways)
    assert time.monotonic() - begun < 60
    assert set(pile.kinds.values()) == {OutcomeKind.IN_DOUBT}
    assert len(pile.kinds) == len(pile.granted) <= 2
