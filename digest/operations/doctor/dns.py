"""DNS: questions to it, whether a domain receives mail, and whether an address leads back to its name.

No such name, no such record, a broken answer and no answer are four different things.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.name
import dns.rcode
import dns.resolver
import dns.reversename

from digest.foundation.catalogue import _
from digest.operations.doctor.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn

PORT = 53
TRY_SECONDS = 1.5  # for one resolver to answer
QUESTION_SECONDS = 4.0  # for all of them
SILENCES_MOST = 3  # questions, until it is believed that nobody answers
EDNS_SIZE = 1232  # bytes of an answer by UDP; longer ones come by TCP
_IMPOSSIBLE = (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape)


class LookupOutcome(StrEnum):
    FOUND = "found"
    NO_NAME = "no such name"
    NO_RECORD = "no such record"
    BROKEN = "broken"  # an answer that says nothing: SERVFAIL, a loop
    SILENT = "silent"  # no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """`why` explains the last two outcomes; texts are ASCII, other bytes escaped."""

    outcome: LookupOutcome
    values: tuple[str, ...] = ()
    why: str = ""

    @property
    def is_found(self) -> bool:
        return self.outcome is LookupOutcome.FOUND

    @property
    def is_known(self) -> bool:
        """Whether it is known what there is, be it nothing."""
        return self.outcome not in (LookupOutcome.BROKEN, LookupOutcome.SILENT)

    @property
    def is_absent(self) -> bool:
        return self.outcome in (LookupOutcome.NO_NAME, LookupOutcome.NO_RECORD)


class Lookup:
    """Asks the machine's resolvers, or the one at `resolver` (address, port); each question once.

    All questions together take at most `seconds` from now on: later ones are not asked and count as silent. So do all
    questions after some silence when nothing was ever answered.
    """

    def __init__(self, resolver: tuple[str, int] | None = None, *, seconds: float = 15.0) -> None:
        self._until = time.monotonic() + seconds
        self._known: dict[tuple[str, str], DnsAnswer] = {}
        self._resolver = _resolver(resolver)
        self._silences: int | None = 0  # `None` once something was answered

    def texts(self, name: str) -> DnsAnswer:
        """TXT records, the strings of each joined."""
        return self._ask(name, "TXT", lambda record: b"".join(record.strings).decode("ascii", "backslashreplace"))

    def exchanges(self, name: str) -> DnsAnswer:
        """MX hosts; an empty name says that there is none (RFC 7505)."""
        return self._ask(name, "MX", lambda record: _plain(record.exchange))

    def addresses(self, name: str) -> DnsAnswer:
        """A and AAAA. Silence about one of them counts when the other is not there."""
        answers = [self._ask(name, kind, lambda record: str(record.address)) for kind in ("A", "AAAA")]
        values = tuple(value for answer in answers for value in answer.values)
        if values:
            return DnsAnswer(outcome=LookupOutcome.FOUND, values=values)
        return next((answer for answer in answers if not answer.is_known), answers[0])

    def names(self, address: str) -> DnsAnswer:
        """PTR records of an address."""
        reverse = dns.reversename.from_address(address).to_text()
        return self._ask(reverse, "PTR", lambda record: _plain(record.target))

    def _ask(self, name: str, kind: str, read: Callable[[Any], str]) -> DnsAnswer:
        question = name.lower().rstrip("."), kind
        if question not in self._known:
            self._known[question] = self._asked(*question, read)
        return self._known[question]

    def _asked(self, name: str, kind: str, read: Callable[[Any], str]) -> DnsAnswer:
        left = self._until - time.monotonic()
        if self._resolver is None or not self._resolver.nameservers:
            return _silent(_("this machine names no resolver (/etc/resolv.conf)"))
        if left <= 0:
            return _silent(_("there was no time left to ask"))
        if self._silences is not None and self._silences >= SILENCES_MOST:
            return _silent(_("no resolver answers"))
        answer = _resolved(self._resolver, name, kind, read, min(QUESTION_SECONDS, left))
        if answer.outcome is not LookupOutcome.SILENT:
            self._silences = None
        elif self._silences is not None:
            self._silences += 1
        return answer


def _resolved(
    resolver: dns.resolver.Resolver, name: str, kind: str, read: Callable[[Any], str], seconds: float
) -> DnsAnswer:
    try:
        found = resolver.resolve(dns.name.from_text(name), kind, lifetime=seconds, search=False)
        return DnsAnswer(outcome=LookupOutcome.FOUND, values=tuple(map(read, found)))
    except (dns.resolver.NXDOMAIN, *_IMPOSSIBLE):
        return DnsAnswer(outcome=LookupOutcome.NO_NAME)
    except dns.resolver.NoAnswer:
        return DnsAnswer(outcome=LookupOutcome.NO_RECORD)
    except dns.resolver.NoNameservers as error:
        return _refused(error)
    except dns.exception.Timeout:
        return _silent(_("no resolver answered in time"))
    except dns.exception.DNSException as error:
        return DnsAnswer(
            outcome=LookupOutcome.BROKEN, why=_("its answer leads nowhere ({kind})").format(kind=type(error).__name__)
        )


def _resolver(place: tuple[str, int] | None) -> dns.resolver.Resolver | None:
    try:
        resolver = dns.resolver.Resolver(configure=place is None)
    except dns.resolver.NoResolverConfiguration:
        return None
    if place is not None:
        resolver.nameservers, resolver.port = [place[0]], place[1]
    resolver.timeout = TRY_SECONDS
    resolver.use_edns(0, 0, EDNS_SIZE)
    return resolver


def _refused(error: dns.resolver.NoNameservers) -> DnsAnswer:
    """All resolvers answered with an error, or could not be asked."""
    codes = [each[4].rcode() for each in error.kwargs.get("errors", ()) if each[4] is not None]
    if not codes:
        return _silent(_("no resolver could be reached"))
    said = "/".join(dict.fromkeys(dns.rcode.to_text(code) for code in codes))
    return DnsAnswer(outcome=LookupOutcome.BROKEN, why=_("the resolver answers {said}").format(said=said))


def _silent(why: str) -> DnsAnswer:
    return DnsAnswer(outcome=LookupOutcome.SILENT, why=why)


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")


# -- Does a domain that mail comes from also receive mail? Answers, bounces and complaints must have somewhere to go.

_SHOWN = 3


def receiving(lookup: Lookup, domain: str, role: str) -> Iterator[Diagnosis]:
    """`role` says what the domain is to us: "returned mail", "the From"."""
    what = _("Mail to {domain}").format(domain=domain)
    answer = lookup.exchanges(domain)
    fix = _("let {domain} have an MX record, or take a domain that receives mail").format(domain=domain)
    if not answer.is_known:
        yield unknown(what, answer.why)
    elif answer.values == ("",):
        said = _("its MX record says that it takes no mail (RFC 7505), but it is the domain of {role}").format(
            role=role
        )
        yield fail(what, said, fix)
    elif answer.is_found:
        yield _reached(lookup, what, answer.values, role)
    else:
        own = lookup.addresses(domain)
        if not own.is_known:
            yield unknown(what, own.why)
        elif own.is_found:
            yield ok(
                what,
                _("no MX record, so it goes to the address of the name itself ({address})").format(
                    address=own.values[0]
                ),
            )
        else:
            said = _(
                "it has neither MX record nor address, so {role} has nowhere to go, and many refuse mail from it"
            ).format(role=role)
            yield fail(what, said, fix)


def _reached(lookup: Lookup, what: str, hosts: tuple[str, ...], role: str) -> Diagnosis:
    answers = {host: lookup.addresses(host) for host in hosts}
    good = [host for host, answer in answers.items() if answer.is_found]
    if good:
        return ok(what, _("goes to {hosts}").format(hosts=listed(good[:_SHOWN])))
    unasked = next((answer.why for answer in answers.values() if not answer.is_known), None)
    if unasked is not None:
        return unknown(what, unasked)
    said = _("none of its mail servers has an address ({hosts}), so {role} has nowhere to go").format(
        hosts=listed(hosts[:_SHOWN]), role=role
    )
    return fail(what, said, _("correct the MX records, or the addresses of their hosts"))


# -- Tag lists: `v=DKIM1; k=rsa; p=…`, as DKIM and DMARC records are written (RFC 6376 §3.2).

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class TagError(ValueError):
    """What is wrong with the list, in plain words."""


def tags_of(text: str) -> dict[str, str]:
    """In their order, names as written, white space around values taken off. Raise `TagError`."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise TagError(
                _("{tag} is no tag: each is written name=value, with ; between them").format(
                    tag=repr(part.strip()[:40])
                )
            )
        if name in found:
            raise TagError(_("the tag {name}= stands there twice").format(name=name))
        found[name] = value.strip()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Where mail is handed over: addresses as far as they are known; `is_here`: on this machine."""

    addresses: tuple[str, ...]
    is_here: bool


# -- Reverse names: an address that sends mail has a name, and the name leads back to the address (RFC 8601 §2.7.3).

_CHECKED = 4


def reverse_names(lookup: Lookup, outlet: Outlet) -> Iterator[Diagnosis]:
    """For a relay elsewhere it is a hint only: it may send from other addresses than it listens on."""
    public = [address for address in outlet.addresses if ip_address(address).is_global]
    if not public:
        if outlet.is_here:
            said = _(
                "this machine has no public address of its own{own}, so the one that receivers see is not known here"
            )
        else:
            said = _("the relay has no public address of its own{own}, so the one that receivers see is not known here")
        own = f" ({listed(outlet.addresses)})" if outlet.addresses else ""
        yield warn(
            _("Reverse name"),
            said.format(own=own),
            _("look at the Received: lines of a mail that arrived, and ask who runs that address"),
        )
    for address in public[:_CHECKED]:
        yield _checked(lookup, address, is_here=outlet.is_here)


def _checked(lookup: Lookup, address: str, *, is_here: bool) -> Diagnosis:
    what = _("Reverse name of {address}").format(address=address)
    bad = fail if is_here else warn
    fix = (
        _("ask whoever rents you the address to set it to this machine's full name")
        if is_here
        else _("tell its operator")
    )
    answer = lookup.names(address)
    if not answer.is_known:
        return unknown(what, answer.why)
    if not answer.is_found:
        return bad(what, _("it has none; Gmail and others refuse mail from such addresses"), fix)
    unasked = ""
    for name in answer.values[:_CHECKED]:
        forward = lookup.addresses(name)
        if ip_address(address) in map(ip_address, forward.values):
            return ok(what, _("{name}, which leads back to it").format(name=shortened(name)))
        unasked = unasked or ("" if forward.is_known else forward.why)
    if unasked:
        return unknown(what, unasked)
    said = _("{names} does not lead back to it, so receivers do not believe it").format(
        names=shortened(listed(answer.values[:_CHECKED]))
    )
    return bad(what, said, fix)
