"""Where a domain's DMARC record is, and which domain stands for the organisation: the tree walk of RFC 9989 §4.10."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from digest.health.lookup import Lookup
from digest.health.tags import TagError, tags_of

LABELS_MOST = 8

_VERSION = "dmarc1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """What stands at `_dmarc.` and `domain`. Without `tags` there is none, or none that counts: `fault` says why.
    `unasked` says why nothing is known. Names of tags and their values are in lower case, but for addresses.
    """

    domain: str
    tags: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    unasked: str = ""


def record_at(lookup: Lookup, domain: str) -> DmarcRecord:
    answer = lookup.texts(f"_dmarc.{domain}")
    if not answer.is_known:
        return DmarcRecord(domain=domain, unasked=answer.why)
    records = [text for text in answer.values if _is_dmarc(text)]
    if len(records) > 1:
        return DmarcRecord(domain=domain, fault=f"there are {len(records)} records, so receivers take none")
    if not records:
        near = any("dmarc" in text.lower() for text in answer.values)
        return DmarcRecord(domain=domain, fault="the record must begin with v=DMARC1;" if near else "")
    try:
        tags = {name.lower(): value for name, value in tags_of(records[0]).items()}
    except TagError as error:
        return DmarcRecord(domain=domain, fault=str(error))
    return DmarcRecord(domain=domain, tags=tags)


def policy_for(lookup: Lookup, domain: str) -> DmarcRecord:
    """The record that counts for mail from `domain`: its own, else the organisation's."""
    own = record_at(lookup, domain)
    if own.tags or own.fault or own.unasked:
        return own
    walked = list(_walk(lookup, domain))
    unasked = next((each for each in walked if each.unasked), None)
    if unasked is not None:
        return unasked
    organisation = _chosen(domain, walked)
    return next((each for each in walked if each.domain == organisation and (each.tags or each.fault)), own)


def organisation_of(lookup: Lookup, domain: str) -> str | None:
    """The organisational domain; `None` when DNS did not say."""
    walked = list(_walk(lookup, domain))
    return None if any(each.unasked for each in walked) else _chosen(domain, walked)


def _walk(lookup: Lookup, domain: str) -> Iterator[DmarcRecord]:
    labels = domain.split(".")
    while labels:
        found = record_at(lookup, ".".join(labels))
        yield found
        psd = found.tags.get("psd")
        if psd == "n" or (psd == "y" and found.domain != domain):
            return
        labels = labels[1 if len(labels) < LABELS_MOST else len(labels) - LABELS_MOST + 1 :]


def _chosen(domain: str, walked: list[DmarcRecord]) -> str:
    records = [each for each in walked if each.tags]
    for each in records:
        if each.tags.get("psd") == "n":
            return each.domain
        if each.tags.get("psd") == "y" and each.domain != domain:
            below = domain.removesuffix(f".{each.domain}").rpartition(".")[2]
            return f"{below}.{each.domain}"
    return records[-1].domain if records else domain


def _is_dmarc(text: str) -> bool:
    name, equals, value = text.partition(";")[0].partition("=")
    return bool(equals) and name.strip().lower() == "v" and value.strip().lower() == _VERSION
