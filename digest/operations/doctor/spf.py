"""SPF (RFC 7208): one record, valid, not too deep, closed at its end, followed as a receiver does."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from digest.foundation.catalogue import _
from digest.operations.doctor.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn
from digest.operations.doctor.dns import DnsAnswer, Lookup, Outlet

LOOKUPS_MOST = 10  # RFC 7208 §4.6.4
VOID_MOST = 2
EXCHANGES_MOST = 10
_FOLLOWED_MOST = 40  # lookups: far enough to tell people their number
VERSION = "v=spf1"
WITH_DOMAIN = ("include", "exists")  # mechanisms that need a domain
WITH_LENGTH = ("a", "mx")  # mechanisms behind which /24 may stand
NETWORKS = {"ip4": 4, "ip6": 6}
_MECHANISMS = ("all", "ptr", *WITH_DOMAIN, *WITH_LENGTH)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)")
_MECHANISM = re.compile(r"([-+?~]?)([A-Za-z][A-Za-z0-9]*)(?::([^/]*))?((?:/.*)?)")
_PREFIX = re.compile(r"(?:/([0-9]{1,3}))?(?://([0-9]{1,3}))?")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9_-]+|%\{[^}]+\}|%[%_-])(?:\.?(?:[A-Za-z0-9_-]+|%\{[^}]+\}|%[%_-]))*\.?")
_MEANT = {"ip": "ip4", "ipv4": "ip4", "ipv6": "ip6"}
_BITS = (32, 128)


class SpfError(ValueError):
    """What is wrong with the record, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`kind` is a mechanism's or modifier's name in lower case. `value` is a domain, or an `ip4:` or `ip6:` network;
    `prefixes` are the lengths for IPv4 and IPv6 that `a` and `mx` may carry.
    """

    qualifier: str
    kind: str
    value: str = ""
    prefixes: tuple[int, int] = _BITS

    @property
    def has_macro(self) -> bool:
        """Whether the value depends on the mail."""
        return "%" in self.value

    @property
    def network(self) -> IPv4Network | IPv6Network:
        return ip_network(self.value, strict=False)


@dataclass(slots=True, kw_only=True)
class SpfWalk:
    """What was found on the way. `faults` make receivers throw the record away; `unasked` could not be found out."""

    lookups: int = 0
    void: int = 0
    ending: str | None = None  # the qualifier of `all`
    names_others: bool = False  # includes or redirects to somebody
    is_open: bool = False  # some of it depends on each mail, so not all who may send are known
    faults: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    networks: list[IPv4Network | IPv6Network] = field(default_factory=list)

    def covers(self, address: str) -> bool:
        return any(ip_address(address) in network for network in self.networks)


def spf(lookup: Lookup, domain: str, outlet: Outlet | None) -> Iterator[Diagnosis]:
    """`outlet` is `None` when nothing is known about it."""
    what = _("SPF of {domain}").format(domain=domain)
    answer = lookup.texts(domain)
    if not answer.is_known:
        yield unknown(what, answer.why)
        return
    records = spf_records(answer.values)
    if len(records) > 1:
        said = _("there are {count} records, so receivers accept none: {records}").format(
            count=len(records), records=listed(map(shortened, records))
        )
        yield fail(what, said, _("join them into one TXT record and take the others out of DNS"))
    elif not records:
        yield _missing(what, domain, answer.values)
    else:
        walked = walk(lookup, domain, records[0])
        yield _judged(what, records[0], walked)
        if outlet is not None and not walked.faults:
            yield from _covering(domain, walked, outlet)


def _missing(what: str, domain: str, texts: tuple[str, ...]) -> Diagnosis:
    fix = _(
        "publish one TXT record at {domain}, such as v=spf1 include:NAME -all; your provider tells you NAME"
    ).format(domain=domain)
    near = next((text for text in texts if "spf1" in text.lower()), None)
    if near is not None:
        fix = _("let the record begin with {version} and a space, without quotes of its own").format(version=VERSION)
        return fail(
            what, _("a record looks like SPF, but does not begin as one: {near}").format(near=shortened(near)), fix
        )
    return fail(what, _("there is no record: receivers cannot know who may send for this domain"), fix)


def _judged(what: str, record: str, walked: SpfWalk) -> Diagnosis:
    said = _("one record, {count} of {most} lookups, ends in {ending}all").format(
        count=walked.lookups, most=LOOKUPS_MOST, ending=walked.ending
    )
    return next(_troubles(what, shortened(record), walked), ok(what, said))


def _troubles(what: str, record: str, walked: SpfWalk) -> Iterator[Diagnosis]:
    """The worst first."""
    if walked.lookups > LOOKUPS_MOST:
        said = _("it needs {count} lookups, {most} are allowed, so receivers reject it: {record}").format(
            count=walked.lookups, most=LOOKUPS_MOST, record=record
        )
        yield fail(what, said, _("take out includes that you no longer use, or write ip4: in their place"))
    if walked.faults:
        yield fail(
            what, _("receivers throw it away: {fault}").format(fault=walked.faults[0]), _("correct the record in DNS")
        )
    if walked.ending == "+":
        yield fail(
            what,
            _("'+all' lets everybody send in your name: {record}").format(record=record),
            _("let it end in -all or ~all"),
        )
    if walked.void > VOID_MOST:
        said = _("{count} of the names in it are empty, {most} are allowed, so receivers may reject it").format(
            count=walked.void, most=VOID_MOST
        )
        yield fail(what, said, _("take the names out that no longer exist"))
    if walked.unasked:
        said = _("one record, but it could not be followed to its end: {names}").format(names=listed(walked.unasked))
        yield warn(what, said, _("ask again later; if it stays so, receivers have the same trouble"))
    if walked.ending not in ("-", "~", "+"):
        open_ = (
            _("it ends in '?all', so it forbids nobody anything: {record}")
            if walked.ending == "?"
            else _("it has no 'all' at its end, so it forbids nobody anything: {record}")
        )
        yield warn(what, open_.format(record=record), _("let it end in -all or ~all"))
    if walked.remarks:
        yield warn(
            what,
            _("one record, but {remarks}: {record}").format(remarks=listed(walked.remarks), record=record),
            _("take that out of it"),
        )


def _covering(domain: str, walked: SpfWalk, outlet: Outlet) -> Iterator[Diagnosis]:
    """A hint only: from which addresses a provider sends is the provider's to know."""
    what = _("SPF and the relay for {domain}").format(domain=domain)
    if not outlet.addresses:
        return
    missing = [address for address in outlet.addresses if not walked.covers(address)]
    if not missing:
        may = (
            _("{addresses} may send")
            if outlet.is_here
            else _("{addresses} may send; from which other addresses it sends, only its operator knows")
        )
        yield ok(what, may.format(addresses=listed(outlet.addresses)))
    elif outlet.is_here and not walked.is_open and not walked.unasked:
        fix = _("add {term} to the record").format(term=f"ip{'6' if ':' in missing[0] else '4'}:{missing[0]}")
        yield warn(
            what,
            _("{addresses}, this machine's address, may not send for the domain").format(addresses=listed(missing)),
            fix,
        )
    elif walked.names_others or walked.is_open:
        said = _(
            "the record names others who may send; whether your relay ({address}) is among them is not known here"
        ).format(address=missing[0])
        yield ok(what, said)
    else:
        said = _("the record names nobody but {count} networks, and {address}, your relay, is in none").format(
            count=len(walked.networks), address=missing[0]
        )
        yield warn(
            what, said, _("ask your provider which include: to add, unless the relay sends from other addresses")
        )


# -- A record followed to its end: its questions to DNS counted, and whom it lets send.


def walk(lookup: Lookup, domain: str, record: str) -> SpfWalk:
    found = SpfWalk()
    found.ending = _Walker(lookup, found).follow(domain, record, (), passes=True)
    return found


class _Walker:
    def __init__(self, lookup: Lookup, found: SpfWalk) -> None:
        self._lookup, self._found = lookup, found

    def follow(self, domain: str, record: str, path: tuple[str, ...], *, passes: bool) -> str | None:
        """Return the qualifier of `all`, after redirects."""
        try:
            terms = terms_of(record)
        except SpfError as error:
            self._found.faults.append(_("in the record of {domain}: {error}").format(domain=domain, error=error))
            return None
        here = (*path, domain)
        if domain in path:
            self._found.faults.append(_("it leads in a circle: {path}").format(path=" → ".join(here)))
            return None
        for term in terms:
            if term.kind == "all":
                if term is not terms[-1] and not path:
                    self._found.remarks.append(_("what stands behind 'all' is never read"))
                return term.qualifier
            self._term(term, here, passes=passes and term.qualifier == "+")
        redirect = next((term for term in terms if term.kind == "redirect"), None)
        return None if redirect is None else self._elsewhere(redirect, here, passes=passes)

    def _term(self, term: Term, here: tuple[str, ...], *, passes: bool) -> None:
        target = term.value or here[-1]
        match term.kind:
            case "ip4" | "ip6":
                if passes:
                    self._found.networks.append(term.network)
            case "include":
                self._elsewhere(term, here, passes=passes)
            case "a":
                if self._counted(term):
                    self._add(self._asked(target, self._lookup.addresses(target)), term, passes=passes)
            case "mx":
                if self._counted(term):
                    self._exchanges(target, term, passes=passes)
            case "exists" | "ptr":
                self._counted(term)
                self._found.is_open = True
                if term.kind == "ptr":
                    self._found.remarks.append(_("'ptr' is slow and not to be used any more (RFC 7208 §5.5)"))

    def _elsewhere(self, term: Term, here: tuple[str, ...], *, passes: bool) -> str | None:
        self._found.names_others = True
        if not self._counted(term):
            return None
        answer = self._lookup.texts(term.value)
        if not answer.is_known:
            self._found.unasked.append(f"{term.value} ({answer.why})")
            return None
        records = spf_records(answer.values)
        if len(records) != 1:
            said = (
                _("{kind} names {domain}, which has {count} SPF records")
                if records
                else _("{kind} names {domain}, which has no SPF records")
            )
            self._found.void += answer.is_absent
            self._found.faults.append(said.format(kind=term.kind, domain=term.value, count=len(records)))
            return None
        return self.follow(term.value, records[0], here, passes=passes)

    def _exchanges(self, target: str, term: Term, *, passes: bool) -> None:
        hosts = self._asked(target, self._lookup.exchanges(target))
        if len(hosts) > EXCHANGES_MOST:
            self._found.faults.append(
                _("mx names {domain}, which has {count} mail servers: 10 are allowed").format(
                    domain=target, count=len(hosts)
                )
            )
        for host in hosts[:EXCHANGES_MOST]:
            answer = self._lookup.addresses(host)
            if answer.is_known:
                self._add(answer.values, term, passes=passes)
            else:
                self._found.unasked.append(f"{host} ({answer.why})")

    def _counted(self, term: Term) -> bool:
        """Whether the term is to be followed; it counts in any case."""
        self._found.lookups += 1
        self._found.is_open |= term.has_macro
        return self._found.lookups <= _FOLLOWED_MOST and not term.has_macro

    def _asked(self, target: str, answer: DnsAnswer) -> tuple[str, ...]:
        if not answer.is_known:
            self._found.unasked.append(f"{target} ({answer.why})")
        self._found.void += answer.is_absent
        return answer.values

    def _add(self, addresses: tuple[str, ...], term: Term, *, passes: bool) -> None:
        if not passes:
            return
        for text in addresses:
            length = term.prefixes[0 if ip_address(text).version == 4 else 1]  # noqa: PLR2004 – IPv4
            self._found.networks.append(ip_network(f"{text}/{length}", strict=False))


# -- A record as text: its terms (RFC 7208 §4.5, §4.6, §5).


def spf_records(texts: Sequence[str]) -> list[str]:
    """Those that a receiver takes for SPF: the version, then a space or nothing."""
    return [text for text in texts if text.lower() == VERSION or text.lower().startswith(f"{VERSION} ")]


def terms_of(record: str) -> tuple[Term, ...]:
    """Raise `SpfError` for what makes receivers throw the whole record away."""
    terms = tuple(_term(word) for word in record.split(" ")[1:] if word)
    for name in ("redirect", "exp"):
        if sum(term.kind == name for term in terms) > 1:
            raise SpfError(_("{name}= stands there twice").format(name=name))
    return terms


def _term(word: str) -> Term:
    modifier = _MODIFIER.fullmatch(word)
    if modifier:
        return _modifier(modifier[1].lower(), modifier[2], word)
    mechanism = _MECHANISM.fullmatch(word)
    if mechanism is None:
        raise SpfError(_("{word} is no part of an SPF record").format(word=repr(word[:60])))
    qualifier, kind, value, length = mechanism[1] or "+", mechanism[2].lower(), mechanism[3], mechanism[4]
    if kind in NETWORKS:
        return Term(qualifier=qualifier, kind=kind, value=_network(kind, f"{value or ''}{length}"))
    if kind not in _MECHANISMS or (length and kind not in WITH_LENGTH) or (kind == "all" and value is not None):
        if kind in _MEANT:
            said = _("{word} is no mechanism of SPF: {meant} is meant")
            raise SpfError(said.format(word=repr(word[:60]), meant=_MEANT[kind]))
        raise SpfError(_("{word} is no mechanism of SPF").format(word=repr(word[:60])))
    domain = _domain(value or "", word) if value is not None or kind in WITH_DOMAIN else ""
    return Term(qualifier=qualifier, kind=kind, value=domain, prefixes=_prefixes(length, word))


def _modifier(name: str, value: str, word: str) -> Term:
    if name in ("include", "all", *NETWORKS):
        raise SpfError(_("{word} is written with ':' instead of '='").format(word=repr(word[:60])))
    if name in ("redirect", "exp"):
        return Term(qualifier="", kind=name, value=_domain(value, word))
    return Term(qualifier="", kind=name, value=value)  # unknown modifiers are ignored (§6)


def _domain(value: str, word: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise SpfError(_("{word} names no domain").format(word=repr(word[:60])))
    return value.rstrip(".").lower()


def _network(kind: str, text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise SpfError(_("{word} is no network").format(word=repr(f"{kind}:{text}"[:60]))) from None
    if network.version != NETWORKS[kind]:
        raise SpfError(
            _("{word} is a network of IPv{version}").format(word=repr(f"{kind}:{text}"[:60]), version=network.version)
        )
    return str(network)


def _prefixes(text: str, word: str) -> tuple[int, int]:
    found = _PREFIX.fullmatch(text)
    lengths = (
        tuple(most if given is None else int(given) for most, given in zip(_BITS, found.groups(), strict=True))
        if found
        else ()
    )
    if len(lengths) != len(_BITS) or lengths[0] > _BITS[0] or lengths[1] > _BITS[1]:
        raise SpfError(_("{word} has no valid length of a network").format(word=repr(word[:60])))
    return lengths[0], lengths[1]
