"""TLS as the settings want it: 1.2 or later, the certificate verified for the host unless a person said otherwise."""

import ssl
from functools import lru_cache
from pathlib import Path

from digest.errors import BusyError, ConfigurationError
from digest.transports.smtp.settings import SmtpSettings
from digest.transports.smtp.wire import LostError, Wire


async def encrypt(wire: Wire, settings: SmtpSettings) -> None:
    """Raise `ConfigurationError` for a server that cannot be trusted, `BusyError` for one that hangs up."""
    try:
        context = _context(settings.certificates, verify=settings.verify)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            str(settings.certificates), f"no certificates can be read ({error})", "name a PEM file of certificates"
        ) from error
    try:
        await wire.encrypt(context, settings.host, settings.timeouts.tls)
    except ssl.SSLCertVerificationError as error:
        raise ConfigurationError(
            settings.name,
            f"its certificate is not to be trusted: {error.verify_message}. Nothing was sent",
            "use the name that stands in the certificate; for an authority of your own, name its certificate file",
        ) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, LostError) as error:
        raise BusyError(
            settings.name, f"TLS could not begin: {_said(error)}. Nothing was sent", "try again later"
        ) from error
    except ssl.SSLError as error:
        raise ConfigurationError(
            settings.name,
            f"TLS could not begin: {_said(error)}. Nothing was sent",
            "check port and security: starttls is usual on 587, tls on 465; TLS 1.2 or later is needed",
        ) from error


@lru_cache(maxsize=4)  # reading the system's authorities takes longer than a message
def _context(certificates: Path | None, *, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return reason.replace("_", " ").lower() if isinstance(reason, str) else str(error)
