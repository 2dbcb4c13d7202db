"""The help of every command in letters of no language: a word that is still English can be translated by nobody."""

import re
from collections.abc import Iterator
from gettext import NullTranslations

import click
import pytest

from digest.cli import MODULES, cli
from digest.cli.speech import let_click_speak, let_help_speak
from digest.foundation.catalogue import speak_with
from digest.foundation.languages import speak

LETTERS = str.maketrans({chr(ord("a") + each): chr(0x250 + each) for each in range(26)})
NAME = re.compile(r"-{1,2}[A-Za-z][\w-]*|[A-Z][\w:=-]*|\[[a-z|\s-]+\]")  # options, FILE, [sent|failed]


class Other(NullTranslations):
    """Every message in letters that nobody writes, but for what is filled in."""

    def gettext(self, message: str) -> str:
        parts = re.split(r"(\{[^{}]*\}|%\(\w+\)s)", message)
        return "".join(part if number % 2 else part.translate(LETTERS) for number, part in enumerate(parts))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, click.Context(inner, context, name))


@pytest.fixture
def helps() -> Iterator[dict[str, str]]:
    speak_with("xx", Other())
    let_click_speak()
    let_help_speak(cli)
    root = click.Context(cli, info_name="digest", max_content_width=100, terminal_width=80)
    yield {context.command_path: command.get_help(context) for command, context in commands(cli, root)}
    speak("en")
    let_click_speak()
    let_help_speak(cli)


def test_all_that_a_help_says_can_be_translated(helps):
    left = {}
    for name, text in helps.items():
        names = {"digest", *name.split(), *re.findall(r"^  ([a-z-]+)  ", text, flags=re.MULTILINE)}
        left[name] = [word for word in re.findall(r"[a-z]{2,}", NAME.sub(" ", text)) if word not in names]
    assert {name: words for name, words in left.items() if words} == {}
    assert len(helps) > len(MODULES)


def test_no_line_of_a_help_is_wider_than_a_terminal(helps):
    speak("es")
    let_click_speak()
    let_help_speak(cli)
    root = click.Context(cli, info_name="digest", max_content_width=100, terminal_width=80)
    wide = [line for command, context in commands(cli, root) for line in command.get_help(context).splitlines()]
    assert [line for line in wide if len(line) > 80 and " " in line.strip()] == []
    assert "Uso: digest" in wide[0]
