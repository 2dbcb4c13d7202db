"""Logging in (RFC 4954): PLAIN, LOGIN, XOAUTH2. The secret is asked for each time and shown to nobody."""

import os
import stat
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path

from digest.errors import BusyError, ConfigurationError
from digest.transports.smtp.replies import Reply
from digest.transports.smtp.settings import Mechanism, SmtpSettings
from digest.transports.smtp.wire import Wire

_SUCCESS, _GO_ON = 235, 334
_SECRET_MOST = 65536
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secret_in(path: Path) -> Callable[[], str]:
    """A secret that is read from its file at every login, so that another program may renew it.

    Asking for it raises `ConfigurationError` for a file that is missing, empty, or readable by others.
    """

    def secret() -> str:
        try:
            with path.open("rb") as file:
                is_open_to_others = bool(os.fstat(file.fileno()).st_mode & _OTHERS)
                text = file.read(_SECRET_MOST).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigurationError(
                str(path), f"the secret cannot be read: {said}", "write the secret there"
            ) from None
        if is_open_to_others:
            raise ConfigurationError(str(path), "others can read this secret", f"chmod 600 {path}")
        if not text:
            raise ConfigurationError(str(path), "the file is empty", "write the secret there")
        return text

    return secret


async def log_in(wire: Wire, settings: SmtpSettings, offered: frozenset[str], *, is_safe: bool) -> None:
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
    reply = await _converse(wire, f"AUTH {mechanism}", answers, settings.timeouts.authentication)
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


async def _converse(wire: Wire, command: str, answers: Sequence[str], seconds: float) -> Reply:
    begins = len(answers) == 1
    await wire.send(f"{command} {answers[0]}\r\n".encode() if begins else f"{command}\r\n".encode(), seconds)
    reply = await wire.reply(seconds)
    for answer in () if begins else answers:
        if reply.code != _GO_ON:
            return reply
        await wire.send(f"{answer}\r\n".encode(), seconds)
        reply = await wire.reply(seconds)
    if reply.code == _GO_ON:  # XOAUTH2 describes its refusal and wants an empty line before it refuses
        await wire.send(b"\r\n", seconds)
        reply = await wire.reply(seconds)
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
