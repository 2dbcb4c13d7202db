"""Other users of the machine: what they can change is found, whatever lies where."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from digest.errors import ConfigurationError, UsageError
from digest.foundation.database import exclusive
from digest.foundation.neighbours import (
    exposures,
    modes_hold,
    own_program,
    refuse_exposed,
    refuse_links,
    share_with,
)
from digest.foundation.workspace import LOCK, Workspace

NAMES = (
    "digest.yaml",
    "plans",
    "plans/monthly",
    "plans/monthly/2018-07.yaml",
    "templates",
    "templates/bulletin/edition.txt",
)
KEYS = ("keys", "keys/secret", "keys/dkim/s1.pem", "sending", "digest.db")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "office"
    for name in (*NAMES, *KEYS, "bulletins/july.txt"):
        path = folder / name
        if Path(name).suffix or name == "keys/secret":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
        else:
            path.mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Workspace(folder)


@pytest.fixture
def group() -> int:
    """One in which somebody else is."""
    return next(user.pw_gid for user in pwd.getpwall() if user.pw_uid not in (0, os.geteuid()))


def found(workspace: Workspace) -> list[Path]:
    return [one.path for one in exposures(workspace.folder, workspace.inputs)]


@pytest.mark.parametrize("name", [".", *NAMES, *KEYS])
def test_what_everybody_may_change_is_found_wherever_it_lies(name: str, workspace: Workspace) -> None:
    assert found(workspace) == []
    path = workspace.folder / name
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    assert found(workspace) == [path]
    with pytest.raises(ConfigurationError, match=f"chmod o-w {path}"):
        refuse_exposed(workspace.folder, workspace.inputs, executes=False)


@pytest.mark.parametrize("name", [".", *NAMES, *KEYS])
def test_what_a_group_may_change_passes_where_nobody_else_is_in_it(name: str, workspace: Workspace, group: int) -> None:
    path = workspace.folder / name
    path.chmod(path.stat().st_mode | stat.S_IWGRP)
    assert found(workspace) == [], "the owner's private group"
    if os.geteuid() == 0:  # nobody else gives files to others' groups
        os.chown(path, -1, group)
        assert found(workspace) == [path]


@pytest.mark.parametrize("name", ["digest.yaml", "plans", "templates/bulletin/edition.txt", "."])
def test_an_office_may_share_on_purpose_but_never_its_keys(name: str, workspace: Workspace, group: int) -> None:
    if os.geteuid() != 0:
        group = os.getegid()
    keys = workspace.folder / "keys"
    (keys / "shared-with").write_text(f"{group} office\n")
    for path in (workspace.folder / name, keys / "secret"):
        path.chmod(path.stat().st_mode | stat.S_IWGRP)
        os.chown(path, 4_000 if os.geteuid() == 0 else -1, group)  # another member wrote it
    os.chown(workspace.folder, os.geteuid(), -1)
    expected = [keys / "secret"] if os.geteuid() == 0 else []
    assert found(workspace) == expected


def test_a_group_is_noted_among_the_keys_by_its_number(workspace: Workspace) -> None:
    import grp

    first, second = [one.gr_name for one in grp.getgrall()][:2]
    for name in (first, second, first):
        share_with(workspace.folder, name)
    path = workspace.folder / "keys" / "shared-with"
    assert path.read_text() == f"{grp.getgrnam(first).gr_gid} {first}\n{grp.getgrnam(second).gr_gid} {second}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError):
        share_with(workspace.folder, "no such group")


def test_what_others_own_is_theirs_to_change(workspace: Workspace) -> None:
    if os.geteuid() == 0:
        os.chown(workspace.folder / "templates" / "bulletin" / "edition.txt", 4_000, 4_000)
        assert found(workspace) == [workspace.folder / "templates" / "bulletin" / "edition.txt"]
    assert [one for one in exposures(Path("/proc/self"), ()) if one.path == Path("/proc")] == []


def test_a_folder_above_counts_but_not_one_in_which_nobody_moves_what_is_anothers(workspace: Workspace) -> None:
    above = workspace.folder.parent
    above.chmod(0o1777)
    assert found(workspace) == []
    above.chmod(0o777)
    assert found(workspace) == [above]
    above.chmod(0o755)


def test_what_a_link_leads_to_counts_as_what_it_is(workspace: Workspace, tmp_path: Path) -> None:
    real = tmp_path / "settings.yaml"
    real.write_text("x")
    real.chmod(0o666)
    workspace.settings_file.unlink()
    workspace.settings_file.symlink_to(real)
    assert found(workspace) == [real]


def test_where_modes_do_not_hold_only_what_executes_is_refused(workspace: Workspace) -> None:
    workspace.settings_file.chmod(0o666)
    assert modes_hold(workspace.folder)
    listed = list(workspace.folder.iterdir())
    found = refuse_exposed(workspace.folder, workspace.inputs, executes=False, hold=lambda _folder: False)
    assert [one.path for one in found] == [workspace.settings_file]
    with pytest.raises(ConfigurationError):
        refuse_exposed(workspace.folder, workspace.inputs, executes=True, hold=lambda _folder: False)
    assert list(workspace.folder.iterdir()) == listed, "what was tried leaves nothing behind"


def test_a_program_belongs_to_root_or_us_and_is_found_in_places_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "cat"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert own_program("cat").parent != tmp_path
    assert own_program(str(program)) == program
    with pytest.raises(ConfigurationError, match="not in /usr/local/sbin"):
        own_program("no-such-program")
    program.chmod(0o757)
    with pytest.raises(ConfigurationError, match=f"chmod o-w {program}"):
        own_program(str(program))
    program.chmod(0o755)
    tmp_path.chmod(0o777)
    with pytest.raises(ConfigurationError, match=f"chmod o-w {tmp_path}"):
        own_program(str(program))
    tmp_path.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(program, 4_000, 4_000)
        with pytest.raises(ConfigurationError, match="belongs to user"):
            own_program(str(program))


@pytest.mark.parametrize("name", ["editions", "backups", "sending.lock", "out/mails"])
def test_a_link_among_what_is_written_leads_only_to_where_nobody_else_writes(
    name: str, workspace: Workspace, tmp_path: Path
) -> None:
    outputs = (*workspace.outputs, workspace.folder / "out" / "mails")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "in").mkdir(parents=True)
    for folder in (elsewhere, elsewhere / "in"):
        folder.chmod(0o755)
    link = workspace.folder / name.partition("/")[0]
    link.symlink_to(elsewhere / "in")
    assert exposures(workspace.folder, (), outputs) == [], "a larger disk of our own is normal"
    for folder in (elsewhere, elsewhere / "in"):
        folder.chmod(0o777)
        (one,) = exposures(workspace.folder, (), outputs)
        assert (one.path, one.remedy) == (link, f"chmod o-w {folder}")
        assert f"leads to {elsewhere / 'in'}" in one.said
        with pytest.raises(ConfigurationError, match=f"chmod o-w {folder}"):
            refuse_links(workspace.folder, outputs)
        with pytest.raises(ConfigurationError, match=f"chmod o-w {folder}"):
            refuse_exposed(workspace.folder, (), outputs, executes=False)
        folder.chmod(0o755)
    link.unlink()
    (workspace.folder / "within").mkdir(mode=0o777)
    link.symlink_to("within")
    assert exposures(workspace.folder, (), outputs) == [], "it stays in the workspace"


def test_a_link_that_another_user_made_is_not_followed_even_in_an_office_that_shares(
    workspace: Workspace, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        return  # nobody else gives files away
    (tmp_path / "ours").mkdir(mode=0o700)
    link = workspace.folder / "editions"
    link.symlink_to(tmp_path / "ours")
    assert exposures(workspace.folder, (), workspace.outputs) == []
    os.chown(link, 4_000, 4_000, follow_symlinks=False)
    with pytest.raises(ConfigurationError, match=f"rm {link}"):
        refuse_links(workspace.folder, workspace.outputs)


def test_a_lock_is_never_a_link(workspace: Workspace, tmp_path: Path) -> None:
    """Not even one to a lock of ours: whoever put it there would have two processes hold two."""
    (workspace.folder / "sending.lock").symlink_to(tmp_path / "lock")
    with pytest.raises(ConfigurationError, match=r"(?s)this lock is a link.*rm "), exclusive(workspace.folder / LOCK):
        pass
    assert not (tmp_path / "lock").exists()
