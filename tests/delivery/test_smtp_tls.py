"""TLS as it is wanted or not at all: a server that cannot be trusted gets no credentials and no message."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from certificates import Certificate, self_signed
from faultrunning import thread
from faultscript import Act, Fault, Script, Stage
from smtptalking import Line, deliver_all, impatient, outgoing, peer, settings_for, transact

from digest.delivery.transports.smtp.outcomes import Accepted, NotSent
from digest.delivery.transports.smtp.replies import Features, Reply, features_of
from digest.delivery.transports.smtp.session import _refuse_insecure, open_session
from digest.delivery.transports.smtp.settings import Security, SmtpSettings
from digest.errors import BusyError, ConfigurationError

SECRET = "correct-horse-battery"  # noqa: S105 – of these tests' own servers
LOGIN = {"username": "office", "secret": lambda: SECRET}
ACCOUNT = (("office", SECRET),)


def encrypted(port: int, certificate: Certificate, security: Security = Security.STARTTLS, **changes) -> SmtpSettings:
    trusted = {"certificates": certificate.file, "security": security, "attempts": 1}
    return settings_for(port, **{**trusted, **LOGIN, **changes})


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_an_encrypted_conversation_delivers(tmp_path, certificate, security, host):
    script = Script(users=ACCOUNT, starttls=security is Security.STARTTLS, implicit_tls=security is Security.TLS)
    body = b"Subject: x\r\n\r\n" + b"y" * 900 + b"\r\n" + (b"z" * 998 + b"\r\n") * 2000
    with thread(tmp_path, script, certificate=certificate, store=True, trace=True) as server:
        settings = encrypted(server.port, certificate, security, host=host)
        known = deliver_all(settings, [outgoing(1), outgoing(2, body=body), outgoing(3)])
        assert [server.message(each) for each in server.accepted][1] == body
        said = [line.split()[0] for _, line in server.commands]
    assert known.error is None
    assert known.outcomes(Accepted) == ["d1", "d2", "d3"]
    opening = (
        ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL"] if security is Security.STARTTLS else ["EHLO", "AUTH", "MAIL"]
    )
    assert said[: len(opening)] == opening


def test_a_certificate_that_is_renewed_in_its_file_is_trusted_from_then_on(tmp_path):
    for number in (1, 2):
        certificate = self_signed(tmp_path)
        with thread(tmp_path / str(number), Script(users=ACCOUNT, starttls=True), certificate=certificate) as server:
            assert deliver_all(encrypted(server.port, certificate), [outgoing()]).error is None


def expect_nothing_sent(settings: SmtpSettings, error: type[Exception], *words: str) -> None:
    known = deliver_all(settings, [outgoing()])
    assert type(known.error) is error, known.error
    for word in words:
        assert word in str(known.error)
    assert SECRET not in str(known.error)
    assert [type(outcome) for _, outcome in known.reports] == [NotSent]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("flaw", ["unknown", "expired", "name"])
def test_a_certificate_that_is_not_to_be_trusted_ends_it(tmp_path, certificate, security, flaw):
    bad = self_signed(
        tmp_path, "elsewhere.example.org" if flaw == "name" else "localhost", days=-1 if flaw == "expired" else 30
    )
    trusted = certificate if flaw == "unknown" else bad
    script = Script(users=ACCOUNT, starttls=security is Security.STARTTLS, implicit_tls=security is Security.TLS)
    with thread(tmp_path, script, certificate=bad, trace=True) as server:
        word = {"unknown": "self-signed", "expired": "expired", "name": "localhost"}[flaw]
        expect_nothing_sent(
            encrypted(server.port, trusted, security, host="localhost"), ConfigurationError, "certificate", word
        )
        said = [line.split()[0] for _, line in server.commands]
        assert server.accepted == []
    assert said == (["EHLO", "STARTTLS"] if security is Security.STARTTLS else [])


def test_a_server_that_offers_no_starttls_is_told_nothing_more(tmp_path, certificate):
    with thread(tmp_path, Script(users=ACCOUNT), trace=True) as server:
        expect_nothing_sent(encrypted(server.port, certificate), ConfigurationError, "STARTTLS")
        assert [line.split()[0] for _, line in server.commands] == ["EHLO"]


@pytest.mark.parametrize(
    ("fault", "error", "word"),
    [
        ({"do": Act.REPLY, "code": 454, "text": "4.7.0 TLS not available"}, BusyError, "454"),
        ({"do": Act.REPLY, "code": 501, "text": "5.5.4 no"}, ConfigurationError, "501"),
        ({"do": Act.REPLY, "code": 250, "text": "2.0.0 whatever"}, BusyError, "250"),
        ({"do": Act.DROP}, BusyError, "closed"),
        ({"do": Act.GARBAGE}, BusyError, "no SMTP reply"),
        ({"do": Act.STALL}, BusyError, "in time"),
        ({"do": Act.OK, "extra": "250 2.0.0 injected\r\n"}, BusyError, "before TLS"),
    ],
)
def test_starttls_that_goes_wrong_is_never_followed_by_plain_text(tmp_path, certificate, fault, error, word):
    script = Script(users=ACCOUNT, starttls=True, faults=(Fault(stage=Stage.STARTTLS, **fault),))
    timeouts = impatient(0.3 if fault["do"] is Act.STALL else 10, quit=0.1)
    with thread(tmp_path, script, certificate=certificate, trace=True) as server:
        expect_nothing_sent(encrypted(server.port, certificate, timeouts=timeouts), error, word)
        assert [line.split()[0] for _, line in server.commands] == ["EHLO", "STARTTLS"]
        assert server.accepted == []


ALL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 1000", "AUTH PLAIN LOGIN")


def says_after_tls(certificate: Certificate, before: Sequence[str], after: Sequence[str]) -> Callable[[Line], None]:
    def talk(line: Line) -> None:
        line.greet("STARTTLS", *before)
        line.hear()
        line.say("220 go on")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key)
        with context.wrap_socket(line.connected.dup(), server_side=True) as secured:
            inside = replace(line, connected=secured)
            inside.hear()
            inside.say(*[f"250-{each}" for each in ("peer.example.org", *after)], "250 HELP")
            inside.listen_on()

    return talk


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ALL, ()),
        ((), ALL),
        *(((each,), ()) for each in ALL),
        *((tuple(one for one in ALL if one != each), (each,)) for each in ALL),
        (("SIZE 1000", "AUTH PLAIN"), ("SIZE 2000", "AUTH LOGIN XOAUTH2")),
        (("SIZE 2000",), ("SIZE 1000",)),
    ],
)
def test_what_is_said_after_starttls_replaces_all_that_was_said_before(certificate, before, after):
    """What was said before may have come from somebody in between (RFC 3207 §4.2)."""
    said = features_of(Reply(250, None, ("peer.example.org", *after)))
    with peer(says_after_tls(certificate, before, after)) as (port, _):
        settings = settings_for(port, host="localhost", security=Security.STARTTLS, certificates=certificate.file)

        async def opened() -> Features:
            session = await open_session(settings)
            session.connection.lose("enough")
            return session.features

        assert asyncio.run(opened()) == said


def test_a_login_that_was_offered_before_tls_alone_is_not_tried(certificate):
    with peer(says_after_tls(certificate, ALL, ())) as (port, heard):
        expect_nothing_sent(encrypted(port, certificate, host="localhost"), ConfigurationError, "log in")
        assert heard.count(b"EHLO") == 2
        assert b"AUTH" not in heard


@pytest.mark.parametrize("injected", ["250-peer", "235 2.7.0 welcome", "220 go on"])
def test_bytes_behind_the_go_ahead_for_tls_are_refused(certificate, injected):
    def talk(line: Line) -> None:
        line.greet("STARTTLS", "AUTH PLAIN")
        line.hear()
        line.say("220 go on", injected)
        line.listen_on()

    with peer(talk) as (port, heard):
        expect_nothing_sent(encrypted(port, certificate), BusyError, "before TLS")
        everything = bytes(heard)
    assert everything.endswith(b"STARTTLS\r\n")


@pytest.mark.parametrize("way", ["closes", "stalls", "garbage"])
def test_a_handshake_that_does_not_come_about_ends_it(certificate, way):
    def talk(line: Line) -> None:
        line.greet("STARTTLS", "AUTH PLAIN")
        line.hear()
        line.say("220 go on")
        if way == "stalls":
            line.listen_on()
        line.connected.recv(1)
        if way == "garbage":
            line.connected.sendall(b"250 plain text all the same\r\n" * 10)
            line.listen_on()

    with peer(talk) as (port, heard):
        settings = encrypted(port, certificate, timeouts=impatient(10, tls=0.3, quit=0.1))
        expect_nothing_sent(settings, ConfigurationError if way == "garbage" else BusyError, "Nothing was sent")
        everything = bytes(heard)
    assert b"AUTH" not in everything
    assert b"MAIL" not in everything


def test_tls_1_0_and_1_1_are_too_old(tmp_path, certificate):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(certificate.file, certificate.key)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    negotiated = []

    def talk(line: Line) -> None:
        line.greet("STARTTLS", "AUTH PLAIN")
        line.hear()
        line.say("220 go on")
        try:
            with old.wrap_socket(line.connected.dup(), server_side=True) as secured:
                negotiated.append(secured.version())
        except (ssl.SSLError, OSError):
            negotiated.append(None)

    def lenient_client_agrees(port: int) -> bool:
        """Otherwise the server of this test would be the one that is too old to be spoken to at all."""
        import smtplib

        context = ssl.create_default_context(cafile=certificate.file)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = ssl.TLSVersion.TLSv1
        client = smtplib.SMTP("localhost", port, timeout=10)
        client.starttls(context=context)
        client.sock.close()
        return True

    with peer(talk) as (port, heard):
        assert lenient_client_agrees(port)
        expect_nothing_sent(encrypted(port, certificate, host="localhost"), ConfigurationError, "TLS 1.2")
        assert b"AUTH" not in heard
    assert negotiated == ["TLSv1.1", None]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_relay_on_this_machine_may_be_trusted_without_looking(tmp_path, certificate, security):
    script = Script(starttls=security is Security.STARTTLS, implicit_tls=security is Security.TLS)
    with thread(tmp_path, script, certificate=certificate) as server:
        settings = settings_for(server.port, security=security, verify=False)
        assert isinstance(transact(settings, outgoing())[0], Accepted)


@pytest.mark.parametrize(
    ("changes", "is_local", "is_refused"),
    [
        ({"security": Security.NONE}, False, True),
        ({"security": Security.NONE}, True, False),
        ({"security": Security.NONE, "accept_insecure": True}, False, False),
        ({"security": Security.TLS, "verify": False}, False, True),
        ({"security": Security.STARTTLS, "verify": False}, True, False),
        ({"security": Security.STARTTLS, "verify": False, "accept_insecure": True}, False, False),
        ({"security": Security.STARTTLS}, False, False),
        ({"security": Security.TLS}, False, False),
    ],
)
def test_beyond_this_machine_an_open_connection_needs_its_word(changes, is_local, is_refused):
    settings = settings_for(25, host="relay.example.org", **changes)
    if is_refused:
        with pytest.raises(ConfigurationError, match="in between"):
            _refuse_insecure(settings, is_local=is_local)
    else:
        _refuse_insecure(settings, is_local=is_local)


def test_a_file_that_holds_no_certificates_is_named(tmp_path, certificate):
    empty = tmp_path / "authorities.pem"
    empty.write_text("nothing\n")
    with thread(tmp_path / "server", Script(starttls=True), certificate=certificate) as server:
        for file in (empty, Path("/nonexistent/authorities.pem")):
            settings = replace(encrypted(server.port, certificate), certificates=file)
            expect_nothing_sent(settings, ConfigurationError, str(file))
