"""A mailbox on a real IMAP server."""

import base64
import logging
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dovecot as servers
import pytest
from certificates import self_signed
from databases import database_at
from dovecot import PASSWORD, USER, Dovecot
from office import ANA, BEN, bounce, letter

from digest.errors import BusyError, ConfigurationError, DigestError
from digest.foundation.imap import ImapAccount, opened
from digest.foundation.imap_settings import ImapServerSettings
from digest.inbound.inbound import InboundOutcome
from digest.intake.collecting import collect
from digest.intake.settings import SourceKind, SourceSettings
from digest.intake.sources.fetched import Round
from digest.intake.sources.mail_folder import MailFolder, OpenMailbox
from digest.intake.sources.mail_on_server import MailOnServer
from digest.intake.store import Items
from digest.intake.tagging import taxonomy
from digest.intake.tagging.tagger import TaxonomyTagger

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
    return ImapAccount(
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
    assert office.read(dry=True).outcomes == {InboundOutcome.HARD: 2, InboundOutcome.OTHER: 1}
    assert set(map(tuple, dovecot.flags().values())) == {()}, "looking marks nothing as read"
    read = office.read()
    assert (read.outcomes, read.trouble) == ({InboundOutcome.HARD: 2, InboundOutcome.OTHER: 1}, [])
    assert dovecot.flags() == inbox
    assert dovecot.flags("digest-done") == done
    read = office.read()
    assert (read.messages, read.again) == (0, 0)


def test_who_is_erased_is_searched_for_on_the_server_too_and_a_server_that_is_away_is_named(office, dovecot):
    configured(office, dovecot, then="move")
    dovecot.put(of_ana(office), letter("press@example.com", "Question", "Hello?"))
    office.read()
    dovecot.put(letter(ANA, "I have moved", "Bye."), letter("x@example.com", "About ana", "Do you know Ana?"))
    said = office.run("subscribers", "erase", ANA, "--yes", "--by", "Marta")
    assert set(dovecot.flags()) == {"Question", "About ana"}
    assert dovecot.flags("digest-done") == {}
    assert "Nobody looked" not in said
    configured(office, dovecot, port=1)
    assert "Nobody looked through the mailbox at 127.0.0.1" in office.run(
        "subscribers", "erase", BEN, "--yes", "--by", "Marta"
    )


def test_only_what_we_marked_is_deleted(office, dovecot):
    configured(office, dovecot, then="delete")
    dovecot.put(letter("a@example.com", "Somebody deleted this"))
    with dovecot.client() as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.unselect_folder()
    dovecot.put(of_ana(office))
    assert office.read().outcomes == {InboundOutcome.HARD: 1}, "what is deleted is not read"
    assert list(dovecot.flags()) == ["Somebody deleted this"]


def test_a_folder_may_have_any_name(office, dovecot):
    name = "Rückläufer & “mehr”"
    configured(office, dovecot, folder=f'"{name}"')
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        office.read()
    with dovecot.client() as client:
        client.folder_encode = False  # RFC 3501 §5.1.3
        client.create_folder("R&APw-ckl&AOQ-ufer &- &IBw-mehr&IB0-")
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
    assert office.read().outcomes == {InboundOutcome.HARD: 1}


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


def test_a_wrong_password_is_said_in_plain_words_without_the_password(dovecot, caplog):
    caplog.set_level(logging.DEBUG)
    wrong = settings(dovecot, secret=lambda: "wrong-canary")
    with pytest.raises(ConfigurationError, match="does not let bounces in") as caught, opened(wrong):
        pytest.fail("it was opened")
    assert "canary" not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert caplog.text == "", "what IMAPClient writes down holds names"


def test_a_server_that_cannot_be_reached_is_passing_trouble(office, dovecot):
    configured(office, dovecot, port=1)
    assert "error: IMAP server 127.0.0.1:1: it cannot be read" in office.run("mailbox", code=75)


def test_a_password_that_others_may_read_is_refused(office, dovecot):
    configured(office, dovecot)
    (office.folder / "keys" / "imap").chmod(0o644)
    assert "chmod 600" in office.run("mailbox", code=78)


USUAL = {
    "GREETING": "* OK hello\r\n",
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n",
    "SELECT": "* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 2] x\r\n",
    "SEARCH": "* SEARCH 1\r\n",
    "FETCH": "* 1 FETCH (UID 1 BODY[]<0> {5}\r\nhello)\r\n",
    "LOGOUT": "* BYE bye\r\n",
}


@contextmanager
def scripted(script):
    """A server that answers each command as it stands in `script`, and goes on with OK unless something else ends the
    answer: NO, or nothing after which it hangs up. Yields settings, and the commands that it will have got.
    """
    answers, got = USUAL | script, []

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(answers["GREETING"].encode("latin-1"))
            for line in self.rfile:
                tag, _, command = line.decode("latin-1").strip().partition(" ")
                got.append(command)
                name = command.removeprefix("UID ").split()[0].replace("EXAMINE", "SELECT")
                answer = answers.get(name, "")
                self.wfile.write(answer.removesuffix("NO").encode("latin-1"))
                if answer and not answer.endswith(("\r\n", "NO")):
                    return
                self.wfile.write(f"{tag} {'NO' if answer.endswith('NO') else 'OK'} said\r\n".encode())

    with socketserver.TCPServer(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        port = server.server_address[1]
        try:
            yield (
                ImapAccount(
                    host="127.0.0.1", port=port, security="none", username=USER, secret=lambda: PASSWORD, then="move"
                ),
                got,
            )
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "script",
    [
        {"FETCH": "* 1 FETCH (UID 1 BODY[]<0> {1000000000}\r\nhello"},
        {"FETCH": f"* 1 FETCH (UID 1 BODY[]<0> {{1{'0' * 18}}}\r\nhello"},
        {"FETCH": f"* 1 FETCH (UID 1 BODY[]<0> {{{'9' * 5000}}}\r\nhello"},
        {"FETCH": "* 1 FETCH " + "x" * 3_000_000},
        {"FETCH": "* 1 FETCH " + "(" * 100_000 + "\r\n"},
        {"FETCH": "* 1 FETCH (UID 1 BODY[]<0> ana@example.org\r\n"},
        {"FETCH": "\x00\xff\x1b[31m\r\n" * 1000},
        {"SEARCH": "* SEARCH ana@example.org\r\n"},
        {"SELECT": "* OK [UIDVALIDITY x] x\r\n"},
        {"LOGIN": "* BYE too many of you\r\n* OK"},
        {"CAPABILITY": ""},
        {"GREETING": "220 mail.example.org ESMTP\r\n"},
    ],
)
def test_whatever_a_server_answers_ends_in_a_few_plain_words(script):
    with scripted(script) as (settings, _), pytest.raises(DigestError) as caught, opened(settings) as mailbox:
        keys = mailbox.keys()
        assert [mailbox.fetch(key, 1 << 20) for key in keys] == [], "it was read"
    assert not isinstance(caught.value, ConfigurationError), "nobody refused us"
    assert len(str(caught.value)) < 400
    assert "ana@" not in str(caught.value)


def test_a_server_that_cannot_move_copies_and_removes_only_that_one():
    can = "* CAPABILITY IMAP4rev1 UIDPLUS\r\n"
    script = {"CAPABILITY": can, "STATUS": "NO", "SUBSCRIBE": "NO"}
    with scripted(script) as (settings, got), opened(settings) as mailbox:
        assert mailbox.place == f"imap:{USER}@127.0.0.1:{settings.port}/INBOX;7"
        assert mailbox.fetch("1", 5) == b"hello"
        mailbox.settle(mailbox.keys())
    assert got[-9:] == [
        "UID SEARCH 1:* UNDELETED",
        r"UID STORE 1 +FLAGS.SILENT (\Seen)",
        'STATUS "digest-done" (MESSAGES)',
        'CREATE "digest-done"',
        'SUBSCRIBE "digest-done"',
        'UID COPY 1 "digest-done"',
        r"UID STORE 1 +FLAGS.SILENT (\Deleted)",
        "UID EXPUNGE 1",
        "LOGOUT",
    ]


def test_no_password_goes_to_a_server_without_starttls():
    with (
        scripted({}) as (settings, got),
        pytest.raises(ConfigurationError, match="it offers no STARTTLS"),
        opened(replace(settings, security="starttls")),
    ):
        pytest.fail("it was opened")
    assert got == ["CAPABILITY", "LOGOUT"]


@contextmanager
def asking(capabilities, takes, refuses=b""):
    """A server that reads literals and answers, and lets in whoever says `takes`; to AUTHENTICATE it says `refuses`."""
    heard = []

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"* OK hello\r\n")
            for line in self.rfile:
                tag, _, command = line.strip().partition(b" ")
                said = command
                if command.endswith(b"}"):
                    self.wfile.write(b"+ go on\r\n")
                    said = self.rfile.read(int(command[:-1].rpartition(b"{")[2]))
                    self.rfile.readline()
                elif command.startswith(b"AUTHENTICATE") and refuses:
                    heard.append(command)
                    self.wfile.write(tag + refuses)
                    continue
                elif command.startswith(b"AUTHENTICATE"):
                    self.wfile.write(b"+ \r\n")
                    said = base64.b64decode(self.rfile.readline())
                heard.append(command)
                answers = {b"CAPABILITY": f"* CAPABILITY {capabilities}\r\n", b"SELECT": "* 0 EXISTS\r\n"}
                self.wfile.write(answers.get(command.split()[0], "").encode())
                is_login = command.startswith((b"LOGIN", b"AUTHENTICATE"))
                self.wfile.write(tag + (b" NO no\r\n" if is_login and takes.encode() not in said else b" OK done\r\n"))

    with socketserver.TCPServer(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1], heard
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("secret", ["contraseña", "пароль", "plain", 'with "quotes"'])
@pytest.mark.parametrize("capabilities", ["IMAP4rev1", "IMAP4rev1 AUTH=PLAIN"])
def test_a_password_of_any_letters_logs_in(capabilities, secret):
    """RFC 3501 §4.3: what is not ASCII goes as a literal."""
    with asking(capabilities, secret.replace('"', '\\"') if capabilities == "IMAP4rev1" else secret) as (port, _):
        account = ImapAccount(host="127.0.0.1", port=port, security="none", username="office", secret=lambda: secret)
        with opened(account) as mailbox:
            assert mailbox.keys() == []
        with (
            pytest.raises(ConfigurationError, match="does not let office in"),
            opened(replace(account, secret=lambda: "ñ")),
        ):
            pytest.fail("it was opened")


@pytest.mark.parametrize("secret", ["contraseña", "plain"])
@pytest.mark.parametrize(
    ("says", "is_tried_again"),
    [
        (b" BAD unknown command\r\n", True),
        (b" NO [CANNOT] no such thing here\r\n", True),
        (b" NO Unsupported authentication mechanism\r\n", True),
        (b" NO [AUTHENTICATIONFAILED] Authentication failed.\r\n", False),
        (b" NO [UNAVAILABLE] try later\r\n", False),
    ],
)
def test_the_other_way_in_is_tried_where_the_first_is_refused_and_not_where_we_are(secret, says, is_tried_again):
    """Each try counts as a wrong password."""
    with asking("IMAP4rev1 AUTH=PLAIN", secret, says) as (port, heard):
        account = ImapAccount(host="127.0.0.1", port=port, security="none", username="office", secret=lambda: secret)
        with nullcontext() if is_tried_again else pytest.raises(ConfigurationError), opened(account) as mailbox:
            assert mailbox.keys() == []
        assert any(command.startswith(b"LOGIN") for command in heard) == is_tried_again


def test_a_user_name_beyond_ascii_is_said_in_words():
    with asking("IMAP4rev1", "x") as (port, _):
        account = ImapAccount(host="127.0.0.1", port=port, security="none", username="oficina-ñ", secret=lambda: "x")
        with pytest.raises(ConfigurationError, match="no user name beyond ASCII"), opened(account):
            pytest.fail("it was opened")


def test_a_token_logs_in_by_xoauth2():
    with asking("IMAP4rev1 AUTH=XOAUTH2", "auth=Bearer t0ken") as (port, heard):
        account = ImapAccount(
            host="127.0.0.1", port=port, security="none", username="office", secret=lambda: "t0ken", uses_token=True
        )
        with opened(account) as mailbox:
            assert mailbox.keys() == []
        assert any(command.startswith(b"AUTHENTICATE XOAUTH2") for command in heard)


# -- As a source of news.

NEWS = (
    "From: {by}\nSubject: {title}\nDate: Fri, 05 Jun 2026 03:00:00 +0000\nMessage-ID: <{title}@example.org>\n\nBeds.\n"
)


def news(title, by="ana@example.org"):
    return NEWS.format(title=title, by=by)


class Newsroom:
    """A workspace with one source: a folder on a server."""

    def __init__(self, folder, account):
        self.items, self.now = Items(database_at(folder / "digest.db")), datetime(2026, 6, 30, 15, tzinfo=UTC)
        self.folder, self.account = folder, account
        server = ImapServerSettings(
            **{
                key: getattr(account, key) for key in ("host", "port", "security", "certificates", "username", "folder")
            },
            password_file=None,
            password_env=None,
        )
        self.source = SourceSettings(name="inbox", kind=SourceKind.MAIL, imap=server, senders=("example.org",))

    def collect(self, hours=0, **more):
        self.now += timedelta(hours=hours)

        @contextmanager
        def open_():
            with opened(self.account, only_looking=True, longest=more.get("longest", 20)) as box:
                yield OpenMailbox(box)

        mail = MailFolder(
            name="inbox",
            file=self.source.address,
            open=open_,
            root=self.folder,
            allowed=self.source.senders,
            language=None,
            fallback_language="en",
            recall=self.items.memory,
            seconds=more.get("seconds"),
        )
        asking = Round([self.source], self.items.memory, self.now)
        read = MailOnServer(settings=self.source, mail=mail, round=asking)
        (self.result,) = collect([read], TaxonomyTagger(taxonomy.load(None)), self.items, frozenset(), self.now.date())
        return self.result

    @property
    def said(self):
        return "\n".join(map(str, self.result.problems))

    @property
    def titles(self):
        return sorted(item.text.title for item in self.items.items() if not item.withdrawn)


@pytest.fixture
def newsroom(dovecot, tmp_path):
    """Its folder on the server is empty."""
    with dovecot.client() as client:
        if client.folder_exists("News"):
            client.delete_folder("News")
        client.create_folder("News")
    return Newsroom(tmp_path, settings(dovecot, folder="News"))


def deliver(dovecot, *messages):
    with dovecot.client() as client:
        for raw in messages:
            client.append("News", raw.replace("\n", "\r\n").encode())


def test_a_folder_on_a_server_brings_news_once_and_is_only_looked_at(dovecot, newsroom):
    deliver(dovecot, news("Tents"), news("Spam", by="eve@elsewhere.test"), news("Beds"))
    assert newsroom.collect().added == 2
    assert "1 mail from senders who are not named" in newsroom.said
    assert {*map(tuple, dovecot.flags("News").values())} == {()}, "something is marked as read"
    assert len(dovecot.flags("News")) == 3
    deliver(dovecot, news("A clinic"))
    assert (newsroom.collect(hours=1).added, newsroom.result.unchanged) == (0, 2), "it was asked again too soon"
    assert (newsroom.collect(hours=6).added, newsroom.result.unchanged) == (1, 2)


def test_items_are_themselves_in_a_folder_that_was_made_anew_and_stay_where_mails_were_deleted(dovecot, newsroom):
    """Its UIDs mean other mails then: RFC 3501 §2.3.1.1."""
    deliver(dovecot, news("Spam", by="eve@elsewhere.test"), news("Tents"), news("Beds"))
    newsroom.collect()
    with dovecot.client() as client:
        client.delete_folder("News")
        client.create_folder("News")
    deliver(dovecot, news("A clinic"), news("Beds"))
    again = newsroom.collect(hours=6)
    assert (again.added, again.unchanged, again.withdrawn) == (1, 1, 0)
    assert newsroom.titles == ["A clinic", "Beds", "Tents"]


def test_a_server_that_is_away_changes_nothing_and_is_counted(dovecot, newsroom):
    deliver(dovecot, news("Tents"))
    newsroom.collect()
    newsroom.account = replace(newsroom.account, port=1)
    for times in (1, 2):
        away = newsroom.collect(hours=6)
        assert (away.errors, away.unchanged, away.withdrawn) == (1, 1, 0)
        assert newsroom.items.memory("inbox").memory.failures == times
    assert "2 times in a row" in newsroom.said


def test_the_settings_name_a_folder_on_a_server_and_the_program_reads_it(office, dovecot):
    with dovecot.client() as client:
        client.create_folder("Boletines del año")
        client.append("Boletines del año", news("Tents").replace("\n", "\r\n").encode())
    (office.folder / "keys" / "imap").write_text(f"{PASSWORD}\n")
    (office.folder / "keys" / "imap").chmod(0o600)
    keys = {"host": "127.0.0.1", "port": dovecot.tls, "certificates": dovecot.certificate.file, "username": USER}
    keys |= {"password_file": "keys/imap", "folder": "Boletines del año"}
    inbox = f"type: mail, from: example.org, imap: {{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}"
    written = office.folder / "digest.yaml"
    before = written.read_text()
    written.write_text(before.replace("sources: {", f"sources: {{inbox: {{{inbox}}}, "))
    assert "known" not in office.run("sources", "test", "inbox")
    assert "inbox: 1 new" in office.run("collect")
    assert "known" in office.run("sources", "test", "inbox")
    written.write_text(written.read_text().replace("Boletines del año", "No such folder"))
    assert "inbox: no items" in office.run("collect", code=4)
    assert "127.0.0.1/No such folder" in " ".join(office.run("sources").split())
    assert "not read 1 time in a row: the folder No such folder cannot be opened" in " ".join(
        office.run("status").split()
    )


@contextmanager
def dribbling(greets: bool) -> Iterator[int]:
    """A server that says a byte now and then, with or without a greeting."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            with suppress(OSError):
                self.wfile.write(b"* OK hello\r\n" if greets else b"")
                while not ended.wait(0.05):
                    self.wfile.write(b"*")

    ended = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            ended.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("greets", [True, False])
def test_a_server_that_says_a_byte_now_and_then_is_cut_off(tmp_path, greets):
    with dribbling(greets) as port:
        account = ImapAccount(host="127.0.0.1", port=port, security="none", username=USER, secret=lambda: PASSWORD)
        newsroom = Newsroom(tmp_path, account)
        assert newsroom.collect(longest=0.4).errors == 1
    assert "it took longer than 0.4 seconds" in newsroom.said


def test_what_there_is_no_time_for_is_read_at_the_next_look(dovecot, newsroom):
    deliver(dovecot, news("Tents"), news("Beds"))
    assert newsroom.collect(seconds=0.0).added == 0
    assert "2 mails are left for the next look" in newsroom.said
    assert newsroom.collect(hours=6).added == 2
    assert "left for the next look" not in newsroom.said
