"""Which readers get which stories, and how few variants serve them all (design §4.7–4.10)."""

from dataclasses import replace

import pytest

from digest.editions.composition import best_sealed, choices_to_serve, compose
from digest.editions.selection import in_reading_order
from digest.newsletters.edition import Choice, Ruling, Verdict
from digest.newsletters.newsletter import SectionsBy
from digest.newsletters.period import Period, PeriodKind

JULY = Period.from_key(PeriodKind.MONTH, "2018-07")


def choice(audiences, language="en"):
    return Choice(newsletter="monthly", audiences=frozenset(audiences.split()), language=language)


def included(*stories, late=()):
    return [
        (one, Verdict(story_id=one.id, ruling=Ruling.INCLUDED, reason="", late=one.id in late))
        for one in in_reading_order(stories)
    ]


@pytest.fixture
def readers(newsletter, audience):
    return newsletter(
        audience("regional", everything=True),
        audience("guatemala", countries="GT"),
        audience("mexico", countries="MX"),
        audience("children", topics="children"),
    )


def test_a_person_gets_the_union_of_their_audiences_each_story_once(item, story, readers, publisher):
    both = story(item("Border", countries="GT MX"))
    plans, _ = compose(publisher, readers, JULY, included(both), [choice("guatemala mexico")])
    assert [shown.story_id for shown in plans[0].content.stories] == [both.id]


def test_choices_with_the_same_stories_share_a_variant_per_language(item, story, readers, publisher):
    one = story(item("Border", countries="GT MX"))
    plans, unserved = compose(publisher, readers, JULY, included(one), choices_to_serve(readers, []))
    assert [plan.name for plan in plans] == ["regional.en", "regional.es"]
    assert {c.audiences for c in plans[0].choices} == {
        frozenset(["regional"]),
        frozenset(["guatemala"]),
        frozenset(["mexico"]),
    }
    assert {c.audiences for c in unserved} == {frozenset(["children"])}


def test_a_mail_says_for_whom_it_is_whoever_shares_it(item, story, readers, publisher):
    """No combination that somebody chose changes what the others are told."""
    stories = [story(item("A", countries="GT MX")), story(item("B", topics="children"))]
    choices = choices_to_serve(readers, [choice("guatemala children"), choice("mexico guatemala")])
    plans, _ = compose(publisher, readers, JULY, included(*stories), choices)
    said = {plan.name: (plan.content.audiences, plan.content.chosen) for plan in plans if plan.name.endswith("en")}
    titles = {one.name: one.title("en") for one in readers.audiences}
    assert said == {
        "regional.en": ((titles["regional"],), False),
        "guatemala.en": ((titles["guatemala"], titles["mexico"]), False),
        "children.en": ((titles["children"],), True),
    }


def test_a_newsletter_with_one_audience_names_none(item, story, newsletter, audience, publisher):
    alone = newsletter(audience("everyone", everything=True))
    plans, _ = compose(publisher, alone, JULY, included(story(item("A"))), choices_to_serve(alone, []))
    assert {plan.content.audiences for plan in plans} == {()}


def test_every_choice_is_either_served_or_told_that_nothing_concerns_it(item, story, readers, publisher):
    stories = [story(item("A", countries="GT")), story(item("B", countries="MX", topics="children"))]
    choices = choices_to_serve(readers, [choice("guatemala children", "es"), choice("mexico children")])
    plans, unserved = compose(publisher, readers, JULY, included(*stories), choices)
    assert sorted([c for plan in plans for c in plan.choices] + unserved, key=repr) == sorted(choices, key=repr)


def test_a_story_stands_in_its_only_countrys_section_and_else_in_regional_first(item, story, readers, publisher):
    stories = [
        story(item("Lead", "2018-07-30", "A very long text that leads the edition.", countries="MX")),
        story(item("Both", "2018-07-05", countries="GT MX")),
        story(item("None", "2018-07-04")),
        story(item("One", "2018-07-03", countries="GT")),
    ]
    plans, _ = compose(publisher, readers, JULY, included(*stories), [choice("regional")])
    content = plans[0].content
    assert content.lead is not None
    assert content.lead.item.text.title == "Lead"
    assert [(s.key, [x.item.text.title for x in s.stories]) for s in content.sections] == [
        (None, ["Both", "None"]),
        ("GT", ["One"]),
    ]


def test_without_sections_there_is_one_list(item, story, newsletter, publisher):
    stories = [story(item("A", countries="GT")), story(item("B", countries="MX"))]
    plain = newsletter(sections=SectionsBy.NONE)
    plans, _ = compose(publisher, plain, JULY, included(*stories), [choice("regional")])
    assert [section.key for section in plans[0].content.sections] == [None]


def test_a_reader_is_shown_their_language_and_else_the_other_one(item, story, readers, publisher):
    pair = story(item("Hub opens", countries="GT"), item("Abre", "2018-07-09", language="es", countries="GT"))
    single = story(item("Only English", "2018-07-02", countries="GT"))
    plans, _ = compose(publisher, readers, JULY, included(pair, single), [choice("guatemala", "es")])
    shown = {one.item.text.title: one.foreign_to("es") for one in plans[0].content.stories}
    assert shown == {"Abre": False, "Only English": True}


def test_a_translation_made_later_shows_the_storys_own_date(item, story, readers, publisher):
    pair = story(item("Hub opens", "2018-07-01"), item("Abre", "2018-07-29", language="es"))
    plans, _ = compose(publisher, readers, JULY, included(pair), [choice("regional", "es")])
    assert str(plans[0].content.stories[0].item.published_on) == "2018-07-01"


def test_neither_a_late_nor_a_foreign_story_leads_when_another_can(item, story, readers, publisher):
    late = story(item("Late", "2018-07-31", "x" * 900))
    foreign = story(item("Ajeno", "2018-07-30", "x" * 800, language="es"))
    plain = story(item("Plain", "2018-07-01", "short"))
    plans, _ = compose(publisher, readers, JULY, included(late, foreign, plain, late={late.id}), [choice("regional")])
    assert plans[0].content.lead.item.text.title == "Plain"


def test_the_same_inputs_in_another_order_give_the_same_variants(item, story, readers, publisher):
    stories = [story(item(f"S{n}", f"2018-07-{n + 1:02d}", countries="GT" if n % 2 else "MX")) for n in range(9)]
    choices = choices_to_serve(readers, [choice("guatemala mexico", "es")])
    one, _ = compose(publisher, readers, JULY, included(*stories), choices)
    other, _ = compose(publisher, readers, JULY, included(*reversed(stories)), list(reversed(choices)))
    assert one == other


def test_names_of_variants_differ_even_for_many_audiences(newsletter, audience, item, story, publisher):
    many = [audience(f"a{n}", topics=f"t{n}") for n in range(8)]
    stories = [story(item(f"S{n}", topics=f"t{n}", position=n)) for n in range(8)]
    wanted = [choice(" ".join(f"a{n}" for n in range(8) if n != left)) for left in range(8)]
    plans, _ = compose(publisher, newsletter(*many), JULY, included(*stories), wanted)
    assert len({plan.name for plan in plans}) == 8
    assert all(len(plan.name) < 60 for plan in plans)


def test_a_choice_made_after_the_seal_takes_the_sealed_part_with_most_of_its_audiences():
    sealed = {
        choice("guatemala"): "guatemala.en",
        choice("children"): "children.en",
        choice("guatemala mexico"): "guatemala+mexico.en",
        choice("guatemala", "es"): "guatemala.es",
        choice("mexico"): None,
    }
    order = ["regional", "guatemala", "mexico", "children"]
    assert best_sealed(choice("guatemala mexico children"), sealed, order) == "guatemala+mexico.en"
    assert best_sealed(choice("children guatemala"), sealed, order) == "guatemala.en"
    assert best_sealed(choice("mexico"), sealed, order) is None
    assert best_sealed(choice("children", "es"), sealed, order) is None


def test_a_story_knows_its_other_language_where_a_link_leads_to_it(item, story, readers, publisher):
    def linked(language, link, **more):
        one = item(f"Title {language}", language=language, countries="GT", **more)
        return replace(one, text=replace(one.text, link=link))

    def other_for(language, *items):
        plans, _ = compose(publisher, readers, JULY, included(story(*items)), [choice("regional", language)])
        (shown,) = plans[0].content.stories
        return shown.other

    english, spanish = linked("en", "https://a.example/en"), linked("es", "https://a.example/es")
    assert other_for("en", english, spanish) == spanish
    assert other_for("es", english, spanish) == english
    assert other_for("es", english) is None  # they are shown the English one already
    assert other_for("en", english, linked("es", None)) is None
    assert other_for("en", english, linked("es", "https://a.example/en")) is None
    assert other_for("en", english, linked("pt", "https://a.example/pt")) is None  # no language of the newsletter
    assert other_for("en", english, replace(spanish, withdrawn=True)) is None
    older = linked("es", "https://a.example/older", on="2018-07-01", position=9)
    newer = linked("es", "https://a.example/newer", on="2018-07-02", position=1)
    assert other_for("en", english, newer, older) == older  # the first that was told, as all mails say it
