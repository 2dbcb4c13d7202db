"""SPF records as text: which there are, and the terms of one (RFC 7208 §4.5, §4.6, §5)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

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


def spf_records(texts: Sequence[str]) -> list[str]:
    """Those that a receiver takes for SPF: the version, then a space or nothing."""
    return [text for text in texts if text.lower() == VERSION or text.lower().startswith(f"{VERSION} ")]


def terms_of(record: str) -> tuple[Term, ...]:
    """Raise `SpfError` for what makes receivers throw the whole record away."""
    terms = tuple(_term(word) for word in record.split(" ")[1:] if word)
    for name in ("redirect", "exp"):
        if sum(term.kind == name for term in terms) > 1:
            raise SpfError(f"{name}= stands there twice")
    return terms


def _term(word: str) -> Term:
    modifier = _MODIFIER.fullmatch(word)
    if modifier:
        return _modifier(modifier[1].lower(), modifier[2], word)
    mechanism = _MECHANISM.fullmatch(word)
    if mechanism is None:
        raise SpfError(f"{word[:60]!r} is no part of an SPF record")
    qualifier, kind, value, length = mechanism[1] or "+", mechanism[2].lower(), mechanism[3], mechanism[4]
    if kind in NETWORKS:
        return Term(qualifier=qualifier, kind=kind, value=_network(kind, f"{value or ''}{length}"))
    if kind not in _MECHANISMS or (length and kind not in WITH_LENGTH) or (kind == "all" and value is not None):
        meant = f": {_MEANT[kind]} is meant" if kind in _MEANT else ""
        raise SpfError(f"{word[:60]!r} is no mechanism of SPF{meant}")
    domain = _domain(value or "", word) if value is not None or kind in WITH_DOMAIN else ""
    return Term(qualifier=qualifier, kind=kind, value=domain, prefixes=_prefixes(length, word))


def _modifier(name: str, value: str, word: str) -> Term:
    if name in ("include", "all", *NETWORKS):
        raise SpfError(f"{word[:60]!r} is written with ':' instead of '='")
    if name in ("redirect", "exp"):
        return Term(qualifier="", kind=name, value=_domain(value, word))
    return Term(qualifier="", kind=name, value=value)  # unknown modifiers are ignored (§6)


def _domain(value: str, word: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise SpfError(f"{word[:60]!r} names no domain")
    return value.rstrip(".").lower()


def _network(kind: str, text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise SpfError(f"{f'{kind}:{text}'[:60]!r} is no network") from None
    if network.version != NETWORKS[kind]:
        raise SpfError(f"{f'{kind}:{text}'[:60]!r} is a network of IPv{network.version}")
    return str(network)


def _prefixes(text: str, word: str) -> tuple[int, int]:
    found = _PREFIX.fullmatch(text)
    lengths = (
        tuple(most if given is None else int(given) for most, given in zip(_BITS, found.groups(), strict=True))
        if found
        else ()
    )
    if len(lengths) != len(_BITS) or lengths[0] > _BITS[0] or lengths[1] > _BITS[1]:
        raise SpfError(f"{word[:60]!r} has no valid length of a network")
    return lengths[0], lengths[1]
