"""A month in the office in letters of no language: a word that is still English can be translated by nobody."""

import re
from collections.abc import Callable, Iterator
from gettext import NullTranslations
from pathlib import Path

import click.testing
import pytest
import warm_program
from babel.core import Locale
from click.testing import CliRunner, Result

from digest.cli import cli
from digest.cli.speech import let_click_speak, let_help_speak
from digest.foundation.catalogue import speak_with
from digest.foundation.languages import speak

OTHER = "eo"  # dates and names of languages can be written in it, and nobody translated the program
LETTERS = str.maketrans({chr(ord("a") + each): chr(0x250 + each) for each in range(26)})
COMMAND = r"digest [a-z][^,;`]*|--[a-z]+(?: [A-Z]+)?"
JOURNEY = """
status
collect
items
plan july
plan drop Tijuana --because Marta
build --period 2018-07
check july
review july
preview july --once seen.html
approve july --by Marta
status
explain ana@example.org
explain Tijuana
explain Guatemala --as ben@example.org
send july --yes
deliveries july
report july
status
schedule
subscribers list
approve july --by Ben
""".strip().splitlines()
NO_WORDS = re.compile(
    rf"`[^`]*`|{COMMAND}|-{{1,2}}[A-Za-z][\w-]*"
    r"|[\w.+-]+@[\w.-]+|\S*[/.=_:]\w[\w/.=_:-]*"  # addresses, files, editions, settings
    r"|\b[A-Z0-9]{2,}\b|\b[0-9a-f]{8,}\b|\d+\w*|border-management"  # FILE, countries and codes, ids, a topic
)


class Other(NullTranslations):
    """Every message in letters that nobody writes, but for what is filled in, and for commands."""

    def gettext(self, message: str) -> str:
        parts = re.split(rf"(\{{[^{{}}]*\}}|%\(\w+\)s|{COMMAND})", message)
        return "".join(part if number % 2 else part.translate(LETTERS) for number, part in enumerate(parts))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def typed(office, monkeypatch) -> Iterator[Callable[..., Result]]:
    """What is printed on a terminal of 80 columns."""
    monkeypatch.setenv("LC_ALL", f"{OTHER}.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda self: self.name != "<stdin>")
    monkeypatch.chdir(office.folder)
    speak_with(OTHER, Other())
    yield lambda *arguments: CliRunner().invoke(cli, arguments, prog_name="digest")
    speak("en")
    let_click_speak()
    let_help_speak(cli)


def names(folder: Path) -> set[str]:
    """What the office wrote itself, and what babel says in that language."""
    locale = Locale.parse(OTHER)
    dates = [locale.months["format"]["wide"], locale.days["format"]["wide"], locale.days["format"]["abbreviated"]]
    written = [
        (folder / name).read_text("utf-8") for name in ("digest.yaml", "subscribers.yaml", "bulletins/july.en.txt")
    ]
    said = " ".join(
        [*written, *(name for each in dates for name in each.values()), locale.languages["en"], locale.languages["es"]]
    )
    return {*re.findall(r"[^\W\d_]+", said.lower()), "digest", "marta"}


def test_a_month_in_the_office_says_nothing_that_cannot_be_translated(typed, office):
    known, left, wide = names(office.folder), {}, {}
    for line in JOURNEY:
        if line.startswith("approve"):
            warm_program.look_at_drafts(office.folder)
        ended = typed(*line.split())
        refused = ended.exception if ended.exit_code else None
        assert (refused is not None) == (line == JOURNEY[-1]), refused  # it was approved, and sent
        words = re.findall(r"[^\W\d_]+", NO_WORDS.sub(" ", f"{ended.output} {refused or ''}"))
        left[line] = [word for word in words if word.lower() not in known and re.search("[a-z]{2}", word)]
        wide[line] = [each for each in ended.output.splitlines() if len(each) > 80]
    assert {line: words for line, words in left.items() if words} == {}
    assert {line: lines for line, lines in wide.items() if lines} == {}
