"""Rates: never more than allowed in any stretch of time, and no slower than allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.rates import RateLimits, Rates


class FakeClock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def limits(**rates) -> tuple[RateLimits, FakeClock]:
    clock = FakeClock()
    return RateLimits(Rates(**rates), clock), clock


@given(
    st.floats(0.05, 500),
    st.lists(st.floats(0, 5), min_size=1, max_size=60),
)
def test_in_no_stretch_of_time_more_go_than_its_length_and_one_second_allow(rate, gaps):
    bucket, clock = limits(overall=rate)
    gone = []
    for gap in gaps:
        clock.now += gap
        gone.append(clock.now + bucket.reserve("a@example.org"))
    assert gone == sorted(gone)
    for first, start in enumerate(gone):
        for last in range(first, len(gone)):
            allowed = (gone[last] - start) * rate + max(1.0, rate)
            assert last - first + 1 <= allowed + 1e-6


def test_a_burst_of_one_second_then_the_rate():
    bucket, _ = limits(overall=10)
    waits = [bucket.reserve("a@example.org") for _ in range(30)]
    assert waits[:10] == pytest.approx([0] * 10)
    assert waits[10:] == pytest.approx([0.1 * n for n in range(1, 21)])


def test_less_than_one_in_a_second_is_waited_for():
    bucket, clock = limits(overall=0.5)
    assert [bucket.reserve("a@example.org") for _ in range(3)] == pytest.approx([0, 2, 4])
    clock.now += 100
    assert bucket.reserve("a@example.org") == 0


def test_a_domain_waits_for_itself_alone():
    bucket, _ = limits(by_domain={"slow.example": 1}, other_domains=1000)
    assert [
        bucket.reserve(f"a@{domain}") for domain in ("slow.example", "SLOW.example", "fast.example")
    ] == pytest.approx([0, 1, 0])


def test_the_longer_of_both_waits_counts():
    bucket, _ = limits(overall=1, by_domain={"slow.example": 0.1})
    assert [bucket.reserve("a@slow.example") for _ in range(3)] == pytest.approx([0, 10, 20])
    assert bucket.reserve("a@other.example") == pytest.approx(3)


def test_what_is_not_limited_is_not_remembered():
    bucket, _ = limits(by_domain={"slow.example": 1})
    for number in range(100):
        assert bucket.reserve(f"a@domain{number}.example") == 0
    assert bucket._domains == {}


def test_a_million_domains_are_not_remembered_for_ever():
    bucket, clock = limits(other_domains=100)
    for number in range(30_000):
        clock.now += 0.01
        bucket.reserve(f"a@domain{number}.example")
    assert len(bucket._domains) <= 10_001
