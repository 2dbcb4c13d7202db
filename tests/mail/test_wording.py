import unicodedata
from datetime import date

import pytest
from babel.support import Translations

from digest.errors import ConfigurationError
from digest.foundation import catalogue
from digest.foundation.languages import speak, translations
from digest.mail.templates import Templates
from digest.mail.wording import Words, direction_of, first_upper, period_in_full, sort_key
from digest.newsletters.period import Period, PeriodKind

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
DAY = date(2018, 8, 5)


@pytest.fixture(scope="module")
def english() -> Words:
    return Words("en", translations("en", Templates(None).read("bulletin").catalogues))


@pytest.fixture(scope="module")
def spanish() -> Words:
    return Words("es", translations("es", Templates(None).read("bulletin").catalogues))


def test_dates_are_written_in_the_readers_language(english: Words, spanish: Words) -> None:
    assert english.long_date(DAY) == "5 August 2018"
    assert spanish.long_date(DAY) == "5 de agosto de 2018"
    assert english.month(DAY) == "August 2018"
    assert spanish.month(DAY) == "agosto de 2018"


@pytest.mark.parametrize(
    ("kind", "in_english", "in_spanish"),
    [
        (PeriodKind.DAY, "5 August 2018", "5 de agosto de 2018"),
        (PeriodKind.WEEK, "Week of 30 July 2018", "Semana del 30 de julio de 2018"),
        (PeriodKind.MONTH, "August 2018", "agosto de 2018"),
        (PeriodKind.QUARTER, "Third quarter of 2018", "Tercer trimestre de 2018"),
    ],
)
def test_periods_have_titles(
    english: Words, spanish: Words, kind: PeriodKind, in_english: str, in_spanish: str
) -> None:
    period = Period.containing(kind, DAY)
    assert english.period(period) == in_english
    assert spanish.period(period) == in_spanish


@pytest.mark.parametrize(
    ("start", "end", "in_english", "in_spanish"),
    [
        ("2018-07-15", "2018-07-29", "15–28 July 2018", "15–28 de julio de 2018"),
        ("2018-07-28", "2018-08-11", "28 July – 10 August 2018", "28 de julio – 10 de agosto de 2018"),
        (
            "2018-12-24",
            "2019-01-07",
            "24 December 2018 – 6 January 2019",
            "24 de diciembre de 2018 – 6 de enero de 2019",
        ),
        ("2018-05-31", "2018-06-01", "31 May 2018", "31 de mayo de 2018"),
    ],
)
def test_a_window_since_the_last_mail_is_said_with_its_last_day_and_nothing_twice(
    english: Words, spanish: Words, start: str, end: str, in_english: str, in_spanish: str
) -> None:
    window = Period(date.fromisoformat(start), date.fromisoformat(end), PeriodKind.SINCE_LAST)
    assert english.period(window) == in_english
    assert spanish.period(window) == in_spanish


def test_a_span_is_said_in_any_language_and_without_spaces_that_mail_subjects_cannot_carry() -> None:
    for language in ("pt-BR", "fr", "de", "ar", "zh", "eu", "xh"):
        said = Words(language, Translations()).span(date(2018, 7, 28), date(2018, 8, 10))
        assert "2018" in said or language == "ar"
        assert not set(said) & set("\N{THIN SPACE}\N{NO-BREAK SPACE}")


def test_every_quarter_has_its_own_name(spanish: Words) -> None:
    quarters = [spanish.period(Period.from_key(PeriodKind.QUARTER, f"2018-Q{number}")) for number in (1, 2, 3, 4)]
    assert quarters == [f"{name} trimestre de 2018" for name in ("Primer", "Segundo", "Tercer", "Cuarto")]


def test_a_title_that_stands_alone_begins_with_a_capital_and_keeps_the_others() -> None:
    assert first_upper("julio de 2018") == "Julio de 2018"
    assert first_upper("Week of 30 July 2018") == "Week of 30 July 2018"
    assert first_upper("") == ""


@pytest.mark.parametrize(
    ("stories", "countries", "in_english", "in_spanish"),
    [
        (12, 5, "12 stories from 5 countries", "12 noticias de 5 países"),
        (1, 2, "1 story from 2 countries", "1 noticia de 2 países"),
        (4, 1, "4 stories", "4 noticias"),
        (1, 0, "1 story", "1 noticia"),
        (0, 0, "0 stories", "0 noticias"),
    ],
)
def test_counts_agree_in_number(
    english: Words, spanish: Words, stories: int, countries: int, in_english: str, in_spanish: str
) -> None:
    assert english.counts(stories, countries) == in_english
    assert spanish.counts(stories, countries) == in_spanish


@pytest.mark.parametrize(
    ("kind", "in_english", "in_spanish"),
    [
        (PeriodKind.DAY, "late news from 5 August 2018", "noticia atrasada del 5 de agosto de 2018"),
        (
            PeriodKind.WEEK,
            "late news from the week of 30 July 2018",
            "noticia atrasada de la semana del 30 de julio de 2018",
        ),
        (PeriodKind.MONTH, "late news from August 2018", "noticia atrasada de agosto de 2018"),
        (
            PeriodKind.QUARTER,
            "late news from the third quarter of 2018",
            "noticia atrasada del tercer trimestre de 2018",
        ),
    ],
)
def test_late_news_says_for_which_mail_it_was_too_late(
    english: Words, spanish: Words, kind: PeriodKind, in_english: str, in_spanish: str
) -> None:
    period = Period.containing(kind, DAY)
    assert (english.late_from(period), spanish.late_from(period)) == (in_english, in_spanish)


def test_late_news_since_the_last_mail_names_its_days(english: Words, spanish: Words) -> None:
    window = Period(date(2018, 7, 15), date(2018, 7, 29), PeriodKind.SINCE_LAST)
    assert english.late_from(window) == "late news from 15–28 July 2018"
    assert spanish.late_from(window) == "noticia atrasada del 15–28 de julio de 2018"


@pytest.mark.parametrize(
    ("language", "in_order"),
    [
        ("es", "Nube Ñandú Oaxaca"),
        ("es-MX", "Penúltimo Peña Pera"),
        ("es", "Elefante Éxodo Nube"),
        ("es", "España Espora"),
        ("es", "caña cañón cao"),
        ("en", "Ñandú Nube Oaxaca"),
        ("pt", "Nandu Ñandú Nube"),
    ],
)
def test_titles_stand_in_the_alphabet_of_the_language(language: str, in_order: str) -> None:
    for form in ("NFC", "NFD"):  # ñ as one character, and as n and a tilde
        titles = [unicodedata.normalize(form, title) for title in in_order.split()]
        for cased in (titles, [title.upper() for title in titles]):
            keys = [sort_key(title, language) for title in cased]
            assert keys == sorted(keys)


def test_languages_are_named_in_the_readers_own(english: Words, spanish: Words) -> None:
    assert english.name_of("es") == "Spanish"
    assert spanish.name_of("en") == "inglés"
    assert spanish.name_of("pt-BR") == "portugués de Brasil"
    assert english.name_of("zzz") == "zzz"


def test_directions_are_known() -> None:
    assert Words("ar", Translations()).direction == "rtl"
    assert (direction_of("es"), direction_of("he"), direction_of("no such")) == ("ltr", "rtl", "ltr")


def test_a_language_nobody_knows_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="language 'klingon'"):
        Words("klingon", Translations())


@pytest.mark.parametrize(
    "entry", ["", '#, fuzzy\nmsgid "Unsubscribe"\nmsgstr "¿?"\n', 'msgid "Unsubscribe"\nmsgstr ""\n']
)
def test_what_has_no_sound_translation_is_said_in_english(entry: str) -> None:
    assert translations("es", [("es", HEAD + entry)]).gettext("Unsubscribe") == "Unsubscribe"


def test_a_later_catalogue_wins_and_an_earlier_one_fills_its_gaps() -> None:
    first = HEAD + 'msgid "a"\nmsgstr "a1"\nmsgid "b"\nmsgstr "b1"\n'
    second = HEAD + 'msgid "b"\nmsgstr "b2"\n'
    words = translations("es", [("es", first), ("fr", HEAD + 'msgid "a"\nmsgstr "non"\n'), ("es", second)])
    assert (words.gettext("a"), words.gettext("b")) == ("a1", "b2")


def test_a_regional_language_uses_the_words_of_its_language() -> None:
    assert translations("es-MX", [("es", HEAD + 'msgid "a"\nmsgstr "á"\n')]).gettext("a") == "á"


def test_a_broken_catalogue_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="catalogue for 'es'"):
        translations("es", [("es", HEAD + "no catalogue\n")])


@pytest.mark.parametrize(
    ("language", "kind", "in_full"),
    [
        ("en", PeriodKind.MONTH, "August 2018 – monthly/2018-08"),
        ("es", PeriodKind.MONTH, "Agosto de 2018 – monthly/2018-08"),
        ("es-GT", PeriodKind.WEEK, "Semana del 30 de julio de 2018 – monthly/2018-W31"),
        ("es", PeriodKind.QUARTER, "Tercer trimestre de 2018 – monthly/2018-Q3"),
        ("xx", PeriodKind.MONTH, "August 2018 – monthly/2018-08"),
    ],
)
def test_staff_read_the_name_of_an_edition_in_their_language(monkeypatch, language, kind, in_full) -> None:
    monkeypatch.setattr(catalogue, "_staff", catalogue._Staff())
    speak(language)
    assert period_in_full("monthly", Period.containing(kind, DAY)) == in_full
