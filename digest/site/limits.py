"""How often something may be asked for by somebody: pure."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """So many at once, and one more each time `every` seconds have passed: a bucket of tokens."""

    most: int
    every: float

    def take(self, known: tuple[float, float] | None, now: float) -> float | None:
        """What is left after one more; `None` when there is none left. `known`: so much was left at that time; nothing
        is known of a full one.
        """
        left, since = known or (self.most, now)
        left = min(self.most, left + max(0.0, now - since) / self.every)
        return left - 1 if left >= 1 else None

    def full_at(self, left: float, now: float) -> float:
        """When there is nothing to be known of it any more."""
        return now + (self.most - left) * self.every


def network_of(host: str) -> str:
    """Whom an address on the network belongs to, as far as limits go: a /24, or a /64 of IPv6."""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 6 and address.ipv4_mapped is not None:  # noqa: PLR2004
        address = address.ipv4_mapped
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))  # noqa: PLR2004
