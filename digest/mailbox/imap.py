"""A mailbox on a server (RFC 3501), over TLS that is verified; through the standard library's client."""

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from digest.errors import BusyError, ConfigurationError, DigestError, PartlyFailedError

DONE = "digest-done"
PATIENCE_SECONDS = 60.0  # for each answer
WINDOW = 50_000  # UIDs asked for at a time: the client takes no line above a megabyte

_LOOPBACK = re.compile(r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1")
_NUMBER = re.compile(rb"[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """`security` is tls, starttls or none; without encryption only this machine is spoken to. `certificates` is a file
    of the authorities to trust in place of the system's.
    """

    host: str
    port: int
    security: str
    username: str
    secret: Callable[[], str] = field(repr=False)
    certificates: Path | None = None
    folder: str = "INBOX"
    then: str = "keep"

    @property
    def name(self) -> str:
        return f"IMAP server {self.host}:{self.port}"


class ImapMailbox:
    """Implements `digest.ports.Mailbox`. Keys are UIDs, and the place says which UIDVALIDITY they belong to."""

    is_kept = True

    def __init__(self, settings: ImapSettings, client: imaplib.IMAP4, *, only_looking: bool) -> None:
        self._settings, self._client = settings, client
        with self._plain():  # a server says more of itself to whom it knows
            (line, *_) = client.capability()[1]
        self._can = frozenset((line or b"").decode("ascii", "replace").upper().split())
        self._next = self._open_folder(only_looking=only_looking)
        validity = self._number("UIDVALIDITY")
        self.place = f"imap:{settings.username}@{settings.host}:{settings.port}/{settings.folder};{validity}"

    def keys(self) -> Sequence[str]:
        if not self._next:
            return self._search("1:*")
        windows = range(1, self._next, WINDOW)
        return [key for first in windows for key in self._search(f"{first}:{min(first + WINDOW, self._next) - 1}")]

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        """Without marking it as read."""
        part = "BODY.PEEK[]" if most is None else f"BODY.PEEK[]<0.{most}>"
        data = self._ask("FETCH", key, f"({part})")
        return next((bytes(one[1]) for one in data if isinstance(one, tuple)), None)

    def settle(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._ask("STORE", key, "+FLAGS.SILENT", r"(\Seen)")
            if self._settings.then == "move":
                self._move(key)
            elif self._settings.then == "delete":
                self._delete(key)

    def _search(self, uids: str) -> list[str]:
        (line, *_) = self._ask("SEARCH", f"UID {uids}", "UNDELETED")
        return [number.decode("ascii") for number in _NUMBER.findall(line)] if isinstance(line, bytes) else []

    def _move(self, key: str) -> None:
        folder = _quoted(self._done_folder())
        if "MOVE" in self._can:  # RFC 6851
            self._ask("MOVE", key, folder)
        else:
            self._ask("COPY", key, folder)
            self._delete(key)

    def _delete(self, key: str) -> None:
        """Only this one: without UIDPLUS (RFC 4315) a server would also remove what others have marked."""
        self._ask("STORE", key, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._can:
            self._ask("EXPUNGE", key)

    def _done_folder(self) -> str:
        """Beside the folder that is read; on some servers all others lie below it."""
        for name in (DONE, f"INBOX.{DONE}", f"INBOX/{DONE}"):
            with self._plain():
                if self._client.status(_quoted(name), "(MESSAGES)")[0] == "OK":
                    return name
                if self._client.create(_quoted(name))[0] == "OK":
                    self._client.subscribe(_quoted(name))
                    return name
        raise PartlyFailedError(
            self._settings.name, f"it lets us make no folder {DONE}", "make it there, or write then: keep"
        )

    def _open_folder(self, *, only_looking: bool) -> int:
        """The UID that the next message will get; 0 when the server does not say."""
        with self._plain():
            kind, data = self._client.select(_quoted(self._settings.folder), readonly=only_looking)
        if kind != "OK":
            raise ConfigurationError(
                self._settings.name,
                f"the folder {self._settings.folder} cannot be opened: {_said(data)}",
                "name another in digest.yaml",
            )
        return self._number("UIDNEXT")

    def _number(self, name: str) -> int:
        found = _NUMBER.search((self._client.response(name)[1] or [b""])[0] or b"")
        return int(found[0]) if found else 0

    def _ask(self, command: str, *arguments: str) -> Sequence[bytes | tuple[bytes, bytes]]:
        with self._plain():
            kind, data = self._client.uid(command, *arguments)
        if kind != "OK":
            raise PartlyFailedError(self._settings.name, f"{command}: {_said(data)}", "look at the mailbox")
        return data

    @contextmanager
    def _plain(self) -> Iterator[None]:
        with _plain_errors(self._settings):
            yield


@contextmanager
def opened(settings: ImapSettings, *, only_looking: bool = False) -> Iterator[ImapMailbox]:
    """Logged in, the folder open. Raise `ConfigurationError` for a server that is not to be trusted or does not know
    us, `BusyError` for one that cannot be reached.
    """
    if settings.security == "none" and not _LOOPBACK.fullmatch(settings.host):
        raise ConfigurationError(
            settings.name, "unencrypted mail and passwords go to this machine only", "write security: tls"
        )
    with _plain_errors(settings):
        client = _connected(settings)
    try:
        _log_in(settings, client)
        yield ImapMailbox(settings, client, only_looking=only_looking)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            client.logout()


def _connected(settings: ImapSettings) -> imaplib.IMAP4:
    if settings.security == "tls":
        return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=_context(settings), timeout=PATIENCE_SECONDS)
    client = imaplib.IMAP4(settings.host, settings.port, timeout=PATIENCE_SECONDS)
    if settings.security == "starttls":
        try:
            client.starttls(_context(settings))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            client.shutdown()
            raise ConfigurationError(
                settings.name, "it offers no STARTTLS. No password was sent", "write security: tls, usual on 993"
            ) from error
    return client


def _context(settings: ImapSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.certificates)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            str(settings.certificates), f"no certificates can be read ({error})", "name a PEM file of certificates"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _log_in(settings: ImapSettings, client: imaplib.IMAP4) -> None:
    secret = settings.secret()
    with _plain_errors(settings):
        try:
            if "AUTH=PLAIN" in client.capabilities:
                client.authenticate("PLAIN", lambda _: f"\0{settings.username}\0{secret}".encode())
            else:
                client.login(settings.username, secret)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise ConfigurationError(
                settings.name, f"it does not let {settings.username} in", "check the user name and the password"
            ) from None  # what the client says may hold the password


@contextmanager
def _plain_errors(settings: ImapSettings) -> Iterator[None]:
    try:
        yield
    except DigestError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise ConfigurationError(
            settings.name,
            f"its certificate is not to be trusted: {error.verify_message}. No password was sent",
            "use the name that stands in the certificate; for an authority of your own, name its certificate file",
        ) from error
    except ssl.SSLError as error:
        raise ConfigurationError(
            settings.name,
            f"TLS could not begin: {error.reason or error}",
            "check port and security: 993 is usual for tls",
        ) from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise BusyError(settings.name, f"it cannot be read: {error}", "try again later") from error


def _quoted(folder: str) -> str:
    """RFC 3501 §5.1.3: names are in a kind of UTF-7."""
    encoded = re.sub(r"[^\x20-\x7e]+", lambda found: _in_utf_7(found[0]), folder.replace("&", "&-"))
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_utf_7(text: str) -> str:
    return "&" + b64encode(text.encode("utf-16-be"), altchars=b"+,").decode("ascii").rstrip("=") + "-"


def _said(data: object) -> str:
    first = data[0] if isinstance(data, list) and data else data
    return first.decode("utf-8", "replace")[:200] if isinstance(first, bytes) else "it refused"
