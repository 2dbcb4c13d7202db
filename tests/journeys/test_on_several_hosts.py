"""Two hosts over one database of PostgreSQL: processes with folders of their own, the same settings and key."""

import asyncio
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

import faultrunning
import psycopg
import pytest
import yaml
from databaseproxy import Act, DatabaseProxy
from databases import clock_off, contents, server
from doses import dose
from faultscript import Script
from sqlalchemy import insert, update
from two_hosts import DEADLINE, NOW, Hosts

from digest.cli import cli
from digest.cli.ending import run as program_ended
from digest.cli.invocation import FixedClock
from digest.delivery.decisions import decide
from digest.delivery.delivery import Decision, Wanted
from digest.editions.store import keyring_of
from digest.errors import BusyError
from digest.foundation.database import stored
from digest.foundation.schema import deliveries, editions, incoming, returns, workers
from digest.inbound.store import InboundMail
from digest.mail.tokens import Purpose
from digest.runs.monitoring import watched
from digest.settings.instance import Instance
from digest.site import notices
from digest.site.group_commit import GroupCommit
from digest.site.notices import NoticePost

PROGRAM = Path(sys.executable).with_name("digest")
ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "docs" / "service"
pytestmark = pytest.mark.on_postgresql


@pytest.mark.parametrize("trial", range(dose(1, 500)))
def test_two_runs_at_once_on_two_hosts_make_one_edition_and_send_it_once(tmp_path, trial):
    hosts, context = Hosts(tmp_path), get_context("fork")
    gate, answers = context.Barrier(2), context.Queue()
    runs = [hosts.start(folder, gate, answers) for folder in hosts.folders]
    told = [answers.get(timeout=DEADLINE) for _ in runs]
    for one in runs:
        one.join()
    codes = Counter(code for trouble in told for code, _ in trouble)
    assert set(codes) <= {3, 75}, told  # the other host had it, or has sent it
    assert hosts.states("editions") == {"finished": 1}, told
    mails = Counter(path.name for folder in hosts.folders for path in (folder / "out").rglob("*.eml"))
    assert len(mails) == len(hosts.readers)
    assert set(mails.values()) == {1}


def test_nothing_is_decided_of_an_edition_while_another_host_has_messages_of_it_under_way(tmp_path):
    hosts = Hosts(tmp_path)
    hosts.run(hosts.folders[0])
    instance = Instance(hosts.folders[1], FixedClock(NOW))
    (july,) = instance.editions.editions("monthly")
    with hosts.database.write() as connection:
        row = {"worker": "w", "fence": 99, "state": "intent"}
        connection.execute(update(deliveries).where(deliveries.c.subscriber == 1).values(row))
        connection.execute(update(deliveries).where(deliveries.c.subscriber == 2).values(state="failed"))
        connection.execute(update(editions).values(state="sending"))
        lease = {"id": "w", "fence": 99, "place": "p", "host": "newsroom", "pid": 1, "version": "1"}
        until = stored(datetime.now(UTC) + timedelta(minutes=1))
        connection.execute(insert(workers).values(**lease, lease_until=until, seen_at=until))
        connection.execute(insert(incoming).values(fingerprint="f", kind="bounce", read_at=stored(NOW)))
        came_back = {"subscriber": 1, "edition": july.number, "kind": "hard", "said": "", "at": stored(NOW)}
        connection.execute(insert(returns).values(**came_back, fingerprint="f"))

    def decided():
        return decide(instance.place, july, Wanted(), Decision.MARK_SENT, by="Marta", because=None)

    with pytest.raises(BusyError, match="newsroom has messages of it under way"):
        decided()
    assert InboundMail(hosts.database).close_doubts(NOW) == 0  # its process will tell
    with hosts.database.write() as connection:
        connection.execute(update(workers).values(lease_until=stored(NOW)))
    assert InboundMail(hosts.database).close_doubts(NOW) == 1
    assert decided().changed == 1


def test_a_run_that_loses_its_lock_stops_before_the_next_dot_and_the_next_one_goes_on(tmp_path):
    script, context = Script(gap=(0.02, 0.04)), get_context("fork")
    with faultrunning.process(tmp_path / "server", script) as mails:
        delivery = f"{{transport: smtp, host: 127.0.0.1, port: {mails.port}, security: none, connections: 2}}"
        hosts = Hosts(tmp_path, delivery, readers=60)
        gate, answers = context.Barrier(1), context.Queue()
        sending = hosts.start(hosts.folders[0], gate, answers)
        hosts.wait_until(lambda: mails.log.exists() and mails.accepted)
        waiting = hosts.run(hosts.folders[1])
        assert waiting[0][0] == 75
        assert f"process {sending.pid} on host" in waiting[0][1]
        assert hosts.lose_lock()
        told = answers.get(timeout=DEADLINE)
        sending.join()
        assert told[0][0] == 75, told
        assert "is lost" in told[0][1]
        left = {one.recipient for one in mails.accepted}
        assert 0 < len(left) < len(hosts.readers)
        assert hosts.run(hosts.folders[0]) == []
        copies = Counter(one.recipient for one in mails.accepted)
    assert copies == dict.fromkeys(hosts.readers, 1)
    assert hosts.states("deliveries") == {"sent": 60}
    assert contents(hosts.database)["doubts"] == []


@contextmanager
def served(folder):
    """The port of the program that answers there."""
    command = [PROGRAM, "-C", folder, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield int(re.search(r"http://127\.0\.0\.1:(\d+)/", process.stderr.readline())[1])
        finally:
            process.terminate()


def posted(port, path, **fields):
    """The status that a visitor is answered with, once the pages are not busy."""
    form = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", form, {"Host": "bulletin.example.org"})
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        try:
            return urllib.request.urlopen(request, timeout=DEADLINE).status
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return error.code
            time.sleep(0.1)
    raise AssertionError(f"{path} stays busy")


def test_pages_on_two_hosts_share_limits_links_and_who_has_left_while_one_of_them_sends(tmp_path):
    context = get_context("fork")
    with faultrunning.process(tmp_path / "server", Script(gap=(0.04, 0.06)), store=True) as mails:
        delivery = f"{{transport: smtp, host: 127.0.0.1, port: {mails.port}, security: none, connections: 2}}"
        hosts = Hosts(tmp_path, delivery, readers=99, more="public_url: https://bulletin.example.org\n")
        first, second = hosts.folders
        gate, answers = context.Barrier(1), context.Queue()
        with served(first) as here, served(second) as there:
            sending = hosts.start(first, gate, answers)
            hosts.wait_until(lambda: mails.log.exists() and mails.accepted)
            last, another = hosts.rows("SELECT public_id, address FROM subscribers ORDER BY number DESC LIMIT 2")
            secret = keyring_of(hosts.database, second / "keys" / "secret").current
            leaving = [f"/leave/{secret.token(Purpose.LEAVE, 'monthly', one[0])}" for one in (last, another)]
            assert posted(there, leaving[0], **{"List-Unsubscribe": "One-Click"}) == 200
            assert answers.get(timeout=DEADLINE) == []
            sending.join()
            assert hosts.states("deliveries") == {"sent": 98, "left": 1}
            assert last[1] not in {one.recipient for one in mails.accepted}

            new = [f"new{number}@example.org" for number in range(12)]
            form = {"newsletter": "monthly", "audience": "regional", "language": "en"}
            asked = [
                posted(port, "/en/subscribe/", address=one, **form)
                for one, port in zip(new, (here, there) * 6, strict=True)
            ]
            assert asked == [200] * 10 + [429] * 2
            hosts.wait_until(lambda: {one.recipient for one in mails.accepted} >= {*new[:10]})
            mail = next(one for one in mails.accepted if one.recipient == new[1])
            body = message_from_bytes(mails.message(mail), policy=default).get_body(("plain",)).get_content()
            link = re.search(r"/confirm/\S+", body)[0]
            assert [posted(port, link, confirm="yes") for port in (there, here, there)] == [200] * 3
            assert hosts.rows("SELECT count(*) FROM subscriber_events WHERE step = 'confirmed'") == [(1,)]

            hosts.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
                       "datname = current_database()")  # fmt: skip
            assert posted(there, leaving[1], **{"List-Unsubscribe": "One-Click"}) == 200
    assert hosts.rows("SELECT count(*) FROM subscriptions WHERE active = 0") == [(2,)]


def test_pages_whose_database_is_away_at_first_and_again_later_go_on_when_it_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr(notices, "_WRITTEN_AGAIN_AFTER", 0.1)
    hosts = Hosts(tmp_path, more="public_url: https://bulletin.example.org\n")
    with DatabaseProxy(lambda: server().port).running() as between:
        hosts.through(0, between.port)
        instance = Instance(hosts.folders[0])
        commits = GroupCommit(instance.database)
        post = NoticePost(instance.place, commits, lambda _one: None, StringIO())

        async def asked():
            do = commits.do(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
            return await asyncio.wait_for(do, DEADLINE)

        async def visited():
            between.at(1, Act.AWAY)
            commits.start()
            post.start()
            for _time in "ab":
                with pytest.raises(BusyError):
                    await asked()
                between.go_on()
                assert [await asked(), await asked()] == [1, 1]
                between.at(1, Act.AWAY)
            with pytest.raises(BusyError):
                await asked()
            await asyncio.wait_for(post.stop(), DEADLINE)  # though it is away
            await asyncio.wait_for(commits.stop(), DEADLINE)

        asyncio.run(visited())


def test_the_commands_of_the_page_run(tmp_path, monkeypatch):
    hosts, page = Hosts(tmp_path), ROOT / "docs" / "how-to" / "run-it-on-several-hosts.md"
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ours = {"PGHOST": "127.0.0.1", "PGPORT": str(server().port), "PGUSER": "digest"}
    for line in "".join(blocks).splitlines():
        program, *words = line.removeprefix("$ ").replace("/srv/office", str(hosts.folders[0])).split()
        if program != "digest":
            subprocess.run([program, *words], env=os.environ | ours, check=True)
            continue
        monkeypatch.setattr(sys, "argv", ["digest", *words])
        with redirect_stdout(StringIO()) as said, redirect_stderr(said):
            ended = program_ended(cli)
        assert ended == (78 if "doctor" in words else 0), said.getvalue()  # a server of tests keeps nothing
    with psycopg.connect(server().url("office").replace("digest@", "office@")) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    with psycopg.connect(hosts.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE office")
        connection.execute("DROP ROLE office")


def test_a_worker_is_kept_as_a_daemon_is():
    daemon, worker = ((SERVICE / f"digest-{name}.service").read_text().splitlines() for name in ("daemon", "worker"))
    assert sorted(set(worker) - set(daemon)) == [
        "Description=One of several hosts that send the bulletins of /srv/office",
        "ExecStart=/usr/local/bin/digest -C /srv/office worker",
    ]
    assert len(set(daemon) - set(worker)) == 3  # these two, and what SIGHUP is for


def test_containers_run_commands_that_there_are_each_with_a_name_and_folder_of_its_host(monkeypatch):
    services = yaml.safe_load((SERVICE / "compose.yaml").read_text(encoding="utf-8"))["services"]
    ours = {name: each for name, each in services.items() if name != "database"}
    for each in ours.values():
        program, *words = each["command"]
        assert program == "digest"
        monkeypatch.setattr(sys, "argv", [program, *words, "--help"])
        with redirect_stdout(StringIO()) as said:
            assert program_ended(cli) == 0
        assert all(word in said.getvalue() for word in words if word.startswith("--"))
    hosts = {(each["environment"]["DIGEST_MACHINE"], *each["volumes"]) for each in ours.values()}
    assert hosts == {("one", "./one:/srv/office"), ("two", "./two:/srv/office")}
    assert [each["command"][3] for each in ours.values()] == ["worker", "worker", "serve"]


def test_nothing_is_sent_while_the_clocks_of_host_and_database_are_a_minute_apart(tmp_path):
    hosts = Hosts(tmp_path)
    with clock_off(hosts.database, 61):
        ((code, said),) = hosts.run(hosts.folders[0])
    assert code == 3
    assert "61 s apart" in said
    assert not (hosts.folders[0] / "out").exists()


def test_the_figures_of_a_run_tell_of_the_database(tmp_path):
    hosts, path = Hosts(tmp_path), tmp_path / "digest.prom"
    with watched(Instance(hosts.folders[0], FixedClock(NOW)), path, rehearsed=True) as told:
        told.code = 0
    figures = dict(line.split() for line in path.read_text().splitlines() if line.startswith("digest_database"))
    assert float(figures["digest_database_bytes"]) == hosts.database.size()
    assert abs(float(figures["digest_database_clock_ahead_seconds"])) < 2
    assert 0 < float(figures["digest_database_connections"]) < float(figures["digest_database_connections_most"])
