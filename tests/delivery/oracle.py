"""The oracle: judges a ledger by what a server really took. Each broken rule is a sentence with recipient and seed.

The equations: O1 every selected recipient has exactly one end · O2 whoever was accepted is `sent`, or in doubt and
said so · O3 every extra copy has a doubt of its own, and is the same message · O4 whoever is `sent` was accepted ·
O5 who had left before the intent gets nothing · O6 the database is sound · O7 report, ledger and exit code agree.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acceptances import Acceptance

SENT = "sent"
FAILED = "failed"
UNRESOLVED = frozenset({"held", "in-doubt"})  # a person has to decide
ENDS = frozenset({SENT, FAILED, "no-variant", "left"}) | UNRESOLVED


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What is known after a scenario. `ledger` maps each recipient to their final state and their in-doubt events.

    Without `selected` the ledger's own recipients count. `left` says when a leaving was durable, `intents` when the
    intents of a recipient were; where no intents are given, the acceptance stands for its intent. `report` counts the
    states as the program reported them.
    """

    accepted: Sequence[Acceptance]
    ledger: Mapping[str, tuple[str, Sequence[str]]]
    seed: object
    selected: Collection[str] | None = None
    left: Mapping[str, float] = field(default_factory=dict)
    intents: Mapping[str, Sequence[float]] = field(default_factory=dict)
    database: Path | None = None
    report: Mapping[str, int] | None = None
    exit_code: int | None = None
    most_doubts: int | None = None  # such as connections × kills

    @property
    def copies(self) -> Mapping[str, list[Acceptance]]:
        found: dict[str, list[Acceptance]] = {}
        for each in self.accepted:
            found.setdefault(each.recipient, []).append(each)
        return found

    def state(self, recipient: str) -> str:
        return self.ledger.get(recipient, ("", ()))[0]

    def doubts(self, recipient: str) -> Sequence[str]:
        return self.ledger.get(recipient, ("", ()))[1]


def check(evidence: Evidence) -> None:
    """Fails with every broken rule; silent when all hold."""
    found = broken(evidence)
    assert not found, "\n".join(found[:40])


def broken(evidence: Evidence) -> list[str]:
    """Every broken rule as `O3 ana@example.org: …, seed 7`."""
    rules = (_one_end, _accepted_is_known, _copies, _nothing_false, _leaving, _database, _totals, _few_doubts)
    return [f"{sentence}, seed {evidence.seed}" for rule in rules for sentence in rule(evidence)]


def row(number: str, evidence: Evidence, found: Sequence[str], **counted: int) -> dict[str, object]:
    """What the torture report tells of a scenario; `found` are the broken rules."""
    extra = {who: len(copies) - 1 for who, copies in evidence.copies.items()}
    doubts = {who: len(events) for who, (_, events) in evidence.ledger.items()}
    return {
        "number": number,
        "messages": len(evidence.ledger if evidence.selected is None else evidence.selected),
        **counted,
        "lost": len({sentence.split()[1] for sentence in found if sentence.startswith(("O1", "O4"))}),
        "silent": sum(max(0, more - doubts.get(who, 0)) for who, more in extra.items()),
        "doubts": sum(doubts.values()),
        "extra": sum(extra.values()),
        "exact": exactness(evidence)[0],
    }


def _one_end(evidence: Evidence) -> Iterator[str]:
    selected = evidence.ledger.keys() if evidence.selected is None else evidence.selected
    for recipient, count in Counter(selected).items():
        state = evidence.state(recipient)
        if count > 1:
            yield f"O1 {recipient}: selected {count} times"
        if not state:
            yield f"O1 {recipient}: selected, and not in the ledger"
        elif state not in ENDS:
            yield f"O1 {recipient}: {state} is no end"
    for recipient in evidence.ledger.keys() - set(selected):
        yield f"O1 {recipient}: in the ledger, and never selected"


def _accepted_is_known(evidence: Evidence) -> Iterator[str]:
    for recipient in evidence.copies:
        state = evidence.state(recipient)
        if not state:
            yield f"O2 {recipient}: accepted, and not in the ledger"
        elif state != SENT and not evidence.doubts(recipient):
            yield f"O2 {recipient}: accepted, yet {state} and never in doubt"


def _copies(evidence: Evidence) -> Iterator[str]:
    for recipient, copies in evidence.copies.items():
        extra, doubts = len(copies) - 1, len(evidence.doubts(recipient))
        if extra > doubts:
            yield f"O3 {recipient}: {extra} extra copies and {doubts} doubts: a silent duplicate"
        if len({(each.fingerprint, each.message_id) for each in copies}) > 1:
            yield f"O3 {recipient}: the copies differ"


def _nothing_false(evidence: Evidence) -> Iterator[str]:
    copies = evidence.copies
    for recipient, (state, _) in evidence.ledger.items():
        if state == SENT and recipient not in copies:
            yield f"O4 {recipient}: sent in the ledger, and the server never took it"


def _leaving(evidence: Evidence) -> Iterator[str]:
    for recipient, left_at in evidence.left.items():
        copies = evidence.copies.get(recipient, [])
        begun = evidence.intents.get(recipient) or [each.at for each in copies]
        if copies and any(at > left_at for at in begun):
            yield f"O5 {recipient}: left {max(begun) - left_at:.3f} s before a message to them was begun"


def _database(evidence: Evidence) -> Iterator[str]:
    if evidence.database is None:
        return
    try:
        connection = sqlite3.connect(f"{evidence.database.resolve().as_uri()}?mode=ro", uri=True)
        try:
            said = [row[0] for row in connection.execute("PRAGMA quick_check")]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said != ["ok"]:
        yield f"O6 {evidence.database.name}: {'; '.join(said[:3])}"


def _totals(evidence: Evidence) -> Iterator[str]:
    counted = Counter(state for state, _ in evidence.ledger.values())
    if evidence.report is not None:
        for state in sorted(counted.keys() | evidence.report.keys()):
            if counted[state] != evidence.report.get(state, 0):
                yield f"O7 {state}: {evidence.report.get(state, 0)} in the report, {counted[state]} in the ledger"
    expected = 4 if counted[FAILED] else 3 if any(counted[state] for state in UNRESOLVED) else 0
    if evidence.exit_code is not None and evidence.exit_code != expected:
        yield f"O7 the exit code is {evidence.exit_code}, and the ledger says {expected}"


def _few_doubts(evidence: Evidence) -> Iterator[str]:
    doubts = sum(len(events) for _, events in evidence.ledger.values())
    if evidence.most_doubts is not None and doubts > evidence.most_doubts:
        yield f"in doubt {doubts} times, {evidence.most_doubts} at most"


def exactness(evidence: Evidence) -> tuple[int, int]:
    """(doubts whose message the server had truly taken, all doubts), over recipients whose end is known."""
    truly = total = 0
    for recipient, copies in evidence.copies.items():
        doubts = len(evidence.doubts(recipient))
        total += doubts
        truly += min(doubts, len(copies) - (evidence.state(recipient) == SENT))
    silent = evidence.ledger.keys() - evidence.copies.keys()
    return truly, total + sum(len(evidence.doubts(recipient)) for recipient in silent)
