"""The transport that the settings name."""

from digest.delivery.outgoing import Transport
from digest.delivery.settings import DeliverySettings, SendingSettings, SmtpServerSettings, TransportKind
from digest.delivery.transports.eml_files import FolderTransport
from digest.delivery.transports.maildir import MaildirTransport
from digest.delivery.transports.sendmail import SendmailTransport
from digest.delivery.transports.smtp.settings import Mechanism, Security, SmtpSettings
from digest.foundation.secrets import printed_by, secret_from

SMALL, MANY = 1_000, 8  # with one connection at most one message is in doubt after a crash


def transport_for(delivery: DeliverySettings, recipients: int) -> Transport:
    """What carries mail to so many recipients."""
    sending, connections = delivery.sending, _connections(delivery.sending, recipients)
    if delivery.smtp is not None:
        from digest.delivery.transports.smtp.transport import SmtpTransport  # 30 ms: only for SMTP

        return SmtpTransport(smtp_settings(delivery.smtp, sending, recipients))
    match delivery.transport:
        case TransportKind.MAILDIR:
            return MaildirTransport(delivery.path, connections, sending.rates)
        case TransportKind.SENDMAIL:
            return SendmailTransport(delivery.command, connections, sending.rates)
        case _:
            return FolderTransport(delivery.path)


def smtp_settings(server: SmtpServerSettings, sending: SendingSettings, recipients: int) -> SmtpSettings:
    by_password = (Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.CRAM_MD5)
    has_token = server.token_file is not None or bool(server.token_command)
    chosen = tuple(Mechanism(one) for one in server.auth)
    file = server.token_file or server.password_file
    secret = printed_by(server.token_command) if server.token_command else secret_from(file, server.password_env)
    return SmtpSettings(
        host=server.host,
        port=server.port,
        security=Security(server.security),
        verify=server.verify,
        accept_insecure=server.accept_insecure,
        certificates=server.certificates,
        username=server.username,
        secret=None if server.username is None else secret,
        mechanisms=chosen or ((Mechanism.XOAUTH2,) if has_token else by_password),
        hello_name=server.hello_name,
        domain=server.domain,
        connections=_connections(sending, recipients),
        messages_per_connection=server.messages_per_connection,
        rates=sending.rates,
    )


def _connections(sending: SendingSettings, recipients: int) -> int:
    return sending.connections or (1 if recipients <= SMALL else MANY)
