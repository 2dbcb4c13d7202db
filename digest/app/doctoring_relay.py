"""Asks the relay: a conversation with the settings of sending, up to where a message could go, then QUIT."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from digest.errors import ConfigurationError
from digest.health.relay import RelaySeen

if TYPE_CHECKING:
    from digest.config.settings import Settings
    from digest.transports.smtp.session import Session
    from digest.transports.smtp.settings import SmtpSettings

SECONDS = 12.0
CONNECT_SECONDS = 5.0


def probe(settings: "Settings", seconds: float = SECONDS) -> RelaySeen:
    """Raise as `open_session` does, and `TimeoutError` when it was not done in so many seconds."""
    from digest.app.delivering import smtp_settings

    wishes = settings.delivery.smtp
    if wishes is None:
        raise ConfigurationError("delivery", "it names no server", "write transport: smtp and its host")
    written = smtp_settings(wishes, settings.delivery.sending, readers=1)
    patient = replace(written, timeouts=replace(written.timeouts, connect=CONNECT_SECONDS))
    return asyncio.run(_probe(patient, seconds))


async def _probe(settings: "SmtpSettings", seconds: float) -> RelaySeen:
    from digest.transports.smtp.session import open_session
    from digest.transports.smtp.wire import LostError

    async with asyncio.timeout(seconds):
        session = await open_session(settings)
    try:
        seen = _seen(session, settings)
        with suppress(LostError):
            await session.wire.send(b"QUIT\r\n", settings.timeouts.quit)
            await session.wire.reply(settings.timeouts.quit)
    finally:
        session.wire.lose("all is asked")
    return seen


def _seen(session: "Session", settings: "SmtpSettings") -> RelaySeen:
    connected = session.wire._socket  # noqa: SLF001 – the certificate of this very conversation, and nobody else has it
    tls = connected if isinstance(connected, ssl.SSLSocket) else None
    return RelaySeen(
        name=settings.name,
        is_local=ip_address(session.wire.peer_address.partition("%")[0]).is_loopback,
        tls=None if tls is None else tls.version(),
        is_verified=settings.verify,
        certificate_ends_at=None if tls is None else _ends_at(tls),
        user=settings.username,
        size=session.features.size,
        pipelining=session.features.pipelining,
        eight_bit=session.features.eight_bit,
    )


def _ends_at(connected: ssl.SSLSocket) -> datetime | None:
    from cryptography.x509 import load_der_x509_certificate

    data = connected.getpeercert(binary_form=True)
    return None if data is None else load_der_x509_certificate(data).not_valid_after_utc
