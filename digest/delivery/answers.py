"""Answers of mail servers: one table of what a reply code, an enhanced code (RFC 3463, RFC 5248) and words mean.

Whoever is answered directly knows the stage; a report only repeats what was said, and to what is seldom known. Codes
lie: servers answer 5.1.1 to full mailboxes and 5.0.0 to spam. So the words count too, and where two signs contradict
each other the one that blames us wins: a mailbox is never called gone because of a filter.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

Status = tuple[int, int, int]


class Stage(StrEnum):
    """Where in a session something happened, in its order."""

    CONNECT = "connecting"
    BANNER = "the greeting"
    HELLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    RESET = "RSET"
    MAIL = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    DATA = "DATA"
    BODY = "the message"
    END = "the end of the message"


class AnswerMeaning(StrEnum):
    """What an answer that is no success says; `sentence` says it to a person."""

    sentence: str

    def __new__(cls, value: str, sentence: str) -> Self:
        one = str.__new__(cls, value)
        one._value_ = value
        one.sentence = sentence
        return one

    # about this recipient
    GONE = "gone", "there is no such mailbox, or its domain takes no mail"
    FULL = "full", "the mailbox has no room now"
    # about us: the next recipient may well meet the same
    TOO_LARGE = "too-large", "the message is larger than it may be there"
    CONTENT = "content", "the message itself is not accepted"
    SENDER = "sender", "the address we send from is not accepted"
    AUTHENTICATION = "authentication", "we have to prove who we are, and did not"
    REPUTATION = "reputation", "we, or our network, stand on a list of those whose mail is not wanted"
    RATE = "rate", "we send more than we may at once"
    QUOTA = "quota", "we have sent as much as we may for now"
    POLICY = "policy", "a rule or a filter does not let this pass"
    ROUTING = "routing", "the message goes round in circles"
    PROTOCOL = "protocol", "the server does not understand us"
    # neither
    PASSING = "passing", "it does not work now, and may later"
    UNKNOWN = "unknown", "nothing that can be understood was said, or signs that contradict each other"

    @property
    def is_about_the_recipient(self) -> bool:
        return self in (AnswerMeaning.GONE, AnswerMeaning.FULL)

    @property
    def is_about_us(self) -> bool:
        """Who sends, what is sent, how or how much: it says nothing about the mailbox."""
        return not self.is_about_the_recipient and self not in (AnswerMeaning.PASSING, AnswerMeaning.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """What a server said. `codes` are reply codes, `statuses` enhanced codes, the most trusted one first; `stage` is
    what it answered to, if that is known.
    """

    words: str
    codes: tuple[int, ...] = ()
    statuses: tuple[Status, ...] = ()
    stage: Stage | None = None


_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?=[ \-])")
_IN_REPLY_TO = re.compile(r"(?:in reply to|after(?: pipelined)?) (MAIL FROM|RCPT TO|end of data|DATA)\b", re.IGNORECASE)
_EXAMINED_MOST = 2_000  # characters
_STAGES = {"mail from": Stage.MAIL, "rcpt to": Stage.RECIPIENT, "data": Stage.DATA, "end of data": Stage.END}
_AFTER_THE_RECIPIENT = (Stage.DATA, Stage.BODY, Stage.END)
# RFC 3463 §3 by subject and detail; RFC 7372, RFC 7505 and RFC 8616 added to X.7 and X.1.
_BY_DETAIL = {
    (1, 0): AnswerMeaning.GONE,
    (1, 1): AnswerMeaning.GONE,
    (1, 2): AnswerMeaning.GONE,
    (1, 3): AnswerMeaning.GONE,
    (1, 6): AnswerMeaning.GONE,
    (1, 7): AnswerMeaning.SENDER,
    (1, 8): AnswerMeaning.SENDER,
    (1, 10): AnswerMeaning.GONE,
    (2, 1): AnswerMeaning.GONE,
    (2, 2): AnswerMeaning.FULL,
    (2, 3): AnswerMeaning.TOO_LARGE,
    (3, 4): AnswerMeaning.TOO_LARGE,
    (4, 4): AnswerMeaning.GONE,  # the domain takes no mail
    (4, 5): AnswerMeaning.QUOTA,  # congestion; providers say so of what an account may send in a day
    (4, 310): AnswerMeaning.GONE,  # Exchange Online: the domain is not in DNS
}
_ABOUT_ADDRESSES = {0, 1, 2}  # the other subjects say of a bare 550 that it is not about the mailbox
_BY_CODE = {
    500: AnswerMeaning.PROTOCOL,
    501: AnswerMeaning.PROTOCOL,
    502: AnswerMeaning.PROTOCOL,
    503: AnswerMeaning.PROTOCOL,
    504: AnswerMeaning.PROTOCOL,
    521: AnswerMeaning.POLICY,
    530: AnswerMeaning.AUTHENTICATION,
    535: AnswerMeaning.AUTHENTICATION,
    552: AnswerMeaning.TOO_LARGE,
    555: AnswerMeaning.PROTOCOL,
    556: AnswerMeaning.GONE,
}
_TOO_LARGE = re.compile(
    r"(?:message|mail|e-mail).{0,30}(?:too (?:big|large|long)|size)|size (?:limit|exceed)|exceed\w* .{0,30}message size"
    r"|line too long",
    re.IGNORECASE,
)
_LOOP = re.compile(r"too many hops|mail(?:ing)? loop|loop detected|\bloops?\b", re.IGNORECASE)
# What blames us, in the order in which it is looked for.
_BLAME = {
    AnswerMeaning.QUOTA: re.compile(
        r"(?:sending|outgoing|outbound|hourly|daily) (?:\w+ ){0,2}(?:limits?|quota)\b|unusual sending"
        r"|(?:messages|e-?mails) (?:per|an?) (?:hour|day|minute)",
        re.IGNORECASE,
    ),
    AnswerMeaning.RATE: re.compile(
        r"gr[ea]y ?list|rate.?limit|throttl|too many (?:messages|connections|recipients|mails|errors|emails)",
        re.IGNORECASE,
    ),
    AnswerMeaning.SENDER: re.compile(
        r"sender (?:address |domain )?(?:rejected|denied|verif|not)|bad sender|invalid sender", re.IGNORECASE
    ),
    AnswerMeaning.REPUTATION: re.compile(
        r"black ?list|block ?list|deny ?list|\b[dr]?bl\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|reputation|\bbanned\b"
        r"|reverse dns|\brdns\b|\bptr\b|(?<!not )(?<!n.t )\blisted (?:at|by|on)\b",
        re.IGNORECASE,
    ),
    AnswerMeaning.AUTHENTICATION: re.compile(r"authenti|\bspf\b|\bdkim\b|\bdmarc\b", re.IGNORECASE),
    AnswerMeaning.POLICY: re.compile(
        r"spam(?!\w*@)|\bblock(?:s|ed|ing)?\b|\bpolic(?:y|ies)\b|content (?:filter|reject|denied)|virus|malware|phish"
        r"|suspicious|unsolicited|\bjunk\b|bulk mail"
        r"|relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited|disallowed)|(?:not|no|unable to|cannot) relay"
        r"|message (?:was )?(?:rejected|refused)|invalid helo"
        r"|not (?:allowed|permitted|authori[sz]ed|accept(?:ed|ing) (?:mail|messages) from)|administrative(?:ly)? "
        r"|security|restrict|prohibited|access control|low quality|attachment",
        re.IGNORECASE,
    ),
}
_FULL = re.compile(
    r"quota|(?:mailbox|inbox|mail ?box|account) (?:is |has been )?(?:too )?(?:full|exceed|over)|full mailbox"
    r"|insufficient|out of (?:storage|space)|(?:storage|disk|space).{0,25}(?:full|exceed|limit|allocat)"
    r"|exceed.{0,30}(?:storage|space|allocat)|no space|too much mail|cannot accept new|buz[oó]n lleno|cuota",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:user|recipient|mailbox|account|address|alias|domain|host|name|usuario)\w*[^.;]{0,60}(?:unknown"
    r"|(?:not|n.t) (?:found|exist|known|valid|listed|active|local|in\b)|does(?: not|n.t) (?:exist|have)"
    r"|is(?: not|n.t) (?:available|valid|active|found|known)"
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


def repeated(words: str, status: str | None = None) -> ServerAnswer:
    """The answer that a report, or any text, repeats: codes and stage are looked for in the words."""
    at = _IN_REPLY_TO.search(words)
    return ServerAnswer(
        words=words,
        codes=tuple(int(code) for code in _REPLY.findall(words)),
        statuses=statuses_in(f"{status or ''} {words}"[:_EXAMINED_MOST]),
        stage=_STAGES[at[1].lower()] if at else None,
    )


def statuses_in(text: str) -> tuple[Status, ...]:
    """Every enhanced code in a text, in order."""
    return tuple((int(a), int(b), int(c)) for a, b, c in _STATUS.findall(text))


def meaning_of(answer: ServerAnswer) -> AnswerMeaning:
    """What an answer that is no success means.

    Nobody is called gone for what was said before they were named, nor for a bare code that was not said to RCPT TO.
    """
    found = _blame(answer) or _of_the_mailbox(answer) or _of_the_bare_code(answer)
    if answer.stage is Stage.MAIL and (found.is_about_the_recipient or found is AnswerMeaning.UNKNOWN):
        return AnswerMeaning.SENDER
    return found


def _blame(answer: ServerAnswer) -> AnswerMeaning | None:
    """What is about us, by code or by words."""
    details = {status[1:] for status in answer.statuses}
    by_detail = {_BY_DETAIL[detail] for detail in details & _BY_DETAIL.keys()}
    if ours := next((one for one in AnswerMeaning if one.is_about_us and one in by_detail), None):
        return ours
    subjects = {subject for subject, _ in details}
    if _TOO_LARGE.search(answer.words):
        return AnswerMeaning.TOO_LARGE
    if _LOOP.search(answer.words):
        return AnswerMeaning.ROUTING
    by_words = next((meaning for meaning, words in _BLAME.items() if words.search(answer.words)), None)
    if 6 in subjects:  # noqa: PLR2004 – RFC 3463 §3.7: the content
        return AnswerMeaning.CONTENT
    if 7 in subjects:  # noqa: PLR2004 – RFC 3463 §3.8: security or policy
        return by_words or AnswerMeaning.POLICY
    return None if (1, 1) in details and _GONE.search(answer.words) else by_words


def _of_the_mailbox(answer: ServerAnswer) -> AnswerMeaning | None:
    """What codes and words that blame nobody else say of the mailbox."""
    details = {status[1:] for status in answer.statuses}
    if (2, 2) in details or _FULL.search(answer.words):
        return AnswerMeaning.FULL
    classes = [status[0] for status in answer.statuses[:1]] or [code // 100 for code in answer.codes]
    if 4 in classes:  # noqa: PLR2004 – RFC 3463 §2: it passes
        return AnswerMeaning.PASSING
    if any(_BY_DETAIL.get(detail) is AnswerMeaning.GONE for detail in details):
        return AnswerMeaning.GONE
    if not _GONE.search(answer.words):
        return None
    other = _of_the_bare_code(answer)
    return AnswerMeaning.UNKNOWN if other.is_about_us or answer.stage in _AFTER_THE_RECIPIENT else AnswerMeaning.GONE


def _of_the_bare_code(answer: ServerAnswer) -> AnswerMeaning:
    """What is left where no word tells."""
    subjects = {status[1] for status in answer.statuses}
    code = next(iter(answer.codes), 0)
    by_code = _BY_CODE.get(code) if not answer.statuses else AnswerMeaning.PROTOCOL if 5 in subjects else None  # noqa: PLR2004
    if by_code is not None and by_code.is_about_us:
        return by_code
    if answer.stage is Stage.RECIPIENT and subjects <= _ABOUT_ADDRESSES and (by_code or code in (550, 551, 553)):
        return AnswerMeaning.GONE
    if answer.stage in (Stage.BODY, Stage.END) and code in (550, 554):
        return AnswerMeaning.POLICY  # the recipient had been accepted
    return AnswerMeaning.UNKNOWN
