"""Those who watch: the figures of `digest run` and its ping, which change nothing about the run."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from prometheus_client.parser import text_string_to_metric_families

from digest.runs.monitoring import ping
from digest.settings.settings import MonitoringSettings

BEFORE, SENDING, AFTER = "2018-08-04T09:00", "2018-08-05T09:00", "2018-08-05T10:30"


@pytest.fixture
def office(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: required\n    starts_on: 2018-07-01"))
    return office


def figures(office, *arguments, code=0):
    path = office.folder / "digest.prom"
    ran = office.run("run", "--metrics-file", str(path), *arguments, code=code)
    assert "@" not in path.read_text()
    found = {
        ".".join([sample.name.removeprefix("digest_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }
    assert found["last_run_exit_code"] == code
    return found, ran.stderr


def test_the_figures_follow_an_edition_from_its_draft_to_its_readers(office):
    waiting, _ = figures(office, "--now", BEFORE)
    assert waiting["edition_waiting.monthly"] == 1
    assert waiting["edition_waiting_since_timestamp_seconds.monthly"] == 1533394800  # 4 August, 15:00 UTC
    assert waiting["next_sending_timestamp_seconds.monthly"] == 1533481200  # 5 August, 15:00 UTC
    assert waiting["late_seconds.monthly"] == 0
    assert waiting["readers.monthly"] == 2
    assert waiting["runs_in_trouble"] == 0

    late, said = figures(office, "--now", AFTER, code=3)
    assert late["late_seconds.monthly"] == 5400
    assert late["edition_waiting.monthly"] == 1
    assert late["runs_in_trouble"] == 1
    assert len(said.splitlines()) == 1
    assert figures(office, "--now", AFTER, code=3)[0]["runs_in_trouble"] == 2

    office.run("approve", "july", "--by", "Marta")
    sent, said = figures(office, "--now", AFTER)
    assert said == ""
    assert sent["edition_waiting.monthly"] == 0
    assert sent["late_seconds.monthly"] == 0
    assert sent["runs_in_trouble"] == 0
    assert sent["last_edition_messages.monthly.sent"] == 2
    assert sent["last_edition_messages.monthly.failed"] == 0
    assert sent["next_sending_timestamp_seconds.monthly"] == 1536159600  # 5 September, 15:00 UTC


def test_a_run_that_cannot_begin_leaves_its_exit_code(office):
    office.write("digest.yaml", "publisher: 5\n")
    found, _ = figures(office, code=78)
    assert set(found) == {"last_run_timestamp_seconds", "last_run_duration_seconds", "last_run_exit_code"}


def test_figures_that_cannot_be_written_are_one_line_and_change_nothing(office):
    ran = office.run("run", "--now", SENDING, "--metrics-file", str(office.folder / "missing" / "digest.prom"), code=3)
    lines = ran.stderr.splitlines()
    assert [line for line in lines if "--metrics-file" in line] == lines[:1]


@pytest.fixture
def watcher():
    """An address, and what was asked for there."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path == "/well" else 500)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def watch(office, address):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", f"{settings}\nmonitoring: {{ping: '{address}'}}\n")


@pytest.mark.parametrize(("other", "follows"), [("localhost", False), ("127.0.0.1", True)])
def test_a_ping_follows_no_redirect_to_another_host(watcher, other, follows):
    """What it asks may hold a secret, and what is behind another name nobody looked at."""
    address, asked = watcher
    there = address.replace("127.0.0.1", other) + "/well"

    class Leading(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", there)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Leading)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    said = ping(MonitoringSettings(ping=f"http://127.0.0.1:{server.server_port}/"))
    server.shutdown()
    thread.join()
    server.server_close()
    assert (said is None) is follows
    assert bool(asked) is follows


def test_a_run_that_went_well_pings_once_and_says_nothing(office, watcher):
    address, asked = watcher
    office.write("bulletins/july.en.txt", "")
    (office.folder / "bulletins" / "july.en.txt").unlink()
    watch(office, f"{address}/well")
    assert office.run("run").stderr == ""
    assert asked == ["/well"]


def test_nobody_is_pinged_in_a_dry_run_in_a_rehearsal_or_after_trouble(office, watcher):
    address, asked = watcher
    watch(office, f"{address}/well")
    office.run("run", "--dry-run", "--now", BEFORE)
    office.run("run", "--now", BEFORE)
    office.write("bulletins/bad.docx", b"this is no Word file")
    office.run("run", code=4)
    assert asked == []


def test_a_ping_that_fails_is_one_line_without_the_address_and_changes_nothing(office, watcher):
    address, asked = watcher
    (office.folder / "bulletins" / "july.en.txt").unlink()
    watch(office, f"{address}/secret-1234")
    ran = office.run("run")
    assert ran.stderr == "digest: the ping failed: HTTP 500\n"
    assert asked == ["/secret-1234"]
