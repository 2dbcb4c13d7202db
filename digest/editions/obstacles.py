"""Obstacles: what keeps a draft from being approved, or an approved edition from being sent, before anybody tries."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from digest.editions.approving import (
    audience_sizes,
    look,
    refuse_alarms,
    refuse_open_window,
    refuse_taken,
    refuse_thin,
    remainder_of,
)
from digest.editions.checking import check, refuse_errors
from digest.editions.comparison import approved_mails, refuse_altered_copy
from digest.editions.reviews import refusals
from digest.editions.workbench import Workbench
from digest.errors import DigestError
from digest.mail.checks.rule import Finding
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """In one sentence, and what to do about it. `passes`: it does so by itself."""

    said: str
    remedy: str
    passes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What the check says of a draft, and all that is in its way; nothing: `approve` accepts it."""

    findings: tuple[Finding, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


def readiness(
    bench: Workbench, newsletter: Newsletter, edition: Edition, found: tuple[Finding, ...] | None = None
) -> Readiness:
    """By the very refusals of `approve` and `send`. `found` is what the check said of all its mails, if it was asked.
    Raise nothing.
    """
    if edition.state in (EditionState.SEALED, EditionState.SENDING):
        return Readiness(obstacles=tuple(_refusals([lambda: _refuse_altered(bench, edition)])))
    if edition.state is EditionState.SKIPPED:
        return Readiness(obstacles=tuple(_refusals([lambda: refuse_thin(bench.editions, newsletter, edition)])))
    if edition.state is not EditionState.DRAFT:
        return Readiness()
    try:
        looked = look(bench.database, newsletter, edition)
        rest = remainder_of(bench, newsletter, edition, looked, refusals(looked.reviews))
        findings = check(bench, newsletter, edition, rest.variants) if rest else found
        if findings is None:
            findings = check(bench, newsletter, edition)
    except DigestError as error:
        return Readiness(obstacles=(_obstacle(error), *_of_draft(bench, newsletter, edition, ())))
    return Readiness(findings=findings, obstacles=tuple(_of_draft(bench, newsletter, edition, findings)))


def _of_draft(
    bench: Workbench, newsletter: Newsletter, edition: Edition, findings: Sequence[Finding]
) -> Iterator[Obstacle]:
    yield from _refusals(
        [
            lambda: _refuse_altered(bench, edition),
            lambda: refuse_taken(bench.editions, edition),
            lambda: refuse_errors(findings, ()),
            lambda: refuse_alarms(edition, audience_sizes(bench.database, newsletter, edition), ()),
        ]
    )
    thin = lambda: refuse_thin(bench.editions, newsletter, edition)  # noqa: E731 – as the others
    for obstacle in _refusals([lambda: refuse_open_window(edition), thin]):
        yield Obstacle(said=obstacle.said, remedy=obstacle.remedy, passes=True)


def _refuse_altered(bench: Workbench, edition: Edition) -> None:
    approved_mails(bench.editions, bench.copy, edition)
    refuse_altered_copy(bench, edition)


def _refusals(steps: Sequence[Callable[[], object]]) -> Iterator[Obstacle]:
    for step in steps:
        try:
            step()
        except DigestError as error:
            yield _obstacle(error)


def _obstacle(error: DigestError) -> Obstacle:
    """The first line says what it is; the others list it, and the page does so itself."""
    return Obstacle(said=error.cause.partition("\n")[0], remedy=error.remedy)
