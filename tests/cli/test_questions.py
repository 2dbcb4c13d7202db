"""What people type when `init` asks, and what is made of it."""

import pytest

from digest.cli.questions import QUESTIONS, languages, rhythm, suggested, website, zone


@pytest.mark.parametrize(
    ("read", "typed", "meant"),
    [
        (languages, "español", "es"),
        (languages, "Spanish, English", "es, en"),
        (languages, "inglés y español", "en, es"),
        (languages, "ES EN es", "es, en"),
        (languages, "ambos", "en, es"),
        (rhythm, "mes", "month"),
        (rhythm, "monthly", "month"),
        (rhythm, "Cada mes", "month"),
        (rhythm, "every week", "week"),
        (rhythm, "días", "day"),
        (rhythm, "trimestral", "quarter"),
        (zone, "Guatemala", "America/Guatemala"),
        (zone, "costa rica", "America/Costa_Rica"),
        (zone, "Tegucigalpa", "America/Tegucigalpa"),
        (zone, "El Salvador", "America/El_Salvador"),
        (zone, "Honduras", "America/Tegucigalpa"),
        (zone, "Panamá", "America/Panama"),
        (zone, "Belice", "America/Belize"),
        (website, "www.example.org", "https://www.example.org"),
    ],
)
def test_what_people_type_is_understood(read, typed, meant):
    assert read(typed) == meant


@pytest.mark.parametrize(
    ("read", "typed", "said"),
    [
        (languages, "français", "no language of this program"),
        (languages, "", "name a language"),
        (rhythm, "now and then", "day, week, month or quarter"),
        (zone, "México", "has several"),
        (zone, "Atlantis", "no time zone"),
        (website, "our site", "must begin with https"),
    ],
)
def test_what_cannot_be_is_said_at_once(read, typed, said):
    with pytest.raises(ValueError, match=said):
        read(typed)


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_suggested_is_an_answer(which):
    assert suggested(which).keys() == {question.name for question in QUESTIONS}
