"""Follows an SPF record to its end, as a receiver does: counts its questions to DNS and collects whom it lets send."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from digest.health.lookup import Answer, Lookup
from digest.health.spf_record import SpfError, Term, spf_records, terms_of

LOOKUPS_MOST = 10  # RFC 7208 §4.6.4
VOID_MOST = 2
EXCHANGES_MOST = 10
_FOLLOWED_MOST = 40  # lookups: far enough to tell people their number

Network = IPv4Network | IPv6Network


@dataclass(slots=True, kw_only=True)
class Walk:
    """What was found on the way. `faults` make receivers throw the record away; `unasked` could not be found out."""

    lookups: int = 0
    void: int = 0
    ending: str | None = None  # the qualifier of `all`
    names_others: bool = False  # includes or redirects to somebody
    is_open: bool = False  # some of it depends on each mail, so not all who may send are known
    faults: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)

    def covers(self, address: str) -> bool:
        return any(ip_address(address) in network for network in self.networks)


def walk(lookup: Lookup, domain: str, record: str) -> Walk:
    found = Walk()
    found.ending = _Walker(lookup, found).follow(domain, record, (), passes=True)
    return found


class _Walker:
    def __init__(self, lookup: Lookup, found: Walk) -> None:
        self._lookup, self._found = lookup, found

    def follow(self, domain: str, record: str, path: tuple[str, ...], *, passes: bool) -> str | None:
        """Return the qualifier of `all`, after redirects."""
        try:
            terms = terms_of(record)
        except SpfError as error:
            self._found.faults.append(f"in the record of {domain}: {error}")
            return None
        here = (*path, domain)
        if domain in path:
            self._found.faults.append(f"it leads in a circle: {' → '.join(here)}")
            return None
        for term in terms:
            if term.kind == "all":
                if term is not terms[-1] and not path:
                    self._found.remarks.append("what stands behind 'all' is never read")
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
                    self._found.remarks.append("'ptr' is slow and not to be used any more (RFC 7208 §5.5)")

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
            number = "no" if not records else str(len(records))
            self._found.void += answer.is_absent
            self._found.faults.append(f"{term.kind} names {term.value}, which has {number} SPF records")
            return None
        return self.follow(term.value, records[0], here, passes=passes)

    def _exchanges(self, target: str, term: Term, *, passes: bool) -> None:
        hosts = self._asked(target, self._lookup.exchanges(target))
        if len(hosts) > EXCHANGES_MOST:
            self._found.faults.append(f"mx names {target}, which has {len(hosts)} mail servers: 10 are allowed")
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

    def _asked(self, target: str, answer: Answer) -> tuple[str, ...]:
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
