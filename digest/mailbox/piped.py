"""One message that came through a pipe, from the program that delivers mail."""

from collections.abc import Sequence

KEY = "message"


class Piped:
    """Implements `digest.ports.Mailbox`. Nothing is left of it when the program ends."""

    is_kept = False
    place = "pipe"

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def keys(self) -> Sequence[str]:
        return [KEY]

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        return (self._raw if most is None else self._raw[:most]) if key == KEY else None

    def settle(self, keys: Sequence[str]) -> None:
        """There is nothing to put away."""
