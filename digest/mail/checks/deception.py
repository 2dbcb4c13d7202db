"""Does a link lead where its words and its look say? A user before the @, numbers, letters that look alike."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from unicodedata import name
from urllib.parse import urlsplit

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document, host_of
from digest.mail.checks.rule import Finding, error
from digest.mail.checks.tree import quoted

USER = error(
    "DECEIT-001",
    asks="no link names a user before the host",
    why="https://bank.example@evil.example/ leads to evil.example; filters and browsers take it for fraud",
    fix=later("write the address without what stands before the @"),
)
NUMBER = error(
    "DECEIT-002",
    asks="the host of a link is a name, not a number",
    why="SpamAssassin NUMERIC_HTTP_ADDR, NORMAL_HTTP_TO_IP; nobody can say whose it is",
    fix=later("write the name under which everybody finds the page"),
)
ALIKE = error(
    "DECEIT-003",
    asks="no host mixes letters of several scripts, or looks like Latin letters and is none",
    why="Unicode UTS 39 §5: раураl.com in Cyrillic letters is another host than the one in Latin ones",
    fix=later("type the address anew, or copy it from the page itself"),
)
RULES = (USER, NUMBER, ALIKE)
_WEB = ("http", "https")
_NUMBER = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}", re.IGNORECASE)
_ASIAN = frozenset(("HIRAGANA", "KATAKANA", "CJK", "HANGUL", "BOPOMOFO"))  # one host may have several
_LIKE_LATIN = frozenset("асеорхуіјѕԁһԛԝүьгкмнтв" + "αιονρτυχκ")


def check(document: Document) -> Iterator[Finding]:
    for link in document.links:
        target = link.get("href")
        try:
            parts = urlsplit(target.strip())
            user = parts.username
        except ValueError:
            continue  # `links` says that it leads nowhere
        if parts.scheme.lower() not in _WEB:
            continue
        host, place = host_of(target), document.where(link)
        if user is not None:
            yield USER.broken(
                place,
                _("{address} leads to {host}, and {user} is only a user's name").format(
                    address=quoted(target), host=host, user=quoted(user)
                ),
            )
        if is_number(host):
            yield NUMBER.broken(place, _("it leads to {address}").format(address=host))
        elif (label := deceptive_label(host)) is not None:
            yield ALIKE.broken(
                place, _("{label} in {host} is not what it looks like").format(label=quoted(label), host=host)
            )


def is_number(host: str) -> bool:
    """Whether it is an IP address, in whatever way these are written."""
    try:
        ip_address(host)
    except ValueError:
        return _NUMBER.fullmatch(host) is not None
    return True


def deceptive_label(host: str) -> str | None:
    """The part of a host, as it is read, in which letters of several scripts stand, or only look like Latin ones."""
    for label in map(_as_read, host.split(".")):
        scripts = {name(char, "").split()[0] for char in label if char.isalpha()}
        if len(scripts - _ASIAN) + bool(scripts & _ASIAN) > 1 and not scripts <= _ASIAN | {"LATIN"}:
            return label
        if scripts and scripts.isdisjoint(("LATIN",)) and all(not c.isalpha() or c in _LIKE_LATIN for c in label):
            return label
    return None


def _as_read(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label
