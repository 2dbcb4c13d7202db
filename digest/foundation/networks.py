"""Addresses of the network: which of them everybody may reach, and which lie behind somebody's door."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from digest.foundation.catalogue import _

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_TRANSLATED = (  # an IPv4 address in the clothes of IPv6: what leads there, and how far right it stands
    (ip_network("64:ff9b::/96"), 0),  # NAT64
    (ip_network("64:ff9b:1::/48"), 0),
    (ip_network("2002::/16"), 80),  # 6to4
    (ip_network("::/96"), 0),
)


def network(text: str) -> Network:
    """`10.1.0.0/16`, `fd00::/8`, or one address."""
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(
            _("must be a network such as 10.1.0.0/16 or one address: {cause}").format(cause=error)
        ) from error


def may_be_reached(address: str, allowed: Iterable[str] = ()) -> bool:
    """Whether the address is open to everybody, or lies in one of the networks that are allowed."""
    found = _plain(ip_address(address.partition("%")[0]))
    return _is_public(found) or any(_lies_in(found, one) for one in allowed)


@lru_cache(maxsize=1024)
def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _lies_in(address: Address, written: str) -> bool:
    within = network(written)
    return address.version == within.version and address in within


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.teredo is not None:
        return address.teredo[1]
    for around, right in _TRANSLATED:
        if address in around and int(address) > 1:
            return IPv4Address(int(address) >> right & 0xFFFFFFFF)
    return address
