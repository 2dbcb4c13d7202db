"""`digest rehearse`: replay the calendar in virtual time, and say what would have gone out."""

from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option, newsletter_option
from digest.cli.session import Session, pass_session, table
from digest.errors import IntegrityError

if TYPE_CHECKING:
    from digest.app.rehearsing import Happened, Rehearsal, Wishes


@click.command()
@newsletter_option
@click.option("--from", "start", required=True, metavar="DATE", help="The first day, such as 2018-04-01 or 2018-04.")
@click.option("--to", "end", required=True, metavar="DATE", help="The last day, such as 2019-04-01 or 2019-03.")
@click.option(
    "--outage",
    "outages",
    multiple=True,
    metavar="FROM..TO",
    help="The machine is off, 2018-06-01..2018-06-20. Repeatable.",
)
@click.option(
    "--clock",
    "jumps",
    multiple=True,
    metavar="TIME=CHANGE",
    help="The clock is wrong for a day: 2018-07-05T08:00=-3h. Repeatable.",
)
@click.option(
    "--late",
    "late",
    multiple=True,
    metavar="[ID=]DAYS",
    help="All stories (or the item ID) become known that many days after their date. Repeatable.",
)
@click.option("--holidays", metavar="COUNTRY", help="With the holidays of this country, such as CR.")
@click.option("--unapproved", is_flag=True, help="Nobody approves anything.")
@json_option
@pass_session
def rehearse(  # noqa: PLR0913, PLR0917 – one parameter per option
    session: Session,
    newsletter: str | None,
    start: str,
    end: str,
    outages: tuple[str, ...],
    jumps: tuple[str, ...],
    late: tuple[str, ...],
    holidays: str | None,
    *,
    unapproved: bool,
    as_json: bool,
) -> int:
    """Replay the calendar over the stories of this workspace, from one day to another; nothing is sent or written.

    Says what would have gone out, when and to how many, and checks on the way that nothing went out twice or was lost.
    """
    from digest.app.rehearsing import rehearse as replay
    from digest.cli.rehearsal_options import wishes_from

    wishes = wishes_from(
        session.workspace, newsletter, (start, end), outages, jumps, late, holidays, approved=not unapproved
    )
    result = replay(session.workspace, wishes)
    if as_json:
        click.echo(_json(result))
    else:
        click.echo(_table(result))
        _say(session, wishes, result)
    for broken in result.broken:
        click.echo(f"broken invariant {broken}", err=True)
    return IntegrityError.exit_code if result.broken else 0


def _table(result: "Rehearsal") -> str:
    return table(
        ["when", "edition", "window", "stories", "late", "readers", "what happened"],
        [
            [
                f"{row.at:%a %Y-%m-%d %H:%M}",
                row.edition,
                f"{row.window[0]} – {row.window[1]}",
                row.stories,
                row.late,
                row.readers,
                _said(row),
            ]
            for row in result.happened
        ],
        right=(3, 4, 5),
    )


def _said(row: "Happened") -> str:
    from digest.model.edition import EditionState

    if row.state is EditionState.FINISHED:
        return "went out"
    return f"{row.state}: {row.because}" if row.because else str(row.state)


def _say(session: Session, wishes: "Wishes", result: "Rehearsal") -> None:
    from digest.model.edition import EditionState

    for at, trouble in result.told:
        session.say(f"{at:%Y-%m-%d %H:%M}, operators are told: {trouble}")
    out = [row for row in result.happened if row.state is EditionState.FINISHED]
    zones = sorted({one.schedule.zone.key for one in wishes.newsletters})
    session.say(
        f"{len(out)} editions with {sum(row.stories for row in out)} stories, {sum(row.readers for row in out)} mails; "
        f"times in {', '.join(zones)}. Nothing was sent."
    )
    if not result.broken:
        session.say(f"Invariants held through {result.runs} runs, each made twice.")


def _json(result: "Rehearsal") -> str:
    import json

    return json.dumps(
        {
            "editions": [
                {
                    "at": row.at.isoformat(),
                    "edition": row.edition,
                    "first_day": row.window[0].isoformat(),
                    "last_day": row.window[1].isoformat(),
                    "state": row.state.value,
                    "stories": row.stories,
                    "late": row.late,
                    "readers": row.readers,
                    "because": row.because,
                }
                for row in result.happened
            ],
            "told": [{"at": at.isoformat(), "said": str(one), "code": one.code} for at, one in result.told],
            "broken": list(result.broken),
            "runs": result.runs,
        },
        ensure_ascii=False,
        indent=2,
    )
