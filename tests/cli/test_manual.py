"""`digest help`: the manual comes with the program."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from typed import literals

from digest.cli import MODULES, cli
from digest.cli.manual import topics
from digest.desk.columns import seen

ROOT = Path(__file__).parents[2]
TOPICS = topics()
MAINTENANCE = {"mail/checks/gate.py"}  # what it writes is itself a page


def ask(*words):
    return CliRunner().invoke(cli, ["help", *words], prog_name="digest", env={"COLUMNS": "80"}, standalone_mode=False)


def test_all_pages_for_users_are_there():
    expected = {path.stem for part in ("how-to", "reference") for path in (ROOT / "docs" / part).glob("*.md")}
    assert TOPICS.keys() == expected
    assert "review-by-part" in TOPICS


def test_without_a_topic_it_lists_them_with_their_titles():
    said = ask().output
    assert [name for name in TOPICS if f"digest help {name} " not in said] == []
    assert "Let each office review its part" in said
    assert all(seen(line) <= 80 for line in said.splitlines())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_is_readable_at_eighty_columns_and_keeps_its_words(topic):
    """Examples stay as they are; whatever else is broken into lines."""
    text = TOPICS[topic].read_text(encoding="utf-8")
    said = ask(topic).output
    assert [line for line in said.splitlines() if seen(line) > 80 and not line.startswith("    ")] == []
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    whole = " ".join(said.split())
    assert [heading for heading in headings if heading.replace("&lt;", "<") not in whole] == []
    assert "](" not in re.sub(r"^    .*$|`[^`]*`", "", said, flags=re.MULTILINE)


def test_a_command_is_a_topic_as_well():
    assert "Put your name under" in ask("approve").output or "Usage: digest approve" in ask("approve").output


def test_a_page_that_does_not_exist_is_named():
    result = ask("approvals")
    assert "digest help" in result.exception.remedy


def test_messages_name_pages_that_an_installed_program_has():
    modules = sorted((ROOT / "digest").rglob("*.py"))
    naming = [path for path in modules if re.search(r"digest help|docs/", path.read_text(encoding="utf-8"))]
    texts = [(path, text) for path in naming for text in literals(path)]
    named = {found for _, text in texts for found in re.findall(r"`digest help ([\w-]+)`", text)}
    assert named <= TOPICS.keys() | MODULES.keys()
    assert "your-own-templates" in named
    elsewhere = {str(path.relative_to(ROOT / "digest")) for path, text in texts if re.search(r"\bdocs/\w+", text)}
    assert elsewhere <= MAINTENANCE | {"cli/manual.py"}
