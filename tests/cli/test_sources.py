"""`digest sources`, as a person uses it."""

import json
import shutil
from pathlib import Path

from click.testing import CliRunner

from digest.cli import cli

SEEDS = Path(__file__).parents[2] / "seeds"


def _said(workspace: Path, *options: str) -> str:
    ended = CliRunner().invoke(cli, ["-C", str(workspace), "sources", *options], standalone_mode=False)
    assert ended.return_value == 0, ended.output
    return ended.stdout


def test_each_source_says_where_its_folder_leads(tmp_path: Path) -> None:
    workspace, share = tmp_path / "workspace", tmp_path / "share"
    shutil.copytree(SEEDS, workspace)
    (plain,) = json.loads(_said(workspace, "--json"))
    assert plain == {"name": "newsroom", "folder": "bulletins", "leads_to": None, "exists": True, "items": 0}
    shutil.move(workspace / "bulletins", share)
    assert "it is not there" in _said(workspace)
    (workspace / "bulletins").symlink_to(share)
    CliRunner().invoke(cli, ["-C", str(workspace), "collect"], standalone_mode=False)
    (linked,) = json.loads(_said(workspace, "--json"))
    assert linked["leads_to"] == str(share)
    assert linked["items"] > 0
    assert str(share) in _said(workspace)
