"""What a person wrote as countries and topics."""

from collections.abc import Callable

import pytest

from digest.foundation.problems import Place, Severity
from digest.intake.item import Strength, TagKind, TagPlace
from digest.intake.tagging.tagger import Tagged

TagIt = Callable[..., Tagged]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("GT", "GT"),
        ("gt", "GT"),
        ("Guatemala", "GT"),
        ("  MÉXICO ", "MX"),
        ("mexico", "MX"),
        ("Mexique", "MX"),
        ("hondureña", "HN"),
        ("Salvadoran", "SV"),
        ("el salvador", "SV"),
        ("guatémaltèque", "GT"),
        ("República Dominicana", "DO"),
        ("Republica\u00a0Dominicana", "DO"),
        ("États-Unis", "US"),
        ("EE.UU.", "US"),
        ("EE. UU.", "US"),
        ("U.S.", "US"),
        ("us", "US"),
        ("usa", "US"),
        ("United Mexican States", "MX"),
        ("Colombia", "CO"),
        ("haitiana", "HT"),
        ("VE", "VE"),
    ],
)
def test_a_country_may_be_written_as_code_name_or_demonym(tag: TagIt, written: str, code: str) -> None:
    (found,) = tag("Rain", countries=(written,)).tags
    assert (found.kind, found.value, found.term) == (TagKind.COUNTRY, code, written)
    assert (found.where, found.strength) == (TagPlace.PERSON, Strength.STRONG)


@pytest.mark.parametrize(
    ("written", "slug"),
    [
        ("human-rights", "human-rights"),
        ("Human Rights", "human-rights"),
        ("human_rights", "human-rights"),
        ("Derechos humanos", "human-rights"),
        ("droits humains", "human-rights"),
        ("NIÑEZ Y ADOLESCENCIA", "children"),
        ("capacity-building", "capacity-building"),
    ],
)
def test_a_topic_may_be_written_as_slug_or_title(tag: TagIt, written: str, slug: str) -> None:
    (found,) = tag("Rain", topics=(written,)).tags
    assert (found.kind, found.value, found.where) == (TagKind.TOPIC, slug, TagPlace.PERSON)


def test_what_a_person_said_replaces_the_guesses_of_that_kind_only(tag: TagIt) -> None:
    found = tag("Women in Belize", countries=("HN", "Mexico"))
    assert [tag.value for tag in found.tags] == ["HN", "MX", "women"]
    found = tag("Women in Belize", topics=("health",))
    assert [tag.value for tag in found.tags] == ["BZ", "health"]


def test_an_empty_list_says_none_on_purpose(tag: TagIt) -> None:
    assert [tag.value for tag in tag("Women in Belize", countries=()).tags] == ["women"]
    assert tag("Women in Belize", countries=(), topics=()) == Tagged(())


def test_the_same_country_written_twice_is_one_tag(tag: TagIt) -> None:
    (found,) = tag("Rain", countries=("Belice", "BZ", "Belize")).tags
    assert (found.value, found.term) == ("BZ", "Belice")


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Guatemla", "did you mean 'GT' (Guatemala)?"),
        ("Hondurras", "did you mean 'HN' (Honduras)?"),
        ("Tegucigalpa", "did you mean 'HN' (Honduras)?"),
        ("Estados Unidos de América del Norte y del Sur", ""),
        ("XX", "write one of: AR, BZ, CA"),
        ("Guatemala y Honduras", ""),
    ],
)
def test_an_unknown_country_is_a_problem_and_no_tag(tag: TagIt, written: str, hint: str) -> None:
    found = tag("Rain in Belize", countries=(written, "HN"))
    assert [tag.value for tag in found.tags] == ["HN"]
    (problem,) = found.problems
    assert (problem.place, problem.severity) == (Place("july.txt", 7), Severity.WARNING)
    assert problem.cause == f"unknown country '{written}': it is left out"
    assert problem.remedy.startswith(hint or ("did you mean", "write one of"))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("helth", "did you mean 'health' (Salud)?"),
        ("trafiking", "did you mean 'trafficking' (Trata de personas)?"),
        ("xenofobia", "did you mean 'discrimination-xenophobia' (Discriminación y xenofobia)?"),
        ("???", ""),
    ],
)
def test_an_unknown_topic_is_a_problem_with_the_nearest_known_one(tag: TagIt, written: str, hint: str) -> None:
    found = tag("Salud en Belice", language="es", topics=(written,))
    assert [tag.value for tag in found.tags] == ["BZ"]
    (problem,) = found.problems
    assert problem.cause.startswith("unknown topic")
    assert problem.remedy.startswith(hint)


def test_a_blank_between_two_commas_is_nothing(tag: TagIt) -> None:
    found = tag("Rain", countries=("", " ", "HN"))
    assert [tag.value for tag in found.tags] == ["HN"]
    assert found.problems == ()


def test_a_country_may_not_be_written_where_a_topic_belongs(tag: TagIt) -> None:
    found = tag("Rain", topics=("Guatemala",))
    assert found.tags == ()
    assert len(found.problems) == 1
