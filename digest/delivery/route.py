"""The route: by which server, program or folder the mails of an edition leave, and in what it differs from another.

It stands with the edition once its recipients are frozen. A password is no part of it: a new one leads to the same
server.
"""

from collections.abc import Mapping
from pathlib import Path

from digest.delivery.settings import DeliverySettings, TransportKind
from digest.foundation.catalogue import _

TRANSPORT, USERNAME = "transport", "username"


def route_of(settings: DeliverySettings, folder: Path) -> Mapping[str, str]:
    """By the keys of the settings; paths in `folder`, the workspace, as they are seen from there."""
    route = {TRANSPORT: settings.transport.value}
    match settings.transport:
        case TransportKind.SMTP if settings.smtp is not None:
            server = settings.smtp
            route |= {"host": server.host.lower(), "port": str(server.port), USERNAME: server.username or ""}
        case TransportKind.SENDMAIL:
            route["command"] = " ".join(settings.command)
        case _:
            path = settings.path
            route["path"] = str(path.relative_to(folder) if path.is_relative_to(folder) else path)
    return route


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Each in words, nothing where it is the same route. Of another transport only that is said; what an earlier
    version did not note is no difference. Who logs in is not named: it is often an address.
    """
    if before.get(TRANSPORT, now[TRANSPORT]) != now[TRANSPORT]:
        return [_was(TRANSPORT, before[TRANSPORT], now[TRANSPORT])]
    changed = [key for key in now if key in before and before[key] != now[key]]
    return [
        _("{key} is another one now").format(key=key) if key == USERNAME else _was(key, before[key], now[key])
        for key in changed
    ]


def _was(key: str, before: str, now: str) -> str:
    return _("{key} was {before} and is {now} now").format(key=key, before=before, now=now)
