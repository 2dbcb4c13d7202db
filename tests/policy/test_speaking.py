"""The period a person means."""

import pytest

from digest.errors import UsageError
from digest.model.period import Period, PeriodKind
from digest.policy.speaking import period_from_words

KNOWN = [Period.from_key(PeriodKind.MONTH, key) for key in ("2017-07", "2018-07", "2018-08")]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("2018-07", "2018-07"),
        ("2031-01", "2031-01"),
        ("july", "2018-07"),
        ("Julio", "2018-07"),
        ("JULY 2017", "2017-07"),
        ("julio de 2017", "2017-07"),
        ("aug", "2018-08"),
    ],
)
def test_a_month_may_be_named_by_key_or_in_words(words, key):
    assert period_from_words(PeriodKind.MONTH, words, KNOWN, ("en", "es")).key == key


@pytest.mark.parametrize("words", ["", "december", "2018-13", "julio 2016", "next", "2018-W31"])
def test_what_nobody_knows_is_answered_with_what_there_is(words):
    with pytest.raises(UsageError, match="2017-07, 2018-07, 2018-08"):
        period_from_words(PeriodKind.MONTH, words, KNOWN, ("en", "es"))


def test_a_weeks_key_may_be_in_lower_case():
    assert period_from_words(PeriodKind.WEEK, "2018-w31", [], ("en",)).key == "2018-W31"
