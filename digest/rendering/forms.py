"""A message with blanks: its fixed bytes joined once, and the places where something of one person's own comes."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from digest.errors import IntegrityError
from digest.model.slot import EDGE, Slot
from digest.rendering.greeting import Greeting, greeting_of, is_greeting
from digest.rendering.quoting import quoted

_REMEMBERED = 10_000  # names; the common ones come back


class Own(Enum):
    """What one person's message has of its own."""

    TO = 0
    IDENTITY = 1  # for the Message-ID
    TOKEN = 2  # the end of every link


class Salutation:
    """A greeting as it stands in a body: encoded, and remembered by name."""

    def __init__(self, greet: Greeting) -> None:
        @lru_cache(maxsize=_REMEMBERED)
        def encoded(name: str | None) -> bytes:
            return quoted(greet(name))

        self.encoded = encoded


Filling = tuple[bytes | Own | Salutation, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """`pieces` has an empty place wherever `places` says so, by the order of `Own`, and for each of the salutations."""

    pieces: tuple[bytes, ...]
    places: tuple[tuple[int, ...], ...]
    salutations: tuple[tuple[int, Salutation], ...] = ()

    def filled(self, to: bytes, identity: bytes, token: bytes, name: str | None = None) -> tuple[bytes, ...]:
        pieces = list(self.pieces)
        for value, places in zip((to, identity, token), self.places, strict=True):
            for place in places:
                pieces[place] = value
        for place, salutation in self.salutations:
            pieces[place] = salutation.encoded(name)
        return tuple(pieces)


def form_of(message: bytes, fillings: Mapping[Slot, Filling]) -> Form:
    """Split the message at its slot marks, each to be filled as `fillings` says. Raise `IntegrityError` for a mark
    that nothing is known to fill.
    """
    by_name: dict[str, Filling] = {slot.value: filling for slot, filling in fillings.items()}
    split = message.split(EDGE.encode())
    names = [name.decode("ascii", "replace") for name in split[1::2]]
    by_name |= {name: (Salutation(greeting_of(name)),) for name in names if is_greeting(name)}
    refuse_unknown(names, by_name)
    fixed = [[split[0]]]
    owned: list[Own | Salutation] = []
    for name, after in zip(names, split[2::2], strict=True):
        for part in (*by_name[name], after):
            if isinstance(part, Own | Salutation):
                owned.append(part)
                fixed.append([])
            else:
                fixed[-1].append(part)
    pieces = [b""] * (2 * len(owned) + 1)
    pieces[::2] = [b"".join(each) for each in fixed]
    places = tuple(tuple(2 * number + 1 for number, own in enumerate(owned) if own is kind) for kind in Own)
    salutations = tuple((2 * number + 1, own) for number, own in enumerate(owned) if isinstance(own, Salutation))
    return Form(tuple(pieces), places, salutations)


def refuse_unknown(names: Iterable[str], known: Container[str]) -> None:
    """Raise `IntegrityError` for a slot that nothing is known to fill."""
    for name in names:
        if name not in known:
            raise IntegrityError(
                f"the slot {name!r} of a message", "nothing is known to fill it", "build the edition again"
            )
