"""What a server can do, as it says in its answer to EHLO (RFC 5321 §4.1.1.1)."""

import re
from dataclasses import dataclass

from digest.transports.smtp.replies import Reply

_NUMBER = re.compile(r"[0-9]{1,20}")  # RFC 1870 §4


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """`size` is the largest message it takes, `None` if it says none (RFC 1870)."""

    starttls: bool = False
    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    dsn: bool = False
    size: int | None = None
    mechanisms: frozenset[str] = frozenset()


def features_of(reply: Reply) -> Features:
    """Unknown and malformed lines say nothing."""
    offered: dict[str, list[str]] = {}
    for line in reply.lines[1:]:
        # "AUTH=LOGIN PLAIN" is how servers wrote it before RFC 2554.
        keyword, *parameters = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
        offered.setdefault(keyword, []).extend(parameters)
    size = next((int(each) for each in offered.get("SIZE", ()) if _NUMBER.fullmatch(each)), 0)
    return Features(
        starttls="STARTTLS" in offered,
        pipelining="PIPELINING" in offered,
        eight_bit="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        dsn="DSN" in offered,
        size=size or None,
        mechanisms=frozenset(offered.get("AUTH", ())),
    )
