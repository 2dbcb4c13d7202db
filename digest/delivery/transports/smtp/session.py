"""Opens a connection up to the point where messages can go: TCP, TLS, greeting, EHLO, login.

No library does this part: smtplib and aiosmtplib bound no reply in size and, the first, no wait as a whole; neither
hands over a connection with what it has read ahead, which must be nothing before TLS and before every final dot.
"""

import asyncio
import hmac
import os
import re
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address

from digest.delivery.transports.smtp.connection import Connection, LostError, encrypt
from digest.delivery.transports.smtp.replies import Features, Reply, features_of
from digest.delivery.transports.smtp.settings import Mechanism, Security, SmtpSettings
from digest.errors import BusyError, ConfigurationError
from digest.foundation.catalogue import _

_GREETING, _READY = 220, 220
_SUCCESS, _GO_ON, _SYNTAX = 235, 334, 501
_COMMAND_MOST = 512  # octets (RFC 5321 §4.5.3.1.4): a longer response waits for the 334 (RFC 4954 §4)
_BEGIN = (Mechanism.PLAIN, Mechanism.XOAUTH2)  # mechanisms in which the client speaks first
_MECHANISM = re.compile(
    r"mechanism|authentication type|auth(?:entication)? (?:method|scheme)|not supported", re.IGNORECASE
)
_FULL_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_LOCAL_NAME = re.compile(
    r"^localhost\b|\.(?:local|localdomain|lan|home|internal|invalid|localhost|home\.arpa|corp|intranet)$"
)


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
            raise BusyError(
                settings.name, _("the connection failed: {cause}").format(cause=_(str(error))), _("try again later")
            ) from error
        otherwise.pop_all()
    return Session(connection, features)


async def _set_up(connection: Connection, settings: SmtpSettings) -> Features:
    seconds = settings.timeouts
    is_local = ip_address(connection.peer_address.partition("%")[0]).is_loopback
    _refuse_insecure(settings, is_local=is_local)
    if settings.security is Security.TLS:
        await encrypt(connection, settings)
    _require(settings, await connection.reply(seconds.banner), _GREETING, _("it does not greet us"))
    features = await _hello(connection, settings)
    if settings.security is Security.STARTTLS:
        if not features.starttls:
            raise ConfigurationError(
                settings.name,
                _("it does not offer STARTTLS, so the connection cannot be encrypted. Nothing was sent"),
                _("use security tls with the port for it (465); if it did offer it before, somebody may be in between"),
            )
        await connection.send(b"STARTTLS\r\n", seconds.tls)
        _require(settings, await connection.reply(seconds.tls), _READY, _("it does not begin TLS"))
        await encrypt(connection, settings)
        features = await _hello(connection, settings)  # what was said before may have come from somebody in between
    await log_in(connection, settings, features.mechanisms, is_safe=connection.is_encrypted or is_local)
    return features


def _refuse_insecure(settings: SmtpSettings, *, is_local: bool) -> None:
    is_secure = settings.security is not Security.NONE and settings.verify
    if not (is_secure or is_local or settings.accept_insecure):
        raise ConfigurationError(
            settings.name,
            _("it is not on this machine, and the connection would be open to anybody in between"),
            _("use security starttls or tls and verify the certificate, or accept the danger by its word"),
        )


async def _hello(connection: Connection, settings: SmtpSettings) -> Features:
    name = settings.hello_name or _own_name(connection, settings.domain)
    seconds = settings.timeouts.hello
    await connection.send(f"EHLO {name}\r\n".encode("ascii"), seconds)
    reply = await connection.reply(seconds)
    if reply.is_positive:
        return features_of(reply)
    if reply.code >= 500 and settings.security is Security.NONE and settings.username is None:  # noqa: PLR2004 – 5yz
        await connection.send(f"HELO {name}\r\n".encode("ascii"), seconds)
        reply = await connection.reply(seconds)
    remedy = _("we said that we are {name}: write another name after delivery.hello_name in digest.yaml").format(
        name=name
    )
    _require(settings, reply, 250, _("it does not accept our EHLO"), remedy)
    return Features()


def _own_name(connection: Connection, domain: str | None) -> str:
    """This machine's full name, where it has one that others may know; else the domain that we send from, or an address
    literal (RFC 5321 §4.1.3 and §4.1.4).
    """
    name = socket.gethostname().lower()
    if _FULL_NAME.fullmatch(name) and not _LOCAL_NAME.search(name):
        return name
    if domain is not None:
        return domain
    address = connection.own_address.partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _require(settings: SmtpSettings, reply: Reply, code: int, otherwise: str, remedy: str = "") -> None:
    if reply.code == code:
        return
    said = f"{otherwise} ({reply.text})"
    if reply.code >= 500:  # noqa: PLR2004 – RFC 5321 §4.2.1: 5yz
        raise ConfigurationError(settings.name, said, remedy or _("ask its operator whether we may use it"))
    raise BusyError(
        settings.name,
        said,
        _("try again later; if it stays so, {remedy}").format(remedy=remedy) if remedy else _("try again later"),
    )


async def _connected(settings: SmtpSettings) -> socket.socket:
    """The first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(settings.timeouts.connect):
            found = await loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            raise ConfigurationError(settings.name, _("this host is not known"), _("check its name")) from error
        raise BusyError(
            settings.name,
            _("its name could not be looked up: {cause}").format(cause=error.strerror),
            _("try again later"),
        ) from error
    except TimeoutError as error:
        raise BusyError(settings.name, _("its name could not be looked up in time"), _("try again later")) from error
    said = _("it has no address")
    for family, kind, protocol, _name, address in found:
        connecting = socket.socket(family, kind, protocol)
        try:
            connecting.settimeout(0)
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot does not wait for the body's ACK
            async with asyncio.timeout(settings.timeouts.connect):
                await loop.sock_connect(connecting, address)
        except TimeoutError:
            said = _("no answer within {seconds:g} s").format(seconds=settings.timeouts.connect)
            connecting.close()
        except OSError as error:
            said = os.strerror(error.errno).lower() if error.errno else str(error)  # asyncio words it otherwise
            connecting.close()
        except BaseException:
            connecting.close()
            raise
        else:
            return connecting
    raise BusyError(
        settings.name, _("it cannot be reached: {said}").format(said=said), _("check host and port, or try again later")
    )


# -- Logging in (RFC 4954). The secret is asked for each time and shown to nobody.


async def log_in(connection: Connection, settings: SmtpSettings, offered: frozenset[str], *, is_safe: bool) -> None:
    """Nothing without a user name. `is_safe`: the connection is encrypted, or does not leave this machine. Another
    mechanism is tried where the server refuses the first, not where it refuses us.

    Raise `ConfigurationError` when the server does not let us in, `BusyError` when it cannot tell now, `LostError`.
    """
    if settings.username is None or settings.secret is None:
        return
    if not is_safe:
        raise ConfigurationError(
            settings.name, _("a password may not go over an unencrypted connection"), _("use security starttls or tls")
        )
    mechanisms = [each for each in settings.mechanisms if each in offered]
    if not mechanisms:
        known = [each.lower() for each in sorted(offered) if each in {*Mechanism}]
        names = ", ".join(sorted(offered)) or _("none")
        remedy = _("it offers {names}, none that we know; or remove the user name")
        if known:
            remedy = _(
                "it offers {names}: write auth: [{known}] under delivery in digest.yaml; or remove the user name"
            )
        raise ConfigurationError(
            settings.name,
            _("it offers no way to log in that is allowed here ({mechanisms})").format(
                mechanisms=", ".join(settings.mechanisms)
            ),
            remedy.format(names=names, known=", ".join(known)),
        )
    username, secret = settings.username, settings.secret()
    if not username or not secret or any(char in username + secret for char in "\0\r\n\x01"):
        raise ConfigurationError(
            settings.name, _("user name or secret are empty or hold control characters"), _("correct them")
        )
    refused: list[tuple[Mechanism, Reply]] = []
    for mechanism in mechanisms:
        reply = await _try(connection, mechanism, username, secret, settings.timeouts.authentication)
        if reply.code == _SUCCESS:
            return
        refused.append((mechanism, reply))
        if not _refuses_the_mechanism(reply):
            break
    raise _refusal(settings, refused, (secret, *_encoded(username, secret)))


async def _try(connection: Connection, mechanism: Mechanism, username: str, secret: str, seconds: float) -> Reply:
    """A server that takes no initial response, or none so long, is asked first (500 and 501, RFC 4954 §4 and §6)."""
    reply = await _converse(connection, mechanism, username, secret, seconds, begins=True)
    if reply.code in (500, _SYNTAX) and mechanism in _BEGIN:
        reply = await _converse(connection, mechanism, username, secret, seconds, begins=False)
    return reply


async def _converse(
    connection: Connection, mechanism: Mechanism, username: str, secret: str, seconds: float, *, begins: bool
) -> Reply:
    """`begins`: say the first response with the command, where the mechanism and its length allow that."""
    command = f"AUTH {mechanism}"
    responses = iter(_responses(mechanism, username, secret))
    if begins and mechanism in _BEGIN and len(with_first := f"{command} {next(responses)('')}\r\n") <= _COMMAND_MOST:
        await connection.send(with_first.encode(), seconds)
    else:
        responses = iter(_responses(mechanism, username, secret))
        await connection.send(f"{command}\r\n".encode(), seconds)
    reply = await connection.reply(seconds)
    for response in responses:
        if reply.code != _GO_ON:
            return reply
        await connection.send(f"{response(reply.lines[0])}\r\n".encode(), seconds)
        reply = await connection.reply(seconds)
    if reply.code == _GO_ON:  # XOAUTH2 describes its refusal and wants an empty line before it refuses
        await connection.send(b"\r\n", seconds)
        reply = await connection.reply(seconds)
    return reply


def _responses(mechanism: Mechanism, username: str, secret: str) -> tuple[Callable[[str], str], ...]:
    """Each answers what the server says after 334."""

    def digest(challenge: str) -> str:  # RFC 2195
        try:
            asked = b64decode(challenge, validate=True)
        except ValueError:
            asked = b""
        return _base64(f"{username} {hmac.new(secret.encode(), asked, 'md5').hexdigest()}")

    match mechanism:
        case Mechanism.PLAIN:
            return (lambda _: _base64(f"\0{username}\0{secret}"),)  # RFC 4616
        case Mechanism.XOAUTH2:
            return (lambda _: _base64(f"user={username}\x01auth=Bearer {secret}\x01\x01"),)
        case Mechanism.LOGIN:
            return (lambda _: _base64(username), lambda _: _base64(secret))
        case Mechanism.CRAM_MD5:
            return (digest,)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


def _encoded(username: str, secret: str) -> tuple[str, ...]:
    """The forms in which a server could repeat the secret."""
    said = (f"\0{username}\0{secret}", secret, f"user={username}\x01auth=Bearer {secret}\x01\x01")
    return tuple(map(_base64, said))


def _refuses_the_mechanism(reply: Reply) -> bool:
    """RFC 4954 §4 and §6: 504, or what says so in words or by its enhanced code; 501 and 502 are said of commands."""
    return reply.code in (_SYNTAX, 502, 504) or (
        reply.code >= 500 and (reply.enhanced in ("5.7.4", "5.7.9", "5.5.4") or bool(_MECHANISM.search(reply.text)))  # noqa: PLR2004 – 5yz
    )


def _refusal(
    settings: SmtpSettings, refused: Sequence[tuple[Mechanism, Reply]], secrets: Sequence[str]
) -> BusyError | ConfigurationError:
    last = refused[-1][1]
    told = [(name, str(one.code) if any(each in one.text for each in secrets) else one.text) for name, one in refused]
    said = "; ".join(f"{name}: {text}" for name, text in told)
    if 400 <= last.code < 500:  # noqa: PLR2004 – RFC 5321 §4.2.1: 4yz
        return BusyError(
            settings.name,
            _("it cannot check who we are now ({answer})").format(answer=told[-1][1]),
            _("try again later"),
        )
    if all(_refuses_the_mechanism(reply) for _, reply in refused):
        cause = _("it takes none of our ways to log in ({said})").format(said=said)
        return ConfigurationError(settings.name, cause, _("ask its operator which it takes, and write it after auth:"))
    return ConfigurationError(
        settings.name, _("it does not accept user name and secret ({said})").format(said=said), _("correct them")
    )
