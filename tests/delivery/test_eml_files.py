"""The transport `files`: whole messages or none, the same again when repeated."""

import stat
from pathlib import Path

import pytest
from piles import MESSAGE, Pile, letter, letters, never

from digest.delivery.outgoing import Found, Mark, OutcomeKind
from digest.delivery.transports.eml_files import FolderTransport
from digest.errors import CannotWriteError

OUT = "monthly/2018-07"


def carried(folder, *given):
    pile = Pile(list(given))
    FolderTransport(folder).carry(pile, never)
    return pile


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_each_message_becomes_one_private_file_of_its_very_bytes(tmp_path):
    pile = carried(tmp_path / "out", letter(1), letter(2, message=b"Subject: y\r\n\r\nother\r\n"))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in files_in(tmp_path)) == [
        f"out/{OUT}/reader-1.eml",
        f"out/{OUT}/reader-2.eml",
    ]
    assert (tmp_path / "out" / OUT / "reader-1.eml").read_bytes() == MESSAGE
    assert (tmp_path / "out" / OUT / "reader-2.eml").read_bytes().endswith(b"other\r\n")
    assert {stat.S_IMODE(file.stat().st_mode) for file in files_in(tmp_path)} == {0o600}
    assert pile.kinds == {1: OutcomeKind.SENT, 2: OutcomeKind.SENT}
    assert all(pile.marks_of(row) == [Mark.DOT, Mark.ACCEPTED] for row in (1, 2))


@pytest.mark.parametrize("folder", ["out", "far/out", "."])
def test_a_folder_may_be_named_from_where_the_program_was_called(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    assert carried(Path(folder), letter(1)).kinds == {1: OutcomeKind.SENT}
    assert (tmp_path / folder / OUT / "reader-1.eml").read_bytes() == MESSAGE


def test_writing_again_changes_nothing(tmp_path):
    for _ in range(2):
        assert carried(tmp_path, letter(1)).kinds == {1: OutcomeKind.SENT}
    assert [path.name for path in files_in(tmp_path)] == ["reader-1.eml"]


def test_many_share_the_transactions_of_the_ledger(tmp_path):
    pile = carried(tmp_path, *letters(300))
    assert len(files_in(tmp_path)) == 300
    assert pile.commits < 150
    assert pile.most_open <= FolderTransport(tmp_path).connections


def test_a_folder_that_cannot_be_made_is_named_and_nothing_is_in_doubt(tmp_path):
    (tmp_path / "out").write_text("in the way")
    pile = Pile([letter(1)])
    with pytest.raises(CannotWriteError, match="out"):
        FolderTransport(tmp_path / "out").carry(pile, never)
    assert pile.kinds == {1: OutcomeKind.KEPT}
    assert pile.marks == []


def test_a_file_that_is_there_was_accepted_and_a_passing_one_was_not(tmp_path):
    carried(tmp_path, letter(1))
    (tmp_path / OUT / ".reader-2.eml.new").write_bytes(MESSAGE[:20])
    transport = FolderTransport(tmp_path)
    assert [transport.trace(letter(row)) for row in (1, 2, 3)] == [Found.SENT, None, None]


@pytest.mark.parametrize("bad", [b"", b"Subject: x\r\n\r\nno end", MESSAGE + b"bare\rreturn\r\n"])
def test_what_is_no_message_is_refused_and_others_go_on(tmp_path, bad):
    pile = carried(tmp_path, letter(1), letter(2, message=bad), letter(3))
    assert pile.kinds == {1: OutcomeKind.SENT, 2: OutcomeKind.FAILED, 3: OutcomeKind.SENT}
    assert len(files_in(tmp_path)) == 2
