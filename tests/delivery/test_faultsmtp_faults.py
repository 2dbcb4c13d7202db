"""The fault server as a bad server: every fault happens where the script says, and nowhere else."""

import smtplib
from base64 import b64encode

import pytest
from faultscript import Act, Fault, Script, Stage, every_stage_before_the_dot, policy_rejection
from wireclient import ANA, BEN, MAIL, MESSAGE, TO_DATA, Client, send


@pytest.mark.parametrize("stage", [each for each in every_stage_before_the_dot() if each is not Stage.STARTTLS])
def test_a_connection_can_be_dropped_before_the_dot(fault_server, stage):
    server = fault_server(Script(faults=(Fault(stage=stage, do=Act.DROP),), users=(("me", "secret"),)))
    login = "AUTH PLAIN " + b64encode(b"\0me\0secret").decode()
    with Client(server, TO_DATA[0], login, *TO_DATA[1:], *MESSAGE[:1]) as client:
        replies = client.replies
        last = {
            Stage.CONNECT: 0,
            Stage.EHLO: 1,
            Stage.AUTH: 2,
            Stage.MAIL: 3,
            Stage.RCPT: 4,
            Stage.DATA: 5,
            Stage.BODY: 6,
        }
        assert all(replies[: last[stage]])
        assert not any(replies[last[stage] :])
    assert server.accepted == []


@pytest.mark.parametrize(("accepted", "count"), [(True, 1), (False, 0)])
def test_after_the_dot_the_server_hangs_up_with_or_without_the_message(fault_server, accepted, count):
    server = fault_server(Script(faults=(Fault(stage=Stage.DOT, do=Act.DROP, accepted=accepted),)))
    with Client(server, *TO_DATA) as client:
        assert client.say(*MESSAGE, ".") == ""
    assert [each.reply for each in server.accepted] == [""] * count


def test_a_server_can_lie_about_what_it_took(fault_server):
    faults = (
        Fault(stage=Stage.DOT, do=Act.REPLY, code=250, text="ok", accepted=False, nth=(1,)),
        Fault(stage=Stage.DOT, do=Act.REPLY, code=250, text="ok", nth=(2,)),
        Fault(stage=Stage.DOT, do=Act.REPLY, code=451, text="later", accepted=True, nth=(3,)),
    )
    server = fault_server(Script(faults=faults))
    for taken in (0, 1, 2):
        with Client(server, *TO_DATA) as client:
            client.say(*MESSAGE, ".")
        assert len(server.accepted) == taken


@pytest.mark.parametrize(
    ("stage", "before"),
    [(Stage.CONNECT, 0), (Stage.EHLO, 1), (Stage.MAIL, 2), (Stage.RCPT, 3), (Stage.DATA, 4), (Stage.DOT, 5)],
)
def test_a_421_ends_the_connection_at_every_stage(fault_server, stage, before):
    server = fault_server(Script(faults=(Fault(stage=stage, do=Act.REPLY, code=421, text="4.3.2 closing"),)))
    with Client(server, *TO_DATA[:before]) as client:
        said = (
            client.replies[0] if not before else client.say(*(*MESSAGE, ".") if before == 5 else (TO_DATA[before - 1],))
        )
        if before and before < 5:
            said = client.replies[before]
        assert said == "421 4.3.2 closing"
        assert client.rest() == b""
    assert server.accepted == []


def test_greylisting_counts_the_tries_of_each_recipient(fault_server):
    server = fault_server(Script(greylist=2))
    with Client(server, *TO_DATA[:2]) as client:
        codes = [client.say(f"RCPT TO:<{each}>")[:3] for each in (ANA, ANA, BEN, ANA, BEN, BEN)]
    assert codes == ["450", "450", "450", "250", "450", "250"]


def test_refused_addresses_and_policies(fault_server):
    server = fault_server(Script(refused=("*@example.net",)))
    with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"5\.1\.1"):
        send(server, "Ben@Example.NET")
    strict = fault_server(policy_rejection())
    for recipient in (ANA, BEN):
        with pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.1"):
            send(strict, recipient)
    assert server.accepted == strict.accepted == []


def test_a_session_ends_after_its_most_messages(fault_server):
    server = fault_server(Script(session_messages=2))
    with smtplib.SMTP(server.host, server.port) as client:
        for _ in range(2):
            client.sendmail("news@example.org", [ANA], MAIL)
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("news@example.org", [ANA], MAIL)
    assert refused.value.smtp_code == 421
    send(server)
    assert len(server.accepted) == 3


def test_faults_choose_by_number_by_recipient_and_by_odds_from_a_seed(fault_server):
    no = {"stage": Stage.RCPT, "do": Act.REPLY, "code": 452}
    faults = (
        Fault(**no, nth=(2,)),
        Fault(**no, recipient="eva*"),
        Fault(**no, odds=0.5, recipient="m@*"),
        Fault(**{**no, "code": 550}, first=1),
    )

    def codes() -> list[str]:
        server = fault_server(Script(seed=3, faults=faults))
        readers = [ANA, ANA, ANA, "Eva@example.org", *["m@example.org"] * 40]
        with Client(server, *TO_DATA[:2]) as client:
            return [client.say(f"RCPT TO:<{each}>")[:3] for each in readers]

    found = codes()
    assert found[:4] == ["550", "452", "250", "452"]
    assert 8 < found[4:].count("452") < 32
    assert codes() == found


def test_a_reply_can_come_byte_by_byte_long_huge_and_twice(fault_server):
    acts = (Act.BYTEWISE, Act.LONG, Act.HUGE, Act.TWICE)
    server = fault_server(
        Script(faults=tuple(Fault(stage=Stage.MAIL, do=act, nth=(number + 1,)) for number, act in enumerate(acts)))
    )
    with Client(server, TO_DATA[0]) as client:
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


def test_354_twice_garbage_and_a_wrong_code_after_the_dot(fault_server):
    faults = (
        Fault(stage=Stage.DATA, do=Act.TWICE, nth=(1,)),
        Fault(stage=Stage.DOT, do=Act.GARBAGE, nth=(1,)),
        Fault(stage=Stage.DOT, do=Act.REPLY, code=999, text="what", nth=(2,), accepted=True),
        Fault(stage=Stage.DOT, do=Act.REPLY, code=354, text="go on", nth=(3,)),
    )
    server = fault_server(Script(faults=faults))
    with Client(server, *TO_DATA) as client:
        assert client.reply()[:3] == "354"
        assert client.say(*MESSAGE, ".") == "\x00\x07 this is no reply"
    for number, said in enumerate(("999 what", "354 go on")):
        with Client(server, *TO_DATA) as client:
            assert client.say(*MESSAGE, ".") == said
        assert [each.reply for each in server.accepted] == ["999"], number


def test_a_stalled_server_keeps_the_connection_and_says_nothing(fault_server):
    server = fault_server(Script(faults=(Fault(stage=Stage.DOT, do=Act.STALL, accepted=True),)))
    with Client(server, *TO_DATA) as client:
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.say(*MESSAGE, ".")
    assert len(server.accepted) == 1


def test_a_delayed_reply_holds_back_what_was_pipelined(fault_server):
    server = fault_server(Script(faults=(Fault(stage=Stage.MAIL, do=Act.OK, wait=0.05),)))
    with Client(server, TO_DATA[0]) as client:
        assert client.say(*TO_DATA[1:]) == "250 2.1.0 sender ok"
        assert [client.reply()[:3], client.reply()[:3]] == ["250", "354"]
        assert client.say(*MESSAGE, ".")[:3] == "250"


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


def test_a_process_changes_its_script_and_outlives_its_clients(fault_process):
    server = fault_process(policy_rejection())
    with pytest.raises(smtplib.SMTPDataError):
        send(server)
    server.follow(Script())
    send(server)
    assert len(server.accepted) == 1
