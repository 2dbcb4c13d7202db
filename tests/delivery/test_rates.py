"""Rates and the day's quota with the whole program: a throttled domain is spared, others do not wait for it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import local_offices
import pytest
import sender

SLOW = [f"slow{number}@slow.example" for number in range(3)]
QUICK = [f"quick{number}@quick.example" for number in range(60)]


def test_over_smtp_a_quiet_domain_does_not_wait_behind_a_throttled_one(tmp_path, sealed_template, fault_process):
    server = fault_process()
    office = local_offices.office(
        sealed_template,
        tmp_path / "office",
        {
            "transport": "smtp",
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "connections": 1,
            "rates": {"Slow.example": 0.5},
        },
        [*SLOW, *QUICK],
    )
    sender.digest(office, "send", "2018-07", "--yes")
    at = {each.recipient: each.at for each in server.accepted}
    assert len(server.accepted) == len(at) == len(SLOW) + len(QUICK) + 1  # and the template's own reader
    slow, quick = sorted(at[each] for each in SLOW), sorted(at[each] for each in QUICK)
    # One goes at once, then one every two seconds; all others are through before the last of them.
    assert slow[-1] - slow[0] >= 3.9
    assert quick[-1] < slow[-1]


def test_a_program_gets_messages_no_faster_than_allowed(tmp_path, sealed_template):
    office = local_offices.office(
        sealed_template,
        tmp_path / "office",
        {"transport": "maildir", "path": "mail", "rate": 8, "rates": {"others": 100}, "connections": 4},
        local_offices.readers(36),
    )
    sender.digest(office, "send", "2018-07", "--yes")
    times = sorted(path.stat().st_mtime for path in (office / "mail" / "new").iterdir())
    assert len(times) == 36
    assert times[-1] - times[0] >= 28 / 8 - 0.3  # eight at once; the first may be written a little late


@pytest.mark.parametrize("transport", ["maildir", "smtp"])
def test_a_days_quota_is_kept_and_the_rest_goes_the_next_day(tmp_path, sealed_template, fault_process, transport):
    server = fault_process() if transport == "smtp" else None
    where = {"host": "127.0.0.1", "port": server.port, "security": "none"} if server else {"path": "mail"}
    office = local_offices.office(
        sealed_template, tmp_path / "office", {"transport": transport, "daily": 4} | where, local_offices.readers(7)
    )

    def count():
        return len(server.accepted) if server else len(list((office / "mail" / "new").iterdir()))

    days = {_tomorrow()}
    stopped = sender.digest(office, "send", "2018-07", "--yes", code=75)
    again = sender.digest(office, "send", "2018-07", "--yes", code=75)
    assert count() == 4
    days.add(_tomorrow())
    for said in (stopped.stderr, again.stderr):
        assert "delivery.daily: 4" in said
        assert any(f"goes on from {day}" in said for day in days)
    states = [state for state, _ in sender.ledger(office).values()]
    assert (states.count("sent"), states.count("pending")) == (4, 3)
    _let_a_day_pass(office)
    sender.digest(office, "send", "2018-07", "--yes")
    assert count() == 7


def _tomorrow():
    """In Costa Rica."""
    return (datetime.now(UTC) - timedelta(hours=6) + timedelta(days=1)).strftime("%Y-%m-%d")


def _let_a_day_pass(office):
    """Moves what the ledger knows into yesterday."""
    with closing(sqlite3.connect(office / "digest.db")) as database, database:
        before = (datetime.now(UTC) - timedelta(days=1, seconds=1)).isoformat(timespec="microseconds")
        database.execute("UPDATE deliveries SET changed_at = ? WHERE state = 'sent'", (before,))
