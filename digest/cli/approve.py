"""`digest approve`: put your name under a draft."""

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session
from digest.model.edition import Acceptance


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--by", required=True, metavar="NAME", help="Who approves.")
@click.option("--early", is_flag=True, help="Also when the window is still open; later stories become late.")
@click.option(
    "--accept", "codes", multiple=True, metavar="CODE", help="Let a finding of the check pass; may be repeated."
)
@click.option("--because", metavar="REASON", default="", help="Why; it becomes part of the approval.")
@pass_session
def approve(  # noqa: PLR0913 – one parameter per option
    session: Session,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    by: str,
    *,
    early: bool,
    codes: tuple[str, ...],
    because: str,
) -> int:
    """Approve the very bytes of a draft: EDITION is 2018-07, july or monthly/2018-07.

    The edition is sealed: nothing in it changes any more, and its stories are taken.
    """
    from digest.cli.steps import edition_meant

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "approved")
    missed = workspace.periods_to_build(chosen).get(meant.period, 0) - len(workspace.editions.verdicts(meant))
    if missed > 0:
        session.say(f"Note: {missed} stories came after this draft was built; they will go into the next edition.")
    if codes and not because.strip():
        raise click.UsageError('an accepted finding needs a reason: --because "…"')
    accepted = [Acceptance(code=code, because=because.strip()) for code in dict.fromkeys(codes)]
    sealed = workspace.approve(chosen, meant, by, early=early, accepted=accepted)
    click.echo(f"{sealed.name} is approved by {sealed.approved_by} (fingerprint {(sealed.fingerprint or '')[:12]}).")
    session.say(f"Next: digest send {sealed.key}")
    return 0
