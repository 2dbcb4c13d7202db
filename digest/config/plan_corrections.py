"""Reads the `stories:` of a plan: titles, summaries, countries, topics and languages that staff correct."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from digest.config.mistakes import Mistake
from digest.config.plan_names import Known, Named
from digest.config.plan_outline import Member, Shape, Spot
from digest.config.texts import one_line
from digest.foundation.words import did_you_mean, listed, plain
from digest.model.item import Item
from digest.model.plan import Correction

FIELDS = ("title", "summary", "countries", "topics", "language")
LONGEST_TITLE = 500
LONGEST_SUMMARY = 5_000

Path = tuple[str | int, ...]


def corrections(spot: Spot, known: Known) -> Iterator[Correction | Mistake]:
    """All mistakes, and one correction per item that is corrected, in the order of the file."""
    reader = _Reader(known)
    if spot.shape is Shape.MAPPING:
        reader.read(spot)
    elif not spot.empty:
        reader.mistakes.append(Mistake(("stories",), "must be ids with what is corrected under each"))
    yield from reader.mistakes
    yield from reader.corrections.values()


class _Reader:
    """`corrections` are by item."""

    def __init__(self, known: Known) -> None:
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

    def _told(self, spot: Spot) -> Iterator[tuple[Path, Named, Member]]:
        for about in spot.members:
            path: Path = ("stories", about.name)
            try:
                named = self._known.named(about.name)
            except ValueError as error:
                self.mistakes.append(Mistake(path, str(error), at_key=True))
                continue
            if about.value.shape is not Shape.MAPPING:
                if not about.value.empty:
                    self.mistakes.append(Mistake(path, f"must hold keys: {', '.join(FIELDS)}"))
                continue
            for member in about.value.members:
                if member.name not in FIELDS:
                    hint = did_you_mean(member.name, FIELDS) or f"; there is {listed(FIELDS, 'and')}"
                    self.mistakes.append(Mistake((*path, member.name), f"unknown key{hint}", at_key=True))
                else:
                    yield path, named, member

    def _field(self, path: Path, named: Named, key: str, spot: Spot) -> None:
        if key in ("countries", "topics"):
            read = self._known.country if key == "countries" else self._known.topic
            if (values := self._values(path, spot, key, read)) is not None:
                for item in named.story.items:
                    self._set(path, item, key, values)
        elif key in ("title", "summary") and spot.shape is Shape.MAPPING:
            for member in spot.members:
                self._in_language((*path, member.name), named, key, member)
        elif spot.shape is not Shape.TEXT:
            per_language = "" if key == "language" else ", or one text per language"
            self.mistakes.append(Mistake(path, f"must be text{per_language}"))
        elif (value := self._text(path, key, spot.text or "")) is not None:
            if (only := _only(named)) is not None:
                self._set(path, only, key, value)
            else:
                said = "this story has several texts: name one by its own id"
                remedy = "" if key == "language" else f", or write one {key} per language"
                self.mistakes.append(Mistake(path, said + remedy, at_key=True))

    def _in_language(self, path: Path, named: Named, key: str, member: Member) -> None:
        items = [item for item in _live(named) if self._language_of(item) == member.name]
        if member.value.empty:
            return
        if member.value.shape is not Shape.TEXT:
            self.mistakes.append(Mistake(path, "must be text"))
        elif not items:
            has = listed(sorted({self._language_of(item) for item in _live(named)}), "and")
            said = f"this story has no text in '{plain(member.name)}', it has {has}"
            remedy = f"; begin a translation with: digest plan {self._known.edition} --stubs"
            known = member.name in self._known.languages
            self.mistakes.append(Mistake(path, said + (remedy if known else ""), at_key=True))
        elif (value := self._text(path, key, member.value.text or "")) is not None:
            for item in items:
                self._set(path, item, key, value)

    def _text(self, path: Path, key: str, written: str) -> str | None:
        try:
            if key == "language":
                return self._known.language(written.strip())
            most = LONGEST_TITLE if key == "title" else LONGEST_SUMMARY
            return one_line(" ".join(written.split()), most)
        except ValueError as error:
            self.mistakes.append(Mistake(path, str(error)))
            return None

    def _values(self, path: Path, spot: Spot, key: str, read: Callable[[str], str]) -> tuple[str, ...] | None:
        if spot.shape is Shape.MAPPING:
            example = "[GT, HN]" if key == "countries" else "[children]"
            self.mistakes.append(Mistake(path, f"must be a list, such as {example}"))
            return None
        values: dict[str, None] = {}
        for position, value in enumerate(_list(spot)):
            place = (*path, position) if spot.shape is Shape.LIST else path
            if value.shape is not Shape.TEXT:
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

    def _set(self, path: Path, item: Item, key: str, value: str | tuple[str, ...]) -> None:
        correction = self.corrections.get(item.id, Correction(item_id=item.id))
        if getattr(correction, key) is not None:
            self.mistakes.append(Mistake(path, "is corrected twice in this plan; take one of the two out", at_key=True))
            return
        said: dict[str, Any] = {key: value}
        self.corrections[item.id] = replace(correction, **said)


def _list(spot: Spot) -> Sequence[Spot]:
    return [member.value for member in spot.members] if spot.shape is Shape.LIST else [spot]


def _live(named: Named) -> Sequence[Item]:
    return named.story.live_items or named.story.items


def _only(named: Named) -> Item | None:
    """The item that was named, or the only one there is."""
    if named.item is not None and named.item in _live(named):
        return named.item
    live = _live(named)
    return live[0] if len(live) == 1 else None
