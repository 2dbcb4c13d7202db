"""Whatever the layout, the encoding and the form of dates: what was written is what is read."""

import codecs
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from textwrap import fill
from typing import NamedTuple
from unicodedata import normalize

from doses import dose
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from digest.intake.item import DateOrder
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.folder import decode
from digest.intake.sources.items import FileReading
from digest.intake.sources.lines import split_lines
from digest.intake.sources.listing import read_listing


def _words(text: str) -> list[str]:
    return text.split(" ")


MONTHS = {
    "en": _words("January February March April May June July August September October November December"),
    "es": _words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    "fr": _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "pt": _words("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
}
WEEKDAYS = {
    "en": _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "es": _words("lunes martes miércoles jueves viernes sábado domingo"),
}
Form = Callable[[date], str]
FORMS: list[Form] = [
    lambda day: f"{day.day} {MONTHS['en'][day.month - 1]}, {day.year}",
    lambda day: f"{MONTHS['en'][day.month - 1]} {day.day}, {day.year}",
    lambda day: f"{WEEKDAYS['en'][day.weekday()]}, {MONTHS['en'][day.month - 1]} {day.day}, {day.year}",
    lambda day: f"{day.day} {MONTHS['en'][day.month - 1][:3]}. {day.year}",
    lambda day: f"{day.day}\u00a0{MONTHS['en'][day.month - 1].upper()}\u00a0{day.year}",
    lambda day: day.isoformat(),
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day.day}/{day.month}/{day.year}",
    lambda day: f"{day:%d-%m-%Y}",
    lambda day: f"{day.day} de {MONTHS['es'][day.month - 1]} de {day.year}",
    lambda day: f"{day.day} {MONTHS['es'][day.month - 1].capitalize()}, {day.year}",
    lambda day: (
        f"{WEEKDAYS['es'][day.weekday()].capitalize()}, {day.day} de {MONTHS['es'][day.month - 1]} del {day.year}"
    ),
    lambda day: f"{day.day}{'er' if day.day == 1 else ''} {MONTHS['fr'][day.month - 1]} {day.year}",
    lambda day: f"{day.day}º de {MONTHS['pt'][day.month - 1]} de {day.year}",
    lambda day: f"Date Publish: {WEEKDAYS['en'][day.weekday()]}, {MONTHS['en'][day.month - 1]} {day.day}, {day.year}",
]


class Written(NamedTuple):
    day: date
    form: Form
    title: str
    paragraphs: tuple[str, ...]


WORDS = _words(
    "migrants women officials Guatemala-Honduras cross-border information the of in and niñez Tecún Umán México Petén "
    "5 August 2018, 26 June (RCM) (16-17/07) Organisation migration’s “hub” training 65 May Costa\u00a0Rica la "
    "frontera sur: Ministry Maria* border, – a to IOM, programme's 'safe' Liberia June"
)
days = st.dates(date(1990, 1, 1), date(2025, 12, 31))
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)
titles = st.builds(
    "{} {} north{}".format, st.sampled_from(["Hubs", "Niñez", "IOM"]), phrases, st.sampled_from(["", "?", "!"])
)
sentences = st.builds(
    "{} {} end{}".format,
    st.sampled_from(["The", "San José.", "Panama –"]),
    phrases,
    st.sampled_from([".", ".”", "!", "?"]),
)
paragraphs = st.lists(sentences, min_size=1, max_size=3).map(" ".join)
items = st.lists(
    st.builds(Written, days, st.sampled_from(FORMS), titles, st.lists(paragraphs, min_size=1, max_size=3).map(tuple)),
    min_size=1,
    max_size=6,
)
uniform_items = st.builds(
    lambda written, form: [item._replace(form=form) for item in written], items, st.sampled_from(FORMS)
)
listings = st.one_of(items, uniform_items)
newlines = st.sampled_from(["\n", "\r\n", "\r"])
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252"])
MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
fast = settings(
    max_examples=dose(12, 300), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def _reading(text: str, encoding: str = "utf-8") -> FileReading:
    data = MARKS.get(encoding, b"") + text.encode(encoding)
    context = FileContext(
        source="s", file="f", today=date(2026, 1, 1), language="en", dates=DateOrder.DAY_FIRST, fallback_language="en"
    )
    return read_listing(split_lines(decode(data, Findings("f"))), context)


def _read(text: str, encoding: str = "utf-8") -> list[tuple[date, str, tuple[str, ...]]]:
    reading = _reading(text, encoding)
    assert reading.problems == ()
    return [(item.published_on, item.text.title, item.text.paragraphs) for item in reading.items]


def _expected(written: list[Written]) -> list[tuple[date, str, tuple[str, ...]]]:
    return [(item.day, item.title, item.paragraphs) for item in written]


def _blocks(written: list[Written]) -> list[list[str]]:
    return [[item.form(item.day), item.title, *item.paragraphs] for item in written]


@fast
@given(listings, newlines, encodings, st.sampled_from(["\n\n", "\n\n\n", "\n \u00a0\n\t\n"]), st.booleans())
def test_with_blank_lines(written: list[Written], newline: str, encoding: str, gap: str, decomposed: bool) -> None:
    text = gap.join(block for blocks in _blocks(written) for block in blocks).replace("\n", newline)
    if decomposed and encoding != "cp1252":
        text = normalize("NFD", text)

    assert _read(text, encoding) == _expected(written)


@fast
@given(listings, newlines, st.sampled_from(["\n", "\n\n"]), st.sampled_from(["", "  ", "\t"]))
def test_without_blank_lines_inside_an_item(written: list[Written], newline: str, gap: str, indentation: str) -> None:
    _assume_unwrapped(written)
    text = gap.join("\n".join(indentation + line for line in blocks) for blocks in _blocks(written))

    assert _read(text.replace("\n", newline)) == _expected(written)


@fast
@given(listings, st.integers(60, 100), st.sampled_from(["", "    "]), st.sampled_from(["", "    "]))
def test_wrapped_with_blank_lines(written: list[Written], width: int, first: str, others: str) -> None:
    def wrap(text: str) -> str:
        return fill(text, width, initial_indent=first, subsequent_indent=others)

    _assume_evidence(written, wrap, 2)
    text = "\n\n".join(wrap(block) for blocks in _blocks(written) for block in blocks)

    assert _read(text) == _expected(written)


@fast
@given(listings, st.integers(60, 100))
def test_wrapped_without_blank_lines(written: list[Written], width: int) -> None:
    _assume_evidence(written, lambda text: fill(text, width), 2 * len(written) + 1)
    wrapped = [[fill(block, width) for block in blocks] for blocks in _blocks(written)]
    longest = max(len(line) for blocks in wrapped for block in blocks[1:] for line in block.split("\n"))
    for _, *blocks in wrapped:
        for block, following in pairwise(blocks):
            last, word = block.split("\n")[-1], following.split("\n")[0].partition(" ")[0]
            # The end of a paragraph that fills its line looks as if it went on: no reader can tell.
            assume(len(last) + 2 + len(word) < longest - 12)

    text = "\n".join(block for blocks in wrapped for block in blocks)
    if doubts := [problem.cause for problem in _reading(text).problems]:
        assert all("it is not certain where the title ends" in doubt for doubt in doubts), doubts
    else:
        assert _read(text) == _expected(written)


def _assume_unwrapped(written: list[Written]) -> None:
    """Lines of nearly the same length that end without a full stop could have been wrapped: not so here."""
    assume(all(text.endswith((".", "!", "?", "”")) for item in written for text in item.paragraphs))


def _assume_evidence(written: list[Written], wrap: Callable[[str], str], least: int) -> None:
    """So many lines that are full and break off inside a sentence."""
    breaks = [line for item in written for body in item.paragraphs for line in wrap(body).split("\n")[:-1]]
    assume(sum(not line.endswith((".", "!", "?", ":", "”", '"', "»")) for line in breaks) >= least)
