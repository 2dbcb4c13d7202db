"""`digest rehearse`: replay the calendar in virtual time, and say what would have gone out."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import click

from digest.cli.invocation import (
    Invocation,
    echo_json,
    edition_column,
    instant_meant,
    json_option,
    newsletter_option,
    newsletters_meant,
    pass_invocation,
    table,
)
from digest.desk.columns import Column, Way, shortened
from digest.errors import IntegrityError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.words import harmless, weekday
from digest.newsletters.days import instant
from digest.newsletters.edition import EditionState
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.schedule import Holidays
from digest.runs import rehearsal
from digest.runs.rehearsal import Happened, Rehearsal, RehearsalOptions, Whereabouts
from digest.runs.virtual_time import ClockJump, Outage

EXAMPLE = "2018-07-05T08:00"
MONTH = re.compile(r"(\d{4})-(\d{2})")
CHANGE = re.compile(r"([+-]\d+)(m|min|h|d)")
TITLE_MOST = 64
UNITS = {"m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
DAYS = re.compile(r"(?:(\w+)=)?(\d{1,4}) ?(?:d|days?)?")


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
@pass_invocation
def rehearse(  # noqa: PLR0913, PLR0917 – one parameter per option
    invocation: Invocation,
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
    options = _options(invocation, newsletter, (start, end), outages, jumps, late, holidays, approved=not unapproved)
    result = rehearsal.rehearse(invocation.instance, options)
    if as_json:
        echo_json(_data(result))
    else:
        click.echo(_table(result))
        _say(invocation, options, result)
    for broken in result.broken:
        click.echo(_("broken invariant {invariant}").format(invariant=broken), err=True)
    return IntegrityError.exit_code if result.broken else 0


def _options(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    newsletter: str | None,
    days: tuple[str, str],
    outages: Iterable[str],
    jumps: Iterable[str],
    late: Iterable[str],
    holidays: str | None,
    *,
    approved: bool,
) -> RehearsalOptions:
    """Raise `UsageError` for what cannot be understood. Days are those of the publisher's zone, the last included."""
    zone = invocation.instance.settings.publisher.timezone
    chosen = newsletters_meant(invocation, newsletter)
    if holidays is not None:
        chosen = [_with_holidays(one, holidays) for one in chosen]
    first, last = _day(days[0], last=False), _day(days[1], last=True)
    if last < first:
        raise UsageError(f"--to {days[1]}", _("it lies before --from"), _("name a later day"))
    delays = dict(_delay(one) for one in late)
    return RehearsalOptions(
        newsletters=chosen,
        start=instant(first, time(0), zone),
        end=instant(last + timedelta(days=1), time(0), zone) - timedelta(seconds=1),
        outages=[_outage(one, zone) for one in outages],
        jumps=[_jump(one, zone) for one in jumps],
        late=delays.pop("", timedelta(0)),
        late_items=delays,
        approved=approved,
    )


def _day(text: str, *, last: bool) -> date:
    """`2018-04` is its first day, or its last."""
    try:
        if (found := MONTH.fullmatch(text)) is None:
            return date.fromisoformat(text)
        year, month = int(found[1]), int(found[2])
        begins = date(year, month, 1)
        if not last:
            return begins
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    except ValueError:
        raise UsageError(text, _("is no day"), _("write it like 2018-04-01, or 2018-04")) from None


def _outage(text: str, zone: ZoneInfo) -> Outage:
    start, dots, end = text.partition("..")
    if not dots:
        raise UsageError(text, _("is no outage"), _("write it like 2018-06-01..2018-06-20"))
    outage = Outage(start=instant_meant(start, zone, EXAMPLE), end=instant_meant(end, zone, EXAMPLE))
    if outage.end <= outage.start:
        raise UsageError(text, _("ends before it begins"), _("write the earlier time first"))
    return outage


def _jump(text: str, zone: ZoneInfo) -> ClockJump:
    at, _equals, change = text.partition("=")
    found = CHANGE.fullmatch(change)
    if found is None:
        raise UsageError(text, _("is no change of the clock"), _("write it like 2018-07-05T08:00=-3h"))
    return ClockJump(at=instant_meant(at, zone, EXAMPLE), by=int(found[1]) * UNITS[found[2]])


def _delay(text: str) -> tuple[str, timedelta]:
    found = DAYS.fullmatch(text)
    if found is None:
        raise UsageError(text, _("is no delay"), _("write a number of days, such as 10, or for one item 3fa9=10"))
    return (found[1] or "").lower(), timedelta(days=int(found[2]))


def _with_holidays(newsletter: Newsletter, country: str) -> Newsletter:
    return replace(newsletter, schedule=replace(newsletter.schedule, holidays=Holidays(country=country.upper())))


def _table(result: Rehearsal) -> str:
    return table(
        [
            _("when"),
            edition_column(),
            Column(_("window"), spare=1),
            _("stories"),
            _("late"),
            _("readers"),
            Column(_("what happened"), Way.WRAPPED, least=16),
        ],
        [
            [
                f"{weekday(row.at, short=True)} {row.at:%Y-%m-%d %H:%M}",
                row.in_full,
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


def _said(row: Happened) -> str:
    if row.state is EditionState.FINISHED:
        return _("went out")
    return f"{row.state.said}: {row.because}" if row.because else row.state.said


def _say(invocation: Invocation, options: RehearsalOptions, result: Rehearsal) -> None:
    for at, trouble in result.told:
        said = _("{when}, operators are told: {trouble}")
        invocation.say(said.format(when=f"{at:%Y-%m-%d %H:%M}", trouble=trouble))
    out = [row for row in result.happened if row.state is EditionState.FINISHED]
    zones = sorted({one.schedule.zone.key for one in options.newsletters})
    invocation.say(
        _("{editions} with {stories}, {mails}; times in {zones}. Nothing was sent.").format(
            editions=plural("{count:,} edition", "{count:,} editions", len(out)),
            stories=plural("{count:,} story", "{count:,} stories", sum(row.stories for row in out)),
            mails=plural("{count:,} mail", "{count:,} mails", sum(row.readers for row in out)),
            zones=", ".join(zones),
        )
    )
    _say_accounts(invocation, result)
    if not result.broken:
        held = plural(
            "Invariants held through {count:,} run, made twice.",
            "Invariants held through {count:,} runs, each made twice.",
            result.runs,
        )
        invocation.say(held)


def _say_accounts(invocation: Invocation, result: Rehearsal) -> None:
    """Where every story of the span is; each that was not sent is named with the reason."""
    count = {where: sum(one.where is where for one in result.accounts) for where in Whereabouts}
    said = plural(
        "{count:,} story: {sent} sent, {waits} wait, {left_out} left out, {lost} lost.",
        "{count:,} stories: {sent} sent, {waits} wait, {left_out} left out, {lost} lost.",
        len(result.accounts),
        sent=count[Whereabouts.SENT] + count[Whereabouts.OPEN],
        waits=count[Whereabouts.WAITS],
        left_out=count[Whereabouts.LEFT_OUT],
        lost=count[Whereabouts.LOST],
    )
    if count[Whereabouts.OPEN]:
        said += " " + plural(
            "{count:,} of them is open for a part that has not had it.",
            "{count:,} of them are open for a part that has not had them.",
            count[Whereabouts.OPEN],
        )
    invocation.say(said)
    words = {
        Whereabouts.WAITS: _("waits"),
        Whereabouts.OPEN: _("open"),
        Whereabouts.LEFT_OUT: _("left out"),
        Whereabouts.LOST: _("lost"),
    }
    for one in result.accounts:
        if one.where is not Whereabouts.SENT:
            title = harmless(shortened(one.title, TITLE_MOST))
            invocation.say(f"  {words[one.where]}: {title} ({one.story[:8]}), {harmless(one.because)}")


def _data(result: Rehearsal) -> dict[str, object]:
    return {
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
        "stories": [
            {
                "newsletter": one.newsletter,
                "story": one.story,
                "title": one.title,
                "where": one.where.value,
                "because": one.because,
            }
            for one in result.accounts
        ],
        "broken": list(result.broken),
        "runs": result.runs,
    }
