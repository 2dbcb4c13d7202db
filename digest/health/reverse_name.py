"""Reverse names: an address that sends mail has a name, and the name leads back to the address (RFC 8601 §2.7.3)."""

from collections.abc import Iterator
from ipaddress import ip_address

from digest.health.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn
from digest.health.lookup import Lookup
from digest.health.spf import Outlet

_CHECKED = 4


def reverse_names(lookup: Lookup, outlet: Outlet) -> Iterator[Diagnosis]:
    """For a relay elsewhere it is a hint only: it may send from other addresses than it listens on."""
    public = [address for address in outlet.addresses if ip_address(address).is_global]
    if not public:
        where = "this machine" if outlet.is_here else "the relay"
        own = f" ({listed(outlet.addresses)})" if outlet.addresses else ""
        said = f"{where} has no public address of its own{own}, so the one that receivers see is not known here"
        yield warn(
            "Reverse name", said, "look at the Received: lines of a mail that arrived, and ask who runs that address"
        )
    for address in public[:_CHECKED]:
        yield _checked(lookup, address, is_here=outlet.is_here)


def _checked(lookup: Lookup, address: str, *, is_here: bool) -> Diagnosis:
    what = f"Reverse name of {address}"
    bad = fail if is_here else warn
    fix = "ask whoever rents you the address to set it to this machine's full name" if is_here else "tell its operator"
    answer = lookup.names(address)
    if not answer.is_known:
        return unknown(what, answer.why)
    if not answer.is_found:
        return bad(what, "it has none; Gmail and others refuse mail from such addresses", fix)
    unasked = ""
    for name in answer.values[:_CHECKED]:
        forward = lookup.addresses(name)
        if ip_address(address) in map(ip_address, forward.values):
            return ok(what, f"{shortened(name)}, which leads back to it")
        unasked = unasked or ("" if forward.is_known else forward.why)
    if unasked:
        return unknown(what, unasked)
    said = f"{shortened(listed(answer.values[:_CHECKED]))} does not lead back to it, so receivers do not believe it"
    return bad(what, said, fix)
