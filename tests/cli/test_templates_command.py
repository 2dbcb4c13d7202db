"""`digest templates`, as a person uses it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import cli
from digest.errors import CannotWriteError, DigestError, UsageError

SEEDS = Path(__file__).parents[2] / "seeds"

Digest = Callable[..., Result]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEEDS, tmp_path / "workspace"))


@pytest.fixture
def digest(workspace: Path) -> Digest:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["-C", str(workspace), "templates", *arguments], standalone_mode=False)

    return run


def test_the_sets_are_listed_with_who_uses_them(digest: Digest, workspace: Path) -> None:
    (workspace / "templates" / "letter").mkdir(parents=True)
    (workspace / "templates" / "letter" / "footer.mjml").write_text("", encoding="utf-8")
    rows = {line.split()[0]: line.split()[1:] for line in digest("list").stdout.splitlines()[2:]}
    assert rows == {
        "brief": ["–", "–"],
        "bulletin": ["monthly", "–"],
        "compact": ["–", "–"],
        "letter": ["–", "footer.mjml"],
    }


def test_a_set_is_copied_with_what_it_shares_and_works_from_there(digest: Digest, workspace: Path) -> None:
    written = digest("eject", "letter").stdout.splitlines()
    assert str(workspace / "templates" / "letter" / "edition.mjml") in written
    assert str(workspace / "templates" / "shared" / "footer.mjml") in written
    assert all(Path(each).is_file() for each in written)
    checked = digest("check")
    assert checked.return_value == 0
    assert "letter: no faults." in checked.stderr


def test_the_check_of_a_set_knows_what_the_check_of_an_edition_knows(digest: Digest, workspace: Path) -> None:
    own = workspace / "templates" / "bulletin"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("News\n{{ 1 / 0 }}", encoding="utf-8")
    said = str(digest("check", "bulletin").exception)
    assert f"{own / 'subject.txt'}:2: ZeroDivisionError" in said
    (own / "subject.txt").write_text("Happy news for {{ period }}", encoding="utf-8")
    (own / "edition.txt").write_text("{{ lead.title if lead }}", encoding="utf-8")
    checked = digest("check", "bulletin")
    assert checked.return_value == 78
    assert "TEXT-" in checked.stdout, "a text that lacks the stories, and the way to leave"


def test_nothing_that_exists_is_overwritten(digest: Digest, workspace: Path) -> None:
    own = workspace / "templates" / "bulletin" / "edition.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine", encoding="utf-8")
    result = digest("eject", "bulletin")
    assert own.read_text(encoding="utf-8") == "mine"
    assert str(own) not in result.stdout
    assert f"Left alone, as they were there already: {own}" in result.stderr


def test_a_copy_can_go_elsewhere(digest: Digest, tmp_path: Path) -> None:
    digest("eject", "compact", "--to", str(tmp_path / "mine"))
    assert (tmp_path / "mine" / "compact" / "edition.mjml").is_file()
    assert (tmp_path / "mine" / "shared" / "subject.txt").is_file()


@pytest.mark.parametrize("name", ["bulletins", "shared", "../bulletin", ""])
def test_what_is_no_set_cannot_be_copied(digest: Digest, workspace: Path, name: str) -> None:
    result = digest("eject", name)
    assert isinstance(result.exception, UsageError)
    assert "brief, bulletin, compact, letter" in str(result.exception)
    assert not (workspace / "templates").exists()


def test_a_folder_that_cannot_be_written_is_named(digest: Digest, workspace: Path) -> None:
    (workspace / "templates").write_text("a file", encoding="utf-8")
    assert isinstance(digest("eject", "bulletin").exception, CannotWriteError)


def test_faults_are_told_with_place_and_remedy(digest: Digest, workspace: Path) -> None:
    digest("eject", "bulletin")
    footer = workspace / "templates" / "shared" / "footer.mjml"
    footer.write_text(footer.read_text(encoding="utf-8").replace("font-size=", "font-sise=", 1), encoding="utf-8")
    result = digest("check", "bulletin")
    assert result.return_value == 78
    assert f"error: {footer}:4: <mj-text> has no attribute 'font-sise'" in result.stderr
    assert "did you mean 'font-size'?" in result.stderr


def test_a_mistake_in_jinja_is_told_too(digest: Digest, workspace: Path) -> None:
    folder = workspace / "templates" / "bulletin"
    folder.mkdir(parents=True)
    (folder / "footer.txt").write_text("one\n{% if %}\n", encoding="utf-8")
    result = digest("check", "bulletin")
    assert isinstance(result.exception, DigestError)
    assert f"{folder / 'footer.txt'}:2: " in str(result.exception)
