"""Why a story does not concern an audience."""

from collections.abc import Callable

import pytest

from digest.intake.item import Item, Story, Strength
from digest.newsletters.newsletter import Audience, Criteria, Localised

COUNTRIES = frozenset({"GT"})


def audience(**rule: object) -> Audience:
    return Audience(name="a", title=Localised(everywhere="A"), **rule)  # type: ignore[arg-type] # fields of the rule


@pytest.fixture
def story(item: Callable[..., Item]) -> Callable[..., Story]:
    return lambda **said: Story(id="s", items=(item("A title", **said),))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"include": Criteria(countries=frozenset({"HN", "GT"}))}, "it asks for countries: GT, HN; the story has MX"),
        ({"include": Criteria(topics=frozenset({"health"}))}, "it asks for topics: health; the story has none"),
        ({"everything": True, "exclude": Criteria(countries=frozenset({"MX"}))}, "it leaves out countries: MX"),
        ({"include": Criteria(sources=frozenset({"x"}))}, "it asks for sources: x; the story has newsroom"),
        ({"include": Criteria(countries=frozenset({"MX"}), languages=frozenset({"es"}))}, "it asks for languages: es"),
        ({}, "it asks for nothing"),
    ],
)
def test_the_rule_that_keeps_it_out_is_named(rule: dict[str, object], said: str, story: Callable[..., Story]) -> None:
    assert (audience(**rule).why_not(story(countries="MX")) or "").startswith(said)


def test_a_weak_tag_is_told_from_a_missing_one(story: Callable[..., Story]) -> None:
    strong_only = audience(include=Criteria(countries=COUNTRIES), only_strong=True)
    said = strong_only.why_not(story(countries="GT", strength=Strength.WEAK))
    assert said == "it asks for countries that a person or the title names; GT stands in the text only"


def test_what_concerns_it_has_no_reason_against(story: Callable[..., Story]) -> None:
    for rule in ({"everything": True}, {"include": Criteria(countries=COUNTRIES)}):
        assert audience(**rule).why_not(story(countries="GT")) is None
