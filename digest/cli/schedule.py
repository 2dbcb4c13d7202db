"""`digest schedule`: what goes out when."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option, newsletter_option
from digest.cli.session import Session, pass_session, table

if TYPE_CHECKING:
    from digest.model.newsletter import Newsletter
    from digest.model.period import Period

MOST = 100_000

Coming = tuple[datetime, "Newsletter", "Period"]


def _day(_context: click.Context, _option: click.Parameter, written: str | None) -> date | None:
    from digest.config.texts import calendar_date

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
def schedule(session: Session, newsletter: str | None, count: int, since: date | None, *, as_json: bool) -> int:
    """Say what goes out when: local time and UTC, the news each mail covers, and what is unusual about it.

    This is the calendar of the settings; `digest status` says how far each edition is.
    """
    from heapq import merge
    from itertools import islice

    workspace = session.workspace
    chosen = [workspace.newsletter(newsletter)] if newsletter else list(workspace.settings.newsletters)
    now = workspace.clock.now()
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
    from digest.policy.timetable import timetable

    zone = newsletter.schedule.zone
    for at, period in timetable(newsletter.schedule).sendings(since or now.astimezone(zone).date()):
        if since or at.astimezone(UTC) >= now:
            yield at, newsletter, period


def _as_table(coming: "list[Coming]") -> str:
    from digest.policy.remarks import remarks
    from digest.policy.timetable import timetable
    from digest.web.wording import window

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
    from digest.policy.remarks import remarks
    from digest.policy.timetable import timetable

    return {
        "newsletter": newsletter.name,
        "period": period.key,
        "sending_at": at.isoformat(),
        "sending_at_utc": at.astimezone(UTC).isoformat(),
        "timezone": newsletter.schedule.zone.key,
        "covers": {"first_day": period.start.isoformat(), "last_day": period.last_day.isoformat()},
        "notes": remarks(timetable(newsletter.schedule), period),
    }
