"""Looking: any mailbox, without touching it."""

from collections.abc import Sequence

from digest.ports import Mailbox


class OnlyLooking:
    """Implements `digest.ports.Mailbox`."""

    def __init__(self, real: Mailbox) -> None:
        self._real = real
        self.place, self.is_kept = real.place, real.is_kept

    def keys(self) -> Sequence[str]:
        return self._real.keys()

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        return self._real.fetch(key, most)

    def settle(self, keys: Sequence[str]) -> None:
        """Nothing is put away."""
