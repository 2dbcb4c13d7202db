"""The readable copy is the old one or the new one, never a mixture."""

from dataclasses import replace
from datetime import date

import pytest

from digest.editions import readable_copy
from digest.editions.readable_copy import EditionFolders
from digest.errors import BusyError, CannotWriteError
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

NOBODY = 2**22 + 1  # above every process number
EDITION = Edition(
    newsletter="monthly", period=Period.containing(PeriodKind.MONTH, date(2018, 7, 1)), state=EditionState.DRAFT
)


def contents(folder):
    return {
        path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "edition.yaml"
    }


@pytest.mark.parametrize("atomic", [True, False])
def test_writing_again_replaces_the_whole_folder(tmp_path, monkeypatch, atomic):
    if not atomic:
        monkeypatch.setattr(readable_copy, "_exchange", lambda *_: False)
    copy = EditionFolders(tmp_path)
    copy.write(EDITION, {"n": 1}, {"a.html": b"1", "b.html": b"1"})
    copy.write(EDITION, {"n": 2}, {"b.html": b"2"})
    folder = tmp_path / "monthly" / "2018-07"
    assert contents(folder) == {"b.html": b"2"}
    assert (folder / "edition.yaml").read_text() == "n: 2\n"
    assert [path.name for path in folder.parent.iterdir()] == ["2018-07"]


def test_a_killed_write_leaves_the_old_copy_and_the_next_one_tidies_up(tmp_path, monkeypatch):
    copy = EditionFolders(tmp_path)
    copy.write(EDITION, {}, {"a.html": b"old"})
    with monkeypatch.context() as patch:
        patch.setattr(readable_copy, "_put_in_place", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            copy.write(EDITION, {}, {"a.html": b"new"})
    assert copy.differences(EDITION, {"a.html": b"old"}, {}) == []
    copy.write(EDITION, {}, {"a.html": b"newer"})
    assert contents(tmp_path) == {"a.html": b"newer"}


def test_every_difference_is_named(tmp_path):
    copy, files = EditionFolders(tmp_path), {"a.html": b"1", "b.html": b"1", "c.html": b"1", "d.html": b"1"}
    copy.write(EDITION, {"n": 1}, files)
    folder = tmp_path / "monthly" / "2018-07"
    (folder / "variants" / "a.html").write_bytes(b"2")
    (folder / "variants" / "b.html").unlink()
    (folder / "variants" / "d.html").unlink()
    (folder / "variants" / "d.html").mkdir()
    assert copy.differences(EDITION, files, {"n": 1}) == ["a.html", "b.html", "d.html"]
    (folder / "edition.yaml").write_text("n: 2\n")
    assert copy.differences(EDITION, files, {"n": 1}) == ["a.html", "b.html", "d.html", "edition.yaml"]


@pytest.mark.parametrize(
    "name", [".DS_Store", "Thumbs.db", "desktop.ini", "a.html~", ".a.html.swp", "notes.txt", "more"]
)
def test_foreign_files_are_nobodys_business(tmp_path, name):
    copy = EditionFolders(tmp_path)
    copy.write(EDITION, {"n": 1}, {"a.html": b"1"})
    for folder in (tmp_path / "monthly" / "2018-07", tmp_path / "monthly" / "2018-07" / "variants"):
        (folder / name).mkdir() if name == "more" else (folder / name).write_bytes(b"whatever")
    assert copy.differences(EDITION, {"a.html": b"1"}, {"n": 1}) == []


def test_how_the_description_is_written_is_no_difference(tmp_path):
    copy = EditionFolders(tmp_path)
    copy.write(EDITION, {"a": ["é"], "b": {"c": "2018-07"}}, {"a.html": b"1"})
    (tmp_path / "monthly" / "2018-07" / "edition.yaml").write_text('b: {c: "2018-07"}\na: ["\\u00e9"]\n')
    assert copy.differences(EDITION, {"a.html": b"1"}, {"a": ["é"], "b": {"c": "2018-07"}}) == []


def test_no_copy_at_all_is_no_difference(tmp_path):
    assert EditionFolders(tmp_path).differences(EDITION, {"a.html": b"1"}, {}) is None


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "monthly").write_text("in the way")
    with pytest.raises(CannotWriteError, match="monthly"):
        EditionFolders(tmp_path).write(EDITION, {}, {})


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_when_what_it_belongs_to_fails_the_old_copy_is_back(tmp_path, monkeypatch, atomic, there):
    if not atomic:
        monkeypatch.setattr(readable_copy, "_exchange", lambda *_: False)
    copy = EditionFolders(tmp_path)
    if there:
        copy.write(EDITION, {"n": 1}, {"a.html": b"old"})
    with pytest.raises(BusyError), copy.replaced(EDITION, {"n": 2}, {"a.html": b"new"}):
        raise BusyError("it", "is busy", "wait")
    assert contents(tmp_path) == ({"a.html": b"old"} if there else {})
    assert [path.name for path in (tmp_path / "monthly").iterdir()] == (["2018-07"] if there else [])


@pytest.mark.parametrize("atomic", [True, False])
def test_after_a_crash_the_copy_of_what_is_stored_is_put_back(tmp_path, monkeypatch, atomic):
    if not atomic:
        monkeypatch.setattr(readable_copy, "_exchange", lambda *_: False)
    copy, stored = EditionFolders(tmp_path), replace(EDITION, fingerprint="old")
    copy.write(EDITION, {"fingerprint": "old"}, {"a.html": b"old"})
    with monkeypatch.context() as patch:
        patch.setattr(readable_copy.shutil, "rmtree", lambda *_args, **_more: None)  # it was killed before
        copy.write(EDITION, {"fingerprint": "new"}, {"a.html": b"new"})
    assert contents(tmp_path / "monthly" / "2018-07") == {"a.html": b"new"}
    copy.recover(replace(EDITION, fingerprint="new"))
    assert contents(tmp_path / "monthly" / "2018-07") == {"a.html": b"new"}
    copy.recover(stored)
    assert contents(tmp_path) == {"a.html": b"old"}
    copy.write(EDITION, {"fingerprint": "newer"}, {"a.html": b"newer"})
    assert [path.name for path in (tmp_path / "monthly").iterdir()] == ["2018-07"]


def test_what_a_killed_process_left_of_another_revision_is_not_touched(tmp_path):
    copy = EditionFolders(tmp_path)
    copy.write(EDITION, {}, {})
    other = tmp_path / "monthly" / f".2018-07.2.{NOBODY}.new"
    own = tmp_path / "monthly" / f".2018-07.{NOBODY}.new"
    other.mkdir()
    own.mkdir()
    copy.write(EDITION, {}, {})
    assert (other.exists(), own.exists()) == (True, False)
