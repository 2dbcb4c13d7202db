"""The relay is asked for real, with the settings of sending; no mail is sent."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from certificates import self_signed
from faultrunning import thread
from faultscript import Act, Fault, Script, Stage

from digest.errors import BusyError, ConfigurationError
from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.network import RelaySeen, probe, relay
from digest.settings.loading import load_settings

NOW = datetime(2018, 8, 5, 9, tzinfo=UTC)
SETTINGS = """
publisher: {{name: Office, address: Apartado 100, timezone: America/Costa_Rica}}
sources: {{newsroom: bulletins/}}
audiences: {{regional: {{title: Whole region, everything: true}}}}
newsletters:
  monthly: {{title: Bulletin, from: Bulletin <bulletin@news.example.org>, every: month, audiences: [regional],
    languages: [en], approval: required}}
delivery: {{transport: smtp, host: localhost, port: {port}, {more}}}
"""


def settings(folder, port, more):
    (folder / "digest.yaml").write_text(SETTINGS.format(port=port, more=more))
    return load_settings(folder / "digest.yaml")


@pytest.fixture
def secure(tmp_path):
    """(days of the certificate, script) → a server with STARTTLS and a login, and what to write in the settings."""
    (tmp_path / "password").write_text("correct-horse")
    (tmp_path / "password").chmod(0o600)

    def make(days=30, **script):
        certificate = self_signed(tmp_path, days=days)
        asked = Script(users=(("office", "correct-horse"),), starttls=True, **script)
        more = f"certificates: {certificate.file}, username: office, password_file: {tmp_path / 'password'}"
        return thread(tmp_path / "server", asked, certificate=certificate, trace=True), more

    return make


def test_what_a_conversation_shows(tmp_path, secure):
    running, more = secure(days=9, size=1000, pipelining=False)
    with running as server:
        seen = probe(settings(tmp_path, server.port, more))
        said = [line.split()[0] for _, line in server.commands]
        assert server.accepted == []
    assert said == ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]
    assert seen.tls.startswith("TLSv1.")
    assert timedelta(days=8) < seen.certificate_ends_at - datetime.now(UTC) <= timedelta(days=9)
    assert (seen.user, seen.size, seen.pipelining, seen.eight_bit) == ("office", 1000, False, True)
    assert (seen.is_local, seen.is_verified) == (True, True)


@pytest.mark.parametrize(
    ("more", "fault", "error", "word"),
    [
        ("username: other, ", None, ConfigurationError, "user name"),
        ("", Fault(stage=Stage.CONNECT, do=Act.REPLY, code=554, text="5.7.1 go away"), ConfigurationError, "go away"),
        ("", Fault(stage=Stage.CONNECT, do=Act.REPLY, code=421, text="4.3.2 too busy"), BusyError, "too busy"),
        ("", Fault(stage=Stage.AUTH, do=Act.REPLY, code=535, text="5.7.8 no"), ConfigurationError, "user name"),
        ("", Fault(stage=Stage.EHLO, do=Act.DROP), BusyError, "closed"),
    ],
)
def test_what_keeps_mail_from_leaving_is_an_error_in_plain_words(tmp_path, secure, more, fault, error, word):
    running, usual = secure(faults=(fault,) if fault else ())
    written = usual.replace("username: office, ", more) if more else usual
    with running as server, pytest.raises(error) as caught:
        probe(settings(tmp_path, server.port, written))
    assert word in str(caught.value)
    assert "correct-horse" not in str(caught.value)


def test_a_certificate_that_ended_is_an_error(tmp_path, secure):
    running, more = secure(days=-1)
    with running as server, pytest.raises(ConfigurationError, match="expired"):
        probe(settings(tmp_path, server.port, more))


def test_a_relay_that_greets_nobody_is_given_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        probe(settings(tmp_path, silent.getsockname()[1], "security: none"), seconds=0.3)


SEEN = {
    "name": "SMTP server smtp.example.org:587",
    "is_local": False,
    "tls": "TLSv1.3",
    "is_verified": True,
    "certificate_ends_at": NOW + timedelta(days=60),
    "user": "office",
    "size": 10_000_000,
    "pipelining": True,
    "eight_bit": True,
}


@pytest.mark.parametrize(
    ("changes", "largest", "what", "level", "word"),
    [
        ({}, 50_000, "Relay", Level.OK, "answers"),
        ({}, 50_000, "Encryption", Level.OK, "verified"),
        ({}, 50_000, "Certificate", Level.OK, "2018-10-04"),
        ({"certificate_ends_at": NOW + timedelta(days=13)}, None, "Certificate", Level.WARN, "in 13 days"),
        ({"certificate_ends_at": NOW - timedelta(days=1)}, None, "Certificate", Level.FAIL, "ended"),
        ({"is_verified": False}, None, "Encryption", Level.WARN, "not checked"),
        ({"tls": None, "certificate_ends_at": None}, None, "Encryption", Level.WARN, "in between"),
        ({"tls": None, "certificate_ends_at": None, "is_local": True}, None, "Encryption", Level.OK, "this machine"),
        ({}, None, "Size", Level.OK, "no edition yet"),
        ({}, 50_000, "Size", Level.OK, "48 KB"),
        ({"size": None}, 50_000, "Size", Level.OK, "names no limit"),
        ({"size": 40_000}, 50_000, "Size", Level.FAIL, "39 KB"),
        ({"pipelining": False}, None, "Extensions", Level.OK, "no PIPELINING"),
        ({"eight_bit": False}, None, "Extensions", Level.OK, "no 8BITMIME"),
    ],
)
def test_it_is_judged(changes, largest, what, level, word):
    found = {each.what: each for each in relay(RelaySeen(**{**SEEN, **changes}), largest, NOW)}
    assert found[what].level is level
    assert word in found[what].said
    assert "Login" in found


def test_nobody_has_logged_in_where_no_user_is_named():
    assert "Login" not in {each.what for each in relay(RelaySeen(**{**SEEN, "user": None}), None, NOW)}
