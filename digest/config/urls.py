"""Web addresses in the settings. Each rule raises `ValueError` with words that follow the key."""

import re

from digest.config.texts import one_line

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/?#:@]*)(?P<port>:[0-9]{1,9})?(?P<path>/[^?#]*)?"
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_NOT_IN_A_LINK = re.compile(r"""[\s<>"'\\^`{|}]""")
_HIGHEST_PORT = 65_535


def public_url(text: str) -> str:
    """`https://host/path` without a slash at its end, of characters that stand in headers and pages as they are."""
    found = _parts(text)
    scheme, host = found["scheme"].lower(), found["host"].lower()
    if scheme != "https":
        raise ValueError("must begin with https://, else no mail program offers to leave with one click")
    if _HOST.fullmatch(host) is None:
        raise ValueError("must name a host in letters, digits, dots and dashes, such as https://bulletin.example.org")
    if found["port"] and not 1 <= int(found["port"][1:]) <= _HIGHEST_PORT:
        raise ValueError(f"must have a port from 1 to {_HIGHEST_PORT}")
    path = (found["path"] or "").rstrip("/")
    if _PATH.fullmatch(path) is None:
        raise ValueError("must hold only letters a–z, digits, '.', '_', '~' and '-' between the slashes")
    return f"{scheme}://{host}{found['port'] or ''}{path}"


def website(text: str) -> str:
    """A page for people, `https` or `http`."""
    text = one_line(text)
    if not text.lower().startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    if _NOT_IN_A_LINK.search(text) or "@" in text or not text.partition("://")[2].strip("/"):
        raise ValueError("must be the address of a page, such as https://bulletin.example.org")
    return text


def ping_address(text: str) -> str:
    """An address that a program asks for; it may hold a secret, so no message shows it."""
    if not text.lower().startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    if _NOT_IN_A_LINK.search(text) or not text.isascii() or not text.partition("://")[2].strip("/"):
        raise ValueError("must be a web address, such as https://hc-ping.com/…")
    return text


def _parts(text: str) -> re.Match[str]:
    text = one_line(text)
    if "@" in text:
        raise ValueError("must not hold a user name or password")
    if "?" in text or "#" in text:
        raise ValueError("must end before the '?' or '#'")
    found = _PARTS.fullmatch(text)
    if found is None:
        raise ValueError("must be a web address, such as https://bulletin.example.org")
    return found
