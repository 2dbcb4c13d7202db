"""`digest review`: the parts of a draft, what people answered, and the mails to reviewers."""

from typing import TYPE_CHECKING

import click

from digest.cli.options import edition_argument, json_option, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session, table
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter
    from digest.model.review import PartView
    from digest.policy.reviewing import Settlement


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--part", metavar="AUDIENCE", help="Only what this audience gets.")
@click.option("--send", is_flag=True, help="Mail it to the reviewers; nobody gets the same content twice.")
@json_option
@pass_session
def review(
    session: Session,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    part: str | None,
    *,
    send: bool,
    as_json: bool,
) -> int:
    """Show each part of a draft, who answered, and its code: EDITION is 2018-07, july or monthly/2018-07.

    A part is what one audience gets. Its code stands for exactly that content: once it changes, so does the code.
    """
    from digest.app import reviewing
    from digest.cli.steps import edition_meant

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "reviewed")
    if send:
        _send(session, chosen, meant, part)
        return 0
    shown = reviewing.checked(workspace, chosen, meant, reviewing.views_named(workspace, chosen, meant, part))
    if as_json:
        import json

        click.echo(json.dumps([as_data(view) for view in shown], ensure_ascii=False, indent=2))
        return 0
    _show(session, chosen, meant, shown)
    if meant.state == "draft" and part is None:
        click.echo(f"\n{said(reviewing.settle(workspace, chosen, meant))}")
    return 0


def as_data(view: "PartView") -> dict[str, object]:
    """The part for other programs."""
    from dataclasses import asdict

    answer = view.stood.answer
    return {
        "part": view.name,
        "title": view.title,
        "reviewers": [asdict(reviewer) for reviewer in view.review.reviewers],
        "then": view.review.then.value,
        "standing": view.standing.value,
        "by": answer.by if answer else None,
        "at": answer.at.isoformat() if answer else None,
        "because": answer.because if answer else None,
        "code": view.part.code,
        "fingerprint": view.part.fingerprint,
        "variants": [variant.name for variant in view.part.variants],
        "stories": list(view.stories),
        "readers": view.readers,
        "before": asdict(view.before) if view.before else None,
        "findings": [asdict(finding) for finding in view.findings],
    }


def said(settlement: "Settlement") -> str:
    """What happens at the sending time, as things stand."""
    from digest.policy.reviewing import Seal, Skip

    match settlement:
        case Seal(without=without) if without:
            return f"At the sending time it goes out without {', '.join(without)}."
        case Seal():
            return "At the sending time it goes out."
        case Skip(because=because):
            return f"At the sending time it does not go out: {because}."
        case wait:
            return f"At the sending time it waits: {wait}."


def _send(session: Session, newsletter: "Newsletter", edition: "Edition", part: str | None) -> None:
    from digest.app.reviewing import send_review_mails

    if part is not None:
        raise click.UsageError("--send is for all reviewers; leave --part out")
    if not newsletter.reviews:
        raise UsageError(newsletter.name, "it has no reviewers", "name them under 'reviewers:' in digest.yaml")
    if edition.state != "draft":
        raise UsageError(edition.name, f"it is {edition.state}; only a draft is reviewed", "look at `digest status`")
    sent = send_review_mails(session.workspace, newsletter, edition)
    for one in sent:
        click.echo(f"Sent to {one}")
    if not sent:
        session.say("Nobody needs a mail: every part was answered, or sent to its reviewers as it is now.")


def _show(session: Session, newsletter: "Newsletter", edition: "Edition", views: "list[PartView]") -> None:
    from digest.rendering.blocks import as_text
    from digest.rendering.review_text import Review, blocks_of

    workspace = session.workspace
    rows = [
        [
            view.title,
            ", ".join(reviewer.name or reviewer.address for reviewer in view.review.reviewers) or "–",
            view.standing.value,
            view.stood.by,
            view.part.code,
            view.review.then.value,
        ]
        for view in views
    ]
    click.echo(table(["part", "reviewers", "standing", "by", "code", "silence means"], rows))
    for view in views:
        reviewers = view.review.reviewers
        letter = Review(
            newsletter=newsletter,
            edition=edition,
            views=[view],
            by=(reviewers[0].name or reviewers[0].address.partition("@")[0]) if reviewers else "NAME",
            now=workspace.clock.now(),
            earlier={},
            attached=False,
        )
        click.echo()
        click.echo(as_text(blocks_of(letter, workspace.renderer.words("en"))[2:]), nl=False)
        names = ", ".join(f"{variant.name}.html" for variant in view.part.variants)
        click.echo(f"\nThe mails, as readers get them: editions/{edition.name}/variants/ ({names})")
