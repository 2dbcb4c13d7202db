"""Send: freeze the recipients, hand each one message to the transport, and write down what became of it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from digest.delivery.delivery import DeliveryState, OutboxRows, Progress, Tally, Transport
from digest.delivery.ledger import Deliveries
from digest.delivery.messages import LedgerOutbox, Sign
from digest.delivery.pauses import Pause, PauseKind
from digest.delivery.pausing import Pauses, halt, refuse_paused, remedy, renew, said
from digest.editions.approving import refuse_altered_copy
from digest.editions.composition import best_sealed
from digest.editions.readable_copy import ReadableCopy
from digest.editions.store import Editions
from digest.errors import BusyError, CircuitBrokenError, PartlyFailedError, PersonNeededError
from digest.foundation.failpoints import reach
from digest.foundation.workspace import Clock, SendingLock
from digest.mail.composing import Composer
from digest.mail.content import Variant
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Approval, Newsletter
from digest.people.store import Subscribers


class Unwatched:
    """Implements `digest.delivery.delivery.Progress` for those who do not look."""

    def begin(self, letters: int) -> None: ...

    def add(self, letters: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What sending needs from outside. `asked`: a person said so, not the calendar. With a `limit` it goes to so many
    more readers at most, and the edition is paused.
    """

    editions: Editions
    subscribers: Subscribers
    ledger: Deliveries
    composer: Composer
    copy: ReadableCopy
    transport: Callable[[int], Transport]  # for so many readers
    rows: Callable[[Edition], AbstractContextManager[OutboxRows]]
    signing: Callable[[Edition, Sequence[Variant]], AbstractContextManager[Sign | None]]
    return_path: Callable[[str], str]
    take_back: Callable[[Edition, Sequence[str]], object]  # deliveries refused for what is not their recipients' fault
    lock: SendingLock
    clock: Clock
    pauses: Pauses
    seal: Callable[[Edition], Edition]  # for editions that nobody approves, as their parts' answers settle them
    examine: Callable[[Edition], None] = lambda _edition: None  # raises where this database may not send it
    stop: Callable[[], bool] = lambda: False
    asked: bool = True
    limit: int | None = None
    progress: Progress = field(default_factory=Unwatched)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """`paused`: the edition does not go on by itself."""

    edition: Edition
    tally: Tally
    paused: Pause | None = None


def unfinished(sent: Sent) -> list[tuple[str, int]]:
    """What is left to be done about an edition after its sending, in words, each with its exit code."""
    tally = sent.tally
    left = []
    waiting = tally[DeliveryState.PENDING] + tally[DeliveryState.INTENT]
    if sent.paused is not None:
        code = 0 if sent.paused.kind is PauseKind.SLICE else PersonNeededError.exit_code  # a slice was asked for
        words = f"{said(sent.paused)}; {waiting} messages are still to leave; {remedy(sent.paused, sent.edition)}"
        left.append((words, code))
    elif waiting:
        left.append((f"{waiting} messages wait for another attempt: run it again later", BusyError.exit_code))
    if held := tally[DeliveryState.HELD]:
        words = f"{held} messages may have been accepted or not, and are held: look at `digest deliveries --held`"
        left.append((words, PersonNeededError.exit_code))
    if failed := tally[DeliveryState.FAILED]:
        words = f"{failed} messages were refused for good: look at `digest deliveries --failed`"
        left.append((words, PartlyFailedError.exit_code))
    if not tally[DeliveryState.SENT] and not waiting:
        words = "not one message was sent: look at `digest status` and at the subscriber file"
        left.append((words, PersonNeededError.exit_code))
    return left


def send(parts: Parts, newsletter: Newsletter, edition: Edition) -> Sent:
    """Send what is sealed, or go on with what was interrupted. A finished edition is reported, nothing leaves again.
    When asked to stop it returns with deliveries open: the next call goes on.

    With `approval: none` a draft is sealed here. Raise `PersonNeededError` for a draft that needs approval, for an
    altered readable copy and when nobody is subscribed; `BusyError` when another process is sending.
    """
    with parts.lock(), parts.ledger.hold(edition):
        edition = _refreshed(parts.editions, edition)
        if edition.state is EditionState.FINISHED:
            return Sent(edition=edition, tally=parts.ledger.tally(edition))
        refuse_paused(parts.pauses, edition, asked=parts.asked)
        parts.examine(edition)
        if edition.state is EditionState.DRAFT and newsletter.approval is Approval.NONE:
            _require_readers(parts.subscribers, edition)
            edition = parts.seal(edition)
        if edition.state not in (EditionState.SEALED, EditionState.SENDING):
            raise PersonNeededError(
                edition.name,
                "nobody has approved it" if edition.state is EditionState.DRAFT else f"it is {edition.state}",
                f"look at it with `digest preview`, then `digest approve {edition.key} --by NAME`",
            )
        refuse_altered_copy(parts.editions, parts.composer, parts.copy, edition)
        edition = _begin(parts, newsletter, edition)
        reach("send.begun")
        renew(parts.pauses, edition, parts.clock.now(), parts.limit)
        with parts.pauses.watching(edition) as is_paused:
            _go(replace(parts, stop=lambda: parts.stop() or is_paused()), edition)
        if not parts.ledger.tally(edition).open:
            edition = parts.ledger.finish(edition, parts.clock.now())
            parts.pauses.lift(edition, parts.clock.now(), None)
        return Sent(edition=edition, tally=parts.ledger.tally(edition), paused=parts.pauses.of(edition))


def _refreshed(editions: Editions, edition: Edition) -> Edition:
    return next(other for other in editions.editions(edition.newsletter) if other.number == edition.number)


def _require_readers(subscribers: Subscribers, edition: Edition) -> None:
    if not subscribers.subscribed(edition.newsletter):
        raise PersonNeededError(edition.name, "nobody is subscribed to it", "add readers to the subscriber file")


def _begin(parts: Parts, newsletter: Newsletter, edition: Edition) -> Edition:
    """Freeze the recipients once. Choices made after the seal take the sealed subset with most of their audiences."""
    if edition.state is EditionState.SENDING:
        return edition
    _require_readers(parts.subscribers, edition)
    sealed = parts.editions.choices_of(edition)
    order = [audience.name for audience in newsletter.audiences]
    late = {choice: best_sealed(choice, sealed, order) for choice in parts.ledger.unserved_choices(edition)}
    return parts.ledger.begin(edition, parts.clock.now(), late)


def _go(parts: Parts, edition: Edition) -> None:
    tally = parts.ledger.tally(edition)
    waiting = tally[DeliveryState.PENDING] + tally[DeliveryState.INTENT]
    parts.progress.begin(waiting if parts.limit is None else min(waiting, parts.limit))
    variants = parts.editions.variants(edition)
    transport = parts.transport(tally.frozen)
    with parts.rows(edition) as rows, parts.signing(edition, variants) as sign:
        outbox = LedgerOutbox(
            rows,
            parts.composer,
            parts.clock,
            edition,
            {variant.name: variant.rendered.message for variant in variants},
            parts.return_path,
            sign,
            limit=parts.limit,
            told=parts.progress.add,
        )
        outbox.recover(transport)
        try:
            transport.carry(outbox, parts.stop)
        except CircuitBrokenError as error:
            broken = error
        else:
            return
    halt(parts.pauses, edition, parts.clock.now(), broken)
    parts.take_back(edition, broken.deliveries)
    raise broken
