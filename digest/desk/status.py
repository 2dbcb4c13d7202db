"""The status of newsletters: how their editions stand, what is next, what waits for whom, and what is late. Quick: no
mail is read or rendered, and nothing is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from digest.delivery.delivery import DeliveryState, Tally
from digest.delivery.fence import Fence
from digest.delivery.ledger import NotMailed
from digest.delivery.pauses import PAUSABLE, Pause, said_at
from digest.desk.overviews import Overviews
from digest.editions import guard, reminders
from digest.editions.missed import Waiting, waiting
from digest.editions.open_parts import OpenPart, open_parts
from digest.editions.reviews import PartStatus, answers_until, part_review, parts_of, review_of
from digest.editions.selection import Calendar
from digest.editions.store import closed_periods
from digest.editions.thin import said_of
from digest.mail.wording import audience_title, edition_in_full
from digest.newsletters.edition import CarriedOver, Choice, Edition, EditionState, Ruling
from digest.newsletters.newsletter import Approval, Newsletter
from digest.newsletters.period import Period
from digest.newsletters.timetable import timetable
from digest.people.subscriber import SubscriberState
from digest.runs.due import DueFacts, MarkMissed, Send, due
from digest.settings.instance import Instance

DAY = timedelta(days=1)
SENDINGS_TO_LOOK_AT = 24
SEALED = (EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSending:
    """`edition` is `None` while nothing was built. `stories` are due in it, or are in its draft."""

    period: Period
    at: datetime
    edition: Edition | None
    stories: int
    thin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateSending:
    """A sending whose time has come; `period` is that of `edition`, if one was built."""

    period: Period
    at: datetime
    late_by: timedelta
    edition: Edition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A period that the next run passes over. Its stories stand as `carried` says; `None`: they are given up."""

    period: Period
    because: str
    stories: int
    carried: CarriedOver | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionStatus:
    """An edition, or a period for which stories wait (`edition` is `None`). `arrivals` are stories that no draft has
    judged. `interrupted`: its sending has begun, and no process goes on with it. `paused`: none will, by itself. `thin`
    says that its stories are too few, and what follows.
    """

    period: Period
    edition: Edition | None
    goes_out_at: datetime | None
    rulings: Mapping[Ruling, int] = field(default_factory=dict)
    arrivals: int = 0
    tally: Tally | None = None
    interrupted: bool = False
    paused: str = ""
    thin: str = ""

    @property
    def key(self) -> str:
        return self.edition.key if self.edition else self.period.key

    @property
    def included(self) -> int:
        return self.rulings.get(Ruling.INCLUDED, 0)

    @property
    def sent(self) -> int:
        return self.tally[DeliveryState.SENT] if self.tally else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPart:
    """A part without a valid answer. `reviewers` are names; `asked_at` is when the last of them was sent a mail about
    it; `then` is what their silence means, from `silence_at` on if they were asked too late for the sending.
    """

    part: str
    title: str
    status: PartStatus
    reviewers: tuple[str, ...]
    asked_at: datetime | None
    then: str
    silence_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEdition:
    """An edition that waits for a person since `since`. `parts` are empty when it is approved as a whole, or when all
    reviewers have answered.
    """

    edition: Edition
    since: datetime | None
    parts: tuple[WaitingPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterStatus:
    """`fence` says why nothing may be sent from here, if so. `unsent` waits for a person's word, because the editions
    that should have had it were missed.
    """

    fence: Fence | None
    newsletter: Newsletter
    now: datetime
    readers: int
    not_mailed: NotMailed
    by_audience: Mapping[str, int]
    choices: int
    aimless: tuple[str, ...]  # the addresses of those who chose only audiences that are gone
    next: NextSending | None
    late: tuple[LateSending, ...]
    missed: tuple[Missed, ...]
    unsent: Waiting
    waiting: tuple[WaitingEdition, ...]
    alarms: tuple[str, ...]
    editions: tuple[EditionStatus, ...]
    open_parts: tuple[OpenPart, ...] = ()  # left out of editions, and neither sent nor dropped since
    reminds_at: datetime | None = None  # when the next mail to staff goes, unless somebody approves before
    changed: tuple[str, ...] = ()  # texts that changed since an approval, and the ways on


def status_of(instance: Instance, newsletter: Newsletter) -> NewsletterStatus:
    """By the workspace's clock."""
    now = instance.clock.now()
    overviews = Overviews(instance.database)
    editions = instance.editions.editions(newsletter.name)
    due_stories = _stories_due(overviews, newsletter, editions)
    subscribed = instance.subscribers.subscribed(newsletter.name)
    unsent = waiting(instance.editions, newsletter)
    rows = _rows(instance, overviews, newsletter, editions, due_stories, unsent)
    first_seen = overviews.started_on(newsletter.name) or now.astimezone(newsletter.schedule.zone).date()
    late_answers = instance.reviews.answers_until(newsletter, editions)
    late, missed = _due(newsletter, editions, due_stories, unsent, late_answers, first_seen, now)
    return NewsletterStatus(
        fence=instance.fence,
        newsletter=newsletter,
        now=now,
        readers=sum(people for _choice, people in subscribed),
        not_mailed=instance.ledger.not_mailed(newsletter.name),
        by_audience=guard.readers_of(newsletter.audience_names, subscribed),
        choices=len(subscribed),
        aimless=tuple(_aimless(instance, newsletter, [choice for choice, _people in subscribed])),
        next=_next(newsletter, rows, now),
        late=late,
        missed=missed,
        unsent=unsent,
        waiting=tuple(_waiting(instance, overviews, newsletter, editions)),
        alarms=_alarms(editions, guard.readers_of(newsletter.audience_names, subscribed)),
        editions=tuple(rows),
        open_parts=tuple(open_parts(instance.editions, newsletter.name)),
        reminds_at=reminders.coming(newsletter, editions, now),
        changed=tuple(_changed(instance, newsletter, editions)),
    )


def _aimless(instance: Instance, newsletter: Newsletter, chosen: Sequence[Choice]) -> Iterator[str]:
    known = frozenset(newsletter.audience_names)
    for choice in chosen:
        if choice.audiences.isdisjoint(known):
            from digest.people.subscriber_list import ListFilter, SubscriberListing  # 10 ms: hardly ever

            active = frozenset({SubscriberState.ACTIVE})
            wanted = ListFilter(newsletter=newsletter.name, audience=min(choice.audiences), states=active)
            listed = SubscriberListing(instance.database).listed(wanted)
            yield from (one.address for one in listed if one.choice == choice)


def _changed(instance: Instance, newsletter: Newsletter, editions: Sequence[Edition]) -> Iterator[str]:
    """Of editions from which something may still leave."""
    for edition in editions:
        if edition.state in (EditionState.SEALED, EditionState.SENDING):
            from digest.editions.changes import changes_since, headline, remedy  # 60 ms: only where one waits

            changes = changes_since(instance.bench, newsletter, edition)
            if changes.texts and instance.editions.sends_as_approved(edition) != changes.fingerprint:
                yield f"{edition_in_full(edition)}: {headline(changes, edition)}; {remedy(edition)}"


def _calendar(newsletter: Newsletter, editions: Sequence[Edition]) -> Calendar:
    return Calendar(timetable=timetable(newsletter.schedule), closed=closed_periods(newsletter, editions))


def _stories_due(overviews: Overviews, newsletter: Newsletter, editions: Sequence[Edition]) -> dict[Period, set[str]]:
    """Period → the stories that are due in it; none before the newsletter starts, and none that would be too old."""
    calendar, standing = _calendar(newsletter, editions), overviews.carried_over(newsletter.name)
    periods: dict[date, Period] = {}
    due_stories: dict[Period, set[str]] = {}
    for story, published_on in overviews.unsettled(newsletter.name).items():
        if published_on not in periods:
            periods[published_on] = calendar.due_period_on(published_on)
        late_by = calendar.timetable.steps(calendar.timetable.containing(published_on), periods[published_on])
        too_old = story not in standing and late_by > newsletter.late_for
        if not too_old and standing.get(story) is not CarriedOver.WAITS:
            due_stories.setdefault(periods[published_on], set()).add(story)
    starts_on = newsletter.starts_on
    return {period: stories for period, stories in due_stories.items() if starts_on is None or period.end > starts_on}


def _rows(
    instance: Instance,
    overviews: Overviews,
    newsletter: Newsletter,
    editions: Sequence[Edition],
    due_stories: Mapping[Period, set[str]],
    unsent: Waiting,
) -> list[EditionStatus]:
    calendar, arrivals = timetable(newsletter.schedule), dict(due_stories)
    held = {edition.period: stories for edition, stories in unsent.by_edition}
    rulings, tallies = overviews.rulings(newsletter.name), instance.ledger.tallies(newsletter.name)
    pauses = instance.pauses.holding(newsletter.name)
    rows = []
    for edition in editions:
        turned = arrivals.pop(edition.period, set()) if not edition.is_sent_by_hand else set()
        arrived: AbstractSet[str] = turned - overviews.judged(edition) if edition.is_open and turned else set()
        if not edition.is_sent_by_hand and not edition.is_open:
            arrived = held.get(edition.period, frozenset())
        rows.append(
            EditionStatus(
                period=edition.period,
                edition=edition,
                goes_out_at=calendar.sending_at(edition.period) if not edition.is_sent_by_hand else None,
                rulings=rulings.get(edition.number or 0, {}),
                arrivals=len(arrived),
                tally=tallies.get(edition.number or 0),
                interrupted=edition.state is EditionState.SENDING and not instance.ledger.is_held(edition),
                paused=_paused(edition, pauses, newsletter),
                thin=_thin(instance, newsletter, edition),
            )
        )
    rows += [
        EditionStatus(period=period, edition=None, goes_out_at=calendar.sending_at(period), arrivals=len(stories))
        for period, stories in arrivals.items()
    ]
    return sorted(rows, key=lambda row: (row.period, row.edition.revision if row.edition else 1))


def _thin(instance: Instance, newsletter: Newsletter, edition: Edition) -> str:
    if newsletter.thin.least == 1 or not edition.is_open:
        return ""
    return said_of(newsletter, edition, instance.editions.verdicts(edition))


def _paused(edition: Edition, pauses: Mapping[int, Pause], newsletter: Newsletter) -> str:
    pause = pauses.get(edition.number or 0)
    return said_at(pause, newsletter.schedule.zone) if pause is not None and edition.state in PAUSABLE else ""


def _next(newsletter: Newsletter, rows: Sequence[EditionStatus], now: datetime) -> NextSending | None:
    """The next sending by the calendar whose edition is not over yet."""
    by_period = {row.period: row for row in rows if row.edition is None or not row.edition.is_sent_by_hand}
    today = now.astimezone(newsletter.schedule.zone).date()
    for number, (at, period) in enumerate(timetable(newsletter.schedule).sendings(today - DAY)):
        row = by_period.get(period)
        edition = row.edition if row else None
        if at > now and (edition is None or edition.is_open or edition.state is EditionState.SEALED):
            stories = row.included + row.arrivals if row else 0
            thin = row.thin if row else ""
            return NextSending(period=period, at=at, edition=edition, stories=stories, thin=thin)
        if number > SENDINGS_TO_LOOK_AT:
            break
    return None


def _due(
    newsletter: Newsletter,
    editions: Sequence[Edition],
    due_stories: Mapping[Period, set[str]],
    unsent: Waiting,
    late_answers: Mapping[Period, datetime],
    first_seen: date,
    now: datetime,
) -> tuple[tuple[LateSending, ...], tuple[Missed, ...]]:
    """What should have gone out; of periods for which there is anything to say."""
    known = DueFacts(
        newsletter=newsletter,
        editions=editions,
        stories_due=lambda: {period: len(stories) for period, stories in due_stories.items()},
        started_on=first_seen,
        waiting={edition.period for edition in unsent.editions},
        answers_until=late_answers,
    )
    drafted = {edition.period for edition in editions if edition.state is not EditionState.SKIPPED}
    late, missed = [], []
    for intent in due(known, now):
        if isinstance(intent, Send) and (intent.period in due_stories or intent.period in drafted):
            late_by = now - intent.sending_at
            late.append(
                LateSending(period=intent.period, at=intent.sending_at, late_by=late_by, edition=intent.edition)
            )
        elif isinstance(intent, MarkMissed) and intent.period in due_stories:
            stories = len(due_stories[intent.period])
            missed.append(Missed(period=intent.period, because=intent.because, stories=stories, carried=intent.carried))
    return tuple(late), tuple(missed)


def _alarms(editions: Sequence[Edition], now: Mapping[str, int]) -> tuple[str, ...]:
    """What the guard will say of the next edition."""
    sealed = [edition for edition in editions if edition.state in SEALED and edition.sealed_at]
    last = max(sealed, key=lambda edition: str(edition.sealed_at), default=None)
    return tuple(guard.alarms(now, last.readers)) if last and last.readers else ()


def _waiting(
    instance: Instance, overviews: Overviews, newsletter: Newsletter, editions: Sequence[Edition]
) -> Iterator[WaitingEdition]:
    """Closed drafts that need an approval, the oldest first."""
    if newsletter.approval is not Approval.REQUIRED:
        return
    for edition in editions:
        if edition.state is EditionState.DRAFT and edition.covers_to_end:
            parts = _parts(instance, overviews, newsletter, edition) if newsletter.reviews else ()
            yield WaitingEdition(edition=edition, since=edition.built_at, parts=parts)


def _parts(
    instance: Instance, overviews: Overviews, newsletter: Newsletter, edition: Edition
) -> tuple[WaitingPart, ...]:
    answers = instance.reviews.answers(edition)
    asked: dict[str, datetime] = {}
    mails = instance.reviews.mailed(edition)
    for mail in mails:
        asked[mail.part] = max(mail.sent_at, asked.get(mail.part, mail.sent_at))
    found = []
    for part in parts_of(newsletter, edition, overviews.outlines(edition), instance.editions.choices_of(edition)):
        stands = part_review(part, answers.get(part.name)).status
        if stands.is_open:
            review = review_of(newsletter, part.name)
            found.append(
                WaitingPart(
                    part=part.name,
                    title=audience_title(newsletter, part.name),
                    status=stands,
                    reviewers=tuple(one.name or one.address for one in review.reviewers),
                    asked_at=asked.get(part.name),
                    then=review.then.value,
                    silence_at=answers_until(newsletter, edition, [one for one in mails if one.part == part.name]),
                )
            )
    return tuple(found)
