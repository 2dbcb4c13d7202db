"""The fault server as a good server: what it takes is on file before it says so, and it keeps to its offers."""

import hashlib
import smtplib
import ssl
import threading
from base64 import b64encode

import pytest
from acceptances import AcceptanceLog
from faultscript import Act, Fault, Script, Stage
from hypothesis import given, settings
from hypothesis import strategies as st
from wireclient import ANA, BEN, MAIL, MESSAGE, TO_DATA, Client, send


def test_a_message_is_on_the_log_and_kept_as_it_was(fault_process):
    server = fault_process(store=True)
    send(server)
    (taken,) = server.accepted
    assert (taken.recipient, taken.sender, taken.message_id) == (ANA, "news@example.org", "<1@example.org>")
    assert server.message(taken) == MAIL
    assert taken.fingerprint == hashlib.sha256(MAIL).hexdigest()
    assert taken.size == len(MAIL)
    assert taken.reply == "250 2.0.0 ok: taken as 1"


def test_a_message_for_two_is_two_acceptances_of_one_message(fault_server):
    server = fault_server()
    with smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("news@example.org", [ANA, BEN], MAIL)
    assert [(each.number, each.recipient) for each in server.accepted] == [(1, ANA), (1, BEN)]


def test_it_is_on_file_before_the_reply(fault_server):
    server = fault_server(Script(gap=(30, 30)))
    with Client(server, *TO_DATA) as client:
        client.socket.sendall("\r\n".join((*MESSAGE, ".", "")).encode())
        client.socket.settimeout(0.05)
        for _ in range(200):
            with pytest.raises(TimeoutError):
                client.socket.recv(1)
            if server.accepted:
                return
    pytest.fail("not on file, though the reply is held back")


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([b".", b"..", b"a", b".\r", b"\r\n", b"\r\n.", b"x" * 300]), max_size=30),
    st.integers(1, 40),
)
def test_dots_survive_however_the_bytes_are_cut(body, cut):
    """The client doubles the dots, the server takes the doubling away, wherever a packet ends."""
    from faultsession import Session

    text = b"".join(body).replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n"
    doubled = (b"\r\n" + text).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
    session = Session.__new__(Session)
    session.buffer, session.scanned, session.body_fault, session.in_body = bytearray(), 0, None, True
    found = []
    session.judge = found.append
    for start in range(0, len(doubled), cut):
        assert session.in_body
        session.buffer += doubled[start : start + cut]
        session.read_body()
    assert found == [text]
    assert not session.buffer


def test_a_log_is_never_torn_and_grows_on(tmp_path):
    for _ in range(2):
        log = AcceptanceLog(tmp_path, sync=True)
        log.add(at=1.0, connection=1, sender="", recipients=[ANA], message=b"no headers at all", reply="")
        log.close()
    assert (tmp_path / "accepted.jsonl").read_bytes().count(b"\n") == 2


def test_a_script_travels_as_json():
    script = Script(
        seed=7,
        gap=(0.1, 0.2),
        refused=("*@example.net",),
        users=(("me", "secret"),),
        faults=(Fault(stage=Stage.DOT, do=Act.DROP, accepted=True, nth=(2, 3), odds=0.5),),
    )
    assert Script.from_json(script.to_json()) == script
    with pytest.raises(TypeError):
        Script.from_json('{"grey": 1}')


@pytest.mark.parametrize("extension", ["pipelining", "8bitmime", "smtputf8", "starttls", "auth", "size"])
def test_each_extension_is_offered_or_not(fault_server, certificate, extension):
    field = {"8bitmime": "eightbitmime", "auth": "users"}.get(extension, extension)
    value = {"auth": (("me", "secret"),), "size": 1_000}.get(extension, True)
    empty = {"auth": (), "size": 0}.get(extension, False)
    for offered in (value, empty):
        server = fault_server(Script(**{field: offered}), certificate=certificate)
        with smtplib.SMTP(server.host, server.port) as client:
            client.ehlo()
            assert client.has_extn(extension) is bool(offered)


def test_pipelining_that_was_not_offered_is_punished(fault_server):
    with Client(fault_server(Script(pipelining=False)), TO_DATA[0]) as client:
        assert client.say(*TO_DATA[1:])[:3] == "503"
        assert client.rest() == b""


@pytest.mark.parametrize(
    ("script", "body", "reply"),
    [
        (Script(), "bare\nLF", "554 5.6.0"),
        (Script(), "bare\rCR", "554 5.6.0"),
        (Script(), "NUL\0", "554 5.6.0"),
        (Script(), "x" * 999, "554 5.6.0"),
        (Script(), "x" * 998, "250"),
        (Script(), "À bientôt", "554 5.6.3"),
        (Script(strict=False), "bare\nLF, À bientôt", "250"),
        (Script(size=20), "x" * 30, "552 5.3.4"),
    ],
)
def test_a_strict_server_refuses_what_smuggles_or_was_not_announced(fault_server, script, body, reply):
    server = fault_server(script)
    with Client(server, *TO_DATA) as client:
        assert client.say(body, ".").startswith(reply)
    assert len(server.accepted) == (reply == "250")


def test_what_was_not_offered_is_not_announced(fault_server):
    server = fault_server(Script(eightbitmime=False, smtputf8=False))
    with Client(server, TO_DATA[0]) as client:
        assert client.say(f"{TO_DATA[1]} BODY=8BITMIME")[:3] == "555"
        assert client.say(f"{TO_DATA[1]} SMTPUTF8")[:3] == "555"
        client.say(TO_DATA[1])
        assert client.say("RCPT TO:<josé@example.org>")[:3] == "553"


def test_starttls_and_login_by_every_mechanism(fault_server, certificate):
    server = fault_server(Script(starttls=True, users=(("me", "secret"),)), certificate=certificate, trace=True)
    trusting = ssl.create_default_context(cafile=str(certificate.file))
    for mechanism in ("auth_plain", "auth_login"):
        with smtplib.SMTP("localhost", server.port) as client:
            client.starttls(context=trusting)
            client.ehlo()
            client.user, client.password = "me", "secret"
            client.auth(mechanism[5:].upper(), getattr(client, mechanism))
            client.sendmail("news@example.org", [ANA], MAIL)
    for token, code in (("secret", 235), ("other", 535)):
        with smtplib.SMTP("localhost", server.port) as client:
            client.starttls(context=trusting)
            client.ehlo()
            bearer = b64encode(f"user=me\x01auth=Bearer {token}\x01\x01".encode()).decode()
            assert client.docmd("AUTH", f"XOAUTH2 {bearer}")[0] == code
    assert len(server.accepted) == 2
    first = [line for connection, line in server.commands if connection == 1]
    assert [line.partition(" ")[0].upper() for line in first[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_implicit_tls(fault_server, certificate):
    server = fault_server(Script(implicit_tls=True), certificate=certificate)
    with smtplib.SMTP_SSL(
        "localhost", server.port, context=ssl.create_default_context(cafile=str(certificate.file))
    ) as client:
        client.sendmail("news@example.org", [ANA], MAIL)
    assert len(server.accepted) == 1


def test_bytes_can_be_slipped_in_behind_the_go_on_of_starttls(fault_server, certificate):
    slip = Fault(stage=Stage.STARTTLS, do=Act.OK, extra="250 slipped in\r\n")
    server = fault_server(Script(starttls=True, faults=(slip,)), certificate=certificate)
    with Client(server, TO_DATA[0]) as client:
        assert client.say("STARTTLS")[:3] == "220"
        assert client.reply() == "250 slipped in"


def test_what_a_client_pipelines_behind_starttls_is_thrown_away(fault_server, certificate):
    server = fault_server(Script(starttls=True), certificate=certificate)
    trusting = ssl.create_default_context(cafile=str(certificate.file))
    with Client(server, TO_DATA[0]) as client:
        assert client.say("STARTTLS", "VRFY")[:3] == "220"
        with trusting.wrap_socket(client.socket, server_hostname="localhost") as secure:
            secure.sendall(b"NOOP\r\n")
            assert secure.recv(100) == b"250 2.0.0 ok\r\n"


def test_a_client_that_does_not_trust_the_certificate_sends_nothing(fault_server, certificate):
    server = fault_server(Script(starttls=True), certificate=certificate)
    with smtplib.SMTP("localhost", server.port) as client, pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=ssl.create_default_context())
    send(server)
    assert len(server.accepted) == 1


def test_many_connections_at_once(fault_server):
    server = fault_server(Script(gap=(0, 0.002)))
    threads = [threading.Thread(target=send, args=(server, f"reader{number}@example.org")) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.recipient for each in server.accepted}) == 40
