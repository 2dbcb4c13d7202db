"""Monitoring: tells those who watch how a run went, by a file of figures and by a ping. No addresses are in either."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from digest.delivery.batches import living
from digest.delivery.delivery import DeliveryState, Tally
from digest.errors import CannotWriteError, DigestError
from digest.foundation.catalogue import _
from digest.foundation.database import ServerFacts
from digest.foundation.files import replace_whole
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Approval, Newsletter
from digest.newsletters.timetable import timetable
from digest.runs.due import Send, due
from digest.runs.run import due_facts
from digest.runs.store import Runs
from digest.settings.instance import Instance
from digest.settings.settings import MonitoringSettings, ping_address

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

DAY = timedelta(days=1)
COUNTED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.LEFT)
PING_SECONDS = 5.0
MOST_REDIRECTS = 3


@dataclass(slots=True)
class ToldWatchers:
    """`code` is for the run to set. `warnings` are there when all was told: what went wrong in telling, a line each."""

    code: int = 1
    warnings: list[str] = field(default_factory=list)


@contextmanager
def watched(instance: Instance, metrics_file: Path | None, *, rehearsed: bool = False) -> Iterator[ToldWatchers]:
    """Measure a run, and tell the watchers when it has ended, also by an error. That never changes the exit code."""
    told = ToldWatchers()
    began_at, began = datetime.now(UTC), time.monotonic()
    try:
        yield told
    except DigestError as error:
        told.code = error.exit_code
        raise
    finally:
        seconds = time.monotonic() - began
        if metrics_file is not None:
            outcome = RunOutcome(began_at=began_at, seconds=seconds, exit_code=told.code)
            told.warnings += _write(instance, outcome, metrics_file)
        if told.code == 0 and not rehearsed:
            told.warnings += _ping(instance)


def _write(instance: Instance, outcome: "RunOutcome", path: Path) -> list[str]:
    try:
        bad_runs, newsletters = Runs(instance.database).bad_in_a_row(), figures_of(instance)
        stored = DatabaseFigures(
            bytes=instance.database.size(), server=instance.database.server_facts(), workers=living(instance.database)
        )
    except DigestError:  # which is why the run ended as it did
        bad_runs, newsletters, stored = None, [], None
    try:
        write_metrics_file(path, outcome, bad_runs, newsletters, stored)
    except CannotWriteError as error:
        return [f"{error.thing}: {error.cause}; {error.remedy}"]
    return []


def _ping(instance: Instance) -> list[str]:
    trouble = ping(instance.settings.monitoring)
    return [_("the ping failed: {trouble}").format(trouble=trouble)] if trouble else []


# -- The figures.


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """How a run went."""

    began_at: datetime
    seconds: float
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterFigures:
    """How a newsletter stands. `waiting_since` is when the draft was built that a person has to approve; `late` by how
    much a sending is overdue; `last` is what became of the messages of the edition that was finished last.
    """

    newsletter: str
    next_sending_at: datetime | None
    waiting_since: datetime | None
    late: timedelta
    readers: int
    last: Tally | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFigures:
    """How large it is, what its server says of itself, if it has one, and how many workers send out of it."""

    bytes: int
    server: ServerFacts | None
    workers: int = 0


def figures_of(instance: Instance) -> list[NewsletterFigures]:
    """Of every newsletter, as of now."""
    return [_figures(instance, newsletter) for newsletter in instance.settings.newsletters]


def _figures(instance: Instance, newsletter: Newsletter) -> NewsletterFigures:
    now = instance.clock.now()
    editions = instance.editions.editions(newsletter.name)
    finished = [edition for edition in editions if edition.state is EditionState.FINISHED]
    last = max(finished, key=lambda edition: edition.finished_at or now, default=None)
    return NewsletterFigures(
        newsletter=newsletter.name,
        next_sending_at=_next_sending_at(newsletter, editions, now),
        waiting_since=_waiting_since(newsletter, editions),
        late=_late(instance, newsletter, now),
        readers=sum(count for _, count in instance.subscribers.subscribed(newsletter.name)),
        last=None if last is None else instance.ledger.tally(last),
    )


def _next_sending_at(newsletter: Newsletter, editions: Sequence[Edition], now: datetime) -> datetime | None:
    over = {edition.period for edition in editions if not (edition.is_open or edition.state is EditionState.SEALED)}
    sendings = timetable(newsletter.schedule).sendings(now.astimezone(newsletter.schedule.zone).date() - DAY)
    return next((at for at, period in sendings if at > now and period not in over), None)


def _waiting_since(newsletter: Newsletter, editions: Sequence[Edition]) -> datetime | None:
    if newsletter.approval is not Approval.REQUIRED:
        return None
    drafts = (edition for edition in editions if edition.state is EditionState.DRAFT and edition.covers_to_end)
    return min((draft.built_at for draft in drafts if draft.built_at), default=None)


def _late(instance: Instance, newsletter: Newsletter, now: datetime) -> timedelta:
    intents = due(due_facts(instance, newsletter, now), now)
    return max([now - intent.sending_at for intent in intents if isinstance(intent, Send)], default=timedelta())


# -- The metrics file: Prometheus' text format for the textfile collector of node_exporter.


def write_metrics_file(
    path: Path,
    outcome: RunOutcome,
    bad_runs: int | None,
    newsletters: Sequence[NewsletterFigures],
    database: DatabaseFigures | None = None,
) -> None:
    """Replace the file as a whole; everybody may read it. Raise `CannotWriteError`.

    `bad_runs`, `newsletters` and `database` are left out where nothing is known of them.
    """
    try:
        replace_whole(path, metrics_text(outcome, bad_runs, newsletters, database), mode=0o644)
    except OSError as error:
        raise CannotWriteError(
            str(path),
            error.strerror or str(error),
            _("let the folder exist and be writable, or leave out --metrics-file"),
        ) from error


def metrics_text(
    outcome: RunOutcome,
    bad_runs: int | None,
    newsletters: Sequence[NewsletterFigures],
    database: DatabaseFigures | None = None,
) -> bytes:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest  # 20 ms: only with --metrics-file

    registry = CollectorRegistry()

    def plain(name: str, about: str, value: float) -> None:
        Gauge(f"digest_{name}", about, registry=registry).set(value)

    plain("last_run_timestamp_seconds", "When the last run began.", outcome.began_at.timestamp())
    plain("last_run_duration_seconds", "How long it took.", outcome.seconds)
    plain("last_run_exit_code", "Its exit code.", outcome.exit_code)
    if bad_runs is not None:
        plain("runs_in_trouble", "How many runs in a row have ended with another exit code than 0.", bad_runs)

    if database is not None:
        _tell_database(database, registry, plain)

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


def _tell_database(
    database: DatabaseFigures, registry: "CollectorRegistry", plain: Callable[[str, str, float], None]
) -> None:
    plain("database_bytes", "How large the database is.", database.bytes)
    if (server := database.server) is None:
        return
    from prometheus_client import Gauge  # the same

    plain(
        "database_clock_ahead_seconds",
        "By how much its clock is ahead of this machine's.",
        server.ahead.total_seconds(),
    )
    plain("workers", "How many workers are there, on all hosts.", database.workers)
    plain("database_connections", "How many connections its server has.", server.connections)
    plain("database_connections_most", "How many it may have.", server.connections_most)
    about, labels = "How far a replica is behind.", ["replica"]
    in_bytes = Gauge("digest_database_replica_behind_bytes", about, labels, registry=registry)
    in_seconds = Gauge("digest_database_replica_behind_seconds", about, labels, registry=registry)
    for one in server.replicas:
        if one.bytes_behind is not None:
            in_bytes.labels(one.name).set(one.bytes_behind)
        if one.seconds_behind is not None:
            in_seconds.labels(one.name).set(one.seconds_behind)


# -- The ping: asks for a web address when all went well, so that a watcher elsewhere notices its absence.


def ping(monitoring: MonitoringSettings, seconds: float = PING_SECONDS) -> str | None:
    """Ask once; return what went wrong, in words that do not show the address, or `None`. Never takes longer."""
    try:
        address = _address(monitoring)
    except (OSError, ValueError) as error:
        return f"ping_file: {getattr(error, 'strerror', None) or error}"
    if address is None:
        return None
    said: list[str | None] = []
    # A name server or a page that drips may keep urllib longer than any of its limits: the thread is left behind then.
    asking = Thread(target=lambda: said.append(_ask(address, seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return said[0] if said else _("no answer within {seconds} seconds").format(seconds=f"{seconds:g}")


def _address(monitoring: MonitoringSettings) -> str | None:
    if monitoring.ping_file is None:
        return monitoring.ping
    return ping_address(monitoring.ping_file.read_text(encoding="utf-8").strip())


def _ask(address: str, seconds: float) -> str | None:
    from http.client import HTTPException  # all three 6 ms: only for a ping
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class SameHost(HTTPRedirectHandler):
        max_redirections = MOST_REDIRECTS

        def redirect_request(self, req: Request, *more: Any) -> Request | None:
            if more[-1].partition(":")[0].lower() != req.type:
                raise URLError(_("it was sent on to another kind of address"))
            if (urlsplit(more[-1]).hostname or "") != (urlsplit(req.full_url).hostname or ""):
                raise URLError(_("it was sent on to another host"))
            return super().redirect_request(req, *more)

    opener = build_opener(SameHost)
    opener.addheaders = [("User-Agent", "digest")]
    try:
        with opener.open(address, timeout=seconds):
            return None
    except HTTPError as error:
        return f"HTTP {error.code}"
    except URLError as error:
        return getattr(error.reason, "strerror", None) or str(error.reason)
    except (OSError, HTTPException, ValueError) as error:
        return type(error).__name__
