"""What the doctor asks in the network: the relay, and the DNS of the domains that mail comes from."""

import os
import socket
from collections.abc import Iterator
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING

from digest.app.delivering import KEYS
from digest.health.database import Stored
from digest.health.diagnosis import Diagnosis, fail, ok, skip, unknown, warn
from digest.health.dkim import ExpectedKey, dkim, unsigned
from digest.health.dmarc import Sender, dmarc
from digest.health.examining import Concern
from digest.health.lookup import Lookup
from digest.health.receiving import receiving
from digest.health.relay import relay
from digest.health.reverse_name import reverse_names
from digest.health.spf import Outlet, spf

if TYPE_CHECKING:
    from digest.app.doctoring import Wishes
    from digest.app.workspace import Workspace
    from digest.config.settings import Settings, SmtpWishes

BULK = 5_000  # readers: from here on the large providers ask for more
HEADERS = 4_096  # bytes that a signature and a reader's own links add to a variant
OUTSIDE = ("192.0.2.1", "2001:db8::1")  # addresses for documentation: nothing is ever sent there


def concerns(
    titles: tuple[str, str], workspace: "Workspace", settings: "Settings", stored: Stored, wishes: "Wishes"
) -> Iterator[Concern]:
    """`titles` of the two groups, the relay's first."""
    relay_title, dns_title = titles
    if wishes.offline:
        yield Concern(group=relay_title, what="Relay", look=lambda: _offline(settings))
        yield Concern(group=dns_title, what="DNS", look=lambda: [skip("Not looked at", "--offline: nobody is asked")])
        return
    round_ = _Round(workspace, settings, stored, Lookup(wishes.resolver))
    yield Concern(group=relay_title, what="Relay", look=round_.relay)
    yield Concern(group=relay_title, what="Reverse name", look=round_.reverse)
    yield Concern(group=dns_title, what="SPF", look=round_.spf)
    yield Concern(group=dns_title, what="DKIM", look=round_.dkim)
    yield Concern(group=dns_title, what="DMARC", look=round_.dmarc)
    yield Concern(group=dns_title, what="Mail to us", look=round_.receiving)


class _Round:
    """Concerns that share what was asked: each is looked at in a thread of its own."""

    def __init__(self, workspace: "Workspace", settings: "Settings", stored: Stored, lookup: Lookup) -> None:
        from digest.app.doctoring_files import signing_keys

        self._workspace, self._settings, self._stored, self._lookup = workspace, settings, stored, lookup
        self._keys, self._key_faults = signing_keys(workspace.folder / KEYS, settings.delivery.selectors)

    @cached_property
    def senders(self) -> list[Sender]:
        """Each newsletter's mail is signed for, and returns to, the domain of its first language's From."""
        found: dict[Sender, None] = {}
        returns = self._settings.delivery.return_path
        for newsletter in self._settings.newsletters:
            first = _domain(next(iter(newsletter.sender.values())).address)
            for mailbox in newsletter.sender.values():
                sender = Sender(
                    author=_domain(mailbox.address),
                    envelope=first if returns is None else _domain(returns),
                    signing=first if self._keys else None,
                )
                found[sender] = None
        return list(found)

    def spf(self) -> Iterator[Diagnosis]:
        outlet = self._outlet() if self._settings.delivery.smtp is not None else None
        for domain in dict.fromkeys(sender.envelope for sender in self.senders):
            yield from spf(self._lookup, domain, outlet)

    def dkim(self) -> Iterator[Diagnosis]:
        from digest.transports.dkim.keys import record_of

        yield from self._key_faults
        if not self._keys and not self._key_faults:
            yield unsigned()
        for domain in dict.fromkeys(sender.signing for sender in self.senders if sender.signing):
            for key in self._keys:
                expected = ExpectedKey(
                    name=record_of(key, domain).name, algorithm=key.algorithm.partition("-")[0], public=key.public
                )
                yield from dkim(self._lookup, domain, expected)

    def dmarc(self) -> Iterator[Diagnosis]:
        for sender in self.senders:
            yield from dmarc(self._lookup, sender, is_bulk=self._stored.readers >= BULK)

    def receiving(self) -> Iterator[Diagnosis]:
        roles = {sender.envelope: "returned mail" for sender in self.senders}
        for sender in self.senders:
            roles.setdefault(sender.author, "the From")
        for domain, role in roles.items():
            yield from receiving(self._lookup, domain, role)

    def relay(self) -> Iterator[Diagnosis]:
        wishes = self._settings.delivery.smtp
        if wishes is None:
            yield _program(self._settings.delivery.command)
            return
        from digest.app.doctoring_relay import SECONDS, probe

        try:
            seen = probe(self._settings)
        except TimeoutError:
            said = f"SMTP server {wishes.host}:{wishes.port} was not ready within {SECONDS:g} s; sending waits longer"
            yield warn("Relay", said, "ask again later; if it stays so, ask its operator")
            return
        largest = self._stored.largest
        yield from relay(seen, None if largest is None else largest + HEADERS, self._workspace.clock.now())

    def reverse(self) -> Iterator[Diagnosis]:
        wishes = self._settings.delivery.smtp
        if wishes is None:
            return
        outlet = self._outlet()
        if outlet is None:
            answer = self._lookup.addresses(wishes.host)
            if answer.is_known:
                yield skip("Reverse name", f"{wishes.host} has no address in DNS")
            else:
                yield unknown("Reverse name", answer.why)
        else:
            yield from reverse_names(self._lookup, outlet)

    def _outlet(self) -> Outlet | None:
        """Where mail is handed over; `None` when the relay's addresses are not known."""
        wishes = self._settings.delivery.smtp
        if wishes is None:
            return None
        addresses = _given(wishes) or self._lookup.addresses(wishes.host).values
        if addresses and all(ip_address(each).is_loopback for each in addresses):
            return Outlet(addresses=_own_addresses(), is_here=True)
        return Outlet(addresses=addresses, is_here=False) if addresses else None


def _offline(settings: "Settings") -> Iterator[Diagnosis]:
    """What can be said about the relay without asking it."""
    wishes = settings.delivery.smtp
    if wishes is None:
        yield _program(settings.delivery.command)
        return
    yield skip("Not looked at", f"--offline: {wishes.host} is not asked")
    if wishes.password_file is not None and not wishes.password_file.is_file():
        yield fail("Password", f"there is no file {wishes.password_file}", "write the password into it, chmod 600")
    if wishes.password_env is not None and not os.environ.get(wishes.password_env):
        said = f"the environment variable {wishes.password_env} is not set here"
        yield warn("Password", said, "set it wherever digest is started: cron, the service, this shell")


def _program(command: tuple[str, ...]) -> Diagnosis:
    program = command[0] if command else ""
    if not os.access(program, os.X_OK):
        return fail(
            "Program", f"{program} is not there, or cannot be run", "install a mail server, or name its sendmail"
        )
    return ok("Program", f"mail is handed to {program}; how it goes on is that program's, so no relay is asked")


def _given(wishes: "SmtpWishes") -> tuple[str, ...]:
    """The addresses of a relay whose name needs no DNS."""
    if wishes.host.rstrip(".").lower() == "localhost":
        return ("127.0.0.1",)
    try:
        return (str(ip_address(wishes.host)),)
    except ValueError:
        return ()


def _own_addresses() -> tuple[str, ...]:
    """From which this machine would talk to the world. Connecting a datagram socket sends nothing."""
    found = []
    for family, outside in zip((socket.AF_INET, socket.AF_INET6), OUTSIDE, strict=True):
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            try:
                asking.connect((outside, 53))
                found.append(str(asking.getsockname()[0]))
            except OSError:
                continue
    return tuple(found)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
