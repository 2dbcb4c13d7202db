"""An outbox without a ledger, which remembers all that a transport does, in its order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from digest.delivery.outgoing import Mark, Outcome, OutcomeKind, OutgoingMessage

MESSAGE = b"Subject: x\r\nTo: ana@example.org\r\n\r\n.\r\nHello\r\n"


def letter(
    row: int, recipient: str = "", message: bytes = MESSAGE, sender: str = "bounces+1@news.example.org"
) -> OutgoingMessage:
    return OutgoingMessage(
        row=row,
        delivery=f"{row:016x}-0123456789ab",
        sender=sender,
        recipient=recipient or f"reader{row}@example.org",
        pieces=(message[:7], message[7:]),
        file=f"monthly/2018-07/reader-{row}",
    )


def letters(count: int) -> list[OutgoingMessage]:
    return [letter(row) for row in range(count)]


@dataclass
class Pile:
    """Letters whose row is in `left` get no intent. `on_settle` is called first, and may raise."""

    waiting: list[OutgoingMessage]
    left: frozenset[int] = frozenset()
    results: list[Outcome] = field(default_factory=list)
    marks: list[tuple[int, Mark]] = field(default_factory=list)
    granted: list[int] = field(default_factory=list)
    commits: int = 0
    most_open: int = 0
    on_settle: Callable[[], None] = lambda: None
    _lock: Lock = field(default_factory=Lock)

    def fetch(self, most: int) -> Sequence[OutgoingMessage]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage]) -> frozenset[int]:
        self.on_settle()
        self.commits += 1
        self.results += results
        granted = frozenset(each.row for each in wanted) - self.left - set(self.granted)
        self.granted += sorted(granted)
        self.most_open = max(self.most_open, len(self.granted) - len(self.results))
        return granted

    def mark(self, row: int, mark: Mark) -> None:
        with self._lock:
            assert row in self.granted, "a mark without an intent"
            self.marks.append((row, mark))

    @property
    def kinds(self) -> dict[int, OutcomeKind]:
        found = {result.message.row: result.kind for result in self.results}
        assert len(found) == len(self.results), "a letter has two results"
        return found

    def result(self, row: int) -> Outcome:
        (found,) = [each for each in self.results if each.message.row == row]
        return found

    def marks_of(self, row: int) -> list[Mark]:
        return [mark for each, mark in self.marks if each == row]


def never() -> bool:
    return False
