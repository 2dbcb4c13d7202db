"""Rehearsal: the calendar replayed in virtual time over the workspace's stories, in a sandbox; nothing is sent."""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Table, delete

from digest.delivery.delivery import DeliveryState
from digest.delivery.sending import send
from digest.editions import reasons
from digest.editions.approving import approve_whole
from digest.editions.building import build
from digest.editions.open_parts import OpenPart, open_parts
from digest.editions.reviewing import note_review_mails
from digest.editions.reviews import Seal, Settlement, Wait
from digest.editions.selection import Calendar
from digest.editions.store import calendar_of
from digest.errors import DigestError, PersonNeededError
from digest.foundation.catalogue import _
from digest.foundation.database import Database
from digest.foundation.schema import choices, instance, metadata, pictures, subscribers
from digest.intake.item import DateState, Item, Story
from digest.intake.store import Collection
from digest.mail.content import Variant
from digest.mail.wording import edition_in_full, period_in_full
from digest.newsletters.edition import Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Approval, Newsletter, Welcome
from digest.newsletters.period import Occasion, Period
from digest.newsletters.timetable import timetable
from digest.runs.due import first_window
from digest.runs.run import Run
from digest.runs.run_record import Trouble
from digest.runs.virtual_time import ClockJump, Outage, VirtualClock, Wake, arrival, awake_at, wake_at, wakes
from digest.settings.instance import Instance
from digest.settings.sandbox import Sandbox, sandbox_of

NO_DELAY = timedelta(0)
SOMEBODY = "somebody in the rehearsal"


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
    in_full: str
    window: tuple[date, date]
    state: EditionState
    stories: int
    late: int
    readers: int
    because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """`told` is what operators would have been told, and when. `accounts` say where every story of the span is.
    `broken` names invariants that did not hold.
    """

    happened: tuple[Happened, ...]
    told: tuple[tuple[datetime, Trouble], ...]
    broken: tuple[str, ...]
    accounts: tuple["Account", ...]
    runs: int


class Whereabouts(StrEnum):
    """Where a story of the span is at its end."""

    SENT = "sent"
    WAITS = "waits"  # for its edition, or for a person
    OPEN = "open"  # for a part: an edition has taken it, and some of its readers have not had it
    LEFT_OUT = "left-out"  # an edition has decided so
    LOST = "lost"  # nobody has decided, and nothing waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`because` says where it is in words; of what was sent, the edition's name."""

    newsletter: str
    story: str
    title: str
    where: Whereabouts
    because: str


def rehearse(instance: Instance, options: RehearsalOptions) -> Rehearsal:
    with sandbox_of(instance) as prepared:
        prepared.collect()
        prepared.import_subscribers()
        unknown = _Unknown([_by_then(item) for item in prepared.items.items()], prepared.items.story_of())
        specials = list(_specials(prepared, options, unknown.items))
        _forget_all_but_subscribers(prepared.database)
        clock = VirtualClock(options.start.astimezone(UTC))
        return _Replay(Sandbox(instance.folder, prepared.passing, clock), clock, options, unknown, specials).play()


@dataclass(slots=True)
class _Unknown:
    """The items that did not become known yet, and the story of each."""

    items: Sequence[Item]
    story_of: Mapping[str, str]

    def take(self, options: RehearsalOptions, now: datetime) -> list[Item]:
        zone = options.newsletters[0].schedule.zone
        known = [item for item in self.items if arrival(item, options.delay(item), zone) <= now]
        taken = {item.id for item in known}
        self.items = [item for item in self.items if item.id not in taken]
        return known


def _by_then(item: Item) -> Item:
    """Whoever is asked about its date has answered when it comes."""
    return replace(item, date_state=DateState.ACCEPTED) if item.waits else item


@dataclass(frozen=True, slots=True, kw_only=True)
class _Special:
    """A special edition that people made, with the stories of these `items`, and when they would make it."""

    newsletter: Newsletter
    occasion: Occasion
    items: frozenset[str]
    at: datetime


def _specials(prepared: Sandbox, options: RehearsalOptions, items: Sequence[Item]) -> Iterator[_Special]:
    """Each when it was sent, approved or built, whatever came last; if that is not in the span, when its last story
    becomes known.
    """
    for newsletter in options.newsletters:
        for edition in prepared.editions.editions(newsletter.name):
            record, occasion = prepared.editions.record(edition), edition.period.occasion
            if occasion is None or edition.is_said_again or not edition.state.has_content or record is None:
                continue
            held = {item.id for recorded in record.stories for item in recorded.story.items}
            zone = newsletter.schedule.zone
            known = [arrival(item, options.delay(item), zone) for item in items if item.id in held]
            done = edition.sending_at or edition.sealed_at or edition.built_at
            at = done if done is not None and options.start <= done <= options.end else max(known, default=None)
            if at is not None and options.start <= at <= options.end:
                at = awake_at(at.astimezone(UTC), options.outages)
                yield _Special(newsletter=newsletter, occasion=occasion, items=frozenset(held), at=at)


class _RehearsedRun(Run):
    """Collects what has become `known`, and approves where the rehearsal is told to, at the last moment."""

    def __init__(self, replay: "_Replay", known: Sequence[Item]) -> None:
        super().__init__(replay.sandbox)
        self.newsletters = replay.newsletters
        self._known, self._unknown, self._approved = known, replay.unknown, replay.options.approved
        self.waits_until: datetime | None = None  # for reviewers who were asked late

    def read_mailbox(self) -> tuple[Sequence[str], Sequence[Trouble]]:
        return (), ()

    def ask_pages(self) -> None:
        """Nobody is asked."""

    def look_for_canary(self) -> None:
        """Nothing arrives."""

    def inputs(self) -> str:
        return f"{len(self._unknown.items)} items to come"

    def collect(self) -> Sequence[Trouble]:
        story_of = {item.id: self._unknown.story_of[item.id] for item in self._known}
        self.instance.items.save_collection(Collection(items=tuple(self._known), story_of=story_of))
        return ()

    def ask(self, newsletter: Newsletter, edition: Edition) -> Sequence[str]:
        """No mail is written; whom it would have asked counts as asked."""
        note_review_mails(self.instance.bench, newsletter, edition)
        return ()

    def remind(self, *_about: object) -> tuple[Sequence[str], Sequence[DigestError]]:
        """No mail is written."""
        return (), ()

    def settlement(self, newsletter: Newsletter, edition: Edition) -> Settlement:
        settlement = super().settlement(newsletter, edition)
        if isinstance(settlement, Wait) and settlement.until is not None:
            self.waits_until = min(settlement.until, self.waits_until or settlement.until)
            return settlement
        return Seal(without={}, by=SOMEBODY) if isinstance(settlement, Wait) and self._approved else settlement

    def seal(self, newsletter: Newsletter, edition: Edition, settlement: Seal) -> Edition:
        if settlement.by == SOMEBODY:
            code = self.instance.editions.code(edition)  # whoever would approve it has looked at this draft
            return approve_whole(self.instance.bench, newsletter, edition, SOMEBODY, code=code, early=False)
        return super().seal(newsletter, edition, settlement)


class _Replay:
    """Runs at each instant at which the machine wakes, twice, while items become known one after the other, and people
    make their special editions.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        clock: VirtualClock,
        options: RehearsalOptions,
        unknown: _Unknown,
        specials: Sequence[_Special],
    ) -> None:
        self.sandbox, self.options, self.unknown, self._clock = sandbox, options, unknown, clock
        self._specials = specials
        self.newsletters = [
            replace(
                one,
                starts_on=max(one.starts_on or date.min, options.start.astimezone(one.schedule.zone).date()),
                welcome=Welcome.NOTHING,  # nobody signs up meanwhile
            )
            for one in options.newsletters
        ]
        self._told: list[tuple[datetime, Trouble]] = []
        self._broken: list[str] = []

    def play(self) -> Rehearsal:
        plan = wakes(self.newsletters, self.options.start, self.options.end, self.options.outages, self.options.jumps)
        for special in self._specials:
            self._wake_at(plan, special.at)
        for wake in plan:  # which grows: a sending that waits for reviewers has a time of its own
            until = self._run(wake)
            if until is not None:
                self._wake_also(plan, wake, until)
            if self._make_specials(wake):
                self._run(wake)  # drafts lose what is taken
            before = self._state()
            self._run(wake)
            if self._state() != before:
                self._broken.append(
                    _("1: a second run at {at} UTC changed something").format(at=f"{wake.shown:%Y-%m-%d %H:%M}")
                )
        accounts: list[Account] = []
        for newsletter in self.newsletters:
            self._broken += self._judge(newsletter)
            accounts += self._accounts(newsletter)
        self._broken += [
            _("4: the story {story} was lost").format(story=one.story)
            for one in accounts
            if one.where is Whereabouts.LOST
        ]
        happened = [row for newsletter in self.newsletters for row in self._rows(newsletter)]
        return Rehearsal(
            happened=tuple(sorted(happened, key=lambda row: (row.at, row.edition))),
            told=tuple(self._told),
            broken=tuple(self._broken),
            accounts=tuple(accounts),
            runs=len(plan),
        )

    def _run(self, wake: Wake) -> datetime | None:
        """Say until when it waits for reviewers, by the clock that is shown."""
        self._clock.at = wake.shown.astimezone(UTC)
        run = _RehearsedRun(self, self.unknown.take(self.options, wake.at))
        try:
            ran = run.all()
        except PersonNeededError as error:
            self._tell(wake, Trouble(about=error.thing, said=error.cause, code=error.exit_code))
            return None
        for trouble in ran.news:
            self._tell(wake, trouble)
        return run.waits_until

    def _wake_also(self, plan: list[Wake], now: Wake, until: datetime) -> None:
        at = awake_at((until - (now.shown - now.at)).astimezone(UTC), self.options.outages)
        if now.at < at:
            self._wake_at(plan, at)

    def _wake_at(self, plan: list[Wake], at: datetime) -> None:
        if at <= self.options.end and all(wake.at != at for wake in plan):
            insort(plan, wake_at(at, self.options.jumps), key=lambda wake: wake.at)

    def _make_specials(self, wake: Wake) -> bool:
        """As a person would: build, approve and send. Say whether any were made."""
        made = [special for special in self._specials if special.at == wake.at]
        for special in made:
            try:
                self._make(special)
            except DigestError as error:
                self._tell(wake, Trouble.of(error))
        return bool(made)

    def _make(self, special: _Special) -> None:
        bench, newsletter = self.sandbox.bench, special.newsletter
        stories = {
            one.id for one in self.sandbox.items.stories() if any(item.id in special.items for item in one.items)
        }
        period = Period.special(special.occasion, special.at.astimezone(newsletter.schedule.zone).date())
        edition = build(bench, newsletter, period, adding=stories).edition
        if edition.state is not EditionState.DRAFT:
            return
        if newsletter.approval is Approval.REQUIRED:
            if not self.options.approved:
                return
            code = self.sandbox.editions.code(edition)
            edition = approve_whole(bench, newsletter, edition, SOMEBODY, code=code, early=False)
        send(self.sandbox.place, bench, newsletter, edition)

    def _tell(self, wake: Wake, trouble: Trouble) -> None:
        expected = not trouble.code and self.options.approved
        if not expected and not any(told == trouble for _, told in self._told):
            self._told.append((wake.at, trouble))

    def _state(self) -> object:
        editions = self.sandbox.editions.editions()
        return (
            editions,
            [self.sandbox.ledger.tally(edition) for edition in editions],
            self.sandbox.place.nowhere.delivered,
        )

    def _judge(self, newsletter: Newsletter) -> list[str]:
        """Invariants 2 and 4: each story once per newsletter and once per person."""
        settled = self.sandbox.editions.settled(newsletter.name)
        editions = [
            one for one in self.sandbox.editions.editions(newsletter.name) if one.state is EditionState.FINISHED
        ]
        variants = {
            (edition.name, variant.name): variant
            for edition in editions
            for variant in self.sandbox.editions.variants(edition)
        }
        broken = [
            _("2: {edition} does not hold {story}").format(edition=edition.name, story=story)
            for edition in editions
            for story in unsettled_verdicts(edition, self.sandbox.editions.verdicts(edition), settled)
        ]
        twice = twice_to_one_person(self.sandbox.ledger.received_together(newsletter.name), variants)
        return [
            *broken,
            *(_("4: somebody got the story {story} twice").format(story=story) for story in sorted(twice)),
        ]

    def _accounts(self, newsletter: Newsletter) -> Iterator[Account]:
        """Of every story that the newsletter's editions had to decide about, in the order of their dates."""
        editions = self.sandbox.editions
        calendar, first = calendar_of(newsletter, editions), first_window(newsletter, self._clock.at.date())
        by_name = {edition.name: edition for edition in editions.editions(newsletter.name)}
        verdicts = {
            (edition.name, verdict.story_id): verdict
            for edition in by_name.values()
            for verdict in editions.verdicts(edition)
        }
        settled, waiting = editions.settled(newsletter.name), open_parts(editions, newsletter.name)
        for story in sorted(self.sandbox.items.stories(), key=lambda story: (story.published_on, story.id)):
            if calendar.own_period(story) < first:
                continue
            taken_by = settled.get(story.id)
            if taken_by is None:
                where, because = unsettled_whereabouts(newsletter, story, calendar, by_name, self._clock.at)
            else:
                edition = by_name[taken_by]
                where, because = _settled_whereabouts(edition, verdicts.get((taken_by, story.id)), story.id, waiting)
            title = story.in_language(newsletter.languages[0]).text.title
            yield Account(newsletter=newsletter.name, story=story.id, title=title, where=where, because=because)
        yield from self._unseen(newsletter, first)

    def _unseen(self, newsletter: Newsletter, first: Period) -> Iterator[Account]:
        """Of the stories of the span that no run has collected: they came later, or the machine was off."""
        last = self.options.end.astimezone(newsletter.schedule.zone).date()
        known = {story.id for story in self.sandbox.items.stories()}
        because = _("no run has collected it")
        for item in sorted(self.unknown.items, key=lambda item: (item.published_on, item.id)):
            story = self.unknown.story_of[item.id]
            if first.start <= item.published_on <= last and story not in known:
                known.add(story)
                yield Account(
                    newsletter=newsletter.name,
                    story=story,
                    title=item.text.title,
                    where=Whereabouts.WAITS,
                    because=because,
                )

    def _rows(self, newsletter: Newsletter) -> list[Happened]:
        calendar = timetable(newsletter.schedule)
        rows = []
        for edition in self.sandbox.editions.editions(newsletter.name):
            planned = calendar.sending_at(edition.period)
            at = (edition.sending_at or planned or self._clock.at).astimezone(newsletter.schedule.zone)
            if at > self.options.end:
                continue
            included = [one for one in self.sandbox.editions.verdicts(edition) if one.ruling is Ruling.INCLUDED]
            rows.append(
                Happened(
                    at=at,
                    edition=edition.name,
                    in_full=edition_in_full(edition),
                    window=(edition.period.start, edition.period.last_day),
                    state=edition.state,
                    stories=len(included),
                    late=sum(verdict.late for verdict in included),
                    readers=self.sandbox.ledger.tally(edition)[DeliveryState.SENT] if edition.sending_at else 0,
                    because=edition.because,
                )
            )
        return rows


# -- What may never be true afterwards.


def twice_to_one_person(
    received: Iterable[frozenset[tuple[str, str]]], variants: Mapping[tuple[str, str], Variant]
) -> set[str]:
    """The stories that some person got twice. `received` are the distinct sets of (edition, variant) people got."""
    repeated = set[str]()
    for theirs in received:
        seen = set[str]()
        for key in theirs:
            stories = set(variants[key].story_ids)
            repeated |= seen & stories
            seen |= stories
    return repeated


def unsettled_whereabouts(
    newsletter: Newsletter, story: Story, calendar: Calendar, editions: Mapping[str, Edition], now: datetime
) -> tuple[Whereabouts, str]:
    """Of a story that no edition has settled. It is lost when the sending that was to have it has come, and there is no
    edition in which it waits.
    """
    if story.kept_out:
        return Whereabouts.WAITS, _("its date lies beyond the next edition, and a person confirms it or mends it")
    if calendar.waits(story):
        return Whereabouts.WAITS, _("its edition was missed, and a person says what becomes of it")
    due_period = calendar.due_period(story)
    at = calendar.timetable.sending_at(due_period)
    full = period_in_full(newsletter.name, due_period)
    if at is None or at > now:
        return Whereabouts.WAITS, _("for {period}").format(period=full)
    if any(edition.period == due_period and edition.is_open for edition in editions.values()):
        return Whereabouts.WAITS, _("for {period}, which nobody has approved").format(period=full)
    return Whereabouts.LOST, _("{period} should have had it").format(period=full)


def _settled_whereabouts(
    edition: Edition, verdict: Verdict | None, story: str, waiting: Iterable[OpenPart]
) -> tuple[Whereabouts, str]:
    here = [one for one in waiting if one.edition.number == edition.number and story in one.stories]
    if here and edition.state is EditionState.FINISHED:
        parts = "; ".join(f"{one.title} ({one.because})" for one in here)
        return Whereabouts.OPEN, _("{edition}: open for {parts}").format(edition=edition_in_full(edition), parts=parts)
    if verdict is not None and verdict.ruling is not Ruling.INCLUDED:
        return (
            Whereabouts.LEFT_OUT,
            f"{edition_in_full(edition)}: {verdict.ruling.said}, {reasons.said(verdict.reason)}",
        )
    if edition.state is EditionState.FINISHED:
        return Whereabouts.SENT, edition.name
    return Whereabouts.WAITS, _("for {period}").format(period=edition_in_full(edition))


def unsettled_verdicts(edition: Edition, verdicts: Iterable[Verdict], settled: Mapping[str, str]) -> list[str]:
    """Final verdicts of an edition that went out, about stories which it does not hold as settled."""
    return [
        verdict.story_id
        for verdict in verdicts
        if edition.takes(verdict.ruling) and settled.get(verdict.story_id) != edition.name
    ]


def _forget_all_but_subscribers(database: Database) -> None:
    """Never called on a real one."""
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):  # first those that refer to others
            if table is not pictures and not _is_about_people(table):
                connection.execute(delete(table))


def _is_about_people(table: Table) -> bool:
    """People, what this database is, and whatever refers to nothing else."""
    known = {key.column.table for key in table.foreign_keys} - {table}
    return table in (subscribers, choices, instance) or (bool(known) and all(map(_is_about_people, known)))
