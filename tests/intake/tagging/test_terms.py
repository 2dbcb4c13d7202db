import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.intake.item import TagKind
from digest.intake.tagging.taxonomy import Taxonomy
from digest.intake.tagging.terms import Meaning, Terms, Tokens, words_of


def terms_of(*terms: str) -> Terms:
    """Terms that stand for themselves; one that begins with an exclamation mark stands for nothing."""
    found = Terms()
    for term in terms:
        nothing = term.startswith("!")
        meanings = () if nothing else (Meaning(kind=TagKind.TOPIC, value=term),)
        found.add(words_of(term.removeprefix("!")), meanings)
    return found


def found_in(terms: Terms, text: str) -> list[tuple[str, str | None]]:
    tokens = Tokens.of(text)
    return [
        (tokens.text(match.start, match.end), match.meanings[0].value if match.meanings else None)
        for match in terms.find(tokens)
    ]


def test_the_longest_term_wins_and_uses_up_its_words() -> None:
    terms = terms_of("mexico", "mexico city", "city hall", "!gulf of mexico")
    assert found_in(terms, "Mexico City hall, gulf of Mexico; Mexico") == [
        ("Mexico City", "mexico city"),
        ("gulf of Mexico", None),
        ("Mexico", "mexico"),
    ]


def test_a_longer_term_that_is_not_completed_leaves_the_shorter_one() -> None:
    terms = terms_of("mexico", "mexico city council office")
    assert found_in(terms, "the Mexico City Council of youth") == [("Mexico", "mexico")]


def test_words_of_an_abandoned_longer_term_are_looked_at_again() -> None:
    terms = terms_of("new mexico office", "mexico")
    assert found_in(terms, "new Mexico plan") == [("Mexico", "mexico")]


def test_a_term_does_not_reach_across_a_full_stop() -> None:
    assert found_in(terms_of("new mexico"), "That is new. Mexico agreed") == []


def test_a_star_stands_for_any_ending_or_none() -> None:
    terms = terms_of("mexican*", "traffick* of person*")
    assert [text for text, _ in found_in(terms, "mexican mexicanos MEXICANAS mexico")] == [
        "mexican",
        "mexicanos",
        "MEXICANAS",
    ]
    assert found_in(terms, "trafficking of persons") == [("trafficking of persons", "traffick* of person*")]


@pytest.mark.parametrize("order", [("schools", "school*", "schoo*"), ("schoo*", "school*", "schools")])
def test_of_equally_long_terms_the_one_that_says_most_wins(order: tuple[str, ...]) -> None:
    terms = terms_of(*order)
    assert found_in(terms, "schools school schooner") == [
        ("schools", "schools"),
        ("school", "school*"),
        ("schooner", "schoo*"),
    ]


def test_a_star_does_not_hide_a_longer_plain_term() -> None:
    terms = terms_of("labour* office", "labour")
    assert found_in(terms, "labour office; labour law") == [("labour office", "labour* office"), ("labour", "labour")]


def test_a_plain_word_does_not_hide_a_longer_term_with_a_star() -> None:
    terms = terms_of("labour", "labou* offic*")
    assert found_in(terms, "labour offices") == [("labour offices", "labou* offic*")]


@pytest.mark.parametrize(
    ("term", "text", "hits"),
    [
        ("el Salvador", "EL SALVADOR; El Salvador; el Salvador; el salvador; un Salvador", 3),
        ("US", "the US and us; Us; US-born; USA", 2),
        ("US", "JOIN US TODAY", 0),
        ("guatemala", "guatemala GUATEMALA Guatemala", 3),
        ("U.S.", "U.S. aid; the U.S; u.s.; US", 2),
        ("CONTACT US", "Contact us; CONTACT US for more", 1),
    ],
)
def test_capitals_of_a_term_are_asked_of_the_text(term: str, text: str, hits: int) -> None:
    assert len(found_in(terms_of(term), text)) == hits


def test_spellings_of_one_term_add_up() -> None:
    terms = Terms()
    terms.add(words_of("salvador"), (Meaning(kind=TagKind.TOPIC, value="saviour"),))
    terms.add(words_of("Salvador"), (Meaning(kind=TagKind.COUNTRY, value="SV"),))
    (match,) = terms.find(Tokens.of("Salvador"))
    assert {meaning.value for meaning in match.meanings} == {"SV", "saviour"}
    (match,) = terms.find(Tokens.of("salvador"))
    assert {meaning.value for meaning in match.meanings} == {"saviour"}


@pytest.mark.parametrize(
    "term", ["", " ", "...", "*", "a*b", "*end", "abc*", "mid* dle*", "two ** stars", "migra*ción"]
)
def test_what_cannot_be_a_term_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match=r"a star|letters"):
        words_of(term)


@given(
    st.lists(
        st.sampled_from(["new", "New", "Mexico", "city", "mexicanos", "of", "the", "US", "gulf", ",", ".", "–", "El"])
    )
)
def test_matches_stand_in_order_and_do_not_overlap(words: list[str]) -> None:
    tokens = Tokens.of(" ".join(words))
    terms = terms_of("mexico", "mexican*", "!new mexico", "!gulf of mexico", "mexico city", "US", "of the")
    end = 0
    for match in terms.find(tokens):
        assert end <= match.start < match.end <= len(tokens.keys)
        end = match.end


def test_a_huge_text_of_beginnings_takes_no_more_than_its_share(taxonomy: Taxonomy) -> None:
    beginnings = "Northern Triangle of Central GULF OF U.S. protección de niñas, " * 20_000
    matches = sum(1 for _ in taxonomy.terms.find(Tokens.of(beginnings)))
    assert matches == 3 * 20_000
