"""One call of the program: its workspace, how much it says and how, and what the commands have in common."""

import getpass
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from digest.cli.writer import terminal_width, within
from digest.commands import printed
from digest.desk.columns import Column, Headings, Way, columns, fitted
from digest.errors import NothingUsableError, PartlyFailedError, PersonNeededError, UsageError, worst
from digest.foundation.catalogue import _, plural
from digest.foundation.neighbours import exposures
from digest.foundation.problems import Problem, Severity, by_kind
from digest.foundation.words import escaped
from digest.newsletters.days import instant
from digest.settings.instance import Instance

if TYPE_CHECKING:
    from digest.delivery.fence import Fence
    from digest.editions.naming import EditionNames, Meant
    from digest.editions.obstacles import Obstacle
    from digest.editions.plans.plan import Plan
    from digest.intake.collecting import Collected
    from digest.mail.checks.rule import Finding
    from digest.newsletters.edition import Edition
    from digest.newsletters.newsletter import Newsletter


SENDING = ("send", "run", "daemon", "worker", "mailbox")
LASTING = (
    "daemon",
    "worker",
    "serve",
    "preview",
    "desk",
)  # while they last, somebody may put another database in place
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
MOST_ALIKE = 10  # findings of one kind
Command = TypeVar("Command", bound=Callable[..., object])


def fenced(fence: "Fence") -> str:
    """That nothing is sent from here, why, and what a person does about it."""
    return printed(_("Nothing is sent from here: {why}; {remedy}").format(why=fence.said, remedy=fence.remedy))


@dataclass
class Invocation:
    """Data goes to stdout, messages to stderr; colours only on a terminal and without `NO_COLOR`."""

    folder: str
    verbose: bool = False
    quiet: bool = False

    @cached_property
    def instance(self) -> Instance:
        context = click.get_current_context()
        keeping = None if context.info_name in LASTING else context.with_resource(ExitStack())
        found = Instance(Path(self.folder), keeping=keeping)
        if context.info_name not in SENDING:  # which refuse
            for one in exposures(found.folder, found.workspace.inputs, found.workspace.outputs):
                self.say(_("warning: {path}: {said}; nothing is sent so").format(path=one.path, said=one.said))
                self.say(f"  → {one.remedy}")
        return found

    def say(self, text: str = "") -> None:
        """A message for the person at the terminal."""
        if not self.quiet:
            click.echo(within(printed(text), sys.stderr), err=True)

    def tell(self, text: str = "") -> None:
        """What the command found or did, in words."""
        click.echo(within(text, sys.stdout))

    def say_next(self, text: str) -> None:
        """What to do next, where it is to send; a copy of a workspace that may not says so instead."""
        fence = self.instance.fence
        self.say(text if fence is None else fenced(fence))

    def obstacles(self, found: "Iterable[Obstacle]") -> None:
        """Say what keeps an edition from being approved or sent, each with its remedy."""
        for obstacle in found:
            self.say(f"  {obstacle.said}\n    → {obstacle.remedy}")

    def findings(self, found: "Iterable[Finding]") -> None:
        """What the check says of mails; notes are for `--verbose`."""
        for finding in found:
            if finding.severity is not Severity.NOTE or self.verbose:
                named = f"{finding.code} {severity_said(finding.severity)}"
                said = within(f"{named}, {finding.place}: {finding.reason}\n  → {finding.fix}", sys.stdout, hang=2)
                click.secho(named, fg=COLOURS[finding.severity], nl=False)
                click.echo(said.removeprefix(named))

    def problems(self, found: Iterable[Problem], command: str = "") -> bool:
        """Show problems, errors first, those of one kind together; return whether there was an error. Notes are for
        `--verbose`, and so are more than ten of one kind, which `command` shows.
        """
        kinds = by_kind(one for one in found if one.severity is not Severity.NOTE or self.verbose)
        for alike in kinds:
            self._say_alike(alike, command)
        return any(alike[0].severity is Severity.ERROR for alike in kinds)

    def _say_alike(self, alike: Sequence[Problem], command: str) -> None:
        """What to do about them once, where it is the same for all."""
        shown = alike if self.verbose or len(alike) <= MOST_ALIKE + 1 else alike[:MOST_ALIKE]
        shared = len({one.remedy for one in shown}) == 1
        for one in shown:
            severity = f"{severity_said(one.severity)}:"
            said = _fitted(f"{severity} {one.place}: {_(one.cause)}")
            click.secho(severity, fg=COLOURS[one.severity], nl=False, err=True)
            click.echo(said.removeprefix(severity), err=True)
            if not shared:
                _say_remedy(one)
        if more := len(alike) - len(shown):
            said = _("… and {count} more of this kind").format(count=more)
            click.echo(f"  {said}{f': {printed(command)}' if command else ''}", err=True)
        if shared:
            _say_remedy(shown[0])


pass_invocation = click.make_pass_decorator(Invocation)


# -- What is printed


def severity_said(severity: Severity) -> str:
    return {Severity.ERROR: _("error"), Severity.WARNING: _("warning"), Severity.NOTE: _("note")}[severity]


def _say_remedy(problem: Problem) -> None:
    if problem.remedy:
        click.echo(_fitted(f"  → {_(problem.remedy)}"), err=True)


def _fitted(text: str) -> str:
    """What is wrong with the sources, as wide as COLUMNS says, too."""
    width = terminal_width(sys.stderr)
    return text if width is None else fitted(text, width, hang=2)


def edition_column() -> Column:
    """Of editions in full, whose names are not broken as long as there is room."""
    return Column(_("edition"), Way.WRAPPED, least=20)


def table(headings: Headings, rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> str:
    """Plain columns, numbers to the right, as wide as the terminal at most."""
    return "\n".join(columns(headings, rows, most=terminal_width(), right=right, indent=0))


def inbox_lines(planned: "Plan", languages: Iterable[str]) -> Iterator[str]:
    """What a person wrote for inboxes, language by language, in place of what the program takes from the stories."""
    for code in languages:
        subject, beside = planned.subjects.get(code), planned.preheaders.get(code)
        if subject is not None:
            yield _("Subject ({language}): {text}").format(language=code, text=subject)
        if beside is not None:
            yield _("Beside it in inboxes ({language}): {text}").format(language=code, text=beside)


def echo_json(data: object) -> None:
    """For other programs; a terminal is not turned around either."""
    click.echo(escaped(json.dumps(data, ensure_ascii=False, indent=2)))


# -- Options that mean the same in every command

newsletter_option = click.option("--newsletter", metavar="NAME", help="Which newsletter, if there are several.")
period_option = click.option("--period", metavar="PERIOD", help="Which period: 2018-07, or july.")
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON for other programs.")
metrics_option = click.option(
    "--metrics-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write figures for Prometheus into this file.",
)


def edition_options(command: Command) -> Command:
    """An edition as an argument, or newsletter and period as options: see `named`."""
    return click.argument("edition", required=False)(newsletter_option(period_option(command)))


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody without a login name"


def _not_empty(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter(_("say a name"))
    return value.strip()


by_option = click.option(
    "--by",
    metavar="NAME",
    default=_own_name,
    callback=_not_empty,
    show_default="your login name",
    help="Who decides so.",
)
by_name_option = click.option("--by", metavar="NAME", required=True, callback=_not_empty, help="Who decides so.")


# -- What is meant by words


def named(
    invocation: Invocation, edition: str | None, newsletter: str | None, period: str | None
) -> "tuple[Newsletter, str | None]":
    """The newsletter, and the words that name its period or edition, as an argument or as options that must not
    disagree with it. Words that only one of several newsletters can mean name that one.
    """
    from digest.editions.naming import newsletter_of, split_name  # 0.1 s: `status`, `items` and `run` name no edition

    known = invocation.instance.settings.newsletters
    key = None
    for words in (edition, period):
        if words is not None:
            said, rest = split_name(words, [one.name for one in known])
            for one, other in ((key, rest), (newsletter, said)):
                if one is not None and other is not None and one != other:
                    conflict = _("{edition} and the option {option} say different things")
                    raise click.UsageError(conflict.format(edition=repr(words), option=repr(one)))
            newsletter, key = newsletter or said, rest
    if newsletter is None and key is not None and len(known) > 1:
        only = newsletter_of(key, known, lambda one: edition_names(invocation, one))
        newsletter = only.name if only else None
    return invocation.instance.settings.newsletter(newsletter), key


def edition_names(invocation: Invocation, newsletter: "Newsletter") -> "EditionNames":
    """How the newsletter's editions are named today."""
    from digest.desk.phrases import today  # 0.1 s: as above
    from digest.editions.naming import EditionNames

    instance = invocation.instance
    return EditionNames(newsletter, instance.items, instance.editions, today(instance, newsletter))


def newsletters_meant(invocation: Invocation, name: str | None) -> "list[Newsletter]":
    """The one of that name, or all."""
    settings = invocation.instance.settings
    return [*settings.newsletters] if name is None else [settings.newsletter(name)]


def draft_meant(invocation: Invocation, newsletter: "Newsletter", words: str | None) -> "Meant":
    """The period and the revision named, or the latest period that has something to read and has begun."""
    from digest.desk.phrases import today  # 0.1 s: as above
    from digest.editions.building import periods_with_content
    from digest.editions.naming import Meant

    instance = invocation.instance
    if words is not None:
        return edition_names(invocation, newsletter).meant(words)
    now = today(instance, newsletter)
    begun = [
        period for period in periods_with_content(newsletter, instance.items, instance.editions) if period.start <= now
    ]
    if begun:
        return Meant(begun[-1], 1)
    raise UsageError(
        newsletter.name, _("no story waits for an edition"), _("add bulletins, or name a period with --period")
    )


def edition_meant(
    invocation: Invocation, newsletter: "Newsletter", words: str | None, states: frozenset[str], purpose: str
) -> "Edition":
    """The edition named, or the only one in one of `states`; `purpose` is what it waits for, `to be sent`."""
    instance = invocation.instance
    if words is not None:
        return edition_names(invocation, newsletter).edition(words)
    waiting = [edition for edition in instance.editions.editions(newsletter.name) if edition.state in states]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise UsageError(
            newsletter.name, _("no edition waits {purpose}").format(purpose=purpose), _("look at `digest status`")
        )
    raise UsageError(
        newsletter.name,
        _("several editions wait {purpose}: {editions}").format(
            purpose=purpose, editions=", ".join(edition.key for edition in waiting)
        ),
        _("name one, such as {edition}").format(edition=waiting[0].key),
    )


def instant_meant(words: str, zone: ZoneInfo, example: str = "2018-08-05T09:00") -> datetime:
    """`2018-08-05T09:00` in the zone, or with an offset of its own; a date alone is its first minute."""
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise UsageError(words, _("is no time"), _("write it like {example}").format(example=example)) from None
    return instant(at.date(), at.time(), zone) if at.tzinfo is None else at


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def stop_clock(invocation: Invocation, words: str) -> None:
    """Let it be that time, in the publisher's zone, for all that the command does."""
    instance = invocation.instance
    instance.workspace.clock = FixedClock(instant_meant(words, instance.settings.publisher.timezone).astimezone(UTC))


# -- Steps that several commands take before their own


def collect_all(invocation: Invocation) -> "tuple[tuple[Collected, ...], int]":
    """Collect, show the problems, and return the exit code."""
    results = invocation.instance.collect()
    say_left_out(invocation, results)
    return results, collected_code(results)


def say_left_out(invocation: Invocation, results: "Sequence[Collected]") -> None:
    """What was not read, or is doubtful, and why; what a person has accepted is for `--verbose`."""
    invocation.problems((one for result in results for one in result.problems), "digest -v collect")
    if invocation.verbose:
        for one in (one for result in results for one in result.accepted):
            invocation.say(_("accepted: {place}: {cause}").format(place=one.place, cause=_(one.cause)))
    ignored = [name for result in results for name in result.ignored]
    if ignored:
        shown = ", ".join(ignored[:5])
        if len(ignored) > 5:  # noqa: PLR2004
            shown = _("{files} and {count} more").format(files=shown, count=len(ignored) - 5)
        invocation.say(_("Not read, because no source reads such files: {files}").format(files=shown))


def collected_code(results: "Sequence[Collected]") -> int:
    """65 when no input was usable, 4 when some was not, 3 when the date of an item waits for a person."""
    errors = sum(result.errors for result in results)
    if errors and not any(result.found for result in results):
        return NothingUsableError.exit_code
    waiting = PersonNeededError.exit_code if any(result.waiting for result in results) else 0
    return PartlyFailedError.exit_code if errors else waiting


def update_subscribers(invocation: Invocation) -> int:
    """Take over the subscriber file; rows with mistakes are named and left out (exit code 4)."""
    imported, problems = invocation.instance.import_subscribers()
    if imported and (imported.added or imported.changed):
        said = _("Subscribers: {added} new, {changed} changed.")
        invocation.say(said.format(added=imported.added, changed=imported.changed))
    return PartlyFailedError.exit_code if invocation.problems(problems) else 0


def seen_at_terminal(invocation: Invocation, edition: "Edition", how: str) -> None:
    """What was written on a terminal was seen by whoever sits there; what went into a file or a pipe was not."""
    from digest.editions.approving import note_look  # 0.1 s: as above

    if sys.stdout.isatty():
        note_look(invocation.instance.bench, edition, how)


def refresh(invocation: Invocation) -> int:
    """Collect and take over subscribers: what every look at a draft begins with."""
    _results, code = collect_all(invocation)
    return worst([code, update_subscribers(invocation)])


def tell_given_up(invocation: Invocation, count: int) -> None:
    """Who gets no more mail, because it was refused too often."""
    if count:
        said = plural(
            "{count:,} address gets no more mail: it was refused too often.",
            "{count:,} addresses get no more mail: they were refused too often.",
            count,
        )
        invocation.say(said)
