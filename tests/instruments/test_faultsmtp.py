"""The fault server: what it takes is on file before it says so, and every fault happens where the script says."""

import hashlib
import smtplib
import ssl
from base64 import b64encode
from contextlib import nullcontext

import pytest
from faultscript import Act, Fault, Script, Stage, every_stage_before_the_dot, policy_rejection
from faultsession import Session
from hypothesis import given, settings
from hypothesis import strategies as st
from wireclient import ANA, BEN, MAIL, MESSAGE, TO_DATA, Client, send

LOGIN = "AUTH PLAIN " + b64encode(b"\0me\0secret").decode()
STAGES = {  # → how many commands are answered before it
    Stage.CONNECT: 0,
    Stage.EHLO: 1,
    Stage.AUTH: 2,
    Stage.MAIL: 3,
    Stage.RCPT: 4,
    Stage.DATA: 5,
    Stage.BODY: 6,
    Stage.DOT: 6,
}


def replies(server, stage: Stage = Stage.DOT) -> list[str]:
    """What is answered until the message is taken, as far as a fault at that stage lets it come."""
    with Client(server, TO_DATA[0], LOGIN, *TO_DATA[1:], *MESSAGE[:1] * (stage is Stage.BODY)) as client:
        return [*client.replies, client.say(*MESSAGE, ".")]


# ── a good server ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_on_the_log_and_kept_as_it_was(fault_process):
    server = fault_process(policy_rejection(), store=True)
    with pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.1"):
        send(server)
    server.follow(Script())  # a process changes its script and outlives its clients
    send(server)
    (taken,) = server.accepted
    assert (taken.recipient, taken.sender, taken.message_id) == (ANA, "news@example.org", "<1@example.org>")
    assert server.message(taken) == MAIL
    assert (taken.fingerprint, taken.size) == (hashlib.sha256(MAIL).hexdigest(), len(MAIL))
    assert taken.reply == "250 2.0.0 ok: taken as 1"


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
    assert (found, session.buffer) == ([text], b"")


@pytest.mark.parametrize(
    ("script", "body", "reply"),
    [
        (Script(), "bare\nLF", "554 5.6.0"),
        (Script(), "bare\rCR", "554 5.6.0"),
        (Script(), "NUL\0", "554 5.6.0"),
        (Script(), "x" * 999, "554 5.6.0"),
        (Script(), "x" * 998, "250"),
        (Script(), "À bientôt", "554 5.6.3"),
        (Script(size=20), "x" * 30, "552 5.3.4"),
    ],
)
def test_a_strict_server_refuses_what_smuggles_or_was_not_announced(fault_server, script, body, reply):
    server = fault_server(script)
    with Client(server, *TO_DATA) as client:
        assert client.say(body, ".").startswith(reply)
    assert len(server.accepted) == (reply == "250")


def test_what_was_not_offered_is_refused(fault_server):
    server = fault_server(Script(eightbitmime=False, smtputf8=False, pipelining=False))
    with Client(server, TO_DATA[0]) as client:
        assert client.say(f"{TO_DATA[1]} BODY=8BITMIME")[:3] == "555"
        assert client.say(f"{TO_DATA[1]} SMTPUTF8")[:3] == "555"
        assert client.say(*TO_DATA[1:])[:3] == "503"
        assert client.rest() == b""


def test_starttls_and_login(fault_server, certificate):
    script = Script(starttls=True, users=(("me", "secret"),))
    server = fault_server(script, certificate=certificate, trace=True)
    trusting = ssl.create_default_context(cafile=str(certificate.file))
    for mechanism, token, fails in (
        ("PLAIN", "secret", nullcontext()),
        ("LOGIN", "secret", nullcontext()),
        ("PLAIN", "other", pytest.raises(smtplib.SMTPAuthenticationError, match="535")),
    ):
        with smtplib.SMTP("localhost", server.port) as client:
            client.starttls(context=trusting)
            client.ehlo()
            client.user, client.password = "me", token
            with fails:
                client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
    first = [line.partition(" ")[0].upper() for connection, line in server.commands if connection == 1]
    assert first[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_bytes_can_be_slipped_in_behind_the_go_on_of_starttls(fault_server, certificate):
    slip = Fault(stage=Stage.STARTTLS, do=Act.OK, extra="250 slipped in\r\n")
    server = fault_server(Script(starttls=True, faults=(slip,)), certificate=certificate)
    with Client(server, TO_DATA[0]) as client:
        assert client.say("STARTTLS")[:3] == "220"
        assert client.reply() == "250 slipped in"


# ── a bad one ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stage", [each for each in every_stage_before_the_dot() if each is not Stage.STARTTLS])
def test_a_connection_can_be_dropped_before_the_dot(fault_server, stage):
    server = fault_server(Script(faults=(Fault(stage=stage, do=Act.DROP),), users=(("me", "secret"),)))
    said = replies(server, stage)
    assert all(said[: STAGES[stage]])
    assert not any(said[STAGES[stage] :])
    assert server.accepted == []


@pytest.mark.parametrize("stage", [each for each in STAGES if each is not Stage.BODY])
def test_a_421_ends_the_connection_at_every_stage(fault_server, stage):
    closing = Fault(stage=stage, do=Act.REPLY, code=421, text="4.3.2 closing")
    server = fault_server(Script(faults=(closing,), users=(("me", "secret"),)))
    said = replies(server, stage)
    assert said[STAGES[stage]] == "421 4.3.2 closing"
    assert not any(said[STAGES[stage] + 1 :])
    assert (server.accepted, len(server.faults)) == ([], 1)


@pytest.mark.parametrize(("do", "code"), [(Act.DROP, ""), (Act.REPLY, "250"), (Act.REPLY, "451"), (Act.REPLY, "999")])
@pytest.mark.parametrize("accepted", [True, False])
def test_after_the_dot_a_server_can_lie_about_what_it_took(fault_server, do, code, accepted):
    lie = Fault(stage=Stage.DOT, do=do, code=int(code or 0), text="lie", accepted=accepted)
    server = fault_server(Script(faults=(lie,), users=(("me", "secret"),)))
    assert replies(server)[-1] == (f"{code} lie" if code else "")
    assert [each.reply for each in server.accepted] == [code] * accepted


def test_greylisting_and_refusals_choose_by_recipient(fault_server):
    server = fault_server(Script(greylist=2, refused=("*@example.net",)))
    with Client(server, *TO_DATA[:2]) as client:
        codes = [client.say(f"RCPT TO:<{each}>")[:3] for each in (ANA, ANA, BEN, ANA, BEN, BEN, "Ben@Example.NET")]
    assert codes == ["450", "450", "450", "250", "450", "250", "550"]


def test_a_session_ends_after_its_most_messages(fault_server):
    server = fault_server(Script(session_messages=1))
    with smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("news@example.org", [ANA], MAIL)
        with pytest.raises(smtplib.SMTPSenderRefused, match="421"):
            client.sendmail("news@example.org", [ANA], MAIL)
    send(server)
    assert len(server.accepted) == 2


def test_faults_choose_by_number_by_recipient_and_by_odds_from_a_seed(fault_server):
    no = {"stage": Stage.RCPT, "do": Act.REPLY, "code": 452}
    faults = (
        Fault(**no, nth=(2,)),
        Fault(**no, recipient="eva*"),
        Fault(**no, odds=0.5, recipient="m@*"),
        Fault(**{**no, "code": 550}, first=1),
    )
    script = Script(seed=3, faults=faults)

    def codes() -> list[str]:
        readers = [ANA, ANA, ANA, "Eva@example.org", *["m@example.org"] * 40]
        with Client(fault_server(Script.from_json(script.to_json())), *TO_DATA[:2]) as client:
            return [client.say(f"RCPT TO:<{each}>")[:3] for each in readers]

    found = codes()
    assert found[:4] == ["550", "452", "250", "452"]
    assert 8 < found[4:].count("452") < 32
    assert codes() == found


def test_a_reply_can_come_byte_by_byte_long_huge_twice_and_as_garbage(fault_server):
    acts = (Act.BYTEWISE, Act.LONG, Act.HUGE, Act.TWICE, Act.GARBAGE)
    faults = tuple(Fault(stage=Stage.MAIL, do=act, nth=(number,)) for number, act in enumerate(acts, 1))
    with Client(fault_server(Script(faults=faults)), TO_DATA[0]) as client:
        assert client.say(TO_DATA[1]) == "250 2.1.0 sender ok"
        client.say("RSET")
        client.socket.sendall(f"{TO_DATA[1]}\r\n".encode())
        lines = [client.file.readline() for _ in range(1000)]
        assert {line[:4] for line in lines[:-1]} == {b"250-"}
        assert lines[-1] == b"250 2.1.0 sender ok\r\n"
        client.say("RSET")
        assert len(client.say(TO_DATA[1])) > 65_536
        client.say("RSET")
        assert client.say(TO_DATA[1]) == client.reply() == "250 2.1.0 sender ok"
        client.say("RSET")
        assert client.say(TO_DATA[1]) == "\x00\x07 this is no reply"


def test_a_stalled_server_keeps_the_connection_and_says_nothing(fault_server):
    server = fault_server(Script(faults=(Fault(stage=Stage.DOT, do=Act.STALL, accepted=True),)))
    with Client(server, *TO_DATA) as client:
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.say(*MESSAGE, ".")
    assert len(server.accepted) == 1


def test_a_body_can_be_broken_off_after_so_many_bytes(fault_server):
    server = fault_server(Script(faults=(Fault(stage=Stage.BODY, do=Act.DROP, after=5_000, recipient=ANA),)))
    with Client(server, *TO_DATA) as client:
        client.socket.sendall(b"x" * 4_000)
        client.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.sendall(b"x" * 1_000)
        client.socket.settimeout(10)
        assert client.rest() == b""
    send(server, BEN)
    assert [each.recipient for each in server.accepted] == [BEN]
