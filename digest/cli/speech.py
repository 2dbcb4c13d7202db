"""In which language a call speaks to staff: what `language:` in the settings says, or else what the environment does.

The settings are searched for that one line: it is needed before anything of them is read, for `--help` and where they
hold mistakes, too. English is in the code: nothing is loaded for it.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path

import click

from digest.commands import printed

ENGLISH = "en"
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides, as POSIX has it
SETTINGS_READ = 1_000_000  # bytes: more than any file of settings has
_LINE = re.compile(r"""^language: *["']?([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)["']?\s*(?:#.*)?$""", re.MULTILINE)
_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?(?![A-Za-z])")

CLICK = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.termui, click.types)

_english: dict[object, str] = {}  # the help that stands in the code


def speak_as_asked(folder: str | Path) -> None:
    """Speak the language of the workspace or of the environment until the next call."""
    language = language_asked_for(folder, os.environ)
    if language == ENGLISH and "digest.foundation.catalogue" not in sys.modules:
        return  # 15 ms: not for `--help`
    from digest.foundation.languages import speak

    speak(language)
    let_click_speak()


def language_asked_for(folder: str | Path, environment: Mapping[str, str]) -> str:
    """`es`, or `es-CR` where the country is known: it decides how numbers are written."""
    from_environment = _code(next((value for name in VARIABLES if (value := environment.get(name))), ""))
    set_here = _code(_line_of(folder))
    if from_environment.startswith(f"{set_here}-"):
        return from_environment  # the same language, as it is written in the country
    return set_here or from_environment or ENGLISH


def _line_of(folder: str | Path) -> str:
    try:
        with Path(folder, "digest.yaml").open("rb") as file:
            found = _LINE.search(file.read(SETTINGS_READ).decode("utf-8", "replace"))
    except (OSError, ValueError):
        return ""  # whoever reads the settings says what is wrong with them
    return found[1] if found else ""


def _code(written: str) -> str:
    """`es-CR` of `es_CR.UTF-8`; nothing of `C`."""
    found = _CODE.match(written)
    if found is None:
        return ""
    language, country = found[1].lower(), (found[2] or "").upper()
    return f"{language}-{country}" if country and language != ENGLISH else language


def folder_named(arguments: Sequence[str]) -> str | None:
    """The workspace that the last `-C` names, before the arguments are understood."""
    folder = None
    for one, following in pairwise((*arguments, "")):
        if one == "--":
            break
        if one.startswith("-C"):
            folder = one[2:] or following
    return folder


def in_words(text: str) -> str:
    """A text of the command line in the language spoken: paragraph by paragraph, so that how its lines are broken in
    the code does not matter.
    """
    if "digest.foundation.catalogue" not in sys.modules:
        return text
    from digest.foundation.catalogue import _

    return "\n\n".join(_(one) for one in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """Of a help text, each in one line; one that click is told to leave alone as it is."""
    found = [one.strip("\n") for one in re.split(r"\n[ \t]*\n", cleandoc(text.partition("\f")[0]))]
    return [one if one.startswith("\b") else " ".join(one.split()) for one in found if one]


def let_help_speak(command: click.Command) -> None:
    """Put the help of a command, its options and its own commands into the language spoken; commands in it work."""
    command.help = _said(command, command.help)
    command._help_option = None  # noqa: SLF001 – click keeps its own --help in the language of whoever asked first
    for option in command.params:
        if isinstance(option, click.Option):
            option.help = _said(option, option.help)
            if isinstance(option.show_default, str):
                option.show_default = _said((option, "show_default"), option.show_default)
    if isinstance(command, click.Group) and type(command).list_commands is click.Group.list_commands:
        for inner in command.commands.values():
            let_help_speak(inner)


def _said(whose: object, text: str | None) -> str | None:
    return text and printed(in_words(_english.setdefault(whose, text)))


def let_click_speak() -> None:
    """Click took `gettext` from the standard library when it was imported, which knows no words of ours."""
    from digest.foundation.catalogue import _, ngettext

    for module in CLICK:
        vars(module).update({"_": _, "ngettext": ngettext})
