import unicodedata
from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from digest.intake.sources.cleaning import clean, described
from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]

KEPT = "👩‍👧‍👦 مرحبا\u200f (RTL)\u200e ñ\u00a0a\u00ad\u200bb ❤️"
REMOVED = "\x00\x01\x07\x1b\x1f\x7f\x80\x9f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def test_accents_are_composed(listing: Read) -> None:
    text = unicodedata.normalize("NFD", "5 août 2018\n\nNiñez en Petén\n\nMás información.")

    [item] = listing(text).items

    assert (item.text.title, item.text.paragraphs) == ("Niñez en Petén", ("Más información.",))


def test_characters_that_steer_the_display_are_removed_and_named_once_per_item(listing: Read, warnings: Said) -> None:
    text = f"6 August 2018\n\nA{REMOVED} title\n\nA \u202ebody.\n\n5 August 2018\n\nAnother\n\nA body."

    reading = listing(text)

    assert (reading.items[0].text.title, reading.items[0].text.paragraphs) == ("A title", ("A body.",))
    [warning] = warnings(reading)
    assert "news.txt:1: warning: removed" in warning
    assert "2 × U+202E RIGHT-TO-LEFT OVERRIDE" in warning
    assert "1 × U+0007 (control character)" in warning


def test_a_date_line_may_hold_invisible_characters(listing: Read) -> None:
    [item] = listing("\ufeff\u202a5 August\u00a02018\u202c\n\nA title\n\nA body.").items

    assert item.published_on.isoformat() == "2018-08-05"


def test_joiners_and_directional_marks_are_kept(listing: Read) -> None:
    reading = listing(f"5 August 2018\n\n{KEPT}\n\n{KEPT}.")

    assert (reading.items[0].text.title, reading.items[0].text.paragraphs) == (KEPT, (f"{KEPT}.",))
    assert reading.problems == ()


def test_a_tab_is_a_space(listing: Read) -> None:
    [item] = listing("5 August 2018\n\nA\ttitle\n\nA\t\tbody.").items

    assert (item.text.title, item.text.paragraphs) == ("A title", ("A body.",))


def test_half_a_character_is_removed() -> None:
    removed: Counter[str] = Counter()

    assert clean("a\ud800b", removed) == "ab"
    assert described(removed) == "1 × U+D800 (half a character)"


@given(st.text(st.characters(), max_size=30))
def test_clean_text_is_clean_for_good(text: str) -> None:
    removed: Counter[str] = Counter()
    cleaned = clean(text, removed)

    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u2028\u2029")
    assert clean(cleaned, Counter()) == cleaned
