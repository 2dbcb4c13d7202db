"""Opens a connection up to the point where messages can go: TCP, TLS, greeting, EHLO, login.

No library does this part: smtplib and aiosmtplib bound no reply in size and, the first, no wait as a whole; neither
hands over a connection with what it has read ahead, which must be nothing before TLS and before every final dot.
"""

import asyncio
import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address

from digest.errors import BusyError, ConfigurationError
from digest.transports.smtp.authentication import log_in
from digest.transports.smtp.encryption import encrypt
from digest.transports.smtp.features import Features, features_of
from digest.transports.smtp.replies import Reply
from digest.transports.smtp.settings import Security, SmtpSettings
from digest.transports.smtp.wire import LostError, Wire

_GREETING, _READY = 220, 220


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection, all questions answered."""

    wire: Wire
    features: Features


async def open_session(settings: SmtpSettings) -> Session:
    """Raise `ConfigurationError` for what will not mend itself (a wrong name, certificate or password), `BusyError`
    for what may (not reachable, too busy). Before TLS nothing but EHLO and STARTTLS is said.
    """
    wire = Wire(await _connected(settings))
    with ExitStack() as otherwise:
        otherwise.callback(wire.lose, "it was not used")
        try:
            features = await _set_up(wire, settings)
        except LostError as error:
            raise BusyError(settings.name, f"the connection failed: {error}", "try again later") from error
        otherwise.pop_all()
    return Session(wire, features)


async def _set_up(wire: Wire, settings: SmtpSettings) -> Features:
    seconds = settings.timeouts
    is_local = ip_address(wire.peer_address.partition("%")[0]).is_loopback
    _refuse_insecure(settings, is_local=is_local)
    if settings.security is Security.TLS:
        await encrypt(wire, settings)
    _require(settings, await wire.reply(seconds.banner), _GREETING, "it does not greet us")
    features = await _hello(wire, settings)
    if settings.security is Security.STARTTLS:
        if not features.starttls:
            raise ConfigurationError(
                settings.name,
                "it does not offer STARTTLS, so the connection cannot be encrypted. Nothing was sent",
                "use security tls with the port for it (465); if it did offer it before, somebody may be in between",
            )
        await wire.send(b"STARTTLS\r\n", seconds.tls)
        _require(settings, await wire.reply(seconds.tls), _READY, "it does not begin TLS")
        await encrypt(wire, settings)
        features = await _hello(wire, settings)  # what was said before may have come from somebody in between
    await log_in(wire, settings, features.mechanisms, is_safe=wire.is_encrypted or is_local)
    return features


def _refuse_insecure(settings: SmtpSettings, *, is_local: bool) -> None:
    is_secure = settings.security is not Security.NONE and settings.verify
    if not (is_secure or is_local or settings.accept_insecure):
        raise ConfigurationError(
            settings.name,
            "it is not on this machine, and the connection would be open to anybody in between",
            "use security starttls or tls and verify the certificate, or accept the danger by its word",
        )


async def _hello(wire: Wire, settings: SmtpSettings) -> Features:
    name = settings.hello_name or _own_name(wire)
    seconds = settings.timeouts.hello
    await wire.send(f"EHLO {name}\r\n".encode("ascii"), seconds)
    reply = await wire.reply(seconds)
    if reply.is_positive:
        return features_of(reply)
    if reply.code >= 500 and settings.security is Security.NONE and settings.username is None:  # noqa: PLR2004 – 5yz
        await wire.send(f"HELO {name}\r\n".encode("ascii"), seconds)
        reply = await wire.reply(seconds)
    _require(settings, reply, 250, "it does not accept our EHLO")
    return Features()


def _own_name(wire: Wire) -> str:
    """This machine's full name, or an address literal (RFC 5321 §4.1.3)."""
    name = socket.gethostname()
    if "." in name and name.isascii() and name.replace("-", "").replace(".", "").isalnum():
        return name
    address = wire.own_address.partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _require(settings: SmtpSettings, reply: Reply, code: int, otherwise: str) -> None:
    if reply.code == code:
        return
    if reply.code >= 500:  # noqa: PLR2004 – RFC 5321 §4.2.1: 5yz
        raise ConfigurationError(settings.name, f"{otherwise} ({reply.text})", "ask its operator whether we may use it")
    raise BusyError(settings.name, f"{otherwise} ({reply.text})", "try again later")


async def _connected(settings: SmtpSettings) -> socket.socket:
    """The first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(settings.timeouts.connect):
            found = await loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            raise ConfigurationError(settings.name, "this host is not known", "check its name") from error
        raise BusyError(
            settings.name, f"its name could not be looked up: {error.strerror}", "try again later"
        ) from error
    except TimeoutError as error:
        raise BusyError(settings.name, "its name could not be looked up in time", "try again later") from error
    said = "it has no address"
    for family, kind, protocol, _, address in found:
        connecting = socket.socket(family, kind, protocol)
        try:
            connecting.settimeout(0)
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot does not wait for the body's ACK
            async with asyncio.timeout(settings.timeouts.connect):
                await loop.sock_connect(connecting, address)
        except TimeoutError:
            said = f"no answer within {settings.timeouts.connect:g} s"
            connecting.close()
        except OSError as error:
            said = os.strerror(error.errno).lower() if error.errno else str(error)  # asyncio words it otherwise
            connecting.close()
        except BaseException:
            connecting.close()
            raise
        else:
            return connecting
    raise BusyError(settings.name, f"it cannot be reached: {said}", "check host and port, or try again later")
