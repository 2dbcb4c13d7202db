"""The transport `maildir`: whole messages or none, under names that a repeat finds again."""

import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from piles import MESSAGE, Pile, letter, letters, never

from digest.delivery.outgoing import Mark, OutcomeKind
from digest.delivery.transports import maildir
from digest.delivery.transports.maildir import MaildirTransport
from digest.errors import CannotWriteError, ConfigurationError

NAME = "0000000000000007-0123456789ab.digest"


def carried(folder, *given, connections=1):
    pile = Pile(list(given))
    MaildirTransport(folder, connections).carry(pile, never)
    return pile


def test_each_message_becomes_one_private_file_with_its_envelope(tmp_path):
    pile = carried(tmp_path / "mail" / "out", *letters(3), connections=2)
    files = sorted((tmp_path / "mail" / "out" / "new").iterdir())
    assert [file.name for file in files] == [f"{row:016x}-0123456789ab.digest" for row in range(3)]
    assert files[1].read_bytes() == (
        b"Return-Path: <bounces+1@news.example.org>\nDelivered-To: reader1@example.org\n"
        + MESSAGE.replace(b"\r\n", b"\n")
    )
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "mail" / "out").rglob("*") if file.is_dir()} == {
        0o700
    }
    assert stat.S_IMODE((tmp_path / "mail" / "out").stat().st_mode) == 0o700
    assert list((tmp_path / "mail" / "out" / "tmp").iterdir()) == []
    assert set(pile.kinds.values()) == {OutcomeKind.SENT}
    assert all(pile.marks_of(row) == [Mark.DOT, Mark.ACCEPTED] for row in range(3))


@pytest.mark.parametrize(
    "place", [f"new/{NAME}", f"cur/{NAME}", f"cur/{NAME}:2,", f"cur/{NAME}:2,RS", f"cur/{NAME},S=123,W=130:2,S"]
)
def test_what_is_there_already_is_sent_and_not_there_twice(tmp_path, place):
    carried(tmp_path, letter(7))
    (tmp_path / "new" / NAME).rename(tmp_path / place)
    pile = carried(tmp_path, letter(7), letter(8))
    assert pile.kinds == {7: OutcomeKind.SENT, 8: OutcomeKind.SENT}
    assert "earlier" in pile.result(7).answer
    there = [path for name in ("new", "cur") for path in (tmp_path / name).iterdir()]
    assert len(there) == 2


def test_what_a_crash_left_half_written_is_written_anew(tmp_path):
    carried(tmp_path, letter(1))
    (tmp_path / "tmp" / NAME).write_bytes(b"half" * 10_000)
    carried(tmp_path, letter(7))
    assert (tmp_path / "new" / NAME).read_bytes().endswith(b"\n\n.\nHello\n")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_folder_with_other_things_is_no_maildir(tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    pile = Pile(letters(2))
    with pytest.raises(ConfigurationError, match="no Maildir"):
        MaildirTransport(tmp_path).carry(pile, never)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]
    assert pile.granted == []


def test_what_cannot_be_written_stays_and_is_said(tmp_path):
    carried(tmp_path, letter(1))
    (tmp_path / "new" / NAME / "in the way").mkdir(parents=True)
    (tmp_path / "cur" / "old").mkdir()
    pile = Pile([letter(2), letter(7), letter(9)])
    transport = MaildirTransport(tmp_path)
    (tmp_path / "new" / NAME).rename(tmp_path / "aside")
    pile.on_settle = lambda: (tmp_path / "aside").exists() and (tmp_path / "aside").rename(tmp_path / "new" / NAME)
    with pytest.raises(CannotWriteError, match=str(tmp_path)):
        transport.carry(pile, never)
    assert pile.kinds == {2: OutcomeKind.SENT, 7: OutcomeKind.KEPT}
    assert pile.marks_of(7)[-1] is Mark.NOTHING
    assert pile.marks_of(9) == []


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"Subject: x\r\n\r\nno end",
        MESSAGE.replace(b"\r\n", b"\n"),
        MESSAGE + b"bare\rreturn\r\n",
        MESSAGE + b"bare\nfeed\r\n",
        MESSAGE + b"\0\r\n",
    ],
)
def test_what_is_no_message_is_refused_and_others_go_on(tmp_path, bad):
    pile = carried(tmp_path, letter(1), letter(2, message=bad), letter(3))
    assert pile.kinds == {1: OutcomeKind.SENT, 2: OutcomeKind.FAILED, 3: OutcomeKind.SENT}
    assert pile.result(2).why == "content"
    assert pile.marks_of(2) == []


@pytest.mark.parametrize("address", ["a\nBcc: b@example.org", "a@x.org>\nX: <b@y.org", "a b@example.org", "", "a"])
@pytest.mark.parametrize("whose", ["recipient", "sender"])
def test_an_address_that_is_none_writes_no_header(tmp_path, address, whose):
    if not address and whose == "sender":
        address = "\n"
    bad = letter(2, recipient=address or "@") if whose == "recipient" else letter(2, sender=address)
    pile = carried(tmp_path, letter(1), bad)
    assert pile.kinds == {1: OutcomeKind.SENT, 2: OutcomeKind.FAILED}
    assert pile.result(2).why == "address"


def test_a_mailbox_whose_folders_lie_on_two_disks_takes_nothing_and_leaves_no_doubt(tmp_path):
    """No rename leads from one file system to another; a copy would be seen half written."""
    places = [Path("/dev/shm"), Path("/tmp"), Path("/var/tmp")]  # noqa: S108 – whichever lies on another disk
    other = next((place for place in places if place.stat().st_dev != tmp_path.stat().st_dev), None)
    assert other, "this needs two file systems, such as /tmp and /dev/shm"
    carried(tmp_path / "mail", letter(1))
    with tempfile.TemporaryDirectory(dir=other) as elsewhere:
        shutil.rmtree(tmp_path / "mail" / "new")
        (tmp_path / "mail" / "new").symlink_to(elsewhere)
        pile = Pile([letter(7)])
        with pytest.raises(CannotWriteError, match="link"):
            MaildirTransport(tmp_path / "mail", 1).carry(pile, never)
        assert OutcomeKind.IN_DOUBT not in pile.kinds.values()
        assert list(Path(elsewhere).iterdir()) == []


def test_a_disk_that_fails_after_the_message_is_there_leaves_a_doubt_and_one_before_leaves_none(tmp_path, monkeypatch):
    """Whoever reads the Maildir may have taken it away already: it is not sent again without a word."""

    def broken(_folder):
        raise OSError(5, "Input/output error")

    pile = Pile(letters(3))
    monkeypatch.setattr(maildir, "sync_folder", broken)
    with pytest.raises(CannotWriteError):
        MaildirTransport(tmp_path / "box").carry(pile, never)
    assert pile.kinds == {0: OutcomeKind.IN_DOUBT}
    assert pile.marks_of(0) == [Mark.DOT]
    pile = Pile(letters(3))
    monkeypatch.setattr(maildir, "write_synced", lambda _path, _content: broken(None))
    with pytest.raises(CannotWriteError):
        MaildirTransport(tmp_path / "other").carry(pile, never)
    assert pile.kinds == {0: OutcomeKind.KEPT}
    assert pile.marks_of(0) == [Mark.DOT, Mark.NOTHING]
