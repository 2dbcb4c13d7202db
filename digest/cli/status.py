"""`digest status`: where every edition stands, what is next, what waits, and what is late."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, tzinfo
from shutil import get_terminal_size

import click

from digest.cli.choices import choices_told
from digest.cli.invocation import (
    Invocation,
    echo_json,
    edition_column,
    fenced,
    json_option,
    newsletter_option,
    newsletters_meant,
    pass_invocation,
    stop_clock,
)
from digest.commands import printed
from digest.delivery.batches import living
from digest.delivery.delivery import DeliveryState
from digest.delivery.fence import Fence
from digest.delivery.left_behind import LeftBehind, left_behind
from digest.desk.columns import Column, Headings, Way, columns, labelled, wrapped
from digest.desk.headline import headline
from digest.desk.phrases import duration, rhythm, window
from digest.desk.source_states import source_troubles
from digest.desk.status import (
    EditionStatus,
    LateSending,
    NewsletterStatus,
    NextSending,
    WaitingEdition,
    WaitingPart,
    status_of,
)
from digest.editions.missed import said as said_of_missed
from digest.editions.open_parts import OpenPart
from digest.editions.reviews import PartStatus
from digest.foundation.catalogue import _, plural
from digest.foundation.database import CLOCKS_WARNED, Database
from digest.foundation.kernel_clock import keeps
from digest.foundation.words import day, harmless, moment, weekday
from digest.foundation.workspace import LOCK
from digest.mail.wording import edition_in_full, period_in_full
from digest.newsletters.edition import CarriedOver, Edition, EditionState, Ruling
from digest.newsletters.newsletter import Approval
from digest.newsletters.period import Period
from digest.runs.clock_doubt import REMEDY, doubt
from digest.runs.run_record import RunRecord
from digest.runs.store import Runs
from digest.settings.instance import Instance

CLOSED_SHOWN = 4
NUMBERS = 58  # of columns that dates and counts take; with room for names and commands, these stand beside each other
LABEL = 8
AIMLESS_SHOWN = 3
TROUBLE_SHOWN = 8
HALF_A_DAY = timedelta(hours=12)


@click.command()
@newsletter_option
@click.option("--all", "show_all", is_flag=True, help="Also the editions that are long over.")
@click.option("--now", "at", metavar="TIME", help="Pretend that it is 2018-08-05T09:00, in the publisher's zone.")
@json_option
@pass_invocation
def status(invocation: Invocation, newsletter: str | None, at: str | None, *, show_all: bool, as_json: bool) -> int:
    """Say what is next and when, what waits for whom, what is late, and where every edition stands.

    Looking changes nothing.
    """
    instance = invocation.instance
    if at is not None:
        stop_clock(invocation, at)
    stands = [status_of(instance, one) for one in newsletters_meant(invocation, newsletter)]
    behind = left_behind(instance.database, [one.name for one in instance.settings.newsletters])
    if as_json:
        more = _data_of_all(instance, behind) | {"clock": _doubted(instance) if at is None else None}
        echo_json([_newsletter_data(instance, one) | more for one in stands])
        return 0
    most = get_terminal_size().columns
    for line in _headline(instance, stands, most):
        click.echo(line)
    for one in stands:
        for line in _newsletter(one, most, show_all=show_all):
            click.echo(line)
        if not one.editions:
            invocation.say(_("Nothing collected yet: run `digest collect`."))
    for line in (*_left(behind, most), *_dates_asked_about(instance, most), *_sources(instance, most)):
        click.echo(line)
    for line in _doubt(instance, most) if at is None else ():
        click.echo(line)
    for line in _last_run(instance, stands, most):
        click.echo(line)
    return 0


def _data_of_all(instance: Instance, behind: Sequence[LeftBehind]) -> dict[str, object]:
    data: dict[str, object] = {
        "left_behind": [one.edition.name for one in behind],
        "sources": [
            {"name": one.source.name, "state": str(one.state), "said": one.said} for one in source_troubles(instance)
        ],
    }
    if (database := _database_data(instance.database)) is not None:
        data["database"] = database
    return data


def _headline(instance: Instance, stands: Sequence[NewsletterStatus], most: int) -> Iterator[str]:
    """Nothing where nothing was collected yet."""
    if any(one.editions for one in stands):
        for line in wrapped(headline(stands, len(instance.items.waiting())), most):
            yield click.style(line, bold=True)
        yield ""


def _newsletter(stands: NewsletterStatus, most: int, *, show_all: bool) -> Iterator[str]:
    newsletter = stands.newsletter
    title = f"{newsletter.title_for_staff} ({newsletter.name})"
    readers = plural("{count:,} reader", "{count:,} readers", stands.readers)
    rest = stands.not_mailed
    if rest.paused:
        readers += ", " + plural("{count:,} paused", "{count:,} paused", rest.paused)
    if rest.unconfirmed:
        readers += ", " + plural("{count:,} unconfirmed", "{count:,} unconfirmed", rest.unconfirmed)
    yield from wrapped(f"{title}: {rhythm(newsletter)}, {newsletter.schedule.zone.key}; {readers}", most)
    yield ""
    for label, text in _told(stands):
        first, *others = labelled(label, text, width=LABEL, most=most)
        yield first.replace(label, click.style(label, fg=_colours().get(label)), 1)
        yield from others
    if stands.editions:
        yield ""
        yield from _editions(stands, most, show_all=show_all)
    yield ""


def _colours() -> dict[str, str]:
    """Of labels: red is what went wrong, yellow what waits for a person."""
    wrong = _("Late"), _("Missed"), _("Stopped"), _("Doubt"), _("Failed"), _("Copy")
    waits = _("Paused"), _("Changed"), _("Waiting"), _("Open"), _("New"), _("Approved")
    return {**dict.fromkeys(waits, "yellow"), **dict.fromkeys(wrong, "red")}


def _editions(stands: NewsletterStatus, most: int, *, show_all: bool) -> Iterator[str]:
    closed = [row for row in stands.editions if row.edition is not None and _is_closed(row)]
    hidden = [] if show_all else [row for row in closed if row not in _latest(closed)]
    shown = [row for row in stands.editions if row not in hidden]
    names = {row.key: _in_full(stands, row) for row in shown}
    steps = {row.key: _next_step(stands, row) for row in shown}
    longest = max(map(len, steps.values()), default=0)
    is_beside = NUMBERS + max(map(len, names.values()), default=0) + longest <= most
    rows = [
        [
            names[row.key],
            _state_said(row),
            f"{row.goes_out_at:%Y-%m-%d %H:%M}" if row.goes_out_at else "",
            row.included,
            row.arrivals or "",
            row.sent,
            steps[row.key] if is_beside else "",
        ]
        for row in shown
    ]
    next_steps = Column(_("next step") if is_beside else "", Way.WRAPPED, least=longest if is_beside else 0)
    numbers = _("stories"), _("waiting"), _("sent")
    headings: Headings = [
        edition_column(),
        Column(_("state"), Way.WRAPPED, least=9),
        _("goes out"),
        *numbers,
        next_steps,
    ]
    yield from columns(headings, rows, most=most, right=(3, 4, 5))
    if hidden:
        yield "  " + plural(
            "and {count:,} that is over: digest status --all",
            "and {count:,} that are over: digest status --all",
            len(hidden),
        )
    if not is_beside and longest:
        yield ""
        yield from _listed({names[key]: step for key, step in steps.items() if step}, most)
    because: dict[str, list[str]] = {}
    for row in shown:
        because.setdefault(_reason_of(row), []).append(names[row.key])
    because.pop("", None)
    if because:
        yield ""
        yield from _listed({_from_to(editions): reason for reason, editions in because.items()}, most)


def _latest(closed: Sequence[EditionStatus]) -> Sequence[EditionStatus]:
    """The last that went out, and what was missed, expired or skipped after it."""
    sent = [place for place, row in enumerate(closed) if row.edition and row.edition.state is EditionState.FINISHED]
    return closed[sent[-1] if sent else 0 :][-CLOSED_SHOWN:]


def _from_to(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else _("{first} to {last}").format(first=names[0], last=names[-1])


def _listed(said: Mapping[str, str], most: int) -> Iterator[str]:
    for name, text in said.items():
        yield from labelled(name, text, width=max(map(len, said)), most=most)


def _in_full(stands: NewsletterStatus, row: EditionStatus) -> str:
    return edition_in_full(row.edition) if row.edition else period_in_full(stands.newsletter.name, row.period)


def _is_closed(row: EditionStatus) -> bool:
    return row.edition is not None and (row.edition.state in ("finished", "missed", "expired", "skipped"))


def _sources(instance: Instance, most: int) -> Iterator[str]:
    """Those that are asked over the network and are quiet, broken or gone."""
    for trouble in source_troubles(instance):
        said = f"{trouble.source.name}: {harmless(trouble.said)}"
        yield from labelled(_("Source"), said, width=LABEL, most=most, indent=0)


def _left(behind: Sequence[LeftBehind], most: int) -> Iterator[str]:
    for one in behind:
        said = f"{one.edition.name}: {one.said}: {one.remedy}"
        yield from labelled(_("Left"), said, width=LABEL, most=most, indent=0)


def _dates_asked_about(instance: Instance, most: int) -> Iterator[str]:
    for item in instance.items.waiting():
        said = _("{place}: “{title}” waits, its date is {day}; correct it, or: digest items confirm {item}")
        title, id_ = harmless(item.text.title), item.id[:8]
        said = said.format(place=item.place, title=title, day=item.published_on, item=id_)
        yield from labelled(_("Date"), said, width=LABEL, most=most, indent=0)


def _doubt(instance: Instance, most: int) -> Iterator[str]:
    """Why a run would do nothing but say that the clock seems wrong."""
    if (said := _doubted(instance)) is not None:
        remedy = _("a run does nothing until it is right, or you say so: {command}").format(command=REMEDY)
        yield from labelled(_("Clock"), printed(f"{said}; {remedy}"), width=LABEL, most=most, indent=0)


def _doubted(instance: Instance) -> str | None:
    now = instance.clock.now()
    return doubt(now, Runs(instance.database).latest_at(), instance.settings.newsletters, kept=keeps(now))


def _last_run(instance: Instance, stands: Sequence[NewsletterStatus], most: int) -> Iterator[str]:
    record = Runs(instance.database).last()
    zone, now = instance.settings.publisher.timezone, instance.clock.now()
    said = _run_said(record, zone, now)
    if record is None and any(one.fence for one in stands):
        said = _("there was none yet")
    yield from labelled(_("Last run"), said, width=LABEL, most=most, indent=0)
    trouble = record.trouble if record else ()
    for one in trouble[:TROUBLE_SHOWN]:
        yield from labelled("", harmless(f"{one.about}: {one.said}"), width=LABEL, most=most, indent=0)
    if len(trouble) > TROUBLE_SHOWN:
        more = plural(
            "and {count:,} more line: digest status --json",
            "and {count:,} more lines: digest status --json",
            len(trouble) - TROUBLE_SHOWN,
        )
        yield f"{' ' * LABEL}  {more}"
    if instance.server is not None:
        yield from labelled(_("Database"), _database_said(instance.database), width=LABEL, most=most, indent=0)


def _database_said(database: Database) -> str:
    facts, holder = database.server_facts(), database.holder(LOCK)
    if facts is None:
        return database.name
    size = f"{facts.size // 1_000_000:,} MB"
    said = [database.name, f"PostgreSQL {facts.version}", size]
    if facts.replicas:
        behind = max((one.seconds_behind or 0 for one in facts.replicas), default=0)
        said.append(
            plural(
                "{count:,} replica, {seconds:,.0f} s behind",
                "{count:,} replicas, at most {seconds:,.0f} s behind",
                len(facts.replicas),
                seconds=behind,
            )
        )
    if abs(facts.ahead) > CLOCKS_WARNED:
        apart = abs(facts.ahead).total_seconds()
        said.append(_("its clock and ours are {seconds:,.0f} s apart").format(seconds=apart))
    if holder is not None:
        said.append(_("{holder} is running or sending here").format(holder=holder))
    if count := living(database):
        said.append(plural("{count:,} worker: `digest workers`", "{count:,} workers: `digest workers`", count))
    return "; ".join(said)


def _database_data(database: Database) -> dict[str, object] | None:
    """Nothing of a file."""
    facts, holder = database.server_facts(), database.holder(LOCK)
    if facts is None:
        return None
    return {
        "place": database.name,
        "version": facts.version,
        "bytes": facts.size,
        "clock_ahead_seconds": round(facts.ahead.total_seconds(), 3),
        "connections": facts.connections,
        "connections_most": facts.connections_most,
        "replicas": [asdict(one) for one in facts.replicas],
        "workers": living(database),
        "running": None if holder is None else {"host": holder.host, "process": holder.process},
    }


def _told(stands: NewsletterStatus) -> Iterator[tuple[str, str]]:
    """Label and sentence, the most urgent first. A copy that may not send gives no advice to do so."""
    if stands.fence is not None:
        yield _("Copy"), fenced(stands.fence)
    for late in stands.late:
        yield _("Late"), _late(stands, late)
    yield from _halted(stands)
    for changed in stands.changed:
        yield _("Changed"), harmless(changed)
    if stands.unsent.stories:
        yield _("Missed"), said_of_missed(stands.newsletter, stands.unsent)
    yield from _passed_over(stands)
    yield _("Next"), _next(stands)
    if stands.reminds_at is not None:
        yield _("Reminder"), _reminder(stands, stands.reminds_at)
    yield from _waits(stands)
    for part in stands.open_parts:
        yield _("Open"), harmless(_open_part(part))
    for row in stands.editions:
        yield from _about(row)
    yield from ((_("Readers"), said) for said in _of_readers(stands))


def _reminder(stands: NewsletterStatus, at: datetime) -> str:
    zone = stands.newsletter.schedule.zone
    people = ", ".join(harmless(one.name or one.address) for one in stands.newsletter.reminded)
    said = _("{people} get a mail on {when}, unless somebody has approved it by then")
    return said.format(people=people, when=f"{weekday(at.astimezone(zone))} {moment(at, zone)}")


def _passed_over(stands: NewsletterStatus) -> Iterator[tuple[str, str]]:
    """By what becomes of their stories, each kind in one line."""
    for carried in dict.fromkeys(one.carried for one in stands.missed):
        alike = [one for one in stands.missed if one.carried is carried]
        label, said = _("Missed"), _("{period}: {because}; the next run counts it as missed ({stories})")
        if carried is CarriedOver.MOVED:
            label, said = _("Skipped"), _("{period}: {because}; the next run skips it ({stories})")
        periods = [period_in_full(stands.newsletter.name, one.period) for one in alike]
        stories = _fate(carried, sum(one.stories for one in alike))
        if len(alike) > 1:
            said = _("{count} editions, {period}; the next run counts them as missed ({stories})")
            if carried is CarriedOver.MOVED:
                said = _("{count} editions, {period}; the next run skips them ({stories})")
        yield (
            label,
            said.format(count=len(alike), period=_from_to(periods), because=alike[0].because, stories=stories),
        )


def _open_part(part: OpenPart) -> str:
    edition, title, because = part.edition, part.title, part.because
    if edition.sending_at is None:
        return plural(
            "{title} is left out of {full} ({because}); {count:,} story stays open for its readers",
            "{title} is left out of {full} ({because}); {count:,} stories stay open for its readers",
            len(part.stories),
            title=title,
            full=edition_in_full(edition),
            because=because,
        )
    return plural(
        "{title} was left out of {full} ({because}); {count:,} story is open for its readers: digest send "
        "{edition} --part {part}; to give it up: digest plan drop {edition}/{part}",
        "{title} was left out of {full} ({because}); {count:,} stories are open for its readers: digest send "
        "{edition} --part {part}; to give them up: digest plan drop {edition}/{part}",
        len(part.stories),
        title=title,
        full=edition_in_full(edition),
        edition=edition.key,
        because=because,
        part=part.part,
    )


def _fate(carried: CarriedOver | None, count: int) -> str:
    match carried:
        case CarriedOver.WAITS:
            return plural(
                "{count:,} story waits until you say what becomes of it",
                "{count:,} stories wait until you say what becomes of them",
                count,
            )
        case None:
            return plural("{count:,} story is given up", "{count:,} stories are given up", count)
        case CarriedOver.MISSED | CarriedOver.MOVED:
            return plural("{count:,} story waits for a later one", "{count:,} stories wait for a later one", count)


def _halted(stands: NewsletterStatus) -> Iterator[tuple[str, str]]:
    for row in stands.editions:
        if row.paused:
            said = _("{full} is {paused}; to let it go on: digest resume {edition}")
            if stands.fence is not None:
                said = _("{full} is {paused}")
            full = _in_full(stands, row)
            yield _("Paused"), said.format(full=full, edition=row.key, paused=harmless(row.paused))
        elif row.interrupted and _is_left_over(row):
            said = _("the sending of {full} was interrupted: digest send {edition}")
            if stands.fence is not None:
                said = _("the sending of {full} was interrupted")
            yield _("Stopped"), said.format(full=_in_full(stands, row), edition=row.key)


def _is_left_over(row: EditionStatus) -> bool:
    """Unless all that is open is in doubt: that is another line."""
    return row.tally is None or row.tally.open == 0 or row.tally.open > row.tally[DeliveryState.HELD]


def _waits(stands: NewsletterStatus) -> Iterator[tuple[str, str]]:
    """What is late already is not said again, but for the parts."""
    late = {one.edition.name for one in stands.late if one.edition}
    for waiting in stands.waiting:
        if waiting.parts or waiting.edition.name not in late:
            yield _("Waiting"), _waiting(stands, waiting)
        for part in waiting.parts:
            yield "", _part(part, stands)


def _about(row: EditionStatus) -> Iterator[tuple[str, str]]:
    edition, full = row.edition, edition_in_full(row.edition) if row.edition else ""
    if edition and row.arrivals and edition.state is EditionState.DRAFT and edition.covers_to_end:
        said = plural(
            "{count:,} story came after the draft of {full} was closed: digest build --period {edition}",
            "{count:,} stories came after the draft of {full} was closed: digest build --period {edition}",
            row.arrivals,
            full=full,
            edition=row.key,
        )
        yield _("New"), said
    if edition and edition.state is EditionState.SEALED and edition.is_sent_by_hand and not row.paused:
        said = _("{full} goes out when a person sends it: digest send {edition}")
        yield _("Approved"), said.format(full=full, edition=row.key)
    if row.tally and (held := row.tally[DeliveryState.HELD]):
        said = plural(
            "{full}: {count:,} mail is in doubt, a person decides; digest deliveries {edition} --held",
            "{full}: {count:,} mails are in doubt, a person decides; digest deliveries {edition} --held",
            held,
            full=full,
            edition=row.key,
        )
        yield _("Doubt"), said
    if row.tally and (failed := row.tally[DeliveryState.FAILED]):
        said = plural(
            "{full}: {count:,} mail could not be delivered; digest deliveries {edition} --failed",
            "{full}: {count:,} mails could not be delivered; digest deliveries {edition} --failed",
            failed,
            full=full,
            edition=row.key,
        )
        yield _("Failed"), said


def _state_of(row: EditionStatus) -> list[str]:
    """As programs read it."""
    if row.edition is None:
        return ["not built"]
    paused, still_open = ["paused"] if row.paused else [], [] if row.edition.covers_to_end else ["window open"]
    return [row.edition.state.value, *paused, *still_open]


def _state_said(row: EditionStatus) -> str:
    words = {
        "not built": _("not built"),
        **{state.value: state.said for state in EditionState},
        "paused": _("paused"),
        "window open": _("window open"),
    }
    return ", ".join(words.get(each, each) for each in _state_of(row))


def _next_step(stands: NewsletterStatus, row: EditionStatus) -> str:
    """The command that a person types next; empty when there is none."""
    if row.edition is None:
        return printed(f"digest build --period {row.key}")
    needs_approval = stands.newsletter.approval is Approval.REQUIRED or row.edition.instalment
    is_approving = row.edition.state is EditionState.DRAFT and needs_approval
    if stands.fence is not None and (row.paused or not is_approving):
        return ""
    if row.paused:
        return printed(f"digest resume {row.key}")
    match row.edition.state:
        case EditionState.DRAFT if is_approving:
            return printed(f"digest approve {row.key} --by NAME")
        case EditionState.DRAFT | EditionState.SEALED | EditionState.SENDING:
            return printed(f"digest send {row.key}")
        case _:
            return ""


def _reason_of(row: EditionStatus) -> str:
    """Why it is not an ordinary edition; empty for one that is."""
    edition = row.edition
    if edition is None:
        return ""
    because = harmless(edition.because or "")
    match edition.state:
        case EditionState.MISSED | EditionState.EXPIRED:
            because = because or _("its time passed")
            missed = edition.state is EditionState.MISSED
            if not edition.finished_at:
                said = _("missed: {because}") if missed else _("expired: {because}")
                return said.format(because=because)
            said = _("missed on {day}: {because}") if missed else _("expired on {day}: {because}")
            return said.format(day=day(edition.finished_at), because=because)
        case EditionState.SKIPPED if edition.is_over and edition.finished_at:
            return _("skipped on {day}: {because}").format(day=day(edition.finished_at), because=because)
        case EditionState.SKIPPED:
            return row.thin or _("there is nothing to say so far")
    if edition.supplements:
        said = _("a correction: {because}") if edition.corrects else _("left out before: {because}")
    else:
        said = _("reissued or reopened: {because}")
    return said.format(because=because) if because else ""


def _meaning_of(code: int) -> str:
    return {
        0: _("all is well"),
        1: _("a fault in the program"),
        3: _("a person is needed"),
        4: _("partly failed, the rest is done"),
        65: _("nothing usable in any input"),
        73: _("cannot write"),
        75: _("busy, or the clock is wrong"),
        78: _("mistakes in the settings"),
    }.get(code) or _("look at `digest help exit-codes`")


def _run_said(record: RunRecord | None, zone: tzinfo, now: datetime) -> str:
    if record is None:
        return _("there was none yet: digest run")
    began = moment(record.began_at, zone)
    if record.exit_code is None:
        return _("began {when} and has not ended: it is under way, or was killed").format(when=began)
    said = _("{when}, {ago}: exit code {code}, {meaning}").format(
        when=moment(record.last_at, zone),
        ago=_ago(now - record.last_at),
        code=record.exit_code,
        meaning=_meaning_of(record.exit_code),
    )
    if record.rehearsed:
        said += " " + _("(with a clock that a person had set)")
    if record.times > 1:
        said += "; " + plural(
            "the same once since {when}", "the same {count:,} times since {when}", record.times, when=began
        )
    return said


def _ago(length: timedelta) -> str:
    said = _("{span} ago") if length >= timedelta(0) else _("in {span}")
    return said.format(span=duration(abs(length)))


def _ahead(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`in 3 days` by the calendar, `in 5 hours` when it is near."""
    if at - now < HALF_A_DAY:
        return _("in {span}").format(span=duration(at - now))
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return _("today") if days == 0 else _("tomorrow") if days == 1 else _("in {count} days").format(count=days)


def _next(stands: NewsletterStatus) -> str:
    coming, zone = stands.next, stands.newsletter.schedule.zone
    if coming is None:
        if stands.newsletter.schedule.days is None:
            return _("nothing goes out by itself; say when with 'send' in digest.yaml")
        return _("nothing more goes out by the calendar")
    return _("{period} goes out on {when}, {ahead}: {window}, {stories} so far; {how_far}").format(
        period=period_in_full(stands.newsletter.name, coming.period),
        when=f"{weekday(coming.at)} {moment(coming.at, zone)} ({zone.key if hasattr(zone, 'key') else zone})",
        ahead=_ahead(coming.at.astimezone(UTC), stands.now, zone),
        window=window(coming.period),
        stories=plural("{count:,} story", "{count:,} stories", coming.stories),
        how_far=_how_far(coming, stands) + (f"; {coming.thin}" if coming.thin else ""),
    )


def _how_far(coming: NextSending, stands: NewsletterStatus) -> str:
    edition, today = coming.edition, stands.now.astimezone(stands.newsletter.schedule.zone).date()
    if coming.period.end > today and (edition is None or edition.is_open):
        return _("its window is open until {day}").format(day=day(coming.period.last_day))
    if edition is None:
        return _("not built yet")
    if edition.state is EditionState.SEALED:
        by = edition.approved_by
        return _("approved by {name}").format(name=harmless(by)) if by else _("ready")
    if edition.state is EditionState.SKIPPED:
        return _("nothing goes out so far") if coming.thin else _("nothing to say yet")
    return _("approval is asked for") if stands.newsletter.approval is Approval.REQUIRED else _("ready")


def _late(stands: NewsletterStatus, late: LateSending) -> str:
    zone = stands.newsletter.schedule.zone
    return _("{period} should have gone out on {when}, {span} ago: {why}").format(
        period=period_in_full(stands.newsletter.name, late.period),
        when=moment(late.at, zone),
        span=duration(late.late_by),
        why=_why_late(late.edition, late.edition.key if late.edition else late.period.key, stands),
    )


def _why_late(edition: Edition | None, key: str, stands: NewsletterStatus) -> str:
    if stands.fence is not None and (edition is None or edition.state is not EditionState.DRAFT):
        said = _("nothing is sent from here")
    elif edition is None:
        said = _("it is not built; `digest run` does what is due")
    elif any(row.paused for row in stands.editions if row.edition == edition):
        said = _("it is paused")
    elif edition.state is EditionState.SENDING:
        said = _("its sending has begun and is not finished")
    elif edition.state is EditionState.SEALED:
        said = _("it is ready; digest send {edition}, or `digest run`")
    elif any(_is_awaited(one, edition, stands) for one in stands.waiting):
        said = _("its reviewers were asked late, and may still answer; digest review {edition}")
    elif stands.newsletter.approval is Approval.REQUIRED:
        said = _("nobody has approved it; digest preview {edition}, then digest approve {edition} --by NAME")
    else:
        said = _("`digest run` does what is due") if stands.fence is None else _("nothing is sent from here")
    return said.format(edition=key)


def _is_awaited(waiting: WaitingEdition, edition: Edition, stands: NewsletterStatus) -> bool:
    return waiting.edition == edition and any(
        part.silence_at and part.silence_at > stands.now for part in waiting.parts
    )


def _waiting(stands: NewsletterStatus, waiting: WaitingEdition) -> str:
    edition = waiting.edition
    since = ""
    if waiting.since:
        since = " " + _("since {when}").format(when=moment(waiting.since, stands.newsletter.schedule.zone))
    if waiting.parts:
        return plural(
            "{full} waits for an answer about {count:,} part{since}: digest review {edition}",
            "{full} waits for an answer about {count:,} parts{since}: digest review {edition}",
            len(waiting.parts),
            full=edition_in_full(edition),
            edition=edition.key,
            since=since,
        )
    if stands.newsletter.reviews:
        return _("{full}: all parts have an answer").format(full=edition_in_full(edition))
    said = _(
        "{full} waits for a person's approval{since}: digest preview {edition}, then digest approve {edition} --by NAME"
    )
    return said.format(full=edition_in_full(edition), edition=edition.key, since=since)


def _part(part: WaitingPart, stands: NewsletterStatus) -> str:
    silence = {
        "hold": _("silence holds the edition"),
        "send": _("silence lets it go"),
        "skip": _("silence stops the edition"),
        "leave-out": _("silence leaves it out"),
    }
    asked = _("not asked yet")
    if part.asked_at:
        asked = _("asked {when}").format(when=moment(part.asked_at, stands.newsletter.schedule.zone))
    names = ", ".join([*map(harmless, part.reviewers), asked]) if part.reviewers else _("nobody in particular")
    changed = [_("it changed after the answer")] if part.status is PartStatus.CHANGED else []
    means = silence.get(part.then, part.then)
    if part.silence_at and part.silence_at > stands.now:
        when = moment(part.silence_at, stands.newsletter.schedule.zone)
        means = _("asked late: from {when} on {silence}").format(when=when, silence=means)
    return "; ".join([f"{part.title}: {names}", *changed, means])


def _of_readers(stands: NewsletterStatus) -> Iterator[str]:
    yield from map(harmless, stands.alarms)
    if stands.readers and len(stands.newsletter.audiences) > 1:
        yield choices_told(stands.newsletter, stands.by_audience, stands.choices)
    if stands.aimless:
        yield _aimless(stands)


def _aimless(stands: NewsletterStatus) -> str:
    shown = ", ".join(stands.aimless[:AIMLESS_SHOWN])
    more = len(stands.aimless) - AIMLESS_SHOWN
    if more > 0:
        shown = _("{names} and {count} more").format(names=shown, count=more)
    said = plural(
        "{count:,} reader chose only what the settings have no more, and gets nothing: {names}",
        "{count:,} readers chose only what the settings have no more, and get nothing: {names}",
        len(stands.aimless),
        names=shown,
    )
    return said + "; " + printed("digest subscribers change ADDRESS --audience NAME")


def _newsletter_data(instance: Instance, stands: NewsletterStatus) -> dict[str, object]:
    newsletter = stands.newsletter
    return {
        "dates_asked_about": [
            {"item": item.id, "date": item.published_on.isoformat(), "place": str(item.place)}
            for item in instance.items.waiting()
        ],
        "newsletter": newsletter.name,
        "title": newsletter.title(newsletter.languages[0]),
        "rhythm": rhythm(newsletter),
        "timezone": newsletter.schedule.zone.key,
        "readers": stands.readers,
        "paused": stands.not_mailed.paused,
        "unconfirmed": stands.not_mailed.unconfirmed,
        "readers_by_audience": dict(stands.by_audience),
        "choices": stands.choices,
        "readers_without_audience": len(stands.aimless),
        "fence": _fence_data(stands.fence) if stands.fence else None,
        "next": _next_data(stands.next, stands.now) if stands.next else None,
        "reminds_at": _at(stands.reminds_at),
        "late": [_late_data(late) for late in stands.late],
        "missed": [{"period": one.period.key, "because": one.because, "stories": one.stories} for one in stands.missed],
        "unsent": {
            "stories": stands.unsent.stories,
            "editions": [
                {"period": edition.key, "stories": len(stories)} for edition, stories in stands.unsent.by_edition
            ],
        },
        "waiting": [_waiting_data(one) for one in stands.waiting],
        "open_parts": [_open_part_data(one) for one in stands.open_parts],
        "alarms": list(stands.alarms),
        "changed": list(stands.changed),
        "editions": [_edition_data(stands, row) for row in stands.editions],
        "last_run": _last_run_data(instance),
    }


def _fence_data(fence: Fence) -> dict[str, object]:
    return {"why": str(fence.why), "said": fence.said, "remedy": fence.remedy}


def _next_data(coming: NextSending, now: datetime) -> dict[str, object]:
    return {
        "period": coming.period.key,
        "sending_at": coming.at.isoformat(),
        "seconds": int((coming.at - now).total_seconds()),
        "covers": _covers(coming.period),
        "state": str(coming.edition.state) if coming.edition else None,
        "stories": coming.stories,
        "thin": coming.thin or None,
    }


def _late_data(late: LateSending) -> dict[str, object]:
    return {
        "period": late.period.key,
        "sending_at": late.at.isoformat(),
        "late_by_seconds": int(late.late_by.total_seconds()),
        "state": str(late.edition.state) if late.edition else None,
    }


def _open_part_data(part: OpenPart) -> dict[str, object]:
    return {
        "period": part.edition.key,
        "part": part.part,
        "title": part.title,
        "because": part.because,
        "stories": len(part.stories),
        "instalment": part.instalment.key if part.instalment else None,
    }


def _edition_data(stands: NewsletterStatus, row: EditionStatus) -> dict[str, object]:
    edition = row.edition
    return {
        "period": row.key,
        "state": ", ".join(_state_of(row)),
        "goes_out": f"{row.goes_out_at:%Y-%m-%d %H:%M}" if row.goes_out_at else "",
        "stories": row.included,
        "waiting": row.arrivals,
        "sent": row.sent,
        "next": _next_step(stands, row),
        "sending_at": row.goes_out_at.isoformat() if row.goes_out_at else None,
        "covers": _covers(row.period),
        "verdicts": {ruling.value: row.rulings.get(ruling, 0) for ruling in Ruling},
        "deliveries": {state.value: count for state, count in row.tally.states.items()} if row.tally else {},
        "interrupted": row.interrupted,
        "paused": row.paused or None,
        "thin": row.thin or None,
        "because": edition.because if edition else None,
        "approved_by": edition.approved_by if edition else None,
        "built_at": _at(edition.built_at if edition else None),
        "sealed_at": _at(edition.sealed_at if edition else None),
        "began_at": _at(edition.sending_at if edition else None),
        "finished_at": _at(edition.finished_at if edition else None),
    }


def _waiting_data(waiting: WaitingEdition) -> dict[str, object]:
    return {
        "period": waiting.edition.key,
        "since": _at(waiting.since),
        "parts": [
            {
                "part": part.part,
                "title": part.title,
                "status": part.status.value,
                "reviewers": list(part.reviewers),
                "asked_at": _at(part.asked_at),
                "silence_at": _at(part.silence_at),
                "then": part.then,
            }
            for part in waiting.parts
        ],
    }


def _last_run_data(instance: Instance) -> dict[str, object] | None:
    record = Runs(instance.database).last()
    if record is None:
        return None
    return {
        "began_at": _at(record.began_at),
        "last_at": _at(record.last_at),
        "times": record.times,
        "exit_code": record.exit_code,
        "rehearsed": record.rehearsed,
        "done": list(record.done),
        "trouble": [{"about": one.about, "said": one.said, "code": one.code} for one in record.trouble],
    }


def _covers(period: Period) -> dict[str, str]:
    return {"first_day": period.start.isoformat(), "last_day": period.last_day.isoformat()}


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
