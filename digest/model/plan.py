"""Plans: what staff decide about one edition, besides the stories themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.model.edition import Introduction


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says instead of what an item says; `None`: it stays. An empty tuple says that there is none."""

    item_id: str
    title: str | None = None
    summary: str | None = None
    countries: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All stories by their id, corrections by the id of an item. `introductions` are by language.

    `order` and `pinned` come before the other stories of their section, `pinned` first; `lead` stands above all.
    `dropped` and `deferred` map a story to the reason a person gave, empty if none. No story is in two of `lead`,
    `pinned`, `dropped` and `deferred`, and none that is dropped or deferred is in `order`.
    """

    introductions: Mapping[str, Introduction] = field(default_factory=dict)
    lead: str | None = None
    pinned: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    deferred: Mapping[str, str] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()


NOTHING_PLANNED = Plan()
