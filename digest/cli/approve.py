"""`digest approve`: put your name under a draft, or under one part of it."""

from typing import TYPE_CHECKING

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session
from digest.model.edition import Acceptance

if TYPE_CHECKING:
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--by", required=True, metavar="NAME", help="Who approves.")
@click.option("--part", metavar="AUDIENCE", help="Approve only what this audience gets; needs --code.")
@click.option("--code", metavar="CODE", help="The part's code, from the mail or from `digest review`.")
@click.option("--early", is_flag=True, help="Also when the window is still open; later stories become late.")
@click.option(
    "--accept", "codes", multiple=True, metavar="CODE", help="Let a finding of the check pass; may be repeated."
)
@click.option(
    "--because", metavar="REASON", default="", help="Why, also when the readers changed; part of the approval."
)
@pass_session
def approve(  # noqa: PLR0913 – one parameter per option
    session: Session,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    by: str,
    part: str | None,
    code: str | None,
    *,
    early: bool,
    codes: tuple[str, ...],
    because: str,
) -> int:
    """Approve the very bytes of a draft: EDITION is 2018-07, july or monthly/2018-07.

    The edition is sealed: nothing in it changes any more, and its stories are taken. Parts that were refused are left
    out. With --part only that part is approved, and nothing is sealed yet.
    """
    from digest.cli.steps import edition_meant

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    if part is not None and (early or codes or because):
        raise click.UsageError("--early, --accept and --because are for whole editions; leave them or --part out")
    if (part is None) is not (code is None):
        raise click.UsageError("--part and --code belong together: the code is in the mail and in `digest review`")
    if codes and not because.strip():
        raise click.UsageError('an accepted finding needs a reason: --because "…"')
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "approved")
    _tell_missed(session, chosen, meant)
    if part is not None and code is not None:
        return _approve_part(session, chosen, meant, part, by, code)
    accepted = _accepted(session, chosen, meant, codes, because.strip())
    _tell_parts(session, chosen, meant)
    sealed = workspace.approve(chosen, meant, by, early=early, accepted=accepted)
    click.echo(f"{sealed.name} is approved by {sealed.approved_by} (fingerprint {(sealed.fingerprint or '')[:12]}).")
    session.say(f"Next: digest send {sealed.key}")
    return 0


def _approve_part(session: Session, newsletter: "Newsletter", edition: "Edition", part: str, by: str, code: str) -> int:
    from digest.app import reviewing
    from digest.cli.review import said

    approved = reviewing.approve(session.workspace, newsletter, edition, part, by, code)
    click.echo(f"{edition.name}: {approved.name} is approved by {by.strip()}.")
    if not edition.covers_to_end:
        session.say(f"Note: stories up to {edition.period.last_day} still join; one for this part voids the approval.")
    session.say(said(reviewing.settle(session.workspace, newsletter, edition)))
    return 0


def _accepted(
    session: Session, newsletter: "Newsletter", edition: "Edition", codes: tuple[str, ...], because: str
) -> list[Acceptance]:
    """The findings, and with a reason also the guard's alarms."""
    from digest.app.reviewing import readers_of
    from digest.policy import guard

    readers = readers_of(session.workspace, newsletter, edition)
    if readers.before is None and (empty := guard.empty(readers.now)):
        session.say(f"Note: nobody reads {', '.join(empty)} so far.")
    alarmed = (guard.CODE,) if because and readers.alarms else ()
    return [Acceptance(code=code, because=because) for code in dict.fromkeys((*codes, *alarmed))]


def _tell_missed(session: Session, newsletter: "Newsletter", edition: "Edition") -> None:
    workspace = session.workspace
    waiting = workspace.periods_to_build(newsletter).get(edition.period, 0)
    missed = waiting - len(workspace.editions.verdicts(edition))
    if missed > 0:
        session.say(f"Note: {missed} stories came after this draft was built; they will go into the next edition.")


def _tell_parts(session: Session, newsletter: "Newsletter", edition: "Edition") -> None:
    """What the approval of the whole edition does to its parts."""
    from digest.app import reviewing
    from digest.model.review import Standing

    if not newsletter.reviews and not session.workspace.reviews.answers(edition):
        return
    for view in reviewing.parts(session.workspace, newsletter, edition):
        if view.standing is Standing.REFUSED:
            session.say(f"Left out: {view.title}, refused by {view.stood.by}: {view.stood.because}")
        elif view.standing is Standing.CHANGED:
            session.say(f"Note: {view.title} changed after {view.stood.by} had answered.")
        elif view.standing is Standing.UNANSWERED and view.review.reviewers:
            session.say(f"Note: the reviewers of {view.title} have not answered.")
