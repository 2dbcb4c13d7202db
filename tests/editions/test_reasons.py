"""Reasons that are kept in English are said in the language of staff, whoever made them."""

import ast
import inspect

import pytest

from digest.editions import missed, reasons, reviews, selection, supplements, thin
from digest.foundation.catalogue import Phrase, _, later, plural_later
from digest.foundation.languages import speak
from digest.newsletters import newsletter as newsletters

WRITERS = (newsletters, selection, thin, missed, reviews, supplements)
NO_REASONS = {  # of the same modules, but no edition keeps them of a story by themselves
    *newsletters._FIELDS.values(),
    "none",
    "nobody has approved it",
    "{one}; {other}",
    "{count:,} story, and an edition needs {least} (minimum_stories): it goes as it is",
    "it was missed, and is made up for (run --catch-up {how})",
}
FILLED = {"field": later("countries"), "count": 1200, "parts": "Guatemala (x)", "kept": "Todo (x)"}


def messages():
    for module in WRITERS:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("later", "plural_later"):
                texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
                if texts[0] not in NO_REASONS:
                    yield tuple(texts)


def filled(texts, **values):
    names = {name: values.get(name, FILLED.get(name, name.upper())) for name in ast_names(texts[0])}
    return plural_later(*texts, **names) if len(texts) > 1 else Phrase(texts[0]).format(**names)


def ast_names(text):
    return [one.partition("}")[0].partition(":")[0] for one in text.split("{")[1:]]


@pytest.mark.parametrize("count", [1, 1200])
def test_whatever_an_edition_keeps_of_a_story_is_said_in_spanish(count):
    speak("es")
    made = [filled(texts, count=count) for texts in messages()]
    assert len(made) > 15
    said = {str(one): reasons.said(str(one)) for one in made}
    assert said == {str(one): _(one) for one in made}
    assert [english for english, spanish in said.items() if english == spanish and english != "countries: VALUES"] == []


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("Guatemala (countries: GT, MX; topics: health)", "Guatemala (países: GT, MX; temas: health)"),
        ("All (news) (takes everything); Z (countries: GT)", "All (news) (lo toma todo); Z (países: GT)"),
        ("the plan leaves it out: it leaves out none", "el plan la deja fuera: it leaves out none"),
        (
            "left out with A (refused by Marta: two errors) and B (approved by nobody)",
            "queda fuera con A (rechazada por Marta: two errors) y B (nadie la ha aprobado)",
        ),
        ("A (takes everything); left out of B (approved by nobody)",
         "A (lo toma todo); queda fuera de B (nadie la ha aprobado)"),
        ("it asks for topics: health; the story has none", "pide temas: health; la noticia tiene ninguno"),
        ("what an earlier version said (of it)", "what an earlier version said (of it)"),
        ("", ""),
    ],
)  # fmt: skip
def test_rules_are_said_and_what_people_wrote_stays(kept, said):
    speak("es")
    assert reasons.said(kept) == said
    speak("en")
    assert reasons.said(kept) == kept
