"""`digest review`: the parts of a draft, what people answered, and the mails to reviewers."""

from typing import TYPE_CHECKING

import click

from digest.cli.invocation import (
    Invocation,
    edition_argument,
    json_option,
    newsletter_option,
    pass_session,
    period_option,
    split_edition,
    table,
)
from digest.errors import UsageError
from digest.newsletters.edition import Acceptance

if TYPE_CHECKING:
    from digest.editions.reviews import PartView, Settlement
    from digest.newsletters.edition import Edition
    from digest.newsletters.newsletter import Newsletter


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--part", metavar="AUDIENCE", help="Only what this audience gets.")
@click.option("--send", is_flag=True, help="Mail it to the reviewers; nobody gets the same content twice.")
@json_option
@pass_session
def review(
    session: Invocation,
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
    from digest.cli.invocation import edition_meant
    from digest.editions import reviewing

    instance = session.instance
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = instance.settings.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "reviewed")
    if send:
        _send(session, chosen, meant, part)
        return 0
    shown = reviewing.checked(
        instance.bench, chosen, meant, reviewing.views_named(instance.database, instance.plans, chosen, meant, part)
    )
    if as_json:
        import json

        click.echo(json.dumps([as_data(view) for view in shown], ensure_ascii=False, indent=2))
        return 0
    _show(session, chosen, meant, shown)
    if meant.state == "draft" and part is None:
        click.echo(f"\n{said(reviewing.settlement_of(instance.database, chosen, meant))}")
    return 0


def as_data(view: "PartView") -> dict[str, object]:
    """The part for other programs."""
    from dataclasses import asdict

    answer = view.reviewed.answer
    return {
        "part": view.name,
        "title": view.title,
        "reviewers": [asdict(reviewer) for reviewer in view.review.reviewers],
        "then": view.review.then.value,
        "standing": view.status.value,
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
    from digest.editions.reviews import Seal, Skip

    match settlement:
        case Seal(without=without) if without:
            return f"At the sending time it goes out without {', '.join(without)}."
        case Seal():
            return "At the sending time it goes out."
        case Skip(because=because):
            return f"At the sending time it does not go out: {because}."
        case wait:
            return f"At the sending time it waits: {wait}."


def _send(session: Invocation, newsletter: "Newsletter", edition: "Edition", part: str | None) -> None:
    from digest.editions.reviewing import send_review_mails

    if part is not None:
        raise click.UsageError("--send is for all reviewers; leave --part out")
    if not newsletter.reviews:
        raise UsageError(newsletter.name, "it has no reviewers", "name them under 'reviewers:' in digest.yaml")
    if edition.state != "draft":
        raise UsageError(edition.name, f"it is {edition.state}; only a draft is reviewed", "look at `digest status`")
    sent = send_review_mails(session.instance.bench, session.instance.place.post, newsletter, edition)
    for one in sent:
        click.echo(f"Sent to {one}")
    if not sent:
        session.say("Nobody needs a mail: every part was answered, or sent to its reviewers as it is now.")


def _show(session: Invocation, newsletter: "Newsletter", edition: "Edition", views: "list[PartView]") -> None:
    from digest.editions.review_mail import ReviewNews, blocks_of
    from digest.mail.notice import as_text

    instance = session.instance
    rows = [
        [
            view.title,
            ", ".join(reviewer.name or reviewer.address for reviewer in view.review.reviewers) or "–",
            view.status.value,
            view.reviewed.by,
            view.part.code,
            view.review.then.value,
        ]
        for view in views
    ]
    click.echo(table(["part", "reviewers", "standing", "by", "code", "silence means"], rows))
    for view in views:
        reviewers = view.review.reviewers
        letter = ReviewNews(
            newsletter=newsletter,
            edition=edition,
            views=[view],
            by=(reviewers[0].name or reviewers[0].address.partition("@")[0]) if reviewers else "NAME",
            now=instance.clock.now(),
            earlier={},
            attached=False,
        )
        click.echo()
        click.echo(as_text(blocks_of(letter, instance.renderer.words("en"))[2:]), nl=False)
        names = ", ".join(f"{variant.name}.html" for variant in view.part.variants)
        click.echo(f"\nThe mails, as readers get them: editions/{edition.name}/variants/ ({names})")


# -- `digest approve`: put your name under a draft, or under one part of it.


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
    session: Invocation,
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
    from digest.cli.invocation import edition_meant
    from digest.editions.approving import approve_whole

    instance = session.instance
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = instance.settings.newsletter(newsletter)
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
    sealed = approve_whole(instance.bench, chosen, meant, by, early=early, accepted=accepted)
    click.echo(f"{sealed.name} is approved by {sealed.approved_by} (fingerprint {(sealed.fingerprint or '')[:12]}).")
    session.say(f"Next: digest send {sealed.key}")
    return 0


def _approve_part(
    session: Invocation, newsletter: "Newsletter", edition: "Edition", part: str, by: str, code: str
) -> int:
    from digest.editions import reviewing
    from digest.editions.approving import approve_part

    approved = approve_part(session.instance.bench, newsletter, edition, part, by, code)
    click.echo(f"{edition.name}: {approved.name} is approved by {by.strip()}.")
    if not edition.covers_to_end:
        session.say(f"Note: stories up to {edition.period.last_day} still join; one for this part voids the approval.")
    session.say(said(reviewing.settlement_of(session.instance.database, newsletter, edition)))
    return 0


def _accepted(
    session: Invocation, newsletter: "Newsletter", edition: "Edition", codes: tuple[str, ...], because: str
) -> list[Acceptance]:
    """The findings, and with a reason also the guard's alarms."""
    from digest.editions import guard
    from digest.editions.approving import audience_sizes

    readers = audience_sizes(session.instance.database, newsletter, edition)
    if readers.before is None and (empty := guard.empty(readers.now)):
        session.say(f"Note: nobody reads {', '.join(empty)} so far.")
    alarmed = (guard.CODE,) if because and readers.alarms else ()
    return [Acceptance(code=code, because=because) for code in dict.fromkeys((*codes, *alarmed))]


def _tell_missed(session: Invocation, newsletter: "Newsletter", edition: "Edition") -> None:
    from digest.editions.building import periods_to_build

    instance = session.instance
    waiting = periods_to_build(newsletter, instance.items, instance.editions).get(edition.period, 0)
    missed = waiting - len(instance.editions.verdicts(edition))
    if missed > 0:
        session.say(f"Note: {missed} stories came after this draft was built; they will go into the next edition.")


def _tell_parts(session: Invocation, newsletter: "Newsletter", edition: "Edition") -> None:
    """What the approval of the whole edition does to its parts."""
    from digest.editions import reviewing
    from digest.editions.reviews import PartStatus

    if not newsletter.reviews and not session.instance.reviews.answers(edition):
        return
    for view in reviewing.part_views(session.instance.database, session.instance.plans, newsletter, edition):
        if view.status is PartStatus.REFUSED:
            session.say(f"Left out: {view.title}, refused by {view.reviewed.by}: {view.reviewed.because}")
        elif view.status is PartStatus.CHANGED:
            session.say(f"Note: {view.title} changed after {view.reviewed.by} had answered.")
        elif view.status is PartStatus.UNANSWERED and view.review.reviewers:
            session.say(f"Note: the reviewers of {view.title} have not answered.")


# -- `digest refuse`: say that a part of a draft must not go out like this.


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--part", required=True, metavar="AUDIENCE", help="Whose mails must not go out like this.")
@click.option("--by", required=True, metavar="NAME", help="Who refuses.")
@click.option("--because", required=True, metavar="REASON", help="What is wrong.")
@pass_session
def refuse(
    session: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    part: str,
    by: str,
    because: str,
) -> int:
    """Refuse what one audience would get: EDITION is 2018-07, july or monthly/2018-07.

    The edition goes out without that part, and stories that only it has wait for the next. A later answer replaces this
    one; once the part has changed, it does not count any more.
    """
    from digest.cli.invocation import edition_meant
    from digest.editions.approving import refuse_part

    instance = session.instance
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = instance.settings.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "answered")
    refused = refuse_part(instance.bench, chosen, meant, part, by, because)
    click.echo(f"{meant.name}: {refused.name} is refused by {by.strip()}.")
    session.say(f"It is left out unless somebody approves it, or it changes: digest review {meant.name}")
    return 0
