"""Does a domain that mail comes from also receive mail? Answers, bounces and complaints must have somewhere to go."""

from collections.abc import Iterator

from digest.health.diagnosis import Diagnosis, fail, listed, ok, unknown
from digest.health.lookup import Lookup

_SHOWN = 3


def receiving(lookup: Lookup, domain: str, role: str) -> Iterator[Diagnosis]:
    """`role` says what the domain is to us: "returned mail", "the From"."""
    what = f"Mail to {domain}"
    answer = lookup.exchanges(domain)
    fix = f"let {domain} have an MX record, or take a domain that receives mail"
    if not answer.is_known:
        yield unknown(what, answer.why)
    elif answer.values == ("",):
        said = f"its MX record says that it takes no mail (RFC 7505), but it is the domain of {role}"
        yield fail(what, said, fix)
    elif answer.is_found:
        yield _reached(lookup, what, answer.values, role)
    else:
        own = lookup.addresses(domain)
        if not own.is_known:
            yield unknown(what, own.why)
        elif own.is_found:
            yield ok(what, f"no MX record, so it goes to the address of the name itself ({own.values[0]})")
        else:
            said = f"it has neither MX record nor address, so {role} has nowhere to go, and many refuse mail from it"
            yield fail(what, said, fix)


def _reached(lookup: Lookup, what: str, hosts: tuple[str, ...], role: str) -> Diagnosis:
    answers = {host: lookup.addresses(host) for host in hosts}
    good = [host for host, answer in answers.items() if answer.is_found]
    if good:
        return ok(what, f"goes to {listed(good[:_SHOWN])}")
    unasked = next((answer.why for answer in answers.values() if not answer.is_known), None)
    if unasked is not None:
        return unknown(what, unasked)
    said = f"none of its mail servers has an address ({listed(hosts[:_SHOWN])}), so {role} has nowhere to go"
    return fail(what, said, "correct the MX records, or the addresses of their hosts")
