"""A backup made unreadable for everybody but the holder of a key, by age or by gpg: both are made to be trusted."""

import os
import subprocess
from pathlib import Path

from digest.errors import CannotWriteError, ConfigurationError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import passing_name, sync_folder
from digest.foundation.neighbours import COMMAND_PATH, own_program

_AGE = ("age1", "ssh-")
SECONDS = 3_600.0


def encrypted(archive: Path, key: str) -> Path:
    """The encrypted file; the archive itself is gone, also where this raises: nobody asked for one in the clear."""
    by_age = key.startswith(_AGE)
    target = archive.with_name(f"{archive.name}.{'age' if by_age else 'gpg'}")
    passing = passing_name(target)
    try:
        if key.startswith("-"):
            raise UsageError("--encrypt-to", _("it begins like an option"), _("name a key"))
        if target.exists():
            raise UsageError(str(target), _("it is there already"), _("name another file: no backup is overwritten"))
        program = own_program("age" if by_age else "gpg")
        options = [] if by_age else ["--batch", "--yes", "--trust-model", "always", "--encrypt"]
        _carry_out([str(program), *options, "--recipient", key, "--output", str(passing), str(archive)], key)
        passing.chmod(0o600)
        with passing.open("rb") as file:
            os.fsync(file.fileno())
        passing.replace(target)
    except OSError as error:
        raise CannotWriteError(str(target), error.strerror or str(error), _("look at the disk")) from error
    finally:
        archive.unlink(missing_ok=True)
        passing.unlink(missing_ok=True)
    sync_folder(target.parent)
    return target


def _carry_out(command: list[str], key: str) -> None:
    ended = subprocess.run(  # noqa: S603 – a program of the system, without a shell
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | {"PATH": COMMAND_PATH},
        timeout=SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        said = " ".join(ended.stderr.split())[-300:] or f"exit code {ended.returncode}"
        raise ConfigurationError(f"{Path(command[0]).name} ({key})", said, _("name a key that it knows"))
