"""The grammar of addresses and identifiers in message fields, read from what is written, not from what it means."""

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"
DOMAIN = rf"{_LABEL}(?:\.{_LABEL})+"

ENCODED_WORD = re.compile(r"=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=")
MESSAGE_ID = re.compile(rf"<{DOT_ATOM}@{DOMAIN}>")
LIST_ID = re.compile(rf"(?:(?:\"(?:[^\"\\]|\\.)*\"|{_ATOM}(?:\s+{_ATOM})*)\s+)?<({DOT_ATOM})>")

_ADDRESS = re.compile(rf"(?P<local>{DOT_ATOM})@(?P<domain>{DOMAIN})")
_MAILBOX = re.compile(
    r"(?:(?P<name>\"(?:[^\"\\]|\\.)*\"|[^\"<>@,;:()]*)\s*<(?P<inside>[^<>\s]*)>|(?P<alone>[^<>\s\",]*))"
)
_URIS = re.compile(r"<[^<>\s]+>(?:\s*,\s*<[^<>\s]+>)*")
_LOCAL_MOST, _ADDRESS_MOST = 64, 254


def address_of(mailbox: str) -> str | None:
    """The address of `Name <me@example.org>` or `me@example.org`; `None` unless it is exactly one good mailbox."""
    found = _MAILBOX.fullmatch(mailbox.strip())
    if found is None:
        return None
    address = found["inside"] if found["alone"] is None else found["alone"]
    parts = _ADDRESS.fullmatch(address)
    if parts is None or len(parts["local"]) > _LOCAL_MOST or len(address) > _ADDRESS_MOST:
        return None
    return address


def uris(value: str) -> list[str] | None:
    """The URIs of a List-* field (RFC 2369 §2); `None` when it is not a list of them in angle brackets."""
    if not _URIS.fullmatch(value.strip()):
        return None
    return re.findall(r"<([^<>\s]+)>", value)
