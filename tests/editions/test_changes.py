"""Nobody is sent a text that its office has corrected or withdrawn without somebody saying so (design §5)."""

from dataclasses import fields, replace
from datetime import date

import pytest

from digest.editions.changes import TextChange, changes_since, lines
from digest.errors import PersonNeededError
from digest.intake.item import Text
from digest.newsletters.edition import EditionState
from digest.newsletters.newsletter import Approval

pytestmark = pytest.mark.both_databases

BODY = "In Petén, 65 officials learned.\nThe second paragraph."


@pytest.fixture
def sealed(workshop, found):
    workshop.subscribe("ana@example.org", "guatemala")
    workshop.source.items = [found("Training", countries=("GT",), body=BODY), found("Rain", "2018-07-09")]
    workshop.collect()
    return workshop.approve(workshop.build("2018-07").edition)


def replace_first(workshop, found, *arguments, **more):
    workshop.source.items[0] = found(*arguments, countries=("GT",), **more)
    workshop.collect()


def said(workshop, edition):
    return "\n".join(lines(changes_since(workshop.bench, workshop.newsletter, edition)))


def test_as_long_as_nothing_changes_nothing_is_said_and_it_goes(workshop, sealed):
    assert said(workshop, sealed) == ""
    assert workshop.send(sealed).edition.state is EditionState.FINISHED


@pytest.mark.parametrize(
    ("title", "on", "body", "both"),
    [
        ("Training", "2018-07-06", BODY.replace("65", "56"), ("65 officials", "56 officials")),
        ("Training ends", "2018-07-06", BODY, ("Training", "Training ends")),
        ("Training", "2018-07-06", BODY.replace("The second paragraph.", "Another one."), ("second", "Another")),
        ("Training", "2018-07-06", f"{BODY}\nOne more.", ("text, approved: ", "One more.")),
        ("Training", "2018-07-06", BODY.partition("\n")[0], ("second", "text, now:")),
    ],
)
def test_a_text_that_changed_holds_the_edition_and_both_wordings_are_shown(
    workshop, sealed, found, title, on, body, both
):
    replace_first(workshop, found, title, on, body)
    with pytest.raises(PersonNeededError, match="1 text changed since Marta approved") as refused:
        workshop.send(sealed)
    assert all(words in refused.value.cause for words in both)
    assert "digest reopen monthly/2018-07 --by NAME --because REASON" in refused.value.remedy
    assert "--as-approved" in refused.value.remedy
    assert workshop.postbox.letters == []


ALL_OF_A_TEXT = {"title", "paragraphs", "html", "summary", "link", "image", "image_alt", "author"}


@pytest.mark.parametrize("field", sorted(ALL_OF_A_TEXT))
def test_whatever_readers_can_see_of_a_text_is_shown_as_it_was_and_as_it_is(item, field):
    assert {each.name for each in fields(Text)} == ALL_OF_A_TEXT
    then = item("Training", body="One.\nTwo.\nThree.")
    new = ("One.", "Two, new.", "Three, new.") if field == "paragraphs" else "something new"
    now = replace(then, text=replace(then.text, **{field: new}))
    shown = [becomes for _what, _was, becomes in TextChange(then=then, now=now).wordings]
    assert shown == (["Two, new.", "Three, new."] if field == "paragraphs" else ["something new"])


@pytest.mark.parametrize(("field", "new"), [("published_on", date(2018, 7, 9)), ("language", "es")])
def test_another_date_or_language_is_shown(item, field, new):
    then = item("Training")
    assert len(list(TextChange(then=then, now=replace(then, **{field: new})).wordings)) == 1


def test_an_item_taken_out_of_a_source_that_is_otherwise_there_holds_it(workshop, sealed):
    workshop.source.items.pop(0)
    workshop.collect()
    with pytest.raises(PersonNeededError, match="taken out of its source"):
        workshop.send(sealed)


def test_a_source_that_is_gone_as_a_whole_holds_nothing_and_is_named(workshop, sealed):
    workshop.source.items = []
    workshop.collect()
    changes = changes_since(workshop.bench, workshop.newsletter, sealed)
    assert (changes.texts, changes.gone) == ((), ("newsroom",))
    assert workshop.send(sealed).edition.state is EditionState.FINISHED


def test_what_is_new_or_was_left_out_holds_nothing(workshop, sealed, found):
    workshop.source.items.append(found("Newer", "2018-07-20"))
    workshop.collect()
    assert workshop.send(sealed).edition.state is EditionState.FINISHED


def test_who_sends_as_approved_lets_exactly_the_changes_pass_that_were_shown(workshop, sealed, found):
    replace_first(workshop, found, "Training", body=BODY.replace("65", "56"))
    shown = changes_since(workshop.bench, workshop.newsletter, sealed)
    workshop.editions.send_as_approved(sealed, shown.fingerprint, "Marta", workshop.clock.now())
    replace_first(workshop, found, "Training", body=BODY.replace("65", "57"))
    with pytest.raises(PersonNeededError, match="57 officials"):
        workshop.send(sealed)
    replace_first(workshop, found, "Training", body=BODY.replace("65", "56"))
    assert workshop.send(sealed).edition.state is EditionState.FINISHED


def test_once_something_has_left_nothing_holds_by_itself(workshop, sealed, found):
    workshop.postbox.fails_after = 0
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.postbox.fails_after = None
    replace_first(workshop, found, "Training", body=BODY.replace("65", "56"))
    assert workshop.send(workshop.editions.editions()[0]).edition.state is EditionState.FINISHED


def test_a_draft_without_approval_is_not_sealed_with_old_words(workshop, found):
    workshop.newsletter = replace(workshop.newsletter, approval=Approval.NONE)
    workshop.subscribe("ana@example.org", "guatemala")
    workshop.source.items = [found("Training", countries=("GT",), body=BODY), found("Rain", "2018-07-09")]
    workshop.collect()
    draft = workshop.build("2018-07").edition
    replace_first(workshop, found, "Training", body=BODY.replace("65", "56"))
    with pytest.raises(PersonNeededError, match="changed since it was built"):
        workshop.send(draft)
    assert workshop.editions.editions()[0].state is EditionState.DRAFT
