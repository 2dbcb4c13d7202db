"""Secrets: the workspace's own, behind Message-IDs and every unsubscribe link; and passwords that others gave it."""

import os
import secrets
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from digest.errors import BusyError, CannotWriteError, ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.failpoints import reach
from digest.foundation.files import passing_name, write_synced
from digest.foundation.neighbours import COMMAND_PATH, own_program

BYTES = 32
_PATIENCE = 60.0  # seconds for a program that prints a token


def make_secret(path: Path) -> None:
    """Write a new secret, readable by the owner only; one that is there is never replaced, not even half-way."""
    if path.exists():
        return
    passing = passing_name(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_synced(passing, secrets.token_hex(BYTES).encode() + b"\n")
        reach("secret.before-link")
        with suppress(FileExistsError, FileNotFoundError):  # somebody else was first
            os.link(passing, path)
        for left in path.parent.glob(f".{path.name}.*.new"):  # also of processes that were killed here
            left.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error


def read_secret(path: Path) -> bytes:
    """Raise `ConfigurationError` when it is missing, altered or open to others."""
    try:
        mode = path.stat().st_mode
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise ConfigurationError(
            str(path),
            _("the key of this workspace is missing"),
            _("restore it from the backup: old links depend on it"),
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            str(path), _("the key cannot be read: {cause}").format(cause=error), _("restore it from the backup")
        ) from error
    if len(secret) != BYTES:
        raise ConfigurationError(str(path), _("the key was altered"), _("restore it from the backup"))
    if mode & 0o077:
        raise ConfigurationError(
            str(path), _("other users may read the key"), _("run: chmod 600 {path}").format(path=path)
        )
    return secret


def read_secrets(path: Path) -> tuple[bytes, ...]:
    """The secret, and those before it: beside it, each as `secret-before-…`. What they made is still known."""
    return read_secret(path), *(read_secret(one) for one in former_secrets(path))


def former_secrets(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}-before-*"))


def secret_from(file: Path | None, variable: str | None) -> Callable[[], str]:
    """What reads a password when it is needed, from one of the two. It raises `ConfigurationError` where there is none,
    or others may read it.
    """

    def from_environment() -> str:
        password = os.environ.get(variable or "")
        if not password:
            raise ConfigurationError(
                _("the environment variable {variable}").format(variable=variable),
                _("it is not set"),
                _("set it to the password"),
            )
        return password

    def from_file() -> str:
        path = file or Path()
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigurationError(
                    str(path), _("other users may read the password"), _("run: chmod 600 {path}").format(path=path)
                )
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                str(path), error.strerror or str(error), _("write the password into it")
            ) from error

    return from_environment if variable else from_file


def printed_by(command: Sequence[str]) -> Callable[[], str]:
    """What runs a program that prints a secret, whenever it is needed. It raises `ConfigurationError` where there is no
    such program, `BusyError` where it fails; what it says is shown to nobody.
    """

    def from_program() -> str:
        name = _("the command {command}").format(command=command[0])
        whole = [str(own_program(command[0])), *command[1:]]
        usual = os.environ | {"PATH": COMMAND_PATH}
        try:
            ran = subprocess.run(whole, capture_output=True, timeout=_PATIENCE, check=False, env=usual)  # noqa: S603 – of the settings
        except subprocess.TimeoutExpired as error:
            raise BusyError(
                name, _("it printed no token within {seconds:g} s").format(seconds=_PATIENCE), _("try again later")
            ) from error
        except OSError as error:
            cause = _("it cannot be run: {cause}").format(cause=(error.strerror or str(error)).lower())
            raise ConfigurationError(name, cause, _("correct token_command in digest.yaml")) from error
        token = ran.stdout.decode("utf-8", "replace").strip()
        if ran.returncode or not token or "\n" in token:
            cause = _("it printed nothing, or more than one line")
            if ran.returncode:
                cause = _("exit code {code}").format(code=ran.returncode)
            raise BusyError(
                name,
                _("it gave no token ({cause})").format(cause=cause),
                _("try it by hand, as the user that runs digest: {name}").format(name=name),
            )
        return token

    return from_program
