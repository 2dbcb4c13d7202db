"""Items (one text in one language) and stories (items that tell the same news)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from digest.foundation.problems import Place, Problem
from digest.intake.memory import Kept
from digest.intake.picture import Picture
from digest.intake.read_file import Brought


class DateOrder(StrEnum):
    """What `5/8/2018` means: the setting `dates` of a source, and the evidence a line gives."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class Struck(StrEnum):
    """What becomes of struck-out text: the setting `struck` of a source."""

    LEAVE_OUT = "leave out"
    SHOW = "show"


class TagKind(StrEnum):
    COUNTRY = "country"  # value: ISO 3166-1 alpha-2, upper case
    TOPIC = "topic"  # value: a slug of the taxonomy


class Strength(StrEnum):
    STRONG = "strong"  # said by a person, or found in the title
    WEAK = "weak"  # found in the body or the dateline


class TagPlace(StrEnum):
    PERSON = "person"
    TITLE = "title"
    DATELINE = "dateline"
    BODY = "body"


class DateState(StrEnum):
    """Whether the date of an item may be believed: one far ahead is a slip of the pen more often than a plan."""

    UNSEEN = "unseen"  # nobody has looked at it yet
    ACCEPTED = "accepted"  # near enough, or a person says that it is right
    WAITING = "waiting"  # a person is asked
    FORGOTTEN = "forgotten"  # a person says that the item is to be left alone

    @property
    def keeps_out(self) -> bool:
        """Whether the item stands in no edition."""
        return self in (DateState.WAITING, DateState.FORGOTTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A country or topic that an item concerns, and why we think so: the term as it stands in the text, and where."""

    kind: TagKind
    value: str
    term: str
    where: TagPlace
    strength: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What an item says, whoever published it. All strings are NFC, free of control and bidi-override characters.

    `paragraphs` are plain text, stripped, never empty strings. `html` is the same body with its formatting when the
    input had any, already sanitised; `None` means "the paragraphs are all there is".
    """

    title: str
    paragraphs: tuple[str, ...]
    html: str | None = None
    summary: str | None = None
    link: str | None = None
    image: str | None = None
    image_alt: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """An item as a source reads it, before it has an identity.

    `published_on` is a calendar date in the source's zone. `given_id` is the publisher's own id; `translation_of`
    names another item by its given id or title. `countries` and `topics` are a person's tags, as written (names or
    codes), `None` when nobody said anything. `categories` are the publisher's own words: those among them that are the
    name of a country or topic count as much, and the others mean nothing.
    """

    source: str
    place: Place
    published_on: date
    language: str
    text: Text
    given_id: str | None = None
    translation_of: str | None = None
    countries: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item with its lasting identity. `id` never changes, whatever happens to title, body, file or order."""

    id: str
    source: str
    place: Place
    published_on: date
    language: str
    text: Text
    given_id: str | None = None
    translation_of: str | None = None
    tags: tuple[Tag, ...] = ()
    withdrawn: bool = False
    position: int = 0  # the place inside its source's reading: equal dates keep the file's order
    date_state: DateState = DateState.ACCEPTED

    @property
    def waits(self) -> bool:
        """Whether a person is asked if its date is right."""
        return self.date_state is DateState.WAITING and not self.withdrawn

    @property
    def is_fetched(self) -> bool:
        """Whether it came over the network: it stands in no file, but in the source itself."""
        return self.place.file == self.source

    def values(self, kind: TagKind, *, only_strong: bool = False) -> frozenset[str]:
        return frozenset(
            tag.value for tag in self.tags if tag.kind is kind and (tag.strength is Strength.STRONG or not only_strong)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One or more items that tell the same news. Selection acts on stories; a story is withdrawn with its last item."""

    id: str
    items: tuple[Item, ...]

    @property
    def live_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not item.withdrawn and not item.date_state.keeps_out)

    @property
    def withdrawn(self) -> bool:
        return not self.live_items

    @property
    def kept_out(self) -> bool:
        """Whether no edition decides about it: its date waits for a person, or it was forgotten."""
        return self.withdrawn and any(item.date_state.keeps_out for item in self.items)

    @property
    def published_on(self) -> date:
        """The earliest date of its items; of the live ones, as long as there are any."""
        return min(item.published_on for item in self.live_items or self.items)

    def values(self, kind: TagKind, *, only_strong: bool = False) -> frozenset[str]:
        return frozenset().union(
            *(item.values(kind, only_strong=only_strong) for item in self.live_items or self.items)
        )

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(item.language for item in self.live_items or self.items)

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(item.source for item in self.live_items or self.items)

    def in_language(self, language: str) -> Item:
        """The item a reader of `language` is shown: theirs if there is one, else the best, which is one that the office
        wrote; of those that came over the network the one that tells most; then the first that was published.
        """
        return self.best_first(language)[0]

    def shows(self, item: Item) -> bool:
        """Whether it is the one that readers of its language are shown."""
        return not self.withdrawn and self.in_language(item.language).id == item.id

    def best_first(self, language: str) -> list[Item]:
        return sorted(
            self.live_items or self.items,
            key=lambda item: (
                item.language != language,
                item.is_fetched,
                -sum(map(len, item.text.paragraphs)) if item.is_fetched else 0,
                item.published_on,
                item.position,
                item.id,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that one look at a source brought.

    `unread` are files (as in `Place.file`) whose items must not be taken for withdrawn, because the file could not be
    read in full this time. `ignored` are files that no source reads. `complete` is False when the source itself could
    not be reached: then nothing of it is withdrawn. `files` holds a fingerprint of each file that was read, with what
    the settings say of reading it, and `reader` the version of what read them. Of those that are `unchanged` since they
    were last read the items are not told again: they are what they were. `brought` says of others how the next reading
    will know them. `pictures` are those that items show. `retracted`
    are the given ids of items that their publisher has taken back, though their file says that it was not read in full.
    `keeps`: what is no longer there made room, and stays an item. `remember` is
    what a source wants to find again next time.
    """

    source: str
    items: tuple[FoundItem, ...] = ()
    problems: tuple[Problem, ...] = ()
    unread: frozenset[str] = field(default_factory=frozenset)
    ignored: tuple[str, ...] = ()
    complete: bool = True
    files: Mapping[str, str] = field(default_factory=dict)
    reader: str = ""
    unchanged: frozenset[str] = frozenset()
    brought: Mapping[str, Brought] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    retracted: frozenset[str] = frozenset()
    keeps: bool = False
    remember: Kept | None = None
