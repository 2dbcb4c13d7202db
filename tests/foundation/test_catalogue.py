from digest.foundation import catalogue
from digest.foundation.catalogue import _, plural, translations

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


def test_staff_are_spoken_to_in_english():
    assert _("late") == "late"
    assert plural("{count:,} story", "{count:,} stories", 1) == "1 story"
    assert plural("{count:,} story", "{count:,} stories", 1200) == "1,200 stories"


def test_another_language_says_what_it_has_and_the_rest_in_english(monkeypatch):
    monkeypatch.setattr(catalogue._staff, "words", translations("es", [("es", SPANISH)]))
    assert (_("late"), _("early")) == ("atrasada", "early")
    said = plural("{count:,} story for {readers}", "{count:,} stories for {readers}", 2, readers="Ana")
    assert said == "2 noticias para Ana"


def test_a_language_that_nobody_translated_is_english(monkeypatch):
    monkeypatch.setattr(catalogue, "_staff", catalogue._Staff())
    catalogue.speak("fi")
    assert _("late") == "late"
