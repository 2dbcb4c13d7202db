"""`digest run`, `daemon` and `schedule`: all that is due, once or again and again, and what is due when."""

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from itertools import islice
from pathlib import Path

import click

from digest.cli.ending import told_to_stop
from digest.cli.invocation import (
    Invocation,
    echo_json,
    edition_column,
    fenced,
    json_option,
    metrics_option,
    newsletter_option,
    newsletters_meant,
    pass_invocation,
    stop_clock,
    table,
)
from digest.cli.progress import shown_progress
from digest.desk.columns import Column, Way
from digest.errors import DigestError, PersonNeededError, worst
from digest.foundation.catalogue import _
from digest.foundation.values import calendar_date
from digest.foundation.words import weekday
from digest.mail.wording import period_in_full
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.schedule import CatchUp
from digest.newsletters.timetable import remarks, timetable
from digest.settings.instance import Instance
from digest.settings.sandbox import sandbox_of

LONGEST = timedelta(days=1)
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
ADDRESS = re.compile(r"(?:\"[^\"\n]*\"|[^\s<>\"'(),:;]+)@[^\s<>\"'(),:;]+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.NOTSET, 7))  # sd-daemon(3)
SENDINGS_MOST = 100_000
Coming = tuple[datetime, Newsletter, Period]


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing, open no connection.")
@click.option("--now", "at", metavar="TIME", help="Pretend that it is 2018-08-05T09:00, in the publisher's zone.")
@click.option(
    "--catch-up",
    type=click.Choice([one.value for one in CatchUp]),
    help="What becomes of stories that wait because their edition was missed: latest makes the latest of these, with "
    "all stories; all makes each; none gives them up.",
)
@newsletter_option
@click.option("--clock-is-right", is_flag=True, help="The clock is right, though a run took it for wrong: go on.")
@metrics_option
@pass_invocation
def run(
    invocation: Invocation,
    at: str | None,
    catch_up: str | None,
    newsletter: str | None,
    metrics_file: Path | None,
    *,
    clock_is_right: bool,
    dry_run: bool,
) -> int:
    """Collect, draft, check, and send all that is due, then exit: for cron, and safe to call as often as you like.

    Says nothing when all is well; trouble is one line each, and a wait that has not changed is said once.
    """
    if newsletter is not None and catch_up is None:
        raise click.UsageError(_("--newsletter goes with --catch-up: a run does what is due in all of them"))
    try:
        options = RunOptions(
            at=at,
            catch_up=_caught_up(invocation, catch_up, newsletter),
            clock_is_right=clock_is_right,
        )
        return _run(invocation, options, metrics_file, dry_run=dry_run)
    except DigestError as error:  # on one line, for whoever reads the mail from cron
        click.echo(f"digest: {error.thing}: {error.cause}{'; ' if error.remedy else ''}{error.remedy}", err=True)
        return error.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a person says to a run."""

    at: str | None
    catch_up: Mapping[str, CatchUp]  # by newsletter
    clock_is_right: bool

    @property
    def is_something(self) -> bool:
        return bool(self.catch_up) or self.clock_is_right


def _caught_up(invocation: Invocation, how: str | None, newsletter: str | None) -> dict[str, CatchUp]:
    if how is None:
        return {}
    return {one.name: CatchUp(how) for one in newsletters_meant(invocation, newsletter)}


def _run(invocation: Invocation, options: RunOptions, metrics_file: Path | None, *, dry_run: bool) -> int:
    from digest.runs.monitoring import watched  # 0.5 s: `schedule` opens no database
    from digest.runs.run import run as run_all

    instance = invocation.instance
    if options.at is not None:
        stop_clock(invocation, options.at)
    if dry_run:
        return _dry_run(instance, options)
    with (
        watched(instance, metrics_file, rehearsed=options.at is not None) as told,
        told_to_stop() as stop,
        shown_progress(invocation, only_on_terminal=not invocation.verbose) as progress,
    ):
        ran = run_all(
            instance,
            rehearsed=options.at is not None,
            catch_up=options.catch_up,
            clock_is_right=options.clock_is_right,
            stop=stop,
            progress=progress,
        )
        told.code = worst(ran.codes)
    for line in told.warnings:
        click.echo(f"digest: {line}", err=True)
    if invocation.verbose or options.is_something:
        for line in ran.done:
            invocation.say(line)
    if ran.done:
        from digest.desk.pages import write_browse_page  # 7 ms: only when something was done

        write_browse_page(instance)
    for one in ran.trouble if invocation.verbose else ran.news:
        click.echo(f"digest: {one}", err=True)
    return worst(ran.codes)


def _dry_run(instance: Instance, options: RunOptions) -> int:
    from digest.runs.run import run as run_all  # 0.5 s: as above

    with sandbox_of(instance) as sandbox:
        ran = run_all(sandbox, rehearsed=True, catch_up=options.catch_up)
    codes = list(ran.codes)
    if instance.fence is not None:
        click.echo(f"digest: {fenced(instance.fence)}", err=True)
        codes.append(PersonNeededError.exit_code)
    for line in ran.done:
        click.echo(_("would do: {what}").format(what=line))
    if not ran.done:
        click.echo(_("Nothing is due."))
    for one in ran.trouble:
        click.echo(f"digest: {one}", err=True)
    return worst(codes)


class Interval(click.ParamType[timedelta]):
    name = "interval"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """`30s`, `5m` or `1h`, at most a day."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,4})([smh])", str(value).strip())
        interval = int(found[1]) * UNITS[found[2]] if found else LONGEST * 2
        if interval > LONGEST:
            said = _("{value} is no interval: write it like 30s, 5m or 1h, at most 24h")
            self.fail(said.format(value=repr(value)), param, ctx)
        return interval


@click.command()
@click.option(
    "--every", type=Interval(), default="5m", show_default=True, metavar="TIME", help="How often to look for news."
)
@metrics_option
@pass_invocation
def daemon(invocation: Invocation, every: timedelta, metrics_file: Path | None) -> int:
    """Do what `digest run` does, again and again: at every sending time, and every few minutes in between.

    Stays in the foreground and logs to standard error. SIGTERM ends it after the messages under way, SIGHUP reads the
    settings again. Tells systemd how it is.
    """
    from digest.desk.pages import write_browse_page  # 0.5 s: as above, and APScheduler
    from digest.runs.daemon import Daemon, Notification, Unattended

    write_log(verbose=invocation.verbose, quiet=invocation.quiet)
    unattended = Unattended(invocation.instance.folder, metrics_file, write_browse_page)
    code = Daemon(unattended, every, Notification()).serve()
    if code:
        os._exit(code)  # a run that does not stop would keep the process
    return code


class LogLines(logging.Formatter):
    """One line per event, without addresses, for a file or for systemd's journal, which gets the priority and adds the
    time itself.
    """

    def __init__(self, *, journal: bool) -> None:
        super().__init__("%(message)s" if journal else "%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._journal = journal

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 – logging's name
        record.message = "; ".join(line.strip(" →") for line in record.message.splitlines() if line.strip())
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        line = UNPRINTABLE.sub(" ", ADDRESS.sub("…@…", super().format(record)))
        if not self._journal:
            return line
        priority = next(number for level, number in PRIORITIES if record.levelno >= level)
        return "\n".join(f"<{priority}>{part}" for part in line.splitlines())


def write_log(*, verbose: bool, quiet: bool) -> None:
    """Let `logging` write to stderr: also what was done, unless `quiet`; `verbose` adds what is for developers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines(journal=_is_journal()))
    logging.getLogger().addHandler(handler)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("digest").setLevel(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)


def _is_journal() -> bool:
    """As systemd.exec(5) says: `$JOURNAL_STREAM` holds device and inode of the stream to the journal."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _day(_context: click.Context, _option: click.Parameter, written: str | None) -> date | None:
    try:
        return None if written is None else calendar_date(written)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@newsletter_option
@click.option(
    "--next", "count", type=click.IntRange(1, SENDINGS_MOST), default=12, metavar="N", help="How many (default: 12)."
)
@click.option("--from", "since", callback=_day, metavar="DATE", help="From this day (default: from now).")
@json_option
@pass_invocation
def schedule(invocation: Invocation, newsletter: str | None, count: int, since: date | None, *, as_json: bool) -> int:
    """Say what goes out when: local time and UTC, the news each mail covers, and what is unusual about it.

    This is the calendar of the settings; `digest status` says how far each edition is.
    """
    chosen = newsletters_meant(invocation, newsletter)
    now = invocation.instance.clock.now()
    coming = list(islice(merge(*(_sendings(one, since, now) for one in chosen), key=lambda one: one[0]), count))
    if as_json:
        echo_json([_sending_data(*one) for one in coming])
        return 0
    if coming:
        click.echo(_sendings_table(coming))
    for one in chosen:
        if one.schedule.days is None:
            said = _("{newsletter}: nothing goes out by itself; say when with 'send' in digest.yaml")
            invocation.say(said.format(newsletter=one.name))
    return 0


def _sendings(newsletter: Newsletter, since: date | None, now: datetime) -> Iterator[Coming]:
    zone = newsletter.schedule.zone
    for at, period in timetable(newsletter.schedule).sendings(since or now.astimezone(zone).date()):
        if since or at.astimezone(UTC) >= now:
            yield at, newsletter, period


def _sendings_table(coming: Sequence[Coming]) -> str:
    from digest.desk.phrases import window  # 0.1 s: `run` needs no words of the desk

    return table(
        [
            _("goes out"),
            Column(_("time zone"), spare=2),
            Column("UTC", spare=1),
            Column(_("newsletter"), spare=1, unless_told_apart=True),
            edition_column(),
            _("covers"),
            Column(_("note"), Way.WRAPPED),
        ],
        [
            [
                f"{weekday(at, short=True)} {at:%Y-%m-%d %H:%M}",
                newsletter.schedule.zone.key,
                f"{at.astimezone(UTC):%Y-%m-%d %H:%M}",
                newsletter.name,
                period_in_full(newsletter.name, period),
                window(period),
                "; ".join(remarks(timetable(newsletter.schedule), period)),
            ]
            for at, newsletter, period in coming
        ],
    )


def _sending_data(at: datetime, newsletter: Newsletter, period: Period) -> dict[str, object]:
    return {
        "newsletter": newsletter.name,
        "period": period.key,
        "sending_at": at.isoformat(),
        "sending_at_utc": at.astimezone(UTC).isoformat(),
        "timezone": newsletter.schedule.zone.key,
        "covers": {"first_day": period.start.isoformat(), "last_day": period.last_day.isoformat()},
        "notes": remarks(timetable(newsletter.schedule), period),
    }
