"""Steps that several commands take before their own: collecting, the subscriber file, finding the edition meant."""

from typing import TYPE_CHECKING

from digest.cli.ending import worst
from digest.cli.session import Session
from digest.errors import NothingUsableError, PartlyFailedError, UsageError

if TYPE_CHECKING:
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter
    from digest.model.period import Period
    from digest.pipeline.collect import Collected


def collect_all(session: Session) -> "tuple[tuple[Collected, ...], int]":
    """Collect, show the problems, and return the exit code: 65 when no input was usable, 4 when some was not."""
    results = session.workspace.collect()
    session.problems(problem for result in results for problem in result.problems)
    ignored = [name for result in results for name in result.ignored]
    if ignored:
        shown = ", ".join(ignored[:5]) + (f" and {len(ignored) - 5} more" if len(ignored) > 5 else "")  # noqa: PLR2004
        session.say(f"Not read, because no source reads such files: {shown}")
    errors = sum(result.errors for result in results)
    if errors and not any(result.found for result in results):
        return results, NothingUsableError.exit_code
    return results, PartlyFailedError.exit_code if errors else 0


def update_subscribers(session: Session) -> int:
    """Take over the subscriber file; rows with mistakes are named and left out (exit code 4)."""
    imported, problems = session.workspace.import_subscribers()
    if imported and (imported.added or imported.changed):
        session.say(f"Subscribers: {imported.added} new, {imported.changed} changed.")
    return PartlyFailedError.exit_code if session.problems(problems) else 0


def refresh(session: Session) -> int:
    """Collect and take over subscribers: what every look at a draft begins with."""
    _, code = collect_all(session)
    return worst([code, update_subscribers(session)])


def period_meant(session: Session, newsletter: "Newsletter", words: str | None) -> "Period":
    """The period named, or the latest one that has stories and has begun."""
    from digest.cli.wording import today

    workspace = session.workspace
    if words is not None:
        return workspace.period(newsletter, words)
    now = today(workspace, newsletter)
    begun = [period for period in workspace.periods_to_build(newsletter) if period.start <= now]
    if begun:
        return begun[-1]
    raise UsageError(newsletter.name, "no story waits for an edition", "add bulletins, or name a period with --period")


def edition_meant(
    session: Session, newsletter: "Newsletter", words: str | None, states: "frozenset[str]", verb: str
) -> "Edition":
    """The edition named, or the only one in one of `states`."""
    workspace = session.workspace
    if words is not None:
        return workspace.edition(newsletter, words)
    waiting = [edition for edition in workspace.editions.editions(newsletter.name) if edition.state in states]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise UsageError(newsletter.name, f"no edition waits to be {verb}", "look at `digest status`")
    raise UsageError(
        newsletter.name,
        f"several editions wait to be {verb}: {', '.join(edition.key for edition in waiting)}",
        f"name one, such as {waiting[0].key}",
    )
