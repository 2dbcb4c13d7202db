import json
import pickle
from datetime import date
from io import StringIO

import pytest
from babel.messages.pofile import read_po

from digest.errors import ConfigurationError
from digest.foundation import catalogue
from digest.foundation.catalogue import Number, _, again, kept, later, plural, plural_later
from digest.foundation.languages import StaffCatalogue, speak, translations, written
from digest.foundation.words import day, weekday

SPANISH = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "late"
msgstr "atrasada"

msgid "{count:,} story for {readers}"
msgid_plural "{count:,} stories for {readers}"
msgstr[0] "{count:,} noticia para {readers}"
msgstr[1] "{count:,} noticias para {readers}"
"""

LATER = (
    SPANISH
    + """
msgid "{count:,} entry since {day:%-d %B %Y}: {why}"
msgid_plural "{count:,} entries since {day:%-d %B %Y}: {why}"
msgstr[0] "{count:,} entrada desde el {day:%-d %B %Y}: {why}"
msgstr[1] "{count:,} entradas desde el {day:%-d %B %Y}: {why}"

msgid "{name} is empty"
msgstr "{name} está vacío"
"""
)


def test_staff_are_spoken_to_in_english():
    assert _("late") == "late"
    assert plural("{count:,} story", "{count:,} stories", 1) == "1 story"
    assert plural("{count:,} story", "{count:,} stories", 1200) == "1,200 stories"


def test_another_language_says_what_it_has_and_the_rest_in_english():
    catalogue.speak_with("es", StaffCatalogue("es", SPANISH))
    assert (_("late"), _("early")) == ("atrasada", "early")
    said = plural("{count:,} story for {readers}", "{count:,} stories for {readers}", 2, readers="Ana")
    assert said == "2 noticias para Ana"


@pytest.mark.parametrize("language", ["fi", "xx", "fr-FR"])
def test_a_language_that_nobody_translated_is_english_in_dates_and_numbers_too(language):
    speak(language)
    said = _("late"), day(date(2018, 8, 5)), plural("{count:,} story", "{count:,} stories", 12345)
    assert said == ("late", "5 August 2018", "12,345 stories")


def test_a_country_that_nobody_knows_leaves_the_language():
    speak("es-ZZ")
    assert day(date(2018, 8, 5)) == "5 de agosto de 2018"


def test_a_fuzzy_translation_is_no_translation():
    assert StaffCatalogue("es", f'{SPANISH}\n#, fuzzy\nmsgid "early"\nmsgstr "tarde"\n').gettext("early") == "early"


def test_a_line_that_is_none_of_a_catalogue_is_named():
    with pytest.raises(ConfigurationError, match="'msgstr tarde' is no line"):
        StaffCatalogue("es", f'{SPANISH}\nmsgid "early"\nmsgstr tarde\n')


def test_our_catalogues_say_the_same_as_babel_reads_them():
    for language, text in written("staff"):
        ours, theirs = StaffCatalogue(language, text), translations(language, [(language, text)])
        for message in read_po(StringIO(text)):
            match message.id:
                case (one, many):
                    for count in (0, 1, 2, 1_000_000):
                        assert ours.ngettext(one, many, count) == theirs.ngettext(one, many, count)
                case str() as one if one:
                    assert ours.gettext(one) == theirs.gettext(one)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "12,345 stories"),
        ("es", "12.345 noticias"),
        ("es-CR", "12\xa0345 noticias"),
        ("es-GT", "12,345 noticias"),
    ],
)
def test_numbers_are_written_as_in_the_country(language, said):
    speak(language)
    assert plural("{count:,} story", "{count:,} stories", 12345) == said
    assert _("{count:,} late").format(count=Number(7)).startswith("7 ")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "5 August 2018, 5 August, Sunday"), ("es-CR", "5 de agosto de 2018, 5 de agosto, domingo")],
)
def test_days_are_said_in_the_language(language, said):
    speak(language)
    that_day = date(2018, 8, 5)
    assert f"{day(that_day)}, {day(that_day, with_year=False)}, {weekday(that_day)}" == said


TOLD = plural_later(
    "{count:,} entry since {day:%-d %B %Y}: {why}",
    "{count:,} entries since {day:%-d %B %Y}: {why}",
    1200,
    day=date(2018, 8, 5),
    why=later("{name} is empty").format(name="{a}"),
)
KEPT = {
    "as it is": TOLD,
    "in another process": pickle.loads(pickle.dumps(TOLD)),  # noqa: S301 – made a moment ago
    "as a document": again(json.loads(json.dumps(kept(TOLD)))),
}


@pytest.mark.parametrize("how", KEPT)
def test_what_is_said_later_is_english_for_whoever_keeps_it_and_said_in_the_language_of_staff(how):
    told = KEPT[how]
    assert told == "1,200 entries since 5 August 2018: {a} is empty"
    catalogue.speak_with("es", StaffCatalogue("es", LATER))
    assert told == "1,200 entries since 5 August 2018: {a} is empty"
    assert _(told) == "1.200 entradas desde el 5 de agosto de 2018: {a} está vacío"


def test_what_is_made_in_another_language_is_kept_in_english():
    catalogue.speak_with("es", StaffCatalogue("es", LATER))
    assert plural_later("{count:,} entry", "{count:,} entries", 1200) == "1,200 entries"
    assert again(kept(later("{name} is empty"))) == "{name} is empty"
