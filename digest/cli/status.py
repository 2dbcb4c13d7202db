"""`digest status`: where every edition stands, what is next, what waits, and what is late."""

from collections.abc import Iterator
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option, newsletter_option
from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.app.standing import EditionStanding, NewsletterStanding

CLOSED_SHOWN = 6
WIDE = 100  # from here on, the next step stands beside each edition
LABEL = 8
TROUBLE_SHOWN = 8


@click.command()
@newsletter_option
@click.option("--all", "show_all", is_flag=True, help="Also the editions that are long over.")
@click.option("--now", "at", metavar="TIME", help="Pretend that it is 2018-08-05T09:00, in the publisher's zone.")
@json_option
@pass_session
def status(session: Session, newsletter: str | None, at: str | None, *, show_all: bool, as_json: bool) -> int:
    """Say what is next and when, what waits for whom, what is late, and where every edition stands.

    Looking changes nothing.
    """
    from digest.app.standing import standing

    workspace = session.workspace
    if at is not None:
        from digest.cli.times import fixed_clock

        workspace.clock = fixed_clock(at, workspace.settings.publisher.timezone)
    chosen = [workspace.newsletter(newsletter)] if newsletter else list(workspace.settings.newsletters)
    stands = [standing(workspace, one) for one in chosen]
    if as_json:
        import json

        from digest.cli.status_data import data_of

        click.echo(json.dumps([data_of(workspace, one) for one in stands], ensure_ascii=False, indent=2))
        return 0
    most = get_terminal_size().columns
    for one in stands:
        for line in _newsletter(one, most, show_all=show_all):
            click.echo(line)
        if not one.editions:
            session.say("Nothing collected yet: run `digest collect`.")
    for line in _last_run(workspace, most):
        click.echo(line)
    return 0


def _newsletter(stands: "NewsletterStanding", most: int, *, show_all: bool) -> Iterator[str]:
    from digest.cli.status_words import told
    from digest.cli.wording import rhythm
    from digest.foundation.words import counted
    from digest.web.columns import labelled, wrapped

    newsletter = stands.newsletter
    title = f"{newsletter.title(newsletter.languages[0])} ({newsletter.name})"
    readers = counted(stands.readers, "reader", "readers")
    yield from wrapped(f"{title}: {rhythm(newsletter)}, {newsletter.schedule.zone.key}; {readers}", most)
    yield ""
    for label, text in told(stands):
        yield from labelled(label, text, width=LABEL, most=most)
    if stands.editions:
        yield ""
        yield from _editions(stands, most, show_all=show_all)
    yield ""


def _editions(stands: "NewsletterStanding", most: int, *, show_all: bool) -> Iterator[str]:
    from digest.cli.status_words import next_step, reason_of, state_of
    from digest.web.columns import columns, labelled

    closed = [row for row in stands.editions if row.edition is not None and _is_closed(row)]
    hidden = [] if show_all else closed[:-CLOSED_SHOWN]
    shown = [row for row in stands.editions if row not in hidden]
    steps = {row.key: next_step(stands.newsletter, row) for row in shown}
    rows = [
        [
            row.key,
            state_of(row),
            f"{row.goes_out_at:%Y-%m-%d %H:%M}" if row.goes_out_at else "",
            row.included,
            row.arrivals or "",
            row.sent,
            steps[row.key] if most >= WIDE else "",
        ]
        for row in shown
    ]
    headings = ["period", "state", "goes out", "stories", "waiting", "sent", "next step" if most >= WIDE else ""]
    yield from columns(headings, rows, most=most, elastic=6 if most >= WIDE else 1, right=(3, 4, 5))
    if hidden:
        yield f"  and {len(hidden)} earlier: digest status --all"
    if most < WIDE and any(steps.values()):
        yield ""
        for key, step in steps.items():
            if step:
                yield from labelled(key, step, width=max(map(len, steps)), most=most)
    because = {row.key: reason_of(row) for row in shown if reason_of(row)}
    if because:
        yield ""
        for key, reason in because.items():
            yield from labelled(key, reason, width=max(map(len, because)), most=most)


def _is_closed(row: "EditionStanding") -> bool:
    return row.edition is not None and (row.edition.state in ("finished", "passed-over", "expired", "skipped"))


def _last_run(workspace: "Workspace", most: int) -> Iterator[str]:
    from digest.cli.status_words import run_said
    from digest.foundation.words import harmless
    from digest.web.columns import labelled

    record = workspace.runs.last()
    zone, now = workspace.settings.publisher.timezone, workspace.clock.now()
    yield from labelled("Last run", run_said(record, zone, now), width=LABEL, most=most, indent=0)
    trouble = record.trouble if record else ()
    for one in trouble[:TROUBLE_SHOWN]:
        yield from labelled("", harmless(f"{one.about}: {one.said}"), width=LABEL, most=most, indent=0)
    if len(trouble) > TROUBLE_SHOWN:
        yield f"{' ' * LABEL}  and {len(trouble) - TROUBLE_SHOWN} more lines: digest status --json"
