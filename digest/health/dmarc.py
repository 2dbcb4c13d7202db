"""DMARC (RFC 9989): a record that receivers accept, and a From that SPF or DKIM vouch for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.health.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn
from digest.health.dmarc_tree import DmarcRecord, organisation_of, policy_for
from digest.health.lookup import Lookup

POLICIES = ("none", "quarantine", "reject")
START = "v=DMARC1; p=none; rua=mailto:dmarc@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Domains of one newsletter's mail: the From, the envelope's sender, the signatures' `d=` (`None`: unsigned)."""

    author: str
    envelope: str
    signing: str | None


def dmarc(lookup: Lookup, sender: Sender, *, is_bulk: bool) -> Iterator[Diagnosis]:
    """`is_bulk`: so many mails that the large providers demand a record."""
    what = f"DMARC of {sender.author}"
    record = policy_for(lookup, sender.author)
    if record.unasked:
        yield unknown(what, record.unasked)
    elif record.fault:
        yield fail(what, f"at _dmarc.{record.domain}: {record.fault}", "correct the record in DNS")
    elif not record.tags:
        said = "there is no record; Gmail, Yahoo and Outlook demand one from whoever sends 5,000 mails a day"
        fix = f"publish a TXT record at _dmarc.{sender.author}: {START}{sender.author}"
        yield fail(what, said, fix) if is_bulk else warn(what, said, fix)
    else:
        yield _judged(what, sender.author, record)
    yield _aligned(lookup, sender, record.tags)


def _judged(what: str, author: str, record: DmarcRecord) -> Diagnosis:
    tags = record.tags
    where = "" if record.domain == author else f", from _dmarc.{record.domain}"
    policy = tags.get("p", "none" if "rua" in tags else "").lower()
    if policy not in POLICIES:
        said = "p= is missing" if not policy else f"p={shortened(policy)} is no policy"
        return fail(what, f"at _dmarc.{record.domain}: {said}, so the record counts for nothing", "write p=none")
    if where and tags.get("sp", policy).lower() in POLICIES:
        policy = tags.get("sp", policy).lower()
    wrong = [f"{name}={shortened(tags[name])}" for name in ("adkim", "aspf") if tags.get(name, "r").lower() not in "rs"]
    if wrong:
        return warn(what, f"{listed(wrong)} means nothing, so it counts as r", "write r or s")
    if "rua" not in tags:
        said = f"policy {policy}{where}, but nobody gets the reports (no rua=)"
        return warn(what, said, f"add rua=mailto:dmarc@{record.domain}, so that you see who sends in your name")
    if not all(each.strip().lower().startswith("mailto:") for each in tags["rua"].split(",")):
        return warn(what, f"rua={shortened(tags['rua'])} is no address for reports", "write rua=mailto:ADDRESS")
    if tags.get("t", "n").lower() == "y" and policy != "none":
        return warn(what, f"policy {policy}{where}, but t=y says that you are only testing", "take t=y out when sure")
    advice = "; a good start: when the reports are clean, go on to quarantine" if policy == "none" else ""
    return ok(what, f"policy {policy}{where}, with reports{advice}")


def _aligned(lookup: Lookup, sender: Sender, tags: Mapping[str, str]) -> Diagnosis:
    what = f"DMARC alignment of {sender.author}"
    by_dkim = sender.signing is not None and _match(lookup, sender.author, sender.signing, tags.get("adkim", "r"))
    by_spf = _match(lookup, sender.author, sender.envelope, tags.get("aspf", "r"))
    if by_dkim:
        said = f"the signature's domain (d={sender.signing}) vouches for it"
        return ok(what, f"{said}, and so does the envelope's ({sender.envelope})" if by_spf else said)
    if by_spf:
        said = f"only the envelope's domain ({sender.envelope}) vouches for it: mail that is forwarded will fail"
        return warn(what, said, "sign with DKIM for the domain of the From: digest dkim keygen")
    if None in (by_dkim, by_spf):
        return unknown(what, "DNS did not say which domains belong together")
    signed = "the mails are not signed" if sender.signing is None else f"d={sender.signing} is another domain"
    said = f"nothing vouches for the From: {signed}, and returned mail goes to another domain ({sender.envelope})"
    return fail(what, said, "take From and return_path from one domain, and sign for it: digest dkim keygen")


def _match(lookup: Lookup, author: str, other: str, mode: str) -> bool | None:
    """Whether the domains are aligned; `None` when DNS did not say."""
    if author == other:
        return True
    if mode.lower() == "s":
        return False
    organisations = organisation_of(lookup, author), organisation_of(lookup, other)
    return None if None in organisations else organisations[0] == organisations[1]
