"""Delivering: what stands behind an edition that leaves: transport, ledger, marker, journal, keys."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digest.delivery.delivery import Found, Outcome, OutcomeKind, OutgoingMessage
from digest.delivery.doubt import Cause, DoubtPolicy, Remedy
from digest.delivery.journal import JOURNAL
from digest.errors import BusyError, IntegrityError
from digest.foundation.sandbox import AT_ONCE
from digest.foundation.secrets import secret_from
from digest.mail.content import Variant
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.delivery.delivery import Outbox, OutboxRows, Transport
    from digest.delivery.messages import Sign
    from digest.delivery.pace import Quota
    from digest.delivery.settings import DeliverySettings, SendingSettings, SmtpServerSettings
    from digest.delivery.transports.smtp.settings import SmtpSettings
    from digest.foundation.workspace import Workspace


KEYS = Path("keys", "dkim")
SMALL, MANY = 1_000, 8  # with one connection at most one message is in doubt after a crash


def smtp_settings(wishes: "SmtpServerSettings", sending: "SendingSettings", readers: int) -> "SmtpSettings":
    from digest.delivery.transports.smtp.settings import Mechanism, Security, SmtpSettings

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
    from digest.delivery.settings import TransportKind

    sending, connections = delivery.sending, _connections(delivery.sending, readers)
    if delivery.smtp is not None:
        from digest.delivery.transports.smtp.transport import SmtpTransport

        return SmtpTransport(smtp_settings(delivery.smtp, sending, readers))
    match delivery.transport:
        case TransportKind.MAILDIR:
            from digest.delivery.transports.maildir import MaildirTransport

            return MaildirTransport(delivery.path, connections, sending.rates)
        case TransportKind.SENDMAIL:
            from digest.delivery.transports.sendmail import SendmailTransport

            return SendmailTransport(delivery.command, connections, sending.rates)
        case _:
            from digest.delivery.transports.files import FolderTransport

            return FolderTransport(delivery.path)


def _connections(sending: "SendingSettings", readers: int) -> int:
    return sending.connections or (1 if readers <= SMALL else MANY)


@contextmanager
def rows_for(workspace: "Workspace", edition: Edition, *, paced: bool = True) -> Iterator["OutboxRows"]:
    """The ledger's rows of one edition, open for sending. Raise `BusyError` at the end when some must wait because
    the day's quota is used up.
    """
    from digest.delivery.adoption import catch_up
    from digest.delivery.journal import Journal, Marker
    from digest.delivery.outbox import LedgerRows, rows_of
    from digest.delivery.whereabouts import own_of

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
        from digest.delivery.pace import PacedRows, Quota

        quota = Quota(workspace.database)
        pacing = PacedRows(rows, settings.rates, settings.daily, quota.count)
        yield pacing
    if pacing.is_used_up and settings.daily is not None:
        raise _used_up(workspace, quota, settings.daily)


def _used_up(workspace: "Workspace", quota: "Quota", daily: int) -> BusyError:
    """With the time from which the first of those that wait may go."""
    from digest.delivery.pace import DAY

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
    from digest.delivery.dkim.keys import read_keys
    from digest.delivery.dkim.signing import Signer, SigningPool

    domain = next(iter(newsletter.sender.values())).address.rpartition("@")[2]
    signer = Signer(domain, read_keys(folder, selectors))
    prepared = {each.name: signer.prepare(each.rendered.message, edition.sending_at) for each in variants}
    with SigningPool() as pool:

        def sign(variant: str, pieces: Sequence[bytes]) -> Future[Sequence[bytes]]:
            return pool.run(partial(_signed, prepared[variant].sign), pieces)

        yield sign


def _signed(sign: Callable[[bytes], bytes], pieces: Sequence[bytes]) -> Sequence[bytes]:
    return (sign(b"".join(pieces)), *pieces)


class Nowhere:
    """Implements `digest.delivery.delivery.Transport`: counts what it is given, and lets it go. Whatever the settings say, nothing
    leaves a shadow.
    """

    name = "nowhere"
    connections = AT_ONCE

    def __init__(self) -> None:
        self.delivered = 0

    def carry(self, outbox: "Outbox", stop: Callable[[], bool]) -> None:
        results: list[Outcome] = []
        while not stop() and (messages := outbox.fetch(AT_ONCE)):
            granted = outbox.settle(results, messages)
            results = [
                Outcome(message=message, kind=OutcomeKind.SENT, answer="")
                for message in messages
                if message.row in granted
            ]
            self.delivered += len(results)
        if results:
            outbox.settle(results, ())

    def trace(self, message: OutgoingMessage) -> Found:  # noqa: ARG002 – whichever it is
        """What a dead process left behind is to be sent, as far as a shadow goes."""
        return Found.PENDING
