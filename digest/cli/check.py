"""`digest check`: the gate on the final bytes."""

import click

from digest.cli.options import edition_argument, json_option, newsletter_option, period_option, split_edition
from digest.cli.session import COLOURS, Session, pass_session
from digest.errors import PersonNeededError
from digest.model.place import Severity


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--links", is_flag=True, help="Also ask whether the links lead anywhere; needs the network.")
@json_option
@pass_session
def check(
    session: Session, edition: str | None, newsletter: str | None, period: str | None, *, links: bool, as_json: bool
) -> int:
    """Check the final bytes of every mail of an edition: EDITION is 2018-07, july or monthly/2018-07.

    Exit code 3 when there are errors: they keep a draft from being approved.
    """
    from digest.cli.steps import edition_meant

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "checked")
    findings = workspace.check(chosen, meant)
    if links:
        from digest.checks.reachable import unreachable

        findings += tuple(unreachable(workspace.links(meant)))
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
        mails = len(workspace.editions.variants(meant))
        click.echo(f"{meant.name}: {mails} mails checked; " + ", ".join(f"{n} {s}s" for s, n in counts.items()))
    return PersonNeededError.exit_code if any(one.severity is Severity.ERROR for one in findings) else 0
