"""A mailbox on a server (RFC 3501), over TLS that is verified; through IMAPClient.

What the server answers is a stranger's text: IMAPClient may trip over it, and a literal is read as long as it was
announced. So no more of a message is asked for than will be looked at, and whatever goes wrong ends in plain words.
"""

import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import LoginError, ProtocolError
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

from digest.errors import BusyError, ConfigurationError, DigestError, PartlyFailedError
from digest.foundation.catalogue import _

DONE = "digest-done"
_DONE_NAMES = (DONE, f"INBOX.{DONE}", f"INBOX/{DONE}")  # where servers let us make it
PATIENCE_SECONDS = 20.0  # for each answer: nobody waits for a mailbox
WINDOW = 20_000  # messages asked for at a time: the client takes no line above a megabyte
_LOOPBACK = re.compile(r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1")
_REFUSED = re.compile(r"(\w+) failed: (.*)", re.DOTALL)  # so IMAPClient says that the answer was NO
_REFUSES_THE_WAY = re.compile(r"command error: BAD|mechanism|unsupported|not supported|\[CANNOT\]", re.IGNORECASE)
_MOST_SAID = 200  # characters of what a server says
logging.getLogger("imapclient").setLevel(logging.CRITICAL + 1)  # what it writes down holds names and lines of mail


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """`security` is tls, starttls or none; without encryption only this machine is spoken to. `certificates` is a file
    of the authorities to trust in place of the system's.
    """

    host: str
    port: int
    security: str
    username: str
    secret: Callable[[], str] = field(repr=False)
    uses_token: bool = False  # the secret is an OAuth2 access token (XOAUTH2)
    certificates: Path | None = None
    folder: str = "INBOX"
    then: str = "keep"

    @property
    def name(self) -> str:
        return _("IMAP server {host}:{port}").format(host=self.host, port=self.port)


class ImapMailbox:
    """One folder of it. Keys are UIDs, and the place says which UIDVALIDITY they belong to."""

    is_kept = True

    def __init__(self, settings: ImapAccount, client: IMAPClient, *, only_looking: bool) -> None:
        self._settings, self._client = settings, client
        folder = self._open_folder(only_looking=only_looking)
        self._count = folder.get(b"EXISTS")
        validity = folder.get(b"UIDVALIDITY", 0)
        self.place = f"imap:{settings.username}@{settings.host}:{settings.port}/{settings.folder};{validity}"

    def keys(self) -> Sequence[str]:
        """By the numbers of the messages that are there: UIDs ascend, but not one by one (RFC 3501 §2.3.1.1)."""
        if self._count is None:  # every server has to say it (RFC 3501 §6.3.1), and not every one does
            return self._search("1:*")
        windows = range(1, self._count + 1, WINDOW)
        return [key for first in windows for key in self._search(f"{first}:{min(first + WINDOW - 1, self._count)}")]

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        """Without marking it as read."""
        part = "BODY.PEEK[]" if most is None else f"BODY.PEEK[]<0.{most}>"
        found = self._ask(self._client.fetch, key, [part]).get(int(key), {})
        bodies = (value for name, value in found.items() if name.startswith(b"BODY[]"))
        return next((body for body in bodies if isinstance(body, bytes)), None)

    def mark(self, key: str) -> str:
        """The place says which UIDs are meant (RFC 3501 §2.3.1.1)."""
        return key

    def settle(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._ask(self._client.add_flags, key, [SEEN], silent=True)
            if self._settings.then == "move":
                self._move(key)
            elif self._settings.then == "delete":
                self._delete(key)

    def _search(self, numbers: str) -> list[str]:
        return [str(uid) for uid in self._ask(self._client.search, [numbers, "UNDELETED"])]

    def _move(self, key: str) -> None:
        folder = self._done_folder()
        if self._ask(self._client.has_capability, "MOVE"):  # RFC 6851
            self._ask(self._client.move, key, folder)
        else:
            self._ask(self._client.copy, key, folder)
            self._delete(key)

    def _delete(self, key: str) -> None:
        """Only this one: without UIDPLUS (RFC 4315) a server would also remove what others have marked."""
        self._ask(self._client.delete_messages, key, silent=True)
        if self._ask(self._client.has_capability, "UIDPLUS"):
            self._ask(self._client.uid_expunge, key)

    def done_folders(self) -> Sequence[str]:
        """Those that are there."""
        return [name for name in _DONE_NAMES if self._is_granted(self._client.folder_status, name, "MESSAGES")]

    def _done_folder(self) -> str:
        """Beside the folder that is read; on some servers all others lie below it."""
        for name in _DONE_NAMES:
            if self._is_granted(self._client.folder_status, name, "MESSAGES"):
                return name
            if self._is_granted(self._client.create_folder, name):
                self._is_granted(self._client.subscribe_folder, name)
                return name
        raise PartlyFailedError(
            self._settings.name,
            _("it lets us make no folder {done}").format(done=DONE),
            _("make it there, or write then: keep"),
        )

    def _open_folder(self, *, only_looking: bool) -> dict[bytes, Any]:
        folder = self._settings.folder
        with _plain_errors(self._settings):
            try:
                return dict(self._client.select_folder(folder, readonly=only_looking))
            except IMAPClient.ReadOnlyError as error:
                raise BusyError(
                    self._settings.name,
                    _('it cannot be read: "{folder}" is not writable').format(folder=folder),
                    _("try again later"),
                ) from error
            except IMAPClient.Error as error:
                if not (refused := _REFUSED.match(str(error))):
                    raise
                raise ConfigurationError(
                    self._settings.name,
                    _("the folder {folder} cannot be opened: {answer}").format(
                        folder=folder, answer=refused[2][:_MOST_SAID]
                    ),
                    _("name another in digest.yaml"),
                ) from error

    def _is_granted(self, method: Callable[..., Any], *arguments: Any) -> bool:
        try:
            self._ask(method, *arguments)
        except PartlyFailedError:
            return False
        return True

    def _ask(self, method: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Raise `PartlyFailedError` when the server refuses, or says of one thing what nobody understands."""
        with _plain_errors(self._settings):
            return method(*arguments, **more)


@contextmanager
def opened(settings: ImapAccount, *, only_looking: bool = False, longest: float | None = None) -> Iterator[ImapMailbox]:
    """Logged in, the folder open. Raise `ConfigurationError` for a server that is not to be trusted or does not know
    us, `BusyError` for one that cannot be reached. After the `longest` time, in seconds, the connection is cut.
    """
    if longest is None:
        with _opened(settings, IMAPClient, only_looking=only_looking) as box:
            yield box
        return
    client, cut = _cut_after(longest)
    try:
        with _opened(settings, client, only_looking=only_looking) as box:
            yield box
    except BusyError as error:
        if not cut.is_over:
            raise
        raise BusyError(
            settings.name, _("it took longer than {longest:g} seconds").format(longest=longest), _("try again later")
        ) from error
    finally:
        cut.ended.set()


@contextmanager
def _opened(settings: ImapAccount, kind: type[IMAPClient], *, only_looking: bool) -> Iterator[ImapMailbox]:
    if settings.security == "none" and not _LOOPBACK.fullmatch(settings.host):
        raise ConfigurationError(
            settings.name, _("unencrypted mail and passwords go to this machine only"), _("write security: tls")
        )
    context = None if settings.security == "none" else _context(settings)
    with _plain_errors(settings):
        client = kind(
            settings.host,
            settings.port,
            ssl=settings.security == "tls",
            ssl_context=context,
            timeout=PATIENCE_SECONDS,
        )
    with client:
        if settings.security == "starttls":
            _start_tls(settings, client, context)
        _log_in(settings, client)
        yield ImapMailbox(settings, client, only_looking=only_looking)


class _Cut(Thread):
    """Ends a connection, whoever waits for it: a server that says a byte now and then keeps within every timeout."""

    def __init__(self, after: float) -> None:
        super().__init__(daemon=True)
        self.ended, self._after, self.is_over = Event(), after, False
        self.connection: Any = None  # of imaplib: it has a socket before the server has said anything

    def run(self) -> None:
        if self.ended.wait(self._after):
            return
        self.is_over = True
        while not self.ended.wait(0.2):  # it may be about to be encrypted, and have another socket then
            with suppress(OSError, AttributeError, ValueError):
                self.connection.sock.shutdown(socket.SHUT_RDWR)


def _cut_after(seconds: float) -> tuple[type[IMAPClient], _Cut]:
    cut = _Cut(seconds)

    def watched(kind: Any) -> Any:
        class Watched(kind):  # type: ignore[misc] # the library has no types
            def __init__(self, *arguments: Any) -> None:
                cut.connection = self
                super().__init__(*arguments)

        return Watched

    class Client(IMAPClient):  # type: ignore[misc] # as above
        def _create_IMAP4(self) -> Any:  # noqa: N802 – the library calls it so
            patience = self._timeout.connect
            if self.ssl:
                return watched(IMAP4_TLS)(self.host, self.port, self.ssl_context, patience)
            return watched(IMAP4WithTimeout)(self.host, self.port, patience)

    cut.start()
    return Client, cut


def _start_tls(settings: ImapAccount, client: IMAPClient, context: ssl.SSLContext | None) -> None:
    with _plain_errors(settings):
        try:
            client.starttls(context)
        except IMAPClient.AbortError:
            raise
        except IMAPClient.Error as error:
            raise ConfigurationError(
                settings.name, _("it offers no STARTTLS. No password was sent"), _("write security: tls, usual on 993")
            ) from error


def _context(settings: ImapAccount) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.certificates)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            str(settings.certificates),
            _("no certificates can be read ({cause})").format(cause=error),
            _("name a PEM file of certificates"),
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _log_in(settings: ImapAccount, client: IMAPClient) -> None:
    secret = settings.secret()
    with _plain_errors(settings):
        try:
            _way_in(settings, client)(settings.username, secret)
        except (LoginError, UnicodeEncodeError) as error:
            if isinstance(error.__context__, IMAPClient.AbortError):  # the connection broke, and nobody was refused
                raise error.__context__ from None
            raise ConfigurationError(
                settings.name,
                _("it does not let {user} in").format(user=settings.username),
                _("check the user name and the password"),
            ) from None  # what the client says may hold the password


def _way_in(settings: ImapAccount, client: IMAPClient) -> Callable[[str, str], Any]:
    if settings.uses_token:
        return client.oauth2_login  # type: ignore[no-any-return] # the library has no types

    def prove(username: str, secret: str) -> None:
        """Another way is tried where the server refuses the first, not where it refuses us: each try counts there."""
        try:
            client.plain_login(username, secret)
        except LoginError as error:
            if not _REFUSES_THE_WAY.search(str(error)):
                raise
            log_in(username, secret)

    def log_in(username: str, secret: str) -> None:
        """Beyond ASCII as a literal (RFC 3501 §4.3), which IMAPClient cannot say of a password."""
        if secret.isascii() and username.isascii():
            client.login(username, secret)
            return
        if not username.isascii():
            raise ConfigurationError(
                settings.name,
                _("it takes no user name beyond ASCII: it does not let people in by AUTH=PLAIN"),
                _("ask its operator for another name"),
            )
        plain = client._imap  # noqa: SLF001 – imaplib below it can
        plain.literal = secret.encode("utf-8")
        kind, said = plain._simple_command("LOGIN", plain._quote(username))  # noqa: SLF001
        if kind != "OK":
            raise LoginError(b" ".join(said).decode("utf-8", "replace"))
        plain.state = "AUTH"

    return prove if client.has_capability("AUTH=PLAIN") else log_in


@contextmanager
def _plain_errors(settings: ImapAccount) -> Iterator[None]:
    try:
        yield
    except DigestError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise ConfigurationError(
            settings.name,
            _("its certificate is not to be trusted: {cause}. No password was sent").format(cause=error.verify_message),
            _("use the name that stands in the certificate; for an authority of your own, name its certificate file"),
        ) from error
    except ssl.SSLError as error:
        raise ConfigurationError(
            settings.name,
            _("TLS could not begin: {cause}").format(cause=error.reason or error),
            _("check port and security: 993 is usual for tls"),
        ) from error
    except ProtocolError as error:
        raise PartlyFailedError(settings.name, _("nobody understands its answer"), _("look at the mailbox")) from error
    except (OSError, IMAPClient.Error) as error:
        if refused := _REFUSED.match(str(error)):
            said = f"{refused[1].upper()}: {refused[2][:_MOST_SAID]}"
            raise PartlyFailedError(settings.name, said, _("look at the mailbox")) from error
        said = str(error).partition("\n")[0][:_MOST_SAID]
        raise BusyError(
            settings.name, _("it cannot be read: {said}").format(said=said), _("try again later")
        ) from error
    except Exception as error:  # whatever IMAPClient trips over came from the server
        said = _("it cannot be read: nobody understands its answer ({kind})").format(kind=type(error).__name__)
        raise BusyError(settings.name, said, _("try again later")) from error
