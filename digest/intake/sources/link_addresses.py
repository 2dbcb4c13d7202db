"""Addresses as people copy them: with the full stop of the sentence, wrapped by a mail program, with a password.

Wrappers hide where a link leads and often carry the mail address of the colleague who got it. They are known by their
host and taken off; one that cannot be taken off is told. In nothing else is an address changed.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from digest.foundation.catalogue import later

_ENDS = ".,;:!?…'’”»\"*_"  # of a sentence; no address that somebody means ends so
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_MOST_LAYERS = 5
_WEB = re.compile(r"(?i)https?://")
_IN_TEXT = re.compile(r"(?i)\bhttps?://[^\s<>\"]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USER = re.compile(r"(?i)^(https?://)[^/?#]*@")
_PERSON = re.compile(r"[^@\s/=&?]+@[^@\s/=&?]+\.[^@\s/=&?]+$")
# The end of a host → the parameters that hold the address.
_WRAPPERS = {
    "safelinks.protection.outlook.com": ("url",),
    "safelinks.office.net": ("url",),
    "urldefense.proofpoint.com": ("u",),
    "l.facebook.com": ("u",),
    "lm.facebook.com": ("u",),
    "l.instagram.com": ("u",),
    "linkprotect.cudasvc.com": ("a",),
    "clicktime.symantec.com": ("u",),
    "urlsand.esvalabs.com": ("u",),
    "slack-redir.net": ("url",),
    "out.reddit.com": ("url",),
    "t.umblr.com": ("z",),
    "vk.com": ("to",),
    "duckduckgo.com": ("uddg",),
    "getpocket.com": ("url",),
    "linkedin.com": ("url",),
    "youtube.com": ("q",),
}
_ONLY_AT = {  # elsewhere these hosts have pages of their own
    "vk.com": ("/away.php",),
    "duckduckgo.com": ("/l/",),
    "getpocket.com": ("/redirect",),
    "linkedin.com": ("/redir", "/safety/go"),
    "youtube.com": ("/redirect",),
}
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}$")
_CISCO = "secure-web.cisco.com"
_PROOFPOINT = re.compile(r"(?i)https?://urldefense\.(?:com|us|proofpoint\.com)/v3/__(.+?)__;")
_CHECKPOINT = re.compile(r"(?i)https?://(?:url\.avanan\.click|protect\.checkpoint\.com)/v2/(?:r\d+/)?___(.+?)___\.")
_CLOSED = re.compile(
    r"(?i)(?:^|\.)(?:mimecast\.com|mimecastprotect\.com|trendmicro\.com|fireeye\.com|barracudanetworks\.com)$"
)


_PROTECTING = re.compile(r"(?i)protect|/s/|url")


class CleanAddress(NamedTuple):
    """`address` is empty where none may be passed on; `fault` says why, `changed` what was taken off."""

    address: str
    fault: str = ""
    changed: str = ""


def clean_address(address: str) -> CleanAddress:
    """The address that was meant; one that is no web address stays as it is."""
    if not _WEB.match(address):
        return CleanAddress(address)
    bare = without_end(address)
    inner = _unwrapped(bare)
    try:
        parts = urlsplit(inner)
    except ValueError:
        return CleanAddress(inner)
    if fault := _fault(inner, parts):
        return CleanAddress("", fault=fault)
    plain = _without_persons(inner)
    if plain == bare:
        return CleanAddress(plain)
    what = later("the wrapper of a mail program or website") if inner != bare else later("the mail address of a person")
    return CleanAddress(plain, changed=what)


def _fault(address: str, parts: SplitResult) -> str:
    if "@" in parts.netloc:
        return later("it holds a user name or a password, which every reader would get")
    if _BAD_ESCAPE.search(address):
        return later("it holds a % that means nothing: a sign of it is missing")
    if _CLOSED.search(parts.netloc) and _PROTECTING.search(address):
        return later("a mail program has wrapped it, and where it leads cannot be read from it")
    return ""


def without_end(address: str) -> str:
    """Without what belongs to the sentence around it."""
    while address:
        last = address[-1]
        is_lone = last in _BRACKETS and address.count(last) > address.count(_BRACKETS[last])
        if last not in _ENDS and not is_lone:
            break
        address = address[:-1]
    return address


def cleaned_text(text: str, tell: Callable[[str, CleanAddress], None], *, is_html: bool = False) -> str:
    """The text with the addresses in it cleaned; `tell` hears of each that was. Passwords are taken out."""

    def replaced(found: re.Match[str]) -> str:
        written = unescape(found[0]) if is_html else found[0]
        bare = without_end(written)
        clean = clean_address(bare)
        address = clean.address
        if clean.fault and (inner := _unwrapped(bare)) != (without := without_user(inner)):
            address = without
        elif not clean.changed:
            return found[0]
        tell(bare, clean)
        said = address + written[len(bare) :]
        return escape(said) if is_html else said

    return _IN_TEXT.sub(replaced, text) if "://" in text else text


def without_user(address: str) -> str:
    """Without the user name and the password before the host."""
    return _USER.sub(r"\1", address, count=1)


def _unwrapped(address: str) -> str:
    for _ in range(_MOST_LAYERS):
        inner = _inside(address)
        if inner is None or not _WEB.match(inner):
            return address
        address = inner
    return address


def _inside(address: str) -> str | None:
    """The address in a wrapper; `None` if it is none."""
    if found := _PROOFPOINT.match(address) or _CHECKPOINT.match(address):
        return re.sub(r"^(https?:)/(?!/)", r"\1//", found[1])
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host == _CISCO:
        return unquote(parts.path.rpartition("/")[2])
    if host == "deref-mail.com":
        return unquote(parts.query)
    names = ("q", "url") if _GOOGLE.match(host) and parts.path == "/url" else _parameters(host, parts.path)
    query = parse_qs(parts.query)
    value = next((query[name][0] for name in names if name in query), None)
    if value is not None and host == "urldefense.proofpoint.com" and parts.path.startswith("/v2"):
        return unquote(value.replace("-", "%").replace("_", "/"))
    return value


def _parameters(host: str, path: str) -> tuple[str, ...]:
    for end, names in _WRAPPERS.items():
        if host == end or host.endswith(f".{end}"):
            return names if path.startswith(_ONLY_AT.get(end, "/")) or not path else ()
    return ()


def _without_persons(address: str) -> str:
    """Without the parameters whose value is somebody's mail address."""
    parts = urlsplit(address)
    if "@" not in parts.query and "%40" not in parts.query:
        return address
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _PERSON.match(value)]
    if len(kept) == len(parse_qsl(parts.query, keep_blank_values=True)):
        return address
    return urlunsplit(parts._replace(query=urlencode(kept)))
