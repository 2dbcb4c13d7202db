"""Every command that the program prints works as printed, from where it was printed."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from typed import commands_in, literals, refusal

from digest.cli import WITH_WORKSPACE, cli
from digest.commands import bare, called_for, lasting, printed, words

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "digest" / "desk" / "templates").glob("*.html"))
CATALOGUES = sorted((ROOT / "templates").rglob("*.po*"))


@pytest.fixture
def called():
    """Lets commands name a workspace until the test ends."""
    yield lambda folder, place=None: called_for(WITH_WORKSPACE, folder, place or folder)
    called_for(WITH_WORKSPACE)


def test_every_command_in_the_texts_of_a_module_is_one_that_the_program_takes():
    wrong = [
        f"{path.relative_to(ROOT)}: {command}: {why}"
        for path in sorted((ROOT / "digest").rglob("*.py"))
        for text in literals(path)
        for command in commands_in(text)
        if (why := refusal(command))
    ]
    assert wrong == [], "put commands into backticks, or let them end with the text or a comma"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_in_a_page_is_one_that_the_program_takes_and_names_the_workspace(path):
    text = path.read_text(encoding="utf-8")
    places = [place[1] for place in re.finditer(r"\{\{([^{}]*)\}\}", text) if next(commands_in(place[1]), None)]
    assert all(place.endswith("|lasting ") for place in places)
    filled = [re.sub(r'" ~ [\w.]+ ~ "', "X", place).replace('\\"', "'").split('"')[1] for place in places]
    assert [why for said in filled for command in commands_in(said) if (why := refusal(command))] == []
    assert len(list(commands_in(text))) == len(places)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_every_command_in_a_translation_is_one_that_the_program_takes(path):
    from babel.messages.pofile import read_po

    with path.open(encoding="utf-8") as file:
        said = [
            form for one in read_po(file) for form in (one.string if isinstance(one.string, tuple) else [one.string])
        ]
    texts = [re.sub(r"\{[^{}]*\}", "X", one) for one in said]
    assert [why for text in texts for command in commands_in(text) if (why := refusal(command))] == []


# -- The workspace in them


@pytest.mark.parametrize(
    "text",
    [
        "look at `digest status`",
        "Next: digest send 2018-07, or wait for `digest run`.",
        "see them all with: digest -v collect",
        "digest approve 2018-07 --by NAME",
    ],
)
@pytest.mark.parametrize("folder", ["office", "../my office", "the {new} one", "O'Hara", "año", "-x'{y}"])
def test_a_command_names_the_workspace_however_it_is_called(called, text, folder):
    """What stands in a text that is filled in later must not be taken for a place to fill in."""
    called(folder)
    said = printed(text).format()
    commands = list(re.finditer(r"digest -C", said))
    assert len(commands) == text.count("digest ")
    assert printed(said) == said
    assert bare(said) == text


def test_what_is_no_command_of_ours_stays_as_it_is(called):
    called("office")
    for text in (
        "another digest process is running",
        "run digest as the user who owns it",
        "make a workspace with `digest init`",
        "bulletin-digest status",
        "digest status-quo",
    ):
        assert printed(text) == text


def test_what_was_stored_under_one_name_is_shown_under_another(called):
    called("office", "/srv/office")
    said = printed("to go on: digest send 2018-07")
    assert lasting(said) == "to go on: digest -C /srv/office send 2018-07"
    called("/elsewhere/office")
    assert printed(said) == "to go on: digest -C /elsewhere/office send 2018-07"


def test_a_line_is_not_broken_within_a_command(called):
    called("my office")
    said = printed("nobody has approved it: digest preview 2018-07, then (`digest approve 2018-07 --by NAME`). Well")
    assert words(said) == [
        *("nobody", "has", "approved", "it:"),
        "digest -C 'my office' preview 2018-07,",
        "then",
        "(`digest -C 'my office' approve 2018-07 --by NAME`).",
        "Well",
    ]


# -- -C before and after the command


def all_commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from all_commands(command, (*above, name))


@pytest.mark.parametrize("command", [*all_commands(cli)], ids=" ".join)
def test_the_workspace_is_named_before_or_after_every_command(command):
    """What is refused then is what is refused without it: never the option."""
    for line in (["-C", "office", *command], [*command, "-C", "office"]):
        why = refusal(" ".join(["digest", *line])) or ""
        assert "-C" not in why
        assert "-c" not in why
    assert refusal(" ".join(["digest", "-C", "office", *command])) == refusal(
        " ".join(["digest", *command, "-C", "office"])
    )
