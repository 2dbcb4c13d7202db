"""Key files: `<selector>.pem` in one folder, made once, never replaced, and read only while nobody else can."""

import os
from collections.abc import Sequence
from pathlib import Path

from digest.errors import CannotWriteError, ConfigurationError, UsageError
from digest.foundation.files import passing_name, sync_folder, write_synced
from digest.transports.dkim.keys import SigningKey, checked_name, signing_key

_ENDING = ".pem"
_OF_OTHERS = 0o077


def make_key(folder: Path, selector: str, bits: int | None) -> SigningKey:
    """Make an RSA key of so many bits, or without them an Ed25519 key, in a file that is 0600 from its first byte.

    Raise `UsageError` when the selector has a key already: its record may be in use.
    """
    path = folder / f"{checked_name(selector, 'the selector')}{_ENDING}"
    pem = _generated(bits)
    passing = passing_name(path)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_synced(passing, pem)
        try:
            os.link(passing, path)  # unlike a rename it never replaces
        finally:
            passing.unlink()
        sync_folder(folder)
    except FileExistsError:
        raise UsageError(str(path), "there is a key already", "name another selector for the new one") from None
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), "make the workspace writable") from error
    return read_key(path)


def read_keys(folder: Path, selectors: Sequence[str] = ()) -> tuple[SigningKey, ...]:
    """The keys of these selectors; without them all of the folder, none when it is not there. Raise as `read_key`."""
    if selectors:
        return tuple(read_key(folder / f"{checked_name(each, 'the selector')}{_ENDING}") for each in selectors)
    return tuple(read_key(path) for path in sorted(folder.glob(f"*{_ENDING}")) if not path.name.startswith("."))


def read_key(path: Path) -> SigningKey:
    """Raise `ConfigurationError` when it is missing, no key for DKIM, or others may read or change it."""
    selector = checked_name(path.name.removesuffix(_ENDING), "the selector")
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read()
    except FileNotFoundError:
        raise ConfigurationError(
            str(path), "the DKIM key is missing", "restore it from the backup, or make one with: digest dkim keygen"
        ) from None
    except OSError as error:
        cause = f"the DKIM key cannot be read: {error.strerror or error}"
        raise ConfigurationError(str(path), cause, "run digest as the user who owns it") from error
    if mode & _OF_OTHERS:
        raise ConfigurationError(str(path), "other users have access to the DKIM key", f"run: chmod 600 {path}")
    return signing_key(selector, pem, str(path))


def _generated(bits: int | None) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = Ed25519PrivateKey.generate() if bits is None else generate_private_key(65537, bits)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
