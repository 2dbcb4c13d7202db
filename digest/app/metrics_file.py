"""The metrics file: Prometheus' text format for the textfile collector of node_exporter."""

from collections.abc import Sequence
from pathlib import Path

from digest.app.metrics import Figures, Outcome
from digest.errors import CannotWriteError
from digest.foundation.files import replace_whole
from digest.model.delivery import DeliveryState

COUNTED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.LEFT)


def write_metrics_file(path: Path, outcome: Outcome, bad_runs: int | None, newsletters: Sequence[Figures]) -> None:
    """Replace the file as a whole; everybody may read it. Raise `CannotWriteError`.

    `bad_runs` and `newsletters` are left out where nothing is known of them.
    """
    try:
        replace_whole(path, text(outcome, bad_runs, newsletters), mode=0o644)
    except OSError as error:
        raise CannotWriteError(
            str(path), error.strerror or str(error), "let the folder exist and be writable, or leave out --metrics-file"
        ) from error


def text(outcome: Outcome, bad_runs: int | None, newsletters: Sequence[Figures]) -> bytes:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def plain(name: str, about: str, value: float) -> None:
        Gauge(f"digest_{name}", about, registry=registry).set(value)

    plain("last_run_timestamp_seconds", "When the last run began.", outcome.began_at.timestamp())
    plain("last_run_duration_seconds", "How long it took.", outcome.seconds)
    plain("last_run_exit_code", "Its exit code.", outcome.exit_code)
    if bad_runs is not None:
        plain("runs_in_trouble", "How many runs in a row have ended with another exit code than 0.", bad_runs)

    def gauge(name: str, about: str, *more: str) -> Gauge:
        return Gauge(f"digest_{name}", about, ["newsletter", *more], registry=registry)

    next_at = gauge("next_sending_timestamp_seconds", "When it goes out next.")
    waiting = gauge("edition_waiting", "Whether an edition waits for a person.")
    since = gauge("edition_waiting_since_timestamp_seconds", "Since when.")
    late = gauge("late_seconds", "By how much a sending is overdue.")
    readers = gauge("readers", "How many people are subscribed.")
    messages = gauge("last_edition_messages", "Messages of the edition finished last, by what became of them.", "state")
    for one in newsletters:
        if one.next_sending_at is not None:
            next_at.labels(one.newsletter).set(one.next_sending_at.timestamp())
        waiting.labels(one.newsletter).set(one.waiting_since is not None)
        if one.waiting_since is not None:
            since.labels(one.newsletter).set(one.waiting_since.timestamp())
        late.labels(one.newsletter).set(one.late.total_seconds())
        readers.labels(one.newsletter).set(one.readers)
        if one.last is not None:
            for state in COUNTED:
                messages.labels(one.newsletter, state).set(one.last[state])
    return generate_latest(registry)
