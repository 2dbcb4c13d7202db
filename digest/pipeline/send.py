"""Send: freeze the recipients, hand each one message to the transport, and write down what became of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from digest.errors import BusyError, PartlyFailedError, PersonNeededError
from digest.failpoints import reach
from digest.model.delivery import DeliveryState, Envelope, Recipient, Tally
from digest.model.edition import Edition, EditionState, Variant
from digest.model.newsletter import Approval, Newsletter
from digest.pipeline.approve import refuse_altered_copy
from digest.pipeline.dispatching import LedgerDesk, Sign
from digest.policy.composition import best_sealed
from digest.ports import (
    Clock,
    Composer,
    Courier,
    Dispatch,
    EditionStore,
    Ledger,
    ReadableCopy,
    SendingLock,
    SubscriberStore,
    Transport,
)

AT_ONCE = 200  # recipients per group commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What sending needs from outside."""

    editions: EditionStore
    subscribers: SubscriberStore
    ledger: Ledger
    composer: Composer
    copy: ReadableCopy
    transport: Transport
    lock: SendingLock
    clock: Clock
    seal: Callable[[Edition], Edition]  # for editions that nobody approves, as their parts' answers settle them
    stop: Callable[[], bool] = lambda: False  # asked before each batch
    at_once: int = AT_ONCE
    one_by_one: "OneByOne | None" = None  # for a transport that sends message by message; `transport` is not used then


@dataclass(frozen=True, slots=True, kw_only=True)
class OneByOne:
    """What sending message by message needs. `courier` gets the number of readers."""

    courier: Callable[[int], Courier]
    dispatch: Callable[[Edition], AbstractContextManager[Dispatch]]
    signing: Callable[[Edition, Sequence[Variant]], AbstractContextManager[Sign | None]]
    return_path: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    edition: Edition
    tally: Tally


def unfinished(sent: Sent) -> list[tuple[str, int]]:
    """What is left to be done about an edition after its sending, in words, each with its exit code."""
    tally = sent.tally
    said = []
    if waiting := tally[DeliveryState.PENDING] + tally[DeliveryState.INTENT]:
        said.append((f"{waiting} messages wait for another attempt: run it again later", BusyError.exit_code))
    if held := tally[DeliveryState.HELD]:
        words = f"{held} messages may have been accepted or not, and are held: look at `digest report`"
        said.append((words, PersonNeededError.exit_code))
    if failed := tally[DeliveryState.FAILED]:
        said.append((f"{failed} messages were refused for good: look at `digest report`", PartlyFailedError.exit_code))
    if not tally[DeliveryState.SENT] and not waiting:
        words = "not one message was sent: look at `digest status` and at the subscriber file"
        said.append((words, PersonNeededError.exit_code))
    return said


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
        if parts.one_by_one is None:
            _deliver_all(parts, edition)
        else:
            _carry_all(parts, parts.one_by_one, edition)
        if not parts.ledger.tally(edition).open:
            edition = parts.ledger.finish(edition, parts.clock.now())
        return Sent(edition=edition, tally=parts.ledger.tally(edition))


def _refreshed(editions: EditionStore, edition: Edition) -> Edition:
    return next(other for other in editions.editions(edition.newsletter) if other.number == edition.number)


def _require_readers(subscribers: SubscriberStore, edition: Edition) -> None:
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


def _deliver_all(parts: Parts, edition: Edition) -> None:
    """Intents first, durably; then the transport; then the outcome. A crash between leaves intents behind."""
    messages = {variant.name: variant.rendered.message for variant in parts.editions.variants(edition)}
    if parts.transport.repeatable:
        parts.ledger.return_intents(edition, parts.clock.now())
    while not parts.stop() and (recipients := parts.ledger.claim(edition, parts.at_once, parts.clock.now())):
        reach("send.claimed")
        parts.transport.deliver(list(_envelopes(parts.composer, edition, messages, recipients)))
        reach("send.delivered")
        parts.ledger.record(edition, recipients, DeliveryState.SENT, parts.clock.now())


def _carry_all(parts: Parts, means: OneByOne, edition: Edition) -> None:
    """What a dead process left behind is made out before the first message leaves."""
    variants = parts.editions.variants(edition)
    courier = means.courier(parts.ledger.tally(edition).frozen)
    with means.dispatch(edition) as dispatch, means.signing(edition, variants) as sign:
        dispatch.recover(courier.connections, parts.clock.now())
        desk = LedgerDesk(
            dispatch,
            parts.composer,
            parts.clock,
            edition,
            {variant.name: variant.rendered.message for variant in variants},
            means.return_path,
            sign,
        )
        courier.carry(desk, parts.stop)


def _envelopes(
    composer: Composer, edition: Edition, messages: dict[str, bytes], recipients: Sequence[Recipient]
) -> Iterator[Envelope]:
    for name, message in messages.items():
        mine = [recipient for recipient in recipients if recipient.variant == name]
        if mine:
            yield from composer.compose(edition, message, mine)
