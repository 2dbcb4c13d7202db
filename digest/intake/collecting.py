"""Collect: read the sources, recognise what is known, tag it, and group it into stories."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from digest.foundation.failpoints import reach
from digest.foundation.garbage import collected_seldom
from digest.foundation.problems import Problem, Severity
from digest.intake.acceptance import Subjects
from digest.intake.grouping import group
from digest.intake.identity import match, new_id, same_title_and_date
from digest.intake.item import DateState, FoundItem, Item, Reading, Tag
from digest.intake.memory import Kept
from digest.intake.picture import ADDRESS, Picture
from digest.intake.read_file import NONE_KNOWN, KnownFiles, ReadFile
from digest.intake.store import Collection, Items
from digest.intake.tagging.tagger import Tagger

COMPARED = timedelta(days=200)  # news that is older and waits for no edition is not compared again


class Source(Protocol):
    """Where items come from."""

    @property
    def name(self) -> str: ...

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        """Return all that the source holds now, in a stable order. One bad file is a problem in the reading, never an
        exception; a source that cannot be reached answers with `complete=False`. Of files that are as they are `known`
        it may say so instead of reading them.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one source brought. `unchanged` also counts items that only moved to another file or line. `waiting` are the
    items of whose dates a person is asked, whatever else is true of them; they are counted nowhere else. `accepted` are
    the warnings that a person has found right: they are no `findings` any more.
    """

    source: str
    new: tuple[Item, ...]
    altered: tuple[Item, ...]
    unchanged: int
    gone: tuple[Item, ...]
    waiting: tuple[Item, ...]
    findings: tuple[Problem, ...]
    accepted: tuple[Problem, ...] = ()
    ignored: tuple[str, ...]

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Those that a person may accept."""
        return tuple(one for one in self.findings if one.severity is Severity.WARNING)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The findings, and the questions about dates."""
        return (*self.findings, *map(_question, self.waiting))

    @property
    def added(self) -> int:
        return len(self.new)

    @property
    def changed(self) -> int:
        return len(self.altered)

    @property
    def withdrawn(self) -> int:
        return len(self.gone)

    @property
    def found(self) -> int:
        return self.added + self.changed + self.unchanged + len(self.waiting)

    @property
    def errors(self) -> int:
        return sum(problem.severity is Severity.ERROR for problem in self.problems)


@collected_seldom()
def collect(
    sources: Iterable[Source],
    tagger: Tagger,
    store: Items,
    settled: AbstractSet[str],
    today: date,
    asked_from: date = date.max,
) -> tuple[Collected, ...]:
    """Bring the store up to what the sources hold now; a second call in a row changes nothing.

    `settled` are the stories that editions have taken. From the date `asked_from` on a person is asked whether it is
    right. The problems of one source never touch another, and those of one item never touch the others.
    """
    reach("collect.begun")
    stored = {item.id: item for item in store.items()}
    current = store.story_of()
    taken = frozenset(item for item, story in current.items() if story in settled)
    now: dict[str, Item] = {}
    split: dict[str, str] = {}
    files: dict[str, dict[str, ReadFile]] = {}
    pictures: list[Picture] = []
    memories: dict[str, Kept] = {}
    results = []
    for source in sources:
        before = _Before(
            items=[item for item in stored.values() if item.source == source.name],
            files=store.files(source.name),
            ids=stored.keys() | now.keys(),
            settled=taken,
        )
        reading = source.read(today, before.as_stored(tagger))
        pictures += reading.pictures
        if reading.remember is not None:
            memories[source.name] = reading.remember
        recognised = _recognise(reading, before, tagger, asked_from)
        now.update((item.id, item) for item in recognised.items)
        split |= recognised.split
        files[source.name] = {name: file for name, file in recognised.files.items() if before.files.get(name) != file}
        results.append(recognised.result)
        reach("collect.source-read")

    everything = {**stored, **now}
    judgements = store.judgements()
    grouping = group([*everything.values()], current, settled, judgements, today - COMPARED)
    reach("collect.grouped")
    store.save_collection(
        Collection(
            items=tuple(item for id_, item in now.items() if stored.get(id_) != item),
            story_of={item: story for item, story in grouping.story_of.items() if current.get(item) != story},
            inherited=(*grouping.inherited, *_decided_before(split, grouping.story_of)),
            files=files,
            memories=memories,
            found=tuple(grouping.found(judgements)),
            pictures=pictures,
            pictures_shown=_pictures_shown(everything) if _shows_less(stored, now) else None,
        )
    )
    reach("collect.saved")
    accepted = store.accepted_findings()
    return tuple(_with_problems(result, now, grouping.problems, accepted) for result in results)


def _shows_less(before: Mapping[str, Item], now: Mapping[str, Item]) -> bool:
    """Whether a picture went from a text."""
    changed = (id_ for id_, item in now.items() if id_ in before and before[id_].text != item.text)
    return any(_pictures(before[id_]) - _pictures(now[id_]) for id_ in changed)


def _pictures_shown(items: Mapping[str, Item]) -> AbstractSet[str]:
    return frozenset().union(*map(_pictures, items.values()))


def _pictures(item: Item) -> AbstractSet[str]:
    return {*ADDRESS.findall(item.text.html or ""), *ADDRESS.findall(item.text.image or "")}


def _with_problems(
    result: Collected, items: Mapping[str, Item], of_stories: Iterable[Problem], accepted: AbstractSet[str]
) -> Collected:
    """With those of the stories that its items tell, without those that a person has accepted."""
    own = [item for item in items.values() if item.source == result.source]
    places = {item.place for item in own}
    found = (*result.findings, *(problem for problem in of_stories if problem.place in places))
    still = Subjects(result.source, own).without(accepted, found)
    return replace(
        result,
        findings=still,
        accepted=tuple(problem for problem in found if problem not in still) if len(still) < len(found) else (),
    )


@dataclass(frozen=True, kw_only=True)
class _Before:
    """What is stored of a source: its items and files; `ids` are those of all items, `settled` those of items that an
    edition has taken.
    """

    items: Sequence[Item]
    files: KnownFiles
    ids: AbstractSet[str]
    settled: AbstractSet[str]

    @cached_property
    def live(self) -> Mapping[str, Sequence[Item]]:
        """The items that are not withdrawn, by file, in its order."""
        files: defaultdict[str, list[Item]] = defaultdict(list)
        for item in sorted(self.items, key=lambda item: item.position):
            if not item.withdrawn:
                files[item.place.file].append(item)
        return files

    def as_stored(self, tagger: Tagger) -> KnownFiles:
        """The files whose items are those that are stored, as this tagger tags them."""
        return {
            name: file
            for name, file in self.files.items()
            if (brought := file.brought) is not None
            and brought.items == len(self.live.get(name, ()))
            and brought.tagger == tagger.fingerprint
        }

    def files_as_read(self, reading: Reading) -> dict[str, ReadFile]:
        """Each file with the reader that first read it as it is, also under another name; none is named where that was
        read before it was written down.
        """
        readers = {file.fingerprint: file.reader for file in self.files.values()}
        first = dict.fromkeys({item.place.file for item in self.items} - self.files.keys(), "")
        return {
            name: self.files[name]
            if name in reading.unchanged
            else ReadFile(
                fingerprint, readers.get(fingerprint, first.get(name, reading.reader)), reading.brought.get(name)
            )
            for name, fingerprint in reading.files.items()
        }

    def in_order(self, reading: Reading) -> Sequence[FoundItem | Item]:
        """What was found, and between it the stored items of files that are unchanged."""
        if not reading.unchanged:
            return reading.items
        found = defaultdict[str, list[FoundItem]](list)
        for item in reading.items:
            found[item.place.file].append(item)
        order: list[FoundItem | Item] = []
        for name in reading.files:
            order += self.live.get(name, ()) if name in reading.unchanged else found[name]
        return order


def _decided_before(split: Mapping[str, str], story_of: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Items that a better reader split off what was decided: each is decided, unless it tells an older story."""
    for item, origin in split.items():
        if story_of[item] == item:
            yield item, story_of[origin]


class _Recognised(NamedTuple):
    """`files` are those of the source as they are known now. `split` names the decided item of which an item was
    part until a better reader read the same file.
    """

    result: Collected
    items: list[Item]
    files: dict[str, ReadFile]
    split: dict[str, str]


def _recognise(reading: Reading, stored: _Before, tagger: Tagger, asked_from: date) -> _Recognised:
    files, order, settled = stored.files_as_read(reading), stored.in_order(reading), stored.settled
    names = {file.fingerprint: name for name, file in stored.files.items()}
    unedited = {
        name: name if name in stored.files else names.get(file.fingerprint, name)
        for name, file in files.items()
        if file.reader != reading.reader
    }
    matching = match(stored.items, order, reading.unread, unedited)
    tagging: defaultdict[str, list[Problem]] = defaultdict(list)
    taken = set(stored.ids)
    ordinals: dict[tuple[str, ...], int] = {}
    items: list[Item] = []
    waiting: list[Item] = []
    new: list[Item] = []
    altered: list[Item] = []
    split: dict[str, str] = {}
    for position, (as_read, before) in enumerate(matching.pairs):
        if isinstance(as_read, Item):
            item = as_read if as_read.position == position else replace(as_read, position=position)
            items.append(item)
            waiting += [item] if item.waits else []
            continue
        found, origin = as_read, matching.origins.get(position)
        id_ = before.id if before else new_id(found, taken.__contains__, ordinals)
        taken.add(id_)
        if before is not None and found.place.file in unedited:
            if id_ in settled:
                items.append(replace(before, place=found.place, position=position, withdrawn=False))
                continue
            found = replace(found, published_on=before.published_on)
        decided = origin is not None and origin.id in settled
        if origin is not None and decided:
            split[id_] = origin.id
        tagged = tagger.tag(found)
        tagging[found.place.file] += tagged.problems
        asked = found.published_on >= asked_from and id_ not in settled and not decided
        item = _item(found, id_, position, tagged.tags, _date_state(found, before, asked=asked))
        items.append(item)
        if item.waits:
            waiting.append(item)
        elif before is None and origin is None:
            new.append(item)
        elif not decided and (before is None or _content(before) != _content(item)):
            altered.append(item)  # also what was part of another item
    files |= {
        name: file._replace(brought=replace(file.brought, tagger=tagger.fingerprint, tagging=tuple(tagging[name])))
        for name, file in files.items()
        if file.brought is not None and name not in reading.unchanged
    }
    problems = (*reading.problems, *matching.problems, *same_title_and_date(order), *_of_tags(files, tagging))
    kept = set(unedited.values())
    gone = [item for item in matching.vanished if not (item.place.file in kept and item.id in settled)]
    met = {item.id for item in items}
    gone += [
        one for one in stored.items if one.given_id in reading.retracted and one.id not in met and not one.withdrawn
    ]
    withdrawn = [replace(item, withdrawn=True) for item in gone] if reading.complete else []
    result = Collected(
        source=reading.source,
        new=tuple(new),
        altered=tuple(altered),
        unchanged=len(items) - len(waiting) - len(new) - len(altered),
        gone=tuple(withdrawn),
        waiting=tuple(waiting),
        findings=problems,
        ignored=reading.ignored,
    )
    return _Recognised(result, items + withdrawn, files, split)


def _of_tags(files: KnownFiles, told: Mapping[str, Sequence[Problem]]) -> Iterator[Problem]:
    """The problems of tags, file by file: those that were told now, and those that files had when they were read."""
    for name in (*files, *(name for name in told if name not in files)):
        known = files.get(name)
        yield from told.get(name, ()) or (known.brought.tagging if known and known.brought else ())


def _date_state(found: FoundItem, before: Item | None, *, asked: bool) -> DateState:
    """What was decided about a date holds until the item has another one."""
    if before is not None and before.published_on == found.published_on and before.date_state is not DateState.UNSEEN:
        return before.date_state
    return DateState.WAITING if asked else DateState.ACCEPTED


def _question(item: Item) -> Problem:
    return Problem(
        place=item.place,
        severity=Severity.WARNING,
        cause=f"its date is {item.published_on}, later than the next edition: it waits, and stands in none",
        remedy=f"correct the date; if it is right: digest items confirm {item.id[:8]}; "
        f"to leave the item out: digest items forget {item.id[:8]}",
    )


def _item(found: FoundItem, id_: str, position: int, tags: tuple[Tag, ...], date_state: DateState) -> Item:
    return Item(
        id=id_,
        source=found.source,
        place=found.place,
        published_on=found.published_on,
        language=found.language,
        text=found.text,
        given_id=found.given_id,
        translation_of=found.translation_of,
        tags=tags,
        position=position,
        date_state=date_state,
    )


def _content(item: Item) -> tuple[object, ...]:
    """What makes an item another one for its readers: neither its line in a file nor its place in the order."""
    return (item.published_on, item.language, item.text, item.given_id, item.translation_of, item.tags, item.withdrawn)
