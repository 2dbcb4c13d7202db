"""`digest worker` and `digest workers`: send beside other hosts, and see who does."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from digest.cli.invocation import Invocation, echo_json, json_option, metrics_option, pass_invocation, table
from digest.cli.running import write_log
from digest.delivery.batches import AtWork, at_work
from digest.desk.columns import Column, Way
from digest.foundation.catalogue import _


@click.command()
@metrics_option
@pass_invocation
def worker(invocation: Invocation, metrics_file: Path | None) -> int:
    """Send what all hosts send together, and do what `digest run` does, on whichever host lives: until it is ended.

    One on each host, over the same database of PostgreSQL; it takes the place of cron and of the daemon. Stays in the
    foreground and logs to standard error. SIGTERM ends it after the messages under way. Tells systemd how it is.
    """
    from digest.desk.pages import write_browse_page  # 0.5 s: `workers` needs none of it
    from digest.runs.daemon import Notification, Unattended
    from digest.runs.worker import Worker

    write_log(verbose=invocation.verbose, quiet=invocation.quiet)
    folder = invocation.instance.folder.resolve()
    unattended = Unattended(folder, metrics_file, write_browse_page)
    code = Worker(folder, unattended, Notification(), write_browse_page).serve()
    if code:
        os._exit(code)  # what does not stop would keep the process
    return code


@click.command()
@json_option
@pass_invocation
def workers(invocation: Invocation, *, as_json: bool) -> int:
    """List who may send, on which host: the version, what it sends now, and how fast.

    A lease is how long others leave its messages to it should it fall silent; a worker renews it every ten seconds.
    """
    database = invocation.instance.database
    found = at_work(database) if database.is_shared and database.exists else ()
    if as_json:
        echo_json([_data(one) for one in found])
        return 0
    if found:
        click.echo(_table(found))
    elif database.is_shared:
        invocation.say(_("No worker is there: start one on each host with `digest worker`."))
    else:
        invocation.say(_("Workers share a database of PostgreSQL; this workspace has a file, and needs none."))
    return 0


def _table(found: Sequence[AtWork]) -> str:
    """`lease`: seconds that are left of it, as the database told them."""
    return table(
        [
            Column(_("host"), Way.CUT),
            Column(_("process"), spare=2),
            Column(_("version"), spare=3),
            _("lease"),
            Column(_("sends"), Way.CUT),
            _("to go"),
            _("a minute"),
        ],
        [
            [
                one.host,
                str(one.process),
                one.version,
                f"{one.lease_left:.0f} s",
                one.edition or ("–" if one.is_worker else _("not a worker")),
                f"{one.claimed:,}",
                f"{one.sent:,}",
            ]
            for one in found
        ],
        right=(1, 3, 5, 6),
    )


def _data(one: AtWork) -> dict[str, object]:
    return {
        "host": one.host,
        "process": one.process,
        "version": one.version,
        "worker": one.is_worker,
        "seen_at": one.seen_at.isoformat(),
        "lease_until": one.lease_until.isoformat(),
        "lease_seconds": round(one.lease_left, 1),
        "edition": one.edition,
        "claimed": one.claimed,
        "sent_in_a_minute": one.sent,
    }
