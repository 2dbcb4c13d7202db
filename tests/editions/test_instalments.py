"""Parts that were left out: open until they are sent as instalments, or dropped. The real pipeline and store."""

from dataclasses import replace

import pytest
from databases import database_at
from doses import dose
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from digest.delivery.addressees import prospects
from digest.delivery.delivery import DeliveryState
from digest.editions.approving import approve_part, approve_whole, look, refuse_part
from digest.editions.building import build
from digest.editions.open_parts import open_part, open_parts
from digest.editions.supplements import drop_part, instalment
from digest.errors import PersonNeededError, UsageError
from digest.foundation.addresses import NamedAddress
from digest.foundation.schema import deliveries
from digest.newsletters.edition import EditionState, Ruling
from digest.newsletters.newsletter import Approval, ReviewRule, Thin, ThinMail, Unanswered
from digest.newsletters.period import Occasion, Period

pytestmark = pytest.mark.both_databases

MARTA = NamedAddress(name="Marta", address="marta@example.org")
READERS = {
    "ana@example.org": "guatemala",
    "ben@example.org": "mexico",
    "cai@example.org": "guatemala mexico",
    "dan@example.org": "regional",
    "eva@example.org": "guatemala regional",
}


@pytest.fixture
def workshop(make_workshop, tmp_path, found):
    workshop = make_workshop(tmp_path)
    workshop.source.items = [
        found("Guatemala alone", countries=("GT",), line=1),
        found("Both together", countries=("GT", "MX"), line=9),
        found("Mexico alone", countries=("MX",), line=19),
    ]
    workshop.collect()
    for address, audiences in READERS.items():
        workshop.subscribe(address, audiences)
    return workshop


def send_without(workshop, *parts):
    """July, sent without these parts."""
    draft = workshop.build("2018-07").edition
    for part in parts:
        refuse_part(workshop.bench, workshop.newsletter, draft, part, "Luis", "two errors")
    edition = workshop.send(workshop.approve(draft)).edition
    workshop.postbox.letters.clear()
    return edition


def made(workshop, edition, part):
    return instalment(workshop.bench, workshop.newsletter, edition, part)


def approve(workshop, edition):
    code = workshop.editions.code(edition)
    return approve_whole(workshop.bench, workshop.newsletter, edition, "Marta", code=code, early=False)


def letters(workshop):
    return {letter.recipient: b"".join(letter.pieces).decode().splitlines() for letter in workshop.postbox.letters}


def opened(workshop):
    return {(one.edition.key, one.part): len(one.stories) for one in open_parts(workshop.editions, "monthly")}


def test_each_reader_of_the_part_gets_what_they_have_not_had(workshop):
    july = send_without(workshop, "guatemala")
    assert opened(workshop) == {("2018-07", "guatemala"): 2}
    draft = made(workshop, july, "guatemala")
    assert (draft.key, draft.state) == ("2018-07/guatemala", EditionState.DRAFT)
    sent = workshop.send(approve(workshop, draft))
    assert letters(workshop) == {
        "ana@example.org": ["Guatemala alone", "Both together"],
        "cai@example.org": ["Guatemala alone"],  # who had the other one with Mexico
    }
    assert (sent.edition.state, sent.tally.frozen) == (EditionState.FINISHED, 2)
    assert opened(workshop) == {}
    assert workshop.editions.record(sent.edition).by_id.keys() <= workshop.editions.record(july).by_id.keys()


@pytest.mark.parametrize(
    "state",
    [DeliveryState.SENT, DeliveryState.HELD, DeliveryState.FAILED, DeliveryState.LEFT, DeliveryState.NO_VARIANT],
)
def test_what_a_reader_holds_is_what_the_ledger_says(workshop, state):
    """A mail that was, or may have been, or may yet be sent is never sent in part once more; one that was not is no
    reason to leave anything out.
    """
    july = send_without(workshop, "guatemala")
    row = deliveries.c.edition == july.number, deliveries.c.address == "cai@example.org"
    with database_at(workshop.folder / "digest.db").write() as connection:
        values = {"state": state} | ({"variant": None} if state == DeliveryState.NO_VARIANT else {})
        connection.execute(deliveries.update().where(*row).values(**values))
    workshop.send(approve(workshop, made(workshop, july, "guatemala")))
    has_it = state in ("sent", "held", "failed")
    expected = ["Guatemala alone"] if has_it else ["Guatemala alone", "Both together"]
    assert letters(workshop)["cai@example.org"] == expected


def test_who_chose_otherwise_since_gets_no_story_twice_and_who_came_since_gets_all_of_it(workshop):
    july = send_without(workshop, "guatemala")
    workshop.subscribe("ben@example.org", "guatemala mexico")
    workshop.subscribe("cai@example.org", "guatemala")
    workshop.subscribe("dan@example.org", "guatemala")  # has everything by way of the region
    workshop.subscribe("fay@example.org", "guatemala", "es")
    workshop.leave("ana@example.org")
    workshop.send(approve(workshop, made(workshop, july, "guatemala")))
    assert letters(workshop) == {
        "ben@example.org": ["Guatemala alone"],
        "cai@example.org": ["Guatemala alone"],
        "fay@example.org": ["Guatemala alone", "Both together"],
    }


def test_who_chose_or_left_after_its_approval_is_minded_too(workshop):
    july = send_without(workshop, "guatemala")
    sealed = approve(workshop, made(workshop, july, "guatemala"))
    workshop.subscribe("gil@example.org", "guatemala regional")
    workshop.leave("ana@example.org")
    workshop.send(sealed)
    assert letters(workshop) == {
        "cai@example.org": ["Guatemala alone"],
        "gil@example.org": ["Guatemala alone", "Both together"],
    }


def test_two_parts_with_a_story_in_common_bring_it_once(workshop):
    for address in ("dan@example.org", "eva@example.org"):
        workshop.leave(address)
    july = send_without(workshop, "guatemala", "mexico")
    assert opened(workshop) == {("2018-07", "guatemala"): 2, ("2018-07", "mexico"): 2}
    for part in ("guatemala", "mexico"):
        workshop.send(approve(workshop, made(workshop, july, part)))
    got = [(letter.recipient, b"".join(letter.pieces).decode().splitlines()) for letter in workshop.postbox.letters]
    assert sorted(got) == [
        ("ana@example.org", ["Guatemala alone", "Both together"]),
        ("ben@example.org", ["Both together", "Mexico alone"]),
        ("cai@example.org", ["Guatemala alone", "Both together"]),
        ("cai@example.org", ["Mexico alone"]),
    ]


def test_it_has_the_texts_of_today_and_only_what_still_concerns_the_part(workshop):
    july = send_without(workshop, "guatemala")
    workshop.retitle(0, "Guatemala alone, mended")
    workshop.source.items[1] = replace(workshop.source.items[1], countries=("MX",))
    workshop.collect()
    draft = made(workshop, july, "guatemala")
    workshop.send(approve(workshop, draft))
    assert set(map(tuple, letters(workshop).values())) == {("Guatemala alone, mended",)}
    rulings = [verdict.ruling for verdict in workshop.editions.verdicts(draft)]
    assert rulings == [Ruling.INCLUDED, Ruling.NO_AUDIENCE]


def test_when_nothing_of_it_is_left_it_is_not_made_and_can_be_dropped(workshop):
    july = send_without(workshop, "guatemala")
    del workshop.source.items[:2]
    workshop.collect()
    with pytest.raises(PersonNeededError, match="nothing of it is left"):
        made(workshop, july, "guatemala")
    dropped = drop_part(workshop.bench, open_part(workshop.editions, july, "guatemala"), "too old")
    assert (dropped.key, dropped.state, dropped.because) == (
        "2018-07/guatemala",
        EditionState.MISSED,
        "a person dropped it: too old",
    )
    assert opened(workshop) == {}
    with pytest.raises(UsageError, match="a person dropped it"):
        made(workshop, july, "guatemala")


def test_it_waits_for_the_edition_and_for_an_answer(workshop):
    draft = workshop.build("2018-07").edition
    refuse_part(workshop.bench, workshop.newsletter, draft, "guatemala", "Luis", "two errors")
    sealed = workshop.approve(draft)
    with pytest.raises(PersonNeededError, match="has not been sent yet"):
        made(workshop, sealed, "guatemala")
    july = workshop.send(sealed).edition
    unapproved = made(workshop, july, "guatemala")
    with pytest.raises(PersonNeededError, match="nobody has approved it"):
        workshop.send(unapproved)
    workshop.newsletter = replace(workshop.newsletter, approval=Approval.NONE)
    with pytest.raises(PersonNeededError, match="nobody has approved it"):
        workshop.send(unapproved)  # somebody has refused it, and silence lets nothing go


@pytest.mark.parametrize("approval", Approval)
def test_its_reviewer_answers_again_and_it_goes(workshop, approval):
    july = send_without(workshop, "guatemala")
    rule = ReviewRule(reviewers=(MARTA,), then=Unanswered.SEND)
    workshop.newsletter = replace(workshop.newsletter, approval=approval, reviews={"guatemala": rule})
    draft = made(workshop, july, "guatemala")
    looked = look(workshop.bench.database, workshop.newsletter, draft)
    (part,) = looked.parts
    with pytest.raises(PersonNeededError, match="nobody has approved it"):
        workshop.send(draft)
    approve_part(
        workshop.bench, workshop.newsletter, draft, "guatemala", "Marta", workshop.editions.codes().of(part.fingerprint)
    )
    sent = workshop.send(draft)
    assert (sent.edition.state, sent.edition.approved_by) == (EditionState.FINISHED, "Marta (Guatemala)")


def test_a_part_that_was_not_left_out_has_no_instalment(workshop):
    july = send_without(workshop, "guatemala")
    for name in ("mexico", "nowhere"):
        with pytest.raises(UsageError, match="these are open: guatemala"):
            made(workshop, july, name)


def test_it_is_sent_once_also_when_it_is_interrupted(workshop):
    july = send_without(workshop, "guatemala")
    sealed = approve(workshop, made(workshop, july, "guatemala"))
    workshop.postbox.fails_after, workshop.postbox.at_once = 1, 1
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.reopen()
    workshop.postbox.fails_after = None
    workshop.send(sealed)
    workshop.send(sealed)
    recipients = [letter.recipient for letter in workshop.postbox.letters]
    assert sorted(recipients) == ["ana@example.org", "cai@example.org"]
    names = {letter.file.rpartition("/")[0] for letter in workshop.postbox.letters}
    assert names == {"monthly/2018-07/guatemala"}


def test_nothing_in_the_calendar_moves_because_of_it(workshop, found):
    july = send_without(workshop, "guatemala")
    workshop.source.items.append(found("August", "2018-08-03", countries=("GT",), line=40))
    workshop.collect()
    before = workshop.build("2018-08")
    workshop.send(approve(workshop, made(workshop, july, "guatemala")))
    after = workshop.build("2018-08")
    assert before.edition.fingerprint == after.edition.fingerprint
    assert {verdict.ruling for verdict in after.verdicts} == {Ruling.INCLUDED}


# -- Parts that went to nobody by themselves: too thin, or not among those for whom a special edition was made.


def drafted(workshop, *audiences):
    """A special edition of all stories for these audiences; without any, July."""
    if not audiences:
        return workshop.build("2018-07").edition
    period = Period.special(Occasion(name="floods", title="Floods", audiences=audiences), workshop.clock.now().date())
    adding = frozenset(story.id for story in workshop.items.stories())
    return build(workshop.bench, workshop.newsletter, period, adding=adding).edition


def test_the_part_of_a_mail_that_was_too_thin_is_open_for_those_who_got_nothing(workshop):
    workshop.newsletter = replace(workshop.newsletter, thin=Thin(least_per_mail=3, mail=ThinMail.NOTHING))
    july = send_without(workshop)
    too_thin = "too thin: 2 stories, and a mail needs 3 (minimum_stories_per_mail)"
    assert july.withheld == {"guatemala": too_thin, "mexico": too_thin}
    assert opened(workshop) == {("2018-07", "guatemala"): 2, ("2018-07", "mexico"): 2}
    workshop.send(approve(workshop, made(workshop, july, "guatemala")))
    assert letters(workshop) == {"ana@example.org": ["Guatemala alone", "Both together"]}  # Cai had both in one mail
    drop_part(workshop.bench, open_part(workshop.editions, july, "mexico"), None)
    assert opened(workshop) == {}


def test_the_parts_for_which_a_special_edition_was_not_made_are_open(workshop):
    floods = workshop.send(workshop.approve(drafted(workshop, "guatemala"))).edition
    assert sorted(letters(workshop)) == ["ana@example.org", "cai@example.org", "eva@example.org"]
    assert opened(workshop) == {("special-floods", "regional"): 2, ("special-floods", "mexico"): 1}
    workshop.postbox.letters.clear()
    for part in ("regional", "mexico"):
        workshop.send(approve(workshop, made(workshop, floods, part)))
    assert letters(workshop) == {
        "dan@example.org": ["Guatemala alone", "Both together"],
        "ben@example.org": ["Both together"],
    }
    assert opened(workshop) == {}


def test_what_is_refused_of_a_special_edition_is_open_beside_what_it_was_not_made_for(workshop):
    draft = drafted(workshop, "guatemala", "mexico")
    refuse_part(workshop.bench, workshop.newsletter, draft, "mexico", "Luis", "two errors")
    sealed = workshop.approve(draft)
    assert {name: because.partition(" ")[0] for name, because in sealed.open_for.items()} == {
        "mexico": "refused",
        "regional": "not",
    }


def test_an_edition_that_is_taken_back_has_no_open_parts(workshop):
    workshop.newsletter = replace(workshop.newsletter, thin=Thin(least_per_mail=3, mail=ThinMail.NOTHING))
    sealed = workshop.approve(workshop.build("2018-07").edition)
    assert opened(workshop)
    workshop.editions.reopen(sealed, "no")
    assert opened(workshop) == {}
    workshop.newsletter = replace(workshop.newsletter, thin=Thin())
    assert workshop.approve(workshop.build("2018-07").edition).open_for == {}


AUDIENCES = ("regional", "guatemala", "mexico")
choices = st.sets(st.sampled_from(AUDIENCES), min_size=1).map(lambda names: " ".join(sorted(names)))


@settings(max_examples=dose(3, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    refused=st.sets(st.sampled_from(AUDIENCES), max_size=2),
    least=st.integers(1, 4),
    made_for=st.sets(st.sampled_from(AUDIENCES)),
    before=st.lists(choices, min_size=2, max_size=5),
    after=st.lists(choices, min_size=2, max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_nobody_gets_a_story_twice_and_who_keeps_their_choice_misses_none(
    make_workshop, tmp_path_factory, found, *, refused, least, made_for, before, after, order
):
    """Whatever is left out, too thin, or not among those for whom a special edition is made; whoever chooses otherwise
    in between, in whichever order the parts are sent.
    """
    thin = Thin(least_per_mail=least, mail=ThinMail.NOTHING)
    workshop = make_workshop(tmp_path_factory.mktemp("office"), thin=thin)
    workshop.source.items = [
        found("G", countries=("GT",), line=1),
        found("B", countries=("GT", "MX"), line=9),
        found("M", countries=("MX",), line=19),
    ]
    workshop.collect()
    for number, choice in enumerate(before):
        workshop.subscribe(f"r{number}@example.org", choice)
    draft = drafted(workshop, *sorted(made_for))
    parts = [part.name for part in look(workshop.bench.database, workshop.newsletter, draft).parts]
    for part in sorted(refused):
        if part in parts[1:]:  # one goes
            refuse_part(workshop.bench, workshop.newsletter, draft, part, "Luis", "no")
    assume(parts)
    edition = workshop.send(workshop.approve(draft)).edition
    for number, choice in enumerate(after):
        workshop.subscribe(f"r{number}@example.org", choice)
    for part in order.sample(sorted(edition.open_for), len(edition.open_for)):
        sealed = approve(workshop, made(workshop, edition, part))
        if prospects(workshop.bench.database, sealed):
            workshop.send(sealed)
    got = {}
    for letter in workshop.postbox.letters:
        got.setdefault(letter.recipient, []).extend(b"".join(letter.pieces).decode().splitlines())
    taken = {story.items[0].text.title for story in workshop.items.stories() if story.id in workshop.editions.settled()}
    wants = {"regional": {*"GBM"} & taken, "guatemala": {*"GB"} & taken, "mexico": {*"BM"} & taken}
    for number, choice in enumerate(before):
        mine = got.get(f"r{number}@example.org", [])
        assert len(mine) == len(set(mine))
        if number >= len(after) or after[number] == choice:
            assert set(mine) == set().union(*(wants[name] for name in choice.split()))
