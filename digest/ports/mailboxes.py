"""Where mail that comes back is read, and what is stored of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from digest.model.edition import Edition
from digest.model.returns import Confirmation, Correspondent, Entry, ReturnKind, Scoring, WhyGone, Written


class Mailbox(Protocol):
    """Messages of strangers, each under a key that stays the same as long as the message lies there."""

    @property
    def place(self) -> str:
        """Names the mailbox, without secrets; keys mean something within one place only."""
        ...

    @property
    def is_kept(self) -> bool:
        """Whether messages stay there: what came through a pipe is gone afterwards."""
        ...

    def keys(self) -> Sequence[str]:
        """Of all messages, the oldest first. Raise when the mailbox cannot be read at all."""
        ...

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        """The message, or its first `most` bytes; `None` when it is gone. Raise when just this one cannot be read."""
        ...

    def settle(self, keys: Sequence[str]) -> None:
        """Put away messages that were understood. A message that is gone, or put away already, is no mistake."""
        ...


class Proofs(Protocol):
    """What only we can have written into a message, for comparison."""

    def delivery(self, edition: Edition, public_id: str) -> str:
        """The name of a delivery in return paths."""
        ...

    def identity(self, edition: Edition, public_id: str) -> str:
        """Hex characters of which a Message-ID is made; the message may have fewer of them."""
        ...

    def token(self, newsletter: str, public_id: str) -> str:
        """The token of the links for leaving."""
        ...


class ReturnStore(Protocol):
    def known(self, place: str) -> Mapping[str, bool]:
        """Key → whether its message was put away, of all that were read there."""
        ...

    def forget(self, place: str, keys: Collection[str]) -> None:
        """Of messages that are gone."""
        ...

    def correspondents(
        self, public_ids: Collection[str], folded: Collection[str]
    ) -> Sequence[tuple[Correspondent, Sequence[Edition]]]:
        """The people with these ids or addresses, each with the editions in whose ledger they stand."""
        ...

    def write(self, entry: Entry, scoring: Scoring, now: datetime) -> Written: ...

    def note_settled(self, place: str, keys: Sequence[str]) -> None: ...

    def note_forwarded(self, fingerprint: str) -> None: ...

    def confirmations(self, now: datetime) -> Sequence[Confirmation]:
        """Those to be sent now. Older ones are given up: they would come as a surprise."""
        ...

    def begin_confirmation(self, number: int) -> bool:
        """Whether it is ours to send; never `True` twice, unless it was put back."""
        ...

    def end_confirmation(self, number: int, *, went: bool) -> None:
        """`went`: it left, or may have left. Else it is put back."""
        ...

    def close_doubts(self, now: datetime) -> int:
        """Mark as sent what was open and came back, but nothing that a living process is sending; return its number."""
        ...

    def counts(self, edition: Edition) -> Mapping[ReturnKind, int]:
        """People about whose delivery something came back, by what was said last."""
        ...

    def why_gone(self, folded: str) -> Sequence[WhyGone]: ...
