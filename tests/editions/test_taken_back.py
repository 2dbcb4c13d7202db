"""An edition that expired and is taken back is what it was: its verdicts too, whatever became of its stories."""

from datetime import timedelta

import pytest

from digest.editions.missed import expire
from digest.newsletters.edition import CarriedOver, EditionState

pytestmark = pytest.mark.both_databases


@pytest.fixture
def approved(workshop, found):
    workshop.subscribe("all@example.org")
    workshop.source.items = [found("Hub", "2018-07-03", "text of hub"), found("Law", "2018-07-04", "text of law")]
    workshop.collect()
    return workshop.approve(workshop.build("2018-07").edition)


@pytest.mark.parametrize("carried", [None, *CarriedOver])
def test_by_the_clock_it_is_approved_as_before_and_can_be_sent(workshop, approved, carried):
    before, now = workshop.editions.verdicts(approved), workshop.clock.now()
    workshop.clock.at += timedelta(days=900)
    expire(workshop.bench, workshop.newsletter, approved, "nobody sent it", carried)
    assert workshop.editions.take_back(now) == [approved.name]
    (edition,) = workshop.editions.editions()
    assert edition.state is EditionState.SEALED
    assert workshop.editions.verdicts(edition) == before
    assert workshop.editions.settled("monthly").keys() == {verdict.story_id for verdict in before}
    assert workshop.send(edition).edition.state is EditionState.FINISHED


def test_by_a_person_it_is_the_draft_that_was_approved(workshop, approved):
    before = workshop.editions.verdicts(approved)
    expired = expire(workshop.bench, workshop.newsletter, approved, "nobody sent it", None)
    opened = workshop.editions.reopen(expired, "reopened by Marta: it is still news")
    assert workshop.editions.verdicts(opened) == before
    assert workshop.editions.settled("monthly") == {}
    assert workshop.approve(opened).state is EditionState.SEALED
