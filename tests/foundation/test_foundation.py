"""What every room stands on."""

import os
import subprocess

import pytest

from digest.foundation.files import passing_name, remove_leftovers, replace_whole, write_synced
from digest.foundation.names import SLUG, dashed, nearest_slug, stem
from digest.foundation.processes import is_alive, is_running, own_name


def test_a_file_is_replaced_as_a_whole_and_a_link_is_not_followed(tmp_path):
    other, path = tmp_path / "other", tmp_path / "page"
    other.write_text("theirs")
    path.symlink_to(other)
    replace_whole(path, b"ours", mode=0o644)
    assert (path.read_text(), path.is_symlink(), path.stat().st_mode & 0o777) == ("ours", False, 0o644)
    assert other.read_text() == "theirs"
    assert {each.name for each in tmp_path.iterdir()} == {"other", "page"}


def test_what_cannot_be_replaced_stays_and_nothing_is_left_beside_it(tmp_path):
    (tmp_path / "page").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_whole(tmp_path / "page", b"ours")
    assert [each.name for each in tmp_path.iterdir()] == ["page"]


def test_a_new_file_is_private_and_never_replaces_one(tmp_path):
    write_synced(tmp_path / "key", b"secret", is_new=True)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_synced(tmp_path / "key", b"another", is_new=True)


def test_what_dead_processes_left_goes_and_what_living_ones_write_stays(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    target = tmp_path / "copy"
    dead, living = (tmp_path / f".copy.{number}.new" for number in (ended.pid, os.getppid()))
    dead.mkdir()
    living.touch()
    passing_name(target).touch()
    remove_leftovers(tmp_path, ".copy.*.new")
    assert list(tmp_path.iterdir()) == [living]
    assert (is_running(os.getpid()), is_running(ended.pid), is_alive(own_name())) == (True, False, True)


@pytest.mark.parametrize(("written", "meant"), [("Boletín Ágil", "boletin-agil"), ("--x--", "x"), ("漢字", "")])
def test_the_nearest_slug_is_one(written, meant):
    assert nearest_slug(written) == meant
    assert not meant or SLUG.fullmatch(meant)


def test_names_of_files_are_plain():
    assert dashed("small grants: a & b", 14) == "small-grants-a"
    assert stem("../ana o'neill@example.org") == "_._ana_o_neill@example.org"
