"""A better reader is no edit: what it makes of files that nobody touched is neither new nor late, and holds nothing."""

from dataclasses import replace

import pytest

from digest.editions.changes import changes_since
from digest.newsletters.edition import EditionState

pytestmark = pytest.mark.both_databases

FILE = "bulletins/july.txt"


@pytest.fixture
def before(workshop, found):
    """June was sent, July is approved, August is a draft: made by a version that wrote nothing down about files."""
    workshop.subscribe("ana@example.org", "regional")
    workshop.source.items = [
        found(
            "Training", "2018-06-06", "A note for Marta. It went well.\n5 June 2018:\nA hub opens\nIn Belize.", line=1
        ),
        found("| Hours |", "2018-07-06", "| a | b |", line=10),
        found("A title from the first sentence of a text", "2018-08-01", "Body of it.", line=20),
        found("Rain", "2018-08-02", "It rained.", line=30),
    ]
    workshop.collect()
    workshop.publish("2018-06")
    july = workshop.approve(workshop.build("2018-07").edition)
    workshop.build("2018-08")
    return july


def better(workshop, found, fingerprint="bytes"):
    """Titles, bodies, dates and splits are others; the bytes are not."""
    workshop.source = replace(
        workshop.source,
        items=[
            found("Training in Petén", "2018-06-05", "It went well.", line=1),
            found("A hub opens", "2018-06-05", "In Belize.", line=4),
            found("Hours", "2018-07-05", "a · b", line=10),
            found("Quite another heading", "2018-07-31", "Its text, without the note.", line=20),
            found("Rain", "2018-08-02", "It rained.", line=30),
        ],
        files={FILE: fingerprint},
        reader="2",
    )
    return workshop.collect()


def ids(workshop):
    return {item.place.line: item.id for item in workshop.items.items()}


def test_nothing_is_new_late_or_held(workshop, found, before):
    known, settled = ids(workshop), workshop.editions.settled().keys()

    for _ in range(2):
        result = better(workshop, found)
        assert (result.added, result.withdrawn) == (0, 0)
        assert ids(workshop) == {**known, 4: ids(workshop)[4]}

    stories = {story.id: story for story in workshop.items.stories()}
    assert workshop.editions.settled().keys() == settled | {workshop.items.story_of()[ids(workshop)[4]]}
    assert changes_since(workshop.bench, workshop.newsletter, before).texts == ()
    assert workshop.send(before).edition.state is EditionState.FINISHED
    verdicts = workshop.build("2018-08").verdicts
    assert [(stories[verdict.story_id].items[0].text.title, verdict.late) for verdict in verdicts] == [
        ("Rain", False),
        ("Quite another heading", False),
    ]


def test_what_is_not_decided_is_read_anew_and_what_is_stays_word_for_word(workshop, found, before):
    old = {item.place.line: item for item in workshop.items.items()}

    better(workshop, found)

    now = {item.place.line: item for item in workshop.items.items()}
    assert [now[line].text for line in (1, 10)] == [old[line].text for line in (1, 10)]
    assert now[20].text.paragraphs == ("Its text, without the note.",)
    assert now[20].published_on == old[20].published_on


def test_what_is_split_off_an_undecided_text_is_a_change_and_no_news(workshop, found, before):
    split = [found("Rain", "2018-08-02", "It rained.", line=30), found("Sun", "2018-08-02", "It shone.", line=31)]
    better(workshop, found)
    workshop.source = replace(workshop.source, items=[*workshop.source.items[:-1], *split], reader="3")

    result = workshop.collect()

    assert (result.added, result.changed, result.withdrawn) == (0, 1, 0)
    assert "Sun" in [item.text.title for item in workshop.items.items()]


def test_what_the_reader_no_longer_finds_is_taken_back_only_if_no_mail_has_it(workshop, found, before):
    better(workshop, found)
    workshop.source.items = workshop.source.items[:1]

    assert workshop.collect().withdrawn == 2
    assert changes_since(workshop.bench, workshop.newsletter, before).texts == ()


def test_an_edit_is_an_edit_from_the_next_time_the_file_is_saved(workshop, found, before):
    better(workshop, found)

    better(workshop, found, fingerprint="other bytes")

    assert len(changes_since(workshop.bench, workshop.newsletter, before).texts) == 1
    assert {item.place.line: str(item.published_on) for item in workshop.items.items()}[20] == "2018-07-31"


def test_a_file_under_another_name_is_the_same_file(workshop, found, before):
    better(workshop, found)
    workshop.source.items = [
        replace(one, place=replace(one.place, file="bulletins/b.txt")) for one in workshop.source.items
    ]
    workshop.source.files = {"bulletins/b.txt": "bytes"}

    result = workshop.collect()

    assert (result.added, result.withdrawn) == (0, 0)
    assert changes_since(workshop.bench, workshop.newsletter, before).texts == ()


def test_a_file_that_this_reader_read_first_follows_the_usual_rules(workshop, found):
    workshop.source = replace(workshop.source, items=[found("A", "2018-07-06")], files={FILE: "1"}, reader="2")
    workshop.collect()
    workshop.source = replace(workshop.source, items=[found("Z", "2018-07-01", "Not alike at all.")], files={FILE: "1"})

    result = workshop.collect()

    assert (result.added, result.withdrawn) == (1, 1)
