"""Reads a plan, `plans/<newsletter>/<period>.yaml`: what staff decided about one edition."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from digest.editions.plans.plan import NOTHING_PLANNED, Correction, Plan
from digest.errors import ConfigurationError
from digest.foundation.mistakes import Mistake, as_error
from digest.foundation.values import country_code, language_name, one_line
from digest.foundation.words import did_you_mean, excerpt, listed, quoted
from digest.foundation.yaml import parse_yaml, read_yaml, scalar
from digest.intake.item import Item, Story
from digest.mail.content import Introduction

# -- What a plan may name: stories and items by the beginning of an id, countries, topics and languages.
# Each rule raises `ValueError` with words that follow the key.

SHORTEST_ID = 4
USUAL_ID = 8
FEW = 12
MOST_TOPICS = 40
_LONGEST_LANGUAGE = 3


class Named(NamedTuple):
    """A story, and the item of it that was named; `None` when the name fits several of its items."""

    story: Story
    item: Item | None


@dataclass(frozen=True)
class KnownNames:
    """The edition of the plan (`monthly/2018-07`), the newsletter's languages, and what exists.

    `stories` are all that were ever collected; `elsewhere` says of those that this edition does not decide about where
    they are. `markdown` makes an introduction of a text.
    """

    edition: str
    languages: tuple[str, ...]
    stories: Sequence[Story]
    elsewhere: Mapping[str, str]
    countries: AbstractSet[str]
    topics: AbstractSet[str]
    markdown: Callable[[str], Introduction]

    @cached_property
    def _items(self) -> dict[str, tuple[Story, Item | None]]:
        named: dict[str, tuple[Story, Item | None]] = {story.id: (story, None) for story in self.stories}
        return named | {item.id: (story, item) for story in self.stories for item in story.items}

    def named(self, written: str) -> Named:
        """The story of this edition that is meant. An id that others share counts only among this edition's stories."""
        beginning = written.strip().lower()
        if len(beginning) < SHORTEST_ID:
            raise ValueError(f"{quoted(written)} is too short: write at least {SHORTEST_ID} characters of an id")
        fitting = self._beginning_with(beginning)
        here = {story.id: story for story, _ in fitting if story.id not in self.elsewhere}
        if len(here) == 1:
            (story,) = here.values()
            items = [item for other, item in fitting if other is story]
            return Named(story, items[0] if len(items) == 1 else None)
        if here:
            raise ValueError(
                f"{quoted(written)} fits several stories: {self._few(here.values())}; write more of the id"
            )
        if fitting:
            raise ValueError(f"{quoted(self.title(fitting[0][0]))} {self.elsewhere[fitting[0][0].id]}")
        raise ValueError(f"there is no story {quoted(written)}{self._nearest(beginning)}")

    def id_of(self, written: str) -> str | None:
        """The id of the story that is meant; `None` instead of a mistake."""
        try:
            return self.named(written).story.id
        except ValueError:
            return None

    def short(self, story: Story) -> str:
        """The beginning of the story's id that no other id has, of at least eight characters."""
        length = USUAL_ID
        while any(other.startswith(story.id[:length]) and other != story.id for other in self._items):
            length += 1
        return story.id[:length]

    def title(self, story: Story) -> str:
        """In the language that the newsletter names first, if there is one."""
        return title_of(story, self.languages[0])

    def country(self, written: str) -> str:
        if written in self.countries:
            return written
        meant = country_code(written, self.countries)
        hint = f", did you mean '{meant}'?" if meant else ": write two capital letters, such as GT"
        raise ValueError(f"{quoted(written)} is no country code{hint}")

    def topic(self, written: str) -> str:
        if written in self.topics:
            return written
        few = f"; there is {listed(sorted(self.topics), 'and')}" if 0 < len(self.topics) <= MOST_TOPICS else ""
        raise ValueError(f"there is no topic {quoted(written)}{did_you_mean(written, self.topics) or few}")

    def language(self, written: str) -> str:
        """The code of any language that has a name."""
        if written in self.languages:
            return written
        like_a_code = written.isalpha() and written.islower() and len(written) <= _LONGEST_LANGUAGE
        if like_a_code and language_name(written) != written:
            return written
        raise ValueError(f"{quoted(written)} is no language code; write one such as {listed(self.languages)}")

    def _beginning_with(self, beginning: str) -> list[tuple[Story, Item | None]]:
        if beginning in self._items:
            return [self._items[beginning]]
        return [found for id_, found in self._items.items() if id_.startswith(beginning)]

    def _nearest(self, beginning: str) -> str:
        """A hint: the id of this edition that is spelt nearly so, else where the ids are listed."""
        near: dict[str, Story] = {}
        for id_, (story, _) in self._items.items():
            if story.id not in self.elsewhere:
                near.setdefault(id_[: max(USUAL_ID, len(beginning))], story)
        hint = did_you_mean(beginning, near)
        return hint or f"; the ids are listed by: digest plan {self.edition}"

    def _few(self, stories: Iterable[Story]) -> str:
        shown = [f"{self.short(story)} ({self.title(story)})" for story in stories]
        return ", ".join(shown[:FEW])


def title_of(story: Story, language: str) -> str:
    """Its title on one short line."""
    return excerpt(story.in_language(language).text.title)


# -- The outline of a plan's YAML: every value as it is written, and between which characters of the file it stands.
# Ids are why values stay as written: `0012e345` is a number to YAML. Positions are for changing the file without
# touching the rest of it.


class OutlineShape(StrEnum):
    TEXT = "text"
    LIST = "list"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in the characters `[start, end)`, without the white space behind it.

    `text` is that of a scalar; `None`: nothing stands there. `flow` is what stands in brackets.
    """

    start: int
    end: int
    shape: OutlineShape
    text: str | None = None
    flow: bool = False
    members: tuple["OutlineMember", ...] = ()

    @property
    def empty(self) -> bool:
        return self.shape is OutlineShape.TEXT and self.text is None

    def member(self, name: str) -> "OutlineMember | None":
        """Of equal keys the first."""
        return next((member for member in self.members if member.name == name), None)


class OutlineMember(NamedTuple):
    """A key and its value in a mapping; in a list, the value alone."""

    key: Spot | None
    value: Spot

    @property
    def name(self) -> str:
        return (self.key.text or "") if self.key else ""

    @property
    def start(self) -> int:
        return self.key.start if self.key else self.value.start

    @property
    def end(self) -> int:
        return max(self.key.end if self.key else 0, self.value.end)


def outline(text: str) -> Spot:
    """An empty file is a text of nothing. Raise `ConfigurationError` for what `yaml_file` does not read without
    problems: that says in plain words what is wrong.
    """
    try:
        return _Outliner(text).document()
    except (yaml.YAMLError, KeyError) as error:
        raise ConfigurationError("the plan", f"this is no YAML: {error}") from error


class _Outliner:
    def __init__(self, text: str) -> None:
        self._text = text
        parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self._next: Callable[[], Any] = parser.get_event
        self._anchored: dict[str, Spot] = {}

    def document(self) -> Spot:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return Spot(0, 0, OutlineShape.TEXT)
        return self._spot(self._next())

    def _spot(self, event: Any) -> Spot:
        start, end = event.start_mark.index, event.end_mark.index
        if type(event) is yaml.AliasEvent:
            return replace(self._anchored[str(event.anchor)], start=start, end=end)
        if type(event) is yaml.ScalarEvent:
            nothing = event.implicit[0] and scalar(event.value) is None
            end = start + len(self._text[start:end].rstrip())
            spot = Spot(start, end, OutlineShape.TEXT, None if nothing else event.value)
        else:
            spot = self._collection(event, start)
        if event.anchor is not None:
            self._anchored[event.anchor] = spot
        return spot

    def _collection(self, event: Any, start: int) -> Spot:
        """Without a closing bracket the end is that of the last value: the parser's own lies behind the comments."""
        in_mapping = type(event) is yaml.MappingStartEvent
        members = []
        while type(inner := self._next()) not in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            key = self._spot(inner) if in_mapping else None
            members.append(OutlineMember(key, self._spot(self._next() if in_mapping else inner)))
        end = inner.end_mark.index
        if not event.flow_style or self._text[end - 1] not in "]}":
            end = max((member.end for member in members), default=start)
        shape = OutlineShape.MAPPING if in_mapping else OutlineShape.LIST
        return Spot(start, end, shape, flow=bool(event.flow_style), members=tuple(members))


KEYS = ("introduction", "lead", "pin", "order", "drop", "defer", "stories")
REASONED = ("drop", "defer")
MARK = "\ufeff"


class Pick(NamedTuple):
    """A story as it is named in a list, or as a key with a reason."""

    path: tuple[str | int, ...]
    at_key: bool
    written: str
    reason: str


def read_plan(path: Path, known: KnownNames) -> Plan:
    """An empty plan when there is no such file. Raise `ConfigurationError` with all mistakes at once."""
    if not path.exists():
        return NOTHING_PLANNED
    read_yaml(path)  # says in plain words what cannot be read at all
    return plan_in(path, path.read_bytes(), known)


def plan_in(path: Path, data: bytes, known: KnownNames) -> Plan:
    """Like `read_plan`, for what the file holds, or is going to hold."""
    document = parse_yaml(path, data)
    if not isinstance(document.root.value, dict | None):
        raise ConfigurationError(f"{path.name}:1:1", "a plan holds keys, such as 'introduction:'")
    if document.problems:
        raise as_error(path.name, document.root, (), document.problems)
    reader = _Reader(known)
    plan = reader.plan(outline(data.decode().removeprefix(MARK)))
    if reader.mistakes:
        raise as_error(path.name, document.root, reader.mistakes, ())
    return plan


def picks(key: str, spot: Spot) -> Iterator[Pick | Mistake]:
    """The stories under `key`: one id, a list of them, or ids with reasons, as far as the key takes any."""
    shape = "must be a list of ids, such as [1a2b3c4d, 5e6f7a8b]"
    if key in REASONED:
        shape = "must be a list of ids, or one line 'ID: reason' for each"
    if spot.shape is OutlineShape.MAPPING and key in REASONED:
        yield from _reasoned((key,), spot)
    elif spot.shape is OutlineShape.MAPPING:
        yield Mistake((key,), shape)
    for position, member in enumerate(spot.members if spot.shape is OutlineShape.LIST else ()):
        path, value = (key, position), member.value
        if value.shape is OutlineShape.TEXT and value.text:
            yield Pick(path, at_key=False, written=value.text, reason="")
        elif value.shape is OutlineShape.MAPPING and key in REASONED and len(value.members) == 1:
            yield from _reasoned(path, value)
        else:
            yield Mistake(path, "must be the id of a story")
    if spot.shape is OutlineShape.TEXT and spot.text is not None:
        yield Pick((key,), at_key=False, written=spot.text, reason="")


def _reasoned(path: tuple[str | int, ...], spot: Spot) -> Iterator[Pick | Mistake]:
    for member in spot.members:
        place = (*path, member.name)
        if member.value.shape is OutlineShape.TEXT:
            reason = " ".join((member.value.text or "").split())
            yield Pick(place, at_key=True, written=member.name, reason=reason)
        else:
            yield Mistake(place, "the reason must be text")


class _Reader:
    def __init__(self, known: KnownNames) -> None:
        self.mistakes: list[Mistake] = []
        self._known = known
        self._part_of: dict[str, str] = {}  # story → the key that decides about it

    def plan(self, spot: Spot) -> Plan:
        for member in spot.members:
            if member.name not in KEYS:
                hint = did_you_mean(member.name, KEYS) or f"; there is {', '.join(KEYS)}"
                said = f"unknown key{hint}"
                self.mistakes.append(Mistake((member.name,), said, at_key=True))
        spots = {key: there.value for key in KEYS if (there := spot.member(key)) is not None}
        deciding = {key: self._stories(key, spots) for key in ("lead", "pin", "drop", "defer", "order")}
        corrected = list(corrections(spots["stories"], self._known)) if "stories" in spots else []
        self.mistakes += (found for found in corrected if isinstance(found, Mistake))
        return Plan(
            introductions=self._introductions(spots.get("introduction")),
            lead=next(iter(deciding["lead"]), None),
            pinned=tuple(deciding["pin"]),
            order=tuple(deciding["order"]),
            dropped=deciding["drop"],
            deferred=deciding["defer"],
            corrections=tuple(found for found in corrected if not isinstance(found, Mistake)),
        )

    def _introductions(self, spot: Spot | None) -> dict[str, Introduction]:
        if spot is None or spot.empty:
            return {}
        texts: dict[str, str] = {}
        if spot.shape is OutlineShape.TEXT:
            texts = dict.fromkeys(self._known.languages, spot.text or "")
        elif spot.shape is OutlineShape.LIST:
            self.mistakes.append(Mistake(("introduction",), "must be text, or one text per language"))
        for member in spot.members if spot.shape is OutlineShape.MAPPING else ():
            path = ("introduction", member.name)
            if member.name not in self._known.languages:
                said = f"the newsletter has no such language; it has {', '.join(self._known.languages)}"
                self.mistakes.append(Mistake(path, said, at_key=True))
            elif member.value.shape is not OutlineShape.TEXT:
                self.mistakes.append(Mistake(path, "must be text"))
            else:
                texts[member.name] = member.value.text or ""
        return {language: self._known.markdown(text) for language, text in texts.items() if text.strip()}

    def _stories(self, key: str, spots: Mapping[str, Spot]) -> dict[str, str]:
        """The stories under the key with their reasons, in the order of the file."""
        spot = spots.get(key)
        if spot is None or spot.empty:
            return {}
        if key == "lead" and spot.shape is not OutlineShape.TEXT:
            self.mistakes.append(Mistake((key,), "must be the id of one story"))
            return {}
        found: dict[str, str] = {}
        for pick in picks(key, spot):
            if isinstance(pick, Mistake):
                self.mistakes.append(pick)
                continue
            try:
                story = self._known.named(pick.written).story
                self._refuse_second(key, story.id, quoted(self._known.title(story)), found)
            except ValueError as error:
                self.mistakes.append(Mistake(pick.path, str(error), at_key=pick.at_key))
            else:
                found[story.id] = pick.reason
        return found

    def _refuse_second(self, key: str, story_id: str, title: str, found: Mapping[str, str]) -> None:
        """A story has one part in an edition. The order may name the lead and pinned stories too."""
        if story_id in found:
            raise ValueError(f"{title} stands here already; take one of the two out")
        before = self._part_of.get(story_id)
        if key == "order" and before not in REASONED:
            return
        if before is not None:
            raise ValueError(f"{title} stands under '{before}' already; it can only be one of the two")
        self._part_of[story_id] = key


# -- Reads the `stories:` of a plan: titles, summaries, countries, topics and languages that staff correct.

FIELDS = ("title", "summary", "countries", "topics", "language")
LONGEST_TITLE = 500
LONGEST_SUMMARY = 5_000
KeyPath = tuple[str | int, ...]


def corrections(spot: Spot, known: KnownNames) -> Iterator[Correction | Mistake]:
    """All mistakes, and one correction per item that is corrected, in the order of the file."""
    reader = _CorrectionsReader(known)
    if spot.shape is OutlineShape.MAPPING:
        reader.read(spot)
    elif not spot.empty:
        reader.mistakes.append(Mistake(("stories",), "must be ids with what is corrected under each"))
    yield from reader.mistakes
    yield from reader.corrections.values()


class _CorrectionsReader:
    """`corrections` are by item."""

    def __init__(self, known: KnownNames) -> None:
        self.mistakes: list[Mistake] = []
        self.corrections: dict[str, Correction] = {}
        self._known = known

    def read(self, spot: Spot) -> None:
        """Languages first: which text is the Spanish one depends on them."""
        told = list(self._told(spot))
        for key in ("language", *(field for field in FIELDS if field != "language")):
            for path, named, member in told:
                if member.name == key and not member.value.empty:
                    self._field((*path, key), named, key, member.value)

    def _told(self, spot: Spot) -> Iterator[tuple[KeyPath, Named, OutlineMember]]:
        for about in spot.members:
            path: KeyPath = ("stories", about.name)
            try:
                named = self._known.named(about.name)
            except ValueError as error:
                self.mistakes.append(Mistake(path, str(error), at_key=True))
                continue
            if about.value.shape is not OutlineShape.MAPPING:
                if not about.value.empty:
                    self.mistakes.append(Mistake(path, f"must hold keys: {', '.join(FIELDS)}"))
                continue
            for member in about.value.members:
                if member.name not in FIELDS:
                    hint = did_you_mean(member.name, FIELDS) or f"; there is {listed(FIELDS, 'and')}"
                    self.mistakes.append(Mistake((*path, member.name), f"unknown key{hint}", at_key=True))
                else:
                    yield path, named, member

    def _field(self, path: KeyPath, named: Named, key: str, spot: Spot) -> None:
        if key in ("countries", "topics"):
            read = self._known.country if key == "countries" else self._known.topic
            if (values := self._values(path, spot, key, read)) is not None:
                for item in named.story.items:
                    self._set(path, item, key, values)
        elif key in ("title", "summary") and spot.shape is OutlineShape.MAPPING:
            for member in spot.members:
                self._in_language((*path, member.name), named, key, member)
        elif spot.shape is not OutlineShape.TEXT:
            per_language = "" if key == "language" else ", or one text per language"
            self.mistakes.append(Mistake(path, f"must be text{per_language}"))
        elif (value := self._text(path, key, spot.text or "")) is not None:
            if (only := _only(named)) is not None:
                self._set(path, only, key, value)
            else:
                said = "this story has several texts: name one by its own id"
                remedy = "" if key == "language" else f", or write one {key} per language"
                self.mistakes.append(Mistake(path, said + remedy, at_key=True))

    def _in_language(self, path: KeyPath, named: Named, key: str, member: OutlineMember) -> None:
        items = [item for item in _live(named) if self._language_of(item) == member.name]
        if member.value.empty:
            return
        if member.value.shape is not OutlineShape.TEXT:
            self.mistakes.append(Mistake(path, "must be text"))
        elif not items:
            has = listed(sorted({self._language_of(item) for item in _live(named)}), "and")
            said = f"this story has no text in '{excerpt(member.name)}', it has {has}"
            remedy = f"; begin a translation with: digest plan {self._known.edition} --stubs"
            known = member.name in self._known.languages
            self.mistakes.append(Mistake(path, said + (remedy if known else ""), at_key=True))
        elif (value := self._text(path, key, member.value.text or "")) is not None:
            for item in items:
                self._set(path, item, key, value)

    def _text(self, path: KeyPath, key: str, written: str) -> str | None:
        try:
            if key == "language":
                return self._known.language(written.strip())
            most = LONGEST_TITLE if key == "title" else LONGEST_SUMMARY
            return one_line(" ".join(written.split()), most)
        except ValueError as error:
            self.mistakes.append(Mistake(path, str(error)))
            return None

    def _values(self, path: KeyPath, spot: Spot, key: str, read: Callable[[str], str]) -> tuple[str, ...] | None:
        if spot.shape is OutlineShape.MAPPING:
            example = "[GT, HN]" if key == "countries" else "[children]"
            self.mistakes.append(Mistake(path, f"must be a list, such as {example}"))
            return None
        values: dict[str, None] = {}
        for position, value in enumerate(_list(spot)):
            place = (*path, position) if spot.shape is OutlineShape.LIST else path
            if value.shape is not OutlineShape.TEXT:
                self.mistakes.append(Mistake(place, "must be a text"))
                continue
            try:
                values[read(value.text or "")] = None
            except ValueError as error:
                self.mistakes.append(Mistake(place, str(error)))
        return tuple(values)

    def _language_of(self, item: Item) -> str:
        correction = self.corrections.get(item.id)
        return (correction and correction.language) or item.language

    def _set(self, path: KeyPath, item: Item, key: str, value: str | tuple[str, ...]) -> None:
        correction = self.corrections.get(item.id, Correction(item_id=item.id))
        if getattr(correction, key) is not None:
            self.mistakes.append(Mistake(path, "is corrected twice in this plan; take one of the two out", at_key=True))
            return
        said: dict[str, Any] = {key: value}
        self.corrections[item.id] = replace(correction, **said)


def _list(spot: Spot) -> Sequence[Spot]:
    return [member.value for member in spot.members] if spot.shape is OutlineShape.LIST else [spot]


def _live(named: Named) -> Sequence[Item]:
    return named.story.live_items or named.story.items


def _only(named: Named) -> Item | None:
    """The item that was named, or the only one there is."""
    if named.item is not None and named.item in _live(named):
        return named.item
    live = _live(named)
    return live[0] if len(live) == 1 else None
