"""Mails that stand in no ledger, to reviewers and about leaving, by the same transports as all others."""

import pytest

from digest.delivery.single import hand_over, post
from digest.delivery.transports.eml_files import FolderTransport
from digest.delivery.transports.maildir import MaildirTransport
from digest.delivery.transports.sendmail import SendmailTransport
from digest.errors import BusyError, ConfigurationError
from digest.mail.message import Envelope

TEXT = b"From: B <b@example.org>\r\n\r\nLook.\r\n"
LINES = TEXT.replace(b"\r\n", b"\n")


def mail(stem="m-1"):
    return Envelope(edition="monthly/2018-07/review", recipient="m@example.org", stem=stem, pieces=(TEXT,))


@pytest.fixture
def program(tmp_path):
    """(exit code) → a transport that calls a program, which notes its arguments and keeps its input."""

    def made(code=0):
        path = tmp_path / "program"
        path.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/mail\nexit {code}\n')
        path.chmod(0o755)
        return SendmailTransport([str(path)])

    return made


def test_in_files_it_is_there_once(tmp_path):
    for _ in range(2):
        hand_over(FolderTransport(tmp_path), mail())
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file == tmp_path / "monthly/2018-07/review/m-1.eml"
    assert file.read_bytes() == TEXT


def test_in_a_maildir_it_is_there_once_with_its_envelope(tmp_path):
    for _ in range(2):
        hand_over(MaildirTransport(tmp_path), mail())
    (file,) = (tmp_path / "new").iterdir()
    assert file.name == "monthly.2018-07.review.m-1.digest"
    assert file.read_bytes() == b"Return-Path: <b@example.org>\nDelivered-To: m@example.org\n" + LINES


def test_two_that_differ_are_two(tmp_path):
    for stem in ("a", "b"):
        assert post(MaildirTransport(tmp_path), mail(stem))
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_a_program_gets_it_from_its_author(program, tmp_path):
    hand_over(program(), mail())
    assert (tmp_path / "arguments").read_text() == "-i -f b@example.org -- m@example.org\n"
    assert (tmp_path / "mail").read_bytes() == LINES


def test_one_to_which_nothing_shall_return_is_from_nobody(program, tmp_path):
    assert post(program(), mail())
    assert (tmp_path / "arguments").read_text() == "-i -f  -- m@example.org\n"


def test_one_that_is_not_taken_is_told(program):
    with pytest.raises(BusyError, match="exit code 75"):
        hand_over(program(75), mail())
    with pytest.raises(BusyError, match="exit code 67"):
        hand_over(program(67), mail())
    with pytest.raises(ConfigurationError, match="exit code 78"):
        hand_over(program(78), mail())


def test_one_that_is_refused_for_good_is_told_apart_from_one_to_try_again(program):
    assert not post(program(67), mail())
    with pytest.raises(BusyError, match="exit code 75"):
        post(program(75), mail())
