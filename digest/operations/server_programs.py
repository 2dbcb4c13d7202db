"""PostgreSQL's own programs, pg_dump and pg_restore: found, asked for their version, and carried out."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from digest.errors import BusyError, ConfigurationError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.neighbours import COMMAND_PATH, own_program

_SECONDS = 24 * 3_600.0  # for all of it
_VERSION = re.compile(r"\) (\d+)")  # pg_dump (PostgreSQL) 17.5 (Debian 17.5-1)
_SAID_MOST = 300  # letters of what a program says
_NO_SERVER = ("connection to server", "could not translate host name", "timeout expired")


def program_for(name: str, server: int) -> str:
    """Its path. Raise `ConfigurationError` where it is missing, or older than the server's version."""
    path = _found(name)
    said = _run([path, "--version"], {}).stdout
    own = _VERSION.search(said)
    if own is None or int(own[1]) < server:
        raise ConfigurationError(
            path,
            _("it is {version}, and the server is PostgreSQL {server}: an older one cannot read it").format(
                version=said.strip()[:_SAID_MOST] or _("of no known version"), server=server
            ),
            _(
                "install that version of PostgreSQL's programs, such as with: apt install postgresql-client-{server}"
            ).format(server=server),
        )
    return path


def carry_out(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Raise `BusyError` where the server cannot be reached, else `IntegrityError` with what the program said."""
    ended = _run(command, environment)
    if ended.returncode == 0:
        return
    said = " ".join(ended.stderr.split())[-_SAID_MOST:] or _("exit code {code}").format(code=ended.returncode)
    name = Path(command[0]).name
    if any(one in said for one in _NO_SERVER):
        raise BusyError(name, said, _("see whether the server runs and can be reached, then try again"))
    raise IntegrityError(name, said, _("look at what it says; nothing was changed"))


def refuse_unsound_dump(dump: Path, name: str) -> None:
    """Every byte is read and unpacked, and thrown away. Raise `IntegrityError` unless that can be done."""
    try:
        carry_out([_found("pg_restore"), "--file=/dev/null", str(dump)], {})
    except IntegrityError as error:
        raise IntegrityError(name, f"{error.thing}: {error.cause}", _("use an earlier backup")) from error


def _found(name: str) -> str:
    try:
        return str(own_program(name))
    except ConfigurationError as error:
        raise ConfigurationError(
            name, error.cause, _("install PostgreSQL's programs, such as with: apt install postgresql-client")
        ) from error


def _run(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """No password is among the arguments, which every user of the machine can read."""
    try:
        return subprocess.run(  # noqa: S603 – a program of the system, without a shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "PATH": COMMAND_PATH, "LC_ALL": "C", **environment},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BusyError(Path(command[0]).name, _("it has not come to its end in a day"), _("try again")) from error
