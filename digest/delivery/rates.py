"""How fast messages may go: a token bucket for all, and one for each domain that is limited."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_REMEMBERED = 10_000  # domains; one that had no message for long owes nothing and need not be remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Messages per second: in all, to each domain in `by_domain` (in lower case), to any other. `None`: no limit."""

    overall: float | None = None
    by_domain: Mapping[str, float] = field(default_factory=dict)
    other_domains: float | None = None

    @property
    def limit_anything(self) -> bool:
        return self.overall is not None or self.limit_domains

    @property
    def limit_domains(self) -> bool:
        return self.other_domains is not None or bool(self.by_domain)


@dataclass(slots=True)
class Bucket:
    """One message may go every `1 / rate` seconds; after a quiet time up to one second's worth go at once."""

    rate: float
    free_at: float = 0.0  # on the monotonic clock: when the bucket is (or was) full again

    def reserve(self, now: float) -> float:
        """Take a token that exists now or later; return the seconds until it does."""
        interval = 1 / self.rate
        burst = max(interval, 1.0)
        self.free_at = max(self.free_at, now) + interval
        return max(0.0, self.free_at - now - burst)


@dataclass(slots=True)
class RateLimits:
    """`clock` is monotonic."""

    rates: Rates
    clock: Callable[[], float]
    _overall: Bucket | None = field(init=False)
    _domains: dict[str, Bucket] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._overall = None if self.rates.overall is None else Bucket(self.rates.overall)

    def reserve(self, recipient: str) -> float:
        """The seconds to wait before a message may go to this person; its place in all queues is taken."""
        now = self.clock()
        wait = 0.0 if self._overall is None else self._overall.reserve(now)
        domain = recipient.rpartition("@")[2].lower()
        rate = self.rates.by_domain.get(domain, self.rates.other_domains)
        if rate is None:
            return wait
        bucket = self._domains.get(domain)
        if bucket is None:
            if len(self._domains) >= _REMEMBERED:
                self._domains = {name: each for name, each in self._domains.items() if each.free_at > now}
            bucket = self._domains[domain] = Bucket(rate)
        return max(wait, bucket.reserve(now))
