"""What every command says, on both streams, and how it ends."""

import shutil
import sqlite3
from contextlib import closing
from email import message_from_bytes
from email.policy import default

import pytest

BOTH = (80, 120)
OFFICE = "-C office"
COMMANDS = (
    "init demo collect build preview plan check review approve refuse send status explain report items templates run "
    "mailbox rehearse pause resume deliveries dkim reopen reissue daemon schedule doctor backup restore adopt"
).split()
NO_WORKSPACE_NEEDED = ("init", "demo")

INTRODUCTION = """introduction:
  en: |
    This month brought **two new hubs**. See the [glossary](https://bulletin.example.org/glossary).
  es: |
    Este mes abrieron **dos ventanillas**.
"""

BROKEN = """publisher: {name: Office, adress: Apartado 100, timezone: America/Costa_Rika}
sources: {newsroom: bulletins/}
audiences: {guatemala: {title: Guatemala, contries: [GT]}}
newsletters:
  monthly: {title: {en: Bulletin}, from: nobody, every: fortnite, audiences: [guatemla], languages: [en, es]}
"""

BOUNCE = """From: MAILER-DAEMON@example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Sun, 05 Aug 2018 15:10:00 +0000
Message-ID: <bounce-1@example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {reader}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822-headers

From: {sender}
To: {reader}
Message-ID: {message_id}

--b--
"""


def messages(desk):
    """Reader → the newest message that was written for them."""
    found = {}
    for path in sorted((desk.office / "out").rglob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        found[message["To"].addresses[0].addr_spec] = (path, message)
    return found


def test_help(desk):
    """The pages of the single commands are in docs/reference/commands.md, at another width, and tested there."""
    desk.run("", columns=BOTH)
    desk.run("--help", columns=BOTH)
    for command in ("deliveries list", "deliveries mark", "deliveries resend", "dkim keygen", "dkim show"):
        desk.run(f"{command} --help")
    for command in ("templates list", "templates eject", "templates check", "status"):
        desk.run(f"{command} --help", columns=BOTH)
    desk.compare()


def test_wrong_usage(desk):
    for command in COMMANDS:
        if command not in NO_WORKSPACE_NEEDED:
            desk.run(command)
    desk.run("staus", code=2)
    desk.run("-C nowhere status", code=2)
    desk.write("digest.yaml", BROKEN)
    desk.run(f"{OFFICE} collect", code=78)
    desk.run(f"{OFFICE} status", code=78)
    desk.run(f"{OFFICE} doctor --offline --json", code=78)
    desk.compare()


def test_beginning(desk):
    desk.run("init office --yes", code=0)
    desk.run("init office --yes", code=2)
    desk.run(
        "-C oficina init --language es",
        stdin="Programa Uno\nCalle 1, San José\n\nBoletín Uno\nuno@example.org\n\nsemana\n\n",
    )
    desk.run(
        "-C other init --language en", stdin="Programme One\nStreet 1\n\nBulletin One\none@example.org\nen\nweek\n\n"
    )
    for path in sorted((desk.folder).rglob("*.yaml")):
        desk.keep(str(path.relative_to(desk.folder)))
    for command in ("collect", "status", "items", "items --json", "run", "build", "preview --once look.html", "send"):
        desk.run(f"{OFFICE} {command}")
    desk.compare()


def test_an_ordinary_month(desk):
    desk.seeded()
    for command in ("status", "items", "run --dry-run", "check july", "review july", "report july", "send july --yes"):
        desk.run(f"{OFFICE} {command}")
    desk.run(f"{OFFICE} collect --json", code=0)
    desk.run(f"{OFFICE} -v collect", code=0)
    desk.run(f"{OFFICE} items --json", code=0)
    desk.run(f"{OFFICE} -q collect", code=0)
    desk.run(f"{OFFICE} rehearse --from 2018-06 --to 2018-08", code=0)
    desk.run(f"{OFFICE} rehearse --from 2018-07 --to 2018-08 --unapproved --outage 2018-07-01..2018-07-20 --json")
    desk.run(f"{OFFICE} rehearse --from nonsense --to 2018-09", code=2)
    desk.run(f"{OFFICE} build --period nonsense", code=2)
    desk.run(f"{OFFICE} build --period 2030-01")
    desk.run(f"{OFFICE} build --newsletter weekly", code=2)
    desk.run(f"{OFFICE} plan july", code=0)
    desk.keep("office/plans/monthly/2018-07.yaml", "plan.as-written.yaml")
    desk.run(f"{OFFICE} plan lead", "officials from Central America", code=0)
    desk.run(f"{OFFICE} plan pin", "Spotting a forged passport", code=0)
    desk.run(f"{OFFICE} plan drop", "open morning", "--because", "it was cancelled", code=0)
    desk.run(f"{OFFICE} plan defer", "Tabasco", "--because", "a photo is still to come", code=0)
    desk.run(f"{OFFICE} plan order", "seasonal workers", "Webinar", code=0)
    desk.run(f"{OFFICE} plan keep", "Tabasco", code=0)
    desk.run(f"{OFFICE} plan drop", "no such story", code=2)
    desk.run(f"{OFFICE} plan july", code=0)
    desk.keep("office/plans/monthly/2018-07.yaml", "plan.decided.yaml")
    desk.run(f"{OFFICE} plan august --stubs --language es")
    desk.run(f"{OFFICE} build --period july", code=0)
    desk.run(f"{OFFICE} build", code=0)
    for command in ("check july", "check july --json", "review july", "review july --json", "review july --send"):
        desk.run(f"{OFFICE} {command}")
    desk.run(f"{OFFICE} review july --part guatemala", code=0)
    desk.run(f"{OFFICE} refuse july --part guatemala --by Luis --because", "the date is wrong", code=0)
    desk.run(f"{OFFICE} refuse july --part nowhere --by Luis --because no", code=2)
    desk.run(f"{OFFICE} approve july --part guatemala --by Ana --code wrong")
    desk.run(f"{OFFICE} report july")
    desk.run(f"{OFFICE} send july --test boss@example.org --language en --audience guatemala")
    desk.run(f"{OFFICE} send july --test boss@example.org --as dan@example.com")
    desk.run(f"{OFFICE} preview july --once look.html --no-open", code=0)
    desk.run(f"{OFFICE} preview nonsense --once look.html", code=2)
    desk.run(f"{OFFICE} build --period july", code=0)
    desk.run(f"{OFFICE} approve july --by Marta", code=0)
    desk.run(f"{OFFICE} approve july --by Marta")
    desk.run(f"{OFFICE} build --period july")
    desk.run(f"{OFFICE} reopen july --by Marta --because", "a wrong number", code=0)
    desk.run(f"{OFFICE} approve july --by Marta --because", "mended", code=0)
    desk.run(f"{OFFICE} status", columns=BOTH, code=0)
    desk.keep("office/editions/monthly/2018-07/edition.yaml", "edition.yaml")
    desk.run(f"{OFFICE} send july")
    desk.run(f"{OFFICE} send july --dry-run", code=0)
    desk.at = "2018-08-05 15:00:00"
    desk.run(f"{OFFICE} send july --limit 1 --yes")
    desk.run(f"{OFFICE} status", columns=BOTH)
    desk.run(f"{OFFICE} pause july --because lunch")
    desk.run(f"{OFFICE} run")
    desk.run(f"{OFFICE} resume july --by Ana")
    desk.run(f"{OFFICE} resume")
    desk.run(f"{OFFICE} run --dry-run")
    desk.run(f"{OFFICE} run --metrics-file metrics.prom")
    desk.keep("metrics.prom")
    desk.run(f"{OFFICE} run")
    desk.run(f"{OFFICE} send july --yes", code=0)
    desk.run(f"{OFFICE} reopen july --by Marta --because late", code=75)
    desk.run(f"{OFFICE} reissue july --because", "a wrong number", code=0)
    desk.run(f"{OFFICE} approve 2018-07.2 --by Marta", code=0)
    desk.run(f"{OFFICE} send 2018-07.2 --dry-run", code=0)
    desk.run(f"{OFFICE} status", columns=BOTH, code=0)
    desk.run(f"{OFFICE} status --json", code=0)
    desk.run(f"{OFFICE} report --json", code=0)
    desk.keep_fingerprints("office/editions", "office/out")
    desk.compare()


def test_demo(desk):
    desk.at = "2018-09-05 15:00:00"
    desk.run("demo office", code=0)
    desk.run("demo office", code=0)
    for command in ("status", "status --all", "doctor --offline"):
        desk.run(f"{OFFICE} {command}", columns=BOTH)
    for command in (
        "status --json --all",
        "status --now 2018-08-20T09:00",
        "items",
        "items --withdrawn --json",
        "explain Tabasco",
        "explain Tabasco --json",
        "explain Tabasco --as consular.desk@example.com",
        "explain Tabasco --as ninez.tabasco@example.org --json",
        "explain ninez.tabasco@example.org",
        "explain ninez.tabasco@example.org --json",
        "explain nobody@example.org",
        "explain nonsense",
        "report",
        "report july --json",
        "report july --html report.html --text report.txt",
        "report 2017-01",
        "deliveries list",
        "deliveries list july --state sent --json",
        "deliveries list july --address ninez.tabasco@example.org",
        "deliveries list july --held",
        "deliveries resend july --held --by Marta",
        "deliveries mark july nobody@example.org --as sent --by Marta",
        "schedule",
        "schedule --next 3 --json",
        "schedule --from 2018-12-01 --next 2",
        "doctor --offline --json",
        "templates list",
        "templates eject letter",
        "templates eject letter",
        "templates list",
        "templates check",
        "templates check nonsense",
        "run",
        "daemon --every nonsense",
        "pause july",
        "resume july",
        "reopen july --by Marta --because late",
        "preview july --once look.html --no-open --audience guatemala --language es",
    ):
        desk.run(f"{OFFICE} {command}")
    for path in ("report.html", "report.txt", "office/editions/monthly/2018-07/edition.yaml"):
        desk.keep(path)
    desk.keep_fingerprints("office/editions", "office/out", "office/templates")
    with closing(sqlite3.connect(desk.office / "digest.db")) as database:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name"
        statements = [f"{row[0]};\n" for row in database.execute(query)]
        versions = [f"-- alembic: {row[0]}\n" for row in database.execute("SELECT version_num FROM alembic_version")]
    desk.kept["schema.sql"] = "\n".join([*versions, *statements])
    desk.compare()


@pytest.mark.parametrize("template", ["bulletin", "compact", "letter"])
def test_whole_mails(desk, template):
    """Headers and encoding included; `tests/rendering/golden` has the same sets as they are read."""
    desk.name = f"mails_{template}"
    desk.seeded(template=template, languages="[en, es]")
    if template == "letter":
        desk.write("plans/monthly/2018-06.yaml", INTRODUCTION)
    desk.run(f"{OFFICE} build --period 2018-06", code=0)
    desk.run(f"{OFFICE} approve 2018-06 --by Marta", code=0)
    desk.run(f"{OFFICE} send 2018-06 --yes", code=0)
    for language in ("en", "es"):
        chosen = [path for path, mail in messages(desk).values() if mail["Content-Language"] == language]
        smallest = min(chosen, key=lambda path: (path.stat().st_size, path.name))
        desk.keep(str(smallest.relative_to(desk.folder)), f"smallest.{language}.eml")
    desk.keep_fingerprints("office/editions", "office/out")
    desk.compare()


def test_by_itself(desk):
    """A year in which nobody approves but reviewers are asked."""
    desk.seeded(approval="required\n    reviewers:\n      guatemala: {to: [zoe@example.org], then: leave-out}")
    for day in ("2018-07-31", "2018-08-02", "2018-08-05", "2018-08-20", "2018-09-06"):
        desk.at = f"{day} 15:00:00"
        desk.run(f"{OFFICE} run")
        desk.run(f"{OFFICE} status", columns=BOTH)
    desk.run(f"{OFFICE} review august --part guatemala --json", code=0)
    desk.run(f"{OFFICE} status --json")
    desk.run(f"{OFFICE} run --dry-run --now 2018-10-05T09:00")
    desk.keep_fingerprints("office/out")
    desk.compare()


def test_what_comes_back(desk):
    desk.seeded()
    desk.run(f"{OFFICE} mailbox", code=None)
    desk.run(f"{OFFICE} build --period july", code=0)
    desk.run(f"{OFFICE} approve july --by Marta", code=0)
    desk.at = "2018-08-05 15:00:00"
    desk.run(f"{OFFICE} send july --yes", code=0)
    reader, (_, mail) = sorted(messages(desk).items())[0]
    bounce = BOUNCE.format(
        to=mail["Reply-To"], reader=reader, sender=mail["From"], message_id=mail["Message-ID"]
    )
    desk.run(f"{OFFICE} mailbox - --dry-run", stdin=bounce)
    desk.run(f"{OFFICE} mailbox - --json", stdin=bounce)
    desk.run(f"{OFFICE} mailbox -", stdin=bounce)
    desk.run(f"{OFFICE} mailbox -", stdin="nonsense")
    leaving = f"From: {reader}\nTo: bulletin@news.example.org\nSubject: unsubscribe\nMessage-ID: <1@x>\n\nunsubscribe\n"
    desk.run(f"{OFFICE} mailbox -", stdin=leaving)
    desk.run(f"{OFFICE} explain {reader}")
    desk.run(f"{OFFICE} deliveries list july")
    desk.run(f"{OFFICE} report july --text -")
    desk.run(f"{OFFICE} status")
    desk.compare()


def test_care(desk):
    desk.seeded()
    desk.run(f"{OFFICE} build --period july", code=0)
    desk.run(f"{OFFICE} approve july --by Marta", code=0)
    desk.run(f"{OFFICE} dkim show")
    desk.run(f"{OFFICE} dkim keygen --ed25519", code=0)
    desk.run(f"{OFFICE} dkim keygen --ed25519")
    desk.run(f"{OFFICE} dkim show", code=0)
    desk.run(f"{OFFICE} backup backup.tar", code=None)
    desk.run(f"{OFFICE} backup --without-sources --keep 1")
    for archive in sorted(desk.folder.rglob("*.tar*")):
        desk.run(f"{OFFICE} backup --check {archive.relative_to(desk.folder)}")
    desk.run(f"{OFFICE} backup --check nothing.tar")
    archive = next(iter(sorted(desk.folder.rglob("backup*.tar*"))))
    name = archive.relative_to(desk.folder)
    desk.run(f"{OFFICE} restore {name}")
    desk.run(f"-C elsewhere restore {name}")
    desk.run(f"{OFFICE} restore nothing.tar")
    for command in ("status", "send july --yes", "adopt", "adopt --by Marta --because moved", "adopt --by Marta"):
        desk.run(f"-C elsewhere {command}")
    desk.run("-C elsewhere adopt --by Marta --release nonsense")
    desk.run("-C elsewhere status --json")
    shutil.copytree(desk.office, desk.folder / "copy")
    desk.run("-C copy adopt --by Marta --moved")
    desk.compare()
