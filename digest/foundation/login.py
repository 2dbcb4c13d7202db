"""Logins: who runs the program, as the machine knows them."""

import getpass
import os
import socket
from dataclasses import dataclass

MACHINE = "DIGEST_MACHINE"  # names the machine where it has no id or name that lasts, such as in a container


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A system user on a host."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


def own_login() -> Login:
    """By the name of the user that the process runs as; by their number where they have no name."""
    return Login(user=_user(), host=socket.gethostname())


def machine_name() -> str:
    return os.environ.get(MACHINE, "").strip() or socket.gethostname()


def _user() -> str:
    try:
        import pwd  # Windows has none

        return pwd.getpwuid(os.geteuid()).pw_name
    except ImportError:
        return getpass.getuser()
    except KeyError:
        return str(os.geteuid())
