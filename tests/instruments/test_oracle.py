"""The oracle catches every kind of lie, and lets what is true pass."""

import sqlite3

import pytest
from acceptances import Acceptance
from oracle import Evidence, broken, check, exactness

ANA, BEN, EVA = "ana@example.org", "ben@example.org", "eva@example.org"
SENT, LEFT, HELD = {ANA: ("sent", [])}, {ANA: ("left", [])}, {ANA: ("held", ["crash"])}
IN_DOUBT = {ANA: ("sent", ["crash", "server"])}


def taken(recipient: str, message: str = "") -> Acceptance:
    return Acceptance(
        number=1,
        at=10.0,
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
    report = {"sent": 1, "failed": 1, "left": 1}
    more = {"selected": [ANA, BEN, EVA], "left": {EVA: 5.0}, "report": report, "exit_code": 4, "most_doubts": 0}
    check(Evidence(accepted=[taken(ANA)], ledger=ledger, seed=42, **more))


@pytest.mark.parametrize(
    ("accepted", "ledger", "more"),
    [
        pytest.param([ANA], HELD, {}, id="an acceptance that is in doubt and held"),
        pytest.param([ANA] * 3, IN_DOUBT, {}, id="copies that were in doubt"),
        pytest.param([], LEFT, {"left": {ANA: 7.5}}, id="who left and got nothing"),
        pytest.param([ANA], SENT, {"left": {ANA: 7.5}, "intents": {ANA: [7.0]}}, id="begun before the leaving"),
    ],
)
def test_what_is_honest_passes(accepted, ledger, more):
    assert told(accepted, ledger, **more) == []


@pytest.mark.parametrize(
    ("accepted", "ledger", "more", "sentence"),
    [
        ([], {ANA: ("pending", [])}, {}, f"O1 {ANA}: pending is no end"),
        ([], {ANA: ("intent", [])}, {}, f"O1 {ANA}: intent is no end"),
        ([ANA], SENT, {"selected": [ANA, BEN]}, f"O1 {BEN}: selected, and not in the ledger"),
        ([ANA], SENT, {"selected": [ANA, ANA]}, f"O1 {ANA}: selected 2 times"),
        ([], LEFT, {"selected": []}, f"O1 {ANA}: in the ledger, and never selected"),
        ([ANA], LEFT, {}, f"O2 {ANA}: accepted, yet left and never in doubt"),
        ([ANA, BEN], SENT, {}, f"O2 {BEN}: accepted, and not in the ledger"),
        ([ANA] * 2, SENT, {}, f"O3 {ANA}: 1 extra copies and 0 doubts: a silent duplicate"),
        ([ANA] * 4, IN_DOUBT, {}, f"O3 {ANA}: 3 extra copies and 2 doubts: a silent duplicate"),
        ([], SENT, {}, f"O4 {ANA}: sent in the ledger, and the server never took it"),
        ([ANA], SENT, {"left": {ANA: 7.5}}, f"O5 {ANA}: left 2.500 s before a message to them was begun"),
        (
            [ANA] * 2,
            IN_DOUBT,
            {"left": {ANA: 7.5}, "intents": {ANA: [7.0, 8.0]}},
            f"O5 {ANA}: left 0.500 s before a message to them was begun",
        ),
        ([ANA], SENT, {"report": {"sent": 2}}, "O7 sent: 2 in the report, 1 in the ledger"),
        ([], LEFT, {"report": {}}, "O7 left: 0 in the report, 1 in the ledger"),
        ([], LEFT, {"exit_code": 75}, "O7 the exit code is 75, and the ledger says 0"),
        ([], {ANA: ("failed", [])}, {"exit_code": 0}, "O7 the exit code is 0, and the ledger says 4"),
        ([], HELD, {"exit_code": 0}, "O7 the exit code is 0, and the ledger says 3"),
        ([ANA], IN_DOUBT, {"most_doubts": 1}, "in doubt 2 times, 1 at most"),
    ],
)
def test_every_lie_is_noticed(accepted, ledger, more, sentence):
    assert told(accepted, ledger, **more) == [f"{sentence}, seed 42"]


def test_a_copy_with_other_bytes_is_noticed():
    evidence = Evidence(accepted=[taken(ANA), taken(ANA, "other")], ledger=IN_DOUBT, seed=42)
    with pytest.raises(AssertionError, match=f"O3 {ANA}: the copies differ, seed 42"):
        check(evidence)


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


def test_how_exact_the_doubts_were_is_counted():
    ledger = {ANA: ("sent", ["crash", "crash"]), BEN: ("held", ["crash"]), EVA: ("held", ["crash"])}
    evidence = Evidence(accepted=[taken(ANA), taken(ANA), taken(BEN)], ledger=ledger, seed=42)
    assert exactness(evidence) == (2, 4)
