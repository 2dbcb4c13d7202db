"""`digest templates`: the looks of the mails, and a copy of one to be changed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import HELP
from digest.cli.invocation import (
    COLOURS,
    Invocation,
    edition_argument,
    json_option,
    newsletter_option,
    pass_session,
    period_option,
    split_edition,
    table,
)
from digest.errors import ConfigurationError, PersonNeededError, worst
from digest.foundation.problems import Severity

if TYPE_CHECKING:
    from digest.editions.building import Built
    from digest.mail.templates import Templates
    from digest.newsletters.newsletter import Newsletter
    from digest.newsletters.period import Period


OWN = "templates"
MOST_NAMED = 4


@click.group(context_settings=HELP)
def templates() -> None:
    """Show the template sets, copy one to change it, or look through your own."""


@templates.command("list")
@pass_session
def list_sets(session: Invocation) -> int:
    """List the template sets, who uses them, and which of their files are your own."""
    found = _templates(session)
    users: dict[str, list[str]] = {}
    for newsletter in session.instance.settings.newsletters:
        users.setdefault(newsletter.template, []).append(newsletter.name)
    rows = [(name, ", ".join(users.get(name, ())) or "–", _named(found.own_files(name))) for name in found.names()]
    click.echo(table(["set", "newsletters", "your own files"], rows))
    return 0


@templates.command()
@click.argument("name", metavar="SET")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="The folder (default: the workspace's templates/)."
)
@pass_session
def eject(session: Invocation, name: str, target: Path | None) -> int:
    """Copy a set, and the parts all sets share, to where you can change them.

    Keep the files you change and delete the others: what is missing comes from the program, also after an update. No
    file that exists is overwritten.
    """
    from digest.mail.templates import eject as copy

    done = copy(_templates(session), name, target or session.instance.folder / OWN)
    for path in done.written:
        click.echo(str(path))
    if done.kept:
        session.say(f"Left alone, as they were there already: {', '.join(str(path) for path in done.kept)}")
    session.say("Change what you like, delete the rest, and look at it with: digest preview --watch")
    return 0


@templates.command("check")
@click.argument("name", required=False, metavar="[SET]")
@pass_session
def check_templates(session: Invocation, name: str | None) -> int:
    """Look through the sources of a set (default: all) for what would break a mail."""
    from digest.mail.compiling import compiled
    from digest.mail.linting import faults_of

    found = _templates(session)
    languages = sorted({each for newsletter in session.instance.settings.newsletters for each in newsletter.languages})
    faulty = False
    for each in [name] if name else found.names():
        template_set = found.read(each)
        faults = faults_of(template_set)
        faulty |= session.problems(faults)
        if not faults:
            for language in languages:
                compiled(template_set, language)
            session.say(f"{each}: no faults.")
    return ConfigurationError.exit_code if faulty else 0


def _named(files: tuple[Path, ...]) -> str:
    names = [path.name for path in files]
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more]) or "–"


def _templates(session: Invocation) -> "Templates":
    from digest.mail.templates import Templates

    return Templates(session.instance.folder / OWN)


# -- `digest build`: draft editions.


@click.command()
@newsletter_option
@period_option
@click.option("--all", "everything", is_flag=True, help="Every period that has stories, in order.")
@pass_session
def build(session: Invocation, newsletter: str | None, period: str | None, *, everything: bool) -> int:
    """Draft the edition of a period, or of every period that has stories.

    A draft takes nothing and may be built again as often as you like. Without a period, the one that ended last is
    built if stories wait for it.
    """
    from digest.cli.invocation import refresh
    from digest.desk.pages import write_browse_page
    from digest.editions import building

    if everything and period is not None:
        raise click.UsageError("--all and --period exclude each other")
    code = refresh(session)
    instance = session.instance
    chosen = instance.settings.newsletter(newsletter)
    periods = _periods(session, chosen, period, everything=everything)
    if not periods:
        return code
    built = [building.build(instance.bench, chosen, one) for one in periods]
    click.echo(_summary(built))
    session.say(f"Look at it: {write_browse_page(instance)}")
    waiting = [one.edition.key for one in built if one.variants]
    if waiting:
        session.say(f"Next: digest preview --period {waiting[-1]}, then digest approve {waiting[-1]} --by NAME")
    return worst([code])


def _periods(session: Invocation, newsletter: "Newsletter", words: str | None, *, everything: bool) -> "list[Period]":
    from digest.editions import building, naming

    instance = session.instance
    if words is not None:
        return [naming.period_meant(instance.items, instance.editions, newsletter, words)]
    waiting = building.periods_to_build(newsletter, instance.items, instance.editions)
    if everything:
        if not waiting:
            session.say("Nothing to build: no story waits for an edition.")
        return list(waiting)
    from digest.desk.phrases import today
    from digest.newsletters.period import PeriodKind
    from digest.newsletters.timetable import timetable

    times = timetable(newsletter.schedule)
    ended = times.previous(times.containing(today(instance, newsletter)))
    if ended in waiting:
        return [ended]
    what = "window" if ended.kind is PeriodKind.SINCE_LAST else ended.kind
    session.say(f"Nothing is due: no story waits for {ended.key}, the {what} that ended last.")
    if waiting:
        session.say("These periods have stories:")
        for period, count in waiting.items():
            session.say(f"  {period.key}  {count:>3}  digest build --period {period.key}")
        session.say("All of them: digest build --all")
    return []


def _summary(built: "list[Built]") -> str:
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


# -- `digest check`: the gate on the final bytes.


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--links", is_flag=True, help="Also ask whether the links lead anywhere; needs the network.")
@json_option
@pass_session
def check(
    session: Invocation, edition: str | None, newsletter: str | None, period: str | None, *, links: bool, as_json: bool
) -> int:
    """Check the final bytes of every mail of an edition: EDITION is 2018-07, july or monthly/2018-07.

    Exit code 3 when there are errors: they keep a draft from being approved.
    """
    from digest.cli.invocation import edition_meant
    from digest.editions import checking

    instance = session.instance
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = instance.settings.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "checked")
    findings = checking.check(instance.bench, chosen, meant)
    if links:
        from digest.mail.checks.reachable import unreachable

        findings += tuple(unreachable(checking.links(instance.bench, meant)))
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            if finding.severity is not Severity.NOTE or session.verbose:
                click.secho(f"{finding.code} {finding.severity}", fg=COLOURS[finding.severity], nl=False)
                click.echo(f", {finding.place}: {finding.reason}\n  → {finding.fix}")
        counts = {severity: sum(one.severity is severity for one in findings) for severity in Severity}
        mails = len(instance.editions.variants(meant))
        click.echo(f"{meant.name}: {mails} mails checked; " + ", ".join(f"{n} {s}s" for s, n in counts.items()))
    return PersonNeededError.exit_code if any(one.severity is Severity.ERROR for one in findings) else 0


# -- `digest reissue`: say again what a finished edition said, with its mistake mended.


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_session
def reissue(session: Invocation, edition: str | None, newsletter: str | None, period: str | None, because: str) -> int:
    """Draft 2018-07.2 beside the finished 2018-07: the same stories as they are now, for everybody once more.

    It has to be approved and sent like any other, and never goes out by itself. Called again before it is approved, it
    is drafted anew.
    """
    from digest.cli.invocation import edition_meant, refresh
    from digest.desk.pages import write_browse_page
    from digest.editions import building

    code = refresh(session)
    instance = session.instance
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = instance.settings.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"finished"}), "reissued")
    built = building.reissue(instance.bench, chosen, meant, because.strip())
    write_browse_page(instance)
    click.echo(
        f"{built.edition.name} was drafted with {built.included} stories for {sum(built.people.values())} readers."
    )
    session.say(f"Next: digest preview {built.edition.key}, then digest approve {built.edition.key} --by NAME")
    return code


# -- `digest reopen`: make a draft again of an edition of which nothing was sent.


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--by", required=True, metavar="NAME", help="Who takes it back.")
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_session
def reopen(
    session: Invocation, edition: str | None, newsletter: str | None, period: str | None, by: str, because: str
) -> int:
    """Take back an approval, or an edition that was passed over or expired: EDITION is 2018-07 or monthly/2018-07.

    It is a draft again and its stories are free. Nothing of it may have been sent yet.
    """
    from digest.cli.invocation import edition_meant

    instance = session.instance
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = instance.settings.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"sealed"}), "reopened")
    with instance.place.lock():
        opened = instance.editions.reopen(meant, f"reopened by {by.strip()}: {because.strip()}")
    click.echo(f"{opened.name} is a draft again.")
    session.say(f"Next: digest build --period {opened.key}, then digest approve {opened.key} --by NAME")
    return 0
