"""Send: freeze the recipients, hand each one message to the transport, and write down what became of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from digest.delivery.addressees import prospects
from digest.delivery.adoption import catch_up
from digest.delivery.allotment import SharedQuota
from digest.delivery.batches import has_work, living
from digest.delivery.decisions import hold_back, take_back
from digest.delivery.delivery import DeliveryState, Tally
from digest.delivery.doubt import Cause, DoubtPolicy, Remedy
from digest.delivery.lease import Lease
from digest.delivery.marker import Marker
from digest.delivery.outbox import LedgerOutbox
from digest.delivery.pace import DAY, PacedRows, Quota
from digest.delivery.pauses import Pause, PauseKind, halt, refuse_paused, remedy, renew, said, wait
from digest.delivery.place import SendingPlace
from digest.delivery.route import differences
from digest.delivery.rows import LedgerRows, OutboxRows, rows_of
from digest.editions.approving import look, refuse_thin, seal_unapproved, settlement_of
from digest.editions.changes import refuse_changed
from digest.editions.comparison import approved_mails, refuse_altered_copy
from digest.editions.composition import best_sealed
from digest.editions.course import happened, way_on
from digest.editions.open_parts import supplemented
from digest.editions.record import Record
from digest.editions.reviews import Seal
from digest.editions.workbench import Workbench
from digest.errors import (
    BusyError,
    CircuitBrokenError,
    IntegrityError,
    PartlyFailedError,
    PersonNeededError,
    SendingLimitError,
)
from digest.foundation.catalogue import _, plural
from digest.foundation.database import exclusive
from digest.foundation.failpoints import reach
from digest.mail.composing import Composer
from digest.mail.content import Variant
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Approval, Newsletter
from digest.people.store import Subscribers


class Progress(Protocol):
    """Who wants to know how far a sending is. From any thread, and at once back: it holds up what is told of."""

    def begin(self, messages: int) -> None:
        """So many are to leave, at most."""
        ...

    def add(self, messages: int) -> None:
        """So many more came to an end, whichever."""
        ...


class Unwatched:
    """The progress of which nobody wants to know."""

    def begin(self, messages: int) -> None: ...

    def add(self, messages: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """`paused`: the edition does not go on by itself. `workers`: so many send it from here on. `notes`: what the
    settings say otherwise now, in words.
    """

    edition: Edition
    tally: Tally
    workers: int = 0
    paused: Pause | None = None
    notes: tuple[str, ...] = ()


def send(  # noqa: PLR0913 – what, from where, and how far
    place: SendingPlace,
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    *,
    locked: bool = False,
    stop: Callable[[], bool] = lambda: False,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Sent:
    """Send what is sealed, or go on with what was interrupted. A finished edition is reported, nothing leaves again.
    When asked to stop it returns with deliveries open: the next call goes on.

    `locked`: a run does it, which holds the lock already and lifts no pause. `stop` is asked again and again. With a
    `limit` it goes to so many more recipients at most, and the edition is paused. With `approval: none` a draft is
    sealed here, as its parts' answers settle it. Where workers are there, they send it, and this returns at once.

    The mails are compared with what was approved once, before the first of them leaves now. Raise `PersonNeededError`
    when they or their readable copy are something else, for texts that changed since the approval while nothing has
    left yet, for a draft that needs approval and when nobody is subscribed; `BusyError` when another process is
    sending.
    """
    ledger, pauses, clock = place.ledger, place.pauses, place.clock
    with nullcontext() if locked else place.lock(), ledger.hold(edition):
        edition = place.refreshed(edition)
        if edition.state is EditionState.FINISHED:
            return Sent(edition=edition, tally=ledger.tally(edition))
        refuse_paused(pauses, edition, clock.now(), asked=not locked)
        workers = living(place.database)
        if workers and limit is not None:
            said = _("workers are there, and send all of it")
            raise BusyError(edition.name, said, _("for a first slice end them before: `digest workers` says where"))
        notes = _confirm_route(place, edition, asked=not locked)
        place.refuse_unsure(edition)
        edition = _sealed(place, bench, newsletter, edition)
        bench, newsletter, mails, kept = _as_approved(bench, newsletter, edition)
        notes += kept
        if edition.state is EditionState.SEALED:
            refuse_changed(bench, newsletter, edition)
        edition = _begin(place, bench, newsletter, edition)
        reach("send.begun")
        renew(pauses, edition, clock.now(), limit)
        if workers:
            tally = ledger.tally(edition)
            return Sent(edition=edition, tally=tally, workers=workers, notes=tuple(notes))
        edition = _leave(place, bench.composer, newsletter, edition, mails, limit, progress, stop=stop)
        return Sent(edition=edition, tally=ledger.tally(edition), paused=pauses.of(edition), notes=tuple(notes))


def send_batch(
    place: SendingPlace,
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Sent:
    """What a worker does about an edition whose sending has begun, beside others: as long as rows of it are free, and
    no longer. The last one finishes it. Raise as `send` does.
    """
    ledger, pauses, now = place.ledger, place.pauses, place.clock.now()
    edition = place.refreshed(edition)
    if edition.state is EditionState.SENDING:
        place.refuse_unready()
        refuse_paused(pauses, edition, now, asked=False)
        if not has_work(place.database, edition, now):
            return Sent(edition=_finished(place, edition), tally=ledger.tally(edition))
        _confirm_route(place, edition, asked=False)
        place.refuse_unsure(edition)
        bench, newsletter, mails, _notes = _as_approved(bench, newsletter, edition)
        ledger.forget_impossible_attempts(edition, now)
        renew(pauses, edition, now, None)
        edition = _leave(place, bench.composer, newsletter, edition, mails, None, None, stop=stop)
    return Sent(edition=edition, tally=ledger.tally(edition), paused=pauses.of(edition))


def _as_approved(
    bench: Workbench, newsletter: Newsletter, edition: Edition
) -> tuple[Workbench, Newsletter, Sequence[Variant], list[str]]:
    """What makes its mails, and these, as they were approved; and in words what the settings say otherwise now."""
    mails, notes = approved_mails(bench.editions, bench.copy, edition), []
    if (record := bench.editions.record(edition)) is not None:
        notes = _kept(record, newsletter, bench.public_url)
        newsletter = record.frozen(newsletter)
        bench = replace(bench, composer=bench.composer.as_recorded(newsletter, record.public_url))
    refuse_altered_copy(bench, edition, mails)
    return bench, newsletter, mails, notes


def _leave(  # noqa: PLR0913 – what, from where, and how far
    place: SendingPlace,
    composer: Composer,
    newsletter: Newsletter,
    edition: Edition,
    mails: Sequence[Variant],
    limit: int | None,
    progress: Progress | None,
    *,
    stop: Callable[[], bool],
) -> Edition:
    """Let leave what may, and finish the edition if that was all."""
    with place.pauses.watching(edition) as is_paused:
        _carry(place, composer, newsletter, edition, mails, limit, progress, stop=lambda: stop() or is_paused())
    return _finished(place, edition)


def _finished(place: SendingPlace, edition: Edition) -> Edition:
    if place.ledger.tally(edition).open:
        return edition
    edition = place.ledger.finish(edition, place.clock.now())
    place.pauses.lift(edition, place.clock.now(), None)
    return edition


def _sealed(place: SendingPlace, bench: Workbench, newsletter: Newsletter, edition: Edition) -> Edition:
    """The edition that may leave: approved, or sealed here, when nobody's approval is asked for. Raise
    `PersonNeededError` for any other.
    """
    if edition.supplements and edition.state in (EditionState.DRAFT, EditionState.SEALED):
        _require_addressees(place, edition)
    if edition.state is EditionState.DRAFT and _seals_itself(bench, newsletter, edition):
        _require_subscribers(bench.subscribers, edition)
        refuse_changed(bench, newsletter, edition)
        edition = seal_unapproved(bench, newsletter, edition)
    refuse_thin(bench.editions, newsletter, edition)
    if edition.state in (EditionState.SEALED, EditionState.SENDING):
        return edition
    raise PersonNeededError(edition.name, happened(edition), way_on(edition))


def _kept(record: Record, newsletter: Newsletter, public_url: str | None) -> list[str]:
    """Each named for what it is."""
    said = _("{key} is what it was when it was approved ({then}), not what the settings say now ({now})")
    nothing = _("nothing")
    differences = record.differences(newsletter, public_url)
    return [said.format(key=key, then=then or nothing, now=now or nothing) for key, then, now in differences]


def rerouted(place: SendingPlace, edition: Edition) -> list[str]:
    """In what the way out is another one than that by which it began to leave, in words."""
    return differences(edition.route, place.route) if edition.state is EditionState.SENDING else []


def _confirm_route(place: SendingPlace, edition: Edition, *, asked: bool) -> list[str]:
    """What has begun to leave one way does not go on another way by itself: a slip in the settings would send the rest
    into a folder, or through somebody else's server. Raise `PersonNeededError` unless a person said so; then it is
    noted, so that runs go on. Return what has changed, in words.
    """
    changed = rerouted(place, edition)
    if changed and not asked:
        said = _("it began to leave another way: {changes}").format(changes="; ".join(changed))
        remedy = _("to go on so: digest send {edition}; else correct `delivery:` in digest.yaml")
        raise PersonNeededError(edition.name, said, remedy.format(edition=edition.key))
    if edition.state is EditionState.SENDING and edition.route != place.route:
        place.ledger.note_route(edition, place.route)
    return changed


def _require_subscribers(subscribers: Subscribers, edition: Edition) -> None:
    if not subscribers.subscribed(edition.newsletter):
        raise PersonNeededError(edition.name, _("nobody is subscribed to it"), _("add readers to the subscriber file"))


def _seals_itself(bench: Workbench, newsletter: Newsletter, edition: Edition) -> bool:
    """Whether it is sealed when its sending begins, without another word. An instalment is when its part was approved,
    and says itself why not.
    """
    if not edition.instalment:
        return newsletter.approval is Approval.NONE
    settlement = settlement_of(newsletter, edition, look(bench.database, newsletter, edition))
    return isinstance(settlement, Seal) or newsletter.approval is Approval.NONE


def _require_addressees(place: SendingPlace, edition: Edition) -> None:
    """Raise `PersonNeededError` when the supplement is for nobody, and while its own edition is still leaving: who got
    what is not known before the end.
    """
    base = supplemented(place.editions, edition)
    if waiting := place.ledger.tally(base).waiting:
        said = plural(
            "{count:,} message of {edition} is still to leave, and this comes after it",
            "{count:,} messages of {edition} are still to leave, and this comes after them",
            waiting,
            edition=base.name,
        )
        remedy = _("send these first: digest send {edition}").format(edition=base.name)
        raise PersonNeededError(edition.name, said, remedy)
    if not prospects(place.database, edition):
        said = _("it is for nobody: whoever would get it has its stories already, or has left")
        raise PersonNeededError(
            edition.name, said, _("look at it: digest preview {edition}").format(edition=edition.name)
        )


def _begin(place: SendingPlace, bench: Workbench, newsletter: Newsletter, edition: Edition) -> Edition:
    """Freeze the recipients once. Choices made after the seal take the sealed subset with most of their audiences."""
    if edition.state is EditionState.SENDING:
        place.ledger.forget_impossible_attempts(edition, place.clock.now())
        return edition
    _require_subscribers(bench.subscribers, edition)
    sealed = bench.editions.choices_of(edition)
    order = [audience.name for audience in newsletter.audiences]
    unserved = () if edition.supplements else place.ledger.unserved_choices(edition)
    late = {choice: best_sealed(choice, sealed, order) for choice in unserved}
    return place.ledger.begin(edition, place.clock.now(), late, place.route)


def _carry(  # noqa: PLR0913 – what, from where, and how far
    place: SendingPlace,
    composer: Composer,
    newsletter: Newsletter,
    edition: Edition,
    variants: Sequence[Variant],
    limit: int | None,
    progress: Progress | None,
    *,
    stop: Callable[[], bool],
) -> None:
    """Let the transport take all that may leave. When it breaks off, the edition is paused and nobody is blamed."""
    if edition.sending_at is None:
        raise IntegrityError(edition.name, _("its sending has not begun"), _("please report this"))
    broken = carried(
        place,
        composer,
        newsletter,
        edition,
        variants,
        not_after=edition.sending_at + place.settings.sending.not_after,
        stop=stop,
        limit=limit,
        progress=progress,
    )
    if broken is None:
        return
    if isinstance(broken, SendingLimitError):
        wait(place.pauses, edition, place.clock.now(), broken)
    elif broken.doubtful:
        halt(place.pauses, edition, place.clock.now(), broken)
        hold_back(place, edition, broken.deliveries)
    else:
        halt(place.pauses, edition, place.clock.now(), broken)
        take_back(place, edition, broken.deliveries)
        pause = place.pauses.of(edition)
        if pause is not None:
            broken.remedy = remedy(pause, edition)
    raise broken


def carried(  # noqa: PLR0913 – what, from where, and how far
    place: SendingPlace,
    composer: Composer,
    newsletter: Newsletter,
    edition: Edition,
    variants: Sequence[Variant],
    *,
    not_after: datetime,
    stop: Callable[[], bool],
    limit: int | None = None,
    progress: Progress | None = None,
) -> CircuitBrokenError | SendingLimitError | None:
    """Let the transport take all that may leave; why it broke off, if it did. What is put off beyond `not_after` is
    given up.
    """
    tally, watched = place.ledger.tally(edition), progress or Unwatched()
    watched.begin(tally.waiting if limit is None else min(tally.waiting, limit))
    transport = place.transport(tally.frozen)
    with _opened_rows(place, edition, not_after) as rows, place.signing(newsletter, edition, variants) as sign:
        outbox = LedgerOutbox(
            rows,
            composer,
            place.clock,
            edition,
            {variant.name: variant.rendered.message for variant in variants},
            place.return_path(newsletter),
            sign,
            limit=limit,
            told=watched.add,
        )
        outbox.recover(transport)
        try:
            transport.carry(outbox, stop)
        except (CircuitBrokenError, SendingLimitError) as error:
            return error
    return None


@contextmanager
def _opened_rows(place: SendingPlace, edition: Edition, not_after: datetime) -> Iterator[OutboxRows]:
    """The ledger's rows of one edition, open for sending. Raise `BusyError` at the end when some must wait because
    the day's quota is used up.
    """
    settings = place.settings.sending
    policy = DoubtPolicy(remedies={Cause(cause): Remedy(remedy) for cause, remedy in settings.in_doubt.items()})
    shared, marks = place.database.is_shared, place.sending / f"{edition.number}.marker"
    with (
        exclusive(marks) if shared else nullcontext(),  # who takes over at this place reads what a dead one has left
        Lease(place.database, place.name) if shared else nullcontext() as lease,
        place.database.writer() as writer,
        place.journal() as journal,
        Marker(marks, rows_of(writer)) as marker,
    ):
        catch_up(writer, edition, place.clock.now())
        rows = LedgerRows(writer, journal, marker, edition, policy, not_after, lease)
        if not place.paced or (settings.daily is None and not settings.rates.limit_domains):
            yield rows
            _refuse_lost(lease)
            return
        quota = Quota(place.database)
        with _shared_quota(place, lease) as shared_quota:
            allot = None if shared_quota is None else shared_quota.allot
            paced = PacedRows(rows, place.rates, settings.daily, quota.count, allot=allot)
            yield paced
        _refuse_lost(lease)
    if paced.is_used_up and settings.daily is not None:
        raise _used_up(place, quota, settings.daily)


def _shared_quota(place: SendingPlace, lease: Lease | None) -> AbstractContextManager[SharedQuota | None]:
    daily = place.settings.sending.daily
    return nullcontext() if lease is None or daily is None else SharedQuota(place.database, lease, daily)


def _refuse_lost(lease: Lease | None) -> None:
    if lease is not None and lease.is_lost:
        raise lease.error()


def _used_up(place: SendingPlace, quota: Quota, daily: int) -> BusyError:
    """With the time from which the first of those that wait may go."""
    since = place.clock.now() - DAY
    first = quota.nth(max(0, quota.count(since) - daily), since)
    when = _("in a moment")
    if first:
        when = _("from {moment:%Y-%m-%d %H:%M}").format(moment=(first + DAY).astimezone(place.zone))
    return BusyError(
        f"delivery.daily: {daily}",
        plural(
            "{count} message left in the last 24 hours, and no more may",
            "{count} messages left in the last 24 hours, and no more may",
            quota.count(since),
        ),
        _("the rest waits; `digest run`, or `digest send` again, goes on {when}").format(when=when),
    )


def unfinished(sent: Sent) -> list[tuple[str, int]]:
    """What is left to be done about an edition after its sending, in words, each with its exit code."""
    tally = sent.tally
    left = []
    waiting = tally.waiting
    if sent.workers and waiting:
        words = plural(
            "{count:,} message is still to leave, through workers on this and other hosts: `digest workers`",
            "{count:,} messages are still to leave, through workers on this and other hosts: `digest workers`",
            waiting,
        )
        left.append((words, 0))
        waiting = 0
    if sent.paused is not None:
        codes = {PauseKind.SLICE: 0, PauseKind.LIMIT: BusyError.exit_code}  # a slice was asked for, a limit passes
        code = codes.get(sent.paused.kind, PersonNeededError.exit_code)
        words = plural(
            "{paused}; {count:,} message is still to leave; {remedy}",
            "{paused}; {count:,} messages are still to leave; {remedy}",
            waiting,
            paused=said(sent.paused),
            remedy=remedy(sent.paused, sent.edition),
        )
        left.append((words, code))
        waiting = 0
    left += unsettled(waiting=waiting, held=tally[DeliveryState.HELD], failed=tally[DeliveryState.FAILED])
    if not tally[DeliveryState.SENT] and not tally.waiting:
        words = _("not one message was sent: look at `digest status` and at the subscriber file")
        left.append((words, PersonNeededError.exit_code))
    return left


def unsettled(*, waiting: int, held: int, failed: int) -> list[tuple[str, int]]:
    """The same of so many messages."""
    left = []
    if waiting:
        words = plural(
            "{count:,} message waits for another attempt: run it again later",
            "{count:,} messages wait for another attempt: run it again later",
            waiting,
        )
        left.append((words, BusyError.exit_code))
    if held:
        words = plural(
            "{count:,} message may have been accepted or not; a person decides: look at `digest deliveries --held`",
            "{count:,} messages may have been accepted or not; a person decides: look at `digest deliveries --held`",
            held,
        )
        left.append((words, PersonNeededError.exit_code))
    if failed:
        words = plural(
            "{count:,} message was refused for good: look at `digest deliveries --failed`",
            "{count:,} messages were refused for good: look at `digest deliveries --failed`",
            failed,
        )
        left.append((words, PartlyFailedError.exit_code))
    return left
