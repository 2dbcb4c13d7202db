"""The code of a draft, and the proof that it was looked at: every change that a reader would see makes another code, a
reader's change of mind makes none, and what has changed is said.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from workshop import PlainRenderer

from digest.editions.approving import approve_part, approve_whole, look, note_look
from digest.editions.draft_outline import changes, packed, unpacked
from digest.editions.signature import Look, Signature, signature_of
from digest.errors import PersonNeededError
from digest.foundation.login import Login, own_login
from digest.newsletters.edition import EditionState

pytestmark = pytest.mark.both_databases

HERE = Login(user="marta", host="desk")
ELSEWHERE = Login(user="luis", host="desk")
AT = datetime(2018, 8, 3, 15, tzinfo=UTC)


@pytest.fixture
def workshop(make_workshop, tmp_path, found):
    workshop = make_workshop(tmp_path)
    workshop.source.items = [
        found("Guatemala alone", countries=("GT",), line=1),
        found("Mexico alone", countries=("MX",), line=9),
    ]
    workshop.collect()
    workshop.subscribe("ana@example.org", "guatemala")
    workshop.subscribe("ben@example.org", "regional")
    return workshop


@pytest.fixture
def draft(workshop):
    return workshop.build("2018-07").edition


def approve(workshop, edition, code=None, by="Ana"):
    return approve_whole(workshop.bench, workshop.newsletter, edition, by, code=code, early=True)


class OtherTemplate(PlainRenderer):
    def fingerprint(self, template):
        return "another"


class OtherLook(PlainRenderer):
    def render(self, content):
        return replace(super().render(content), subject="another")


def one_more(workshop, found):
    workshop.source.items.append(found("A flood", countries=("GT",), line=19))
    workshop.collect()


def reworded(workshop, found):
    workshop.retitle(0, "Guatemala, corrected")
    workshop.collect()


def turned_round(workshop, found):
    workshop.source.items.reverse()
    workshop.collect()


def taken_out(workshop, found):
    del workshop.source.items[1]
    workshop.collect()


def dropped(workshop, found):
    story = next(one for one in workshop.items.stories() if one.items[0].text.title == "Mexico alone")
    path = workshop.folder / "plans" / "monthly" / "2018-07.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"drop: {{{story.id}: not ours}}\n")


def another_template(workshop, found):
    workshop.bench = replace(workshop.bench, renderer=OtherTemplate())


def another_look(workshop, found):
    workshop.bench = replace(workshop.bench, renderer=OtherLook())


def fewer_languages(workshop, found):
    workshop.newsletter = replace(workshop.newsletter, languages=("en",))


CHANGES = [
    (one_more, "“A flood” came in"),
    (reworded, "the text of “Guatemala, corrected” changed"),
    (turned_round, "the order of the stories changed"),
    (taken_out, "“Mexico alone” is withdrawn now, and was included"),
    (dropped, "“Mexico alone” is dropped now, and was included"),
    (another_template, "the template changed"),
    (another_look, "the settings changed, and with them what readers get"),
    (fewer_languages, "the languages changed"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
@pytest.mark.parametrize("with_code", [True, False])
def test_a_draft_that_changed_after_the_look_is_not_approved_and_says_what_changed(
    workshop, draft, found, change, said, with_code
):
    note_look(workshop.bench, draft, "preview")
    code = workshop.editions.code(draft)
    change(workshop, found)
    changed = workshop.bench.editions.editions()[0]
    assert changed == draft
    from digest.editions.building import build  # the workshop's own `build` takes its first newsletter

    changed = build(workshop.bench, workshop.newsletter, draft.period).edition
    assert workshop.editions.code(changed) != code
    for _ in range(2):
        with pytest.raises(PersonNeededError) as refused:
            approve(workshop, changed, code if with_code else None)
        assert said in refused.value.cause
        assert workshop.editions.editions() == [changed]
    note_look(workshop.bench, changed, "preview")
    assert approve(workshop, changed).state is EditionState.SEALED


def test_a_subscribers_change_of_mind_voids_nobodys_code(workshop, draft):
    code = workshop.editions.code(draft)
    note_look(workshop.bench, draft, "preview")
    workshop.subscribe("cai@example.org", "guatemala mexico")
    workshop.subscribe("ana@example.org", "mexico", "es")
    again = workshop.build("2018-07").edition
    assert again.fingerprint != draft.fingerprint
    assert workshop.editions.code(again) == code
    assert approve(workshop, again).approved_code == code


def test_a_draft_that_was_built_again_without_a_change_is_still_what_was_looked_at(workshop, draft):
    note_look(workshop.bench, draft, "preview")
    workshop.collect()
    assert approve(workshop, workshop.build("2018-07").edition).state is EditionState.SEALED


def test_nobody_approves_what_they_have_not_looked_at(workshop, draft):
    with pytest.raises(PersonNeededError, match="has not looked at it"):
        approve(workshop, draft)
    others = Look(login=ELSEWHERE, at=AT, how="preview", outline=workshop.editions.outline(draft))
    workshop.bench.looks.note(draft, others)
    with pytest.raises(PersonNeededError, match="has not looked at it"):
        approve(workshop, draft)
    assert workshop.editions.editions() == [draft]


def test_the_last_look_counts(workshop, draft, found):
    note_look(workshop.bench, draft, "preview")
    one_more(workshop, found)
    seen = workshop.build("2018-07").edition
    note_look(workshop.bench, seen, "check")
    del workshop.source.items[-1]
    workshop.collect()
    now = workshop.build("2018-07").edition
    with pytest.raises(PersonNeededError, match="“A flood” is withdrawn now"):
        approve(workshop, now)


def test_a_typed_code_may_be_spaced_and_small(workshop, draft):
    code = workshop.editions.code(draft)
    assert approve(workshop, draft, f"{code[:3]} {code[3:]}".lower()).state is EditionState.SEALED


def test_a_code_of_a_part_is_not_that_of_the_whole(workshop, draft):
    part = look(workshop.bench.database, workshop.newsletter, draft).parts[0]
    with pytest.raises(PersonNeededError, match="code of a part, Regional"):
        approve(workshop, draft, workshop.editions.codes().of(part.fingerprint))
    with pytest.raises(PersonNeededError, match="looks mistyped"):
        approve(workshop, draft, "12345")


def test_who_ran_it_stands_beside_the_name_that_was_given(workshop, draft):
    part = look(workshop.bench.database, workshop.newsletter, draft).parts[0]
    approve_part(
        workshop.bench, workshop.newsletter, draft, part.name, "Luis", workshop.editions.codes().of(part.fingerprint)
    )
    assert workshop.reviews.answers(draft)[part.name].answered_as == str(own_login())
    code = workshop.editions.code(draft)
    sealed = approve(workshop, draft, code, by=" Marta ")
    assert (sealed.approved_by, sealed.approved_as, sealed.approved_code) == ("Marta", str(own_login()), code)
    opened = workshop.editions.reopen(sealed, "a slip")
    assert (opened.approved_by, opened.approved_as, opened.approved_code) == (None, None, None)


@pytest.mark.parametrize("name", ["Marta", "marta", " MARTA "])
def test_those_who_are_named_may_approve(workshop, draft, name):
    workshop.newsletter = replace(workshop.newsletter, approvers=("Marta", "Ana"))
    assert approve(workshop, draft, workshop.editions.code(draft), by=name).state is EditionState.SEALED


def test_others_may_not_and_are_told_who_may(workshop, draft):
    workshop.newsletter = replace(workshop.newsletter, approvers=("Marta", "Ana"))
    with pytest.raises(PersonNeededError, match="approved by Marta or Ana"):
        approve(workshop, draft, workshop.editions.code(draft), by="Luis")
    assert workshop.editions.editions() == [draft]


def test_a_draft_without_an_outline_is_built_again_first(workshop, draft):
    with pytest.raises(PersonNeededError, match="older version"):
        signature_of(draft, None, "Ana", HERE, codes=workshop.editions.codes(), code="ABCDEF", looks=(), parts={})


def test_an_outline_is_read_as_it_was_written(workshop, draft):
    outline = workshop.editions.outline(draft)
    assert unpacked(packed(outline)) == outline
    assert changes(outline, outline) == []
    codes = workshop.editions.codes()
    code = codes.of(outline.fingerprint)
    signature = signature_of(draft, outline, "Ana", HERE, codes=codes, code=code, looks=(), parts={})
    assert signature == Signature(name="Ana", login=HERE, code=code)


def test_a_look_at_what_is_sealed_proves_nothing(workshop, draft):
    sealed = workshop.approve(draft)
    note_look(workshop.bench, sealed, "preview")
    assert workshop.bench.looks.of(sealed) == []
