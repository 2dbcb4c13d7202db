"""The metrics file: Prometheus' format, read by Prometheus' own parser, whole at every moment."""

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from digest.delivery.delivery import DeliveryState, Tally
from digest.errors import CannotWriteError
from digest.foundation.database import Replica, ServerFacts
from digest.runs.monitoring import DatabaseFigures, NewsletterFigures, RunOutcome, write_metrics_file

AT = datetime(2018, 8, 5, 15, tzinfo=UTC)
OUTCOME = RunOutcome(began_at=AT, seconds=1.25, exit_code=3)


def figures(name="monthly", **more):
    fields = {
        "next_sending_at": AT + timedelta(days=31),
        "waiting_since": AT - timedelta(days=4),
        "late": timedelta(minutes=5),
        "readers": 24,
        "last": Tally({DeliveryState.SENT: 20, DeliveryState.FAILED: 1, DeliveryState.LEFT: 2}),
        **more,
    }
    return NewsletterFigures(newsletter=name, **fields)


def read(path):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }


def test_every_figure_has_its_name_and_help(tmp_path):
    path = tmp_path / "digest.prom"
    write_metrics_file(path, OUTCOME, 2, [figures()])
    assert read(path) == {
        ("digest_last_run_timestamp_seconds",): AT.timestamp(),
        ("digest_last_run_duration_seconds",): 1.25,
        ("digest_last_run_exit_code",): 3,
        ("digest_runs_in_trouble",): 2,
        ("digest_next_sending_timestamp_seconds", "monthly"): AT.timestamp() + 31 * 86400,
        ("digest_edition_waiting", "monthly"): 1,
        ("digest_edition_waiting_since_timestamp_seconds", "monthly"): AT.timestamp() - 4 * 86400,
        ("digest_late_seconds", "monthly"): 300,
        ("digest_readers", "monthly"): 24,
        ("digest_last_edition_messages", "monthly", "sent"): 20,
        ("digest_last_edition_messages", "monthly", "failed"): 1,
        ("digest_last_edition_messages", "monthly", "left"): 2,
    }
    families = list(text_string_to_metric_families(path.read_text()))
    assert all(family.documentation and family.type == "gauge" for family in families)


def test_a_database_is_told_with_what_its_server_says(tmp_path):
    hidden = Replica(name="c", is_streaming=None, bytes_behind=None, seconds_behind=None)
    server = ServerFacts(
        version="15.14",
        schema="0037",
        is_standby=False,
        keeps=True,
        ahead=timedelta(seconds=-2.5),
        size=7,
        connections=9,
        connections_most=97,
        replicas=[Replica(name="b", is_streaming=True, bytes_behind=100, seconds_behind=1.5), hidden],
    )
    path = tmp_path / "digest.prom"
    write_metrics_file(path, OUTCOME, None, [], DatabaseFigures(bytes=7, server=server))
    found = {name: value for name, value in read(path).items() if name[0].startswith("digest_database")}
    assert found == {
        ("digest_database_bytes",): 7,
        ("digest_database_clock_ahead_seconds",): -2.5,
        ("digest_database_connections",): 9,
        ("digest_database_connections_most",): 97,
        ("digest_database_replica_behind_bytes", "b"): 100,
        ("digest_database_replica_behind_seconds", "b"): 1.5,
    }
    write_metrics_file(path, OUTCOME, None, [], DatabaseFigures(bytes=7, server=None))
    assert [name for name in read(path) if name[0].startswith("digest_database")] == [("digest_database_bytes",)]


def test_what_is_not_known_is_left_out(tmp_path):
    path = tmp_path / "digest.prom"
    write_metrics_file(path, OUTCOME, None, [])
    run = {f"digest_last_run_{what}" for what in ("timestamp_seconds", "duration_seconds", "exit_code")}
    assert {name for name, *_ in read(path)} == run
    little = figures(next_sending_at=None, waiting_since=None, last=None, late=timedelta())
    write_metrics_file(path, OUTCOME, 0, [little])
    labelled = {name for name, *labels in read(path) if labels}
    assert labelled == {"digest_edition_waiting", "digest_late_seconds", "digest_readers"}


def test_everybody_may_read_it_whatever_the_umask(tmp_path):
    path = tmp_path / "digest.prom"
    before = os.umask(0o077)
    try:
        write_metrics_file(path, OUTCOME, 0, [figures()])
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["digest.prom"]


def test_who_reads_while_it_is_written_reads_a_whole_one(tmp_path):
    path = tmp_path / "digest.prom"
    many = [figures(f"newsletter-{number}") for number in range(50)]
    write_metrics_file(path, OUTCOME, 0, many)
    expected = len(read(path))
    done = threading.Event()

    def write():
        while not done.is_set():
            write_metrics_file(path, OUTCOME, 0, many)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(len(read(path)) == expected for _ in range(30))
    finally:
        done.set()
        writer.join()


@pytest.mark.parametrize("name", ["missing/digest.prom", "folder"])
def test_a_place_where_nothing_can_be_written_is_told(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotWriteError, match="--metrics-file"):
        write_metrics_file(tmp_path / name, OUTCOME, 0, [])
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
