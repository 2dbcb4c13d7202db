"""The relay: what a real conversation with it has shown – encryption, certificate, login, size, what it offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.health.diagnosis import Diagnosis, fail, ok, warn

ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySeen:
    """`tls` is the version spoken, `None` without encryption; `size` the largest message it takes, if it said so."""

    name: str
    is_local: bool
    tls: str | None
    is_verified: bool
    certificate_ends_at: datetime | None
    user: str | None  # who has logged in
    size: int | None
    pipelining: bool
    eight_bit: bool


def relay(seen: RelaySeen, largest: int | None, now: datetime) -> Iterator[Diagnosis]:
    """`largest` is the size of the largest mail of the last edition, in bytes."""
    yield ok("Relay", f"{seen.name} answers and takes mail from us")
    yield from _encryption(seen, now)
    if seen.user is not None:
        yield ok("Login", f"it accepts user name and password of {seen.user}")
    yield _size(seen.size, largest)
    slow = "PIPELINING" if seen.pipelining else "no PIPELINING, so each mail takes more round trips"
    narrow = "8BITMIME" if seen.eight_bit else "no 8BITMIME; our mails need only 7 bits"
    yield ok("Extensions", f"{slow}; {narrow}")


def _encryption(seen: RelaySeen, now: datetime) -> Iterator[Diagnosis]:
    if seen.tls is None and seen.is_local:
        yield ok("Encryption", "none, and none is needed: the relay is on this machine")
    elif seen.tls is None:
        said = "none, as the settings accept: everybody in between can read and change the mails"
        yield warn("Encryption", said, "write security: starttls or tls under delivery")
    if seen.tls is None:
        return
    if not seen.is_verified:
        said = f"{seen.tls}, but the certificate is not checked: anybody in between could pretend to be the relay"
        yield warn(
            "Encryption", said, "take verify: false out; of an authority of your own, name the file: certificates:"
        )
    else:
        yield ok("Encryption", f"{seen.tls}, certificate verified")
    if seen.certificate_ends_at is not None:
        yield _ending(seen.certificate_ends_at, now)


def _ending(ends_at: datetime, now: datetime) -> Diagnosis:
    days, day = (ends_at - now).days, f"{ends_at:%Y-%m-%d}"
    if ends_at <= now:
        return fail("Certificate", f"it ended on {day}", "have the relay's operator renew it")
    if ends_at - now < ENDS_SOON:
        said = f"it ends on {day}, in {days} days; from then on nothing is sent"
        return warn("Certificate", said, "have the relay's operator renew it before")
    return ok("Certificate", f"good until {day}")


def _size(most: int | None, largest: int | None) -> Diagnosis:
    limit = "it names no limit" if most is None else f"it takes mails of up to {most // 1024:,} KB"
    if largest is None:
        return ok("Size", f"{limit}; there is no edition yet to compare with")
    if most is not None and largest > most:
        said = f"{limit}, but the largest mail of the last edition has {largest // 1024:,} KB"
        return fail("Size", said, "shorten the mails, or ask the relay's operator for more")
    return ok("Size", f"{limit}; the largest mail of the last edition has {largest // 1024:,} KB")
