"""SPF of the envelope's domain (RFC 7208): one record, valid, not too deep, closed at its end."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.health.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn
from digest.health.lookup import Lookup
from digest.health.spf_record import VERSION, spf_records
from digest.health.spf_walk import LOOKUPS_MOST, VOID_MOST, Walk, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Where mail is handed over: addresses as far as they are known; `is_here`: on this machine."""

    addresses: tuple[str, ...]
    is_here: bool


def spf(lookup: Lookup, domain: str, outlet: Outlet | None) -> Iterator[Diagnosis]:
    """`outlet` is `None` when nothing is known about it."""
    what = f"SPF of {domain}"
    answer = lookup.texts(domain)
    if not answer.is_known:
        yield unknown(what, answer.why)
        return
    records = spf_records(answer.values)
    if len(records) > 1:
        said = f"there are {len(records)} records, so receivers accept none: {listed(map(shortened, records))}"
        yield fail(what, said, "join them into one TXT record and take the others out of DNS")
    elif not records:
        yield _missing(what, domain, answer.values)
    else:
        walked = walk(lookup, domain, records[0])
        yield _judged(what, records[0], walked)
        if outlet is not None and not walked.faults:
            yield from _covering(domain, walked, outlet)


def _missing(what: str, domain: str, texts: tuple[str, ...]) -> Diagnosis:
    fix = f"publish one TXT record at {domain}, such as v=spf1 include:NAME -all; your provider tells you NAME"
    near = next((text for text in texts if "spf1" in text.lower()), None)
    if near is not None:
        fix = f"let the record begin with {VERSION} and a space, without quotes of its own"
        return fail(what, f"a record looks like SPF, but does not begin as one: {shortened(near)}", fix)
    return fail(what, "there is no record: receivers cannot know who may send for this domain", fix)


def _judged(what: str, record: str, walked: Walk) -> Diagnosis:
    said = f"one record, {walked.lookups} of {LOOKUPS_MOST} lookups, ends in {walked.ending}all"
    return next(_troubles(what, shortened(record), walked), ok(what, said))


def _troubles(what: str, record: str, walked: Walk) -> Iterator[Diagnosis]:
    """The worst first."""
    if walked.lookups > LOOKUPS_MOST:
        said = f"it needs {walked.lookups} lookups, {LOOKUPS_MOST} are allowed, so receivers reject it: {record}"
        yield fail(what, said, "take out includes that you no longer use, or write ip4: in their place")
    if walked.faults:
        yield fail(what, f"receivers throw it away: {walked.faults[0]}", "correct the record in DNS")
    if walked.ending == "+":
        yield fail(what, f"'+all' lets everybody send in your name: {record}", "let it end in -all or ~all")
    if walked.void > VOID_MOST:
        said = f"{walked.void} of the names in it are empty, {VOID_MOST} are allowed, so receivers may reject it"
        yield fail(what, said, "take the names out that no longer exist")
    if walked.unasked:
        said = f"one record, but it could not be followed to its end: {listed(walked.unasked)}"
        yield warn(what, said, "ask again later; if it stays so, receivers have the same trouble")
    if walked.ending not in ("-", "~", "+"):
        how = "ends in '?all'" if walked.ending == "?" else "has no 'all' at its end"
        yield warn(what, f"it {how}, so it forbids nobody anything: {record}", "let it end in -all or ~all")
    if walked.remarks:
        yield warn(what, f"one record, but {listed(walked.remarks)}: {record}", "take that out of it")


def _covering(domain: str, walked: Walk, outlet: Outlet) -> Iterator[Diagnosis]:
    """A hint only: from which addresses a provider sends is the provider's to know."""
    what = f"SPF and the relay for {domain}"
    if not outlet.addresses:
        return
    missing = [address for address in outlet.addresses if not walked.covers(address)]
    if not missing:
        more = "" if outlet.is_here else "; from which other addresses it sends, only its operator knows"
        yield ok(what, f"{listed(outlet.addresses)} may send{more}")
    elif outlet.is_here and not walked.is_open and not walked.unasked:
        fix = f"add ip{'6' if ':' in missing[0] else '4'}:{missing[0]} to the record"
        yield warn(what, f"{listed(missing)}, this machine's address, may not send for the domain", fix)
    elif walked.names_others or walked.is_open:
        said = (
            f"the record names others who may send; whether your relay ({missing[0]}) is among them is not known here"
        )
        yield ok(what, said)
    else:
        said = f"the record names nobody but {len(walked.networks)} networks, and {missing[0]}, your relay, is in none"
        yield warn(what, said, "ask your provider which include: to add, unless the relay sends from other addresses")
