"""Collect: read the sources, recognise what is known, tag it, and group it into stories."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from digest.foundation.catalogue import later
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
    gathered = _Gathered()
    for source in sources:
        before = _Before(
            items=[item for item in stored.values() if item.source == source.name],
            files=store.files(source.name),
            ids=stored.keys() | gathered.items.keys(),
            settled=taken,
        )
        reading = source.read(today, before.as_stored(tagger))
        gathered.add(source.name, reading, _recognise(reading, before, tagger, asked_from), before.files)
        reach("collect.source-read")

    everything = {**stored, **gathered.items}
    judgements = store.judgements()
    grouping = group([*everything.values()], current, settled, judgements, today - COMPARED)
    reach("collect.grouped")
    store.save_collection(
        Collection(
            items=tuple(item for id_, item in gathered.items.items() if stored.get(id_) != item),
            story_of={item: story for item, story in grouping.story_of.items() if current.get(item) != story},
            inherited=(*grouping.inherited, *_decided_before(gathered.split, grouping.story_of)),
            files=gathered.files,
            memories=gathered.memories,
            found=tuple(grouping.found(judgements)),
            pictures=gathered.pictures,
            pictures_shown=_pictures_shown(everything) if _shows_less(stored, gathered.items) else None,
        )
    )
    reach("collect.saved")
    accepted = store.accepted_findings()
    return tuple(_with_problems(result, gathered.items, grouping.problems, accepted) for result in gathered.results)


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

    def unedited(self, files: KnownFiles, reader: str) -> dict[str, str]:
        """The files that are as another reader read them, each with the name under which it is stored."""
        names = {file.fingerprint: name for name, file in self.files.items()}
        return {
            name: name if name in self.files else names.get(file.fingerprint, name)
            for name, file in files.items()
            if file.reader != reader
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


@dataclass(kw_only=True)
class _Gathered:
    """What the sources hold now, all together; of files those that are not as they are stored."""

    items: dict[str, Item] = field(default_factory=dict)
    split: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, ReadFile]] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    memories: dict[str, Kept] = field(default_factory=dict)
    results: list[Collected] = field(default_factory=list)

    def add(self, source: str, reading: Reading, recognised: _Recognised, known: KnownFiles) -> None:
        self.pictures += reading.pictures
        if reading.remember is not None:
            self.memories[source] = reading.remember
        self.items.update((item.id, item) for item in recognised.items)
        self.split |= recognised.split
        self.files[source] = {name: file for name, file in recognised.files.items() if known.get(name) != file}
        self.results.append(recognised.result)


def _recognise(reading: Reading, stored: _Before, tagger: Tagger, asked_from: date) -> _Recognised:
    files, order = stored.files_as_read(reading), stored.in_order(reading)
    unedited = stored.unedited(files, reading.reader)
    unread = frozenset(item.place.file for item in stored.items) if reading.keeps else reading.unread
    matching = match(stored.items, order, unread, unedited)
    sorting = _Sorting(stored=stored, tagger=tagger, asked_from=asked_from, unedited=unedited)
    for position, (found, before) in enumerate(matching.pairs):
        if isinstance(found, Item):
            sorting.keep(found, position)
        else:
            sorting.take(found, before, matching.origins.get(position), position)
    files |= {
        name: file._replace(brought=replace(file.brought, tagger=tagger.fingerprint, tagging=sorting.told(name)))
        for name, file in files.items()
        if file.brought is not None and name not in reading.unchanged
    }
    withdrawn = tuple(replace(item, withdrawn=True) for item in sorting.gone(reading, matching.vanished))
    result = Collected(
        source=reading.source,
        new=tuple(sorting.new),
        altered=tuple(sorting.altered),
        unchanged=len(sorting.items) - len(sorting.waiting) - len(sorting.new) - len(sorting.altered),
        gone=withdrawn,
        waiting=tuple(sorting.waiting),
        findings=(
            *reading.problems,
            *matching.problems,
            *same_title_and_date(order),
            *_of_tags(files, sorting.tagging),
        ),
        ignored=reading.ignored,
    )
    return _Recognised(result, [*sorting.items, *withdrawn], files, sorting.split)


@dataclass(kw_only=True)
class _Sorting:
    """The items of one reading, each compared with what is stored of it. `unedited`: the files that nobody but a better
    reader made different, and how each was called.
    """

    stored: _Before
    tagger: Tagger
    asked_from: date
    unedited: Mapping[str, str]
    items: list[Item] = field(default_factory=list)
    waiting: list[Item] = field(default_factory=list)
    new: list[Item] = field(default_factory=list)
    altered: list[Item] = field(default_factory=list)
    split: dict[str, str] = field(default_factory=dict)
    tagging: defaultdict[str, list[Problem]] = field(default_factory=lambda: defaultdict(list))
    _given: set[str] = field(default_factory=set, init=False)
    _ordinals: dict[tuple[str, ...], int] = field(default_factory=dict, init=False)

    def keep(self, item: Item, position: int) -> None:
        """One of a file that is unchanged."""
        kept = item if item.position == position else replace(item, position=position)
        self.items.append(kept)
        self.waiting += [kept] if kept.waits else []

    def take(self, found: FoundItem, before: Item | None, origin: Item | None, position: int) -> None:
        """One that was read now: `before` is what is stored of it, `origin` the item of which it was part."""
        id_ = before.id if before else new_id(found, self._is_given, self._ordinals)
        self._given.add(id_)
        is_settled = id_ in self.stored.settled
        if before is not None and found.place.file in self.unedited:
            if is_settled:
                self.items.append(replace(before, place=found.place, position=position, withdrawn=False))
                return
            found = replace(found, published_on=before.published_on)
        decided = origin is not None and origin.id in self.stored.settled
        if origin is not None and decided:
            self.split[id_] = origin.id
        tagged = self.tagger.tag(found)
        self.tagging[found.place.file] += tagged.problems
        asked = found.published_on >= self.asked_from and not is_settled and not decided
        item = _item(found, id_, position, tagged.tags, _date_state(found, before, asked=asked))
        self.items.append(item)
        if item.waits:
            self.waiting.append(item)
        elif before is None and origin is None:
            self.new.append(item)
        elif not decided and (before is None or _content(before) != _content(item)):
            self.altered.append(item)  # also what was part of another item

    def _is_given(self, id_: str) -> bool:
        return id_ in self.stored.ids or id_ in self._given

    def told(self, file: str) -> tuple[Problem, ...]:
        """What the tags of its items gave rise to."""
        return tuple(self.tagging[file])

    def gone(self, reading: Reading, vanished: Iterable[Item]) -> list[Item]:
        """What the source does not hold any more, or takes back; nothing that was decided goes with a better reader."""
        if not reading.complete:
            return []
        kept, settled = set(self.unedited.values()), self.stored.settled
        met = {item.id for item in self.items}
        return [
            *(item for item in vanished if not (item.place.file in kept and item.id in settled)),
            *(
                item
                for item in self.stored.items
                if item.given_id in reading.retracted and item.id not in met and not item.withdrawn
            ),
        ]


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
        cause=later("its date is {day}, later than the next edition: it waits, and stands in none").format(
            day=item.published_on.isoformat()
        ),
        remedy=later(
            "correct the date; if it is right: digest items confirm {item}; to leave the item out: digest items forget "
            "{item}"
        ).format(item=item.id[:8]),
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
