"""What is remembered of a source that is asked over the network, between two looks at it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from digest.foundation.catalogue import again, kept

_FIRST_RETRY = timedelta(minutes=15)
_FEWEST_DAYS = 5  # of news, before there is a rhythm
_QUIET = 3  # times as long as usual
_QUIET_DAYS = 5  # more than usual, at least
_MOST_TRIES = 3  # of a picture or page that could not be had
_WORDS = ("failure", "remedy")
_INSTANTS = ("checked_at", "answered_at", "not_before_at")


class Lacking(NamedTuple):
    """What was asked for so many times and not had, and why."""

    times: int
    cause: str

    @property
    def may_be_tried(self) -> bool:
        return self.times < _MOST_TRIES

    @classmethod
    def for_good(cls, cause: str) -> "Lacking":
        return cls(_MOST_TRIES, cause)

    @classmethod
    def once_more(cls, before: "Lacking | None", cause: str, *, was_asked: bool = True) -> "Lacking":
        return cls((before.times if before else 0) + was_asked, cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of the source that asks for `address`; another address begins anew.

    `etag` and `last_modified` are what the server gave with the last document; `checked_at` is when it was last asked,
    `answered_at` when it last gave something that could be read, `not_before_at` until when it wants to be left alone.
    `failures` counts those in a row, `failure` is what the last one said, and `remedy` what to do. `layout_changed`: a
    page was there, and the rows that it used to have were not. `gone`: the server said that it is gone for good;
    `moved_to` is where it said that it has moved for good.

    `seen` has each entry by its key, with the day on which it was first met, or that it had then, if it counts back
    from that; `passed` are the keys of those that are passed over for good, as entries older than `since` are.
    `listed` are the keys in the order of the last document, and `layout` is how it was built, if it was a page.
    `over_on` has the last day of each event among them.
    `news_on` are the last days on which something new came, in order: the rhythm.

    `pictures` has the name of each picture that was fetched by the mark of its address, `missed` what could not be had.
    """

    address: str
    etag: str = ""
    last_modified: str = ""
    checked_at: datetime | None = None
    answered_at: datetime | None = None
    not_before_at: datetime | None = None
    failures: int = 0
    failure: str = ""
    remedy: str = ""
    layout_changed: bool = False
    gone: bool = False
    moved_to: str = ""
    seen: Mapping[str, date] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    since: date | None = None
    listed: tuple[str, ...] = ()
    over_on: Mapping[str, date] = field(default_factory=dict)
    layout: str = ""
    news_on: tuple[date, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)
    missed: Mapping[str, Lacking] = field(default_factory=dict)

    def is_due(self, now: datetime, check: timedelta) -> bool:
        """Whether it is time to ask. After a failure it is asked sooner, at first, unless the server names a time."""
        if self.gone:
            return False
        if self.not_before_at is not None and now < self.not_before_at:
            return False
        if self.checked_at is None or self.checked_at > now:  # the clock was put back
            return True
        pause = min(check, _FIRST_RETRY * 2 ** min(self.failures - 1, 10)) if self.failures else check
        return now - self.checked_at >= pause

    def silence(self, today: date) -> "Silence | None":
        """How long nothing new came, where that is longer than it ever should be by its own rhythm."""
        if len(self.news_on) < _FEWEST_DAYS:
            return None
        usual = max(1, round(median((later - earlier).days for earlier, later in pairwise(self.news_on))))
        nothing_for = (today - self.news_on[-1]).days
        is_long = nothing_for > max(_QUIET * usual, usual + _QUIET_DAYS)
        return Silence(usual, nothing_for) if is_long else None


class Silence(NamedTuple):
    """In days."""

    usual: int
    nothing_for: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The memory, and the last document that could be read, packed; empty while there was none."""

    memory: Memory
    document: bytes = b""


def memory_document(memory: Memory) -> str:
    """What is empty is not written."""
    said = {name: value for name, value in asdict(memory).items() if value}
    said |= {name: kept(said[name]) for name in _WORDS if name in said}
    if memory.missed:
        said["missed"] = {mark: (one.times, kept(one.cause)) for mark, one in memory.missed.items()}
    return json.dumps(said, default=_plain, ensure_ascii=False)


def memory_from(document: str) -> Memory:
    said: dict[str, Any] = json.loads(document)
    known = {one.name for one in fields(Memory)}
    said = {name: value for name, value in said.items() if name in known}
    for name in _INSTANTS:
        if name in said:
            said[name] = datetime.fromisoformat(said[name])
    for name in _WORDS:
        if name in said:
            said[name] = again(said[name])
    return Memory(
        **{
            **said,
            **{name: _days(said.get(name, {})) for name in ("seen", "over_on")},
            "passed": frozenset(said.get("passed", ())),
            "since": date.fromisoformat(said["since"]) if "since" in said else None,
            "listed": tuple(said.get("listed", ())),
            "news_on": tuple(date.fromisoformat(day) for day in said.get("news_on", ())),
            "missed": {mark: Lacking(times, again(cause)) for mark, (times, cause) in said.get("missed", {}).items()},
        }
    )


def _days(written: Mapping[str, str]) -> Mapping[str, date]:
    return {key: date.fromisoformat(day) for key, day in written.items()}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else sorted(value)  # type: ignore[call-overload]
