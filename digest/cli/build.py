"""`digest build`: draft editions."""

from typing import TYPE_CHECKING

import click

from digest.cli.ending import worst
from digest.cli.options import newsletter_option, period_option
from digest.cli.session import Session, pass_session, table

if TYPE_CHECKING:
    from digest.model.newsletter import Newsletter
    from digest.model.period import Period
    from digest.pipeline.build import Built


@click.command()
@newsletter_option
@period_option
@click.option("--all", "everything", is_flag=True, help="Every period that has stories, in order.")
@pass_session
def build(session: Session, newsletter: str | None, period: str | None, *, everything: bool) -> int:
    """Draft the edition of a period, or of every period that has stories.

    A draft takes nothing and may be built again as often as you like. Without a period, the one that ended last is
    built if stories wait for it.
    """
    from digest.cli.browsing import write_browse_page
    from digest.cli.steps import refresh

    if everything and period is not None:
        raise click.UsageError("--all and --period exclude each other")
    code = refresh(session)
    workspace = session.workspace
    chosen = workspace.newsletter(newsletter)
    periods = _periods(session, chosen, period, everything=everything)
    if not periods:
        return code
    built = [workspace.build(chosen, one) for one in periods]
    click.echo(_summary(built))
    session.say(f"Look at it: {write_browse_page(workspace)}")
    waiting = [one.edition.key for one in built if one.variants]
    if waiting:
        session.say(f"Next: digest preview --period {waiting[-1]}, then digest approve {waiting[-1]} --by NAME")
    return worst([code])


def _periods(session: Session, newsletter: "Newsletter", words: str | None, *, everything: bool) -> "list[Period]":
    workspace = session.workspace
    if words is not None:
        return [workspace.period(newsletter, words)]
    waiting = workspace.periods_to_build(newsletter)
    if everything:
        if not waiting:
            session.say("Nothing to build: no story waits for an edition.")
        return list(waiting)
    from digest.cli.wording import today
    from digest.model.period import PeriodKind
    from digest.policy.timetable import timetable

    times = timetable(newsletter.schedule)
    ended = times.previous(times.containing(today(workspace, newsletter)))
    if ended in waiting:
        return [ended]
    what = "window" if ended.kind is PeriodKind.SINCE_LAST else ended.kind
    session.say(f"Nothing is due: no story waits for {ended.key}, the {what} that ended last.")
    if waiting:
        session.say("These periods have stories:")
        for period, count in waiting.items():
            session.say(f"  {period.key}  {count:>3}  digest build --period {period.key}")
        session.say("All of them: digest build --all")
    return []


def _summary(built: "list[Built]") -> str:
    return table(
        ["period", "state", "stories", "left out", "variants", "readers"],
        [
            [
                one.edition.key,
                str(one.edition.state) if one.edition.covers_to_end else f"{one.edition.state} (window still open)",
                one.included,
                len(one.verdicts) - one.included,
                len(one.variants),
                sum(one.people.values()),
            ]
            for one in built
        ],
        right=(2, 3, 4, 5),
    )
