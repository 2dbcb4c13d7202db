"""Severity: what a status code (RFC 3463, RFC 5248) and the words beside it say about a mailbox.

Codes lie: servers answer 5.1.1 to full mailboxes and 5.0.0 to spam. So the words count too, and where the two
contradict each other the milder reading wins: a mailbox is never called dead because of a filter.
"""

import re

from digest.model.returns import ReturnKind

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([245])(\d\d)(?=[ \-])")
_ARRIVED = ("delivered", "relayed", "expanded")

_BLOCKED = re.compile(
    r"spam(?!\w*@)|black ?list|block ?list|deny ?list|\bblock(?:ed|ing)\b|\brbl\b|dnsbl|spamhaus|spamcop|barracuda"
    r"|sorbs|(?<!not )(?<!n.t )\blisted (?:at|by|on)\b"
    r"|reputation|\bspf\b|\bdkim\b|\bdmarc\b|\bpolic(?:y|ies)\b|content (?:filter|reject|denied)|virus|malware|phish"
    r"|suspicious|unsolicited|\bjunk\b|\bbanned\b|gr[ea]y ?list|rate.?limit|throttl|bulk mail|not authenticat"
    r"|authentication (?:is )?required|relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited)|unable to relay"
    r"|reverse dns|\brdns\b|\bptr\b|sender (?:address |domain )?(?:rejected|denied|verif|not)|bad sender|invalid sender"
    r"|too many (?:messages|connections|recipients|mails|errors|emails)|message (?:was )?(?:rejected|refused)"
    r"|not (?:allowed|permitted|authori[sz]ed|accept(?:ed|ing) (?:mail|messages) from)|administrative(?:ly)? "
    r"|security|restrict|prohibited|access control|low quality|attachment",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"(?:message|mail|e-mail).{0,30}(?:too (?:big|large|long)|size)|size (?:limit|exceed)|exceed\w* .{0,30}message size"
    r"|line too long|too many hops|mail(?:ing)? loop|loop detected|\bloops?\b",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"quota|(?:mailbox|inbox|mail ?box|account) (?:is |has been )?(?:too )?(?:full|exceed|over)|full mailbox"
    r"|insufficient|out of (?:storage|space)|(?:storage|disk|space).{0,25}(?:full|exceed|limit|allocat)"
    r"|exceed.{0,30}(?:storage|space|allocat)|no space|too much mail|cannot accept new|buz[oó]n lleno|cuota",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:user|recipient|mailbox|account|address|alias|domain|host|name|usuario)\w*[^.;]{0,60}(?:unknown|not (?:found"
    r"|exist|known"
    r"|valid|listed|active|local|in\b)|does(?: not|n.t) (?:exist|have)|is(?: not|n.t) (?:available|valid|active|found"
    r"|known)"
    r"|unavailable|disabled|inactive|suspended|deactivated|discontinued|expired|closed|invalid|no longer|desconocid"
    r"|no existe)"
    r"|unknown (?:\w+ )?(?:user|recipient|mailbox|address|local|account|host|domain|or illegal)"
    r"|host \S+ not found|no such |no (?:mailbox|mail ?box|account|user|recipient|valid recipients?)\b|not a (?:known"
    r"|valid) "
    r"|invalid (?:recipient|mailbox|user|address|final)|recipient (?:address )?rejected|rejected recipient"
    r"|bad destination|address(?:ee)? (?:is )?(?:unknown|reject|fail)|unrouteable|unroutable|illegal alias"
    r"|(?:null|no) ?mx\b|not our customer|does not like recipient|doesn.t have (?:an|a) \S+ account|no existe",
    re.IGNORECASE,
)
_DEAD = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 4), (4, 310)}
_OTHERS_FAULT = {(1, 7), (1, 8), (2, 3), (3, 4)}  # the sender's address, or the size of the message
_FOR_GOOD = ("550", "551", "553")


def severity(action: str, status: str | None, said: str) -> ReturnKind:
    """`action` is the field of RFC 3464 (`failed`, `delayed` …) in lower case; what is no such word is as good as
    `failed`. `said` is what the server answered, or any text about it.
    """
    if action.startswith("delay"):
        return ReturnKind.DELAYED
    codes = [(int(a), int(b), int(c)) for a, b, c in _STATUS.findall(f"{status or ''} {said}"[:2000])]
    if action.startswith(_ARRIVED) or (codes and codes[0][0] == 2):  # noqa: PLR2004 – the class of success
        return ReturnKind.DELIVERED
    details = {(subject, detail) for _, subject, detail in codes}
    if any(subject in (6, 7) for subject, _ in details) or details & _OTHERS_FAULT or _TOO_LARGE.search(said):
        return ReturnKind.BLOCKED
    is_gone = _GONE.search(said) is not None
    if _BLOCKED.search(said) and not (is_gone and (1, 1) in details):
        return ReturnKind.BLOCKED
    if (2, 2) in details or _FULL.search(said):
        return ReturnKind.SOFT
    return ReturnKind.HARD if _is_hard(codes, said, is_gone=is_gone) else ReturnKind.SOFT


def status_in(text: str) -> str | None:
    """The first status code in a text; more telling ones before 5.0.0."""
    found = ["{}.{}.{}".format(*code) for code in _STATUS.findall(text) if code[0] != "2"]
    return next((one for one in found if not one.endswith(".0.0")), found[0] if found else None)


def _is_hard(codes: list[tuple[int, int, int]], said: str, *, is_gone: bool) -> bool:
    replies = [first + rest for first, rest in _REPLY.findall(said)]
    if codes and codes[0][0] == 4:  # noqa: PLR2004 – the class of what passes
        return False
    if not codes and any(reply.startswith("4") for reply in replies):
        return False
    if is_gone or {(subject, detail) for _, subject, detail in codes} & _DEAD:
        return True
    if any(reply in _FOR_GOOD for reply in replies):
        return True
    return (5, 0, 0) in codes and all(subject == 0 for _, subject, _ in codes)
