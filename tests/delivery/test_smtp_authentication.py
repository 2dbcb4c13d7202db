"""Logging in: with what both sides know, never in the open, and without showing the secret to anybody."""

import asyncio
import base64
import hmac
import re

import pytest
from faultrunning import thread
from faultscript import Act, Fault, Script, Stage
from smtptalking import Line, deliver_all, impatient, outgoing, peer, settings_for, transact

from digest.delivery.transports.smtp.outcomes import Accepted
from digest.delivery.transports.smtp.session import log_in
from digest.delivery.transports.smtp.settings import Mechanism, SmtpSettings
from digest.errors import BusyError, ConfigurationError

SECRET = "ca/na+ry ñ 7f3e"  # noqa: S105 – of these tests' own servers
ACCOUNT = (("office", SECRET),)
LET_IN = impatient(10, mail=0.2, quit=0.1)  # for a server that says nothing any more once we are in


def login(port: int, *mechanisms: Mechanism, **changes) -> SmtpSettings:
    known = {"username": "office", "secret": lambda: SECRET, "attempts": 2, "timeouts": impatient(10, quit=0.1)}
    if mechanisms:
        known["mechanisms"] = mechanisms
    return settings_for(port, **{**known, **changes})


@pytest.mark.parametrize("mechanism", Mechanism)
def test_every_mechanism_lets_us_in(tmp_path, mechanism):
    with thread(tmp_path, Script(users=ACCOUNT), trace=True) as server:
        (outcome,) = transact(login(server.port, mechanism), outgoing())
        assert [line.split()[1] for _, line in server.commands if line.startswith("AUTH")] == [mechanism]
    assert isinstance(outcome, Accepted)


def test_the_first_of_our_mechanisms_that_is_offered_is_taken():
    def talk(line: Line) -> None:
        line.greet("AUTH LOGIN XOAUTH2")
        line.hear()
        line.say("535 5.7.8 no")
        line.listen_on()

    with peer(talk) as (port, heard):
        deliver_all(login(port, Mechanism.PLAIN, Mechanism.XOAUTH2, Mechanism.LOGIN), [outgoing()])
        said = bytes(heard).decode()
    given = re.search(r"AUTH XOAUTH2 (\S+)\r\n", said)
    assert base64.b64decode(given[1]).decode() == f"user=office\x01auth=Bearer {SECRET}\x01\x01"


@pytest.mark.parametrize("mechanism", Mechanism)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"do": Act.REPLY, "code": 535, "text": "5.7.8 wrong"}, ConfigurationError),
        ({"do": Act.REPLY, "code": 534, "text": "5.7.9 too weak"}, ConfigurationError),
        ({"do": Act.REPLY, "code": 454, "text": "4.7.0 later"}, BusyError),
        ({"do": Act.REPLY, "code": 421, "text": "4.7.0 closing"}, BusyError),
        ({"do": Act.REPLY, "code": 250, "text": "2.0.0 hm"}, ConfigurationError),
        ({"do": Act.GARBAGE}, BusyError),
        ({"do": Act.DROP}, BusyError),
        ({"do": Act.STALL}, BusyError),
    ],
)
def test_a_login_that_fails_sends_nothing(tmp_path, mechanism, fault, error):
    script = Script(users=ACCOUNT, faults=(Fault(stage=Stage.AUTH, **fault),))
    with thread(tmp_path, script, trace=True) as server:
        known = deliver_all(
            login(server.port, mechanism, timeouts=impatient(10, authentication=0.3, quit=0.1)), [outgoing()]
        )
        assert server.accepted == []
        assert not [line for _, line in server.commands if line.startswith("MAIL")]
    assert type(known.error) is error, known.error


def test_a_wrong_password_is_said_without_saying_it(tmp_path):
    with thread(tmp_path, Script(users=(("office", "another"),))) as server:
        known = deliver_all(login(server.port, connections=3), [outgoing(n) for n in range(5)])
    assert isinstance(known.error, ConfigurationError)
    assert "535" in known.error.cause
    assert SECRET not in f"{known.error} {known.error!r} {known.reports}"


@pytest.mark.parametrize("mechanism", Mechanism)
def test_a_server_that_repeats_the_secret_is_not_repeated(mechanism):
    def talk(line: Line) -> None:
        line.greet(f"AUTH {mechanism}")
        said = line.hear().decode().split()[-1]
        if mechanism is Mechanism.CRAM_MD5:
            line.say("334 PDEuMkB4Pg==")
            said = line.hear().decode().strip()
        if mechanism is Mechanism.LOGIN:
            line.say("334 VXNlcm5hbWU6")
            line.hear()
            line.say("334 UGFzc3dvcmQ6")
            said = line.hear().decode().strip()
        line.say(f"535 5.7.8 {said} and {SECRET} are wrong")
        line.listen_on()

    with peer(talk) as (port, _):
        known = deliver_all(login(port, mechanism), [outgoing()])
    assert isinstance(known.error, ConfigurationError)
    shown = f"{known.error} {known.error!r} {known.reports}"
    for secret in (SECRET, *(base64.b64encode(each.encode()).decode() for each in (SECRET, f"\0office\0{SECRET}"))):
        assert secret not in shown


def test_xoauth2_answers_the_description_of_its_refusal():
    def talk(line: Line) -> None:
        line.greet("AUTH XOAUTH2")
        line.hear()
        line.say("334 eyJzdGF0dXMiOiI0MDEifQ==")
        line.hear()
        line.say("535 5.7.8 expired")
        line.listen_on()

    with peer(talk) as (port, heard):
        known = deliver_all(login(port, Mechanism.XOAUTH2), [outgoing()])
        everything = bytes(heard)
    assert isinstance(known.error, ConfigurationError)
    assert everything.count(b"\r\n\r\n") == 1


def talking(
    *, takes: str, says: str = "504 5.7.4 Unrecognized authentication type", offers: str = "PLAIN LOGIN CRAM-MD5"
):
    """A server that takes one mechanism alone, whatever it offers."""

    def talk(line: Line) -> None:
        line.greet(f"AUTH {offers}")
        while True:
            command = line.hear().decode().split()
            if command[1] != takes:
                line.say(says)
                continue
            if takes == "LOGIN":
                line.say("334 VXNlcm5hbWU6")
                line.hear()
                line.say("334 UGFzc3dvcmQ6")
                right = line.hear().strip() == base64.b64encode(SECRET.encode())
            elif takes == "CRAM-MD5":
                line.say("334 " + base64.b64encode(b"<1.2@x>").decode())
                digest = hmac.new(SECRET.encode(), b"<1.2@x>", "md5").hexdigest()
                right = base64.b64decode(line.hear()).decode() == f"office {digest}"
            else:
                if len(command) == 2:
                    line.say("334 ")
                    command.append(line.hear().decode().strip())
                right = SECRET.encode() in base64.b64decode(command[2])
            line.say("235 2.7.0 ok" if right else "535 5.7.8 no")
            line.listen_on()
            return

    return talk


@pytest.mark.parametrize("takes", ["LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize(
    "says",
    [
        "504 5.7.4 Unrecognized authentication type",
        "504 no",
        "501 5.5.4 Syntax error",
        "502 5.5.1 not implemented",
        "535 5.7.4 mechanism not supported",
        "534 5.7.9 mechanism too weak",
        "535 Incorrect authentication method",
        "538 5.7.11 Encryption required for requested authentication mechanism",
        "503 5.5.1 AUTH method PLAIN is not supported here",
    ],
)
def test_another_mechanism_is_tried_where_the_first_is_refused(takes, says):
    with peer(talking(takes=takes, says=says)) as (port, heard):
        deliver_all(login(port, timeouts=LET_IN), [outgoing()])
        assert b"MAIL FROM" in heard


def test_where_we_are_refused_no_other_mechanism_is_tried():
    """Each try counts as a wrong password."""
    with peer(talking(takes="LOGIN", says="535 5.7.8 Authentication credentials invalid")) as (port, heard):
        known = deliver_all(login(port), [outgoing()])
        assert heard.count(b"AUTH ") == 1
    assert "user name and secret" in known.error.cause


@pytest.mark.parametrize("size", [300, 370, 1_200, 2_400, 8_000])
@pytest.mark.parametrize("mechanism", [Mechanism.PLAIN, Mechanism.XOAUTH2])
def test_a_response_that_makes_the_command_too_long_waits_for_the_server(mechanism, size):
    """RFC 4954 §4: at most 512 octets, with the line end."""

    def talk(line: Line) -> None:
        line.greet("AUTH PLAIN XOAUTH2")
        command = line.hear()
        assert len(command) <= 512
        if len(command.split()) == 2:
            line.say("334 ")
            command = line.hear()
        is_right = b"A" * size in base64.b64decode(command.split()[-1])
        line.say("235 2.7.0 ok" if is_right else "535 5.7.8 no")
        line.listen_on()

    with peer(talk) as (port, heard):
        deliver_all(login(port, mechanism, secret=lambda: "A" * size, timeouts=LET_IN), [outgoing()])
        assert b"MAIL FROM" in heard


@pytest.mark.parametrize(
    "said", ["501 5.5.4 Syntax: AUTH mechanism", "500 5.5.6 Authentication exchange line is too long", "500 what?"]
)
def test_a_server_that_takes_no_first_response_is_asked_without(said):
    def talk(line: Line) -> None:
        line.greet("AUTH PLAIN")
        line.hear()
        line.say(said)
        assert line.hear().split() == [b"AUTH", b"PLAIN"]
        line.say("334 ")
        line.hear()
        line.say("235 2.7.0 ok")
        line.listen_on()

    with peer(talk) as (port, heard):
        deliver_all(login(port, timeouts=LET_IN), [outgoing()])
        assert b"MAIL FROM" in heard


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("oficina", b"news.example.org"),
        ("localhost.localdomain", b"news.example.org"),
        ("printer.local", b"news.example.org"),
        ("desktop-1a2b3c4", b"news.example.org"),
        ("web-01.internal", b"news.example.org"),
        ("10.0.0.7", b"news.example.org"),
        ("vm_1.example.org", b"news.example.org"),
        ("correo.oficina.example.org", b"correo.oficina.example.org"),
        ("MX.Example.org", b"mx.example.org"),
    ],
)
def test_we_greet_with_a_name_that_others_may_know(monkeypatch, host, said):
    """RFC 5321 §4.1.4. Never localhost."""
    monkeypatch.setattr("socket.gethostname", lambda: host)
    for more, expected in (({}, said), ({"hello_name": "office.example.net"}, b"office.example.net")):
        with peer(lambda line: (line.greet(), line.listen_on())) as (port, heard):
            deliver_all(
                settings_for(
                    port, domain="news.example.org", timeouts=impatient(1, hello=0.1, mail=0.1, quit=0.1), **more
                ),
                [outgoing()],
            )
            assert heard.split(b"\r\n")[0] == b"EHLO " + expected


def test_a_greeting_that_is_refused_names_the_setting(tmp_path):
    fault = Fault(stage=Stage.EHLO, do=Act.REPLY, code=421, text="4.7.0 Try again later (EHLO)")
    with thread(tmp_path, Script(faults=(fault,))) as server:
        known = deliver_all(settings_for(server.port, attempts=1, domain="news.example.org"), [outgoing()])
    assert "delivery.hello_name" in known.error.remedy


def test_a_server_without_our_mechanism_is_not_given_another(tmp_path):
    def talk(line: Line) -> None:
        line.greet("AUTH CRAM-MD5 LOGIN")
        line.listen_on()

    with peer(talk) as (port, heard):
        known = deliver_all(login(port, Mechanism.PLAIN), [outgoing()])
        assert b"AUTH" not in heard
    assert isinstance(known.error, ConfigurationError)
    assert "CRAM-MD5, LOGIN" in known.error.remedy


def test_credentials_never_go_over_an_open_connection_to_elsewhere():
    """The wire is not even touched; a loopback address is the only one these tests can connect to."""
    with pytest.raises(ConfigurationError, match="unencrypted"):
        asyncio.run(log_in(None, login(25, accept_insecure=True), frozenset({"PLAIN"}), is_safe=False))


@pytest.mark.parametrize("secret", ["", "a\nb", "a\0b", "a\x01b"])
def test_a_secret_that_cannot_be_one_is_refused(tmp_path, secret):
    with thread(tmp_path, Script(users=ACCOUNT), trace=True) as server:
        known = deliver_all(login(server.port, secret=lambda: secret), [outgoing()])
        assert not [line for _, line in server.commands if line.startswith("AUTH")]
    assert isinstance(known.error, ConfigurationError)


def test_the_settings_do_not_show_the_secret():
    assert "lambda" not in repr(login(25))
    assert SECRET not in repr(login(25))
