"""Editions, their verdicts and variants in the database, and the steps that they take there."""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from digest.editions.carried import with_pictures, without_pictures
from digest.editions.codes import Codes
from digest.editions.course import happened, way_on
from digest.editions.description import accepted_fingerprint, description_fingerprint
from digest.editions.draft_outline import Outline
from digest.editions.draft_outline import packed as outline_written
from digest.editions.draft_outline import unpacked as outline_read
from digest.editions.edition_rows import edition_from, edition_row, variant_from, variant_row, verdict_row
from digest.editions.kept_mails import KeptMails, ServedChoice, compressed, described
from digest.editions.record import Record, packed, unpacked
from digest.editions.review_store import answers_of
from digest.editions.reviews import PartAnswer, Remainder
from digest.editions.selection import Calendar
from digest.editions.signature import Signature
from digest.editions.states import ONCE_SKIPPED, Step, after, before
from digest.errors import BusyError, IntegrityError, PersonNeededError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, as_bytes, stored
from digest.foundation.failpoints import reach
from digest.foundation.schema import (
    as_approved,
    carried_over,
    carried_pictures,
    choices,
    descriptions,
    editions,
    items,
    metadata,
    outlines,
    records,
    servings,
    settled,
    variants,
    verdicts,
)
from digest.foundation.secrets import former_secrets, make_secret, read_secret, read_secrets
from digest.mail.content import Variant
from digest.mail.tokens import Keyring
from digest.newsletters.edition import Acceptance, CarriedOver, Choice, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.timetable import timetable
from digest.people.store import choice_from, intern

_AT_ONCE = 500
_REOPENED: Mapping[str, Any] = dict.fromkeys(
    ("sealed_at", "approved_by", "approved_at", "approved_as", "approved_code", "finished_at")
)


class Editions:
    """All editions of all newsletters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def editions(self, newsletter: str | None = None) -> Sequence[Edition]:
        """All editions, in the order of newsletter, period, revision."""
        query = select(editions).order_by(editions.c.newsletter, editions.c.period, editions.c.revision)
        if newsletter is not None:
            query = query.where(editions.c.newsletter == newsletter)
        with self._database.read() as connection:
            return [edition_from(row._mapping) for row in connection.execute(query)]

    def of(self, newsletter: str, period: Period, revision: int = 1) -> Edition | None:
        """The edition of that newsletter, period and revision, if there is one."""
        wanted = Edition(newsletter=newsletter, period=period, revision=revision, state=EditionState.DRAFT)
        with self._database.read() as connection:
            row = connection.execute(select(editions).where(*_same(wanted))).first()
            return edition_from(row._mapping) if row else None

    def settled(self, newsletter: str | None = None) -> Mapping[str, str]:
        """Story → name of the edition that settled it (of any newsletter, if none is named)."""
        query = select(settled.c.story_id, editions).join(editions, settled.c.edition == editions.c.number)
        if newsletter is not None:
            query = query.where(settled.c.newsletter == newsletter)
        with self._database.read() as connection:
            return {row.story_id: edition_from(row._mapping).name for row in connection.execute(query)}

    def verdicts(self, edition: Edition) -> Sequence[Verdict]:
        query = select(verdicts).where(verdicts.c.edition == edition.number).order_by(verdicts.c.place)
        with self._database.read() as connection:
            return [
                Verdict(
                    story_id=row.story_id,
                    ruling=Ruling(row.ruling),
                    reason=row.reason,
                    late=bool(row.late),
                    missed=bool(row.missed),
                )
                for row in connection.execute(query)
            ]

    def subjects(self, newsletter: str) -> Sequence[tuple[int, str, str]]:
        """Of each edition that has gone out or may go out its number, and a language and a subject of its mails."""
        given_up = [state.value for state in (EditionState.SKIPPED, EditionState.MISSED, EditionState.EXPIRED)]
        query = (
            select(editions.c.number, variants.c.language, variants.c.subject)
            .join(variants, variants.c.edition == editions.c.number)
            .where(
                editions.c.newsletter == newsletter,
                or_(editions.c.state.not_in(given_up), editions.c.sending_at.is_not(None)),
            )
            .distinct()
        )
        with self._database.read() as connection:
            return [(row.number, row.language, row.subject) for row in connection.execute(query)]

    def variants(self, edition: Edition) -> Sequence[Variant]:
        query = select(variants).where(variants.c.edition == edition.number).order_by(variants.c.place)
        with self._database.read() as connection:
            pictures = pictures_of(connection, edition)
            return [variant_from(row._mapping, pictures) for row in connection.execute(query)]

    def kept(self, edition: Edition) -> KeptMails:
        """The edition's mails as they stand in the store, whatever stands there."""
        raw = [
            as_bytes(column).label(column.name) if isinstance(column.type, String | LargeBinary) else column
            for column in variants.columns
        ]
        rows = select(*raw).where(variants.c.edition == edition.number).order_by(variants.c.place)
        served = (
            select(choices.c.audiences, choices.c.language, as_bytes(variants.c.name).label("name"))
            .select_from(servings)
            .join(choices, servings.c.choice == choices.c.number)
            .outerjoin(variants, (servings.c.variant == variants.c.number) & (variants.c.edition == servings.c.edition))
            .where(servings.c.edition == edition.number)
        )
        with self._database.read() as connection:
            pictures = pictures_of(connection, edition)
            return KeptMails(
                edition=_load(connection, edition.number),
                description=_description(connection, edition),
                rows=[_whole(dict(row), pictures) for row in connection.execute(rows).mappings()],
                served=[
                    ServedChoice(
                        audiences=row.audiences,
                        language=row.language,
                        variant=None if row.name is None else row.name.decode(errors="replace"),
                    )
                    for row in connection.execute(served)
                ],
            )

    def choices_of(self, edition: Edition) -> Mapping[Choice, str | None]:
        """Which variant serves a choice; `None`: nothing in this edition concerns it."""
        query = (
            select(choices, variants.c.name)
            .join(servings, servings.c.choice == choices.c.number)
            .outerjoin(variants, servings.c.variant == variants.c.number)
            .where(servings.c.edition == edition.number)
        )
        with self._database.read() as connection:
            return {choice_from(row._mapping): row.name for row in connection.execute(query)}

    def record(self, edition: Edition) -> Record | None:
        """What the edition keeps of itself; `None`: it was built before records were kept, or is no draft yet."""
        with self._database.read() as connection:
            content = connection.execute(select(records.c.content).where(records.c.edition == edition.number)).scalar()
            return None if content is None else unpacked(content)

    def outline(self, edition: Edition) -> Outline | None:
        """What is approved when the draft is; `None`: it was built before outlines were kept, or is no draft yet."""
        with self._database.read() as connection:
            content = connection.execute(
                select(outlines.c.content).where(outlines.c.edition == edition.number)
            ).scalar()
            return None if content is None else outline_read(content)

    def code(self, edition: Edition) -> str | None:
        """The code of the draft, under which it can be approved."""
        outline = self.outline(edition)
        return None if outline is None else self.codes().of(outline.fingerprint)

    def codes(self) -> Codes:
        return Codes(keyring_of(self._database, self._database.secret))

    def without_record(self) -> Sequence[Edition]:
        """Drafts and sealed editions that keep no record yet."""
        query = (
            select(editions)
            .outerjoin(records, records.c.edition == editions.c.number)
            .where(records.c.edition.is_(None), editions.c.fingerprint.is_not(None))
        )
        with self._database.read() as connection:
            return [edition_from(row._mapping) for row in connection.execute(query)]

    def keep_record(self, edition: Edition, record: Record) -> None:
        """Of an edition without one; one that is there is never replaced."""
        with self._database.write() as connection:
            if connection.execute(select(records.c.edition).where(records.c.edition == edition.number)).first() is None:
                connection.execute(insert(records).values(edition=edition.number, content=packed(record)))

    def send_as_approved(self, edition: Edition, fingerprint: str, by: str, at: datetime) -> None:
        """A person lets the changes with this fingerprint pass; what they let pass before counts no more."""
        with self._database.write() as connection:
            connection.execute(delete(as_approved).where(as_approved.c.edition == edition.number))
            connection.execute(
                insert(as_approved).values(edition=edition.number, fingerprint=fingerprint, by=by, at=stored(at))
            )

    def sends_as_approved(self, edition: Edition) -> str | None:
        """The fingerprint of the changes that a person let pass."""
        query = select(as_approved.c.fingerprint).where(as_approved.c.edition == edition.number)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def save_draft(
        self,
        edition: Edition,
        ruled: Sequence[Verdict],
        rendered: Sequence[Variant],
        served: Mapping[Choice, str | None],
        record: Record | None = None,
        description: Mapping[str, object] | None = None,
        outline: Outline | None = None,
    ) -> Edition:
        """Replace the draft of that newsletter, period and revision; raise `BusyError` when it is no draft any more.
        Its fingerprint is that of the `description`.
        """
        reach("draft.before-transaction")
        with self._database.write() as connection:
            number = _replace(connection, edition)
            reach("draft.replaced")
            _write_content(connection, number, ruled, rendered, served)
            if record is not None:
                connection.execute(insert(records).values(edition=number, content=packed(record)))
            if description is not None:
                connection.execute(insert(descriptions).values(edition=number, content=compressed(description)))
            if outline is not None:
                connection.execute(insert(outlines).values(edition=number, content=outline_written(outline)))
            reach("draft.before-commit")
            saved = _load(connection, number)
        reach("draft.committed")
        return saved

    def seal(
        self,
        edition: Edition,
        at: datetime,
        signature: Signature | None,
        accepted: Sequence[Acceptance] = (),
        readers: Mapping[str, int] | None = None,
        answered: Mapping[str, PartAnswer] | None = None,
        rest: Remainder | None = None,
    ) -> Edition:
        """Fix the edition if its fingerprint is still the given one, and settle its final verdicts.

        What was accepted becomes part of the fingerprint. `readers` are the subscribers of each audience now. With
        `answered`, the reviewers' answers must still be these. With `rest`, this takes the place of the whole draft.
        What it has `withheld` is kept with it.

        `signature` is of the person who approved it, `None` when the newsletter asks for no approval. Raise
        `PersonNeededError` when it changed, `IntegrityError` when a story is settled already, `BusyError` when it is no
        draft any more.
        """
        with self._database.write() as connection:
            if answered is not None and answers_of(connection, edition) != answered:
                raise PersonNeededError(
                    edition.name, _("an answer came in between"), _("look at `digest review` again")
                )
            take(
                connection,
                edition,
                Step.SEAL,
                [editions.c.fingerprint == edition.fingerprint],
                sealed_at=stored(at),
                approved_by=signature.name if signature else None,
                approved_at=stored(at) if signature else None,
                approved_as=str(signature.login) if signature and signature.login else None,
                approved_code=signature.code if signature else None,
                accepted=json.dumps([asdict(acceptance) for acceptance in accepted]) if accepted else None,
                readers=json.dumps(dict(readers or {})),
                fingerprint=accepted_fingerprint((rest.fingerprint if rest else edition.fingerprint) or "", accepted),
                withheld=json.dumps(dict(edition.withheld), ensure_ascii=False) if edition.withheld else None,
                **({"left_out": json.dumps(dict(rest.without), ensure_ascii=False)} if rest else {}),
            )
            reach("seal.state-set")
            if rest is not None and edition.number is not None:
                _clear(
                    connection, edition.number, (servings, verdicts, variants, carried_pictures, descriptions)
                )  # its record stays
                _write_content(connection, edition.number, rest.verdicts, rest.variants, rest.served)
                kept = compressed(rest.description)
                connection.execute(insert(descriptions).values(edition=edition.number, content=kept))
                reach("review.left-out")
            _settle(connection, edition)
            reach("seal.before-commit")
            sealed = _load(connection, edition.number)
        reach("seal.committed")
        return sealed

    def miss(
        self,
        newsletter: str,
        period: Period,
        at: datetime,
        because: str,
        ruled: Sequence[Verdict] = (),
        carried: Mapping[str, CarriedOver] | None = None,
        step: Step = Step.MISS,
    ) -> Edition:
        """Record that the first edition of that period does not go out; its draft, if there is one, is given up.

        `ruled` are verdicts that hold all the same: their stories are settled. `carried` are the items of the others.
        The `step` says whether it was missed, or is skipped.
        """
        with self._database.write() as connection:
            missed = _close(connection, newsletter, period, at, because, step)
            _rule(connection, missed, ruled)
            _carry(connection, missed, carried or {})
            return missed

    def skip(self, newsletter: str, periods: Mapping[Period, str], at: datetime) -> Sequence[Edition]:
        """Record of periods without any story, each for its reason, that nothing goes out: all of them at once."""
        with self._database.write() as connection:
            return [
                _close(connection, newsletter, period, at, because, Step.SKIP) for period, because in periods.items()
            ]

    def expire(
        self,
        edition: Edition,
        at: datetime,
        because: str,
        ruled: Sequence[Verdict] = (),
        carried: Mapping[str, CarriedOver] | None = None,
    ) -> Edition:
        """Give up a sealed edition; its stories are released, but for those `ruled`. `carried` are their items."""
        with self._database.write() as connection:
            take(connection, edition, Step.EXPIRE, finished_at=stored(at), because=because)
            connection.execute(delete(settled).where(settled.c.edition == edition.number))
            _rule(connection, edition, ruled)
            _carry(connection, edition, carried or {})
            return _load(connection, edition.number)

    def take_back(self, later_than: datetime) -> Sequence[str]:
        """Undo what was closed at an instant that has not come yet, by a clock that was ahead; return the names. Drafts
        of such an instant are built anew.
        """
        opened = []
        with self._database.write() as connection:
            for row in connection.execute(select(editions)).all():
                edition = edition_from(row._mapping)
                closed = edition.is_over and edition.state is not EditionState.FINISHED
                if closed and edition.finished_at is not None and edition.finished_at > later_than:
                    _open_again(connection, edition)
                    opened.append(edition.name)
                elif edition.is_open and edition.built_at is not None and edition.built_at > later_than:
                    here = editions.c.number == edition.number
                    connection.execute(update(editions).where(here).values(covers_to_end=0))
        return opened

    def carried_over(self, newsletter: str) -> Mapping[str, CarriedOver]:
        """The items that were there in time for an edition which did not take them."""
        query = select(carried_over.c.item_id, carried_over.c.standing).where(carried_over.c.newsletter == newsletter)
        with self._database.read() as connection:
            return {row.item_id: CarriedOver(row.standing) for row in connection.execute(query)}

    def waiting(self, newsletter: str) -> Sequence[tuple[Edition, frozenset[str]]]:
        """The missed editions whose stories wait for a person, in order, each with those stories. One that is withdrawn
        or settled waits no more.
        """
        taken = select(settled.c.story_id).where(settled.c.newsletter == newsletter)
        query = (
            select(editions, items.c.story_id)
            .join(carried_over, carried_over.c.edition == editions.c.number)
            .join(items, items.c.id == carried_over.c.item_id)
            .where(
                carried_over.c.newsletter == newsletter,
                carried_over.c.standing == CarriedOver.WAITS.value,
                items.c.withdrawn == 0,
                items.c.story_id.not_in(taken),
            )
        )
        found: dict[int, Edition] = {}
        stories: dict[int, set[str]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.number, edition_from(row._mapping))
                stories.setdefault(row.number, set()).add(row.story_id)
        return [
            (edition, frozenset(stories[number]))
            for number, edition in sorted(found.items(), key=lambda pair: pair[1].period)
        ]

    def make_up(self, newsletter: str, made: Sequence[Edition], because: str) -> None:
        """The stories that wait go on to the next edition that takes any; those `made` are open again."""
        with self._database.write() as connection:
            for edition in made:
                take(
                    connection,
                    edition,
                    Step.REOPEN,
                    **_REOPENED,
                    because=because,
                    made_up=1,
                    covers_to_end=0,
                    accepted=None,
                )
                connection.execute(delete(settled).where(settled.c.edition == edition.number))
            here = carried_over.c.newsletter == newsletter, carried_over.c.standing == CarriedOver.WAITS.value
            connection.execute(update(carried_over).where(*here).values(standing=CarriedOver.MISSED.value))

    def give_up(self, ruled: Sequence[tuple[Edition, Sequence[Verdict]]]) -> None:
        """Settle stories that wait for these missed editions, as people or the settings ruled."""
        with self._database.write() as connection:
            for edition, verdicts_on in ruled:
                _rule(connection, edition, verdicts_on)

    def reopen(self, edition: Edition, because: str) -> Edition:
        """Make a draft again of an edition of which nothing was sent; its stories are released, and what was accepted
        has to be accepted again. What was left out of it is still out until it is built again.
        """
        with self._database.read() as connection:
            description = described(edition, _description(connection, edition))
        bare: dict[str, Any] = (
            {} if description is None else {"fingerprint": description_fingerprint(description), "accepted": None}
        )
        with self._database.write() as connection:
            if edition.state is EditionState.EXPIRED:
                _judge_as_approved(connection, edition)
            take(connection, edition, Step.REOPEN, **_REOPENED, because=because, **bare)
            released = connection.execute(
                select(settled.c.story_id).where(settled.c.edition == edition.number)
            ).scalars()
            if edition.period.is_special:  # the calendar may have gone on without them: that is no fault of theirs
                _carry(connection, edition, dict.fromkeys(_items_of(connection, [*released]), CarriedOver.MOVED))
            connection.execute(delete(settled).where(settled.c.edition == edition.number))
            here = carried_over.c.edition == edition.number, carried_over.c.standing == CarriedOver.WAITS.value
            connection.execute(update(carried_over).where(*here).values(standing=CarriedOver.MISSED.value))
            return _load(connection, edition.number)


def calendar_of(newsletter: Newsletter, editions: Editions) -> Calendar:
    """What the newsletter's editions say about its periods now."""
    return Calendar(
        timetable=timetable(newsletter.schedule),
        closed=closed_periods(newsletter, editions.editions(newsletter.name)),
        carried_over=editions.carried_over(newsletter.name),
    )


def closed_periods(newsletter: Newsletter, known: Iterable[Edition]) -> AbstractSet[Period]:
    """The periods whose first edition takes no stories any more."""
    return {
        edition.period
        for edition in known
        if not edition.is_open and edition.revision == 1 and edition.period.kind is newsletter.schedule.kind
        if edition.period.has_window
    }


def secret_of(database: Database, path: Path) -> bytes:
    """What stands behind Message-IDs and links. It is made when it is first needed; once something is sealed, it must
    be there: a new one would kill every link that has gone out. One that was put aside as `secret-before-…` keeps its
    links alive.
    """
    if former_secrets(path) or not any(edition.sealed_at for edition in Editions(database).editions()):
        make_secret(path)
    return read_secret(path)


def keyring_of(database: Database, path: Path) -> Keyring:
    secret_of(database, path)
    return Keyring(read_secrets(path))


# -- Inside a transaction of the caller's.


def take(
    connection: Connection, edition: Edition, step: Step, conditions: Sequence[ColumnElement[bool]] = (), **values: Any
) -> None:
    """Compare and set: move the edition, wherever the table of steps allows it from. Raise `BusyError` when its state
    does not allow it, and `PersonNeededError` when it does, but a condition fails: it changed since it was looked at.
    """
    allowed = before(step)
    changed = connection.execute(
        update(editions)
        .where(editions.c.number == edition.number, _may_take(step), *conditions)
        .values(state=after(allowed[0], step), **values)
    )
    if changed.rowcount == 1:
        return
    here = select(_may_take(step).label("may")).where(editions.c.number == edition.number)
    if connection.execute(here).scalar_one():
        raise PersonNeededError(edition.name, _("it changed while you looked at it"), _("look at it again"))
    there = _load(connection, edition.number)
    raise BusyError(edition.name, happened(there), way_on(there))


def _may_take(step: Step) -> ColumnElement[bool]:
    """As `states.after` says it of each state, and of an edition that is skipped also of when."""
    is_skipped, over = editions.c.state == EditionState.SKIPPED.value, editions.c.finished_at.is_not(None)
    once_skipped = and_(is_skipped, over) if step in ONCE_SKIPPED else false()
    return or_(and_(editions.c.state.in_(before(step)), not_(and_(is_skipped, over))), once_skipped)


def serve(connection: Connection, number: int, served: Mapping[Choice, int | None]) -> None:
    """Write which variant (its row) serves which choice."""
    if served:
        interned = intern(connection, served)
        connection.execute(
            insert(servings),
            [{"edition": number, "choice": interned[choice], "variant": variant} for choice, variant in served.items()],
        )


def _close(connection: Connection, newsletter: str, period: Period, at: datetime, because: str, step: Step) -> Edition:
    """The first edition of the period, which does not go out."""
    state = after(None, step) or EditionState.MISSED
    edition = Edition(newsletter=newsletter, period=period, state=state)
    old = connection.execute(select(editions).where(*_same(edition))).first()
    if old is None:
        number = connection.execute(insert(editions).values(edition_row(edition))).inserted_primary_key[0]  # type: ignore[index] # a table with a key
    else:
        number = old.number
        take(connection, edition_from(old._mapping), step)
        _clear(connection, number)
    closed = {"because": because, "finished_at": stored(at), "fingerprint": None}
    connection.execute(update(editions).where(editions.c.number == number).values(closed))
    return _load(connection, number)


def _settle(connection: Connection, edition: Edition) -> None:
    rows = connection.execute(select(verdicts).where(verdicts.c.edition == edition.number)).all()
    final = [row.story_id for row in rows if edition.takes(Ruling(row.ruling))]
    if edition.is_said_again:
        return  # a reissue says again what its first revision took, and a supplement what its edition took
    taken = connection.execute(select(settled.c.story_id).where(settled.c.newsletter == edition.newsletter)).scalars()
    if twice := sorted(set(final) & set(taken)):
        raise IntegrityError(
            edition.name,
            _("stories {twice} stand in an earlier edition").format(twice=", ".join(twice)),
            _("build the draft again"),
        )
    _take_stories(connection, edition, final)
    put_off = {row.story_id for row in rows if Ruling(row.ruling) is Ruling.DEFERRED}
    _carry(connection, edition, dict.fromkeys(_items_of(connection, put_off), CarriedOver.MOVED))


def _take_stories(connection: Connection, edition: Edition, stories: Collection[str]) -> None:
    if stories:
        connection.execute(
            insert(settled),
            [{"newsletter": edition.newsletter, "story_id": story, "edition": edition.number} for story in stories],
        )


def _open_again(connection: Connection, edition: Edition) -> None:
    """Of what expired, the approval counts again unless another edition has taken a story since."""
    number, here = edition.number or 0, editions.c.number == edition.number
    connection.execute(delete(carried_over).where(carried_over.c.edition == number))
    connection.execute(delete(settled).where(settled.c.edition == number))
    as_before = {**_REOPENED, "because": None, "covers_to_end": 0, "state": EditionState.DRAFT.value}
    if edition.state is EditionState.EXPIRED:
        _judge_as_approved(connection, edition)
        rows = connection.execute(select(verdicts).where(verdicts.c.edition == number)).all()
        final = {row.story_id for row in rows if edition.takes(Ruling(row.ruling))}
        taken = connection.execute(
            select(settled.c.story_id).where(settled.c.newsletter == edition.newsletter)
        ).scalars()
        if not final & set(taken):
            _take_stories(connection, edition, final)
            as_before = {"because": None, "finished_at": None, "state": EditionState.SEALED.value}
    else:
        _clear(connection, number)
        if not _is_named_elsewhere(connection, number):
            connection.execute(delete(editions).where(here))
            return
    connection.execute(update(editions).where(here).values(as_before))


def _judge_as_approved(connection: Connection, edition: Edition) -> None:
    """What was ruled when it expired (its stories are given up) was ruled then alone: its verdicts are those that its
    fingerprint covers again.
    """
    description = described(edition, _description(connection, edition))
    if description is None:
        return
    ruled = [
        Verdict(
            story_id=one["story"],
            ruling=Ruling(one["ruling"]),
            reason=one["reason"],
            late=one["late"],
            missed=one.get("missed", False),
        )
        for one in description["verdicts"]
    ]
    connection.execute(delete(verdicts).where(verdicts.c.edition == edition.number))
    if ruled:
        rows = [verdict_row(edition.number or 0, place, verdict) for place, verdict in enumerate(ruled)]
        connection.execute(insert(verdicts), rows)


def _is_named_elsewhere(connection: Connection, number: int) -> bool:
    """Whether any row of another table is about the edition."""
    columns = [
        key.parent for table in metadata.tables.values() for key in table.foreign_keys if key.references(editions)
    ]
    return any(
        connection.execute(select(column).where(column == number).limit(1)).first() is not None for column in columns
    )


def _items_of(connection: Connection, stories: Collection[str]) -> Sequence[str]:
    query = select(items.c.id, items.c.story_id).where(items.c.story_id.in_(sorted(stories)))
    return [row.id for row in connection.execute(query)] if stories else []


def _rule(connection: Connection, edition: Edition, ruled: Sequence[Verdict]) -> None:
    """Verdicts of an edition that does not go out: they replace what it said of these stories, and settle them."""
    if not ruled:
        return
    here, stories = verdicts.c.edition == edition.number, [verdict.story_id for verdict in ruled]
    for start in range(0, len(stories), _AT_ONCE):
        connection.execute(delete(verdicts).where(here, verdicts.c.story_id.in_(stories[start : start + _AT_ONCE])))
    first = connection.execute(select(func.coalesce(func.max(verdicts.c.place) + 1, 0)).where(here)).scalar_one()
    connection.execute(
        insert(verdicts), [verdict_row(edition.number or 0, first + place, one) for place, one in enumerate(ruled)]
    )
    _take_stories(connection, edition, stories)


def _carry(connection: Connection, edition: Edition, standings: Mapping[str, CarriedOver]) -> None:
    """The first edition that did not take an item is kept; what was missed once is not merely moved later."""
    for item, standing in standings.items():
        key = carried_over.c.newsletter == edition.newsletter, carried_over.c.item_id == item
        before = connection.execute(select(carried_over.c.standing).where(*key)).scalar()
        if before is None:
            row = {"newsletter": edition.newsletter, "item_id": item, "edition": edition.number}
            connection.execute(insert(carried_over).values(**row, standing=standing.value))
        elif standing is not CarriedOver.MOVED:
            waits = {"edition": edition.number} if standing is CarriedOver.WAITS else {}
            connection.execute(update(carried_over).where(*key).values(**waits, standing=standing.value))


def _same(edition: Edition) -> tuple[ColumnElement[bool], ...]:
    return (
        editions.c.newsletter == edition.newsletter,
        editions.c.period == edition.period.key,
        editions.c.revision == edition.revision,
    )


def _replace(connection: Connection, edition: Edition) -> int:
    """Make room for a new draft: the edition's row is kept, all that hangs on the old draft goes."""
    row = edition_row(edition)
    old = connection.execute(select(editions).where(*_same(edition))).first()
    if old is None:
        _refuse_out_of_turn(connection, edition)
        return int(connection.execute(insert(editions).values(row)).inserted_primary_key[0])  # type: ignore[index] # a table with a key
    step = Step.BUILD if edition.state is EditionState.DRAFT else Step.FIND_EMPTY
    if after(EditionState(old.state), step, is_over=old.finished_at is not None) is None:
        there = edition_from(old._mapping)
        raise BusyError(edition.name, happened(there), way_on(there))
    _clear(connection, old.number)
    values = {**row, "because": edition.because or old.because}
    connection.execute(update(editions).where(editions.c.number == old.number).values(values))
    return int(old.number)


def _refuse_out_of_turn(connection: Connection, edition: Edition) -> None:
    """A later revision stands beside a finished edition, the latest of its period."""
    if edition.revision == 1:
        return
    before_it = replace(edition, revision=edition.revision - 1)
    row = connection.execute(select(editions).where(*_same(before_it))).first()
    if row is None or after(EditionState(row.state), Step.REISSUE) is None:
        there = None if row is None else edition_from(row._mapping)
        raise BusyError(before_it.name, happened(there), way_on(there))


_OF_A_DRAFT = (servings, verdicts, variants, carried_pictures, records, descriptions, as_approved, outlines)


def _clear(connection: Connection, number: int, tables: Sequence[Table] = _OF_A_DRAFT) -> None:
    for table in tables:
        connection.execute(delete(table).where(table.c.edition == number))


def _write_content(
    connection: Connection,
    number: int,
    ruled: Sequence[Verdict],
    rendered: Sequence[Variant],
    served: Mapping[Choice, str | None],
) -> None:
    if ruled:
        connection.execute(insert(verdicts), [verdict_row(number, place, v) for place, v in enumerate(ruled)])
    reach("draft.verdicts-written")
    pictures: dict[str, bytes] = {}
    numbers = {
        variant.name: _insert_variant(connection, number, place, variant, pictures)
        for place, variant in enumerate(rendered)
    }
    if pictures:
        rows = [{"edition": number, "picture": name, "data": zlib.compress(data)} for name, data in pictures.items()]
        connection.execute(insert(carried_pictures), rows)
    reach("draft.variants-written")
    serve(connection, number, {choice: numbers.get(name or "") for choice, name in served.items()})


def _description(connection: Connection, edition: Edition) -> bytes | None:
    return connection.execute(select(descriptions.c.content).where(descriptions.c.edition == edition.number)).scalar()


def _load(connection: Connection, number: int | None) -> Edition:
    return edition_from(connection.execute(select(editions).where(editions.c.number == number)).one()._mapping)


def pictures_of(connection: Connection, edition: Edition) -> dict[str, bytes]:
    """Those that can be unpacked; a message without one of them is not the one that was approved."""
    query = select(carried_pictures).where(carried_pictures.c.edition == edition.number)
    found = {}
    for row in connection.execute(query):
        with suppress(zlib.error):
            found[row.picture] = zlib.decompress(row.data)
    return found


def _whole(row: dict[str, Any], pictures: Mapping[str, bytes]) -> dict[str, Any]:
    """The row with the message as it leaves; one that cannot be unpacked stays as it is."""
    if pictures:
        with suppress(zlib.error):
            row["message"] = zlib.compress(with_pictures(zlib.decompress(row["message"]), pictures), level=1)
    return row


def _insert_variant(
    connection: Connection, number: int, place: int, variant: Variant, pictures: dict[str, bytes]
) -> int:
    """What its message carries, or its page links to, is put into `pictures`."""
    message = zlib.compress(without_pictures(variant.rendered.message, pictures))
    for name, data in variant.rendered.linked.items():
        pictures.setdefault(name, data)
    result = connection.execute(insert(variants).values({**variant_row(number, place, variant), "message": message}))
    return int(result.inserted_primary_key[0])  # type: ignore[index] # a table with a key
