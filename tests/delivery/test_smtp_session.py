"""Opening a connection: greeting and EHLO, old servers, and who we say we are."""

import pytest
from faultrunning import thread
from faultscript import Script
from smtptalking import Line, deliver_all, outgoing, peer, settings_for, transact

from digest.delivery.transports.smtp.outcomes import Accepted, NotSent
from digest.errors import BusyError, ConfigurationError

DOT = b"\r\n.\r\n"


def old_server(line: Line) -> None:
    """RFC 821: knows no EHLO."""
    line.say("220 old.example.org")
    line.hear()
    line.say("502 what is EHLO")
    line.hear()
    line.say("250 old.example.org")
    for word in ("250 ok", "250 ok", "354 go on"):
        line.hear()
        line.say(word)
    line.hear(DOT)
    line.say("250 ok")
    line.listen_on()


def test_an_old_server_is_spoken_to_with_helo():
    with peer(old_server) as (port, heard):
        (outcome,) = transact(settings_for(port, hello_name="me.example.org"), outgoing())
        assert bytes(heard).startswith(b"EHLO me.example.org\r\nHELO me.example.org\r\nMAIL")
    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize("wanted", [{"security": "starttls"}, {"username": "a", "secret": lambda: "b"}])
def test_an_old_server_cannot_do_what_only_ehlo_offers(wanted):
    with peer(old_server) as (port, heard):
        known = deliver_all(settings_for(port, **wanted), [outgoing()])
        assert b"HELO" not in heard.replace(b"EHLO", b"")
    assert isinstance(known.error, ConfigurationError)


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        ("421 4.3.2 too busy", BusyError),
        ("554 5.7.1 you are listed", ConfigurationError),
        ("250 hello", BusyError),
        ("", BusyError),
    ],
)
def test_a_server_that_does_not_greet_is_not_answered(greeting, error):
    def talk(line: Line) -> None:
        line.connected.sendall(f"{greeting}\r\n".encode())
        line.listen_on()

    with peer(talk) as (port, heard):
        known = deliver_all(settings_for(port, attempts=1), [outgoing()])
        assert heard == b""
    assert type(known.error) is error
    assert greeting in known.error.cause
    assert [type(outcome) for _, outcome in known.reports] == [NotSent]


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ("mail.example.org", "mail.example.org"),
        ("laptop", "[127.0.0.1]"),
        ("bad name.example", "[127.0.0.1]"),
        ("", "[127.0.0.1]"),
    ],
)
def test_we_say_our_full_name_or_our_address(monkeypatch, tmp_path, machine, name):
    monkeypatch.setattr("socket.gethostname", lambda: machine)
    with thread(tmp_path, Script(), trace=True) as server:
        transact(settings_for(server.port), outgoing())
        assert server.commands[0][1] == f"EHLO {name}"


def test_an_ipv6_address_is_said_as_one(monkeypatch, tmp_path):
    monkeypatch.setattr("socket.gethostname", lambda: "laptop")
    with thread(tmp_path, Script(), host="::1", trace=True) as server:
        (outcome,) = transact(settings_for(server.port, host="::1"), outgoing())
        assert server.commands[0][1] == "EHLO [IPv6:::1]"
    assert isinstance(outcome, Accepted)


def test_a_machine_of_which_one_address_is_silent_is_reached_at_the_other(tmp_path):
    with thread(tmp_path, Script()) as server:  # localhost is ::1 first, where nobody listens
        (outcome,) = transact(settings_for(server.port, host="localhost"), outgoing())
    assert isinstance(outcome, Accepted)
