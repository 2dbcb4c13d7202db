"""`digest review`, `approve` and `refuse`: look at the parts of a draft, and answer for them or for the whole."""

from dataclasses import asdict

import click

from digest.cli.choices import choices_told
from digest.cli.invocation import (
    Invocation,
    echo_json,
    edition_meant,
    edition_options,
    json_option,
    named,
    pass_invocation,
    seen_at_terminal,
    table,
)
from digest.desk.results import approved_said, followed
from digest.editions import approving, guard, reviewing
from digest.editions.approving import approve_part, audience_sizes, refuse_part
from digest.editions.building import periods_to_build
from digest.editions.course import happened, way_on
from digest.editions.review_mail import ReviewNews, blocks_of
from digest.editions.reviews import PartStatus, PartView, Seal, Settlement, Skip, Wait
from digest.errors import UsageError
from digest.foundation.catalogue import _, plural, spoken
from digest.foundation.problems import Severity
from digest.mail.notice import as_text
from digest.mail.wording import edition_in_full
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter


@click.command()
@edition_options
@click.option("--part", metavar="AUDIENCE", help="Only what this audience gets.")
@click.option("--send", is_flag=True, help="Mail it to the reviewers; nobody gets the same content twice.")
@json_option
@pass_invocation
def review(
    invocation: Invocation,
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
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"draft"}), _("to be reviewed"))
    if send:
        _send(invocation, chosen, meant, part)
        return 0
    shown = reviewing.checked(
        instance.bench, chosen, meant, reviewing.views_named(instance.database, instance.plans, chosen, meant, part)
    )
    if as_json:
        choices = [choice for choice, _people in instance.subscribers.subscribed(chosen.name)]
        echo_json([_part_data(view, sum(view.name in one.audiences for one in choices)) for view in shown])
        return 0
    _show(invocation, chosen, meant, shown, in_detail=part is not None)
    if meant.state == "draft" and part is None:
        invocation.tell(f"\n{_said(reviewing.settlement_of(instance.database, chosen, meant, instance.clock.now()))}")
        said = _("Code of the whole: {code}")
        invocation.tell(said.format(code=instance.editions.code(meant) or "–"))
        seen_at_terminal(invocation, meant, "review")
    return 0


def _send(invocation: Invocation, newsletter: Newsletter, edition: Edition, part: str | None) -> None:
    if part is not None:
        raise click.UsageError(_("--send is for all reviewers; leave --part out"))
    if not newsletter.reviews:
        raise UsageError(newsletter.name, _("it has no reviewers"), _("name them under 'reviewers:' in digest.yaml"))
    if edition.state != "draft":
        raise UsageError(edition.name, happened(edition), way_on(edition))
    invocation.instance.place.refuse_exposed()
    sent = reviewing.send_review_mails(invocation.instance.bench, invocation.instance.place.post, newsletter, edition)
    for one in sent:
        invocation.tell(_("Sent to {reviewer}").format(reviewer=one))
    if not sent:
        invocation.say(_("Nobody needs a mail: every part was answered, or sent to its reviewers as it is now."))


def _show(
    invocation: Invocation, newsletter: Newsletter, edition: Edition, views: list[PartView], *, in_detail: bool
) -> None:
    """The parts in a table; `in_detail`, what the mail to a reviewer says about each of them."""
    instance = invocation.instance
    rows = [
        [
            view.title,
            len(view.part.story_ids),
            view.readers,
            _findings(view),
            ", ".join(reviewer.name or reviewer.address for reviewer in view.review.reviewers) or "–",
            view.status.said,
            view.reviewed.by,
            view.code,
            view.review.then.said,
        ]
        for view in views
    ]
    counted = _("stories"), _("readers"), _("check")
    headings = [_("part"), *counted, _("reviewers"), _("status"), _("by"), _("code"), _("silence means")]
    invocation.tell(table(headings, rows, right=(1, 2)))
    subscribed = instance.subscribers.subscribed(newsletter.name)
    told = choices_told(newsletter, guard.readers_of(newsletter.audience_names, subscribed), len(subscribed))
    invocation.tell("\n" + _("Readers by what they chose: {told}.").format(told=told))
    for view in views if in_detail else ():
        _show_part(invocation, newsletter, edition, view)
    if views and not in_detail:
        said = _("Subjects, stories and findings of one: digest review {edition} --part {part}")
        invocation.say(said.format(edition=edition.name, part=views[0].name))


def _findings(view: PartView) -> str:
    """`2 errors`, or the warnings where there is none."""
    faults, warnings = (
        sum(one.severity is severity for one in view.findings) for severity in (Severity.ERROR, Severity.WARNING)
    )
    if faults:
        return plural("{count:,} error", "{count:,} errors", faults)
    return plural("{count:,} warning", "{count:,} warnings", warnings) if warnings else "–"


def _show_part(invocation: Invocation, newsletter: Newsletter, edition: Edition, view: PartView) -> None:
    instance, reviewers = invocation.instance, view.review.reviewers
    news = ReviewNews(
        newsletter=newsletter,
        edition=edition,
        views=[view],
        by=(reviewers[0].name or reviewers[0].address.partition("@")[0]) if reviewers else "NAME",
        now=instance.clock.now(),
        earlier={},
        attached=False,
    )
    invocation.tell()
    click.echo(as_text(blocks_of(news, instance.renderer.words(spoken().partition("-")[0]))[2:]), nl=False)
    names = ", ".join(f"{variant.name}.html" for variant in view.part.variants)
    said = _("The mails, as readers get them: {folder} ({files})")
    invocation.tell("\n" + said.format(folder=f"editions/{edition.folder}/variants/", files=names))


def _said(settlement: Settlement) -> str:
    """What happens at the sending time, as things stand."""
    match settlement:
        case Seal(without=without) if without:
            return _("At the sending time it goes out without {parts}.").format(parts=", ".join(without))
        case Seal():
            return _("At the sending time it goes out.")
        case Skip(because=because):
            return _("At the sending time it does not go out: {because}.").format(because=because)
        case Wait(until=until) if until is not None:
            return _("It waits: {because}.").format(because=settlement)
        case wait:
            return _("At the sending time it waits: {because}.").format(because=_(wait.said))


def _part_data(view: PartView, choices: int) -> dict[str, object]:
    answer = view.reviewed.answer
    return {
        "part": view.name,
        "title": view.title,
        "reviewers": [asdict(reviewer) for reviewer in view.review.reviewers],
        "then": view.review.then.value,
        "status": view.status.value,
        "by": answer.by if answer else None,
        "at": answer.at.isoformat() if answer else None,
        "because": answer.because if answer else None,
        "code": view.code,
        "fingerprint": view.part.fingerprint,
        "variants": [variant.name for variant in view.part.variants],
        "stories": list(view.stories),
        "readers": view.readers,
        "choices": choices,
        "before": asdict(view.before) if view.before else None,
        "findings": [asdict(finding) for finding in view.findings],
    }


@click.command()
@edition_options
@click.option("--by", required=True, metavar="NAME", help="Who approves.")
@click.option("--part", metavar="AUDIENCE", help="Approve only what this audience gets; needs --code.")
@click.option("--code", metavar="CODE", help="The code of the draft or the part that was looked at.")
@click.option("--early", is_flag=True, help="Also when the window is still open; later stories become late.")
@click.option(
    "--accept", "codes", multiple=True, metavar="CODE", help="Let a finding of the check pass; may be repeated."
)
@click.option(
    "--because", metavar="REASON", default="", help="Why, also when the readers changed; part of the approval."
)
@pass_invocation
def approve(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
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

    What is approved is the draft that you looked at: name it with --code, which preview, check and review show, or
    leave that out when you have just looked at it, in your browser or at a terminal. Scripts need the code.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    if part is not None and (early or codes or because):
        raise click.UsageError(_("--early, --accept and --because are for whole editions; leave them or --part out"))
    if part is not None and code is None:
        raise click.UsageError(_("--part needs its --code: it is in the mail and in `digest review`"))
    meant = edition_meant(invocation, chosen, words, frozenset({"draft"}), _("to be approved"))
    _tell_missed(invocation, chosen, meant)
    if part is not None and code is not None:
        return _approve_part(invocation, chosen, meant, part, by, code)
    _tell_unread(invocation, chosen, meant)
    _tell_parts(invocation, chosen, meant)
    bench = instance.bench
    approved = approving.approve(bench, chosen, meant, by, code=code, early=early, codes=codes, because=because)
    invocation.tell(approved_said(approved.edition))
    for line in followed(chosen, approved):
        invocation.say(line)
    invocation.say_next(_("Next: digest send {edition}").format(edition=approved.edition.key))
    return 0


def _approve_part(
    invocation: Invocation, newsletter: Newsletter, edition: Edition, part: str, by: str, code: str
) -> int:
    approved = approve_part(invocation.instance.bench, newsletter, edition, part, by, code)
    said = _("{edition}: {part} is approved by {name}.")
    invocation.tell(said.format(edition=edition_in_full(edition), part=approved.name, name=by.strip()))
    if not edition.covers_to_end:
        note = _("Note: stories up to {day} still join; one for this part voids the approval.")
        invocation.say(note.format(day=edition.period.last_day))
    now = invocation.instance.clock.now()
    invocation.say(_said(reviewing.settlement_of(invocation.instance.database, newsletter, edition, now)))
    return 0


def _tell_unread(invocation: Invocation, newsletter: Newsletter, edition: Edition) -> None:
    readers = audience_sizes(invocation.instance.database, newsletter, edition)
    if readers.before is None and (empty := guard.empty(readers.now)):
        invocation.say(_("Note: nobody reads {audiences} so far.").format(audiences=", ".join(empty)))


def _tell_missed(invocation: Invocation, newsletter: Newsletter, edition: Edition) -> None:
    instance = invocation.instance
    waiting = periods_to_build(newsletter, instance.items, instance.editions).get(edition.period, 0)
    missed = waiting - len(instance.editions.verdicts(edition))
    if missed > 0:
        said = plural(
            "Note: {count:,} story came after this draft was built; it will go into the next edition.",
            "Note: {count:,} stories came after this draft was built; they will go into the next edition.",
            missed,
        )
        invocation.say(said)


def _tell_parts(invocation: Invocation, newsletter: Newsletter, edition: Edition) -> None:
    """What the approval of the whole edition does to its parts."""
    if not newsletter.reviews and not invocation.instance.reviews.answers(edition):
        return
    for view in reviewing.part_views(invocation.instance.database, invocation.instance.plans, newsletter, edition):
        if view.status is PartStatus.REFUSED:
            said = _("Left out: {part}, refused by {name}: {because}")
            invocation.say(said.format(part=view.title, name=view.reviewed.by, because=view.reviewed.because))
        elif view.status is PartStatus.CHANGED:
            said = _("Note: {part} changed after {name} had answered.")
            invocation.say(said.format(part=view.title, name=view.reviewed.by))
        elif view.status is PartStatus.UNANSWERED and view.review.reviewers:
            invocation.say(_("Note: the reviewers of {part} have not answered.").format(part=view.title))


@click.command()
@edition_options
@click.option("--part", required=True, metavar="AUDIENCE", help="Whose mails must not go out like this.")
@click.option("--by", required=True, metavar="NAME", help="Who refuses.")
@click.option("--because", required=True, metavar="REASON", help="What is wrong.")
@pass_invocation
def refuse(
    invocation: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    part: str,
    by: str,
    because: str,
) -> int:
    """Refuse what one audience would get: EDITION is 2018-07, july or monthly/2018-07.

    The edition goes out without that part, also when it is built again. A later answer replaces this one. Once the
    edition is approved the part is open: it is mended and sent for itself, with send --part.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"draft"}), _("to be answered"))
    refused = refuse_part(instance.bench, chosen, meant, part, by, because)
    said = _("{edition}: {part} is refused by {name}.")
    invocation.tell(said.format(edition=edition_in_full(meant), part=refused.name, name=by.strip()))
    following = _("It is left out until somebody approves it: digest review {edition}")
    invocation.say(following.format(edition=meant.name))
    return 0
