"""Reads a plan, `plans/<newsletter>/<period>.yaml`: what staff decided about one edition."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from digest.config.mistakes import Mistake, as_error
from digest.config.plan_corrections import corrections
from digest.config.plan_names import Known
from digest.config.plan_outline import Shape, Spot, outline
from digest.config.yaml_file import parse_yaml, read_yaml
from digest.errors import ConfigurationError
from digest.foundation.words import did_you_mean, quoted
from digest.model.edition import Introduction
from digest.model.plan import NOTHING_PLANNED, Plan

KEYS = ("introduction", "lead", "pin", "order", "drop", "defer", "stories")
REASONED = ("drop", "defer")
MARK = "\ufeff"


class Pick(NamedTuple):
    """A story as it is named in a list, or as a key with a reason."""

    path: tuple[str | int, ...]
    at_key: bool
    written: str
    reason: str


def read_plan(path: Path, known: Known) -> Plan:
    """An empty plan when there is no such file. Raise `ConfigurationError` with all mistakes at once."""
    if not path.exists():
        return NOTHING_PLANNED
    read_yaml(path)  # says in plain words what cannot be read at all
    return plan_in(path, path.read_bytes(), known)


def plan_in(path: Path, data: bytes, known: Known) -> Plan:
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
    if spot.shape is Shape.MAPPING and key in REASONED:
        yield from _reasoned((key,), spot)
    elif spot.shape is Shape.MAPPING:
        yield Mistake((key,), shape)
    for position, member in enumerate(spot.members if spot.shape is Shape.LIST else ()):
        path, value = (key, position), member.value
        if value.shape is Shape.TEXT and value.text:
            yield Pick(path, at_key=False, written=value.text, reason="")
        elif value.shape is Shape.MAPPING and key in REASONED and len(value.members) == 1:
            yield from _reasoned(path, value)
        else:
            yield Mistake(path, "must be the id of a story")
    if spot.shape is Shape.TEXT and spot.text is not None:
        yield Pick((key,), at_key=False, written=spot.text, reason="")


def _reasoned(path: tuple[str | int, ...], spot: Spot) -> Iterator[Pick | Mistake]:
    for member in spot.members:
        place = (*path, member.name)
        if member.value.shape is Shape.TEXT:
            reason = " ".join((member.value.text or "").split())
            yield Pick(place, at_key=True, written=member.name, reason=reason)
        else:
            yield Mistake(place, "the reason must be text")


class _Reader:
    def __init__(self, known: Known) -> None:
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
        if spot.shape is Shape.TEXT:
            texts = dict.fromkeys(self._known.languages, spot.text or "")
        elif spot.shape is Shape.LIST:
            self.mistakes.append(Mistake(("introduction",), "must be text, or one text per language"))
        for member in spot.members if spot.shape is Shape.MAPPING else ():
            path = ("introduction", member.name)
            if member.name not in self._known.languages:
                said = f"the newsletter has no such language; it has {', '.join(self._known.languages)}"
                self.mistakes.append(Mistake(path, said, at_key=True))
            elif member.value.shape is not Shape.TEXT:
                self.mistakes.append(Mistake(path, "must be text"))
            else:
                texts[member.name] = member.value.text or ""
        return {language: self._known.markdown(text) for language, text in texts.items() if text.strip()}

    def _stories(self, key: str, spots: Mapping[str, Spot]) -> dict[str, str]:
        """The stories under the key with their reasons, in the order of the file."""
        spot = spots.get(key)
        if spot is None or spot.empty:
            return {}
        if key == "lead" and spot.shape is not Shape.TEXT:
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
