"""What the doctor asks in the network: the relay, and the DNS of the domains that mail comes from."""

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from cryptography.x509 import load_der_x509_certificate

from digest.delivery.dkim.keys import KEYS, SigningKey, read_key, record_of
from digest.delivery.settings import SmtpServerSettings
from digest.delivery.transports.choosing import smtp_settings
from digest.delivery.transports.smtp.connection import LostError
from digest.delivery.transports.smtp.session import Session, open_session
from digest.delivery.transports.smtp.settings import SmtpSettings
from digest.errors import ConfigurationError
from digest.foundation.catalogue import _
from digest.operations.doctor.database_file import Stored
from digest.operations.doctor.diagnosis import Diagnosis, DoctorOptions, Question, fail, ok, skip, unknown, warn
from digest.operations.doctor.dns import Lookup, Outlet, receiving, reverse_names
from digest.operations.doctor.signatures import ExpectedKey, Sender, dkim, dmarc, unsigned
from digest.operations.doctor.spf import spf
from digest.settings.instance import Instance
from digest.settings.settings import Settings

ENDS_SOON = timedelta(days=14)  # of certificates
PROBE_SECONDS = 12.0
CONNECT_SECONDS = 5.0
BULK = 5_000  # readers: from here on the large providers ask for more
HEADERS = 4_096  # bytes that a signature and a reader's own links add to a variant
OUTSIDE = ("192.0.2.1", "2001:db8::1")  # addresses for documentation: nothing is ever sent there


def concerns(
    titles: tuple[str, str], instance: Instance, settings: Settings, stored: Stored, options: DoctorOptions
) -> Iterator[Question]:
    """`titles` of the two groups, the relay's first."""
    relay_title, dns_title = titles
    if options.offline:
        yield Question(group=relay_title, what=_("Relay"), look=lambda: _offline(settings))
        yield Question(
            group=dns_title, what="DNS", look=lambda: [skip(_("Not looked at"), _("--offline: nobody is asked"))]
        )
        return
    round_ = _Round(instance, settings, stored, Lookup(options.resolver))
    yield Question(group=relay_title, what=_("Relay"), look=round_.relay)
    yield Question(group=relay_title, what=_("Reverse name"), look=round_.reverse)
    yield Question(group=dns_title, what="SPF", look=round_.spf)
    yield Question(group=dns_title, what="DKIM", look=round_.dkim)
    yield Question(group=dns_title, what="DMARC", look=round_.dmarc)
    yield Question(group=dns_title, what=_("Mail to us"), look=round_.receiving)


class _Round:
    """Concerns that share what was asked: each is looked at in a thread of its own."""

    def __init__(self, instance: Instance, settings: Settings, stored: Stored, lookup: Lookup) -> None:
        self._instance, self._settings, self._stored, self._lookup = instance, settings, stored, lookup
        self._keys, self._key_faults = _signing_keys(instance.folder / KEYS, settings.delivery.selectors)

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
        roles = {sender.envelope: _("returned mail") for sender in self.senders}
        for sender in self.senders:
            roles.setdefault(sender.author, _("the From"))
        for domain, role in roles.items():
            yield from receiving(self._lookup, domain, role)

    def relay(self) -> Iterator[Diagnosis]:
        smtp = self._settings.delivery.smtp
        if smtp is None:
            yield _program(self._settings.delivery.command)
            return
        try:
            seen = probe(self._settings)
        except TimeoutError:
            said = _("SMTP server {server} was not ready within {seconds} s; sending waits longer").format(
                server=f"{smtp.host}:{smtp.port}", seconds=f"{PROBE_SECONDS:g}"
            )
            yield warn(_("Relay"), said, _("ask again later; if it stays so, ask its operator"))
            return
        largest = self._stored.largest
        yield from relay(seen, None if largest is None else largest + HEADERS, self._instance.clock.now())

    def reverse(self) -> Iterator[Diagnosis]:
        smtp = self._settings.delivery.smtp
        if smtp is None:
            return
        outlet = self._outlet()
        if outlet is None:
            answer = self._lookup.addresses(smtp.host)
            if answer.is_known:
                yield skip(_("Reverse name"), _("{host} has no address in DNS").format(host=smtp.host))
            else:
                yield unknown(_("Reverse name"), answer.why)
        else:
            yield from reverse_names(self._lookup, outlet)

    def _outlet(self) -> Outlet | None:
        """Where mail is handed over; `None` when the relay's addresses are not known."""
        smtp = self._settings.delivery.smtp
        if smtp is None:
            return None
        addresses = _given(smtp) or self._lookup.addresses(smtp.host).values
        if addresses and all(ip_address(each).is_loopback for each in addresses):
            return Outlet(addresses=_own_addresses(), is_here=True)
        return Outlet(addresses=addresses, is_here=False) if addresses else None


def _signing_keys(folder: Path, selectors: tuple[str, ...]) -> tuple[list[SigningKey], list[Diagnosis]]:
    """The keys that sign, and what is wrong with the others."""
    found, faults = [], []
    paths = sorted(path for path in folder.glob("*.pem") if not path.name.startswith("."))
    missing = set(selectors) - {path.stem for path in paths}
    for path in paths:
        if selectors and path.stem not in selectors:
            continue
        try:
            found.append(read_key(path))
        except ConfigurationError as error:
            faults.append(fail(_("DKIM key {name}").format(name=path.name), error.cause, error.remedy))
    said, fix = _("the settings name it, but it is not in keys/dkim"), _("restore it from the backup, or name another")
    return found, [*faults, *(fail(_("DKIM key {name}").format(name=name), said, fix) for name in sorted(missing))]


def _offline(settings: Settings) -> Iterator[Diagnosis]:
    """What can be said about the relay without asking it."""
    smtp = settings.delivery.smtp
    if smtp is None:
        yield _program(settings.delivery.command)
        return
    yield skip(_("Not looked at"), _("--offline: {host} is not asked").format(host=smtp.host))
    if smtp.password_file is not None and not smtp.password_file.is_file():
        yield fail(
            _("Password"),
            _("there is no file {file}").format(file=smtp.password_file),
            _("write the password into it, chmod 600"),
        )
    if smtp.password_env is not None and not os.environ.get(smtp.password_env):
        said = _("the environment variable {variable} is not set here").format(variable=smtp.password_env)
        yield warn(_("Password"), said, _("set it wherever digest is started: cron, the service, this shell"))


def _program(command: tuple[str, ...]) -> Diagnosis:
    program = command[0] if command else ""
    if not os.access(program, os.X_OK):
        return fail(
            _("Program"),
            _("{program} is not there, or cannot be run").format(program=program),
            _("install a mail server, or name its sendmail"),
        )
    return ok(
        _("Program"),
        _("mail is handed to {program}; how it goes on is that program's, so no relay is asked").format(
            program=program
        ),
    )


def _given(smtp: SmtpServerSettings) -> tuple[str, ...]:
    """The addresses of a relay whose name needs no DNS."""
    if smtp.host.rstrip(".").lower() == "localhost":
        return ("127.0.0.1",)
    try:
        return (str(ip_address(smtp.host)),)
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


# -- The relay: what a real conversation with it has shown – encryption, certificate, login, size, what it offers.


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySeen:
    """`tls` is the version spoken, `None` without encryption; `size` the largest message it takes, if it said so."""

    name: str
    is_local: bool
    tls: str | None
    is_verified: bool
    certificate_ends_at: datetime | None
    user: str | None  # who has logged in
    size: int | None
    pipelining: bool
    eight_bit: bool


def relay(seen: RelaySeen, largest: int | None, now: datetime) -> Iterator[Diagnosis]:
    """`largest` is the size of the largest mail of the last edition, in bytes."""
    yield ok(_("Relay"), _("{name} answers and takes mail from us").format(name=seen.name))
    yield from _encryption(seen, now)
    if seen.user is not None:
        yield ok(_("Login"), _("it accepts user name and password of {user}").format(user=seen.user))
    yield _size(seen.size, largest)
    slow = "PIPELINING" if seen.pipelining else _("no PIPELINING, so each mail takes more round trips")
    narrow = "8BITMIME" if seen.eight_bit else _("no 8BITMIME; our mails need only 7 bits")
    yield ok(_("Extensions"), f"{slow}; {narrow}")


def _encryption(seen: RelaySeen, now: datetime) -> Iterator[Diagnosis]:
    if seen.tls is None and seen.is_local:
        yield ok(_("Encryption"), _("none, and none is needed: the relay is on this machine"))
    elif seen.tls is None:
        said = _("none, as the settings accept: everybody in between can read and change the mails")
        yield warn(_("Encryption"), said, _("write security: starttls or tls under delivery"))
    if seen.tls is None:
        return
    if not seen.is_verified:
        said = _(
            "{version}, but the certificate is not checked: anybody in between could pretend to be the relay"
        ).format(version=seen.tls)
        yield warn(
            _("Encryption"),
            said,
            _("take verify: false out; of an authority of your own, name the file: certificates:"),
        )
    else:
        yield ok(_("Encryption"), _("{version}, certificate verified").format(version=seen.tls))
    if seen.certificate_ends_at is not None:
        yield _ending(seen.certificate_ends_at, now)


def _ending(ends_at: datetime, now: datetime) -> Diagnosis:
    days, day = (ends_at - now).days, f"{ends_at:%Y-%m-%d}"
    if ends_at <= now:
        return fail(_("Certificate"), _("it ended on {day}").format(day=day), _("have the relay's operator renew it"))
    if ends_at - now < ENDS_SOON:
        said = _("it ends on {day}, in {days} days; from then on nothing is sent").format(day=day, days=days)
        return warn(_("Certificate"), said, _("have the relay's operator renew it before"))
    return ok(_("Certificate"), _("good until {day}").format(day=day))


def _size(most: int | None, largest: int | None) -> Diagnosis:
    limit = (
        _("it names no limit") if most is None else _("it takes mails of up to {size:,} KB").format(size=most // 1024)
    )
    if largest is None:
        return ok(_("Size"), _("{limit}; there is no edition yet to compare with").format(limit=limit))
    if most is not None and largest > most:
        said = _("{limit}, but the largest mail of the last edition has {size:,} KB").format(
            limit=limit, size=largest // 1024
        )
        return fail(_("Size"), said, _("shorten the mails, or ask the relay's operator for more"))
    return ok(
        _("Size"),
        _("{limit}; the largest mail of the last edition has {size:,} KB").format(limit=limit, size=largest // 1024),
    )


# -- Asks the relay: a conversation with the settings of sending, up to where a message could go, then QUIT.


def probe(settings: Settings, seconds: float = PROBE_SECONDS) -> RelaySeen:
    """Raise as `open_session` does, and `TimeoutError` when it was not done in so many seconds."""
    smtp = settings.delivery.smtp
    if smtp is None:
        raise ConfigurationError("delivery", _("it names no server"), _("write transport: smtp and its host"))
    written = smtp_settings(smtp, settings.delivery.sending, recipients=1)
    patient = replace(written, timeouts=replace(written.timeouts, connect=CONNECT_SECONDS))
    return asyncio.run(_probe(patient, seconds))


async def _probe(settings: SmtpSettings, seconds: float) -> RelaySeen:
    async with asyncio.timeout(seconds):
        session = await open_session(settings)
    try:
        seen = _seen(session, settings)
        with suppress(LostError):
            await session.connection.send(b"QUIT\r\n", settings.timeouts.quit)
            await session.connection.reply(settings.timeouts.quit)
    finally:
        session.connection.lose("all is asked")
    return seen


def _seen(session: Session, settings: SmtpSettings) -> RelaySeen:
    connected = session.connection.tls
    tls = connected if isinstance(connected, ssl.SSLSocket) else None
    return RelaySeen(
        name=settings.name,
        is_local=ip_address(session.connection.peer_address.partition("%")[0]).is_loopback,
        tls=None if tls is None else tls.version(),
        is_verified=settings.verify,
        certificate_ends_at=None if tls is None else _ends_at(tls),
        user=settings.username,
        size=session.features.size,
        pipelining=session.features.pipelining,
        eight_bit=session.features.eight_bit,
    )


def _ends_at(connected: ssl.SSLSocket) -> datetime | None:
    data = connected.getpeercert(binary_form=True)
    return None if data is None else load_der_x509_certificate(data).not_valid_after_utc
