"""Secrets of others, such as a password: read when they are needed, from a file or an environment variable."""

import os
from collections.abc import Callable
from pathlib import Path

from digest.errors import ConfigurationError


def secret_from(file: Path | None, variable: str | None) -> Callable[[], str]:
    """What reads it, from one of the two; it raises `ConfigurationError` where there is none, or others may read it."""

    def from_environment() -> str:
        password = os.environ.get(variable or "")
        if not password:
            raise ConfigurationError(f"the environment variable {variable}", "it is not set", "set it to the password")
        return password

    def from_file() -> str:
        path = file or Path()
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigurationError(str(path), "other users may read the password", f"run: chmod 600 {path}")
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(str(path), error.strerror or str(error), "write the password into it") from error

    return from_environment if variable else from_file
