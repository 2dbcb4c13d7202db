"""How fast messages may go: a token bucket for all, and one for each domain that is limited.

Several hosts share their buckets: each draws a second's worth of turns at most, and what it does not use in time is
lost. So they never send more together than one may alone, whatever becomes of any of them.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

_REMEMBERED = 10_000  # domains; one that had no message for long owes nothing and need not be remembered
ALL = "all"  # the bucket of all messages; those of domains begin with an @


class SharedBuckets(Protocol):
    """Buckets that several hosts have together."""

    hosts: int  # that send, as far as is known

    def draw(self, name: str, interval: float, turns: int) -> float:
        """Take so many turns, one each `interval`; return in how many seconds that bucket will be full again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Messages per second: in all, to each domain in `by_domain` (in lower case), to any other. `None`: no limit.
    `shared` has the buckets of several hosts.
    """

    overall: float | None = None
    by_domain: Mapping[str, float] = field(default_factory=dict)
    other_domains: float | None = None
    shared: SharedBuckets | None = field(default=None, compare=False)

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
        self.free_at = max(self.free_at, now) + interval
        return max(0.0, self.free_at - now - burst(interval))

    def is_idle(self, now: float) -> bool:
        return self.free_at <= now


def burst(interval: float) -> float:
    """Seconds for which tokens gather, and no longer."""
    return max(interval, 1.0)


@dataclass(slots=True)
class DrawnBucket:
    """The same of several hosts. `draw` takes so many turns and returns in how many seconds the bucket will be full
    again; it is asked about once a second at most, and takes its time.
    """

    rate: float
    draw: Callable[[int], float]
    clock: Callable[[], float]
    _turns: deque[tuple[float, float]] = field(init=False, default_factory=deque)  # from when until when each is good
    _chunk: int = field(init=False, default=0)
    _drawn_at: float = field(init=False, default=float("-inf"))
    _is_scarce: bool = field(init=False, default=False)  # who draws has to wait

    def reserve(self) -> float:
        """Take a turn, and return the seconds until it comes."""
        now, has_lost = self.clock(), False
        while self._turns and self._turns[0][1] < now:
            self._turns.popleft()
            has_lost = True
        if not self._turns:
            self._draw_some(now, has_lost=has_lost)
        return max(0.0, self._turns.popleft()[0] - self.clock())

    def is_idle(self, now: float) -> bool:
        return not self._turns and now > self._drawn_at + burst(1 / self.rate)

    def _draw_some(self, now: float, *, has_lost: bool) -> None:
        """A turn is good for as long as the tokens of a single host gather: from when it surely has come, by whichever
        clock, until it may be over.
        """
        interval = 1 / self.rate
        if has_lost and self._is_scarce:
            self._chunk //= 2
        elif now < self._drawn_at + 1.0:
            self._chunk *= 2
        self._chunk = max(1, min(self._chunk, round(self.rate)))
        self._drawn_at = now
        full = self.draw(self._chunk)
        after = self.clock()
        self._is_scarce = full > self._chunk * interval + burst(interval)
        for more in range(self._chunk - 1, -1, -1):
            back = more * interval
            self._turns.append((after + full - back - burst(interval), now + full - back - interval))


@dataclass(slots=True)
class RateLimits:
    """`clock` is monotonic. With `guess` nothing is drawn from what hosts share: each has the same part."""

    rates: Rates
    clock: Callable[[], float]
    guess: bool = False
    _overall: Bucket | DrawnBucket | None = field(init=False)
    _domains: dict[str, Bucket | DrawnBucket] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._overall = None if self.rates.overall is None else self._bucket(ALL, self.rates.overall)

    @property
    def ask_others(self) -> bool:
        """Whether `reserve` may take its time."""
        return self.rates.shared is not None and not self.guess

    def reserve(self, recipient: str) -> float:
        """The seconds to wait before a message may go to this person; its place in all queues is taken."""
        wait = self._reserved(self._overall)
        domain = recipient.rpartition("@")[2].lower()
        rate = self.rates.by_domain.get(domain, self.rates.other_domains)
        return wait if rate is None else max(wait, self._reserved(self._of_domain(domain, rate)))

    def _of_domain(self, domain: str, rate: float) -> Bucket | DrawnBucket:
        bucket = self._domains.get(domain)
        if bucket is None:
            if len(self._domains) >= _REMEMBERED:
                now = self.clock()
                self._domains = {name: each for name, each in self._domains.items() if not each.is_idle(now)}
            bucket = self._domains[domain] = self._bucket(f"@{domain}", rate)
        if isinstance(bucket, Bucket) and self.rates.shared is not None:
            bucket.rate = rate / max(1, self.rates.shared.hosts)
        return bucket

    def _bucket(self, name: str, rate: float) -> Bucket | DrawnBucket:
        shared = self.rates.shared
        if shared is None or self.guess:
            return Bucket(rate)
        return DrawnBucket(rate, lambda turns: shared.draw(name, 1 / rate, turns), self.clock)

    def _reserved(self, bucket: Bucket | DrawnBucket | None) -> float:
        if bucket is None:
            return 0.0
        return bucket.reserve() if isinstance(bucket, DrawnBucket) else bucket.reserve(self.clock())
