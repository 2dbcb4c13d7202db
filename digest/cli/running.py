"""`digest run`: everything that is due, once, then exit."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.invocation import Invocation, json_option, metrics_option, newsletter_option, pass_session, table
from digest.errors import DigestError, worst

if TYPE_CHECKING:
    from digest.newsletters.newsletter import Newsletter
    from digest.newsletters.period import Period
    from digest.settings.instance import Instance


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing, open no connection.")
@click.option("--now", "at", metavar="TIME", help="Pretend that it is 2018-08-05T09:00, in the publisher's zone.")
@metrics_option
@pass_session
def run(session: Invocation, at: str | None, metrics_file: Path | None, *, dry_run: bool) -> int:
    """Collect, draft, check, and send all that is due, then exit: for cron, and safe to call as often as you like.

    Says nothing when all is well; trouble is one line each, and a wait that has not changed is said once.
    """
    try:
        return _run(session, at, metrics_file, dry_run=dry_run)
    except DigestError as error:  # on one line, for whoever reads the mail from cron
        click.echo(f"digest: {error.thing}: {error.cause}{'; ' if error.remedy else ''}{error.remedy}", err=True)
        return error.exit_code


def _run(session: Invocation, at: str | None, metrics_file: Path | None, *, dry_run: bool) -> int:
    from digest.cli.ending import told_to_stop
    from digest.cli.progress import shown_progress
    from digest.runs.monitoring import watched
    from digest.runs.run import run as run_all

    instance = session.instance
    if at is not None:
        from digest.cli.invocation import fixed_clock

        instance.clock = fixed_clock(at, instance.settings.publisher.timezone)
    if dry_run:
        return _dry_run(instance)
    with (
        watched(instance, metrics_file, rehearsed=at is not None) as told,
        told_to_stop() as stop,
        shown_progress(session, only_on_terminal=not session.verbose) as progress,
    ):
        ran = run_all(instance, rehearsed=at is not None, stop=stop, progress=progress)
        told.code = worst(ran.codes)
    for line in told.warnings:
        click.echo(f"digest: {line}", err=True)
    if session.verbose:
        for line in ran.done:
            session.say(line)
    if ran.done:
        from digest.desk.pages import write_browse_page

        write_browse_page(instance)
    for one in ran.trouble if session.verbose else ran.news:
        click.echo(f"digest: {one}", err=True)
    return worst(ran.codes)


def _dry_run(instance: "Instance") -> int:
    from digest.runs.run import run as run_all
    from digest.settings.sandbox import sandbox_of

    with sandbox_of(instance) as shadow:
        ran = run_all(shadow, rehearsed=True)
    for line in ran.done:
        click.echo(f"would do: {line}")
    if not ran.done:
        click.echo("Nothing is due.")
    for one in ran.trouble:
        click.echo(f"digest: {one}", err=True)
    return worst(ran.codes)


# -- `digest daemon`: `digest run` whenever it is time, for machines without cron.

LONGEST = timedelta(days=1)
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}


class Interval(click.ParamType[timedelta]):
    name = "interval"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """`30s`, `5m` or `1h`, at most a day."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,4})([smh])", str(value).strip())
        interval = int(found[1]) * UNITS[found[2]] if found else LONGEST * 2
        if interval > LONGEST:
            self.fail(f"{value!r} is no interval: write it like 30s, 5m or 1h, at most 24h", param, ctx)
        return interval


@click.command()
@click.option(
    "--every", type=Interval(), default="5m", show_default=True, metavar="TIME", help="How often to look for news."
)
@metrics_option
@pass_session
def daemon(session: Invocation, every: timedelta, metrics_file: Path | None) -> int:
    """Do what `digest run` does, again and again: at every sending time, and every few minutes in between.

    Stays in the foreground and logs to standard error. SIGTERM ends it after the messages under way, SIGHUP reads the
    settings again. Tells systemd how it is.
    """
    from digest.cli.ending import write_log
    from digest.desk.pages import write_browse_page
    from digest.runs.daemon import Daemon, Notification, Unattended

    write_log(verbose=session.verbose, quiet=session.quiet)
    unattended = Unattended(session.instance.folder, metrics_file, write_browse_page)
    code = Daemon(unattended, every, Notification()).serve()
    if code:
        os._exit(code)  # a run that does not stop would keep the process
    return code


# -- `digest schedule`: what goes out when.

MOST = 100_000
Coming = tuple[datetime, "Newsletter", "Period"]


def _day(_context: click.Context, _option: click.Parameter, written: str | None) -> date | None:
    from digest.foundation.values import calendar_date

    try:
        return None if written is None else calendar_date(written)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@newsletter_option
@click.option("--next", "count", type=click.IntRange(1, MOST), default=12, metavar="N", help="How many (default: 12).")
@click.option("--from", "since", callback=_day, metavar="DATE", help="From this day (default: from now).")
@json_option
@pass_session
def schedule(session: Invocation, newsletter: str | None, count: int, since: date | None, *, as_json: bool) -> int:
    """Say what goes out when: local time and UTC, the news each mail covers, and what is unusual about it.

    This is the calendar of the settings; `digest status` says how far each edition is.
    """
    from heapq import merge
    from itertools import islice

    instance = session.instance
    chosen = [instance.settings.newsletter(newsletter)] if newsletter else list(instance.settings.newsletters)
    now = instance.clock.now()
    coming = list(islice(merge(*(_sendings(one, since, now) for one in chosen), key=lambda one: one[0]), count))
    if as_json:
        import json

        click.echo(json.dumps([_as_data(*one) for one in coming], ensure_ascii=False, indent=2))
        return 0
    if coming:
        click.echo(_as_table(coming))
    for one in chosen:
        if one.schedule.days is None:
            session.say(f"{one.name}: nothing goes out by itself; say when with 'send' in digest.yaml")
    return 0


def _sendings(newsletter: "Newsletter", since: date | None, now: datetime) -> "Iterator[Coming]":
    from digest.newsletters.timetable import timetable

    zone = newsletter.schedule.zone
    for at, period in timetable(newsletter.schedule).sendings(since or now.astimezone(zone).date()):
        if since or at.astimezone(UTC) >= now:
            yield at, newsletter, period


def _as_table(coming: "list[Coming]") -> str:
    from digest.desk.phrases import window
    from digest.newsletters.timetable import remarks, timetable

    return table(
        ["goes out", "time zone", "UTC", "newsletter", "period", "covers", "note"],
        [
            [
                f"{at:%a %Y-%m-%d %H:%M}",
                newsletter.schedule.zone.key,
                f"{at.astimezone(UTC):%Y-%m-%d %H:%M}",
                newsletter.name,
                period.key,
                window(period),
                "; ".join(remarks(timetable(newsletter.schedule), period)),
            ]
            for at, newsletter, period in coming
        ],
    )


def _as_data(at: datetime, newsletter: "Newsletter", period: "Period") -> dict[str, object]:
    from digest.newsletters.timetable import remarks, timetable

    return {
        "newsletter": newsletter.name,
        "period": period.key,
        "sending_at": at.isoformat(),
        "sending_at_utc": at.astimezone(UTC).isoformat(),
        "timezone": newsletter.schedule.zone.key,
        "covers": {"first_day": period.start.isoformat(), "last_day": period.last_day.isoformat()},
        "notes": remarks(timetable(newsletter.schedule), period),
    }
