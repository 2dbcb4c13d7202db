"""Pacing: throttled domains wait by themselves, and a day's quota is kept to the letter."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from digest.delivery.outgoing import Outcome, OutcomeKind, OutgoingMessage
from digest.delivery.pace import DAY, HELD_BACK_MOST, PacedRows
from digest.delivery.rates import Rates
from digest.mail.message import Recipient

AT = datetime(2018, 8, 5, 15, tzinfo=UTC)


class Rows:
    """A ledger of rows that are all pending, and what left."""

    def __init__(self, *domains):
        self.rows = [
            Recipient(row=n, subscriber=f"{n:016x}", address=f"reader{n}@{domain}", name=None, variant="v")
            for n, domain in enumerate(domains)
        ]
        self.place = self.looked_at = 0
        self.sent = []

    def fetch(self, most, _at):
        found = self.rows[self.place : self.place + most]
        self.place += len(found)
        self.looked_at = max(self.looked_at, self.place)
        return found

    def settle(self, results, wanted, at):
        self.sent += [at for result in results if result.kind is OutcomeKind.SENT]
        return frozenset(letter.row for letter in wanted)

    def start_over(self):
        self.place = 0

    def count(self, since):
        return sum(at >= since for at in self.sent)


class Hand:
    now = 1000.0

    def __call__(self):
        return self.now


def letter_to(recipient):
    return OutgoingMessage(row=recipient.row, delivery="d", sender="", recipient=recipient.address, pieces=())


def result_of(recipient, kind=OutcomeKind.SENT):
    return Outcome(message=letter_to(recipient), kind=kind, answer="")


def domains_of(recipients):
    return Counter(recipient.address.partition("@")[2] for recipient in recipients)


def test_a_throttled_domain_holds_up_no_other():
    rows = Rows(*["slow.example"] * 500, *["quick.example"] * 100)
    clock = Hand()
    paced = PacedRows(rows, Rates(by_domain={"slow.example": 5}), None, rows.count, clock=clock)
    first = paced.fetch(32, AT)
    assert domains_of(first) == {"slow.example": 5, "quick.example": 27}
    assert domains_of(paced.fetch(100, AT)) == {"quick.example": 73}


def test_when_nobody_else_is_left_the_next_of_a_throttled_domain_is_waited_for():
    rows = Rows(*["slow.example"] * 4, *["slower.example"] * 4)
    paced = PacedRows(rows, Rates(by_domain={"slow.example": 1, "slower.example": 0.1}), None, rows.count, clock=Hand())
    assert domains_of(paced.fetch(8, AT)) == {"slow.example": 1, "slower.example": 1}
    # The clock stands still: each time it is the one whose turn comes next.
    assert [domains_of(paced.fetch(8, AT)).popitem()[0] for _ in range(6)] == ["slow.example"] * 3 + [
        "slower.example"
    ] * 3
    assert list(paced.fetch(8, AT)) == []


def test_in_time_they_come_in_their_order_and_each_once():
    rows = Rows(*["slow.example"] * 50)
    clock = Hand()
    paced = PacedRows(rows, Rates(other_domains=5), None, rows.count, clock=clock)
    found = []
    for _ in range(12):
        found += paced.fetch(50, AT)
        clock.now += 1
    assert [recipient.row for recipient in found] == list(range(50))


def test_so_many_are_held_back_and_no_more():
    rows = Rows(*["slow.example"] * (HELD_BACK_MOST + 5_000), "quick.example")
    paced = PacedRows(rows, Rates(by_domain={"slow.example": 1}), None, rows.count, clock=Hand())
    paced.fetch(16, AT)
    assert rows.looked_at <= HELD_BACK_MOST + 500
    assert len(paced.fetch(16, AT)) == 1


def test_a_day_has_its_quota():
    rows = Rows(*["a.example"] * 25)
    paced = PacedRows(rows, Rates(), 10, rows.count)
    first = paced.fetch(8, AT)
    second = paced.fetch(8, AT)
    assert (len(first), len(second)) == (8, 2)
    assert list(paced.fetch(8, AT)) == []
    assert paced.is_used_up
    paced.settle([result_of(each) for each in (*first, *second)], [], AT)
    again = PacedRows(rows, Rates(), 10, rows.count)
    assert list(again.fetch(8, AT + timedelta(hours=23))) == []
    rows.start_over()
    assert len(again.fetch(8, AT + DAY + timedelta(seconds=1))) == 8


def test_what_did_not_leave_takes_nothing_from_the_quota():
    rows = Rows(*["a.example"] * 25)
    paced = PacedRows(rows, Rates(), 10, rows.count)
    first = paced.fetch(10, AT)
    paced.settle([result_of(each, OutcomeKind.FAILED) for each in first[:4]], [], AT)
    paced.settle([result_of(each) for each in first[4:]], [], AT)
    assert len(paced.fetch(10, AT)) == 4


def test_a_quota_that_is_just_enough_is_not_used_up():
    rows = Rows(*["a.example"] * 10)
    paced = PacedRows(rows, Rates(), 10, rows.count)
    paced.settle([result_of(each) for each in paced.fetch(10, AT)], [], AT)
    assert list(paced.fetch(10, AT)) == []
    assert not paced.is_used_up


@pytest.mark.parametrize("daily", [1, 7, 1_000])
def test_with_rates_and_a_quota_everybody_is_fetched_once(daily):
    rows = Rows(*(f"{name}.example" for name in "abcab" * 20))
    clock, at, found = Hand(), AT, []
    for _ in range(300):
        paced = PacedRows(rows, Rates(other_domains=3), daily, rows.count, clock=clock)
        rows.rows = [each for each in rows.rows if each not in found]
        rows.start_over()
        while now := paced.fetch(5, at):
            assert len(now) <= 5
            found += now
            paced.settle([result_of(each) for each in now], [], at)
            clock.now += 1
        assert rows.count(at) <= daily
        at += DAY + timedelta(seconds=1)
    assert len(found) == len({each.row for each in found}) == 100
