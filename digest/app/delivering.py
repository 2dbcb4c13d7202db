"""Delivering: what stands behind an edition that leaves: transport, ledger, marker, journal, keys."""

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
    from digest.config.settings import DeliverySettings, SendingSettings, SmtpWishes
    from digest.pipeline.dispatching import Sign
    from digest.ports import OutboxRows, Transport
    from digest.store.quota import Quota
    from digest.transports.smtp.settings import SmtpSettings

JOURNAL = "journal"
KEYS = Path("keys", "dkim")
SMALL, MANY = 1_000, 8  # with one connection at most one message is in doubt after a crash


def smtp_settings(wishes: "SmtpWishes", sending: "SendingSettings", readers: int) -> "SmtpSettings":
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
        connections=_connections(sending, readers),
        messages_per_connection=wishes.messages_per_connection,
        rates=sending.rates,
    )


def transport_for(delivery: "DeliverySettings", readers: int) -> "Transport":
    """What carries mail to so many readers."""
    from digest.config.settings import TransportKind

    sending, connections = delivery.sending, _connections(delivery.sending, readers)
    if delivery.smtp is not None:
        from digest.transports.smtp.transport import SmtpTransport

        return SmtpTransport(smtp_settings(delivery.smtp, sending, readers))
    match delivery.transport:
        case TransportKind.MAILDIR:
            from digest.transports.maildir import MaildirTransport

            return MaildirTransport(delivery.path, connections, sending.rates)
        case TransportKind.SENDMAIL:
            from digest.transports.sendmail import SendmailTransport

            return SendmailTransport(delivery.command, connections, sending.rates)
        case _:
            from digest.transports.files import FolderTransport

            return FolderTransport(delivery.path)


def _connections(sending: "SendingSettings", readers: int) -> int:
    return sending.connections or (1 if readers <= SMALL else MANY)


@contextmanager
def rows_for(workspace: "Workspace", edition: Edition, *, paced: bool = True) -> Iterator["OutboxRows"]:
    """The ledger's rows of one edition, open for sending. Raise `BusyError` at the end when some must wait because
    the day's quota is used up.
    """
    from digest.store.adoption import catch_up
    from digest.store.dispatch import LedgerRows, rows_of
    from digest.store.fence import own_of
    from digest.store.journal import Journal
    from digest.store.marker import Marker

    if edition.sending_at is None:
        raise IntegrityError(edition.name, "its sending has not begun", "please report this")
    settings, folder = workspace.settings.delivery.sending, workspace.sending
    policy = DoubtPolicy(remedies={Cause(cause): Remedy(remedy) for cause, remedy in settings.in_doubt.items()})
    with (
        workspace.database.writer() as writer,
        Journal(folder / JOURNAL, own_of(workspace.database).id) as journal,
        Marker(folder / f"{edition.number}.marker", rows_of(writer)) as marker,
    ):
        catch_up(writer, edition, workspace.clock.now())
        rows = LedgerRows(writer, journal, marker, edition, policy, edition.sending_at + settings.not_after)
        if not paced or (settings.daily is None and not settings.rates.limit_domains):
            yield rows
            return
        from digest.pipeline.pacing import PacedRows
        from digest.store.quota import Quota

        quota = Quota(workspace.database)
        pacing = PacedRows(rows, settings.rates, settings.daily, quota.count)
        yield pacing
    if pacing.is_used_up and settings.daily is not None:
        raise _used_up(workspace, quota, settings.daily)


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
