"""Rehearsing: the calendar replayed in virtual time over the workspace's stories, in a shadow; nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete

from digest.delivery.delivery import DeliveryState
from digest.delivery.sending import Sent, send
from digest.editions.reviews import Seal, Settlement, Wait
from digest.errors import BusyError
from digest.foundation.database import Database
from digest.foundation.schema import (
    answers,
    deliveries,
    editions,
    items,
    newsletters,
    review_mails,
    runs,
    servings,
    settled,
    variants,
    verdicts,
)
from digest.intake.item import Item
from digest.intake.store import Collection
from digest.newsletters.edition import Edition, EditionState, Ruling
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.timetable import timetable
from digest.runs.due import first_window
from digest.runs.record import Trouble
from digest.runs.rehearsal import (
    ClockJump,
    Outage,
    Wake,
    arrival,
    forgotten,
    twice_to_one_person,
    unsettled_verdicts,
    wakes,
)
from digest.runs.run import Run
from digest.settings.instance import Instance
from digest.settings.sandbox import Sandbox, sandbox_of

NO_DELAY = timedelta(0)
SOMEBODY = "somebody in the rehearsal"


@dataclass(slots=True)
class VirtualClock:
    """Implements `digest.foundation.workspace.Clock`."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalOptions:
    """What is to be replayed, from `start` to `end`, as if the `newsletters` began then.

    `late` is how long after its date every story becomes known; `late_items` how long the items whose id begins so do.
    `approved`: somebody approves each edition in time.
    """

    newsletters: Sequence[Newsletter]
    start: datetime
    end: datetime
    outages: Sequence[Outage] = ()
    jumps: Sequence[ClockJump] = ()
    late: timedelta = NO_DELAY
    late_items: Mapping[str, timedelta] = field(default_factory=dict)
    approved: bool = True

    def delay(self, item: Item) -> timedelta:
        return next((delay for start, delay in self.late_items.items() if item.id.startswith(start)), self.late)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What became of one edition. `at` is in the newsletter's zone, `window` holds its first and last day."""

    at: datetime
    edition: str
    window: tuple[date, date]
    state: EditionState
    stories: int
    late: int
    readers: int
    because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """`told` is what operators would have been told, and when. `broken` names invariants that did not hold."""

    happened: tuple[Happened, ...]
    told: tuple[tuple[datetime, Trouble], ...]
    broken: tuple[str, ...]
    runs: int


def rehearse(instance: Instance, wishes: RehearsalOptions) -> Rehearsal:

    with sandbox_of(instance) as shadow:
        shadow.collect()
        shadow.import_subscribers()
        items, story_of = shadow.items.items(), shadow.items.story_of()
        forget_all_but_subscribers(shadow.database)
        clock = VirtualClock(wishes.start.astimezone(UTC))
        return _Stage(instance.folder, shadow.passing, clock, wishes, _Unknown(items, story_of)).play()


@dataclass(slots=True)
class _Unknown:
    """The items that did not become known yet, and the story of each."""

    items: Sequence[Item]
    story_of: Mapping[str, str]

    def take(self, wishes: RehearsalOptions, now: datetime) -> list[Item]:
        zone = wishes.newsletters[0].schedule.zone
        known = [item for item in self.items if arrival(item, wishes.delay(item), zone) <= now]
        taken = {item.id for item in known}
        self.items = [item for item in self.items if item.id not in taken]
        return known


class _RehearsedRun(Run):
    """Collects what is `known` by now, and approves when the rehearsal is told to."""

    def __init__(self, stage: "_Stage", known: Sequence[Item]) -> None:
        super().__init__(stage)
        self._stage, self._known, self.newsletters = stage, known, stage.newsletters

    def inputs(self) -> str:
        return f"{len(self._stage.unknown.items)} items to come"

    def collect(self) -> list[Trouble]:
        story_of = {item.id: self._stage.unknown.story_of[item.id] for item in self._known}
        self._stage.items.save_collection(Collection(items=tuple(self._known), story_of=story_of))
        return []

    def mailbox(self) -> tuple[Sequence[str], Sequence[Trouble]]:
        return (), ()

    def ask(self, newsletter: Newsletter, edition: Edition) -> Sequence[str]:  # noqa: ARG002 – nobody is asked
        return ()

    def settlement(self, newsletter: Newsletter, edition: Edition) -> Settlement:
        settlement = super().settlement(newsletter, edition)
        approves = isinstance(settlement, Wait) and self._stage.options.approved
        return Seal(without={}, by=SOMEBODY) if approves else settlement

    def seal(self, newsletter: Newsletter, edition: Edition, settlement: Seal) -> Edition:
        from digest.editions.approving import approve_whole

        if settlement.by == SOMEBODY:
            return approve_whole(self._stage.bench, newsletter, edition, SOMEBODY, early=False)
        return super().seal(newsletter, edition, settlement)

    def send(self, newsletter: Newsletter, edition: Edition) -> Sent:
        return send(self._stage.place, self._stage.bench, newsletter, edition, locked=True)


class _Stage(Sandbox):
    """A shadow in virtual time, to which items become known one after the other."""

    def __init__(
        self, folder: Path, passing: Path, clock: VirtualClock, options: RehearsalOptions, unknown: _Unknown
    ) -> None:
        super().__init__(folder, passing, clock)
        self._time, self.options, self.unknown = clock, options, unknown
        self.newsletters = [
            replace(one, starts_on=max(one.starts_on or date.min, options.start.astimezone(one.schedule.zone).date()))
            for one in options.newsletters
        ]
        self._told: list[tuple[datetime, Trouble]] = []
        self._broken: list[str] = []

    def play(self) -> Rehearsal:
        plan = wakes(self.newsletters, self.options.start, self.options.end, self.options.outages, self.options.jumps)
        for wake in plan:
            self._run(wake)
            before = self._state()
            self._run(wake)
            if self._state() != before:
                self._broken.append(f"1: a second run at {wake.shown:%Y-%m-%d %H:%M} UTC changed something")
        for newsletter in self.newsletters:
            self._broken += self._judge(newsletter)
        happened = [row for newsletter in self.newsletters for row in self._rows(newsletter)]
        return Rehearsal(
            happened=tuple(sorted(happened, key=lambda row: (row.at, row.edition))),
            told=tuple(self._told),
            broken=tuple(self._broken),
            runs=len(plan),
        )

    def _run(self, wake: Wake) -> None:
        self._time.at = wake.shown.astimezone(UTC)
        known = self.unknown.take(self.options, wake.at)
        try:
            ran = _RehearsedRun(self, known).all()
        except BusyError as error:
            self._tell(wake, Trouble(about=error.thing, said=error.cause, code=error.exit_code))
            return
        for trouble in ran.news:
            self._tell(wake, trouble)

    def _tell(self, wake: Wake, trouble: Trouble) -> None:
        expected = not trouble.code and self.options.approved
        if not expected and not any(told == trouble for _, told in self._told):
            self._told.append((wake.at, trouble))

    def _state(self) -> object:
        editions = self.editions.editions()
        return editions, [self.ledger.tally(edition) for edition in editions], self.place.nowhere.delivered

    def _judge(self, newsletter: Newsletter) -> list[str]:
        """Invariants 2 and 4: each story once per newsletter and once per person, and none lost."""
        from digest.editions.store import calendar_of

        settled = self.editions.settled(newsletter.name)
        editions = [one for one in self.editions.editions(newsletter.name) if one.state is EditionState.FINISHED]
        variants = {
            (edition.name, variant.name): variant for edition in editions for variant in self.editions.variants(edition)
        }
        calendar = calendar_of(newsletter, self.editions)
        first = first_window(newsletter, self._time.at.date())
        broken = [
            f"2: {edition.name} does not hold {story}"
            for edition in editions
            for story in unsettled_verdicts(edition, self.editions.verdicts(edition), settled)
        ]
        twice = twice_to_one_person(self.ledger.received_together(newsletter.name), variants)
        lost = forgotten(self.items.stories(), settled.keys(), calendar, first, self._time.at)
        return [
            *broken,
            *(f"4: somebody got the story {story} twice" for story in sorted(twice)),
            *(f"4: the story {story} was lost" for story in lost),
        ]

    def _rows(self, newsletter: Newsletter) -> list[Happened]:
        calendar = timetable(newsletter.schedule)
        rows = []
        for edition in self.editions.editions(newsletter.name):
            planned = calendar.sending_at(edition.period)
            at = (edition.sending_at or planned or self._time.at).astimezone(newsletter.schedule.zone)
            if at > self.options.end:
                continue
            included = [one for one in self.editions.verdicts(edition) if one.ruling is Ruling.INCLUDED]
            rows.append(
                Happened(
                    at=at,
                    edition=edition.name,
                    window=(edition.period.start, edition.period.last_day),
                    state=edition.state,
                    stories=len(included),
                    late=sum(verdict.late for verdict in included),
                    readers=self.ledger.tally(edition)[DeliveryState.SENT] if edition.sending_at else 0,
                    because=edition.because,
                )
            )
        return rows


# -- Clearing: a database that knows its subscribers and nothing else, for rehearsals. Never called on a real one.


def forget_all_but_subscribers(database: Database) -> None:
    order = (
        deliveries,
        answers,
        review_mails,
        servings,
        settled,
        verdicts,
        variants,
        editions,
        items,
        newsletters,
        runs,
    )
    with database.write() as connection:
        for table in order:
            connection.execute(delete(table))
