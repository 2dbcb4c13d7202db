"""What a plan does to the stories of its edition, and that it is part of what is approved."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.composition import compose
from digest.editions.description import describe, description_fingerprint
from digest.editions.plans.plan import NOTHING_PLANNED, Correction, Plan, PlanDecision, decided, ordered
from digest.editions.selection import Calendar, corrected, in_reading_order, judge
from digest.intake.item import Strength, TagKind, TagPlace
from digest.mail.content import Introduction
from digest.newsletters.edition import Choice, EditionState, Ruling, Verdict
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule
from digest.newsletters.timetable import timetable

JULY = Period.from_key(PeriodKind.MONTH, "2018-07")
AUGUST = Period.from_key(PeriodKind.MONTH, "2018-08")


@pytest.fixture
def calendar(publisher):
    def calendar(**states):
        schedule = Schedule(kind=PeriodKind.MONTH, zone=publisher.timezone)
        named = {
            Period.from_key(PeriodKind.MONTH, key.strip("_").replace("_", "-"))
            for key, state in states.items()
            if EditionState(state) not in (EditionState.DRAFT, EditionState.SKIPPED)
        }
        return Calendar(timetable=timetable(schedule), closed=named)

    return calendar


@pytest.fixture
def ruled(newsletter, calendar):
    """The ruling and the reason for each story of July, by the first letter of its title."""

    def ruled(stories, plan, readers=None, settled=frozenset(), period=JULY, **states):
        verdicts = judge(readers or newsletter(), period, corrected(stories, plan), calendar(**states), settled, plan)
        return {v.story_id[0]: (v.ruling, v.reason, v.late) for v in verdicts}

    return ruled


def test_a_person_drops_and_defers_with_their_reason(item, story, ruled):
    stories = [story(item(name)) for name in "ABC"]
    plan = Plan(dropped={stories[0].id: "not our news"}, deferred={stories[1].id: ""})
    said = ruled(stories, plan)
    assert said["A"] == (Ruling.DROPPED, "the plan leaves it out: not our news", False)
    assert said["B"] == (Ruling.DEFERRED, "the plan puts it off to the next edition", False)
    assert said["C"][0] is Ruling.INCLUDED


def test_what_is_withdrawn_or_too_old_stays_so_and_a_person_comes_before_the_audiences(
    item, story, newsletter, audience, ruled
):
    closed = {f"_2018_0{n}": "finished" for n in range(1, 7)}
    stories = [
        story(item("A", withdrawn=True)),
        story(item("B", "2018-01-02")),
        story(item("C", countries="MX")),
        story(item("D", countries="MX")),
    ]
    everything_dropped = Plan(dropped={one.id: "" for one in stories[:3]}, deferred={stories[3].id: ""})
    said = ruled(stories, everything_dropped, newsletter(audience("guatemala", countries="GT")), **closed)
    assert [said[name][0] for name in "ABCD"] == [
        Ruling.WITHDRAWN,
        Ruling.TOO_OLD,
        Ruling.DROPPED,
        Ruling.DEFERRED,
    ]


def test_a_deferred_story_has_its_turn_as_late_in_the_next_open_edition(item, story, ruled):
    one = story(item("A"))
    assert not Ruling.DEFERRED.final
    after = ruled([one], NOTHING_PLANNED, period=AUGUST, _2018_07="finished")
    assert (after["A"][0], after["A"][2]) == (Ruling.INCLUDED, True)
    september = Period.from_key(PeriodKind.MONTH, "2018-09")
    assert ruled([one], NOTHING_PLANNED, period=september, _2018_07="finished", _2018_08="sealed")["A"][2] is True


# -- corrections --------------------------------------------------------------------------------------------------


def test_corrections_act_before_judging(item, story, newsletter, audience, ruled):
    weak = story(item("A", countries="MX", topics="children", strength=Strength.WEAK))
    readers = newsletter(audience("guatemala", countries="GT", only_strong=True))
    plan = Plan(corrections=(Correction(item_id=weak.id, countries=("GT",)),))
    assert ruled([weak], NOTHING_PLANNED, readers)["A"][0] is Ruling.NO_AUDIENCE
    assert ruled([weak], plan, readers)["A"][0] is Ruling.INCLUDED


def test_a_persons_tags_are_strong_and_replace_the_guesses_of_their_kind_alone(item, story):
    one = story(item("A", countries="MX SV", topics="children", strength=Strength.WEAK))
    (said,) = corrected([one], Plan(corrections=(Correction(item_id=one.id, countries=("GT", "HN")),)))
    assert said.values(TagKind.COUNTRY, only_strong=True) == said.values(TagKind.COUNTRY) == {"GT", "HN"}
    assert said.values(TagKind.TOPIC) == {"children"}
    assert {tag.where for tag in said.items[0].tags if tag.kind is TagKind.COUNTRY} == {TagPlace.PERSON}
    (none,) = corrected([one], Plan(corrections=(Correction(item_id=one.id, topics=()),)))
    assert (none.values(TagKind.TOPIC), none.values(TagKind.COUNTRY)) == (frozenset(), {"MX", "SV"})


def test_a_correction_changes_its_item_and_no_other(item, story):
    pair = story(item("Hub", id="a"), item("Centro", id="b", language="es"))
    other = story(item("Other", id="c"))
    plan = Plan(corrections=(Correction(item_id="b", title="Un centro", summary="Breve", language="pt"),))
    said = corrected([pair, other], plan)
    assert said[1] is other
    assert said[0].items[0] is pair.items[0]
    assert (said[0].items[1].text.title, said[0].items[1].text.summary, said[0].languages) == (
        "Un centro",
        "Breve",
        {"en", "pt"},
    )
    assert said[0].items[1].text.paragraphs == pair.items[1].text.paragraphs


# -- order --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(newsletter, audience, publisher):
    """Lead and sections of the variant for `audiences`, as titles."""

    def shown(stories, plan, audiences="regional", language="en"):
        readers = newsletter(audience("regional", everything=True), audience("guatemala", countries="GT"))
        included = [
            (one, Verdict(story_id=one.id, ruling=Ruling.INCLUDED, reason="")) for one in in_reading_order(stories)
        ]
        choice = Choice(newsletter="monthly", audiences=frozenset(audiences.split()), language=language)
        (variant,), _ = compose(publisher, readers, JULY, included, [choice], plan)
        content = variant.content
        return content.lead.item.text.title, {
            section.key: "".join(one.item.text.title for one in section.stories) for section in content.sections
        }

    return shown


def test_pinned_stories_come_first_in_their_section_then_the_order_then_the_others(item, story, shown):
    stories = [story(item(name, f"2018-07-{20 - place}", countries="GT")) for place, name in enumerate("ABCDEF")]
    stories.append(story(item("R", "2018-07-02")))
    by_title = {one.items[0].text.title: one.id for one in stories}
    plan = Plan(pinned=(by_title["E"], by_title["R"], by_title["D"]), order=(by_title["F"], by_title["C"]))
    assert shown(stories, plan) == ("A", {None: "R", "GT": "EDFCB"})


def test_the_lead_stands_above_the_sections_wherever_it_is_and_others_choose_as_usual(item, story, shown):
    stories = [
        story(item("A", "2018-07-20", countries="GT")),
        story(item("B", "2018-07-10", countries="MX")),
        story(item("C", "2018-07-09", countries="GT")),
    ]
    plan = Plan(lead=stories[1].id, order=(stories[2].id, stories[1].id))
    assert shown(stories, plan) == ("B", {"GT": "CA"})
    assert shown(stories, plan, "guatemala") == ("A", {"GT": "C"})
    foreign_lead = Plan(lead=stories[2].id)
    assert shown(stories, foreign_lead, language="es")[0] == "C"


def test_an_introduction_is_shown_in_its_language_only(item, story, newsletter, publisher):
    one = story(item("A"))
    plan = Plan(introductions={"es": Introduction(paragraphs=("Hola",))})
    included = [(one, Verdict(story_id=one.id, ruling=Ruling.INCLUDED, reason=""))]
    choices = [
        Choice(newsletter="monthly", audiences=frozenset({"regional"}), language=language) for language in ("en", "es")
    ]
    variants, _ = compose(publisher, newsletter(), JULY, included, choices, plan)
    said = {variant.content.language: variant.content.introduction for variant in variants}
    assert said == {"en": None, "es": Introduction(paragraphs=("Hola",))}


# -- what is approved ---------------------------------------------------------------------------------------------

PLANS = (
    Plan(),
    Plan(introductions={"en": Introduction(paragraphs=("Hello",))}),
    Plan(introductions={"en": Introduction(paragraphs=("Hello",), html="<p><b>Hello</b></p>")}),
    Plan(introductions={"es": Introduction(paragraphs=("Hello",))}),
    Plan(lead="a"),
    Plan(pinned=("a",)),
    Plan(order=("a",)),
    Plan(order=("a", "b")),
    Plan(order=("b", "a")),
    Plan(dropped={"a": ""}),
    Plan(dropped={"a": "x"}),
    Plan(deferred={"a": ""}),
    Plan(corrections=(Correction(item_id="a", title="x"),)),
    Plan(corrections=(Correction(item_id="a", summary="x"),)),
    Plan(corrections=(Correction(item_id="a", countries=()),)),
    Plan(corrections=(Correction(item_id="a", topics=()),)),
    Plan(corrections=(Correction(item_id="a", countries=("GT",)),)),
    Plan(corrections=(Correction(item_id="a", language="es"),)),
    Plan(corrections=(Correction(item_id="b", title="x"),)),
)


def test_every_part_of_a_plan_is_part_of_the_fingerprint(newsletter):
    fingerprints = {description_fingerprint(describe(newsletter(), JULY, "t", [], [], {}, plan)) for plan in PLANS}
    assert len(fingerprints) == len(PLANS)


def test_the_order_of_reasons_and_corrections_is_no_part_of_it(newsletter):
    one, other = Correction(item_id="a", title="x"), Correction(item_id="b", title="y")

    def fingerprint(plan):
        return description_fingerprint(describe(newsletter(), JULY, "t", [], [], {}, plan))

    assert fingerprint(Plan(dropped={"a": "", "b": "x"}, corrections=(one, other))) == fingerprint(
        Plan(dropped={"b": "x", "a": ""}, corrections=(other, one))
    )


# -- decisions ----------------------------------------------------------------------------------------------------

ids = st.sampled_from("abcde")
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(PlanDecision), ids, st.sampled_from([None, "", "x"])),
        st.tuples(st.just("order"), st.lists(ids, unique=True, max_size=3), st.none()),
    ),
    max_size=12,
)


@given(steps)
def test_a_story_has_one_part_in_an_edition_whatever_people_decide_in_whatever_order(taken):
    plan = Plan()
    for decision, what, because in taken:
        if decision == "order":
            plan = ordered(plan, [id_ for id_ in what if id_ not in plan.dropped and id_ not in plan.deferred])
        else:
            plan = decided(plan, decision, what, because)
            assert decided(plan, decision, what) == plan
        parts = [*plan.pinned, *plan.dropped, *plan.deferred, *([plan.lead] if plan.lead else [])]
        assert len(parts) == len(set(parts))
        assert not set(plan.order) & {*plan.dropped, *plan.deferred}


def test_keep_undoes_and_a_reason_outlives_a_second_drop():
    plan = Plan(order=("a", "b"))
    dropped = decided(plan, PlanDecision.DROP, "b", "x")
    assert (dropped.dropped, dropped.order) == ({"b": "x"}, ("a",))
    assert decided(dropped, PlanDecision.DROP, "b").dropped == {"b": "x"}
    assert decided(dropped, PlanDecision.DROP, "b", "").dropped == {"b": ""}
    assert decided(dropped, PlanDecision.KEEP, "b") == replace(plan, order=("a",))
    assert decided(decided(plan, PlanDecision.LEAD, "a"), PlanDecision.LEAD, "b").lead == "b"
