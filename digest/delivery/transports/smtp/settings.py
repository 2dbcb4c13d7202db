"""What the SMTP transport is told: where, how safely, how patiently, how fast."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from digest.delivery.rates import Rates
from digest.errors import ConfigurationError
from digest.foundation.catalogue import _

_HOST = re.compile(r"[A-Za-z0-9_:.-]+")
_HELLO_NAME = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9:.]+\]")
_PORT_MOST = 65535


class Security(StrEnum):
    STARTTLS = "starttls"  # required: a server that does not offer it gets nothing
    TLS = "tls"  # from the first byte (RFC 8314)
    NONE = "none"


class Mechanism(StrEnum):
    """How to prove who we are; for XOAUTH2 the secret is the access token."""

    PLAIN = "PLAIN"
    LOGIN = "LOGIN"
    XOAUTH2 = "XOAUTH2"
    CRAM_MD5 = "CRAM-MD5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds for each wait, after RFC 5321 §4.5.3.2; a reply must have come as a whole."""

    connect: float = 30
    tls: float = 60
    banner: float = 300
    hello: float = 300
    authentication: float = 120
    mail: float = 300
    recipient: float = 300
    data: float = 120
    block: float = 180  # for every 64 KB of a message
    end: float = 600  # after the final dot
    quit: float = 2
    drain: float = 12  # what is under way may take so long to end when everything shall stop


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Raise `ConfigurationError` for settings that contradict each other.

    Without TLS, or without verifying the certificate (`verify`), only a server on this machine is spoken to, unless
    `accept_insecure` says the word; credentials go over an unencrypted connection to this machine only, whatever it
    says. `certificates` is a file of the authorities to trust in place of the system's.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    verify: bool = True
    certificates: Path | None = None
    accept_insecure: bool = False
    username: str | None = None
    secret: Callable[[], str] | None = field(default=None, repr=False)  # asked for at every login, never kept
    mechanisms: tuple[Mechanism, ...] = (Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.CRAM_MD5)
    hello_name: str | None = None  # default: this machine's name, else the domain, or its address
    domain: str | None = None  # of the sender
    connections: int = 1
    messages_per_connection: int = 50
    attempts: int = 8  # of a connection that come to nothing, one after the other, before it is given up
    rates: Rates = field(default_factory=Rates)
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def name(self) -> str:
        """The server, as messages to people name it."""
        return _("SMTP server {host}:{port}").format(host=self.host, port=self.port)

    def __post_init__(self) -> None:
        for is_wrong, cause, remedy in (
            (not _HOST.fullmatch(self.host), _("this is no host name"), _("write the server's name or address")),
            (
                not 0 < self.port <= _PORT_MOST,
                _("this is no port"),
                _("usual are 587 (starttls), 465 (tls) and 25 (none)"),
            ),
            (
                (self.username is None) != (self.secret is None),
                _("a user name and a secret belong together"),
                _("give both or none"),
            ),
            (self.username is not None and not self.mechanisms, _("no way to log in is allowed"), _("allow one")),
            (
                self.hello_name is not None and not _HELLO_NAME.fullmatch(self.hello_name),
                _("{name!r} cannot be the name we greet with").format(name=self.hello_name),
                _("write this machine's full host name"),
            ),
            (
                min(self.connections, self.messages_per_connection, self.attempts) < 1,
                _("connections, messages per connection and attempts must be at least 1"),
                _("correct the number"),
            ),
            (
                any(rate <= 0 for rate in self._all_rates()),
                _("a rate must be more than 0 messages per second"),
                _("correct the rate, or leave it out"),
            ),
        ):
            if is_wrong:
                raise ConfigurationError(self.name, cause, remedy)

    def _all_rates(self) -> list[float]:
        rates = self.rates
        return [each for each in (rates.overall, rates.other_domains, *rates.by_domain.values()) if each is not None]
