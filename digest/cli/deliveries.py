"""`digest deliveries`, `pause` and `resume`: who got what, row by row, and what people decide about what leaves."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import chain, islice

import click

from digest.cli import HELP
from digest.cli.invocation import (
    Invocation,
    by_name_option,
    by_option,
    edition_meant,
    edition_names,
    edition_options,
    json_option,
    named,
    newsletter_option,
    pass_invocation,
    tell_given_up,
)
from digest.cli.writer import terminal_width
from digest.delivery import pauses
from digest.delivery.decisions import Decided, decide, judge_ours, judge_theirs, undecided
from digest.delivery.delivery import Decision, DecisionRecord, DeliveryRecord, DeliveryState, DoubtRecord, Wanted
from digest.delivery.lookup import folded_addresses, records, refuse_unknown
from digest.delivery.pauses import PAUSABLE
from digest.desk.columns import Column, Table, Way, labelled, seen
from digest.desk.report import last_sent
from digest.errors import PartlyFailedError, PersonNeededError, UsageError, worst
from digest.foundation.catalogue import _, in_each_language, plural
from digest.foundation.words import harmless
from digest.mail.wording import edition_in_full
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

LISTING = "list"
MEASURED = 200  # rows that decide how wide the columns are
ANSWER_MOST = 100
INDENT = "    "


class _WithListing(click.Group):
    """`digest deliveries 2018-07` is `digest deliveries list 2018-07`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = (
            2 if args[:1] == ["-C"] else 1 if args and args[0].startswith("-C") else 0
        )  # the workspace, before all else
        if args[first:][:1] != ["-h"] and args[first:][:1] != ["--help"] and not {*args[first:][:1]} & {*self.commands}:
            args = [*args[:first], LISTING, *args[first:]]
        return super().parse_args(ctx, args)


@click.group(cls=_WithListing, context_settings=HELP)
def deliveries() -> None:
    """List who got what, and decide about mails in doubt or refused.

    `digest deliveries 2018-07 --held` lists; `resend` lets mails leave again, `mark` says what became of them.
    """


@deliveries.command(LISTING)
@edition_options
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only those in this state; may be repeated.",
)
@click.option("--held", is_flag=True, help="Only those in doubt, that wait for a person (as --state held).")
@click.option("--failed", is_flag=True, help="Only those that were refused for good (as --state failed).")
@click.option("--doubtful", is_flag=True, help="Only those that were ever in doubt, whatever became of them.")
@click.option("--address", "addresses", multiple=True, metavar="ADDRESS", help="Only this reader; may be repeated.")
@json_option
@pass_invocation
def list_(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    states: tuple[str, ...],
    addresses: tuple[str, ...],
    *,
    held: bool,
    failed: bool,
    doubtful: bool,
    as_json: bool,
) -> int:
    """List the deliveries of an edition: EDITION is 2018-07, july or monthly/2018-07.

    Without EDITION it is the one that was sent last.
    """
    chosen, meant = _edition_meant(invocation, edition, newsletter, period)
    wanted = Wanted(
        states=_states(states, held=held, failed=failed),
        addresses=frozenset(folded_addresses(addresses)),
        doubtful=doubtful,
    )
    found = records(invocation.instance.database, meant, wanted)
    if as_json:
        for line in _json_lines(found):
            click.echo(line)
        return 0
    empty = True
    for line in text_lines(found, chosen.schedule.zone, terminal_width()):
        invocation.tell(line)
        empty = False
    if empty:
        invocation.say(_("{edition} has no such delivery.").format(edition=edition_in_full(meant)))
    elif invocation.instance.ledger.tally(meant)[DeliveryState.HELD]:
        said = _(
            "To decide: digest deliveries resend {edition} ADDRESS --by NAME, or\n"
            "           digest deliveries mark {edition} ADDRESS --as sent --by NAME"
        )
        invocation.say(said.format(edition=meant.key))
    return 0


@deliveries.command()
@click.argument("edition")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS...]")
@newsletter_option
@click.option("--held", is_flag=True, help="All that are in doubt and wait for a person.")
@click.option("--failed", is_flag=True, help="All that were refused for good.")
@by_name_option
@click.option("--because", metavar="REASON", help="Why.")
@pass_invocation
def resend(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    edition: str,
    addresses: tuple[str, ...],
    newsletter: str | None,
    by: str,
    because: str | None,
    *,
    held: bool,
    failed: bool,
) -> int:
    """Let mails leave again that are in doubt or were refused: the same mail, byte for byte.

    They leave with the next `digest send` or `digest run`. Who has left meanwhile gets nothing.
    """
    return _decide(
        invocation, edition, newsletter, addresses, Decision.RESEND, held=held, failed=failed, by=by, because=because
    )


@deliveries.command()
@click.argument("edition")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS...]")
@newsletter_option
@click.option("--held", is_flag=True, help="All that are in doubt and wait for a person.")
@click.option("--as", "state", required=True, type=click.Choice(["sent", "failed"]), help="What became of them.")
@by_name_option
@click.option("--because", metavar="REASON", help="Why, for instance what the server's log says.")
@pass_invocation
def mark(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    edition: str,
    addresses: tuple[str, ...],
    newsletter: str | None,
    state: str,
    by: str,
    because: str | None,
    *,
    held: bool,
) -> int:
    """Say what became of mails that are in doubt: they arrived (sent), or never will (failed). Nothing leaves."""
    decision = Decision.MARK_SENT if state == "sent" else Decision.MARK_FAILED
    return _decide(
        invocation, edition, newsletter, addresses, decision, held=held, failed=False, by=by, because=because
    )


def _decide(  # noqa: PLR0913 – as the commands have options
    invocation: Invocation,
    edition: str,
    newsletter: str | None,
    addresses: tuple[str, ...],
    decision: Decision,
    *,
    held: bool,
    failed: bool,
    by: str,
    because: str | None,
) -> int:
    if bool(addresses) is (held or failed):
        raise click.UsageError(_("name addresses, or say --held or --failed: one of both"))
    _chosen, meant = _edition_meant(invocation, edition, newsletter, None)
    people = folded_addresses(addresses)
    refuse_unknown(invocation.instance.database, meant, people)
    wanted = Wanted(states=_states((), held=held, failed=failed), addresses=frozenset(people))
    settled = decide(invocation.instance.place, meant, wanted, decision, by=by, because=(because or "").strip() or None)
    return _told(invocation, settled, decision)


def _told(invocation: Invocation, settled: Decided, decision: Decision) -> int:
    """Exit code 3 as long as anything waits for a person, 4 when some could not be changed."""
    codes = []
    invocation.tell(f"{edition_in_full(settled.edition)}: {_did(decision, settled.changed)}.")
    for reason, people in settled.refused.items():
        said = _("not changed: {people} {reason}")
        click.echo(said.format(people=", ".join(people), reason=reason), err=True)
        codes.append(PartlyFailedError.exit_code)
    if held := settled.tally[DeliveryState.HELD]:
        said = plural(
            "{count:,} mail is still in doubt and waits for a decision.",
            "{count:,} mails are still in doubt and wait for a decision.",
            held,
        )
        invocation.say(said)
        codes.append(PersonNeededError.exit_code)
    elif settled.edition.state == "finished":
        invocation.say(_("Nothing of it is open any more: it is finished."))
    if settled.tally[DeliveryState.PENDING]:
        invocation.say_next(_("Next: digest send {edition}").format(edition=settled.edition.key))
    return worst(codes)


def _did(decision: Decision, count: int) -> str:
    return {
        Decision.RESEND: plural("{count:,} mail to be sent again", "{count:,} mails to be sent again", count),
        Decision.MARK_SENT: plural("{count:,} mail marked as sent", "{count:,} mails marked as sent", count),
        Decision.MARK_FAILED: plural("{count:,} mail marked as failed", "{count:,} mails marked as failed", count),
    }[decision]


def _states(names: tuple[str, ...], *, held: bool, failed: bool) -> frozenset[DeliveryState]:
    return frozenset(
        [
            *(DeliveryState(name) for name in names),
            *([DeliveryState.HELD] if held else []),
            *([DeliveryState.FAILED] if failed else []),
        ]
    )


def _edition_meant(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None
) -> tuple[Newsletter, Edition]:
    chosen, words = named(invocation, edition, newsletter, period)
    if words is not None:
        return chosen, edition_names(invocation, chosen).edition(words)
    found = last_sent(invocation.instance.editions.editions(chosen.name))
    if found is None or found.sending_at is None:
        raise UsageError(chosen.name, _("nothing of it was sent yet"), _("look at `digest status`"))
    return chosen, found


@click.command()
@edition_options
@by_option
@click.option("--because", metavar="REASON", default="", help="Why; it is shown in `digest status`.")
@pass_invocation
def pause(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None, by: str, because: str
) -> int:
    """Stop the sending of an edition, here and in every other process: EDITION is 2018-07, july or monthly/2018-07.

    What is leaving at this moment comes to its end; nothing begins any more, until somebody says `digest resume`.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset(PAUSABLE), _("to be paused"))
    held = pauses.pause(instance.pauses, meant, instance.clock.now(), by, because.strip())
    said = _("{edition} is {paused}.")
    invocation.tell(said.format(edition=edition_in_full(meant), paused=pauses.said_at(held, chosen.schedule.zone)))
    invocation.say(_("Nothing of it leaves until somebody says: digest resume {edition}").format(edition=meant.key))
    return 0


@click.command()
@edition_options
@by_option
@click.option("--ours", "whose", flag_value="ours", help="What was refused was our fault: it is tried again.")
@click.option("--theirs", "whose", flag_value="theirs", help="It was about these readers: they count as refused.")
@pass_invocation
def resume(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None, by: str, whose: str | None
) -> int:
    """Let a paused edition go on: EDITION is 2018-07, july or monthly/2018-07. The next run, or `send`, sends the rest.

    Without EDITION it is the one that is paused. After refusals say whose fault they were; without a word they are
    tried again.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    if words is not None:
        meant = edition_names(invocation, chosen).edition(words)
    else:
        paused = [one for one in instance.editions.editions(chosen.name) if pauses.holding(instance.pauses, one)]
        if len(paused) != 1:
            said = _("these are paused: {editions}") if paused else _("no edition is paused")
            raise UsageError(
                chosen.name,
                said.format(editions=", ".join(one.key for one in paused)),
                _("name one") if paused else _("look at `digest status`"),
            )
        meant = paused[0]
    refused = undecided(instance.database, meant) if pauses.holding(instance.pauses, meant) else 0
    if refused and whose is None and sys.stdin.isatty():
        whose = _asked_whose(refused)
    lifted = pauses.resume(instance.pauses, meant, instance.clock.now(), by)
    said = _("{edition} goes on; it was {paused}.")
    invocation.tell(said.format(edition=edition_in_full(meant), paused=pauses.said_at(lifted, chosen.schedule.zone)))
    if refused and whose == "theirs":
        meant = judge_theirs(instance.place, meant, by=by)
        said = plural("{count:,} mail counts as refused.", "{count:,} mails count as refused.", refused)
        invocation.say(said)
        from digest.inbound.processing import count_refusals  # 80 ms: only where somebody was refused

        tell_given_up(invocation, count_refusals(instance.inbox, meant))
        if meant.state == "finished":
            invocation.say(_("Nothing of it is open any more: it is finished."))
            return 0
    elif refused:
        judge_ours(instance.place, meant)
        invocation.say(plural("{count:,} mail is tried again.", "{count:,} mails are tried again.", refused))
    invocation.say_next(_("Next: digest send {edition}, or wait for `digest run`.").format(edition=meant.key))
    return 0


def _asked_whose(refused: int) -> str:
    """As people say it."""
    question = plural(
        "{count:,} mail was refused. Whose fault is it: ours (mended: it is tried again), or theirs (it counts as "
        "refused)?",
        "{count:,} mails were refused. Whose fault is it: ours (mended: they are tried again), or theirs (they count "
        "as refused)?",
        refused,
    )
    return str(click.prompt(question, type=click.Choice(["ours", "theirs"]), err=True))


# -- How deliveries are shown: a line is written as it is read, so a million need no more memory than a few.


def text_lines(records: Iterable[DeliveryRecord], zone: tzinfo, most: int | None = None) -> Iterator[str]:
    """A table, `most` cells wide at most, with a line below a row for each doubt and decision; nothing for no rows."""
    rows = iter(records)
    first = list(islice(rows, MEASURED))
    if not first:
        return
    measured = [_cells(record, zone) for record in first]
    headings = (_("address"), _("state"), _("attempts"), _("next attempt"), Column(_("answer"), Way.WRAPPED))
    table = Table(headings, measured, most=most, open_end=True)
    yield from table.head()
    for record in chain(first, rows):
        yield from table.row(_cells(record, zone))
        for at, said in sorted(_story(record)):
            line = f"{INDENT}{_at(at, zone)} {said}"
            yield from [line] if most is None or seen(line) <= most else labelled("", line, width=0, most=most)


def _doubted(doubt: DoubtRecord) -> str:
    causes = {
        "crash": _("the program died after the last bytes"),
        "server": _("the server did not say whether it has it"),
        "power": _("the machine restarted meanwhile"),
        "host": _("another machine was cut off, or stood still"),
        "restore": _("the database is older than the journal"),
    }
    remedies = {"resend": _("sent again"), "hold": _("waiting for a decision"), "assume-sent": _("taken as sent")}
    return f"{causes.get(doubt.cause, doubt.cause)}; {remedies.get(doubt.remedy, doubt.remedy)}"


def _decided(decision: DecisionRecord) -> str:
    said = {
        Decision.RESEND: _("sent again by {name}"),
        Decision.MARK_SENT: _("marked as sent by {name}"),
        Decision.MARK_FAILED: _("marked as failed by {name}"),
    }[decision.step].format(name=harmless(decision.by))
    return f"{said}: {harmless(decision.because)}" if decision.because else said


def _story(record: DeliveryRecord) -> Iterator[tuple[datetime, str]]:
    for doubt in record.doubts:
        yield doubt.at, _("in doubt: {what}").format(what=_doubted(doubt))
    for decision in record.decisions:
        yield decision.at, _decided(decision)


@in_each_language
def _states_said() -> Mapping[DeliveryState, str]:
    """In English the words that `--state` takes."""
    return {
        DeliveryState.PENDING: _("pending"),
        DeliveryState.INTENT: _("intent"),
        DeliveryState.SENT: _("sent"),
        DeliveryState.FAILED: _("failed"),
        DeliveryState.HELD: _("held"),
        DeliveryState.NO_VARIANT: _("no-variant"),
        DeliveryState.LEFT: _("left"),
    }


def _cells(record: DeliveryRecord, zone: tzinfo) -> Sequence[str]:
    answer = " ".join(harmless(_(record.answer) if record.answer else "").split())
    return (
        record.address,
        _states_said()[record.state],
        str(record.attempts or ""),
        _at(record.next_attempt_at, zone) if record.next_attempt_at and record.state.is_open else "",
        answer if len(answer) <= ANSWER_MOST else f"{answer[: ANSWER_MOST - 1]}…",
    )


def _at(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _json_lines(records: Iterable[DeliveryRecord]) -> Iterator[str]:
    """One array, a delivery a line."""
    yield "["
    before = None
    for record in records:
        if before is not None:
            yield f"{before},"
        before = json.dumps(_record_data(record), ensure_ascii=False)
    if before is not None:
        yield before
    yield "]"


def _record_data(record: DeliveryRecord) -> dict[str, object]:
    return {
        "address": record.address,
        "variant": record.variant,
        "state": record.state.value,
        "changed_at": record.changed_at.isoformat(),
        "attempts": record.attempts,
        "next_attempt_at": record.next_attempt_at.isoformat() if record.next_attempt_at else None,
        "answer": record.answer,
        "why": record.why,
        "welcomed_at": record.welcomed_at.isoformat() if record.welcomed_at else None,
        "doubts": [
            {"at": doubt.at.isoformat(), "cause": doubt.cause, "said": doubt.said, "remedy": doubt.remedy}
            for doubt in record.doubts
        ],
        "decisions": [
            {
                "at": one.at.isoformat(),
                "by": one.by,
                "step": one.step.value,
                "before": one.before.value,
                "because": one.because,
            }
            for one in record.decisions
        ],
    }
