"""Deliveries as lines of a table or of JSON, written as they are read: a million need no more memory than a few."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import chain, islice

from digest.foundation.words import counted, harmless
from digest.model.decision import Decision, DecisionRecord, DeliveryRecord, DoubtRecord
from digest.web.columns import Table, labelled, seen

HEADINGS = ("address", "state", "attempts", "next attempt", "answer")
MEASURED = 200  # rows that decide how wide the columns are
ANSWER_MOST = 100
INDENT = "    "

CAUSES = {
    "crash": "the program died after the last bytes",
    "server": "the server did not say whether it has it",
    "power": "the machine restarted meanwhile",
    "restore": "the database is older than the journal",
}
REMEDIES = {"resend": "sent again", "hold": "held for a person", "assume-sent": "taken as sent"}
DECISIONS = {
    Decision.RESEND: "sent again",
    Decision.MARK_SENT: "marked as sent",
    Decision.MARK_FAILED: "marked as failed",
}


def text_lines(records: Iterable[DeliveryRecord], zone: tzinfo, most: int | None = None) -> Iterator[str]:
    """A table, `most` cells wide at most, with a line below a row for each doubt and decision; nothing for no rows."""
    rows = iter(records)
    first = list(islice(rows, MEASURED))
    if not first:
        return
    measured = [_cells(record, zone) for record in first]
    table = Table(HEADINGS, measured, most=most, open_end=True)
    yield from table.head()
    for record in chain(first, rows):
        yield from table.row(_cells(record, zone))
        for at, said in sorted(_story(record)):
            line = f"{INDENT}{_at(at, zone)} {said}"
            yield from [line] if most is None or seen(line) <= most else labelled("", line, width=0, most=most)


def json_lines(records: Iterable[DeliveryRecord]) -> Iterator[str]:
    """One array, a delivery a line."""
    yield "["
    before = None
    for record in records:
        if before is not None:
            yield f"{before},"
        before = json.dumps(_data(record), ensure_ascii=False)
    if before is not None:
        yield before
    yield "]"


def doubted(doubt: DoubtRecord) -> str:
    remedy = REMEDIES.get(doubt.remedy, doubt.remedy)
    return f"{CAUSES.get(doubt.cause, doubt.cause)}; {remedy}"


def decided(decision: DecisionRecord) -> str:
    because = f": {harmless(decision.because)}" if decision.because else ""
    return f"{DECISIONS[decision.step]} by {harmless(decision.by)}{because}"


def did(decision: Decision, count: int) -> str:
    mails = counted(count, "mail", "mails")
    return f"{mails} to be sent again" if decision is Decision.RESEND else f"{mails} {DECISIONS[decision]}"


def _story(record: DeliveryRecord) -> Iterator[tuple[datetime, str]]:
    for doubt in record.doubts:
        yield doubt.at, f"in doubt: {doubted(doubt)}"
    for decision in record.decisions:
        yield decision.at, decided(decision)


def _cells(record: DeliveryRecord, zone: tzinfo) -> Sequence[str]:
    answer = " ".join(harmless(record.answer or "").split())
    return (
        record.address,
        record.state.value,
        str(record.attempts or ""),
        _at(record.next_attempt_at, zone) if record.next_attempt_at and record.state.is_open else "",
        answer if len(answer) <= ANSWER_MOST else f"{answer[: ANSWER_MOST - 1]}…",
    )


def _at(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _data(record: DeliveryRecord) -> dict[str, object]:
    return {
        "address": record.address,
        "variant": record.variant,
        "state": record.state.value,
        "changed_at": record.changed_at.isoformat(),
        "attempts": record.attempts,
        "next_attempt_at": record.next_attempt_at.isoformat() if record.next_attempt_at else None,
        "answer": record.answer,
        "why": record.why,
        "doubts": [
            {"at": doubt.at.isoformat(), "cause": doubt.cause, "said": doubt.said, "remedy": doubt.remedy}
            for doubt in record.doubts
        ],
        "decisions": [
            {
                "at": one.at.isoformat(),
                "by": one.by,
                "step": one.step.value,
                "before": one.before.value,
                "because": one.because,
            }
            for one in record.decisions
        ],
    }
