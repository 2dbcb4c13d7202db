"""The real Postfix of the tests, and Postfix's own load generator."""

import smtplib
import ssl
import subprocess
import sys
import time
from email import message_from_bytes
from pathlib import Path

import postfix as postfix_server
import pytest
import sending_yardsticks

SENDER = "bounces+{}@news.example.org"


def mail(number: int, subject: str = "News") -> bytes:
    return f"Subject: {subject}\r\nMessage-ID: <{number}@example.org>\r\n\r\nNews {number}.\r\n".encode()


def test_twenty_messages_are_each_found_once(postfix):
    readers = [f"Reader.{number}@{'news.' * (number % 2)}example.org" for number in range(20)]
    with smtplib.SMTP(postfix.host, postfix.port) as client:
        for number, reader in enumerate(readers):
            client.sendmail(SENDER.format(number), [reader], mail(number))
    postfix.wait_until_delivered(20)
    for number, reader in enumerate(readers):
        (found,) = postfix.maildir(reader)
        assert message_from_bytes(found)["Message-ID"] == f"<{number}@example.org>"
        assert message_from_bytes(found)["Return-Path"] == f"<{SENDER.format(number)}>"
    assert postfix.delivered == 20
    assert sum("status=sent (delivered to maildir)" in line for line in postfix.log) == 20


def test_mail_for_a_mailbox_that_is_gone_comes_back_to_the_verp_address(postfix):
    with smtplib.SMTP(postfix.host, postfix.port) as client:
        client.sendmail(SENDER.format("k7"), ["gone.ana@example.org"], mail(1))
    postfix.wait_until_delivered(1)
    (bounce,) = postfix.maildir("bounces@news.example.org")
    report = message_from_bytes(bounce)
    assert report.get_content_type() == "multipart/report"
    assert report["Delivered-To"] == SENDER.format("k7")
    assert b"Status: 5.1.1" in bounce


def test_an_unknown_mailbox_is_refused_at_once(postfix):
    with (
        smtplib.SMTP(postfix.host, postfix.port) as client,
        pytest.raises(smtplib.SMTPRecipientsRefused, match=r"5\.1\.1"),
    ):
        client.sendmail(SENDER.format(1), ["refused@example.org"], mail(1))
    assert postfix.queued == postfix.delivered == 0


def test_starttls_is_offered_with_a_certificate_that_can_be_trusted(postfix):
    trusting = ssl.create_default_context(cafile=str(postfix.certificate.file))
    with smtplib.SMTP("localhost", postfix.port) as client:
        assert client.starttls(context=trusting)[0] == 220
        assert "starttls" not in client.esmtp_features
        client.sendmail(SENDER.format(1), ["ana@example.org"], mail(1))
        assert not client.has_extn("auth")
    postfix.wait_until_delivered(1)


def test_parameters_make_a_relay_that_limits_and_rejects(postfix_with):
    limited = postfix_with(
        smtpd_client_message_rate_limit="2", header_checks="regexp:{{/^Subject: casino/ REJECT 5.7.1 no gambling}}"
    )
    with smtplib.SMTP(limited.host, limited.port) as client:
        with pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.1 no gambling"):
            client.sendmail(SENDER.format(1), ["ana@example.org"], mail(1, "casino"))
        client.sendmail(SENDER.format(2), ["ana@example.org"], mail(2))
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            client.sendmail(SENDER.format(3), ["ana@example.org"], mail(3))
    assert (refused.value.smtp_code, b"too much mail" in refused.value.smtp_error) == (450, True)
    limited.wait_until_delivered(1)


def test_two_of_them_stand_beside_each_other_and_leave_nothing_behind():
    with postfix_server.running() as one, postfix_server.running() as two:
        assert one.port != two.port
        folders = (one.folder, two.folder)
    assert not any(folder.exists() for folder in folders)
    for ended in (one, two):
        with pytest.raises(ConnectionRefusedError):
            smtplib.SMTP(ended.host, ended.port)


def test_waiting_for_mail_that_never_comes_says_how_far_it_came(postfix):
    with pytest.raises(TimeoutError, match="0 of 1 delivered"):
        postfix.wait_until_delivered(1, timeout=0)


def test_the_load_generator_measures_a_sink(smtp_sink):
    sink = smtp_sink()
    rates = sending_yardsticks.interleaved(
        {"source": lambda: sending_yardsticks.smtp_source(sink.port, messages=200, size=2_000, sessions=4)}, rounds=3
    )
    assert rates["source"] > 0


def test_the_sink_breaks_off_where_it_is_told(smtp_sink):
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


def test_it_ends_when_the_tests_are_killed(tmp_path):
    script = """if True:
        import postfix, time
        with postfix.running() as it:
            print(it.folder, it.port, flush=True)
            time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    ) as tests:
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


def test_settings_that_postfix_cannot_read_are_said(postfix_with):
    with pytest.raises(RuntimeError, match=r"(?s)did not start:.*inet_interfaces"):
        postfix_with(inet_interfaces="no such host")
