"""`digest build`, `check`, `reopen` and `reissue`: drafts of editions, made, looked through and made again."""

from dataclasses import asdict

import click

from digest.cli.invocation import (
    COLOURS,
    Invocation,
    echo_json,
    edition_meant,
    edition_options,
    json_option,
    named,
    newsletter_option,
    pass_invocation,
    period_option,
    refresh,
    table,
)
from digest.desk.pages import write_browse_page
from digest.desk.phrases import today
from digest.editions import building, checking, naming
from digest.errors import PersonNeededError
from digest.foundation.problems import Severity
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.timetable import timetable


@click.command()
@newsletter_option
@period_option
@click.option("--all", "everything", is_flag=True, help="Every period that has stories, in order.")
@pass_invocation
def build(invocation: Invocation, newsletter: str | None, period: str | None, *, everything: bool) -> int:
    """Draft the edition of a period, or of every period that has stories.

    A draft takes nothing and may be built again as often as you like. Without a period, the one that ended last is
    built if stories wait for it.
    """
    if everything and period is not None:
        raise click.UsageError("--all and --period exclude each other")
    code = refresh(invocation)
    instance = invocation.instance
    chosen = instance.settings.newsletter(newsletter)
    periods = _periods(invocation, chosen, period, everything=everything)
    if not periods:
        return code
    built = [building.build(instance.bench, chosen, one) for one in periods]
    click.echo(_summary(built))
    invocation.say(f"Look at it: {write_browse_page(instance)}")
    waiting = [one.edition.key for one in built if one.variants]
    if waiting:
        invocation.say(f"Next: digest preview --period {waiting[-1]}, then digest approve {waiting[-1]} --by NAME")
    return code


def _periods(invocation: Invocation, newsletter: Newsletter, words: str | None, *, everything: bool) -> list[Period]:
    instance = invocation.instance
    if words is not None:
        return [naming.period_meant(instance.items, instance.editions, newsletter, words)]
    waiting = building.periods_to_build(newsletter, instance.items, instance.editions)
    if everything:
        if not waiting:
            invocation.say("Nothing to build: no story waits for an edition.")
        return list(waiting)
    times = timetable(newsletter.schedule)
    ended = times.previous(times.containing(today(instance, newsletter)))
    if ended in waiting:
        return [ended]
    what = "window" if ended.kind is PeriodKind.SINCE_LAST else ended.kind
    invocation.say(f"Nothing is due: no story waits for {ended.key}, the {what} that ended last.")
    if waiting:
        invocation.say("These periods have stories:")
        for period, count in waiting.items():
            invocation.say(f"  {period.key}  {count:>3}  digest build --period {period.key}")
        invocation.say("All of them: digest build --all")
    return []


def _summary(built: list[building.Built]) -> str:
    return table(
        ["period", "state", "stories", "left out", "variants", "readers"],
        [
            [
                one.edition.key,
                str(one.edition.state) if one.edition.covers_to_end else f"{one.edition.state} (window still open)",
                one.included,
                len(one.verdicts) - one.included,
                len(one.variants),
                sum(one.people.values()),
            ]
            for one in built
        ],
        right=(2, 3, 4, 5),
    )


@click.command()
@edition_options
@click.option("--links", is_flag=True, help="Also ask whether the links lead anywhere; needs the network.")
@json_option
@pass_invocation
def check(
    invocation: Invocation,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    *,
    links: bool,
    as_json: bool,
) -> int:
    """Check the final bytes of every mail of an edition: EDITION is 2018-07, july or monthly/2018-07.

    Exit code 3 when there are errors: they keep a draft from being approved.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"draft"}), "checked")
    findings = checking.check(instance.bench, chosen, meant)
    if links:
        from digest.mail.checks.links import unreachable  # 40 ms: only for those who have the network asked

        findings += tuple(unreachable(checking.links(instance.bench, meant)))
    if as_json:
        echo_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            if finding.severity is not Severity.NOTE or invocation.verbose:
                click.secho(f"{finding.code} {finding.severity}", fg=COLOURS[finding.severity], nl=False)
                click.echo(f", {finding.place}: {finding.reason}\n  → {finding.fix}")
        counts = {severity: sum(one.severity is severity for one in findings) for severity in Severity}
        mails = len(instance.editions.variants(meant))
        click.echo(f"{meant.name}: {mails} mails checked; " + ", ".join(f"{n} {s}s" for s, n in counts.items()))
    return PersonNeededError.exit_code if any(one.severity is Severity.ERROR for one in findings) else 0


@click.command()
@edition_options
@click.option("--by", required=True, metavar="NAME", help="Who takes it back.")
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_invocation
def reopen(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None, by: str, because: str
) -> int:
    """Take back an approval, or an edition that was passed over or expired: EDITION is 2018-07 or monthly/2018-07.

    It is a draft again and its stories are free. Nothing of it may have been sent yet.
    """
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"sealed"}), "reopened")
    with instance.place.lock():
        opened = instance.editions.reopen(meant, f"reopened by {by.strip()}: {because.strip()}")
    click.echo(f"{opened.name} is a draft again.")
    invocation.say(f"Next: digest build --period {opened.key}, then digest approve {opened.key} --by NAME")
    return 0


@click.command()
@edition_options
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_invocation
def reissue(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None, because: str
) -> int:
    """Draft 2018-07.2 beside the finished 2018-07: the same stories as they are now, for everybody once more.

    It has to be approved and sent like any other, and never goes out by itself. Called again before it is approved, it
    is drafted anew.
    """
    code = refresh(invocation)
    instance = invocation.instance
    chosen, words = named(invocation, edition, newsletter, period)
    meant = edition_meant(invocation, chosen, words, frozenset({"finished"}), "reissued")
    built = building.reissue(instance.bench, chosen, meant, because.strip())
    write_browse_page(instance)
    click.echo(
        f"{built.edition.name} was drafted with {built.included} stories for {sum(built.people.values())} readers."
    )
    invocation.say(f"Next: digest preview {built.edition.key}, then digest approve {built.edition.key} --by NAME")
    return code
