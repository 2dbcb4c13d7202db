"""Keys: what signs, and the DNS record by which everybody can check it (RFC 6376 §3.6.1; RFC 8301; RFC 8463)."""

import os
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from digest.errors import CannotWriteError, ConfigurationError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import passing_name, sync_folder, write_synced

KEYS = Path("keys", "dkim")  # the folder of a workspace that holds them
RSA_BITS = (2048, 3072, 4096)
_STRING_MOST = 255  # bytes in one string of a TXT record (RFC 1035 §3.3)
_NAME_MOST = 253
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key that can sign and say its record, and nothing else: no representation of it holds a secret."""

    selector: str
    algorithm: str  # as in `a=`
    public: str  # as in `p=`
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A TXT record: the public key, where everybody finds it."""

    name: str
    value: str

    @property
    def strings(self) -> list[str]:
        """The value as DNS stores it."""
        return [self.value[start : start + _STRING_MOST] for start in range(0, len(self.value), _STRING_MOST)]

    @property
    def line(self) -> str:
        """As in a zone file."""
        strings = "\n    ".join(f'"{each}"' for each in self.strings)
        return f"{self.name}. IN TXT (\n    {strings} )"


def signing_key(selector: str, pem: bytes, place: str) -> SigningKey:
    """From an unencrypted PKCS#8 PEM; `place` is what errors name. Both kinds of signature are deterministic.

    Raise `ConfigurationError` for anything but RSA of at least 2048 bits or Ed25519.
    """
    # 15 ms: only where a key is read or made
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # what they say could quote the key
        raise ConfigurationError(
            place,
            _("this is no private key in PEM form, or it asks for a passphrase"),
            _("make one with: digest dkim keygen"),
        ) from None
    if isinstance(private, RSAPrivateKey) and private.key_size >= RSA_BITS[0]:
        padding, algorithm = PKCS1v15(), SHA256()
        written = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return SigningKey(
            selector=selector,
            algorithm="rsa-sha256",
            public=b64encode(written).decode("ascii"),
            sign=lambda data: private.sign(data, padding, algorithm),
        )
    if isinstance(private, Ed25519PrivateKey):
        return SigningKey(
            selector=selector,
            algorithm="ed25519-sha256",
            public=b64encode(private.public_key().public_bytes_raw()).decode("ascii"),
            sign=lambda data: private.sign(sha256(data).digest()),  # RFC 8463 §3
        )
    raise ConfigurationError(
        place, _("only RSA of at least 2048 bits and Ed25519 can sign mail"), _("make one with: digest dkim keygen")
    )


def record_of(key: SigningKey, domain: str) -> KeyRecord:
    """What is to be published for mail from `domain`; `checked_name` must have passed it."""
    return KeyRecord(
        name=f"{key.selector}._domainkey.{domain}",
        value=f"v=DKIM1; k={key.algorithm.partition('-')[0]}; p={key.public}",
    )


def checked_name(name: str, what: str) -> str:
    """A selector or a domain in lower case; raise `ConfigurationError` when DNS could not hold it."""
    lower = name.lower()
    if len(lower) > _NAME_MOST or not _NAME.fullmatch(lower):
        raise ConfigurationError(
            f"{what} {name!r}", _("this cannot be a name in DNS"), _("use letters, digits, - and dots")
        )
    return lower


# -- Key files: `<selector>.pem` in one folder, made once, never replaced, and read only while nobody else can.

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
        raise UsageError(str(path), _("there is a key already"), _("name another selector for the new one")) from None
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error
    return read_key(path)


def read_keys(folder: Path, selectors: Sequence[str] = ()) -> tuple[SigningKey, ...]:
    """The keys of these selectors; without them all of the folder, none when it is not there. Raise as `read_key`."""
    if selectors:
        return tuple(read_key(folder / f"{checked_name(each, 'the selector')}{_ENDING}") for each in selectors)
    return tuple(read_key(path) for path in sorted(folder.glob(f"*{_ENDING}")) if not path.name.startswith("."))


def read_key(path: Path) -> SigningKey:
    """Raise `ConfigurationError` when it is missing, no key for DKIM, or others may read or change it."""
    selector = checked_name(path.name.removesuffix(_ENDING), _("the selector"))
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read()
    except FileNotFoundError:
        raise ConfigurationError(
            str(path),
            _("the DKIM key is missing"),
            _("restore it from the backup, or make one with: digest dkim keygen"),
        ) from None
    except OSError as error:
        cause = _("the DKIM key cannot be read: {cause}").format(cause=error.strerror or error)
        raise ConfigurationError(str(path), cause, _("run digest as the user who owns it")) from error
    if mode & _OF_OTHERS:
        raise ConfigurationError(
            str(path), _("other users have access to the DKIM key"), _("run: chmod 600 {path}").format(path=path)
        )
    return signing_key(selector, pem, str(path))


def _generated(bits: int | None) -> bytes:
    # 15 ms, as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = Ed25519PrivateKey.generate() if bits is None else generate_private_key(65537, bits)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
