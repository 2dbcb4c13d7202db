"""Addresses as they may stand in MAIL FROM and RCPT TO (RFC 5321 §4.1.2, RFC 6531 §3.3): checked once more, here."""

import re
import unicodedata

MOST = 254  # octets: RFC 5321 §4.5.3.1.3 grants 256 with the angle brackets

_ATOM = r"[^\x00-\x20\x7f()<>\[\]:;@\\,.\"]+"
_LABEL = r"[A-Za-z0-9\u00a1-\U0010ffff](?:[A-Za-z0-9_\u00a1-\U0010ffff-]{0,62})"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def is_sendable(address: str) -> bool:
    """Whether it is one address without quoting, that can do no harm in a command, in ASCII or not."""
    if not _ADDRESS.fullmatch(address):
        return False
    if address.isascii():
        return len(address) <= MOST
    # Beyond ASCII nothing that is invisible, a space, unassigned, or no character at all.
    return not any(unicodedata.category(char)[0] in "CZ" for char in address) and len(address.encode()) <= MOST
