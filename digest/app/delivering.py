"""Delivering: what stands behind an edition that leaves message by message: server, ledger, marker, journal, keys."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.secrets import secret_from
from digest.errors import BusyError, IntegrityError
from digest.model.edition import Edition, Variant
from digest.model.newsletter import Newsletter
from digest.policy.doubt import Cause, DoubtPolicy, Remedy

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.config.settings import CourierWishes, DeliverySettings, SmtpWishes
    from digest.pipeline.dispatching import Sign
    from digest.ports import Courier, Dispatch, Transport
    from digest.store.quota import Quota
    from digest.transports.maildir import MaildirTransport
    from digest.transports.sendmail import SendmailTransport
    from digest.transports.smtp.settings import SmtpSettings

SENDING = "sending"  # the folder of markers and of the journal
JOURNAL = "journal"
KEYS = Path("keys", "dkim")
SMALL, MANY = 1_000, 8  # with one connection at most one message is in doubt after a crash


def smtp_settings(wishes: "SmtpWishes", courier: "CourierWishes", readers: int) -> "SmtpSettings":
    from digest.transports.smtp.settings import Mechanism, Security, SmtpSettings

    by_password = (Mechanism.PLAIN, Mechanism.LOGIN)
    file = wishes.token_file or wishes.password_file
    return SmtpSettings(
        host=wishes.host,
        port=wishes.port,
        security=Security(wishes.security),
        verify=wishes.verify,
        accept_insecure=wishes.accept_insecure,
        certificates=wishes.certificates,
        username=wishes.username,
        secret=None if wishes.username is None else secret_from(file, wishes.password_env),
        mechanisms=by_password if wishes.token_file is None else (Mechanism.XOAUTH2,),
        connections=_connections(courier, readers),
        messages_per_connection=wishes.messages_per_connection,
        rates=courier.rates,
    )


def courier_for(delivery: "DeliverySettings", readers: int) -> "Courier":
    """What carries message by message: all but files."""
    courier = delivery.courier
    if courier is None:
        raise IntegrityError("delivery", "files leave in batches", "please report this")
    if delivery.smtp is not None:
        from digest.transports.smtp.transport import SmtpTransport

        return SmtpTransport(smtp_settings(delivery.smtp, courier, readers))
    return _local(delivery, courier, readers)


def transport_for(delivery: "DeliverySettings") -> "Transport":
    """For messages that leave in batches, and for those to reviewers."""
    if delivery.smtp is not None and delivery.courier is not None:
        from digest.transports.smtp.transport import SmtpPost

        return SmtpPost(smtp_settings(delivery.smtp, delivery.courier, readers=1))
    if delivery.courier is not None:
        return _local(delivery, delivery.courier, readers=1)
    from digest.transports.files import FolderTransport

    return FolderTransport(delivery.path)


def _local(
    delivery: "DeliverySettings", courier: "CourierWishes", readers: int
) -> "MaildirTransport | SendmailTransport":
    from digest.config.settings import TransportKind

    connections = _connections(courier, readers)
    if delivery.transport is TransportKind.MAILDIR:
        from digest.transports.maildir import MaildirTransport

        return MaildirTransport(delivery.path, connections, courier.rates)
    from digest.transports.sendmail import SendmailTransport

    return SendmailTransport(delivery.command, connections, courier.rates)


def _connections(courier: "CourierWishes", readers: int) -> int:
    return courier.connections or (1 if readers <= SMALL else MANY)


@contextmanager
def dispatch_for(workspace: "Workspace", edition: Edition) -> Iterator["Dispatch"]:
    """The ledger of one edition, open for message by message. Raise `BusyError` at the end when some must wait because
    the day's quota is used up.
    """
    from digest.store.adoption import catch_up
    from digest.store.dispatch import Dispatch, rows_of
    from digest.store.fence import own_of
    from digest.store.journal import Journal
    from digest.store.marker import Marker

    wishes = workspace.settings.delivery.courier
    if wishes is None or edition.sending_at is None:
        raise IntegrityError(edition.name, "it does not leave message by message", "please report this")
    folder = workspace.folder / SENDING
    policy = DoubtPolicy(remedies={Cause(cause): Remedy(remedy) for cause, remedy in wishes.in_doubt.items()})
    with (
        workspace.database.writer() as writer,
        Journal(folder / JOURNAL, own_of(workspace.database).id) as journal,
        Marker(folder / f"{edition.number}.marker", rows_of(writer)) as marker,
    ):
        catch_up(writer, edition, workspace.clock.now())
        dispatch = Dispatch(writer, journal, marker, edition, policy, edition.sending_at + wishes.not_after)
        if wishes.daily is None and not wishes.rates.limit_domains:
            yield dispatch
            return
        from digest.pipeline.pacing import PacedDispatch
        from digest.store.quota import Quota

        quota = Quota(workspace.database)
        paced = PacedDispatch(dispatch, wishes.rates, wishes.daily, quota.count)
        yield paced
    if paced.is_used_up and wishes.daily is not None:
        raise _used_up(workspace, quota, wishes.daily)


def _used_up(workspace: "Workspace", quota: "Quota", daily: int) -> BusyError:
    """With the time from which the first of those that wait may go."""
    from digest.pipeline.pacing import DAY

    since = workspace.clock.now() - DAY
    first = quota.nth(max(0, quota.count(since) - daily), since)
    zone = workspace.settings.publisher.timezone
    when = f"from {(first + DAY).astimezone(zone):%Y-%m-%d %H:%M}" if first else "in a moment"
    return BusyError(
        f"delivery.daily: {daily}",
        f"{quota.count(since)} messages left in the last 24 hours, and no more may",
        f"the rest waits; `digest run`, or `digest send` again, goes on {when}",
    )


def return_path(workspace: "Workspace", newsletter: Newsletter) -> Callable[[str], str]:
    """The envelope's sender for a delivery's name: `bounces+NAME@…` where the settings say so, else the newsletter."""
    wished = workspace.settings.delivery.return_path
    if wished is None:
        sender = next(iter(newsletter.sender.values())).address
        return lambda _delivery: sender
    local, _, domain = wished.rpartition("@")
    return lambda delivery: f"{local}+{delivery}@{domain}"


@contextmanager
def signing(
    workspace: "Workspace", newsletter: Newsletter, edition: Edition, variants: Sequence[Variant]
) -> Iterator["Sign | None"]:
    """Signs with the keys of `keys/dkim`, or those that the settings name, on all cores; nothing without keys."""
    folder = workspace.folder / KEYS
    selectors = workspace.settings.delivery.selectors
    if edition.sending_at is None or not (selectors or any(folder.glob("*.pem"))):
        yield None
        return
    from digest.transports.dkim.key_files import read_keys
    from digest.transports.dkim.pool import SigningPool
    from digest.transports.dkim.signature import Signer

    domain = next(iter(newsletter.sender.values())).address.rpartition("@")[2]
    signer = Signer(domain, read_keys(folder, selectors))
    prepared = {each.name: signer.prepare(each.rendered.message, edition.sending_at) for each in variants}
    with SigningPool() as pool:

        def sign(variant: str, pieces: Sequence[bytes]) -> Future[Sequence[bytes]]:
            return pool.run(partial(_signed, prepared[variant].sign), pieces)

        yield sign


def _signed(sign: Callable[[bytes], bytes], pieces: Sequence[bytes]) -> Sequence[bytes]:
    return (sign(b"".join(pieces)), *pieces)
