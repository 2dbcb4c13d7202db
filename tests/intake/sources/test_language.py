from collections import Counter
from collections.abc import Callable
from itertools import combinations
from string import ascii_lowercase

import pytest

from digest.intake.sources.items import FileReading
from digest.intake.sources.language import (
    FUNCTION_WORDS,
    certain_language,
    function_words,
    language_code,
    language_of_script,
)

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]

TEXTS = {
    "en": "The hub in the north of the country has been opened, and it will help people who travel with children.",
    "es": "La ventanilla del norte abrió sus puertas y va a orientar a las personas que viajan con los niños.",
    "fr": "Le guichet du nord du pays a été ouvert, et il va aider les personnes qui voyagent avec des enfants.",
    "pt": "O balcão do norte do país foi aberto e vai ajudar as pessoas que viajam com os seus filhos pela fronteira.",
}


def _item(body: str, header: str = "") -> str:
    return f"5 August 2018\n\nA 1\n{header}\n\n{body}\n\n"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("en", "en"),
        ("ES", "es"),
        ("es-CR", "es"),
        ("pt_BR", "pt"),
        ("Spanish", "es"),
        ("español", "es"),
        ("ESPAÑOL", "es"),
        ("Français", "fr"),
        ("português", "pt"),
        ("Haitian Creole", "ht"),
        ("Kreyòl", "ht"),
        ("de", "de"),
        ("ar", "ar"),
        ("zh-Hant", "zh"),
        ("xx", None),
        ("", None),
        ("123", None),
    ],
)
def test_languages_are_known_by_code_and_name(said: str, code: str | None) -> None:
    assert language_code(said) == code


NAMES = {
    "en": "en eng English inglés anglais",
    "es": "es esp spa Spanish español castellano espagnol espanhol",
    "fr": "fr fra fre French francés français",
    "pt": "pt por Portuguese portugués português",
    "ht": "ht hat kreyòl creole criollo Haitian",
}


@pytest.mark.parametrize("code", NAMES)
def test_each_name_of_a_language_is_known_alone_and_beside_other_words(code: str) -> None:
    names = NAMES[code].split()
    assert [name for name in names if language_code(name) != code or language_code(name.upper()) != code] == []
    assert [name for name in names if language_code(f"{name} (all of it)") != code] == []
    assert [name for name in names if language_code(f"all in {name}") != code] == []


def test_every_code_of_two_letters_that_stands_for_a_language_is_known() -> None:
    """ISO 639-1, as Unicode's CLDR knows it; beside them a few of old files."""
    from babel import Locale

    known = {code for code in Locale("en").languages if len(code) == 2} - {"sh"}
    unknown = {f"{one}{other}" for one in ascii_lowercase for other in ascii_lowercase} - known
    assert [code for code in sorted(known) if language_code(code.upper()) is None] == []
    assert len([code for code in sorted(unknown) if language_code(code) is not None]) < 10


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            ("مرحبا بالعالم", "ar"),
            ("ݐݑݒݓ", "ar"),
            ("שלום עולם", "he"),
            ("こんにちは", "ja"),
            ("東京タワー", "ja"),
            ("안녕하세요", "ko"),
        ),
        *(
            ("ᄀᄁᄂᄃ", "ko"),
            ("你好世界", "zh"),
            ("Привет мир", "ru"),
            ("Γειά σου", "el"),
            ("नमस्ते", "hi"),
            ("สวัสดี", "th"),
        ),
        *(("Hello мир", None), ("мир мир Hello", "ru"), ("አማርኛ", None), ("Hello", None), ("123", None)),
    ],
)
def test_a_script_tells_its_language_where_most_letters_are_of_it(text: str, code: str | None) -> None:
    assert language_of_script([text]) == code


@pytest.mark.parametrize(
    ("hits", "code"), [((3, 1), "en"), ((2, 0), None), ((4, 2), "en"), ((5, 3), None), ((3, 0), "en")]
)
def test_a_language_is_certain_with_three_words_and_twice_as_many_as_the_next(
    hits: tuple[int, int], code: str | None
) -> None:
    assert certain_language(Counter(dict(zip(("en", "es"), hits, strict=True)))) == code


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_function_words_tell_the_language(language: str, text: str) -> None:
    assert certain_language(function_words([text])) == language
    assert certain_language(function_words([text.upper()])) == language


def test_no_function_word_belongs_to_two_languages() -> None:
    for one, other in combinations(FUNCTION_WORDS.values(), 2):
        assert not set(one.split()) & set(other.split())


def test_few_or_mixed_words_are_not_certain() -> None:
    assert certain_language(function_words(["The hub of Upala"])) is None
    assert certain_language(function_words([TEXTS["en"], TEXTS["es"], TEXTS["es"]])) is None
    assert certain_language(function_words([])) is None


def test_what_the_item_says_beats_the_file_which_beats_the_settings(listing: Read) -> None:
    text = "Language: fr\n\n" + _item(TEXTS["en"], "Idioma: Portugués") + _item(TEXTS["en"])

    assert [item.language for item in listing(text, language="es").items] == ["pt", "fr"]
    assert [item.language for item in listing(_item(TEXTS["en"]), language="es").items] == ["es"]


def test_without_a_word_from_anyone_each_item_is_counted(listing: Read) -> None:
    reading = listing("".join(_item(text) for text in TEXTS.values()), language=None)

    assert [item.language for item in reading.items] == list(TEXTS)
    assert reading.problems == ()


def test_an_uncertain_item_goes_with_its_file_and_is_reported(listing: Read, warnings: Said) -> None:
    reading = listing(_item(TEXTS["es"]) + _item("Upala, Corinto."), language=None, fallback_language="en")

    assert [item.language for item in reading.items] == ["es", "es"]
    [warning] = warnings(reading)
    assert "news.txt:8: warning: the language of this item is not certain; taken as “es”" in warning
    assert "“Language: es”" in warning


def test_an_uncertain_file_takes_the_fallback_and_each_item_is_reported(listing: Read, warnings: Said) -> None:
    reading = listing(_item("Upala.") + _item("Corinto."), language=None, fallback_language="fr")

    assert [item.language for item in reading.items] == ["fr", "fr"]
    assert len(warnings(reading)) == 2


def test_an_unknown_language_is_reported_and_found_out_from_the_text(listing: Read, warnings: Said) -> None:
    reading = listing(_item(TEXTS["es"], "Language: Klingon"), language=None)

    assert reading.items[0].language == "es"
    [warning] = warnings(reading)
    assert "news.txt:4: warning: the language “Klingon” is not known" in warning


def test_three_words_and_twice_as_many_as_the_next_are_enough() -> None:
    assert certain_language(function_words(["the of and"])) == "en"
    assert certain_language(function_words(["the of"])) is None
    assert certain_language(function_words(["the of and with los del"])) == "en"
    assert certain_language(function_words(["the of and los del"])) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("وقّعت أربع عشرة بلدية اتفاقاً", "ar"),
        ("グアテマラの14自治体が合意", "ja"),
        ("危地马拉十四个市", "zh"),
        ("Четырнадцать городов", "ru"),
        ("The ministry met 日本 in Jocotán", None),
        ("14", None),
    ],
)
def test_a_script_tells_the_language_that_is_written_in_it(text: str, language: str | None) -> None:
    assert language_of_script([text]) == language
