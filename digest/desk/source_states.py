"""How each source stands: whether it is read, quiet for longer than it ever is, broken, or gone. Nobody is asked."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.desk.phrases import duration
from digest.foundation.catalogue import _, plural
from digest.intake.memory import Memory
from digest.intake.settings import SourceSettings
from digest.settings.instance import Instance


class SourceState(StrEnum):
    READ = "read"
    MISSING = "missing"
    ELSEWHERE = "elsewhere"
    UNASKED = "not asked yet"
    QUIET = "quiet"
    FAILING = "failing"
    LAYOUT_CHANGED = "layout changed"
    GONE = "gone"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """`said` is what a person should know of it; empty where all is well. One that is asked over the network has a
    `memory`, once it was.
    """

    source: SourceSettings
    items: int
    state: SourceState
    said: str = ""
    memory: Memory | None = None

    @property
    def is_well(self) -> bool:
        return self.state in (SourceState.READ, SourceState.UNASKED, SourceState.MISSING, SourceState.ELSEWHERE)


def source_standings(instance: Instance) -> list[SourceStanding]:
    """In the order of the settings."""
    counted = Counter(item.source for item in instance.items.items() if not item.withdrawn)
    return [_standing(instance, source, counted[source.name]) for source in instance.settings.sources]


def source_troubles(instance: Instance) -> list[SourceStanding]:
    """Of those that are asked over the network, which of them a person should know of."""
    asked = [source for source in instance.settings.sources if source.address]
    return [one for source in asked if not (one := _standing(instance, source, 0)).is_well]


def _standing(instance: Instance, source: SourceSettings, items: int) -> SourceStanding:
    if instance.is_elsewhere(source):
        return SourceStanding(source=source, items=items, state=SourceState.ELSEWHERE, said=said_of_elsewhere(source))
    if source.path is not None:
        there = source.path.exists()
        state = SourceState.READ if there else SourceState.MISSING
        return SourceStanding(source=source, items=items, state=state, said="" if there else _("it is not there"))
    if not source.address:
        return SourceStanding(source=source, items=items, state=SourceState.READ)
    kept = instance.items.memory(source.name)
    memory = kept.memory if kept is not None and kept.memory.address == source.address else None
    state, said = _of_memory(memory, instance.clock.now(), instance.today)
    return SourceStanding(source=source, items=items, state=state, said=said, memory=memory)


def said_of_elsewhere(source: SourceSettings) -> str:
    """Where the settings name no host, nobody knows whether another one has the folder: only that this one has not."""
    if source.collect_on:
        return _("it is read on {hosts}").format(hosts=", ".join(source.collect_on))
    return _("this host has no such folder; what was read there stays")


def _of_memory(memory: Memory | None, now: datetime, today: date) -> tuple[SourceState, str]:
    if memory is None or memory.checked_at is None:
        return SourceState.UNASKED, ""
    if memory.gone:
        return SourceState.GONE, _("gone for good: {reason}").format(reason=_(memory.failure))
    if memory.failures:
        state = SourceState.LAYOUT_CHANGED if memory.layout_changed else SourceState.FAILING
        times = plural("not read {count} time in a row", "not read {count} times in a row", memory.failures)
        what = _("its layout has changed") if memory.layout_changed else times
        return state, f"{what}: {_(memory.failure)}{_last_read(memory, now)}"
    if memory.moved_to:
        return SourceState.MOVED, _("it has moved for good to {address}").format(address=memory.moved_to)
    if silence := memory.silence(today):
        usual = plural("usually every day", "usually every {count} days", silence.usual)
        return SourceState.QUIET, _("{usual}; nothing for {days}").format(usual=usual, days=silence.nothing_for)
    return SourceState.READ, ""


def _last_read(memory: Memory, now: datetime) -> str:
    if memory.answered_at is None:
        return ""
    return _("; last read {time} ago").format(time=duration(now - memory.answered_at))
