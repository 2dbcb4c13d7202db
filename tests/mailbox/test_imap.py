"""A mailbox on a real IMAP server."""

from collections.abc import Iterator

import dovecot as servers
import pytest
from certificates import self_signed
from dovecot import PASSWORD, USER, Dovecot
from office import ANA, bounce, letter

from digest.errors import BusyError, ConfigurationError
from digest.mailbox.imap import ImapSettings, opened
from digest.model.returns import Outcome

SEEN = r"\Seen"


def of_ana(office, number=1):
    return bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA, number=number)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    if sentence := servers.missing():
        pytest.fail(sentence)
    with servers.running() as started:
        yield started


@pytest.fixture
def dovecot(server) -> Dovecot:
    """Its mailbox is empty."""
    server.empty()
    return server


def settings(server, **more):
    return ImapSettings(
        **{
            "host": "127.0.0.1",
            "port": server.tls,
            "security": "tls",
            "username": USER,
            "secret": lambda: PASSWORD,
            "certificates": server.certificate.file,
            **more,
        }
    )


def configured(office, server, **more):
    keys = {"host": "127.0.0.1", "port": server.tls, "certificates": server.certificate.file, "username": USER}
    keys |= {"password_file": "keys/imap"} | {
        key: more.pop(key) for key in ("folder", "security", "port") if key in more
    }
    (office.folder / "keys" / "imap").write_text(f"{PASSWORD}\n")
    (office.folder / "keys" / "imap").chmod(0o600)
    imap = ", ".join(f"{key}: {value}" for key, value in keys.items())
    rest = "".join(f", {key}: {value}" for key, value in more.items())
    office.settings(f"mailbox: {{imap: {{{imap}}}{rest}}}\n")
    return office


@pytest.mark.parametrize(
    ("then", "inbox", "done"),
    [
        ("keep", {"Question": [], "Undelivered 1": [SEEN], "Undelivered 2": [SEEN]}, {}),
        ("move", {"Question": []}, {"Undelivered 1": [SEEN], "Undelivered 2": [SEEN]}),
        ("delete", {"Question": []}, {}),
    ],
)
def test_a_mailbox_on_a_server_is_read_once_and_tidied_as_wished(office, dovecot, then, inbox, done):
    configured(office, dovecot, then=then)
    bounces = [
        of_ana(office, number).replace("Subject: Undelivered Mail", f"Subject: Undelivered {number}\nX: ")
        for number in (1, 2)
    ]
    dovecot.put(bounces[0], letter("press@example.com", "Question", "Hello?"), bounces[1])
    assert office.read(dry=True).outcomes == {Outcome.HARD: 2, Outcome.OTHER: 1}
    assert set(map(tuple, dovecot.flags().values())) == {()}, "looking marks nothing as read"
    read = office.read()
    assert (read.outcomes, read.trouble) == ({Outcome.HARD: 2, Outcome.OTHER: 1}, [])
    assert dovecot.flags() == inbox
    assert dovecot.flags("digest-done") == done
    read = office.read()
    assert (read.messages, read.again) == (0, 0)


def test_only_what_we_marked_is_deleted(office, dovecot):
    configured(office, dovecot, then="delete")
    dovecot.put(letter("a@example.com", "Somebody deleted this"))
    with dovecot.client() as client:
        client.select("INBOX")
        client.store("1:*", "+FLAGS", r"(\Deleted)")
        client.unselect()
    dovecot.put(of_ana(office))
    assert office.read().outcomes == {Outcome.HARD: 1}, "what is deleted is not read"
    assert list(dovecot.flags()) == ["Somebody deleted this"]


def test_a_folder_may_have_any_name(office, dovecot):
    name = "Rückläufer & “mehr”"
    configured(office, dovecot, folder=f'"{name}"')
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        office.read()
    with dovecot.client() as client:
        client.create('"R&APw-ckl&AOQ-ufer &- &IBw-mehr&IB0-"')
    assert office.read().trouble == []


def test_a_large_message_is_read_in_part_and_passed_on_whole(office, dovecot):
    configured(office, dovecot, forward_to="boss@example.org")
    dovecot.put(letter("press@example.com", "Photos", "x" * 70 + "\n" + ("y" * 70 + "\n") * 40_000))
    assert office.read().forwarded == 1
    assert len(office.mails("passed-on")[0].as_bytes()) > 40_000 * 70


@pytest.mark.parametrize("security", ["starttls", "none"])
def test_other_ways_to_speak_to_it_work_too(office, dovecot, security):
    configured(office, dovecot, security=security, port=dovecot.plain)
    dovecot.put(of_ana(office))
    assert office.read().outcomes == {Outcome.HARD: 1}


def test_no_password_goes_to_a_server_that_is_not_to_be_trusted(dovecot, tmp_path):
    asked = []

    def secret():
        asked.append(1)
        return PASSWORD

    other = self_signed(tmp_path)
    for more in (
        {"certificates": None},
        {"certificates": other.file},
        {"certificates": other.file, "security": "starttls", "port": dovecot.plain},
        {"security": "tls", "port": dovecot.plain},
        {"security": "none", "host": "imap.example.org"},
    ):
        with pytest.raises((ConfigurationError, BusyError)), opened(settings(dovecot, secret=secret, **more)):
            pytest.fail("it was opened")
    assert asked == []


def test_a_wrong_password_is_said_in_plain_words_without_the_password(dovecot):
    wrong = settings(dovecot, secret=lambda: "wrong-canary")
    with pytest.raises(ConfigurationError, match="does not let bounces in") as caught, opened(wrong):
        pytest.fail("it was opened")
    assert "canary" not in f"{caught.value!r}{caught.value.__cause__!r}"


def test_a_server_that_cannot_be_reached_is_passing_trouble(office, dovecot):
    configured(office, dovecot, port=1)
    assert "error: IMAP server 127.0.0.1:1: it cannot be read" in office.run("mailbox", code=75)


def test_a_password_that_others_may_read_is_refused(office, dovecot):
    configured(office, dovecot)
    (office.folder / "keys" / "imap").chmod(0o644)
    assert "chmod 600" in office.run("mailbox", code=78)
