"""Servers that hang up, fall silent or talk nonsense, at every point of the conversation (F-10 … F-21, F-24)."""

from collections import Counter
from dataclasses import replace

import pytest
from dkim_verifiers import dkimpy_accepts, records_of
from doses import dose, some
from faultscript import Act, Fault, Script, Stage, every_stage_before_the_dot
from scenes import GAP

from digest.delivery.dkim.keys import read_keys
from digest.delivery.doubt import MOST_DOUBTS

NUMBERS = {stage: f"F-{number}" for number, stage in enumerate(every_stage_before_the_dot(), 10)}
PASSWORD = "correct horse"  # noqa: S105 – of a server that lives for one test


@pytest.fixture
def secure_scene(scene, certificate, tmp_path):
    """A scene whose server asks for TLS and a login, so that every stage is come to."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    login = f"  username: office\n  password_file: {secret}\n  certificates: {certificate.file}\n"

    def make(number, *, faults=(), more="", **wishes):
        return scene(
            number,
            script=Script(gap=GAP, faults=faults, starttls=True, users=(("office", PASSWORD),)),
            certificate=certificate,
            security="starttls",
            more=login + more,
            **wishes,
        )

    return make


def short(more: str = "") -> str:
    """Few messages over one connection, so that there are many connections."""
    return f"  messages_per_connection: {dose(3, 1)}\n{more}"


def conversation(scene, **wishes):
    at = scene(**wishes)
    settings = at.workspace / "digest.yaml"
    settings.write_text(settings.read_text().replace("  messages_per_connection: 1000\n", "", 1))
    return at


def causes(evidence):
    return [cause for _, causes in evidence.ledger.values() for cause in causes]


ENDS = {
    "hangs up": {"do": Act.DROP},
    "says 421": {"do": Act.REPLY, "code": 421, "text": "4.3.2 closing"},
}


BEFORE_THE_DOT = [(end, stage, 1) for end in ENDS for stage in NUMBERS if stage is not Stage.BODY]
# Some stages are come to once in a connection and have a number of their own: these take more scenes for 500 faults.
AGAIN = [
    ("hangs up", stage, trial)
    for stage in (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH)
    for trial in range(2, dose(2, 5))
]


@pytest.mark.parametrize(("end", "stage", "trial"), [*some(BEFORE_THE_DOT, daily=6), *AGAIN])
def test_what_ends_before_the_dot_is_never_in_doubt_and_tried_again(secure_scene, stage, end, trial):
    number = NUMBERS[stage] if end == "hangs up" else "F-21"
    faults = (Fault(stage=stage, odds=0.3, **ENDS[end]),)
    at = conversation(secure_scene, number=number, readers=dose(40, 1200), faults=faults, more=short(), seed=trial)
    assert at.until_nothing_waits().returncode == 0
    evidence = at.judge(most_doubts=0)
    assert len(at.server.faults) >= dose(3, 100)
    assert all(len(copies) == 1 for copies in evidence.copies.values())


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_in_the_middle_of_the_message_is_in_doubt_only_if_its_dot_was_already_written(scene, end):
    """A small message and its dot are on their way before a server's word on its first bytes can be back."""
    number = NUMBERS[Stage.BODY] if end == "hangs up" else "F-21"
    script = Script(gap=GAP, faults=(Fault(stage=Stage.BODY, odds=0.3, **ENDS[end]),))
    at = scene(number, readers=dose(40, 1200), script=script, calendar=True)
    at.run_by_the_calendar()
    evidence = at.judge(most_doubts=len(at.server.faults) if end == "hangs up" else 0)
    assert len(at.server.faults) >= dose(3, 100)
    assert all(len(copies) == 1 for copies in evidence.copies.values())


@pytest.mark.parametrize("messages", [1, 10, 100])
def test_a_server_that_takes_few_messages_per_connection_takes_all_in_the_end(scene, messages):
    readers = dose(60, 600)
    at = scene("F-21", readers=readers, connections=2, script=Script(gap=GAP, session_messages=messages))
    assert at.until_nothing_waits().returncode == 0
    evidence = at.judge(most_doubts=0, faults=readers // messages)
    assert all(len(copies) == 1 for copies in evidence.copies.values())


# ── after the dot ───────────────────────────────────────────────────────────────────────────────────────────────────

GONE = (
    Fault(stage=Stage.DOT, do=Act.DROP, accepted=True, odds=0.1),
    Fault(stage=Stage.DOT, do=Act.DROP, accepted=False, odds=0.05),
)


def test_whoever_is_in_doubt_is_held_once_and_never_sent_twice(scene):
    readers = dose(200, 7000)
    at = scene("F-18", readers=readers, more="  in_doubt: {server: hold}", script=Script(gap=GAP, faults=GONE))
    assert at.until_nothing_waits().returncode == 3
    evidence = at.judge()
    held = [who for who, (state, _) in evidence.ledger.items() if state == "held"]
    assert sorted(held) == sorted(who for _, _, who in at.server.faults)
    assert causes(evidence) == ["server"] * len(held)
    assert all(len(copies) == 1 for copies in evidence.copies.values())


def test_whoever_is_in_doubt_is_sent_the_very_same_message_again_until_a_person_must_decide(scene):
    at = scene("F-18", readers=dose(120, 3500), signed=True, store=True, script=Script(gap=GAP, faults=GONE))
    code = at.until_nothing_waits().returncode
    evidence = at.judge()
    dropped = [who for _, _, who in at.server.faults]
    unsaid = [each.recipient for each in evidence.accepted if not each.reply]
    held = {who for who, (state, _) in evidence.ledger.items() if state == "held"}
    assert causes(evidence) == ["server"] * len(dropped)
    assert held == {who for who, times in Counter(dropped).items() if times == MOST_DOUBTS}
    assert code == (3 if held else 0)
    sent = len(evidence.ledger) - len(held)
    assert sum(len(copies) for copies in evidence.copies.values()) == sent + len(unsaid)
    assert len(unsaid) > 0
    records = records_of(read_keys(at.workspace / "keys" / "dkim"), "news.example.org")
    for who in unsaid[:20]:
        copies = {at.server.message(each) for each in evidence.copies[who]}
        assert len(copies) == 1
        assert dkimpy_accepts(copies.pop(), records)


def test_a_server_that_never_answers_is_not_given_ten_thousand_messages(scene):
    """Each would be a doubt, and each doubt perhaps a second copy."""
    silent = Fault(stage=Stage.DOT, do=Act.DROP, accepted=True)
    at = scene("F-18", readers=dose(100, 5000), script=Script(faults=(silent,)))
    run = at.run()
    assert run.returncode == 3, run.said
    assert 10 <= len(at.server.faults) <= 10 + 2 * at.connections
    at.server.follow(Script(gap=GAP))
    assert at.until_nothing_waits().returncode == 3, "they wait for a person, whatever the policy"
    evidence = at.judge()
    assert [state for state, _ in evidence.ledger.values()].count("held") == len(at.server.faults)
    assert {len(copies) for copies in evidence.copies.values()} == {1}


NONSENSE = {  # what is said in answer to the dot, and whether that tells anything
    "byte by byte": (Fault(stage=Stage.DOT, do=Act.BYTEWISE), True),
    "a thousand lines": (Fault(stage=Stage.DOT, do=Act.LONG), True),
    "the same twice": (Fault(stage=Stage.DOT, do=Act.TWICE), True),
    "more than 64 KB": (Fault(stage=Stage.DOT, do=Act.HUGE), False),
    "no reply at all": (Fault(stage=Stage.DOT, do=Act.GARBAGE, accepted=True), False),
    "no reply, and not taken": (Fault(stage=Stage.DOT, do=Act.GARBAGE), False),
    "354 again": (Fault(stage=Stage.DOT, do=Act.REPLY, code=354, text="go on", accepted=True), False),
    "a code of its own": (Fault(stage=Stage.DOT, do=Act.REPLY, code=199, text="well", accepted=True), False),
    "half a reply": (Fault(stage=Stage.DOT, do=Act.GARBAGE, extra="250-2.0.0 and", accepted=True), False),
    "two codes": (Fault(stage=Stage.DOT, do=Act.GARBAGE, extra="250-yes\r\n550 no\r\n", accepted=True), False),
}


@pytest.mark.parametrize("said", some(NONSENSE, 5))
def test_nonsense_in_answer_to_the_dot_is_a_doubt_and_a_strange_yes_is_a_yes(scene, said):
    fault, is_clear = NONSENSE[said]
    some = (3, 7, 20, *range(30, dose(30, 33)))
    script = Script(gap=GAP, faults=(replace(fault, nth=some),))
    at = scene("F-20", readers=40, connections=4, script=script, altered="waits=end:2" * (said == "half a reply"))
    assert at.until_nothing_waits().returncode == 0
    evidence = at.judge()
    asked = {who for _, _, who in at.server.faults}
    doubted = {who for who, (_, events) in evidence.ledger.items() if events}
    assert len(at.server.faults) == len(some)
    assert doubted == (set() if is_clear else asked) or (at.altered and asked <= doubted)


@pytest.mark.parametrize(("late", "is_doubted"), [(0.3, False), (5.0, True)])
def test_a_late_answer_is_waited_for_and_one_that_is_too_late_counts_for_nothing(scene, late, is_doubted):
    """The program waits for three or thirty seconds here, where it else waits for ten minutes."""
    some = dose((5, 6), tuple(range(5, 270, 5)))
    fault = Fault(stage=Stage.DOT, do=Act.OK, wait=late, nth=some)
    script = Script(gap=GAP, faults=(fault,))
    at = scene("F-19", readers=dose(60, 300), script=script, altered=f"waits=end:{3 if is_doubted else 30}")
    assert at.until_nothing_waits().returncode == 0
    evidence = at.judge()
    slow = {who for _, _, who in at.server.faults}
    doubted = {who for who, (_, events) in evidence.ledger.items() if events}
    assert slow <= doubted if is_doubted else not slow & doubted
    assert all(len(evidence.copies[who]) == 2 for who in slow & doubted)


# ── servers that take their time ────────────────────────────────────────────────────────────────────────────────────

WAITS = ("tls", "banner", "hello", "authentication", "mail", "recipient", "data", "block", "end")
SHORT = "waits=" + ",".join(f"{name}:0.7" for name in WAITS)


@pytest.mark.parametrize("stage", some([*every_stage_before_the_dot(), Stage.DOT], 4))
def test_no_wait_is_without_an_end(secure_scene, stage):
    """The program waits for 0.7 seconds here, where RFC 5321 asks for two to ten minutes."""
    some = (2, 3, *range(10, dose(10, 14)))
    at = conversation(
        secure_scene,
        number="F-24",
        readers=40,
        faults=(Fault(stage=stage, do=Act.STALL, nth=some),),
        altered=SHORT,
        more=short(),
    )
    assert at.until_nothing_waits().returncode == 0
    evidence = at.judge()
    doubted = {who for who, (_, events) in evidence.ledger.items() if events}
    assert {who for _, _, who in at.server.faults} <= doubted if stage is Stage.DOT else True


def test_a_connection_that_hangs_does_not_slow_the_others_down(scene):
    silent = Fault(stage=Stage.EHLO, do=Act.STALL, nth=(2,))
    at = scene("F-24", readers=200, connections=4, script=Script(faults=(silent,)), altered="waits=hello:6")
    run = at.until_nothing_waits()
    evidence = at.judge(most_doubts=0)
    assert run.returncode == 0
    taken = sorted(each.at for each in evidence.accepted)
    assert taken[-2] - taken[0] < 6 < taken[-1] - taken[0] + 1
