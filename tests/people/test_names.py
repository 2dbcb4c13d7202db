"""A name that turns the direction of reading (U+202E), copied from somewhere or meant to deceive: it is stored as it
is, and shown so that it turns nothing around. In an address nothing of the kind is taken.
"""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import cli
from digest.errors import ConfigurationError, UsageError
from digest.foundation.words import upright
from digest.settings.loading import load_settings

NAME = "Ana \u202eoidual\u202c \u2066Ruiz\u2069"
TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEEDS, tmp_path / "workspace"))


@pytest.fixture
def digest(workspace: Path) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        ended = CliRunner().invoke(cli, ["-C", str(workspace), *arguments], standalone_mode=False)
        if ended.exception:
            raise ended.exception
        return ended

    return run


def test_a_readers_name_is_kept_and_turns_nothing_around(workspace: Path, digest: Callable[..., Result]) -> None:
    row = (
        f'  - {{address: ana@example.org, name: "{NAME}", language: es, newsletter: monthly, audiences: [regional]}}\n'
    )
    (workspace / "subscribers.yaml").write_text(f"subscribers:\n{row}")
    (workspace / "list.csv").write_text(f"email,name\nben@example.org,{NAME}\n")
    wish = ("--audience", "regional", "--language", "es", "--consent", "by letter")
    digest("subscribers", "import", str(workspace / "list.csv"), *wish, "--yes")
    digest("subscribers", "add", "eva@example.org", "--name", NAME, *wish)

    listed = digest("subscribers", "list")
    assert listed.stdout.count("oidual") == 3
    for shown in (
        listed,
        digest("subscribers", "show", "eva@example.org"),
        digest("explain", "ana@example.org"),
        told := digest("subscribers", "list", "--json"),
    ):
        assert not set(shown.output) & set(TURNS)
    assert [one["name"] for one in json.loads(told.stdout)] == [NAME] * 3
    digest("subscribers", "export", str(workspace / "out.csv"))
    with (workspace / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [NAME] * 3
    with pytest.raises(UsageError, match="U\\+202E"):
        digest("subscribers", "add", "e\u202eva@example.org", *wish)
    with pytest.raises(UsageError, match="U\\+001B"):
        digest("subscribers", "change", "eva@example.org", "--name", "\x1b[2J")


def test_the_names_of_senders_and_publishers_turn_nothing_around_either(workspace: Path) -> None:
    path = workspace / "digest.yaml"
    settings = path.read_text()
    path.write_text(settings.replace("Mesoamerica", "Meso\u202eamerica").replace("Migration Bulletin <", f"{NAME} <"))
    loaded = load_settings(path)
    assert upright(NAME) in {one.name for one in loaded.newsletters[0].sender.values()}
    assert not set(loaded.publisher.name("en")) & set(TURNS)
    path.write_text(settings.replace("<bulletin@", "<bul\u202eletin@"))
    with pytest.raises(ConfigurationError, match="U\\+202E"):
        load_settings(path)
