"""Wishes: mails in which a person asks for no more of them, in English or Spanish.

Only a request that stands alone is one: as the whole subject, or as the first line that they wrote themselves. A text
that merely speaks of leaving – a news item, a question, a leave of absence – never is.
"""

import re
from email.message import Message

from digest.mailbox import opening
from digest.mailbox.own_text import own_lines
from digest.mailbox.wish_words import AMBIGUOUS, ENGLISH, GREETING, PLEASE, SPANISH, THANKS
from digest.mailbox.wording import folded

_REPLY = re.compile(r"^(?:(?:re|aw|sv|rv|fwd?|resp?|tr)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_LONGEST = 160  # characters of a line that is a request and nothing else

_REQUEST = re.compile(
    rf"(?:{GREETING}(?: (?:a )?tod[oa]s| all| team| equipo)? )?(?:{PLEASE} )*"
    rf"(?:{'|'.join(ENGLISH + SPANISH)})(?: {THANKS})*"
)
_GREETING_LINE = re.compile(rf"{GREETING}(?: \w+){{0,5}}")
_COURTESY = re.compile(rf"(?:{GREETING}|{THANKS}|{PLEASE}|atentamente|cordialmente|sincerely|att|atte)(?: \w+){{0,3}}")
_ALL = re.compile(r"\b(?:all|everything|any|todos?|todas?|ningun\w*)\b")
_FEW_WORDS, _FEW_LINES = 6, 6


def wish_of(message: Message) -> str | None:
    """The request, folded, as subject and first line have it; `None` when nobody asks for anything."""
    lines = [folded(line[: 2 * _LONGEST]) for line in own_lines(message)]
    lines = [line for line in lines if line]
    if lines and _GREETING_LINE.fullmatch(lines[0]) and not is_request(lines[0]):
        lines = lines[1:]
    subject = folded(_REPLY.sub("", opening.value(message, "subject"))[: 2 * _LONGEST])
    places = ((subject, lines), (lines[0] if lines else "", lines[1:]))
    found = [request for request, others in places if is_request(request) and (_is_plain(request) or _agree(others))]
    return "; ".join(found) or None


def is_request(text: str) -> bool:
    """Whether a folded line asks to leave, and does nothing else."""
    return len(text) <= _LONGEST and _REQUEST.fullmatch(text) is not None


def is_from_all(request: str) -> bool:
    return _ALL.search(request) is not None


def _is_plain(request: str) -> bool:
    """Whether it can mean nothing else: a *baja* may be a sick leave."""
    bare = re.sub(rf"(?: {THANKS})+$|^(?:{PLEASE} )+", "", request)
    return bare not in AMBIGUOUS


def _agree(others: list[str]) -> bool:
    """Whether the rest is the same request, courtesy, or a name below it."""
    if others and is_request(others[0]):
        return True
    rest = [line for line in others if not _COURTESY.fullmatch(line)]
    return len(rest) <= _FEW_LINES and all(len(line.split()) <= _FEW_WORDS and "?" not in line for line in rest)
