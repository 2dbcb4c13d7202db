"""`digest daemon`: `digest run` whenever it is time, for machines without cron."""

import os
import re
from datetime import timedelta
from pathlib import Path

import click

from digest.cli.options import metrics_option
from digest.cli.session import Session, pass_session

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
def daemon(session: Session, every: timedelta, metrics_file: Path | None) -> int:
    """Do what `digest run` does, again and again: at every sending time, and every few minutes in between.

    Stays in the foreground and logs to standard error. SIGTERM ends it after the messages under way, SIGHUP reads the
    settings again. Tells systemd how it is.
    """
    from digest.app.daemon import Daemon
    from digest.app.unattended import Unattended
    from digest.cli.browsing import write_browse_page
    from digest.cli.log_lines import write_log
    from digest.scheduler.notification import Notification

    write_log(verbose=session.verbose, quiet=session.quiet)
    unattended = Unattended(session.workspace.folder, metrics_file, write_browse_page)
    code = Daemon(unattended, every, Notification()).serve()
    if code:
        os._exit(code)  # a run that does not stop would keep the process
    return code
