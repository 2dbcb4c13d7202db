"""The guard: says when an edition's readers are not those one would expect after the last one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from digest.foundation.catalogue import Number, _, plural
from digest.newsletters.edition import Choice, Edition, EditionState

MOST_MOVED = 30  # per cent, either way
CODE = "READERS"  # under which a person's reason for going on is kept
_SETTLED = (EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSizes:
    """Readers of each audience now, and when the newsletter's last edition was sealed; `None`: there was none."""

    now: Mapping[str, int]
    before: Mapping[str, int] | None = None

    @property
    def alarms(self) -> list[str]:
        return alarms(self.now, self.before)


def alarms(now: Mapping[str, int], before: Mapping[str, int] | None) -> list[str]:
    """One sentence per audience whose readers are gone, or moved by more than 30 % since `before`; from nobody to some
    is no alarm.

    An audience that is not in `now` has lost all of them. Without `before` (the first edition) there is no alarm.
    """
    said = []
    for name, then in (before or {}).items():
        today = now.get(name, 0)
        if then and not today:
            gone = "" if name in now else _("; the newsletter has no such audience any more")
            told = plural(
                "{name}: {count:,} reader at the last edition, nobody now",
                "{name}: {count:,} readers at the last edition, nobody now",
                then,
                name=name,
            )
            said.append(told + gone)
        elif then and abs(today - then) * 100 > MOST_MOVED * then:
            said.append(
                plural(
                    "{name}: {count:,} reader at the last edition, {today:,} now ({moved:+} %)",
                    "{name}: {count:,} readers at the last edition, {today:,} now ({moved:+} %)",
                    then,
                    name=name,
                    today=Number(today),
                    moved=(today - then) * 100 // then,
                )
            )
    return said


def empty(now: Mapping[str, int]) -> list[str]:
    """The audiences without readers."""
    return [name for name, readers in now.items() if not readers]


def readers_of(audiences: Iterable[str], subscribed: Iterable[tuple[Choice, int]]) -> dict[str, int]:
    """Audience → people whose choice has it, in the order given; other audiences do not count."""
    readers = dict.fromkeys(audiences, 0)
    for choice, people in subscribed:
        for name in choice.audiences & readers.keys():
            readers[name] += people
    return readers


def last_edition(editions: Iterable[Edition], edition: Edition) -> Edition | None:
    """The newsletter's edition that was sealed last, besides this one."""
    sealed = [
        other
        for other in editions
        if other.state in _SETTLED
        and other.newsletter == edition.newsletter
        and other.sealed_at is not None
        and other.name != edition.name
        and not other.supplements
    ]
    return max(sealed, key=lambda other: (str(other.sealed_at), other.period, other.revision), default=None)
