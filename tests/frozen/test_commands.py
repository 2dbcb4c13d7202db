"""What every command says, on both streams, and how it ends."""

import shutil
import sqlite3
from contextlib import closing

import pytest

OFFICE = "-C office"
GROUPS = (
    ("deliveries", ("list", "mark", "resend")),
    ("dkim", ("keygen", "show")),
    ("templates", ("list", "eject", "check")),
)
NEED_A_WORKSPACE = """
collect build preview plan check review approve refuse send status explain report items templates run mailbox rehearse
pause resume deliveries dkim reopen reissue daemon schedule doctor backup restore adopt
"""

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

PLANNING = """
status
items
run --dry-run
check july
review july
report july
send july --yes
collect --json
-v collect
items --json
-q collect
rehearse --from 2018-07-25 --to 2018-08-10
rehearse --from 2018-08-01 --to 2018-08-10 --unapproved --outage 2018-08-03..2018-08-06 --json
rehearse --from nonsense --to 2018-09
build --period nonsense
build --period 2030-01
build --newsletter weekly
plan july
plan lead "officials from Central America"
plan pin "Spotting a forged passport"
plan drop "open morning" --because "it was cancelled"
plan defer Tabasco --because "a photo is still to come"
plan order "seasonal workers" Webinar
plan keep Tabasco
plan drop "no such story"
plan july
plan august --stubs --language es
"""

APPROVING = """
build --period july
build
check july
check july --json
review july
review july --json
review july --send
review july --part guatemala
refuse july --part guatemala --by Luis --because "the date is wrong"
refuse july --part nowhere --by Luis --because no
approve july --part guatemala --by Ana --code wrong
report july
send july --test boss@example.org --language en --audience guatemala
send july --test boss@example.org --as dan@example.com
preview july --once look.html --no-open
preview nonsense --once look.html
approve july --by Marta --code WRONG
approve july --by Marta --code CODE
approve july --by Marta --code CODE
build --period july
reopen july --by Marta --because "a wrong number"
approve july --by Marta --code CODE --because mended
"""

SENDING = """
status
send july
send july --dry-run
@ 2018-08-05 15:00:00
send july --limit 1 --yes
status
pause july --because lunch
run
resume july --by Ana
resume
run --dry-run
run --metrics-file metrics.prom
run
send july --yes
reopen july --by Marta --because late
reissue july --because "a wrong number"
check 2018-07.2
approve 2018-07.2 --by Marta --code CODE
send 2018-07.2 --dry-run
status
status --json
report --json
"""

LOOKING = """
status
status --all
status --json --all
status --now 2018-08-20T09:00
doctor --offline
items
items --withdrawn --json
explain Tabasco
explain Tabasco --json
explain Tabasco --as consular.desk@example.com
explain Tabasco --as ninez.tabasco@example.org --json
explain ninez.tabasco@example.org
explain ninez.tabasco@example.org --json
explain nobody@example.org
explain nonsense
report
report july --json
report july --html report.html --text report.txt
report 2017-01
deliveries list
deliveries list july --state sent --json
deliveries list july --address ninez.tabasco@example.org
deliveries list july --held
deliveries resend july --held --by Marta
deliveries mark july nobody@example.org --as sent --by Marta
schedule
schedule --next 3 --json
schedule --from 2018-12-01 --next 2
templates list
templates eject letter
templates eject letter
templates list
templates check
templates check nonsense
run
daemon --every nonsense
pause july
resume july
preview july --once look.html --no-open --audience guatemala --language es
"""


def test_help(desk):
    """The pages of the single commands are in docs/reference/commands.md, and tested there."""
    for line in ("", "--help", "status --help"):
        desk.run(line)
    for group, commands in GROUPS:
        for command in commands:
            desk.run(f"{group} {command} --help")
    desk.compare()


def test_wrong_usage(desk):
    for command in NEED_A_WORKSPACE.split():
        desk.run(command)
    for line in ("staus", "status --nonsense", "-C nowhere status"):
        desk.run(line, code=2)
    desk.write("digest.yaml", BROKEN)
    for line in ("collect", "status", "run", "doctor --offline"):
        desk.run(f"{OFFICE} {line}", code=78)
    desk.compare()


def test_beginning(desk):
    desk.run("init office --yes", code=0)
    desk.run("init office --yes", code=2)
    for folder, language, answers in (
        ("oficina", "es", ("Programa Uno", "Calle 1", "", "", "Boletín Uno", "uno@example.org", "", "week", "")),
        ("other", "en", ("Programme One", "Street 1", "", "", "Bulletin One", "one@example.org", "en", "week", "")),
    ):
        desk.run(f"-C {folder} init --language {language}", stdin="\n".join([*answers, ""]), code=0)
    for path in sorted(desk.folder.rglob("*.yaml")):
        desk.keep(str(path.relative_to(desk.folder)))
    desk.run_all("collect\nstatus\nitems\nitems --json\nrun\nbuild\npreview --once look.html\nsend")
    desk.compare()


def test_an_ordinary_month(desk):
    desk.seeded()
    desk.run_all(PLANNING)
    desk.keep("office/plans/monthly/2018-07.yaml")
    desk.run_all(APPROVING)
    desk.keep("office/editions/monthly/2018-07/edition.yaml")
    desk.run_all(SENDING)
    desk.keep("metrics.prom")
    desk.keep_fingerprints("office/editions", "office/out")
    desk.compare()


def test_demo(desk):
    desk.at = "2018-09-05 15:00:00"
    desk.run("demo office", code=0)
    desk.run("demo office", code=0)
    desk.run_all(LOOKING)
    for path in ("report.html", "report.txt", "office/editions/monthly/2018-07/edition.yaml"):
        desk.keep(path)
    desk.keep_fingerprints("office/editions", "office/out", "office/templates")
    with closing(sqlite3.connect(desk.office / "digest.db")) as database:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name"
        statements = [f"{row[0]};\n" for row in database.execute(query)]
        versions = [f"-- alembic: {row[0]}\n" for row in database.execute("SELECT version_num FROM alembic_version")]
    desk.kept["schema.sql"] = "\n".join([*versions, *statements])
    desk.compare()


@pytest.mark.parametrize("template", ["brief", "bulletin", "compact", "letter"])
def test_whole_mails(desk, template):
    """Headers and encoding included; `tests/mail/golden` has the same sets as they are read."""
    desk.name = f"mails_{template}"
    desk.seeded(template=template)
    if template == "letter":
        desk.write("plans/monthly/2018-06.yaml", INTRODUCTION)
    desk.run_all("build --period 2018-06\ncheck 2018-06\napprove 2018-06 --by Marta --code CODE\nsend 2018-06 --yes")
    mails = [one for every in desk.messages().values() for one in every]
    for language in ("en", "es"):
        chosen = [path for path, mail in mails if mail["Content-Language"] == language]
        smallest = min(chosen, key=lambda path: (path.stat().st_size, path.name))
        desk.keep(str(smallest.relative_to(desk.folder)), f"smallest.{language}.eml")
    desk.keep_fingerprints("office/editions", "office/out")
    desk.compare()


def test_by_itself(desk):
    """Nobody approves, and a reviewer is asked."""
    desk.seeded(approval="required\n    reviewers:\n      guatemala: {to: [zoe@example.org], then: leave-out}")
    for day in ("2018-07-31", "2018-08-05", "2018-09-06"):
        desk.run_all(f"@ {day} 15:00:00\nrun\nrun\nstatus")
    desk.run_all("review august --part guatemala --json\nstatus --json\nrun --dry-run --now 2018-10-05T09:00")
    desk.keep_fingerprints("office/out")
    desk.compare()


def test_what_comes_back(desk, bounced):
    desk.seeded()
    desk.run_all("mailbox\nbuild --period july\ncheck july\napprove july --by Marta --code CODE")
    desk.run_all("@ 2018-08-05 15:00:00\nsend july --yes")
    reader = "ana@example.org"
    ((_, mail),) = desk.messages()[reader]
    bounce = bounced(reader, mail["Message-ID"])
    for line in ("mailbox - --dry-run", "mailbox - --json", "mailbox -"):
        desk.run(f"{OFFICE} {line}", stdin=bounce, code=0)
    desk.run(f"{OFFICE} mailbox -", stdin="nonsense")
    leaving = f"From: {reader}\nTo: bulletin@news.example.org\nSubject: unsubscribe\nMessage-ID: <1@x>\n\nunsubscribe\n"
    desk.run(f"{OFFICE} mailbox -", stdin=leaving)
    desk.run_all(f"explain {reader}\ndeliveries list july\nreport july\nstatus")
    desk.compare()


def test_care(desk):
    desk.seeded()
    desk.run_all(
        "build --period july\ncheck july\napprove july --by Marta --code CODE\ndkim show\ndkim keygen --ed25519"
    )
    desk.run_all("dkim keygen --ed25519\ndkim show\nbackup july.zip\nbackup --without-sources --keep 1")
    desk.run_all("backup --check july.zip\nbackup --check no.zip\nrestore july.zip\nrestore no.zip")
    desk.run("-C elsewhere restore july.zip")
    for line in (
        "status",
        "send july --yes",
        "adopt",
        "adopt --by Marta --because moved",
        "adopt --by Marta",
        "status",
    ):
        desk.run(f"-C elsewhere {line}")
    shutil.copytree(desk.office, desk.folder / "copy")
    desk.run("-C copy adopt --by Marta --moved")
    desk.compare()
