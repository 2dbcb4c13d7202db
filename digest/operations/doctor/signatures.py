"""Signatures: the DKIM keys that everybody finds in DNS, and the DMARC record that counts for a From."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digest.foundation.catalogue import _
from digest.operations.doctor.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn
from digest.operations.doctor.dns import Lookup, TagError, tags_of

# -- DKIM: is the published key the one that signs here? (RFC 6376 §3.6.1; RFC 8301)

BITS_LEAST, BITS_USUAL = 1024, 2048
_TAGS = frozenset("vghknpst")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedKey:
    """What must be found: `name` of the record, the algorithm (`rsa`, `ed25519`), the public key in base64."""

    name: str
    algorithm: str
    public: str


def dkim(lookup: Lookup, domain: str, key: ExpectedKey) -> Iterator[Diagnosis]:
    what = _("DKIM key {name}").format(name=key.name)
    answer = lookup.texts(key.name)
    if not answer.is_known:
        yield unknown(what, answer.why)
    elif answer.is_absent:
        yield _missing(lookup, what, domain, key)
    elif len(answer.values) > 1:
        said = _("{count} TXT records stand there, and each receiver takes another one").format(
            count=len(answer.values)
        )
        yield fail(what, said, _("leave one of them; compare it with: digest dkim show"))
    else:
        yield _judged(what, answer.values[0], key)


def unsigned() -> Diagnosis:
    said = _("there is no key in keys/dkim, so the mails leave unsigned; Gmail and Yahoo want signatures")
    return warn("DKIM", said, _("run: digest dkim keygen – unless your mail server signs them itself"))


def _missing(lookup: Lookup, what: str, domain: str, key: ExpectedKey) -> Diagnosis:
    doubled = f"{key.name}.{domain}"
    if lookup.texts(doubled).is_found:
        short = key.name.removesuffix(f".{domain}")
        said = _("the record stands at {doubled}: the form for DNS adds the domain by itself").format(doubled=doubled)
        return fail(what, said, _("enter {short} as its name").format(short=short))
    said = _("there is no record, so no receiver can check a signature")
    return fail(what, said, _("publish what `digest dkim show` prints; new records can take an hour to be seen"))


def _judged(what: str, text: str, key: ExpectedKey) -> Diagnosis:
    quotes = _("; the quotes are not part of the value") if '"' in text else ""
    try:
        tags = tags_of(text)
    except TagError as error:
        return fail(what, _("the record is damaged: {fault}").format(fault=f"{error}{quotes}"), _again())
    shouted = [name for name in tags if name.lower() in _TAGS and name not in _TAGS]
    if shouted:
        said = _("the names of tags are lower case letters; receivers do not know {names}").format(
            names=listed(f"{name}=" for name in shouted)
        )
        return fail(what, said, _again())
    fault = _fault(tags, key)
    if fault:
        return fail(what, fault + quotes, _again())
    if "y" in tags.get("t", "").replace(" ", "").split(":"):
        said = _("the record equals the key, but t=y says that you are only testing, so failures count for nothing")
        return warn(what, said, _("take t=y out of the record once mails have passed"))
    return ok(what, _("the record equals the key ({algorithm})").format(algorithm=key.algorithm))


def _again() -> str:
    return _("enter the value again; compare it with: digest dkim show")


def _fault(tags: Mapping[str, str], key: ExpectedKey) -> str:
    """Why receivers cannot check our signatures with this record; empty: they can."""
    kind, hashes, services = tags.get("k", "rsa"), tags.get("h", "sha256"), tags.get("s", "*")
    is_dkim = tags.get("v", "DKIM1") == "DKIM1" and ("v" not in tags or next(iter(tags)) == "v")
    for is_wrong, said in (
        (not is_dkim, _("v= must come first and be DKIM1")),
        ("p" not in tags, _("there is no p= in the record: the key is missing")),
        (not tags.get("p"), _("p= is empty: the key is revoked, every signature fails")),
        (
            kind != key.algorithm,
            _("k={kind}, but the key is of the kind {algorithm}").format(kind=shortened(kind), algorithm=key.algorithm),
        ),
        ("sha256" not in _words(hashes), _("h={hashes} does not allow sha256").format(hashes=shortened(hashes))),
        (
            not {"*", "email"} & set(_words(services)),
            _("s={services} does not allow mail").format(services=shortened(services)),
        ),
    ):
        if is_wrong:
            return said
    return _difference("".join(tags["p"].split()), key)


def _difference(published: str, key: ExpectedKey) -> str:
    if published == key.public:
        return ""
    if key.public.startswith(published):
        return _("the key is cut off after {count} of {total} characters").format(
            count=len(published), total=len(key.public)
        )
    try:
        data = b64decode(published, validate=True)
    except binascii.Error:
        return _("p= is no base64: something was lost or added when it was entered")
    if data == b64decode(key.public):
        return ""
    bits = _bits(data) if key.algorithm == "rsa" else None
    if bits is None or bits >= BITS_USUAL:
        return _("another key is published than the one that signs here")
    said = _(
        "another key is published than the one that signs here; it has {bits} bits, at least {least} are required and "
        "{usual} usual"
    )
    return said.format(bits=bits, least=BITS_LEAST, usual=BITS_USUAL)


def _bits(data: bytes) -> int | None:
    try:
        public = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return public.key_size if isinstance(public, RSAPublicKey) else None


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(":")]


# -- DMARC (RFC 9989): a record that receivers accept, and a From that SPF or DKIM vouch for.

LABELS_MOST = 8
_VERSION = "dmarc1"
POLICIES = ("none", "quarantine", "reject")
START = "v=DMARC1; p=none; rua=mailto:dmarc@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Domains of one newsletter's mail: the From, the envelope's sender, the signatures' `d=` (`None`: unsigned)."""

    author: str
    envelope: str
    signing: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """What stands at `_dmarc.` and `domain`. Without `tags` there is none, or none that counts: `fault` says why.
    `unasked` says why nothing is known. Names of tags and their values are in lower case, but for addresses.
    """

    domain: str
    tags: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    unasked: str = ""


def dmarc(lookup: Lookup, sender: Sender, *, is_bulk: bool) -> Iterator[Diagnosis]:
    """`is_bulk`: so many mails that the large providers demand a record."""
    what = _("DMARC of {domain}").format(domain=sender.author)
    record = policy_for(lookup, sender.author)
    if record.unasked:
        yield unknown(what, record.unasked)
    elif record.fault:
        yield fail(
            what,
            _("at {name}: {fault}").format(name=f"_dmarc.{record.domain}", fault=record.fault),
            _("correct the record in DNS"),
        )
    elif not record.tags:
        said = _("there is no record; Gmail, Yahoo and Outlook demand one from whoever sends 5,000 mails a day")
        fix = _("publish a TXT record at {name}: {record}").format(
            name=f"_dmarc.{sender.author}", record=f"{START}{sender.author}"
        )
        yield fail(what, said, fix) if is_bulk else warn(what, said, fix)
    else:
        yield _dmarc_judged(what, sender.author, record)
    yield _aligned(lookup, sender, record.tags)


def _dmarc_judged(what: str, author: str, record: DmarcRecord) -> Diagnosis:
    tags = record.tags
    where = "" if record.domain == author else _(", from _dmarc.{domain}").format(domain=record.domain)
    policy = tags.get("p", "none" if "rua" in tags else "").lower()
    if policy not in POLICIES:
        said = _("{tag} is no policy").format(tag=f"p={shortened(policy)}") if policy else _("p= is missing")
        return fail(
            what,
            _("at {name}: {fault}, so the record counts for nothing").format(
                name=f"_dmarc.{record.domain}", fault=said
            ),
            _("write p=none"),
        )
    if where and tags.get("sp", policy).lower() in POLICIES:
        policy = tags.get("sp", policy).lower()
    wrong = [f"{name}={shortened(tags[name])}" for name in ("adkim", "aspf") if tags.get(name, "r").lower() not in "rs"]
    if wrong:
        return warn(what, _("{tags} means nothing, so it counts as r").format(tags=listed(wrong)), _("write r or s"))
    if "rua" not in tags:
        said = _("policy {policy}, but nobody gets the reports (no rua=)").format(policy=f"{policy}{where}")
        return warn(
            what,
            said,
            _("add rua=mailto:dmarc@{domain}, so that you see who sends in your name").format(domain=record.domain),
        )
    if not all(each.strip().lower().startswith("mailto:") for each in tags["rua"].split(",")):
        return warn(
            what,
            _("{tag} is no address for reports").format(tag=f"rua={shortened(tags['rua'])}"),
            _("write rua=mailto:ADDRESS"),
        )
    if tags.get("t", "n").lower() == "y" and policy != "none":
        return warn(
            what,
            _("policy {policy}, but t=y says that you are only testing").format(policy=f"{policy}{where}"),
            _("take t=y out when sure"),
        )
    said = (
        _("policy {policy}, with reports; a good start: when the reports are clean, go on to quarantine")
        if policy == "none"
        else _("policy {policy}, with reports")
    )
    return ok(what, said.format(policy=f"{policy}{where}"))


def _aligned(lookup: Lookup, sender: Sender, tags: Mapping[str, str]) -> Diagnosis:
    what = _("DMARC alignment of {domain}").format(domain=sender.author)
    by_dkim = sender.signing is not None and _match(lookup, sender.author, sender.signing, tags.get("adkim", "r"))
    by_spf = _match(lookup, sender.author, sender.envelope, tags.get("aspf", "r"))
    if by_dkim:
        said = (
            _("the signature's domain (d={signing}) vouches for it, and so does the envelope's ({envelope})")
            if by_spf
            else _("the signature's domain (d={signing}) vouches for it")
        )
        return ok(what, said.format(signing=sender.signing, envelope=sender.envelope))
    if by_spf:
        said = _("only the envelope's domain ({domain}) vouches for it: mail that is forwarded will fail").format(
            domain=sender.envelope
        )
        return warn(what, said, _("sign with DKIM for the domain of the From: digest dkim keygen"))
    if None in (by_dkim, by_spf):
        return unknown(what, _("DNS did not say which domains belong together"))
    signed = (
        _("the mails are not signed")
        if sender.signing is None
        else _("d={signing} is another domain").format(signing=sender.signing)
    )
    said = _("nothing vouches for the From: {signed}, and returned mail goes to another domain ({domain})").format(
        signed=signed, domain=sender.envelope
    )
    return fail(what, said, _("take From and return_path from one domain, and sign for it: digest dkim keygen"))


def _match(lookup: Lookup, author: str, other: str, mode: str) -> bool | None:
    """Whether the domains are aligned; `None` when DNS did not say."""
    if author == other:
        return True
    if mode.lower() == "s":
        return False
    organisations = organisation_of(lookup, author), organisation_of(lookup, other)
    return None if None in organisations else organisations[0] == organisations[1]


# -- Where a domain's DMARC record is, and which domain stands for the organisation: the tree walk of RFC 9989 §4.10.


def record_at(lookup: Lookup, domain: str) -> DmarcRecord:
    answer = lookup.texts(f"_dmarc.{domain}")
    if not answer.is_known:
        return DmarcRecord(domain=domain, unasked=answer.why)
    records = [text for text in answer.values if _is_dmarc(text)]
    if len(records) > 1:
        return DmarcRecord(
            domain=domain, fault=_("there are {count} records, so receivers take none").format(count=len(records))
        )
    if not records:
        near = any("dmarc" in text.lower() for text in answer.values)
        return DmarcRecord(domain=domain, fault=_("the record must begin with v=DMARC1;") if near else "")
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
