"""The layout of one variant: its canonical form is made once, with the slots in it, and filled for every message."""

from hashlib import sha256

from digest.model.slot import EDGE
from digest.transports.dkim.canonical import relaxed_lines, single_spaced
from digest.transports.dkim.reading import Canonical, canonical, canonical_parts, end_of_head

_VALUE_MOST = 4096  # bytes that may stand in one slot; a longer value only costs time
_PROBE = 48
_EDGE = EDGE.encode("ascii")
_WHITE = frozenset(b" \t\r\n")


class Layout:
    """Answers what `canonical` answers, quickly where a message is one of the variant.

    Nothing is taken on trust: every shared byte is compared. A value is made canonical by itself, which is right where
    it begins and ends with something to see, as the slot mark does whose place it takes. All else goes the long way.
    """

    def __init__(self, variant: bytes) -> None:
        """`variant` is the message with its slot marks (`Rendered.message`)."""
        pieces = variant.split(_EDGE)
        for number in range(len(pieces) // 2):
            pieces[2 * number + 1] = b"%d" % number
        self._names, covered, body = canonical_parts(_EDGE.join(pieces))
        self._covered = covered.split(_EDGE)
        self._in_covered = [int(number) for number in self._covered[1::2]]
        front, *rest = body.split(_EDGE)
        self._front = sha256(front)
        self._rest = tuple((int(number), piece) for number, piece in zip(rest[::2], rest[1::2], strict=True))
        self._in_head = variant.count(_EDGE, 0, end_of_head(variant)) // 2
        self._pieces = tuple((piece[:_PROBE], piece) for piece in pieces[::2])

    def canonical(self, message: bytes) -> Canonical:
        """The message's own form, whatever message it is; raise as the function of that name does."""
        values = self._values(message)
        if values is None:
            return canonical(message)
        covered = self._covered.copy()
        covered[1::2] = [values[number] for number in self._in_covered]
        body = self._front.copy()
        for number, piece in self._rest:
            body.update(values[number])
            body.update(piece)
        return Canonical(self._names, b"".join(covered), body.digest())

    def _values(self, message: bytes) -> list[bytes] | None:
        """What stands in the slots, in canonical form; `None` when that cannot be said."""
        values: list[bytes] = []
        place = most = 0
        for number, (probe, piece) in enumerate(self._pieces):
            found = message.find(probe, place, most + len(probe))
            if found < 0 or not message.startswith(piece, found):
                return None
            if number:
                value = _relaxed(message[place:found], in_head=number <= self._in_head)
                if value is None:
                    return None
                values.append(value)
            place = found + len(piece)
            most = place + _VALUE_MOST
        return values if place == len(message) else None


def _relaxed(value: bytes, *, in_head: bool) -> bytes | None:
    if not value or value[0] in _WHITE or value[-1] in _WHITE:
        return None
    if not in_head:
        return relaxed_lines(value) if b" " in value or b"\t" in value else value
    unfolded = value.replace(b"\r\n ", b" ")
    return None if b"\r" in unfolded or b"\n" in unfolded else single_spaced(unfolded)
