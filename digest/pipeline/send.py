"""Send: freeze the recipients, hand each one message to the transport, and write down what became of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from digest.errors import PersonNeededError
from digest.model.delivery import DeliveryState, Envelope, Recipient, Tally
from digest.model.edition import Edition, EditionState
from digest.model.finding import Finding
from digest.model.newsletter import Approval, Newsletter
from digest.pipeline.approve import refuse_altered_copy
from digest.pipeline.check import refuse_errors
from digest.policy.composition import best_sealed
from digest.ports import (
    Clock,
    Composer,
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
    examine: Callable[[Edition], Sequence[Finding]]  # the check, for editions that nobody approves


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    edition: Edition
    tally: Tally


def send(parts: Parts, newsletter: Newsletter, edition: Edition) -> Sent:
    """Send what is sealed, or go on with what was interrupted. A finished edition is reported, nothing leaves again.

    With `approval: none` a draft is sealed here. Raise `PersonNeededError` for a draft that needs approval, for an
    altered readable copy and when nobody is subscribed; `BusyError` when another process is sending.
    """
    with parts.lock():
        edition = _refreshed(parts.editions, edition)
        if edition.state is EditionState.FINISHED:
            return Sent(edition=edition, tally=parts.ledger.tally(edition))
        if edition.state is EditionState.DRAFT and newsletter.approval is Approval.NONE:
            _require_readers(parts.subscribers, edition)
            refuse_errors(parts.examine(edition), ())
            edition = parts.editions.seal(edition, parts.clock.now(), None)
        if edition.state not in (EditionState.SEALED, EditionState.SENDING):
            raise PersonNeededError(
                edition.name,
                "nobody has approved it" if edition.state is EditionState.DRAFT else f"it is {edition.state}",
                f"look at it with `digest preview`, then `digest approve {edition.key} --by NAME`",
            )
        refuse_altered_copy(parts.editions, parts.composer, parts.copy, edition)
        edition = _begin(parts, newsletter, edition)
        _deliver_all(parts, edition)
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
    while recipients := parts.ledger.claim(edition, AT_ONCE, parts.clock.now()):
        parts.transport.deliver(list(_envelopes(parts.composer, edition, messages, recipients)))
        parts.ledger.record(edition, recipients, DeliveryState.SENT, parts.clock.now())


def _envelopes(
    composer: Composer, edition: Edition, messages: dict[str, bytes], recipients: Sequence[Recipient]
) -> Iterator[Envelope]:
    for name, message in messages.items():
        mine = [recipient for recipient in recipients if recipient.variant == name]
        if mine:
            yield from composer.compose(edition, message, mine)
