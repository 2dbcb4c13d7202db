"""What an edition keeps of itself is what was built, whatever happens to texts and settings afterwards (design §5)."""

from dataclasses import replace

import pytest
from sqlalchemy import delete

from digest.editions.building import keep_missing_records
from digest.editions.record import packed, unpacked
from digest.foundation.schema import records
from digest.newsletters.newsletter import Localised

pytestmark = pytest.mark.both_databases


@pytest.fixture
def sealed(workshop, found):
    workshop.source.items = [
        found("65 officials trained", countries=("GT",), body="In Petén.\nThe second paragraph."),
        found("65 oficiales", language="es", countries=("GT",)),
        found("Rain", "2018-07-09", countries=("MX", "GT")),
    ]
    workshop.collect()
    return workshop.approve(workshop.build("2018-07").edition)


def titles(record):
    return sorted(item.text.title for one in record.stories for item in one.story.items)


def test_a_record_is_read_as_it_was_written(workshop, sealed):
    record = workshop.editions.record(sealed)
    assert unpacked(packed(record)) == record


def test_it_has_every_story_that_was_decided_about_in_that_order(workshop, sealed):
    record = workshop.editions.record(sealed)
    assert [one.id for one in record.stories] == [verdict.story_id for verdict in workshop.editions.verdicts(sealed)]
    assert titles(record) == ["65 officials trained", "65 oficiales", "Rain"]


def test_it_says_which_audiences_took_a_story_and_why_the_others_did_not(workshop, sealed):
    for one in workshop.editions.record(sealed).stories:
        assert one.takers.keys() | one.others.keys() == {audience.name for audience in workshop.newsletter.audiences}
        assert all(one.takers.values())
        assert all(one.others.values())


def test_neither_texts_that_change_nor_settings_reach_it(workshop, sealed, found):
    before = workshop.editions.record(sealed)
    workshop.source.items = [found("56 officials trained", countries=("GT",), body="In Petén.\nThe second paragraph.")]
    workshop.collect()
    first, *others = workshop.newsletter.audiences
    renamed = replace(first, title=Localised(everywhere="Another name"))
    workshop.newsletter = replace(
        workshop.newsletter, title=Localised(everywhere="Other"), audiences=(renamed, *others), languages=("es",)
    )
    workshop.reopen()
    assert workshop.editions.record(sealed) == before


def test_the_record_of_a_draft_goes_with_the_draft(workshop, found):
    workshop.source.items = [found("First")]
    workshop.collect()
    draft = workshop.build("2018-07").edition
    workshop.source.items = [found("Second")]
    workshop.collect()
    assert titles(workshop.editions.record(draft)) == ["First"]
    workshop.build("2018-07")
    assert titles(workshop.editions.record(draft)) == ["Second"]


# -- Editions that are older than records.


@pytest.fixture
def old(workshop, sealed):
    kept = workshop.editions.record(sealed)
    with workshop.bench.database.write() as connection:
        connection.execute(delete(records))
    return sealed, kept


def test_an_old_edition_takes_it_from_the_texts_that_still_make_its_bytes(workshop, old):
    edition, kept = old
    keep_missing_records(workshop.bench, [workshop.newsletter])
    assert workshop.editions.record(edition) == kept


def test_of_an_old_edition_whose_texts_have_changed_only_the_mails_know_the_words(workshop, old, found):
    edition, _ = old
    workshop.source.items[0] = found("56 officials trained", countries=("GT",), body="In Petén.\nThe second paragraph.")
    workshop.collect()
    keep_missing_records(workshop.bench, [workshop.newsletter])
    record = workshop.editions.record(edition)
    assert not record.knows_words
    assert record.stories == ()


def test_a_record_that_is_there_is_never_replaced(workshop, sealed, found):
    before = workshop.editions.record(sealed)
    workshop.source.items = [found("Other")]
    workshop.collect()
    workshop.editions.keep_record(sealed, replace(before, title={}))
    assert workshop.editions.record(sealed) == before
