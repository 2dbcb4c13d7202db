"""Corrections of single stories, for those who got them: the real pipeline and store."""

from dataclasses import replace

import pytest
from databases import database_at

from digest.delivery.delivery import DeliveryState
from digest.editions.approving import approve_whole
from digest.editions.building import reissue
from digest.editions.changes import changes_since
from digest.editions.supplements import build, correct
from digest.errors import PersonNeededError, UsageError
from digest.foundation.schema import deliveries
from digest.newsletters.edition import EditionState
from digest.newsletters.newsletter import Approval

pytestmark = pytest.mark.both_databases

READERS = {
    "ana@example.org": ("guatemala", "es"),
    "ben@example.org": ("mexico", "en"),
    "cai@example.org": ("guatemala mexico", "en"),
    "dan@example.org": ("regional", "en"),
}


@pytest.fixture
def workshop(make_workshop, tmp_path, found):
    workshop = make_workshop(tmp_path)
    workshop.source.items = [
        found("65 officials in Guatemala", countries=("GT",), line=1),
        found("A shelter in Mexico", countries=("MX",), line=9),
    ]
    workshop.collect()
    for address, (audiences, language) in READERS.items():
        workshop.subscribe(address, audiences, language)
    return workshop


@pytest.fixture
def july(workshop):
    edition = workshop.publish("2018-07").edition
    workshop.postbox.letters.clear()
    return edition


def mend(workshop, title="56 officials in Guatemala"):
    workshop.retitle(0, title)
    workshop.collect()


def drafted(workshop, edition, words="officials", because=None):
    return correct(workshop.bench, workshop.newsletter, edition, words, because).edition


def approve(workshop, edition):
    code = workshop.editions.code(edition)
    return approve_whole(workshop.bench, workshop.newsletter, edition, "Marta", code=code, early=False)


def letters(workshop):
    found = {}
    for letter in workshop.postbox.letters:
        found.setdefault(letter.recipient, []).append(b"".join(letter.pieces).decode())
    workshop.postbox.letters.clear()
    return found


def set_state(workshop, edition, address, state):
    here = deliveries.c.edition == edition.number, deliveries.c.address == address
    with database_at(workshop.folder / "digest.db").write() as connection:
        connection.execute(deliveries.update().where(*here).values(state=state))


MENDED = ["56 officials in Guatemala"]


def test_it_goes_to_those_who_got_the_story_and_to_nobody_else(workshop, july):
    mend(workshop)
    workshop.subscribe("new@example.org", "guatemala")
    workshop.subscribe("ben@example.org", "guatemala")  # wants it now, and has not got it
    workshop.subscribe("dan@example.org", "mexico")  # has got it, and wants others now
    workshop.leave("cai@example.org")
    draft = drafted(workshop, july, because="a wrong number")
    assert (draft.key, draft.state, draft.because) == ("2018-07/correction-1", EditionState.DRAFT, "a wrong number")
    sent = workshop.send(approve(workshop, draft))
    assert letters(workshop) == {"ana@example.org": MENDED, "dan@example.org": MENDED}
    assert (sent.edition.state, sent.tally.frozen) == (EditionState.FINISHED, 2)


@pytest.mark.parametrize("state", DeliveryState)
def test_who_may_have_got_it_is_written_to_and_who_did_not_is_not(workshop, july, state):
    mend(workshop)
    set_state(workshop, july, "cai@example.org", state.value)
    draft = approve(workshop, drafted(workshop, july))
    if state in (DeliveryState.PENDING, DeliveryState.INTENT):
        with pytest.raises(PersonNeededError, match="1 message of monthly/2018-07 is still to leave"):
            workshop.send(draft)
        return
    workshop.send(draft)
    assert ("cai@example.org" in letters(workshop)) == (state in (DeliveryState.SENT, DeliveryState.HELD))


def test_without_a_difference_nothing_is_drafted_and_nothing_has_changed(workshop, july):
    before = list(workshop.editions.editions())
    with pytest.raises(PersonNeededError, match="nothing is corrected"):
        drafted(workshop, july)
    assert list(workshop.editions.editions()) == before


def test_of_what_nobody_got_there_is_nothing_to_correct(workshop):
    sealed = workshop.approve(workshop.build("2018-07").edition)
    mend(workshop)
    with pytest.raises(PersonNeededError, match="nobody has got it yet"):
        drafted(workshop, sealed)


def test_a_story_is_named_as_it_was_sent_or_as_it_is_now_and_only_one_that_was_sent(workshop, july, found):
    workshop.source.items.append(found("News of August", "2018-08-03", line=30))
    mend(workshop, "A new headline")
    story = drafted(workshop, july, "65 officials").corrects
    assert drafted(workshop, july, "new headline").corrects == drafted(workshop, july, story[:8]).corrects == story
    assert [one.key for one in workshop.editions.editions()] == ["2018-07", "2018-07/correction-1"]  # drafted anew
    with pytest.raises(UsageError, match="no story in its mails"):
        drafted(workshop, july, "News of August")


def test_what_its_source_has_no_more_is_told_as_it_was_sent_with_the_words_of_its_plan(workshop, july):
    del workshop.source.items[0]
    workshop.collect()
    with pytest.raises(PersonNeededError, match=r"plans/monthly/2018-07/correction-1\.yaml"):
        drafted(workshop, july)
    story = next(verdict.story_id for verdict in workshop.editions.verdicts(july))
    plan = workshop.folder / "plans" / "monthly" / "2018-07" / "correction-1.yaml"
    plan.parent.mkdir(parents=True)
    plan.write_text(f'stories:\n  "{story}":\n    title: 56 officials in Guatemala\n')
    sealed = approve(workshop, drafted(workshop, july))
    assert changes_since(workshop.bench, workshop.newsletter, sealed).texts == ()
    workshop.send(sealed)
    assert letters(workshop)["dan@example.org"] == MENDED


def test_the_plan_of_the_edition_goes_on_correcting(workshop):
    """Else what staff had mended there would come back with the words of its source."""
    story = workshop.items.stories()[0].id
    plan = workshop.folder / "plans" / "monthly" / "2018-07.yaml"
    plan.parent.mkdir(parents=True)
    plan.write_text(f'stories:\n  "{story}": {{title: Sixty officials}}\n')
    july = workshop.publish("2018-07").edition
    letters(workshop)
    with pytest.raises(PersonNeededError, match="nothing is corrected"):
        drafted(workshop, july, story)
    plan.write_text(f'stories:\n  "{story}": {{title: 56 officials}}\n')
    workshop.send(approve(workshop, drafted(workshop, july, story)))
    assert letters(workshop)["dan@example.org"] == ["56 officials"]


def test_a_correction_is_corrected_for_those_who_got_the_story_or_only_for_those_who_got_it(workshop, july):
    mend(workshop, "57 officials in Guatemala")
    first = workshop.send(approve(workshop, drafted(workshop, july))).edition
    set_state(workshop, first, "cai@example.org", "failed")
    letters(workshop)
    with pytest.raises(PersonNeededError, match="nothing is corrected"):
        drafted(workshop, july)
    mend(workshop)
    of_all, of_it = drafted(workshop, july), drafted(workshop, first)
    assert (of_all.key, of_it.key) == ("2018-07/correction-2", "2018-07/correction-1/correction-1")
    workshop.send(approve(workshop, of_all))
    assert letters(workshop).keys() == {"ana@example.org", "cai@example.org", "dan@example.org"}
    workshop.send(approve(workshop, of_it))
    assert letters(workshop).keys() == {"ana@example.org", "dan@example.org"}


def test_an_edition_of_which_a_story_was_corrected_is_reissued_as_it_is_now(workshop, july):
    mend(workshop)
    correction = workshop.send(approve(workshop, drafted(workshop, july))).edition
    letters(workshop)
    again = reissue(workshop.bench, workshop.newsletter, july, "all of it").edition
    assert (again.key, again.revision) == ("2018-07.2", 2)
    workshop.send(approve(workshop, again))
    assert letters(workshop)["dan@example.org"] == ["56 officials in Guatemala\nA shelter in Mexico"]
    with pytest.raises(PersonNeededError, match="not reissued by itself"):
        reissue(workshop.bench, workshop.newsletter, correction, "again")
    mend(workshop, "55 officials in Guatemala")
    of_reissue = drafted(workshop, workshop.editions.editions()[1])
    assert of_reissue.key == "2018-07.2/correction-1"
    workshop.send(approve(workshop, of_reissue))
    assert letters(workshop).keys() == {"ana@example.org", "cai@example.org", "dan@example.org"}


@pytest.mark.parametrize("at_once", [1, 200])
def test_killed_while_it_is_sent_it_goes_on_and_nobody_gets_it_twice(workshop, july, at_once):
    mend(workshop)
    sealed = approve(workshop, drafted(workshop, july))
    workshop.postbox.fails_after, workshop.postbox.at_once = 1, at_once
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.reopen()
    workshop.postbox.fails_after = None
    mend(workshop, "What the office says since")  # nothing of that goes out
    workshop.send(sealed)
    assert letters(workshop) == dict.fromkeys(["ana@example.org", "cai@example.org", "dan@example.org"], MENDED)


def test_altered_bytes_of_it_do_not_leave(workshop, july):
    mend(workshop)
    sealed = approve(workshop, drafted(workshop, july))
    altered = workshop.folder / "editions" / "monthly" / "2018-07+correction-1"
    (path,) = altered.rglob("regional.en.txt")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(PersonNeededError, match="not what was built"):
        workshop.send(sealed)
    assert letters(workshop) == {}


def test_it_is_approved_as_its_newsletter_asks_for(workshop, july):
    mend(workshop)
    draft = drafted(workshop, july)
    with pytest.raises(PersonNeededError, match="nobody has approved it"):
        workshop.send(draft)
    workshop.newsletter = replace(workshop.newsletter, approval=Approval.NONE)
    assert workshop.send(draft).edition.state is EditionState.FINISHED


def test_nothing_else_moves_because_of_it(workshop, july, found):
    workshop.source.items.append(found("August", "2018-08-03", countries=("GT",), line=40))
    mend(workshop)
    before, settled = workshop.build("2018-08"), workshop.editions.settled("monthly")
    draft = drafted(workshop, july)
    again = build(workshop.bench, workshop.newsletter, draft.period).edition
    assert again.fingerprint == draft.fingerprint
    workshop.send(approve(workshop, again))
    assert workshop.build("2018-08").edition.fingerprint == before.edition.fingerprint
    assert workshop.editions.settled("monthly") == settled
    assert workshop.editions.record(july).knows_words
