"""`digest deliveries`: who got what, row by row; and what a person decides about mails in doubt or refused."""

from typing import TYPE_CHECKING

import click

from digest.cli.groups import HELP
from digest.cli.options import edition_argument, json_option, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session, terminal_width
from digest.cli.who import by_name_option
from digest.model.decision import Decision, Wanted
from digest.model.delivery import DeliveryState

if TYPE_CHECKING:
    from digest.app.deliveries import Settled
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter

LISTING = "list"


class _WithListing(click.Group):
    """`digest deliveries 2018-07` is `digest deliveries list 2018-07`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = [LISTING, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_WithListing, context_settings=HELP)
def deliveries() -> None:
    """List who got what, and decide about mails in doubt or refused.

    `digest deliveries 2018-07 --held` lists; `resend` lets mails leave again, `mark` says what became of them.
    """


@deliveries.command(LISTING)
@edition_argument
@newsletter_option
@period_option
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
@pass_session
def list_(  # noqa: PLR0913 – one parameter per option
    session: Session,
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
    from digest.app.deliveries import folded, records
    from digest.cli.deliveries_words import json_lines, text_lines

    chosen, meant = _edition(session, edition, newsletter, period)
    wanted = Wanted(
        states=_states(states, held=held, failed=failed), addresses=frozenset(folded(addresses)), doubtful=doubtful
    )
    found = records(session.workspace, meant, wanted)
    if as_json:
        for line in json_lines(found):
            click.echo(line)
        return 0
    empty = True
    for line in text_lines(found, chosen.schedule.zone, terminal_width()):
        click.echo(line)
        empty = False
    if empty:
        session.say(f"{meant.name} has no such delivery.")
    elif session.workspace.ledger.tally(meant)[DeliveryState.HELD]:
        session.say(f"To decide: digest deliveries resend {meant.key} ADDRESS --by NAME, or")
        session.say(f"           digest deliveries mark {meant.key} ADDRESS --as sent --by NAME")
    return 0


@deliveries.command()
@click.argument("edition")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS...]")
@newsletter_option
@click.option("--held", is_flag=True, help="All that are in doubt and wait for a person.")
@click.option("--failed", is_flag=True, help="All that were refused for good.")
@by_name_option
@click.option("--because", metavar="REASON", help="Why.")
@pass_session
def resend(  # noqa: PLR0913 – one parameter per option
    session: Session,
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
        session, edition, newsletter, addresses, Decision.RESEND, held=held, failed=failed, by=by, because=because
    )


@deliveries.command()
@click.argument("edition")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS...]")
@newsletter_option
@click.option("--held", is_flag=True, help="All that are in doubt and wait for a person.")
@click.option("--as", "state", required=True, type=click.Choice(["sent", "failed"]), help="What became of them.")
@by_name_option
@click.option("--because", metavar="REASON", help="Why, for instance what the server's log says.")
@pass_session
def mark(  # noqa: PLR0913 – one parameter per option
    session: Session,
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
    return _decide(session, edition, newsletter, addresses, decision, held=held, failed=False, by=by, because=because)


def _decide(  # noqa: PLR0913 – as the commands have options
    session: Session,
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
    from digest.app.deliveries import decide, folded, refuse_unknown

    if bool(addresses) is (held or failed):
        raise click.UsageError("name addresses, or say --held or --failed: one of both")
    _, meant = _edition(session, edition, newsletter, None)
    people = folded(addresses)
    refuse_unknown(session.workspace, meant, people)
    wanted = Wanted(states=_states((), held=held, failed=failed), addresses=frozenset(people))
    settled = decide(session.workspace, meant, wanted, decision, by=by, because=(because or "").strip() or None)
    return _told(session, settled, decision)


def _told(session: Session, settled: "Settled", decision: Decision) -> int:
    """Exit code 3 as long as anything waits for a person, 4 when some could not be changed."""
    from digest.cli.deliveries_words import did
    from digest.errors import PartlyFailedError, PersonNeededError, worst
    from digest.foundation.words import counted

    codes = []
    click.echo(f"{settled.edition.name}: {did(decision, settled.decided.changed)}.")
    for reason, people in settled.decided.refused.items():
        click.echo(f"not changed: {', '.join(people)} {reason}", err=True)
        codes.append(PartlyFailedError.exit_code)
    if held := settled.tally[DeliveryState.HELD]:
        session.say(f"{counted(held, 'mail is', 'mails are')} still in doubt and held.")
        codes.append(PersonNeededError.exit_code)
    elif settled.edition.state == "finished":
        session.say("Nothing of it is open any more: it is finished.")
    if settled.tally[DeliveryState.PENDING]:
        session.say(f"Next: digest send {settled.edition.key}")
    return worst(codes)


def _states(names: tuple[str, ...], *, held: bool, failed: bool) -> frozenset[DeliveryState]:
    return frozenset(
        [
            *(DeliveryState(name) for name in names),
            *([DeliveryState.HELD] if held else []),
            *([DeliveryState.FAILED] if failed else []),
        ]
    )


def _edition(
    session: Session, edition: str | None, newsletter: str | None, period: str | None
) -> "tuple[Newsletter, Edition]":
    from digest.app.reporting import last_sent
    from digest.errors import UsageError

    name, words = split_edition(edition, newsletter, period)
    chosen = session.workspace.newsletter(name)
    if words is not None:
        return chosen, session.workspace.edition(chosen, words)
    found = last_sent(session.workspace, chosen)
    if found is None or found.sending_at is None:
        raise UsageError(chosen.name, "nothing of it was sent yet", "look at `digest status`")
    return chosen, found
