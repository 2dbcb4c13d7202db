"""The guard: when are an edition's readers not those that one would expect?"""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.guard import AudienceSizes, alarms, empty, last_edition, readers_of
from digest.newsletters.edition import Choice, Edition, EditionState
from digest.newsletters.period import Period, PeriodKind


@pytest.mark.parametrize(
    ("before", "now", "alarmed"),
    [
        (100, 100, False),
        (100, 130, False),
        (100, 70, False),
        (100, 131, True),
        (100, 69, True),
        (10, 13, False),
        (10, 14, True),
        (10, 7, False),
        (10, 6, True),
        (1, 1, False),
        (1, 0, True),
        (0, 0, False),
        (0, 50, False),  # an audience that nobody read finds readers
    ],
)
def test_more_than_thirty_per_cent_either_way_is_an_alarm(before, now, alarmed):
    assert bool(alarms({"guatemala": now}, {"guatemala": before})) is alarmed


@given(st.integers(1, 1_000_000), st.integers(0, 1_000_000))
def test_the_limit_is_exact_for_any_number(before, now):
    assert bool(alarms({"a": now}, {"a": before})) is (now == 0 or 10 * abs(now - before) > 3 * before)


def test_an_alarm_tells_the_numbers():
    now = {"guatemala": 0, "mexico": 40, "belize": 65, "new": 3}
    before = {"guatemala": 18, "mexico": 100, "belize": 50, "gone": 7}
    assert alarms(now, before) == [
        "guatemala: 18 readers at the last edition, nobody now",
        "mexico: 100 readers at the last edition, 40 now (-60 %)",
        "gone: 7 readers at the last edition, nobody now; the newsletter has no such audience any more",
    ]
    assert alarms({"belize": 66}, before | {"guatemala": 0, "mexico": 0, "gone": 0}) == [
        "belize: 50 readers at the last edition, 66 now (+32 %)"
    ]


def test_the_first_edition_alarms_nobody():
    readers = AudienceSizes(now={"guatemala": 0, "mexico": 3})
    assert readers.alarms == alarms(readers.now, None) == []
    assert empty(readers.now) == ["guatemala"]


def test_a_reader_of_two_audiences_counts_in_both(newsletter, audience):
    monthly = newsletter(audience("guatemala"), audience("mexico"), audience("belize"))
    subscribed = [
        (Choice(newsletter="monthly", audiences=frozenset({"guatemala", "mexico"}), language="en"), 3),
        (Choice(newsletter="monthly", audiences=frozenset({"mexico", "forgotten"}), language="es"), 2),
    ]
    assert readers_of(monthly.audience_names, subscribed) == {"guatemala": 3, "mexico": 5, "belize": 0}


def test_the_last_edition_is_the_one_that_was_sealed_last():
    def make(key, state, hour=None, revision=1):
        return Edition(
            newsletter="monthly",
            period=Period.from_key(PeriodKind.MONTH, key),
            state=state,
            revision=revision,
            sealed_at=None if hour is None else datetime(2018, 8, 5, hour, tzinfo=UTC),
        )

    june = make("2018-06", EditionState.FINISHED, 9)
    late_may = make("2018-05", EditionState.SENDING, 11)
    reissued = make("2018-06", EditionState.SEALED, 10, revision=2)
    expired = make("2018-04", EditionState.EXPIRED, 12)
    passed = make("2018-03", EditionState.MISSED)
    july = make("2018-07", EditionState.DRAFT)
    everything = [june, late_may, reissued, expired, passed, july]
    assert last_edition(everything, july) == late_may
    assert last_edition(everything, late_may) == reissued
    assert last_edition([expired, passed, july], july) is None
