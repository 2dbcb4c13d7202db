import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.intake.tagging.terms import Tokens

LATIN = st.text(st.characters(max_codepoint=0x24F, categories=("L", "Nd", "Zs")))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Guatemala-Honduras", ["guatemala", "honduras"]),
        ("Mexico’s and Mexico's", ["mexico", "s", "and", "mexico", "s"]),
        ("d'Haïti, l’asile", ["d", "haiti", ",", "l", "asile"]),
        ("Costa\u00a0Rica\u202fnow", ["costa", "rica", "now"]),
        ("(Petén)", ["(", "peten", ")"]),
        ("PETE\u0301N", ["peten"]),
        ("Gua\u00adte\u200bmala", ["guatemala"]),
        ("main-d'œuvre", ["main", "d", "oeuvre"]),
        ("*Costa* _Rica_", ["costa", "rica"]),
        ("Maria* left", ["maria", "left"]),
        ("Rica- As", ["rica", "-", "as"]),
        ("EE. UU. y US$", ["ee", ".", "uu", ".", "y", "us", "$"]),
        ("Straße – dash", ["strasse", "–", "dash"]),
        ("", []),
        ("\u0301", ["\u0301"]),
    ],
)
def test_a_text_is_cut_into_folded_words_and_marks(text: str, keys: list[str]) -> None:
    assert Tokens.of(text).keys == keys


@pytest.mark.parametrize("address", ["https://example.org/guatemala", "www.example.org/belize", "info@belize.example"])
def test_addresses_are_no_words(address: str) -> None:
    assert Tokens.of(f"See {address} now").keys == ["see", "now"]


@given(st.text())
def test_every_text_is_cut_without_loss(text: str) -> None:
    tokens = Tokens.of(text)
    assert len("".join(tokens.pieces)) == len(text)
    assert len(tokens.pieces) == 2 * len(tokens.keys) + 1


@given(LATIN)
def test_composed_and_decomposed_letters_are_alike(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert Tokens.of(composed).keys == Tokens.of(decomposed).keys


@given(LATIN)
def test_folding_twice_changes_nothing(text: str) -> None:
    keys = Tokens.of(text).keys
    assert Tokens.of(" ".join(keys)).keys == keys


def test_tokens_keep_the_text_as_it_stands() -> None:
    tokens = Tokens.of("From San\u00a0José-Alajuela, today")
    assert tokens.text(1, 4) == "San\u00a0José-Alajuela"
