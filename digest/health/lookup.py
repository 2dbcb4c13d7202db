"""Questions to DNS. No such name, no such record, a broken answer and no answer are four different things."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import dns.exception
import dns.name
import dns.rcode
import dns.resolver
import dns.reversename

PORT = 53
TRY_SECONDS = 1.5  # for one resolver to answer
QUESTION_SECONDS = 4.0  # for all of them
SILENCES_MOST = 3  # questions, until it is believed that nobody answers
EDNS_SIZE = 1232  # bytes of an answer by UDP; longer ones come by TCP

_IMPOSSIBLE = (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape)


class Outcome(StrEnum):
    FOUND = "found"
    NO_NAME = "no such name"
    NO_RECORD = "no such record"
    BROKEN = "broken"  # an answer that says nothing: SERVFAIL, a loop
    SILENT = "silent"  # no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`why` explains the last two outcomes; texts are ASCII, other bytes escaped."""

    outcome: Outcome
    values: tuple[str, ...] = ()
    why: str = ""

    @property
    def is_found(self) -> bool:
        return self.outcome is Outcome.FOUND

    @property
    def is_known(self) -> bool:
        """Whether it is known what there is, be it nothing."""
        return self.outcome not in (Outcome.BROKEN, Outcome.SILENT)

    @property
    def is_absent(self) -> bool:
        return self.outcome in (Outcome.NO_NAME, Outcome.NO_RECORD)


class Lookup:
    """Asks the machine's resolvers, or the one at `resolver` (address, port); each question once.

    All questions together take at most `seconds` from now on: later ones are not asked and count as silent. So do all
    questions after some silence when nothing was ever answered.
    """

    def __init__(self, resolver: tuple[str, int] | None = None, *, seconds: float = 15.0) -> None:
        self._until = time.monotonic() + seconds
        self._known: dict[tuple[str, str], Answer] = {}
        self._resolver = _resolver(resolver)
        self._silences: int | None = 0  # `None` once something was answered

    def texts(self, name: str) -> Answer:
        """TXT records, the strings of each joined."""
        return self._ask(name, "TXT", lambda record: b"".join(record.strings).decode("ascii", "backslashreplace"))

    def exchanges(self, name: str) -> Answer:
        """MX hosts; an empty name says that there is none (RFC 7505)."""
        return self._ask(name, "MX", lambda record: _plain(record.exchange))

    def addresses(self, name: str) -> Answer:
        """A and AAAA. Silence about one of them counts when the other is not there."""
        answers = [self._ask(name, kind, lambda record: str(record.address)) for kind in ("A", "AAAA")]
        values = tuple(value for answer in answers for value in answer.values)
        if values:
            return Answer(outcome=Outcome.FOUND, values=values)
        return next((answer for answer in answers if not answer.is_known), answers[0])

    def names(self, address: str) -> Answer:
        """PTR records of an address."""
        reverse = dns.reversename.from_address(address).to_text()
        return self._ask(reverse, "PTR", lambda record: _plain(record.target))

    def _ask(self, name: str, kind: str, read: Callable[[Any], str]) -> Answer:
        question = name.lower().rstrip("."), kind
        if question not in self._known:
            self._known[question] = self._asked(*question, read)
        return self._known[question]

    def _asked(self, name: str, kind: str, read: Callable[[Any], str]) -> Answer:
        left = self._until - time.monotonic()
        if self._resolver is None or not self._resolver.nameservers:
            return _silent("this machine names no resolver (/etc/resolv.conf)")
        if left <= 0:
            return _silent("there was no time left to ask")
        if self._silences is not None and self._silences >= SILENCES_MOST:
            return _silent("no resolver answers")
        answer = _resolved(self._resolver, name, kind, read, min(QUESTION_SECONDS, left))
        if answer.outcome is not Outcome.SILENT:
            self._silences = None
        elif self._silences is not None:
            self._silences += 1
        return answer


def _resolved(
    resolver: dns.resolver.Resolver, name: str, kind: str, read: Callable[[Any], str], seconds: float
) -> Answer:
    try:
        found = resolver.resolve(dns.name.from_text(name), kind, lifetime=seconds, search=False)
        return Answer(outcome=Outcome.FOUND, values=tuple(map(read, found)))
    except (dns.resolver.NXDOMAIN, *_IMPOSSIBLE):
        return Answer(outcome=Outcome.NO_NAME)
    except dns.resolver.NoAnswer:
        return Answer(outcome=Outcome.NO_RECORD)
    except dns.resolver.NoNameservers as error:
        return _refused(error)
    except dns.exception.Timeout:
        return _silent("no resolver answered in time")
    except dns.exception.DNSException as error:
        return Answer(outcome=Outcome.BROKEN, why=f"its answer leads nowhere ({type(error).__name__})")


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


def _refused(error: dns.resolver.NoNameservers) -> Answer:
    """All resolvers answered with an error, or could not be asked."""
    codes = [each[4].rcode() for each in error.kwargs.get("errors", ()) if each[4] is not None]
    if not codes:
        return _silent("no resolver could be reached")
    said = "/".join(dict.fromkeys(dns.rcode.to_text(code) for code in codes))
    return Answer(outcome=Outcome.BROKEN, why=f"the resolver answers {said}")


def _silent(why: str) -> Answer:
    return Answer(outcome=Outcome.SILENT, why=why)


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")
