"""The real Postfix of the tests delivers, bounces and refuses, and leaves nothing behind; the sink takes a load."""

import smtplib
import subprocess
import sys
import time
from email import message_from_bytes
from pathlib import Path

import postfix as postfix_server
import pytest
import sending_yardsticks

SENDER = "bounces+{}@news.example.org"


def mail(number: int) -> bytes:
    return f"Subject: News\r\nMessage-ID: <{number}@example.org>\r\n\r\nNews {number}.\r\n".encode()


def test_each_message_is_found_once_and_one_for_a_mailbox_that_is_gone_comes_back(postfix):
    readers = [f"Reader.{number}@{'news.' * (number % 2)}example.org" for number in range(8)]
    with smtplib.SMTP(postfix.host, postfix.port) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"5\.1\.1"):
            client.sendmail(SENDER.format(0), ["refused@example.org"], mail(0))
        for number, reader in enumerate([*readers, "gone.ana@example.org"]):
            client.sendmail(SENDER.format(number), [reader], mail(number))
    postfix.wait_until_delivered(9)
    for number, reader in enumerate(readers):
        (found,) = map(message_from_bytes, postfix.maildir(reader))
        assert found["Message-ID"] == f"<{number}@example.org>"
        assert found["Return-Path"] == f"<{SENDER.format(number)}>"
    (bounce,) = postfix.maildir("bounces@news.example.org")
    assert message_from_bytes(bounce)["Delivered-To"] == SENDER.format(8)
    assert b"Status: 5.1.1" in bounce
    with pytest.raises(TimeoutError, match="9 of 10 delivered"):
        postfix.wait_until_delivered(10, timeout=0)


def test_the_sink_takes_a_load_and_breaks_off_where_it_is_told(smtp_sink):
    sink = smtp_sink()
    assert sending_yardsticks.smtp_source(sink.port, messages=200, size=2_000, sessions=4) > 0
    with (
        smtplib.SMTP("127.0.0.1", smtp_sink("-q", "data").port) as client,
        pytest.raises(smtplib.SMTPServerDisconnected),
    ):
        client.sendmail(SENDER.format(1), ["ana@example.org"], mail(1))


@pytest.mark.parametrize("ask", [postfix_server.missing, sending_yardsticks.missing])
def test_what_is_missing_is_named_with_its_package(monkeypatch, ask):
    assert ask() == ""
    monkeypatch.setenv("PATH", "")
    assert "apt-get install postfix" in ask()


def test_it_ends_when_the_tests_are_killed():
    script = """if True:
        import postfix, time
        with postfix.running() as it:
            print(it.folder, it.port, flush=True)
            time.sleep(60)
    """
    place = Path(postfix_server.__file__).parent
    with subprocess.Popen([sys.executable, "-c", script], cwd=place, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout
        folder, port = tests.stdout.readline().split()
        tests.kill()
    for _ in range(500):
        if not Path(folder).exists():
            break
        time.sleep(0.02)
    assert not Path(folder).exists()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", int(port))
