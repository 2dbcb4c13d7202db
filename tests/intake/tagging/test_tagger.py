from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.intake.item import Strength, Tag, TagKind, TagPlace, Text
from digest.intake.tagging.tagger import Tagged, guess
from digest.intake.tagging.taxonomy import Taxonomy

TagIt = Callable[..., Tagged]
Only = Callable[[Tagged], Tag]


def reason(tag: Tag) -> tuple[str, str, str, str]:
    return tag.value, tag.term, tag.where, tag.strength


def test_a_name_in_the_title_is_strong_evidence(tag: TagIt, only: Only) -> None:
    found = only(tag("A day in Belize"))
    assert found == Tag(kind=TagKind.COUNTRY, value="BZ", term="Belize", where=TagPlace.TITLE, strength=Strength.STRONG)


def test_a_name_in_the_body_is_weak_evidence(tag: TagIt, only: Only) -> None:
    assert reason(only(tag("A day", "It rained in Belize."))) == ("BZ", "Belize", "body", "weak")


def test_a_dateline_is_weak_evidence_and_says_so(tag: TagIt, only: Only) -> None:
    found = tag("A day", "BELMOPÁN, Belice\u00a0– Llovió en Belice.")
    assert reason(only(found)) == ("BZ", "BELMOPÁN", "dateline", "weak")


@pytest.mark.parametrize("dateline", ["Belize.", "Belize –", "Belize. It rained.", "Belize – It rained."])
def test_a_dateline_may_be_a_place_alone(dateline: str, tag: TagIt, only: Only) -> None:
    assert reason(only(tag("A day", dateline, "It rained in Belize."))) == ("BZ", "Belize", "dateline", "weak")


def test_only_the_first_paragraph_has_a_dateline(tag: TagIt, only: Only) -> None:
    assert reason(only(tag("A day", "It rained.", "Belize – It rained."))) == ("BZ", "Belize", "body", "weak")


def test_a_summary_is_read_like_a_body(tag: TagIt, only: Only) -> None:
    assert reason(only(tag("A day", summary="Belize – It rained."))) == ("BZ", "Belize", "body", "weak")


def test_a_place_is_weak_evidence_even_in_a_title(tag: TagIt, only: Only) -> None:
    assert reason(only(tag("Rain over Chiapas"))) == ("MX", "Chiapas", "title", "weak")


def test_a_name_in_the_title_outweighs_a_place_before_it(tag: TagIt, only: Only) -> None:
    found = tag("Mexico City and the rest of Mexico", "Mexico. Rain fell.")
    assert reason(only(found)) == ("MX", "Mexico", "title", "strong")


def test_of_equal_reasons_the_earlier_one_is_given(tag: TagIt, only: Only) -> None:
    found = tag("Rain over Chiapas", "Mexico. A Mexican farmer said so.")
    assert reason(only(found)) == ("MX", "Chiapas", "title", "weak")


def test_the_term_stands_as_in_the_text(tag: TagIt, only: Only) -> None:
    text = "REPU\u0301BLICA\u00a0Dominicana"
    assert only(tag(f"La {text} avanza")).term == text


def test_one_tag_per_value_countries_first(tag: TagIt) -> None:
    found = tag("Women of Belize meet women of Honduras", "Belize. Women from Honduras and Belize.")
    assert [tag.value for tag in found.tags] == ["BZ", "HN", "women"]
    assert found.problems == ()


def test_the_same_text_gets_the_same_tags(tag: TagIt) -> None:
    texts = ("Women of Belize", "Panama City – Mexican women and Honduran nurses on human rights.")
    assert tag(*texts) == tag(*texts)


@pytest.mark.parametrize("title", ["", " ", "…", "***", "\u200b"])
def test_a_text_without_words_has_no_tags(tag: TagIt, title: str) -> None:
    assert tag(title, "–") == Tagged(())


WORDS = st.sampled_from(
    ["Belize", "San", "Salvador", "MÉXICO", "me\u0301xico", "women", "y", "de", "–", ".", "US", "«", "niñas,", "niños"]
)
TEXTS = st.lists(WORDS).map(" ".join)


@given(title=TEXTS, body=TEXTS)
def test_every_reason_can_be_found_where_it_is_said_to_be(taxonomy: Taxonomy, title: str, body: str) -> None:
    for tag in guess(taxonomy.terms, Text(title=title, paragraphs=(body,))):
        assert tag.term in (title if tag.where is TagPlace.TITLE else body)
        assert tag.where is TagPlace.TITLE or tag.strength is Strength.WEAK
        assert tag.value in taxonomy.countries | taxonomy.topics
