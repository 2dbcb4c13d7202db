"""Thin editions and thin mails: nothing is sent too early, and no story is lost (design §4.9)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.approving import approve_whole, look, refuse_part
from digest.editions.composition import compose, thinned
from digest.editions.selection import in_reading_order
from digest.editions.thin import deferred_as_thin, stories_of, without_thin, without_withheld
from digest.errors import PersonNeededError
from digest.newsletters.edition import Choice, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Thin, ThinEdition, ThinMail
from digest.newsletters.period import Occasion, Period, PeriodKind

pytestmark = pytest.mark.both_databases

JULY = Period.from_key(PeriodKind.MONTH, "2018-07")
FLOODS = Period.special(Occasion(name="floods", title="Floods"), JULY.start)
DEFERS = Thin(least=3, edition=ThinEdition.DEFER)
WITHHOLDS = Thin(least_per_mail=2, mail=ThinMail.NOTHING)
FALLS_BACK = Thin(least_per_mail=2, mail=ThinMail.FALL_BACK, fall_back="regional")
IDS = st.frozensets(st.sampled_from("abcdefgh"))
TAKERS = st.dictionaries(st.sampled_from(["regional", "guatemala", "mexico"]), IDS, min_size=1)


def verdicts(*rulings):
    return [Verdict(story_id=str(number), ruling=ruling, reason="") for number, ruling in enumerate(rulings)]


def rulings(of):
    return [verdict.ruling for verdict in of]


@pytest.fixture
def readers(newsletter, audience):
    def readers(thin):
        return newsletter(
            audience("regional", everything=True),
            audience("guatemala", countries="GT"),
            audience("mexico", countries="MX"),
            thin=thin,
        )

    return readers


@pytest.fixture
def mails(readers, publisher):
    """Choice → the titles in its mail, and what the mail says of the audience that it falls back on."""

    def mails(thin, stories, *choices, period=JULY):
        ruled = [
            (one, Verdict(story_id=one.id, ruling=Ruling.INCLUDED, reason="")) for one in in_reading_order(stories)
        ]
        wanted = {Choice(newsletter="monthly", audiences=frozenset(one.split()), language="en"): one for one in choices}
        plans, unserved = compose(publisher, readers(thin), period, ruled, wanted)
        got = dict.fromkeys((wanted[choice] for choice in unserved), ((), None))
        for plan in plans:
            titles = tuple(sorted(shown.item.text.title for shown in plan.content.stories))
            got |= {wanted[choice]: (titles, plan.content.fall_back) for choice in plan.choices}
        return got

    return mails


@pytest.fixture
def stories(item, story):
    """One of Guatemala, two of Mexico, one of nobody in particular."""
    return [
        story(item("Hub", countries="GT")),
        story(item("Law", countries="MX")),
        story(item("Map", countries="MX")),
        story(item("Net")),
    ]


# -- Editions.


@pytest.mark.parametrize(("count", "waits"), [(0, False), (1, True), (2, True), (3, False), (4, False)])
def test_all_stories_of_a_thin_edition_wait_and_those_of_others_do_not(count, waits):
    found = without_thin(DEFERS, verdicts(*[Ruling.INCLUDED] * count, Ruling.DROPPED, Ruling.TOO_OLD))
    expected = Ruling.DEFERRED if waits else Ruling.INCLUDED
    assert rulings(found) == [expected] * count + [Ruling.DROPPED, Ruling.TOO_OLD]
    assert bool(deferred_as_thin(DEFERS, found)) == waits


def test_it_goes_as_it_is_where_the_settings_say_nothing_else():
    for thin in (Thin(), Thin(least=9)):
        assert rulings(without_thin(thin, verdicts(Ruling.INCLUDED))) == [Ruling.INCLUDED]


def test_what_a_person_put_off_is_not_taken_for_thin():
    put_off = [replace(verdict, reason="the plan puts it off") for verdict in verdicts(Ruling.DEFERRED)]
    assert deferred_as_thin(DEFERS, put_off) == ""


def test_an_open_window_and_a_special_edition_are_never_thin(readers, stories):
    ruled = [(one, Verdict(story_id=one.id, ruling=Ruling.INCLUDED, reason="")) for one in stories[:1]]
    both = Thin(least=3, edition=ThinEdition.DEFER, least_per_mail=2, mail=ThinMail.NOTHING)
    for period, closed, expected in (
        (JULY, False, Ruling.DEFERRED),  # no mail would have it
        (JULY, True, Ruling.DEFERRED),
        (FLOODS, True, Ruling.INCLUDED),
    ):
        assert rulings(thinned(readers(both), period, ruled, closed=closed)) == [expected]
    assert rulings(thinned(readers(DEFERS), JULY, ruled, closed=False)) == [Ruling.INCLUDED]


# -- Mails.


def test_a_thin_mail_goes_as_it_is_where_the_settings_say_nothing_else(mails, stories):
    assert mails(Thin(least_per_mail=2), stories, "guatemala") == {"guatemala": (("Hub",), None)}


def test_nothing_is_sent_to_those_whom_little_concerns(mails, stories):
    got = mails(WITHHOLDS, stories, "guatemala", "mexico", "guatemala mexico")
    assert got["guatemala"] == ((), None)
    assert got["mexico"] == (("Law", "Map"), None)
    assert got["guatemala mexico"] == (("Hub", "Law", "Map"), None)


def test_a_thin_mail_has_the_stories_of_another_audience_besides_and_says_so(mails, stories):
    got = mails(FALLS_BACK, stories, "guatemala", "mexico", "regional")
    everything = ("Hub", "Law", "Map", "Net")
    assert got["guatemala"] == (everything, "Regional")
    assert got["mexico"] == (("Law", "Map"), None)
    assert got["regional"] == (everything, None)


def test_so_has_the_mail_of_those_whom_nothing_concerns_at_all(mails, stories):
    assert mails(FALLS_BACK, stories[1:], "guatemala")["guatemala"] == (("Law", "Map", "Net"), "Regional")


def test_a_mail_to_which_that_adds_nothing_says_nothing(mails, stories):
    assert mails(FALLS_BACK, stories[:1], "guatemala", "regional") == {
        "guatemala": (("Hub",), None),
        "regional": (("Hub",), None),
    }


@given(TAKERS, st.integers(1, 5), st.sampled_from(ThinMail))
def test_what_no_mail_shows_waits_and_what_waits_no_mail_shows(takers, least, mail):
    """Of audiences by themselves, and of all their combinations."""
    thin = Thin(least_per_mail=least, mail=mail, fall_back="regional")
    ids = frozenset[str]().union(*takers.values())
    ruled = [Verdict(story_id=one, ruling=Ruling.INCLUDED, reason="") for one in sorted(ids)]
    kept = {one.story_id for one in without_withheld(thin, ruled, takers) if one.ruling is Ruling.INCLUDED}
    left = {name: stories & kept for name, stories in takers.items()}
    alone = [stories_of(thin, stories, left) for stories in left.values()]
    assert frozenset[str]().union(*alone) == kept
    assert all(stories_of(thin, one | other, left) <= kept for one in left.values() for other in left.values())


# -- In an edition's life.


@pytest.fixture
def little(make_workshop, found, tmp_path):
    """One story of Guatemala, two of Mexico."""

    def little(thin):
        workshop = make_workshop(tmp_path, thin=thin)
        workshop.subscribe("all@example.org")
        workshop.subscribe("gt@example.org", "guatemala")
        workshop.source.items = [
            found("Hub", "2018-07-03", "text of hub", countries=("GT",)),
            found("Law", "2018-07-04", "text of law", countries=("MX",)),
            found("Map", "2018-07-05", "text of map", countries=("MX",)),
        ]
        workshop.collect()
        return workshop

    return little


def test_a_story_that_only_thin_mails_have_waits_even_when_a_part_is_left_out(little):
    workshop = little(WITHHOLDS)
    built = workshop.build("2018-07")
    assert rulings(built.verdicts) == [Ruling.INCLUDED] * 3
    refuse_part(workshop.bench, workshop.newsletter, built.edition, "regional", "Zoe", "a wrong photo")
    sealed = workshop.approve(built.edition)
    ruled = {one.story_id: one.ruling for one in workshop.editions.verdicts(sealed)}
    assert sorted(ruled.values()) == [Ruling.DEFERRED, Ruling.INCLUDED, Ruling.INCLUDED]
    assert len(workshop.editions.settled("monthly")) == 2


def test_a_mail_falls_back_on_nothing_that_was_refused(little):
    workshop = little(replace(FALLS_BACK, fall_back="mexico"))
    built = workshop.build("2018-07")
    (alone,) = [one for one in built.variants if one.audiences == ("guatemala",) and one.language == "en"]
    assert len(alone.story_ids) == 3
    refuse_part(workshop.bench, workshop.newsletter, built.edition, "mexico", "Zoe", "a wrong photo")
    sealed = workshop.approve(built.edition)
    (alone,) = [one for one in workshop.editions.variants(sealed) if one.audiences == ("guatemala",)][:1]
    assert len(alone.story_ids) == 1
    assert len(look(workshop.bench.database, workshop.newsletter, sealed).parts) == 2


def test_too_few_stories_are_not_approved_early_either(little):
    workshop = little(Thin(least=4, edition=ThinEdition.DEFER))
    workshop.clock.at = workshop.clock.at.replace(month=7, day=20)
    built = workshop.build("2018-07")
    assert built.edition.state is EditionState.DRAFT
    code = workshop.editions.code(built.edition)
    with pytest.raises(PersonNeededError, match="3 stories, and an edition needs 4"):
        approve_whole(workshop.bench, workshop.newsletter, built.edition, "Marta", code=code, early=True)
    workshop.clock.at = workshop.clock.at.replace(month=8, day=1)
    assert workshop.build("2018-07").edition.state is EditionState.SKIPPED
    assert workshop.editions.settled("monthly") == {}
