"""Missed editions, and the stories that were there in time for them: none of these is ever lost in silence.

What the edition would not have shown (withdrawn, dropped, for no audience) it settles all the same. Of the others the
settings, or a person, say what becomes: a later edition takes them, or they are given up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.editions.composition import thinned
from digest.editions.states import Step
from digest.editions.store import Editions
from digest.editions.workbench import Workbench
from digest.foundation.catalogue import _, later, plural
from digest.foundation.failpoints import reach
from digest.foundation.words import day, listed
from digest.mail.wording import edition_in_full
from digest.newsletters.edition import CarriedOver, Edition, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.schedule import CatchUp
from digest.newsletters.timetable import timetable

NAMED = 3  # editions, of more the first and the last
_WOULD_GO = (Ruling.INCLUDED, Ruling.LEFT_OUT)  # had the edition gone, to some of its readers or later
GIVEN_UP = later("its edition was missed, and what is missed is not made up for (catch_up: none)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for a person: `stories` by the missed edition that should have had them, the oldest first."""

    by_edition: tuple[tuple[Edition, frozenset[str]], ...]

    @property
    def story_ids(self) -> frozenset[str]:
        return frozenset[str]().union(*(stories for _, stories in self.by_edition))

    @property
    def stories(self) -> int:
        return len(self.story_ids)

    @property
    def editions(self) -> tuple[Edition, ...]:
        return tuple(edition for edition, _ in self.by_edition)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """What a person's word did: `made` are open again, `given_up` counts stories."""

    made: tuple[Edition, ...] = ()
    given_up: int = 0


def waiting(editions: Editions, newsletter: Newsletter) -> Waiting:
    return Waiting(by_edition=tuple(editions.waiting(newsletter.name)))


def said(newsletter: Newsletter, found: Waiting) -> str:
    """In one sentence: how many stories wait, since when, and what to type."""
    calendar = timetable(newsletter.schedule)
    sendings = [at for edition in found.editions if (at := calendar.sending_at(edition.period)) is not None]
    return plural(
        "{count:,} story waits since {since}, because {editions} did not go out; say what becomes of it: {command}",
        "{count:,} stories wait since {since}, because {editions} did not go out; say what becomes of them: {command}",
        found.stories,
        since=day(min(sendings).date()) if sendings else day(found.editions[0].period.start),
        editions=_named(found.editions),
        command=_("digest run --catch-up latest, or all, or none"),
    )


def _named(editions: Sequence[Edition]) -> str:
    names = [edition_in_full(edition) for edition in editions]
    if len(names) <= NAMED:
        return listed(names, _("and"))
    return _("those from {first} to {last}").format(first=names[0], last=names[-1])


def no_story() -> str:
    """Why an edition is skipped that had nothing to say when it was to go out."""
    return _("no story came for it before its sending")


def miss(
    bench: Workbench, newsletter: Newsletter, period: Period, because: str, carried: CarriedOver | None
) -> Edition:
    """Record that the edition does not go out. Its stories stand as `carried` says; `None` gives them up. When nothing
    was meant to go out, or there was nothing to say, it is skipped; else it was missed.

    Raise `ConfigurationError` for a plan with mistakes: what it drops must not come back.
    """
    ruled, standings = [], {}
    candidates = [(one.story, one.verdict) for one in bench.plans.candidates(newsletter, period)]
    verdicts = thinned(newsletter, period, candidates, closed=True)  # what would have waited anyway was not missed
    for (story, _verdict), verdict in zip(candidates, verdicts, strict=True):
        kept = _kept(verdict, carried)
        if kept is None:
            ruled.append(_given_up(verdict))
        else:
            standings.update(dict.fromkeys((item.id for item in story.items), kept))
    step = Step.MISS
    if carried is CarriedOver.MOVED:
        step = Step.SKIP
    elif all(verdict.ruling not in _WOULD_GO for verdict in verdicts):
        step, because = Step.SKIP, no_story()
    return bench.editions.miss(newsletter.name, period, bench.clock.now(), because, ruled, standings, step)


def skip(bench: Workbench, newsletter: Newsletter, periods: Mapping[Period, str]) -> Sequence[Edition]:
    """Record of periods without any story, each for its reason, that nothing goes out: however many there are."""
    return bench.editions.skip(newsletter.name, periods, bench.clock.now())


def expire(
    bench: Workbench, newsletter: Newsletter, edition: Edition, because: str, carried: CarriedOver | None
) -> Edition:
    """Give up an edition that was sealed; what becomes of its stories is as in `miss`."""
    ruled, standings = [], {}
    stories = {story.id: story for story in bench.plans.stories(newsletter, edition.period)}
    for verdict in bench.editions.verdicts(edition):
        kept = _kept(verdict, carried)
        if kept is None:
            ruled.append(_given_up(verdict))
        elif verdict.story_id in stories:
            standings.update(dict.fromkeys((item.id for item in stories[verdict.story_id].items), kept))
    return bench.editions.expire(edition, bench.clock.now(), because, ruled, standings)


def catch_up(bench: Workbench, newsletter: Newsletter, how: CatchUp) -> CaughtUp:
    """Do with all that waits what a person says."""
    found = waiting(bench.editions, newsletter)
    if not found.stories:
        return CaughtUp()
    reach("missed.before")
    if how is CatchUp.NONE:
        _give_up(bench, found, frozenset(), later("a person gave up what was missed (run --catch-up none)"))
        return CaughtUp(given_up=found.stories)
    made = found.editions if how is CatchUp.ALL else found.editions[-1:]
    bench.editions.make_up(
        newsletter.name, made, str(later("it was missed, and is made up for (run --catch-up {how})").format(how=how))
    )
    return CaughtUp(made=made)


def drop(bench: Workbench, newsletter: Newsletter, stories: Sequence[str], because: str | None) -> None:
    """Give up single stories that wait, and drop them in the plan as well: whoever takes the edition up meets them."""
    said: str = later("a person dropped it while it waited")
    if because:
        said = later("a person dropped it while it waited: {because}").format(because=because)
    given_up = _give_up(bench, waiting(bench.editions, newsletter), frozenset(stories), said)
    for edition, verdicts in given_up:
        bench.plans.drop_given_up(newsletter, edition.period, [verdict.story_id for verdict in verdicts], because)


def _give_up(
    bench: Workbench, found: Waiting, only: frozenset[str], because: str
) -> list[tuple[Edition, list[Verdict]]]:
    """Each story once, in the first edition that should have had it. `only`: these; else all."""
    done = set[str]()
    ruled = []
    for edition, stories in found.by_edition:
        now = sorted((stories & only if only else stories) - done)
        done.update(now)
        ruled.append(
            (
                edition,
                [Verdict(story_id=story, ruling=Ruling.DROPPED, reason=str(because), late=False) for story in now],
            )
        )
    bench.editions.give_up(ruled)
    return [(edition, verdicts) for edition, verdicts in ruled if verdicts]


def _kept(verdict: Verdict, carried: CarriedOver | None) -> CarriedOver | None:
    """What becomes of a story that the edition would have had; `None`: the edition settles it."""
    if verdict.ruling in _WOULD_GO:
        return carried
    return None if verdict.ruling.final else CarriedOver.MOVED


def _given_up(verdict: Verdict) -> Verdict:
    if verdict.ruling not in _WOULD_GO:
        return verdict
    return replace(verdict, ruling=Ruling.DROPPED, reason=str(GIVEN_UP))
