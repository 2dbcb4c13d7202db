"""Taking a list of people in: each row is added, known already, kept away or refused, and says why. What is gone in the
list is gone here too; who left here comes back by no list. Many rows are one transaction.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select

from digest.foundation.addresses import Address, address
from digest.foundation.catalogue import _
from digest.foundation.database import Database, stored
from digest.foundation.schema import subscriber_events, subscribers, subscriptions
from digest.foundation.values import name_line
from digest.foundation.words import quoted
from digest.newsletters.edition import Choice
from digest.newsletters.newsletter import Newsletter
from digest.people.erased_addresses import kept_out
from digest.people.list_file import ListRow
from digest.people.store import add_person, intern
from digest.people.subscriber import Consent, SubscriberStep, Suppression, SuppressionCause
from digest.people.subscriber_changes import Deed
from digest.people.suppression import suppress

LONGEST_NAME = 200
_IN_ONE_COMMIT = 10_000  # rows: others who write wait for a second at most


class RowOutcome(StrEnum):
    ADDED = "added"
    KNOWN = "known"  # they get it already; nothing is changed
    STAYS_AWAY = "stays-away"  # they left here before
    SUPPRESSED = "suppressed"  # gone in the list, and now here
    UNCONFIRMED = "unconfirmed"  # they never agreed there
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    line: int
    address: str
    outcome: RowOutcome
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWishes:
    """For rows that do not say it themselves. `language` may be missing where the newsletter has one."""

    newsletter: Newsletter
    audiences: frozenset[str]
    language: str | None
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Good:
    row: ListRow
    address: Address
    name: str | None
    choice: Choice | None  # `None` for who is gone


def take_in(
    database: Database,
    rows: Iterable[ListRow],
    wishes: ImportWishes,
    deed: Deed,
    tell: Callable[[RowResult], None],
    *,
    dry_run: bool,
) -> Counter[RowOutcome]:
    """What became of how many rows; each is told. A dry run decides the same and keeps nothing."""
    counts = Counter[RowOutcome]()
    seen = set[int]()  # hashes of addresses, which take less room; else the database knows who was there before
    for some in _batches(rows):
        good, results = _read(some, wishes, seen)
        seen = seen if dry_run else set()
        with database.read() if dry_run else database.write() as connection:
            known = _known(connection, good, wishes.newsletter.name)
            erased = kept_out(connection, good)
            judged = {
                folded: _result(one, RowOutcome.STAYS_AWAY, _("was erased"))
                if folded in erased
                else _judged(one, known.get(folded))
                for folded, one in good.items()
            }
            results += judged.values()
            if not dry_run:
                taken = [(good[folded], result.outcome) for folded, result in judged.items()]
                _gone(connection, [one for one, outcome in taken if outcome is RowOutcome.SUPPRESSED], deed)
                _add(connection, [one for one, outcome in taken if outcome is RowOutcome.ADDED], known, wishes, deed)
        for result in sorted(results, key=attrgetter("line")):
            counts[result.outcome] += 1
            tell(result)
    return counts


def people(database: Database) -> int:
    """How many are on the list."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(subscribers)).scalar_one())


def _batches(rows: Iterable[ListRow]) -> Iterator[Sequence[ListRow]]:
    iterator = iter(rows)
    while some := [*islice(iterator, _IN_ONE_COMMIT)]:
        yield some


def _read(rows: Sequence[ListRow], wishes: ImportWishes, seen: set[int]) -> tuple[dict[str, _Good], list[RowResult]]:
    """Rows that can be decided about, by folded address, and what became of the others."""
    good: dict[str, _Good] = {}
    results = []
    for row in rows:
        one = _read_row(row, wishes)
        if isinstance(one, RowResult):
            results.append(one)
        elif hash(one.address.folded) in seen:
            results.append(_result(one, RowOutcome.KNOWN))
        else:
            seen.add(hash(one.address.folded))
            good[one.address.folded] = one
    return good, results


def _read_row(row: ListRow, wishes: ImportWishes) -> _Good | RowResult:
    if row.refused:
        return RowResult(line=row.line, address=row.address, outcome=RowOutcome.REFUSED, why=row.refused)
    if row.unconfirmed:
        return RowResult(line=row.line, address=row.address, outcome=RowOutcome.UNCONFIRMED)
    try:
        found = address(row.address)
        name = name_line(row.name, LONGEST_NAME) if row.name else None
        choice = None if row.gone else _choice(row, wishes)
    except ValueError as error:
        return RowResult(line=row.line, address=row.address, outcome=RowOutcome.REFUSED, why=str(error))
    return _Good(row=row, address=found, name=name, choice=choice)


def _choice(row: ListRow, wishes: ImportWishes) -> Choice:
    newsletter = wishes.newsletter
    language = row.language or wishes.language
    if language not in newsletter.languages:
        if row.language:
            raise ValueError(
                _("{newsletter} does not appear in the language {language}").format(
                    newsletter=newsletter.name, language=quoted(row.language)
                )
            )
        raise ValueError(_("the language is missing; name one with --language"))
    audiences = frozenset(row.audiences) or wishes.audiences
    unknown = audiences - {audience.name for audience in newsletter.audiences}
    if unknown:
        raise ValueError(_("there is no audience {name}").format(name=quoted(min(unknown))))
    if not audiences:
        raise ValueError(_("the audiences are missing; name one with --audience"))
    return Choice(newsletter=newsletter.name, audiences=audiences, language=language)


def _known(connection: Connection, good: Mapping[str, _Good], newsletter: str) -> dict[str, Any]:
    query = (
        select(
            subscribers.c.number,
            subscribers.c.folded,
            subscribers.c.suppressed_at,
            subscriptions.c.active,
            subscriptions.c.left_at,
            subscriptions.c.unconfirmed_since,
        )
        .outerjoin(
            subscriptions,
            and_(subscriptions.c.subscriber == subscribers.c.number, subscriptions.c.newsletter == newsletter),
        )
        .where(subscribers.c.folded.in_([*good]))
    )
    return {row.folded: row for row in connection.execute(query)}


def _judged(one: _Good, known: Any) -> RowResult:
    has_left = known is not None and (known.suppressed_at is not None or known.active == 0)
    if one.row.gone is not None:
        if known is not None and known.suppressed_at is not None:
            return _result(one, RowOutcome.STAYS_AWAY, _("has left here too"))
        return _result(one, RowOutcome.SUPPRESSED, _("{cause} there").format(cause=one.row.gone.said))
    if has_left:
        since = known.suppressed_at or known.left_at
        return _result(one, RowOutcome.STAYS_AWAY, _("left on {day}").format(day=since[:10]) if since else _("left"))
    if known is not None and known.unconfirmed_since is not None:
        return _result(one, RowOutcome.UNCONFIRMED, _("asked for it here"))
    return _result(one, RowOutcome.KNOWN if known is not None and known.active else RowOutcome.ADDED)


def _gone(connection: Connection, gone: Sequence[_Good], deed: Deed) -> None:
    for one in gone:
        query = select(subscribers.c.number).where(subscribers.c.folded == one.address.folded)
        found = connection.execute(query).scalar()
        number = add_person(connection, one.address) if found is None else int(found)
        cause = one.row.gone or SuppressionCause.ASKED
        if suppress(connection, Suppression(subscriber=number, newsletter=None, cause=cause), deed.at):
            _note(connection, [number], SubscriberStep.SUPPRESSED, None, cause.value, deed)


def _add(
    connection: Connection, new: Sequence[_Good], known: Mapping[str, Any], wishes: ImportWishes, deed: Deed
) -> None:
    if not new:
        return
    unknown = [one for one in new if one.address.folded not in known]
    if unknown:
        connection.execute(
            insert(subscribers),
            [
                {
                    "public_id": secrets.token_hex(8),
                    "address": one.address.text,
                    "folded": one.address.folded,
                    "name": one.name,
                }
                for one in unknown
            ],
        )
    query = select(subscribers.c.folded, subscribers.c.number).where(
        subscribers.c.folded.in_([one.address.folded for one in new])
    )
    numbers = {row.folded: int(row.number) for row in connection.execute(query)}
    choices = intern(connection, {one.choice for one in new if one.choice is not None})
    connection.execute(
        insert(subscriptions),
        [
            {
                "subscriber": numbers[one.address.folded],
                "newsletter": one.choice.newsletter,
                "choice": choices[one.choice],
                "active": 1,
                **_consent(one.row, wishes),
                "from_file": 0,
                "resumes_at": _resumes_at(one.row, deed),
            }
            for one in new
            if one.choice is not None
        ],
    )
    _note(connection, numbers.values(), SubscriberStep.ADDED, wishes.newsletter.name, wishes.consent.how or "", deed)


def _consent(row: ListRow, wishes: ImportWishes) -> dict[str, str | None]:
    on = row.consent.on or wishes.consent.on
    return {"consent_on": on.isoformat() if on else None, "consent_how": row.consent.how or wishes.consent.how}


def _resumes_at(row: ListRow, deed: Deed) -> str | None:
    return stored(row.resumes_at) if row.resumes_at is not None and row.resumes_at > deed.at else None


def _note(
    connection: Connection,
    numbers: Iterable[int],
    step: SubscriberStep,
    newsletter: str | None,
    said: str,
    deed: Deed,
) -> None:
    row = {"newsletter": newsletter, "step": step.value, "said": said, "by": deed.by, "because": deed.because}
    at = stored(deed.at)
    connection.execute(insert(subscriber_events), [row | {"subscriber": number, "at": at} for number in numbers])


def _result(one: _Good, outcome: RowOutcome, why: str = "") -> RowResult:
    return RowResult(line=one.row.line, address=one.address.text, outcome=outcome, why=why)
