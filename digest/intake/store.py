"""Items and stories in the database."""

import json
from collections import defaultdict
from collections.abc import Collection as AbstractCollection
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from digest.foundation.database import Database, upsert
from digest.foundation.failpoints import reach
from digest.foundation.problems import Problem
from digest.foundation.schema import (
    accepted_findings,
    carried_pictures,
    files_read,
    items,
    judgements,
    pictures,
    settled,
    source_memories,
)
from digest.intake.grouping import Judgement
from digest.intake.item import DateState, Item, Story
from digest.intake.item_document import item_document, item_from
from digest.intake.memory import Kept, memory_document, memory_from
from digest.intake.picture import Picture
from digest.intake.read_file import ReadFile, brought_document, brought_from

_COLUMNS = ("id", "source", "published_on", "language", "withdrawn", "date_state")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a collect changes: items to write (new or changed) and the story each of them belongs to.

    `story_of` names every item whose story changes. `inherited` lists (new story, story it was split from or merged
    with): what is settled for the latter is settled for the former. `found` are pairs that were put together. Where
    they are told, only the `pictures_shown` are kept, and those that mails of editions carry.
    """

    items: tuple[Item, ...] = ()
    story_of: Mapping[str, str] = field(default_factory=dict)
    inherited: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, Mapping[str, ReadFile]] = field(default_factory=dict)
    found: tuple[Judgement, ...] = ()
    memories: Mapping[str, Kept] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    pictures_shown: AbstractSet[str] | None = None


class Items:
    def __init__(self, database: Database) -> None:
        self._database = database

    def items(self, source: str | None = None) -> Sequence[Item]:
        """All items, also withdrawn ones."""
        query = select(items).order_by(items.c.id)
        if source is not None:
            query = query.where(items.c.source == source)
        with self._database.read() as connection:
            return [_item(row._mapping) for row in connection.execute(query)]

    def story_of(self) -> dict[str, str]:
        """Item id → story id, of all items."""
        with self._database.read() as connection:
            return {row.id: row.story_id for row in connection.execute(select(items.c.id, items.c.story_id))}

    def has_read(self, source: str) -> bool:
        """Whether anything was ever read there, on this host or another one."""
        known = select(items.c.id).where(items.c.source == source).limit(1)
        with self._database.read() as connection:
            return connection.execute(known).first() is not None

    def files(self, source: str) -> dict[str, ReadFile]:
        """The files of the source as they were last read."""
        query = select(files_read).where(files_read.c.source == source)
        with self._database.read() as connection:
            return {
                row.file: ReadFile(row.fingerprint, row.reader, row.brought and brought_from(row.brought))
                for row in connection.execute(query)
            }

    def memory(self, source: str) -> Kept | None:
        """What is remembered of a source that is asked over the network; `None` before it was first asked."""
        query = select(source_memories).where(source_memories.c.source == source)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Kept(memory=memory_from(row.memory), document=row.document)

    def picture(self, name: str) -> Picture | None:
        """The one of this name; each is what it was when it was first met."""
        with self._database.read() as connection:
            row = connection.execute(select(pictures).where(pictures.c.name == name)).one_or_none()
        return None if row is None else Picture(**row._mapping)

    def stories(self) -> Sequence[Story]:
        """All stories with their items; in no particular order."""
        members: defaultdict[str, list[Item]] = defaultdict(list)
        with self._database.read() as connection:
            for row in connection.execute(select(items).order_by(items.c.id)):
                members[row.story_id].append(_item(row._mapping))
        return [Story(id=id_, items=tuple(found)) for id_, found in members.items()]

    def waiting(self) -> Sequence[Item]:
        """The items of whose dates a person is asked, the earliest date first."""
        query = select(items).where(items.c.date_state == DateState.WAITING.value, items.c.withdrawn == 0)
        with self._database.read() as connection:
            found = [_item(row._mapping) for row in connection.execute(query)]
        return sorted(found, key=lambda item: (item.published_on, item.source, item.position))

    def decide_date(self, item: Item, state: DateState) -> None:
        """What a person says of its date; it holds as long as the item has that date."""
        here = (items.c.id == item.id, items.c.published_on == item.published_on.isoformat())
        with self._database.write() as connection:
            connection.execute(update(items).where(*here).values(date_state=state.value))

    def judgements(self) -> Sequence[Judgement]:
        """What people say of two items, the latest last."""
        query = select(judgements).order_by(judgements.c.at, judgements.c.one, judgements.c.other)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [Judgement(one=row.one, other=row.other, same=bool(row.same), by=row.by) for row in rows]

    def judge(self, said: Sequence[Judgement], at: datetime) -> None:
        """The last word about two items counts."""
        table = upsert(judgements)
        rows = [_judgement_row(one, at.isoformat()) for one in said]
        with self._database.write() as connection:
            names = ("same", "by", "at")
            changed = {name: table.excluded[name] for name in names}
            connection.execute(table.on_conflict_do_update(index_elements=["one", "other"], set_=changed), rows)

    def forget_judgements(self, item: str) -> None:
        """Nobody has said anything of this item and another."""
        with self._database.write() as connection:
            connection.execute(delete(judgements).where((judgements.c.one == item) | (judgements.c.other == item)))

    def accepted_findings(self) -> frozenset[str]:
        """The fingerprints of warnings that a person has found right."""
        with self._database.read() as connection:
            return frozenset(connection.execute(select(accepted_findings.c.fingerprint)).scalars())

    def accept_findings(self, found: Mapping[str, Problem], by: str, at: datetime, because: str | None = None) -> None:
        """Each under its fingerprint; at least one."""
        deed = {"by": by, "at": at.isoformat(), "because": because}
        rows = [{**deed, "fingerprint": key, "place": str(one.place), "cause": one.cause} for key, one in found.items()]
        with self._database.write() as connection:
            connection.execute(upsert(accepted_findings).on_conflict_do_nothing(), rows)

    def forget_accepted_findings(self, fingerprints: AbstractCollection[str]) -> None:
        with self._database.write() as connection:
            connection.execute(delete(accepted_findings).where(accepted_findings.c.fingerprint.in_(fingerprints)))

    def save_collection(self, changes: Collection) -> None:
        with self._database.write() as connection:
            if changes.items:
                table = upsert(items)
                columns = ("source", "published_on", "language", "withdrawn", "date_state", "content")
                connection.execute(
                    table.on_conflict_do_update(
                        index_elements=["id"], set_={name: table.excluded[name] for name in columns}
                    ),
                    [{**_row(item), "story_id": changes.story_of.get(item.id, item.id)} for item in changes.items],
                )
            reach("items.written")
            if changes.story_of:
                connection.execute(
                    update(items).where(items.c.id == bindparam("item")).values(story_id=bindparam("story")),
                    [{"item": item, "story": story} for item, story in changes.story_of.items()],
                )
            reach("items.grouped")
            _inherit(connection, changes.inherited)
            _remember(connection, changes.files)
            _remember_sources(connection, changes.memories)
            if changes.found:
                rows = [_judgement_row(one, "") for one in changes.found]
                connection.execute(upsert(judgements).on_conflict_do_nothing(), rows)
            if changes.pictures:
                rows = [asdict(picture) for picture in changes.pictures]
                connection.execute(upsert(pictures).on_conflict_do_nothing(), rows)
            if changes.pictures_shown is not None:
                _forget_pictures(connection, changes.pictures_shown)
            reach("items.before-commit")
        reach("items.committed")


def _forget_pictures(connection: Connection, shown: AbstractSet[str]) -> None:
    carried = select(carried_pictures.c.picture)
    rest = connection.execute(select(pictures.c.name).where(pictures.c.name.not_in(carried))).scalars()
    gone = [{"gone": name} for name in rest if name not in shown]
    if gone:
        connection.execute(delete(pictures).where(pictures.c.name == bindparam("gone")), gone)


def _judgement_row(said: Judgement, at: str) -> dict[str, object]:
    one, other = sorted((said.one, said.other))
    return {"one": one, "other": other, "same": int(said.same), "by": said.by, "at": at}


def _inherit(connection: Connection, pairs: Sequence[tuple[str, str]]) -> None:
    """What is settled for the second of a pair is settled for the first as well."""
    for new, old in pairs:
        known = select(settled.c.newsletter).where(settled.c.story_id == new)
        connection.execute(
            insert(settled).from_select(
                ["newsletter", "story_id", "edition"],
                select(settled.c.newsletter, bindparam("new", new), settled.c.edition).where(
                    settled.c.story_id == old, settled.c.newsletter.not_in(known)
                ),
            )
        )


def _remember(connection: Connection, files: Mapping[str, Mapping[str, ReadFile]]) -> None:
    rows = [
        {
            "source": source,
            "file": name,
            "fingerprint": file.fingerprint,
            "reader": file.reader,
            "brought": file.brought and brought_document(file.brought),
        }
        for source, found in files.items()
        for name, file in found.items()
    ]
    if rows:
        table = upsert(files_read)
        columns = {name: table.excluded[name] for name in ("fingerprint", "reader", "brought")}
        connection.execute(table.on_conflict_do_update(index_elements=["source", "file"], set_=columns), rows)


def _remember_sources(connection: Connection, memories: Mapping[str, Kept]) -> None:
    rows = [
        {"source": source, "memory": memory_document(kept.memory), "document": kept.document}
        for source, kept in memories.items()
    ]
    if rows:
        table = upsert(source_memories)
        columns = {name: table.excluded[name] for name in ("memory", "document")}
        connection.execute(table.on_conflict_do_update(index_elements=["source"], set_=columns), rows)


def _row(item: Item) -> dict[str, object]:
    document = item_document(item)
    columns = {name: document.pop(name) for name in _COLUMNS}
    return {**columns, "withdrawn": int(item.withdrawn), "content": json.dumps(document, ensure_ascii=False)}


def _item(row: Any) -> Item:
    columns = {name: row[name] for name in _COLUMNS}
    return item_from({**columns, **json.loads(row["content"])})
