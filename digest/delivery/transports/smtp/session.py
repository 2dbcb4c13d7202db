"""Opens a connection up to the point where messages can go: TCP, TLS, greeting, EHLO, login.

No library does this part: smtplib and aiosmtplib bound no reply in size and, the first, no wait as a whole; neither
hands over a connection with what it has read ahead, which must be nothing before TLS and before every final dot.
"""

import asyncio
import os
import socket
from base64 import b64encode
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address

from digest.delivery.transports.smtp.connection import Connection, LostError, encrypt
from digest.delivery.transports.smtp.replies import Features, Reply, features_of
from digest.delivery.transports.smtp.settings import Mechanism, Security, SmtpSettings
from digest.errors import BusyError, ConfigurationError

_GREETING, _READY = 220, 220
_SUCCESS, _GO_ON = 235, 334


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection, all questions answered."""

    connection: Connection
    features: Features


async def open_session(settings: SmtpSettings) -> Session:
    """Raise `ConfigurationError` for what will not mend itself (a wrong name, certificate or password), `BusyError`
    for what may (not reachable, too busy). Before TLS nothing but EHLO and STARTTLS is said.
    """
    connection = Connection(await _connected(settings))
    with ExitStack() as otherwise:
        otherwise.callback(connection.lose, "it was not used")
        try:
            features = await _set_up(connection, settings)
        except LostError as error:
            raise BusyError(settings.name, f"the connection failed: {error}", "try again later") from error
        otherwise.pop_all()
    return Session(connection, features)


async def _set_up(connection: Connection, settings: SmtpSettings) -> Features:
    seconds = settings.timeouts
    is_local = ip_address(connection.peer_address.partition("%")[0]).is_loopback
    _refuse_insecure(settings, is_local=is_local)
    if settings.security is Security.TLS:
        await encrypt(connection, settings)
    _require(settings, await connection.reply(seconds.banner), _GREETING, "it does not greet us")
    features = await _hello(connection, settings)
    if settings.security is Security.STARTTLS:
        if not features.starttls:
            raise ConfigurationError(
                settings.name,
                "it does not offer STARTTLS, so the connection cannot be encrypted. Nothing was sent",
                "use security tls with the port for it (465); if it did offer it before, somebody may be in between",
            )
        await connection.send(b"STARTTLS\r\n", seconds.tls)
        _require(settings, await connection.reply(seconds.tls), _READY, "it does not begin TLS")
        await encrypt(connection, settings)
        features = await _hello(connection, settings)  # what was said before may have come from somebody in between
    await log_in(connection, settings, features.mechanisms, is_safe=connection.is_encrypted or is_local)
    return features


def _refuse_insecure(settings: SmtpSettings, *, is_local: bool) -> None:
    is_secure = settings.security is not Security.NONE and settings.verify
    if not (is_secure or is_local or settings.accept_insecure):
        raise ConfigurationError(
            settings.name,
            "it is not on this machine, and the connection would be open to anybody in between",
            "use security starttls or tls and verify the certificate, or accept the danger by its word",
        )


async def _hello(connection: Connection, settings: SmtpSettings) -> Features:
    name = settings.hello_name or _own_name(connection)
    seconds = settings.timeouts.hello
    await connection.send(f"EHLO {name}\r\n".encode("ascii"), seconds)
    reply = await connection.reply(seconds)
    if reply.is_positive:
        return features_of(reply)
    if reply.code >= 500 and settings.security is Security.NONE and settings.username is None:  # noqa: PLR2004 – 5yz
        await connection.send(f"HELO {name}\r\n".encode("ascii"), seconds)
        reply = await connection.reply(seconds)
    _require(settings, reply, 250, "it does not accept our EHLO")
    return Features()


def _own_name(connection: Connection) -> str:
    """This machine's full name, or an address literal (RFC 5321 §4.1.3)."""
    name = socket.gethostname()
    if "." in name and name.isascii() and name.replace("-", "").replace(".", "").isalnum():
        return name
    address = connection.own_address.partition("%")[0]
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


# -- Logging in (RFC 4954): PLAIN, LOGIN, XOAUTH2. The secret is asked for each time and shown to nobody.


async def log_in(connection: Connection, settings: SmtpSettings, offered: frozenset[str], *, is_safe: bool) -> None:
    """Nothing without a user name. `is_safe`: the connection is encrypted, or does not leave this machine.

    Raise `ConfigurationError` when the server does not let us in, `BusyError` when it cannot tell now, `LostError`.
    """
    if settings.username is None or settings.secret is None:
        return
    if not is_safe:
        raise ConfigurationError(
            settings.name, "a password may not go over an unencrypted connection", "use security starttls or tls"
        )
    mechanism = next((each for each in settings.mechanisms if each in offered), None)
    if mechanism is None:
        raise ConfigurationError(
            settings.name,
            f"it offers no way to log in that is allowed here ({', '.join(settings.mechanisms)})",
            f"it offers {', '.join(sorted(offered)) or 'none'}: allow one of these, or remove the user name",
        )
    username, secret = settings.username, settings.secret()
    if not username or not secret or any(char in username + secret for char in "\0\r\n\x01"):
        raise ConfigurationError(
            settings.name, "user name or secret are empty or hold control characters", "correct them"
        )
    answers = _answers(mechanism, username, secret)
    reply = await _converse(connection, f"AUTH {mechanism}", answers, settings.timeouts.authentication)
    if reply.code != _SUCCESS:
        raise _refusal(settings, mechanism, reply, (secret, *answers))


def _answers(mechanism: Mechanism, username: str, secret: str) -> tuple[str, ...]:
    """The first goes with the command where the mechanism lets the client begin."""
    said: tuple[str, ...]
    match mechanism:
        case Mechanism.PLAIN:
            said = (f"\0{username}\0{secret}",)  # RFC 4616
        case Mechanism.XOAUTH2:
            said = (f"user={username}\x01auth=Bearer {secret}\x01\x01",)
        case Mechanism.LOGIN:
            said = (username, secret)
    return tuple(b64encode(each.encode()).decode("ascii") for each in said)


async def _converse(connection: Connection, command: str, answers: Sequence[str], seconds: float) -> Reply:
    begins = len(answers) == 1
    await connection.send(f"{command} {answers[0]}\r\n".encode() if begins else f"{command}\r\n".encode(), seconds)
    reply = await connection.reply(seconds)
    for answer in () if begins else answers:
        if reply.code != _GO_ON:
            return reply
        await connection.send(f"{answer}\r\n".encode(), seconds)
        reply = await connection.reply(seconds)
    if reply.code == _GO_ON:  # XOAUTH2 describes its refusal and wants an empty line before it refuses
        await connection.send(b"\r\n", seconds)
        reply = await connection.reply(seconds)
    return reply


def _refusal(
    settings: SmtpSettings, mechanism: Mechanism, reply: Reply, secrets: Sequence[str]
) -> BusyError | ConfigurationError:
    said = str(reply.code) if any(each in reply.text for each in secrets) else reply.text
    if 400 <= reply.code < 500:  # noqa: PLR2004 – RFC 5321 §4.2.1: 4yz
        return BusyError(settings.name, f"it cannot check who we are now ({said})", "try again later")
    return ConfigurationError(
        settings.name,
        f"it does not accept user name and secret ({mechanism}: {said})",
        "correct them",
    )
