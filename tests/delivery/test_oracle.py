"""The oracle itself: it has to catch every kind of lie."""

import sqlite3

import pytest
from acceptances import Acceptance
from oracle import Evidence, broken, check, exactness

ANA, BEN, EVA = "ana@example.org", "ben@example.org", "eva@example.org"
NOBODY: tuple[str, tuple[str, ...]] = ("left", ())


def taken(recipient: str, at: float = 10.0, message: str = "") -> Acceptance:
    return Acceptance(
        number=1,
        at=at,
        connection=1,
        sender="news@example.org",
        recipient=recipient,
        message_id=f"<{recipient}>",
        fingerprint=message or recipient,
        size=100,
        reply="250 ok",
    )


def told(accepted=(), ledger=None, **more) -> list[str]:
    return broken(Evidence(accepted=[taken(each) for each in accepted], ledger=ledger or {}, seed=42, **more))


def test_a_true_ledger_passes():
    ledger = {ANA: ("sent", []), BEN: ("failed", []), EVA: ("left", [])}
    evidence = Evidence(
        accepted=[taken(ANA)],
        ledger=ledger,
        seed=42,
        selected=[ANA, BEN, EVA],
        left={EVA: 5.0},
        report={"sent": 1, "failed": 1, "left": 1},
        exit_code=4,
        most_doubts=0,
    )
    check(evidence)


def test_it_fails_with_all_sentences_at_once():
    evidence = Evidence(accepted=[], ledger={ANA: ("sent", []), BEN: ("pending", [])}, seed=42)
    with pytest.raises(AssertionError, match=rf"(?s){BEN}: pending is no end, seed 42.*{ANA}: sent in the ledger"):
        check(evidence)


@pytest.mark.parametrize("state", ["pending", "intent", "sending", "SENT"])
def test_a_recipient_without_an_end_is_lost(state):
    assert told([], {ANA: (state, [])}) == [f"O1 {ANA}: {state} is no end, seed 42"]


def test_a_selected_recipient_who_is_not_in_the_ledger_is_lost():
    assert told([ANA], {ANA: ("sent", [])}, selected=[ANA, BEN]) == [
        f"O1 {BEN}: selected, and not in the ledger, seed 42"
    ]


def test_a_recipient_nobody_selected_is_noticed():
    assert told([ANA], {ANA: ("sent", []), BEN: ("failed", [])}, selected=[ANA]) == [
        f"O1 {BEN}: in the ledger, and never selected, seed 42"
    ]


def test_a_recipient_who_was_selected_twice_is_noticed():
    assert told([ANA], {ANA: ("sent", [])}, selected=[ANA, ANA]) == [f"O1 {ANA}: selected 2 times, seed 42"]


@pytest.mark.parametrize("state", ["failed", "left", "no-variant", "held"])
def test_an_acceptance_the_ledger_denies_is_noticed(state):
    assert told([ANA], {ANA: (state, [])}) == [f"O2 {ANA}: accepted, yet {state} and never in doubt, seed 42"]


def test_an_acceptance_that_is_in_doubt_and_held_is_honest():
    assert told([ANA], {ANA: ("held", ["crash"])}) == []


def test_mail_to_a_stranger_is_noticed():
    assert told([ANA, BEN], {ANA: ("sent", [])}) == [f"O2 {BEN}: accepted, and not in the ledger, seed 42"]


@pytest.mark.parametrize(("copies", "doubts"), [(2, 0), (3, 1), (5, 3)])
def test_a_silent_duplicate_is_noticed(copies, doubts):
    found = told([ANA] * copies, {ANA: ("sent", ["crash"] * doubts)})
    assert found == [f"O3 {ANA}: {copies - 1} extra copies and {doubts} doubts: a silent duplicate, seed 42"]


def test_a_copy_that_was_in_doubt_is_no_silent_duplicate():
    assert told([ANA] * 3, {ANA: ("sent", ["crash", "server"])}) == []


def test_a_copy_with_other_bytes_is_noticed():
    evidence = Evidence(accepted=[taken(ANA), taken(ANA, message="other")], ledger={ANA: ("sent", ["crash"])}, seed=42)
    assert broken(evidence) == [f"O3 {ANA}: the copies differ, seed 42"]


def test_a_false_sent_is_noticed():
    assert told([], {ANA: ("sent", [])}) == [f"O4 {ANA}: sent in the ledger, and the server never took it, seed 42"]


def test_mail_after_leaving_is_noticed():
    found = told([ANA], {ANA: ("sent", [])}, left={ANA: 7.5})
    assert found == [f"O5 {ANA}: left 2.500 s before a message to them was begun, seed 42"]


def test_mail_that_was_begun_before_the_leaving_may_still_arrive():
    assert told([ANA], {ANA: ("sent", [])}, left={ANA: 7.5}, intents={ANA: [7.0]}) == []


def test_a_second_intent_after_the_leaving_is_noticed():
    found = told([ANA, ANA], {ANA: ("sent", ["crash"])}, left={ANA: 7.5}, intents={ANA: [7.0, 8.0]})
    assert found == [f"O5 {ANA}: left 0.500 s before a message to them was begun, seed 42"]


def test_whoever_left_and_got_nothing_is_content():
    assert told([], {ANA: NOBODY}, left={ANA: 7.5}) == []


def test_a_broken_database_is_noticed(tmp_path):
    path = tmp_path / "digest.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE deliveries (id INTEGER PRIMARY KEY, state TEXT)")
        connection.executemany("INSERT INTO deliveries (state) VALUES (?)", [("sent" * 50,)] * 500)
    connection.close()
    assert told(database=path) == []
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    (found,) = told(database=path)
    assert found.startswith("O6 digest.db: ")


def test_a_file_that_is_no_database_is_noticed(tmp_path):
    (tmp_path / "digest.db").write_text("nothing of the kind" * 100)
    assert told(database=tmp_path / "digest.db") == ["O6 digest.db: file is not a database, seed 42"]


def test_a_report_that_does_not_add_up_is_noticed():
    assert told([ANA], {ANA: ("sent", [])}, report={"sent": 2}) == [
        "O7 sent: 2 in the report, 1 in the ledger, seed 42"
    ]
    assert told([], {ANA: ("failed", [])}, report={}) == ["O7 failed: 0 in the report, 1 in the ledger, seed 42"]


@pytest.mark.parametrize(
    ("states", "code"),
    [(["left"], 0), (["held"], 3), (["failed"], 4), (["in-doubt"], 3), (["failed", "held"], 4)],
)
def test_the_exit_code_follows_from_the_ledger(states, code):
    ledger = {f"reader{number}@example.org": (state, ["crash"]) for number, state in enumerate(states)}
    assert told([], ledger, exit_code=code) == []
    assert told([], ledger, exit_code=75) == [f"O7 the exit code is 75, and the ledger says {code}, seed 42"]


def test_more_doubts_than_connections_and_kills_allow_are_noticed():
    assert told([ANA], {ANA: ("sent", ["crash"] * 5)}, most_doubts=4) == ["in doubt 5 times, 4 at most, seed 42"]


def test_how_exact_the_doubts_were_is_counted():
    ledger = {ANA: ("sent", ["crash", "crash"]), BEN: ("held", ["crash"]), EVA: ("held", ["crash"])}
    evidence = Evidence(accepted=[taken(ANA), taken(ANA), taken(BEN)], ledger=ledger, seed=42)
    assert exactness(evidence) == (2, 4)
