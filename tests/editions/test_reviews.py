"""What the parts of an edition are, and what follows at the sending time from how they stand: every case."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.description import rendered_fingerprint
from digest.editions.reviews import (
    PartAnswer,
    PartReview,
    PartStatus,
    Seal,
    Skip,
    Wait,
    choices_without,
    leave_out,
    part_review,
    parts_of,
    refusals,
    settle,
    silence_counts_at,
)
from digest.foundation.addresses import NamedAddress
from digest.mail.content import Rendered, Variant
from digest.newsletters.edition import Choice, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Approval, ReviewRule, Unanswered
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import DayOf, DaysOf, ReviewTime, Schedule

NAMES = ("guatemala", "mexico", "belize")
CASES = tuple(product(PartStatus, Unanswered))
LUIS = NamedAddress(name="Luis", address="luis@example.org")
AT = datetime(2018, 8, 3, 15, tzinfo=UTC)


def answer(part="guatemala", fingerprint="f", *, approved=True, by="Marta", because=None):
    return PartAnswer(part=part, fingerprint=fingerprint, approved=approved, by=by, at=AT, because=because)


def stood(found, name="guatemala"):
    if found is PartStatus.UNANSWERED:
        return PartReview(status=found)
    because = "two errors" if found is PartStatus.REFUSED else None
    return PartReview(
        status=found, answer=answer(name, approved=found is not PartStatus.REFUSED, by=f"by-{name}", because=because)
    )


@pytest.fixture
def reviewed(newsletter, audience):
    """A newsletter whose audiences each have a reviewer, and what silence means for them."""

    def make(*then, **more):
        reviews = {
            name: ReviewRule(reviewers=(LUIS,), then=silence) for name, silence in zip(NAMES, then, strict=False)
        }
        audiences = [audience(name, countries=name[:2].upper()) for name in NAMES]
        return newsletter(*audiences, **{"reviews": reviews, **more})

    return make


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_combination_of_answers_and_silences_is_settled_by_the_rules(reviewed, number):
    """An independent statement of the rules, over all 16, 256 and 4,096 cases."""
    for case in product(CASES, repeat=number):
        names = NAMES[:number]
        parts = {name: stood(found, name) for name, (found, _) in zip(names, case, strict=True)}
        settled = settle(reviewed(*(then for _, then in case)), parts)
        fate = {name: fate_of(found, then) for name, (found, then) in zip(names, case, strict=True)}
        out = {name for name, what in fate.items() if what == "out"}
        waiting = tuple(name for name, what in fate.items() if what == "wait")
        if "skip" in fate.values() or len(out) == number:
            assert isinstance(settled, Skip), case
        elif waiting:
            assert isinstance(settled, Wait), case
            assert settled.parts == waiting
        else:
            assert isinstance(settled, Seal), case
            assert set(settled.without) == out
            approvers = [name for name, (found, _) in zip(names, case, strict=True) if found is PartStatus.APPROVED]
            assert settled.by == (", ".join(f"by-{name} ({name.title()})" for name in approvers) or None)


def fate_of(found, then):
    if found is PartStatus.APPROVED:
        return "in"
    if found is PartStatus.REFUSED:
        return "out"
    return {
        Unanswered.HOLD: "wait",
        Unanswered.SEND: "in",
        Unanswered.LEAVE_OUT: "out",
        Unanswered.SKIP: "skip",
    }[then]


@pytest.mark.parametrize("number", [1, 2])
def test_silence_that_does_not_count_yet_neither_sends_nor_leaves_out_nor_skips(reviewed, number):
    """Whatever else is settled, an open part whose reviewers could not answer is waited for."""
    for case in product(CASES, repeat=number):
        names = NAMES[:number]
        parts = {name: stood(found, name) for name, (found, _) in zip(names, case, strict=True)}
        late = {names[-1]: AT}
        newsletter = reviewed(*(then for _, then in case))
        settled = settle(newsletter, parts, late)
        if not parts[names[-1]].status.is_open:
            assert settled == settle(newsletter, parts), case
        elif number > 1 and fate_of(*case[0]) == "skip":
            assert isinstance(settled, Skip), case
        else:
            assert isinstance(settled, Wait), case
            assert (names[-1] in settled.parts, settled.until) == (True, AT)


@given(late_by=st.timedeltas(min_value=timedelta(days=-9), max_value=timedelta(days=40)), day=st.integers(1, 5))
def test_who_was_asked_late_has_as_long_as_they_would_have_had(newsletter, late_by, day):
    zone = ZoneInfo("America/Costa_Rica")
    review = ReviewTime(days=DaysOf(days=(DayOf(number=day),)), time=time(8, 30), text="")
    days = DaysOf(days=(DayOf(number=5),))
    schedule = Schedule(kind=PeriodKind.MONTH, zone=zone, days=days, time=time(9), review=review)
    edition = Edition(
        newsletter="monthly", period=Period.from_key(PeriodKind.MONTH, "2018-07"), state=EditionState.DRAFT
    )
    asking, sending = (datetime(2018, 8, *at, tzinfo=zone) for at in ((day, 8, 30), (5, 9)))
    counts_at = silence_counts_at(replace(newsletter(), schedule=schedule), edition, asking + late_by)
    if late_by <= min(timedelta(hours=1), (sending - asking) / 2):
        assert counts_at == sending
    else:
        assert counts_at - (asking + late_by) == sending - asking


@pytest.mark.parametrize("found", list(PartStatus))
@pytest.mark.parametrize("then", list(Unanswered))
def test_without_approval_silence_means_nothing_and_a_refusal_counts(reviewed, found, then):
    newsletter = reviewed(then, then, approval=Approval.NONE)
    settled = settle(newsletter, {"guatemala": stood(found), "mexico": stood(PartStatus.UNANSWERED, "mexico")})
    assert isinstance(settled, Seal)
    assert set(settled.without) == ({"guatemala"} if found is PartStatus.REFUSED else set())
    alone = settle(newsletter, {"guatemala": stood(found)})
    assert isinstance(alone, Skip) is (found is PartStatus.REFUSED)


@pytest.mark.parametrize("found", list(PartStatus))
def test_a_newsletter_without_reviewers_waits_for_a_person_whatever_was_answered(reviewed, found):
    newsletter = reviewed(then=Unanswered.SEND)
    settled = settle(newsletter, {"guatemala": stood(found)})
    assert settled == Wait(parts=(), said="nobody has approved it")
    assert isinstance(settle(replace(newsletter, approval=Approval.NONE), {"mexico": stood(PartStatus.APPROVED)}), Seal)


@pytest.mark.parametrize("then", list(Unanswered))
def test_audiences_without_reviewers_of_their_own_follow_the_newsletter(reviewed, then):
    newsletter = reviewed(Unanswered.HOLD, then=then)
    parts = {"guatemala": stood(PartStatus.APPROVED), "belize": stood(PartStatus.UNANSWERED, "belize")}
    settled = settle(newsletter, parts)
    expected = {Unanswered.HOLD: Wait, Unanswered.SEND: Seal, Unanswered.LEAVE_OUT: Seal, Unanswered.SKIP: Skip}
    assert isinstance(settled, expected[then])
    if isinstance(settled, Seal):
        assert dict(settled.without) == ({"belize": "approved by nobody"} if then is Unanswered.LEAVE_OUT else {})


def test_a_settlement_says_who_is_missing_and_why(reviewed):
    newsletter = reviewed(Unanswered.HOLD, Unanswered.HOLD, Unanswered.LEAVE_OUT)
    parts = {
        name: stood(found, name) for name, found in zip(NAMES, [*list(PartStatus)[2:], PartStatus.REFUSED], strict=True)
    }
    assert str(settle(newsletter, parts)) == (
        "Guatemala was changed after by-guatemala had answered; Mexico was not answered by Luis"
    )
    assert refusals(parts) == {"belize": "refused by by-belize: two errors"}
    assert settle(newsletter, {"belize": parts["belize"]}) == Skip(
        because="every part is left out: Belize was refused by by-belize: two errors"
    )


def test_who_approved_several_parts_is_named_once(reviewed):
    marta = PartReview(status=PartStatus.APPROVED, answer=answer())
    luis = PartReview(status=PartStatus.APPROVED, answer=answer(by="Luis"))
    settled = settle(reviewed(*[Unanswered.HOLD] * 3), {"guatemala": marta, "mexico": luis, "belize": marta})
    assert settled == Seal(without={}, by="Marta (Guatemala, Belize), Luis (Mexico)")


# -- Parts and what they stand for


def variant(name, text, language="en"):
    rendered = Rendered(subject=text, html=f"<p>{text}</p>", text=text, message=text.encode())
    return Variant(
        name=name,
        language=language,
        audiences=(),
        story_ids=(text,),
        rendered=rendered,
        fingerprint=rendered_fingerprint(rendered),
    )


def served(newsletter, **names):
    """Audience → its variant in English; in Spanish nothing."""
    return {
        Choice(newsletter="monthly", audiences=frozenset([audience]), language="en"): name
        for audience, name in names.items()
    }


def edition(key="2018-07", revision=1):
    return Edition(
        newsletter="monthly",
        period=Period.from_key(PeriodKind.MONTH, key),
        revision=revision,
        state=EditionState.DRAFT,
    )


def test_one_byte_of_a_part_changes_that_part_alone(reviewed):
    newsletter = reviewed()
    choices = served(newsletter, guatemala="guatemala.en", mexico="mexico.en", belize=None)
    before = parts_of(newsletter, edition(), [variant("guatemala.en", "one"), variant("mexico.en", "two")], choices)
    after = parts_of(newsletter, edition(), [variant("guatemala.en", "onE"), variant("mexico.en", "two")], choices)
    assert [part.name for part in before] == ["guatemala", "mexico"]  # nothing concerns Belize
    assert before[0].fingerprint != after[0].fingerprint
    assert before[1] == after[1]
    answers = {part.name: answer(part.name, part.fingerprint) for part in before}
    assert [part_review(part, answers[part.name]).status for part in after] == [PartStatus.CHANGED, PartStatus.APPROVED]
    assert part_review(after[1], answer("mexico", after[1].fingerprint, approved=False)).status is PartStatus.REFUSED
    assert part_review(after[1], None).status is PartStatus.UNANSWERED
    refused = part_review(after[0], answer("guatemala", "other", approved=False))
    assert (refused.status, refused.is_outdated) == (PartStatus.REFUSED, True)


def test_a_part_is_its_content_whatever_its_variants_are_called(reviewed):
    newsletter = reviewed()
    (one,) = parts_of(newsletter, edition(), [variant("a", "x")], served(newsletter, guatemala="a"))
    (two,) = parts_of(newsletter, edition(), [variant("b", "x")], served(newsletter, guatemala="b"))
    assert one.fingerprint == two.fingerprint


def test_an_answer_is_for_one_audience_of_one_edition(reviewed):
    """Two audiences that get the very same mail have codes of their own."""
    newsletter = reviewed()
    variants, choices = [variant("a", "x")], served(newsletter, guatemala="a", mexico="a")
    found = [
        part
        for one in (edition(), edition("2018-08"), edition(revision=2))
        for part in parts_of(newsletter, one, variants, choices)
    ]
    assert len({part.fingerprint for part in found}) == 6


# -- Leaving out


def test_a_story_of_two_parts_stays_when_one_is_left_out(reviewed):
    newsletter = reviewed()
    gu, me = {"guatemala": "countries: GU"}, {"mexico": "countries: ME"}
    takers = {"both": gu | me, "alone": gu, "other": me, "dropped": gu}
    rulings = {"both": Ruling.INCLUDED, "alone": Ruling.INCLUDED, "other": Ruling.INCLUDED, "dropped": Ruling.DROPPED}
    ruled = [Verdict(story_id=id_, ruling=one, reason="as it was", late=True) for id_, one in rulings.items()]
    left = leave_out(newsletter, ruled, takers, {"guatemala": "refused by Marta: two errors"})
    assert [(one.ruling, one.late) for one in left] == [
        (Ruling.INCLUDED, True),
        (Ruling.LEFT_OUT, True),
        (Ruling.INCLUDED, True),
        (Ruling.DROPPED, True),
    ]
    assert left[0].reason == "Mexico (countries: ME); left out of Guatemala (refused by Marta: two errors)"
    assert left[1].reason == "left out with Guatemala (refused by Marta: two errors)"
    assert [one.reason for one in left[2:]] == ["as it was", "as it was"]
    assert leave_out(newsletter, ruled, takers, {}) == ruled


@given(
    st.sets(st.frozensets(st.sampled_from(NAMES), min_size=1), min_size=1), st.sets(st.sampled_from(NAMES), max_size=3)
)
def test_a_choice_keeps_whatever_is_not_left_out(wanted, without):
    choices = [Choice(newsletter="monthly", audiences=audiences, language="es") for audiences in wanted]
    left = choices_without(choices, without)
    assert left.keys() == set(choices)
    for choice, rest in left.items():
        assert (rest.audiences if rest else frozenset()) == choice.audiences - without
        assert rest is None or (rest.language, rest.newsletter) == ("es", "monthly")
