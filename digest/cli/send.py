"""`digest send`: send what is approved, or try it out."""

import sys
from typing import TYPE_CHECKING

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter
    from digest.pipeline.send import Sent


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody sits at a terminal.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="A first slice: to N more readers at most.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing, open no connection.")
@click.option("--test", "testers", multiple=True, metavar="ADDRESS", help="Send previews to this address only.")
@click.option("--audience", metavar="NAME", help="With --test: only the mails for this audience.")
@click.option("--language", metavar="CODE", help="With --test: only the mails in this language.")
@click.option("--as", "reader", metavar="ADDRESS", help="With --test: only the mail that this reader gets.")
@pass_session
def send(  # noqa: PLR0913 – one parameter per option
    session: Session,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    *,
    yes: bool,
    limit: int | None,
    dry_run: bool,
    testers: tuple[str, ...],
    audience: str | None,
    language: str | None,
    reader: str | None,
) -> int:
    """Send an approved edition, once to each person: EDITION is 2018-07, july or monthly/2018-07.

    An interrupted sending goes on where it stopped. A finished one is reported, and nothing leaves again.

    With --limit only a first slice leaves, and the edition is paused: look at it, then send again for the rest. With
    --test the real mails go to a colleague, marked [PREVIEW], also before the approval; --test may be repeated.
    """
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = session.workspace.newsletter(newsletter)
    if testers:
        from digest.cli.send_test import send_test

        if limit is not None or dry_run:
            raise click.UsageError("--test goes alone: leave out --limit and --dry-run")
        return send_test(
            session, chosen, period, testers, audience=audience, language=language, reader=reader, everything=yes
        )
    if audience or language or reader:
        raise click.UsageError("--audience, --language and --as choose among test mails: name an address with --test")
    if dry_run:
        return _dry_run(session, chosen, period, limit)
    return _send(session, chosen, period, limit, yes=yes)


def _send(session: Session, newsletter: "Newsletter", period: str | None, limit: int | None, *, yes: bool) -> int:
    from digest.cli.browsing import write_browse_page
    from digest.cli.ending import worst
    from digest.cli.progress import shown_progress
    from digest.cli.steps import update_subscribers
    from digest.cli.stopping import told_to_stop

    workspace = session.workspace
    meant = _meant(session, newsletter, period)
    code = update_subscribers(session)
    if meant.state in _states(newsletter) and not yes:
        _ask(session, newsletter, meant, limit)
    with told_to_stop() as stop, shown_progress(session) as workspace.progress:
        sent = workspace.send(newsletter, meant, stop=stop, limit=limit)
    click.echo(_report(sent))
    write_browse_page(workspace)
    return worst([code, _outcome(session, sent)])


def _dry_run(session: Session, newsletter: "Newsletter", period: str | None, limit: int | None) -> int:
    from digest.app.outlook import outlook
    from digest.app.shadow import shadow_of
    from digest.cli.send_words import outlook_lines
    from digest.errors import PartlyFailedError

    with shadow_of(session.workspace) as shadow:
        session.workspace = shadow
        seen = outlook(shadow, newsletter, _meant(session, newsletter, period), limit)
        for line in outlook_lines(shadow, seen, limit):
            click.echo(line)
    session.say("Nothing was sent.")
    return PartlyFailedError.exit_code if session.problems(seen.problems) else 0


def _meant(session: Session, newsletter: "Newsletter", period: str | None) -> "Edition":
    from digest.cli.steps import edition_meant

    return edition_meant(session, newsletter, period, _states(newsletter), "sent")


def _states(newsletter: "Newsletter") -> frozenset[str]:
    """Those from which something can leave."""
    return frozenset({"sealed", "sending"} | ({"draft"} if newsletter.approval == "none" else set()))


def _ask(session: Session, newsletter: "Newsletter", edition: "Edition", limit: int | None) -> None:
    """Say what will happen and ask for the number of messages; that number cannot be typed by habit."""
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here; say --yes to send")
    from digest.cli.send_words import announcement

    said, total = announcement(session.workspace, newsletter, edition, limit)
    session.say(said)
    if click.prompt("Type the number of readers to send", type=int, err=True) != total:
        raise click.UsageError(f"that is not {total}; nothing was sent")


def _report(sent: "Sent") -> str:
    states = ", ".join(f"{count} {state}" for state, count in sorted(sent.tally.states.items()))
    return f"{sent.edition.name}: {sent.edition.state}; {sent.tally.frozen} readers: {states or 'none'}"


def _outcome(session: Session, sent: "Sent") -> int:
    from digest.errors import worst
    from digest.model.delivery import DeliveryState
    from digest.pipeline.send import unfinished

    if sent.tally[DeliveryState.NO_VARIANT]:
        session.say(f"{sent.tally[DeliveryState.NO_VARIANT]} readers get nothing: no story concerns their choice.")
    left = unfinished(sent)
    for said, _ in left:
        session.say(f"{said[0].upper()}{said[1:]}.")
    return worst(code for _, code in left)
