"""Delivering: what stands behind an edition that leaves: transport, ledger, marker, journal, keys."""

from pathlib import Path
from typing import TYPE_CHECKING

from digest.foundation.secrets import secret_from

if TYPE_CHECKING:
    from digest.delivery.delivery import Transport
    from digest.delivery.settings import DeliverySettings, SendingSettings, SmtpServerSettings
    from digest.delivery.transports.smtp.settings import SmtpSettings


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
