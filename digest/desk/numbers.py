"""Numbers: how the list grew, what became of each edition, what was told of which country and topic, and on which days
of a year editions leave, for those who look at pictures rather than read.

They are counted from the records of editions, the ledger and the dates that the list keeps, never from today's texts.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import and_, case, func, or_, select

from digest.delivery.delivery import DeliveryState, Tally
from digest.delivery.ledger import Ledger
from digest.desk.history import title_for_staff
from digest.editions.store import Editions
from digest.foundation.database import Database
from digest.foundation.schema import subscribers, subscriptions
from digest.inbound.store import InboundMail
from digest.intake.item import TagKind
from digest.mail.wording import first_upper, for_staff
from digest.newsletters.edition import Edition, Ruling
from digest.newsletters.period import Period
from digest.newsletters.schedule import Schedule
from digest.newsletters.timetable import timetable
from digest.people.store import gets_mail

MOST_EDITIONS = 120
MOST_MONTHS = 120

Month = tuple[int, int]  # year, month
Title = Callable[[TagKind, str], str]


@dataclass(frozen=True, slots=True)
class GrowthMonth:
    """`readers` are those at its end: those at its beginning, and who joined, without who left."""

    first_day: date
    joined: int
    left: int
    readers: int


@dataclass(frozen=True, slots=True)
class Growth:
    """`before` are the readers whom the list had before the first month, or of whom nobody knows since when."""

    before: int
    months: tuple[GrowthMonth, ...]

    @property
    def readers(self) -> int:
        """Those of today."""
        return self.months[-1].readers


@dataclass(frozen=True, slots=True)
class Movement:
    """So many people joined in a month, and left in one. `joined` is `None`: nobody knows; `left`: they are readers."""

    joined: Month | None
    left: Month | None
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionNumbers:
    """What became of one edition. `bounced` came back, as far as the mailbox says; `None`: nobody reads one."""

    title: str
    sent_on: date
    stories: int
    tally: Tally
    bounced: int | None

    @property
    def other(self) -> int:
        """Readers who were neither sent it, nor refused for good, nor left: it waits, is in doubt, or has nothing for
        them.
        """
        told = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.LEFT)
        return self.tally.frozen - sum(self.tally[state] for state in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectNumbers:
    """How many of `stories` concern each country, or topic; one that concerns several counts in each. `without` concern
    none, of `unknown` no record is kept.
    """

    stories: int
    counts: tuple[tuple[str, int], ...]
    without: int
    unknown: int


@dataclass(frozen=True, slots=True)
class YearDay:
    """A day on which an edition left, or is to leave by the calendar."""

    day: date
    title: str
    has_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Of one newsletter. `days` are those of `year`."""

    growth: Growth
    editions: tuple[EditionNumbers, ...]
    countries: SubjectNumbers
    topics: SubjectNumbers
    year: int
    days: tuple[YearDay, ...]


# -- Counting: pure.


def growth_of(movements: Iterable[Movement], today: date) -> Growth:
    """Month by month, at most the last `MOST_MONTHS`. A date to come counts as today, and nobody left before they
    joined.
    """
    now = _number((today.year, today.month))
    joined, left = Counter[int](), Counter[int]()
    before = 0
    for one in movements:
        came = None if one.joined is None else min(_number(one.joined), now)
        if came is None:
            before += one.people
        else:
            joined[came] += one.people
        if one.left is not None:
            left[min(max(_number(one.left), came or 0), now)] += one.people
    first = max(min([now, *joined, *left]), now - MOST_MONTHS + 1)
    before += sum(people for month, people in joined.items() if month < first)
    before -= sum(people for month, people in left.items() if month < first)
    months, readers = [], before
    for month in range(first, now + 1):
        readers += joined[month] - left[month]
        months.append(GrowthMonth(date(month // 12, month % 12 + 1, 1), joined[month], left[month], readers))
    return Growth(before, tuple(months))


def _number(month: Month) -> int:
    return month[0] * 12 + month[1] - 1


def subjects_of(stories: Iterable[AbstractSet[str] | None], titled: Callable[[str], str]) -> SubjectNumbers:
    """Of each story what it concerns; `None`: no record of it is kept. The most frequent come first."""
    told = list(stories)
    counts = Counter(value for concerned in told for value in concerned or ())
    named = [(titled(value), count) for value, count in counts.items()]
    return SubjectNumbers(
        stories=len(told),
        counts=tuple(sorted(named, key=lambda pair: (-pair[1], pair[0]))),
        without=sum(concerned is not None and not concerned for concerned in told),
        unknown=sum(concerned is None for concerned in told),
    )


def days_of(editions: Iterable[Edition], schedule: Schedule, year: int, today: date) -> Iterator[YearDay]:
    """On which editions left, as the ledger knows, and on which they are to leave from today on, in their order."""
    over = set()
    for one in editions:
        if one.sending_at is None and not one.is_over:
            continue
        over.add(one.period)
        if one.sending_at is not None and (day := one.sending_at.astimezone(schedule.zone).date()).year == year:
            yield YearDay(day, first_upper(title_for_staff(one)), has_left=True)
    for at, period in timetable(schedule).sendings(today):
        if at.year > year:
            break
        if at.year == year and period not in over:
            yield YearDay(at.date(), first_upper(for_staff().period(period)), has_left=False)


def began(edition: Edition) -> datetime:
    """When its mails began to leave; the end of time while they have not."""
    return edition.sending_at or datetime.max.replace(tzinfo=UTC)


# -- Gathering.


def numbers_of(
    database: Database,
    newsletter: str,
    edition: Edition | None = None,
    *,
    schedule: Schedule,
    now: datetime,
    reads_mailbox: bool,
    titled: Title,
) -> Numbers:
    """With `edition` those that belong into its report: the editions until it, its own stories, its year. Without, the
    stories are those of the editions that are counted. `titled` gives a country or topic its name.
    """
    every = sorted(Editions(database).editions(newsletter), key=_order)
    sent = [one for one in every if one.sending_at is not None]
    shown = [one for one in sent if edition is None or _order(one) <= _order(edition)][-MOST_EDITIONS:]
    included = {one.number: _included(database, one) for one in (*shown, *([edition] if edition else []))}
    about = [edition] if edition else shown
    stories = [pair for one in about for pair in _recorded(database, one, included[one.number])]
    today = now.astimezone(schedule.zone).date()
    year = (edition.sending_at if edition and edition.sending_at else now).astimezone(schedule.zone).year
    tallies = Ledger(database).tallies(newsletter)
    return Numbers(
        growth=growth_of(_movements(database, newsletter), today),
        editions=tuple(
            EditionNumbers(
                title=first_upper(title_for_staff(one)),
                sent_on=began(one).astimezone(schedule.zone).date(),
                stories=len(included[one.number]),
                tally=tallies.get(one.number or 0, Tally({})),
                bounced=_bounced(database, one, reads_mailbox=reads_mailbox),
            )
            for one in shown
        ),
        countries=subjects_of((one and one[0] for one in stories), lambda code: titled(TagKind.COUNTRY, code)),
        topics=subjects_of((one and one[1] for one in stories), lambda slug: titled(TagKind.TOPIC, slug)),
        year=year,
        days=tuple(days_of(every, schedule, year, today)),
    )


def _order(edition: Edition) -> tuple[datetime, Period, int]:
    return began(edition), edition.period, edition.revision


def _movements(database: Database, newsletter: str) -> list[Movement]:
    """Of those who are readers, or were until they left. Months are those of UTC."""
    is_reader = and_(*gets_mail())
    earlier = or_(subscriptions.c.left_at.is_(None), subscribers.c.suppressed_at < subscriptions.c.left_at)
    gone_at = case(
        (subscribers.c.suppressed_at.is_not(None) & earlier, subscribers.c.suppressed_at), else_=subscriptions.c.left_at
    )
    left = case((is_reader, None), else_=func.substr(gone_at, 1, 7)).label("left_in")
    joined = func.substr(subscriptions.c.consent_on, 1, 7).label("joined_in")
    query = (
        select(joined, left, func.count().label("people"))
        .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.unconfirmed_since.is_(None),
            or_(is_reader, gone_at.is_not(None)),
        )
        .group_by(joined, left)
    )
    with database.read() as connection:
        return [Movement(_month(row.joined_in), _month(row.left_in), row.people) for row in connection.execute(query)]


def _month(written: str | None) -> Month | None:
    """Of `2018-07`."""
    if not written:
        return None
    year, month = written.split("-")
    return int(year), int(month)


def _included(database: Database, edition: Edition) -> list[str]:
    return [one.story_id for one in Editions(database).verdicts(edition) if one.ruling is Ruling.INCLUDED]


def _recorded(
    database: Database, edition: Edition, story_ids: Iterable[str]
) -> list[tuple[frozenset[str], frozenset[str]] | None]:
    """Of each story the countries and topics that it concerns; `None`: its record is not kept."""
    record = Editions(database).record(edition)
    known = record.by_id if record else {}
    kinds = (TagKind.COUNTRY, TagKind.TOPIC)
    return [
        (known[one].story.values(kinds[0]), known[one].story.values(kinds[1])) if one in known else None
        for one in story_ids
    ]


def _bounced(database: Database, edition: Edition, *, reads_mailbox: bool) -> int | None:
    returned = InboundMail(database).counts(edition)
    return sum(count for kind, count in returned.items() if kind.is_bounce) if returned or reads_mailbox else None
