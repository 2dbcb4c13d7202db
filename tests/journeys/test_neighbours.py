"""A workspace on a machine with other users: they can read nothing of it, and change nothing that decides over mail."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
import warm_program

NOBODY = "65534"


@pytest.fixture(scope="module")
def demo() -> Iterator[Path]:
    """In a folder that everybody may enter, and that lay there open to all."""
    above = Path(mkdtemp())
    above.chmod(0o755)
    folder = above / "workspace"
    folder.mkdir()
    folder.chmod(0o777)
    ended = warm_program.run(["demo", folder], cwd=above)
    assert ended.returncode == 0, ended.stderr
    yield folder
    rmtree(above)


def test_a_second_user_reads_and_changes_nothing(demo: Path) -> None:
    open_to_others = [path for path in (demo, *demo.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert [path for path in open_to_others if not path.is_symlink()] == []
    if os.geteuid() == 0:
        for command in (
            ["ls", demo],
            ["cat", demo / "subscribers.yaml"],
            ["touch", demo / "new"],
            ["rm", demo / "digest.db"],
        ):
            as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
            ended = subprocess.run(as_nobody, capture_output=True, text=True, check=False)
            assert ended.returncode != 0
            assert "Permission denied" in ended.stderr


def test_commands_that_send_refuse_what_others_may_write_and_those_that_look_warn(demo: Path) -> None:
    settings = demo / "digest.yaml"
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*") if path.is_file()}
    settings.chmod(0o606)
    try:
        for command in (["run"], ["send", "2018-07", "--yes"]):
            ended = warm_program.run(["-C", demo, *command], cwd=demo)
            assert ended.returncode == 78, ended.stderr
            assert f"chmod o-w {settings}" in ended.stderr
        looked = warm_program.run(["-C", demo, "status"], cwd=demo)
        assert looked.returncode == 0
        assert "every user of this machine may change it" in looked.stderr
        dry = warm_program.run(["-C", demo, "run", "--dry-run"], cwd=demo)
        assert dry.returncode != 78
    finally:
        settings.chmod(0o600)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "may change" not in warm_program.run(["-C", demo, "status"], cwd=demo).stderr
