"""Logging in: with what both sides know, never in the open, and without showing the secret to anybody."""

import asyncio
import base64
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
