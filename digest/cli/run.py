"""`digest run`: everything that is due, once, then exit."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.options import metrics_option
from digest.cli.session import Session, pass_session
from digest.errors import DigestError, worst

if TYPE_CHECKING:
    from digest.app import Workspace


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing, open no connection.")
@click.option("--now", "at", metavar="TIME", help="Pretend that it is 2018-08-05T09:00, in the publisher's zone.")
@metrics_option
@pass_session
def run(session: Session, at: str | None, metrics_file: Path | None, *, dry_run: bool) -> int:
    """Collect, draft, check, and send all that is due, then exit: for cron, and safe to call as often as you like.

    Says nothing when all is well; trouble is one line each, and a wait that has not changed is said once.
    """
    try:
        return _run(session, at, metrics_file, dry_run=dry_run)
    except DigestError as error:  # on one line, for whoever reads the mail from cron
        click.echo(f"digest: {error.thing}: {error.cause}{'; ' if error.remedy else ''}{error.remedy}", err=True)
        return error.exit_code


def _run(session: Session, at: str | None, metrics_file: Path | None, *, dry_run: bool) -> int:
    from digest.app.monitoring import watched
    from digest.app.running import run as run_all
    from digest.cli.progress import shown_progress
    from digest.cli.stopping import told_to_stop

    workspace = session.workspace
    if at is not None:
        from digest.cli.times import fixed_clock

        workspace.clock = fixed_clock(at, workspace.settings.publisher.timezone)
    if dry_run:
        return _dry_run(workspace)
    with (
        watched(workspace, metrics_file, rehearsed=at is not None) as told,
        told_to_stop() as stop,
        shown_progress(session, only_on_terminal=not session.verbose) as workspace.progress,
    ):
        ran = run_all(workspace, rehearsed=at is not None, stop=stop)
        told.code = worst(ran.codes)
    for line in told.warnings:
        click.echo(f"digest: {line}", err=True)
    if session.verbose:
        for line in ran.done:
            session.say(line)
    if ran.done:
        from digest.cli.browsing import write_browse_page

        write_browse_page(workspace)
    for one in ran.trouble if session.verbose else ran.news:
        click.echo(f"digest: {one}", err=True)
    return worst(ran.codes)


def _dry_run(workspace: "Workspace") -> int:
    from digest.app.running import run as run_all
    from digest.app.shadow import shadow_of

    with shadow_of(workspace) as shadow:
        ran = run_all(shadow, rehearsed=True)
    for line in ran.done:
        click.echo(f"would do: {line}")
    if not ran.done:
        click.echo("Nothing is due.")
    for one in ran.trouble:
        click.echo(f"digest: {one}", err=True)
    return worst(ran.codes)
