"""`digest doctor` as operators use it: a whole office that is well, one that is ill all over, and nobody to ask."""

import hashlib
import json
import shutil
import socket
from pathlib import Path

import pytest
import warm_program
from certificates import self_signed
from click import BadParameter
from click.testing import CliRunner
from faultrunning import thread
from faultscript import Script
from rightrecords import RECORDS, right_records
from sender import LISTING, digest
from zoneserver import SILENT, zones

from digest.cli import cli
from digest.cli.checkup import _resolver

SETTINGS = """
publisher: {name: Office, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences: {regional: {title: Whole region, everything: true}}
newsletters:
  monthly:
    title: Migration bulletin
    from: Bulletin <bulletin@news.example.org>
    every: month
    audiences: [regional]
    languages: [en]
    approval: required
subscribers: subscribers.yaml
"""
RELAY = """
delivery:
  transport: smtp
  host: localhost
  port: {port}
  certificates: {certificate}
  username: office
  password_file: keys/password
  return_path: bounces@news.example.org
"""
FEELINGS = {"Time service", "File system", "Reverse name"}  # what may be amiss on the machine of the tests itself


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """An office with a draft, a key and readers."""
    folder = tmp_path_factory.mktemp("prepared") / "office"
    (folder / "bulletins").mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "digest.yaml").write_text(SETTINGS)
    (folder / "subscribers.yaml").write_text("subscribers: [{address: ana@example.org, audiences: [regional]}]\n")
    (folder / "subscribers.yaml").chmod(0o600)
    (folder / "bulletins" / "july.en.txt").write_text(LISTING)
    digest(folder, "build", "--period", "2018-07")
    digest(folder, "dkim", "keygen", "--selector", "s2018")
    (folder / "keys" / "password").touch(0o600)
    (folder / "keys" / "password").write_text("correct-horse")
    return folder


@pytest.fixture
def office(tmp_path, prepared):
    return Path(shutil.copytree(prepared, tmp_path / "office"))


@pytest.fixture
def relay(tmp_path):
    certificate = self_signed(tmp_path)
    script = Script(users=(("office", "correct-horse"),), starttls=True)
    with thread(tmp_path / "relay", script, certificate=certificate, trace=True) as server:
        yield server, RELAY.format(port=server.port, certificate=certificate.file)


def doctor(folder, *more, code=0):
    """In this process: the program starts slowly on a busy machine."""
    ended = CliRunner().invoke(cli, ["-C", str(folder), "doctor", *more], standalone_mode=False)
    assert (ended.exception, ended.return_value) == (None, code), ended.output
    return ended


def asked(folder, place, *more, code=0):
    return doctor(folder, "--resolver", f"{place[0]}:{place[1]}", *more, code=code)


def told(ended):
    """(group, what) → diagnosis."""
    return {
        (group["title"], each["what"]): each
        for group in json.loads(ended.stdout)["groups"]
        for each in group["diagnoses"]
    }


def state(folder):
    return {
        path.relative_to(folder): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).digest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    } | {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_dir()}


def test_an_office_that_is_well_gets_no_failure_and_stays_as_it_is(office, relay, dns_server):
    server, settings = relay
    (office / "digest.yaml").write_text(SETTINGS + settings)
    place = dns_server(right_records(office))
    before = state(office)
    found = told(asked(office, place, "--json"))
    assert state(office) == before
    assert server.accepted == []
    assert [line.split()[0] for _, line in server.commands] == ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]
    amiss = {what: each for (_, what), each in found.items() if each["level"] != "ok"}
    assert amiss.keys() <= FEELINGS, amiss
    for title, what in (
        ("Workspace", "digest.yaml"),
        ("Workspace", "Subscribers"),
        ("Workspace", "Templates bulletin"),
        ("Workspace", "Sending lock"),
        ("Database", "Integrity"),
        ("Disk and clock", "Free space"),
        ("Disk and clock", "Clock"),
        ("Relay", "Login"),
        ("Relay", "Certificate"),
        ("DNS", "SPF of news.example.org"),
        ("DNS", "DKIM key s2018._domainkey.news.example.org"),
        ("DNS", "DMARC of news.example.org"),
        ("DNS", "DMARC alignment of news.example.org"),
        ("DNS", "Mail to news.example.org"),
    ):
        assert found[title, what]["level"] == "ok"
    assert "keys/secret" in found["Workspace", "Owners and modes"]["said"]


def test_an_office_that_is_ill_all_over_is_told_everything_at_once(office, relay, dns_server):
    _, settings = relay
    (office / "digest.yaml").write_text(SETTINGS + settings)
    (office / "keys" / "password").write_text("wrong")
    (office / "keys" / "dkim" / "s2018.pem").chmod(0o644)
    (office / "keys" / "dkim" / "old.pem").touch(0o600)
    (office / "digest.yaml").chmod(0o666)
    (office / "digest.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    (office / "subscribers.yaml").write_text("subscribers: [{address: nobody}, {address: a@example.org}]\n")
    (office / "templates" / "bulletin").mkdir(parents=True)
    (office / "templates" / "bulletin" / "edition.txt").write_text("{% for %}")
    place = dns_server("news.example.org TXT v=spf1 +all\n_dmarc.example.org TXT v=DMARC1; p=maybe")
    ended = asked(office, place, "--json", code=78)
    found = told(ended)
    failed = {each for each, diagnosis in found.items() if diagnosis["level"] == "fail"}
    assert failed == {
        ("Workspace", "Templates bulletin"),
        ("Workspace", "digest.yaml"),
        ("Workspace", "keys/dkim/s2018.pem"),
        ("Database", "Database"),
        ("Workspace", "Place"),
        ("Relay", "Relay"),
        ("DNS", "SPF of news.example.org"),
        ("DNS", "DKIM key old.pem"),
        ("DNS", "DKIM key s2018.pem"),
        ("DNS", "DMARC of news.example.org"),
        ("DNS", "Mail to news.example.org"),
    }
    assert all(found[each]["fix"] for each in failed)
    assert found["Workspace", "Subscribers"]["level"] == "warn"
    assert "correct-horse" not in ended.stdout + ended.stderr
    assert "nobody" not in ended.stdout


def test_mistakes_in_the_settings_hide_nothing_else(office, dns_server):
    (office / "digest.yaml").write_text(SETTINGS + "delivery: {transport: smtp, hots: x}\n")
    found = told(doctor(office, "--json", code=78))
    failure = next(each for each in found.values() if each["level"] == "fail")
    assert "did you mean 'host'" in failure["said"]
    assert found["Database", "Integrity"]["level"] == "ok"
    assert found["Relay and DNS", "Not looked at"]["level"] == "skip"


def test_offline_asks_nobody(office, relay, dns_server):
    server, settings = relay
    (office / "digest.yaml").write_text(SETTINGS + settings)
    written = zones("")
    found = told(asked(office, dns_server(written), "--offline", "--json"))
    assert {found["Relay", "Not looked at"]["level"], found["DNS", "Not looked at"]["level"]} == {"skip"}
    assert (written.asked, server.commands) == ([], [])
    (office / "keys" / "password").unlink()
    assert told(doctor(office, "--offline", "--json", code=78))["Relay", "Password"]["level"] == "fail"


def test_when_dns_is_silent_nothing_is_claimed_and_it_ends_soon(office, relay, dns_server):
    _, settings = relay
    (office / "digest.yaml").write_text(SETTINGS + settings)
    found = told(asked(office, dns_server("", example_org=SILENT), "--json"))
    silent = [each for (group, _), each in found.items() if group == "DNS" and each["level"] != "ok"]
    assert {each["level"] for each in silent} == {"warn"}
    assert {each["what"].split()[0] for each in silent} == {"SPF", "DKIM", "DMARC", "Mail"}
    assert all("could not be found out" in each["said"] for each in silent)


def test_a_relay_that_is_not_there_is_a_failure(office, dns_server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        more = f"delivery: {{transport: smtp, host: 127.0.0.1, port: {port}, security: none}}\n"
        (office / "digest.yaml").write_text(SETTINGS + more)
        found = told(asked(office, dns_server(right_records(office)), "--json", code=78))
    assert "refused" in found["Relay", "Relay"]["said"]
    assert found["DNS", "SPF of news.example.org"]["level"] == "ok"


def test_an_unsigned_newsletter_with_returns_elsewhere_fails_its_alignment(office, relay, dns_server):
    _, settings = relay
    shutil.rmtree(office / "keys" / "dkim")
    elsewhere = settings.replace("bounces@news.example.org", "bounces@example.net")
    (office / "digest.yaml").write_text(SETTINGS + elsewhere)
    found = told(asked(office, dns_server(RECORDS), "--json", code=78))
    assert found["DNS", "DKIM"]["level"] == "warn"
    assert found["DNS", "DMARC alignment of news.example.org"]["level"] == "fail"
    assert found["DNS", "SPF of example.net"]["level"] == "fail"


@pytest.mark.parametrize(("program", "level", "code"), [("/bin/true", "ok", 0), ("/nowhere/sendmail", "fail", 78)])
def test_a_sendmail_is_looked_at_and_no_relay_is_asked(office, dns_server, program, level, code):
    (office / "digest.yaml").write_text(SETTINGS + f"delivery: {{transport: sendmail, command: {program}}}\n")
    found = told(asked(office, dns_server(right_records(office)), "--json", code=code))
    assert found["Relay", "Program"]["level"] == level
    assert found["DNS", "SPF of news.example.org"]["level"] == "ok"
    assert ("Relay", "Reverse name") not in found


def test_only_keys_that_sign_need_a_record(office, relay, dns_server):
    _, settings = relay
    records = right_records(office)
    digest(office, "dkim", "keygen", "--selector", "later")
    (office / "digest.yaml").write_text(f"{SETTINGS}{settings}  dkim: {{selector: s2018}}\n")
    assert not any("later" in what for _, what in told(asked(office, dns_server(records), "--json")))
    (office / "digest.yaml").write_text(f"{SETTINGS}{settings}  dkim: {{selector: gone}}\n")
    assert told(asked(office, dns_server(records), "--json", code=78))["DNS", "DKIM key gone"]["level"] == "fail"


def test_mail_that_goes_nowhere_needs_no_relay(office):
    ended = doctor(office)
    assert "transport: files" in " ".join(ended.stdout.split())
    assert ended.stdout.startswith("Workspace\n  ok    digest.yaml: ")
    assert ended.stderr.strip().endswith("not looked at.")


def test_quiet_shows_only_trouble(office):
    (office / "digest.db").chmod(0o644)
    ended = digest(office, "-q", "doctor", "--offline")
    assert "  ok " not in ended.stdout
    assert "chmod 600" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize("colours", [True, False])
def test_colours_are_for_terminals_and_not_for_those_who_want_none(office, colours, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    environment = {} if colours else {"NO_COLOR": "1"}
    _, said = warm_program.at_a_terminal(["-C", office, "doctor", "--offline"], environment=environment)
    assert "digest.yaml" in said
    assert ("\x1b[" in said) is colours


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_a_resolver_is_named_by_its_address(written, place):
    assert _resolver(None, None, written) == place


@pytest.mark.parametrize(
    "written", ["", "localhost", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:70000", "[::1", "::1]:53", "1.2.3:53", "[x]:1"]
)
def test_anything_else_is_refused(written):
    with pytest.raises(BadParameter, match="write it as"):
        _resolver(None, None, written)


def test_outside_a_workspace_it_says_so(tmp_path):
    assert "digest init" in digest(tmp_path, "doctor", code=2).stderr
