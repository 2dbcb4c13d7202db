"""The transport `files`: whole messages or none, the same again when repeated."""

import stat

import pytest

from digest.errors import CannotWriteError
from digest.model.delivery import Envelope
from digest.transports.files import FolderTransport


def letter(stem, message=b"Subject: x\r\n\r\nHello\r\n"):
    return Envelope(edition="monthly/2018-07", recipient="a@example.org", stem=stem, pieces=(message,))


def test_each_message_becomes_one_private_file(tmp_path):
    FolderTransport(tmp_path / "out").deliver([letter("a"), letter("b", b"other")])
    files = sorted((tmp_path / "out").rglob("*.eml"))
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [
        "out/monthly/2018-07/a.eml",
        "out/monthly/2018-07/b.eml",
    ]
    assert files[1].read_bytes() == b"other"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_delivering_again_changes_nothing(tmp_path):
    transport = FolderTransport(tmp_path)
    transport.deliver([letter("a")])
    transport.deliver([letter("a")])
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.eml"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(CannotWriteError, match="out"):
        FolderTransport(tmp_path / "out").deliver([letter("a")])
