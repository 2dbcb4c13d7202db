"""Returns: read a mailbox, write down what came back, and only then touch the mailbox.

Killed anywhere, the next reading goes on: nothing is counted twice, because every message is known by its fingerprint,
and nothing is lost, because a message is put away after it was written down.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digest.errors import BusyError, DigestError, PartlyFailedError
from digest.failpoints import reach
from digest.model.newsletter import Newsletter
from digest.model.returns import Confirmation, Entry, IncomingMail, Outcome, Scoring
from digest.pipeline.concerning import Judge, Judged
from digest.ports import Clock, Mailbox, Proofs, ReturnStore

AT_ONCE = 50  # messages put away together
FORWARDED_MOST = 10 << 20  # bytes of a message that is passed on


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What reading a mailbox needs from outside.

    `parse` takes at most `parsed_most` bytes of a message. `forward` passes a whole message on; `None`: nothing is
    passed on. `confirm` tells a person that they have left and answers whether that left, or may have left. `show` is
    told of every message that was not known before.
    """

    mailbox: Mailbox
    store: ReturnStore
    proofs: Proofs
    clock: Clock
    newsletters: Sequence[Newsletter]
    scoring: Scoring
    parse: Callable[[bytes], IncomingMail]
    parsed_most: int
    fold: Callable[[str], str | None]
    confirm: Callable[[Confirmation], bool]
    forward: Callable[[bytes, IncomingMail], None] | None = None
    show: Callable[[IncomingMail, Judged], None] = lambda _mail, _judged: None
    stop: Callable[[], bool] = lambda: False


@dataclass(slots=True, kw_only=True)
class Read:
    """What a reading did. `again` counts messages that were known; `waiting` those that a person should look at."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    again: int = 0
    suppressed: int = 0
    left: int = 0
    forwarded: int = 0
    waiting: int = 0
    confirmed: int = 0
    doubts_closed: int = 0
    trouble: list[DigestError] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return self.outcomes.total()


def read_mailbox(parts: Parts) -> Read:
    """Read what is new. Trouble with one message stops no other; raise when the mailbox cannot be read at all."""
    return _Reading(parts).all()


class _Reading:
    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.place = parts.mailbox.place
        self.judge = Judge(store=parts.store, proofs=parts.proofs, newsletters=parts.newsletters, fold=parts.fold)
        self.read = Read()
        self.understood: list[str] = []
        self.may_forward = True

    def all(self) -> Read:
        keys = self.parts.mailbox.keys()
        known = self.parts.store.known(self.place)
        if self.parts.mailbox.is_kept:
            self.parts.store.forget(self.place, known.keys() - set(keys))
        for key in keys:
            if self.parts.stop():
                break
            if known.get(key, False) and self.parts.mailbox.is_kept:
                continue
            try:
                self._message(key)
            except BusyError as error:
                self.read.trouble.append(error)
                break
            except DigestError as error:
                self.read.trouble.append(error)
            except Exception as error:  # noqa: BLE001 – one message that meets a fault of ours stops no other
                said = f"this is a fault, please report it: {type(error).__name__}"
                self.read.trouble.append(DigestError(f"message {key}", said, "it is left where it is"))
        self._settle()
        self._confirm()
        self.read.doubts_closed = self.parts.store.close_doubts(self.parts.clock.now())
        return self.read

    def _message(self, key: str) -> None:
        raw = self.parts.mailbox.fetch(key, self.parts.parsed_most)
        if raw is None:
            return
        now = self.parts.clock.now()
        mail = self.parts.parse(raw)
        judged = self.judge.judge(mail, now)
        entry = judged.entry(mail, self.place, key, forwards=self.parts.forward is not None)
        written = self.parts.store.write(entry, self.parts.scoring, now)
        reach("mailbox.written")
        if written.is_new:
            self.read.outcomes[judged.outcome] += 1
            self.read.suppressed += written.suppressed
            self.read.left += written.left
            self.parts.show(mail, judged)
        else:
            self.read.again += 1
        if judged.outcome.is_for_a_person and not entry.to_settle:
            self.read.waiting += 1
        if written.to_forward and not self._forward(key, mail, entry):
            return
        if entry.to_settle:
            self.understood.append(key)
            if len(self.understood) >= AT_ONCE:
                self._settle()

    def _forward(self, key: str, mail: IncomingMail, entry: Entry) -> bool:
        """Passed on first, noted then: what a crash in between makes leave twice is the same message."""
        if self.parts.forward is None or not self.may_forward:
            return False
        whole = self.parts.mailbox.fetch(key, FORWARDED_MOST + 1)
        if whole is None:
            return False
        if len(whole) > FORWARDED_MOST:
            self.read.trouble.append(
                PartlyFailedError(f"message {key}", "it is too large to be passed on", "look at it in the mailbox")
            )
            self.parts.store.note_forwarded(entry.fingerprint)
            self.parts.store.note_settled(self.place, [key])
            return False
        try:
            self.parts.forward(whole, mail)
        except DigestError as error:
            self.may_forward = False
            self.read.trouble.append(error)
            return False
        reach("mailbox.forwarded")
        self.parts.store.note_forwarded(entry.fingerprint)
        self.read.forwarded += 1
        return True

    def _settle(self) -> None:
        if not self.understood:
            return
        keys, self.understood = self.understood, []
        try:
            self.parts.mailbox.settle(keys)
        except DigestError as error:
            self.read.trouble.append(error)
            return
        reach("mailbox.settled")
        self.parts.store.note_settled(self.place, keys)

    def _confirm(self) -> None:
        """Begun durably before it leaves, so that nobody is told twice; what did not leave is tried next time."""
        for one in self.parts.store.confirmations(self.parts.clock.now()):
            if self.parts.stop() or not self.parts.store.begin_confirmation(one.number):
                continue
            reach("mailbox.confirming")
            try:
                went = self.parts.confirm(one)
            except DigestError as error:
                self.parts.store.end_confirmation(one.number, went=False)
                self.read.trouble.append(error)
                return
            self.parts.store.end_confirmation(one.number, went=went)
            self.read.confirmed += went
