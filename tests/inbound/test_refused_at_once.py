"""What a server refuses at once counts as the same words in a report a minute later."""

import pytest
from databases import database_at
from office import ANA, at

from digest.foundation.schema import editions
from digest.inbound.inbound import Scoring
from digest.inbound.store import InboundMail

pytestmark = pytest.mark.both_databases

MONTHS = ["2018-04-05", "2018-05-05", "2018-06-05", "2018-07-05", "2018-08-05"]


def refused(office, why, days=MONTHS, answer="550 5.1.1 User unknown"):
    """An edition of each day, in which Ana was refused."""
    edition = office.instance.editions.editions("monthly")[0]
    columns = [column.name for column in editions.columns if column.name != "number"]
    for number, day in enumerate(days, 100):
        chosen = ", ".join(f"'{day[:7]}x'" if name == "period" else name for name in columns)
        office.change(
            f"INSERT INTO editions (number, {', '.join(columns)}) SELECT {number}, {chosen} FROM editions"
            f" WHERE number = {edition.number}",
            "INSERT INTO deliveries (edition, subscriber, address, state, changed_at, answer, why)"
            f" SELECT {number}, number, address, 'failed', '{day}T12:00:00.000000+00:00', '{answer}', '{why}'"
            f" FROM subscribers WHERE folded = '{ANA}'",
        )
    last = max(office.instance.editions.editions("monthly"), key=lambda one: one.number or 0)
    store = InboundMail(database_at(office.folder / "digest.db"))
    return store.count_refusals(last, Scoring(forget_after=at("2018-06-05") - at("2018-04-05")), at(days[-1]))


def test_whoever_is_refused_at_once_month_by_month_is_given_up(office):
    assert refused(office, "dead-mailbox", MONTHS[:4]) == 0
    office.change("DELETE FROM deliveries WHERE edition >= 100", "DELETE FROM editions WHERE number >= 100")
    assert refused(office, "dead-mailbox") == 1
    assert office.gets(ANA) == []
    said = office.run("explain", ANA)
    assert "because mail to it came back (5 times, the last time with 5.1.1)" in said
    assert "the last answer of a server: on 5 August 2018" in said
    assert "“550 5.1.1 User unknown”" in said


@pytest.mark.parametrize(("why", "given_up"), [("full-mailbox", 0), ("policy", 0), ("sender", 0), ("other", 0)])
def test_what_is_not_a_dead_mailbox_counts_less_or_nothing(office, why, given_up):
    assert refused(office, why) == given_up
    assert office.gets(ANA) == ["monthly", "weekly"]
