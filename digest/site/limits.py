"""How often something may be asked for by somebody: pure, in bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

_KNOWN_MOST = 20_000  # of a kind; a few MB


@dataclass(slots=True, kw_only=True)
class Allowance:
    """So many at once, and one more each time `every` seconds have passed: a bucket of tokens for each name."""

    most: int
    every: float
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, name: str, now: float) -> bool:
        left, since = self._buckets.pop(name, (float(self.most), now))
        left = min(self.most, left + max(0.0, now - since) / self.every)
        granted = left >= 1
        self._buckets[name] = (left - 1 if granted else left, now)
        if len(self._buckets) > _KNOWN_MOST:
            self._buckets.popitem(last=False)
        return granted


def network_of(host: str) -> str:
    """Whom an address on the network belongs to, as far as limits go: a /24, or a /64 of IPv6."""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 6 and address.ipv4_mapped is not None:  # noqa: PLR2004
        address = address.ipv4_mapped
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))  # noqa: PLR2004
