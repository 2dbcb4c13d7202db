"""DKIM: is the key that everybody finds in DNS the one that signs here? (RFC 6376 §3.6.1; RFC 8301)"""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.health.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn
from digest.health.lookup import Lookup
from digest.health.tags import TagError, tags_of

BITS_LEAST, BITS_WISHED = 1024, 2048
_TAGS = frozenset("vghknpst")
_SHOW = "compare it with: digest dkim show"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedKey:
    """What must be found: `name` of the record, the algorithm (`rsa`, `ed25519`), the public key in base64."""

    name: str
    algorithm: str
    public: str


def dkim(lookup: Lookup, domain: str, key: ExpectedKey) -> Iterator[Diagnosis]:
    what = f"DKIM key {key.name}"
    answer = lookup.texts(key.name)
    if not answer.is_known:
        yield unknown(what, answer.why)
    elif answer.is_absent:
        yield _missing(lookup, what, domain, key)
    elif len(answer.values) > 1:
        said = f"{len(answer.values)} TXT records stand there, and each receiver takes another one"
        yield fail(what, said, f"leave one of them; {_SHOW}")
    else:
        yield _judged(what, answer.values[0], key)


def unsigned() -> Diagnosis:
    said = "there is no key in keys/dkim, so the mails leave unsigned; Gmail and Yahoo want signatures"
    return warn("DKIM", said, "run: digest dkim keygen – unless your mail server signs them itself")


def _missing(lookup: Lookup, what: str, domain: str, key: ExpectedKey) -> Diagnosis:
    doubled = f"{key.name}.{domain}"
    if lookup.texts(doubled).is_found:
        short = key.name.removesuffix(f".{domain}")
        said = f"the record stands at {doubled}: the form for DNS adds the domain by itself"
        return fail(what, said, f"enter {short} as its name")
    said = "there is no record, so no receiver can check a signature"
    return fail(what, said, "publish what `digest dkim show` prints; new records can take an hour to be seen")


def _judged(what: str, text: str, key: ExpectedKey) -> Diagnosis:
    quotes = "; the quotes are not part of the value" if '"' in text else ""
    try:
        tags = tags_of(text)
    except TagError as error:
        return fail(what, f"the record is damaged: {error}{quotes}", f"enter the value again; {_SHOW}")
    shouted = [name for name in tags if name.lower() in _TAGS and name not in _TAGS]
    if shouted:
        said = (
            f"the names of tags are lower case letters; receivers do not know {listed(f'{name}=' for name in shouted)}"
        )
        return fail(what, said, f"enter the value again; {_SHOW}")
    fault = _fault(tags, key)
    if fault:
        return fail(what, f"{fault}{quotes}", f"enter the value again; {_SHOW}")
    if "y" in tags.get("t", "").replace(" ", "").split(":"):
        said = "the record equals the key, but t=y says that you are only testing, so failures count for nothing"
        return warn(what, said, "take t=y out of the record once mails have passed")
    return ok(what, f"the record equals the key ({key.algorithm})")


def _fault(tags: Mapping[str, str], key: ExpectedKey) -> str:
    """Why receivers cannot check our signatures with this record; empty: they can."""
    kind, hashes, services = tags.get("k", "rsa"), tags.get("h", "sha256"), tags.get("s", "*")
    is_dkim = tags.get("v", "DKIM1") == "DKIM1" and ("v" not in tags or next(iter(tags)) == "v")
    for is_wrong, said in (
        (not is_dkim, "v= must come first and be DKIM1"),
        ("p" not in tags, "there is no p= in the record: the key is missing"),
        (not tags.get("p"), "p= is empty: the key is revoked, every signature fails"),
        (kind != key.algorithm, f"k={shortened(kind)}, but the key is of the kind {key.algorithm}"),
        ("sha256" not in _words(hashes), f"h={shortened(hashes)} does not allow sha256"),
        (not {"*", "email"} & set(_words(services)), f"s={shortened(services)} does not allow mail"),
    ):
        if is_wrong:
            return said
    return _difference("".join(tags["p"].split()), key)


def _difference(published: str, key: ExpectedKey) -> str:
    if published == key.public:
        return ""
    if key.public.startswith(published):
        return f"the key is cut off after {len(published)} of {len(key.public)} characters"
    try:
        data = b64decode(published, validate=True)
    except binascii.Error:
        return "p= is no base64: something was lost or added when it was entered"
    if data == b64decode(key.public):
        return ""
    bits = _bits(data) if key.algorithm == "rsa" else None
    if bits is None:
        return "another key is published than the one that signs here"
    size = f"; it has {bits} bits, at least {BITS_LEAST} are required and {BITS_WISHED} usual"
    return f"another key is published than the one that signs here{size if bits < BITS_WISHED else ''}"


def _bits(data: bytes) -> int | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        public = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return public.key_size if isinstance(public, RSAPublicKey) else None


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(":")]
