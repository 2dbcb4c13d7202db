"""The questions of `digest init`: each takes what people type, says at once what is wrong, and can be gone back to."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import click

from digest.foundation.addresses import address
from digest.foundation.catalogue import _
from digest.foundation.values import country_code, name_line, one_line, time_zone, web_address
from digest.foundation.words import fold_words, listed, quoted
from digest.newsletters.samples import SAMPLES

BACK = ("<", "back", "atras", "volver")
LANGUAGES = {
    "en": ("en", "english", "ingles", "anglais"),
    "es": ("es", "spanish", "espanol", "castellano"),
}
BOTH = ("both", "ambos", "los dos", "todos", "all")
RHYTHMS = {
    "day": ("day", "daily", "dia", "diario", "diaria", "diariamente"),
    "week": ("week", "weekly", "semana", "semanal", "semanalmente"),
    "month": ("month", "monthly", "mes", "mensual", "mensualmente"),
    "quarter": ("quarter", "quarterly", "trimestre", "trimestral", "trimestralmente"),
}
_EVERY = re.compile(r"(?:every|each|once a|per|cada|una vez al?|todos los|todas las|por|al) ")
_BETWEEN = re.compile(r"[,;/+&\s]+|\b(?:and|y|e)\b")


@dataclass(frozen=True, slots=True)
class StarterQuestion:
    """Asked in English and in Spanish; `suggested` is what Enter takes, likewise. `read` makes of an answer what is
    written into the settings, or raises `ValueError`.
    """

    name: str
    asked: tuple[str, str]
    suggested: tuple[str, str]
    read: Callable[[str], str]


def website(text: str) -> str:
    """With `https://` before it, where somebody left that out."""
    if "://" not in text and "." in text:
        text = f"https://{text}"
    return web_address(text, _("is no web address: write it as in https://www.example.org"))


def zone(text: str) -> str:
    """By its own name, by a city, or by a country that has one time alone."""
    try:
        return time_zone(text.strip()).key
    except ValueError as error:
        zones = zones_of(text)
        if len(zones) == 1:
            return zones[0]
        if zones:
            said = _("{country} has several: write one, such as {zones}")
            raise ValueError(said.format(country=text, zones=listed(zones[:4], _("or")))) from error
        raise


def zones_of(text: str) -> list[str]:
    """Those of a city, or of the country of that name in English or Spanish."""
    from zoneinfo import available_timezones

    from babel.core import get_global  # 30 ms: only where somebody wrote no name of a zone

    city = fold_words(text).replace(" ", "_")
    named = [
        one for one in sorted(available_timezones()) if fold_words(one.rpartition("/")[2]).replace(" ", "_") == city
    ]
    in_a_region = [one for one in named if "/" in one and not one.startswith(("Etc/", "posix/", "right/"))]
    if in_a_region:
        return in_a_region[:1]
    code = country_code(text, None)
    return [*get_global("territory_zones").get(code, ())] if code else []


def languages(text: str) -> str:
    """Codes in the order in which they were named: `español e inglés` is `es, en`."""
    folded = fold_words(text)
    if folded in BOTH:
        return ", ".join(LANGUAGES)
    found = []
    for word in filter(None, _BETWEEN.split(folded)):
        code = next((code for code, names in LANGUAGES.items() if word in names), None)
        if code is None:
            said = _("{word} is no language of this program; there is English (en) and Spanish (es)")
            raise ValueError(said.format(word=quoted(word)))
        found.append(code)
    if not found:
        raise ValueError(_("name a language: English (en), Spanish (es), or both"))
    return ", ".join(dict.fromkeys(found))


def rhythm(text: str) -> str:
    word = _EVERY.sub("", fold_words(text), count=1)
    for every, names in RHYTHMS.items():
        if word in names or word.removesuffix("s") in names or word.removesuffix("es") in names:
            return every
    said = _("{text} is none of them: write day, week, month or quarter")
    raise ValueError(said.format(text=quoted(text)))


QUESTIONS = (
    StarterQuestion(
        "publisher", ("Who publishes the bulletin?", "¿Quién publica el boletín?"), SAMPLES["publisher"], name_line
    ),
    StarterQuestion(
        "address",
        ("The postal address, printed at the foot of every mail?", "¿La dirección postal, al pie de cada correo?"),
        SAMPLES["address"],
        one_line,
    ),
    StarterQuestion("website", ("Your website?", "¿Su sitio web?"), SAMPLES["website"], website),
    StarterQuestion(
        "timezone",
        ("Your time zone, or country?", "¿Su zona horaria, o su país?"),
        ("America/Costa_Rica", "America/Costa_Rica"),
        zone,
    ),
    StarterQuestion(
        "title", ("The title of the newsletter?", "¿El título del boletín?"), ("Bulletin", "Boletín"), one_line
    ),
    StarterQuestion(
        "sender",
        ("From which e-mail address does it come?", "¿Desde qué dirección de correo se envía?"),
        SAMPLES["sender"],
        lambda text: address(text).text,
    ),
    StarterQuestion(
        "languages",
        ("In which languages: English, Spanish, or both?", "¿En qué idiomas: español, inglés, o ambos?"),
        ("English, Spanish", "español, inglés"),
        languages,
    ),
    StarterQuestion(
        "every",
        ("How often: every day, week, month or quarter?", "¿Cada cuánto: día, semana, mes o trimestre?"),
        ("month", "mes"),
        rhythm,
    ),
)


def suggested(which: int) -> dict[str, str]:
    """What is written where nobody is asked; `which` is 0 for English, 1 for Spanish."""
    return {one.name: one.read(one.suggested[which]) for one in QUESTIONS}


def answers(which: int, tell: Callable[[str], None]) -> dict[str, str]:
    """What a person answers, one question at a time; `tell` says what is wrong with an answer."""
    said: dict[str, str] = {}
    typed: dict[str, str] = {}
    place = 0
    tell(_("Enter takes what stands in brackets; “<” goes back to the question before."))
    while place < len(QUESTIONS):
        question = QUESTIONS[place]
        asked = _("{number} of {count}").format(number=place + 1, count=len(QUESTIONS))
        default = typed.get(question.name, question.suggested[which])
        answer = str(click.prompt(f"({asked}) {question.asked[which]}", default=default, err=True)).strip()
        if fold_words(answer) in BACK or answer == "<":
            place = max(0, place - 1)
            continue
        try:
            said[question.name] = question.read(answer)
        except ValueError as error:
            tell(f"  → {answer}: {error}")
            continue
        typed[question.name] = answer
        place += 1
    return said


def is_yes(answer: str) -> bool:
    return fold_words(answer) in ("y", "yes", "s", "si")


def tree(made: Mapping[str, str]) -> list[str]:
    """Files and folders below one another, each with what it is for."""
    width = max(map(len, made))
    marks = [*["├──"] * (len(made) - 1), "└──"]
    return [f"{mark} {name:<{width}}  {what}" for mark, (name, what) in zip(marks, made.items(), strict=True)]
