"""Answers of mail servers: one table of what a reply code, an enhanced code (RFC 3463, RFC 5248) and words mean.

Whoever is answered directly knows the stage; a report only repeats what was said, and to what is seldom known. Codes
lie: servers answer 5.1.1 to full mailboxes and 5.0.0 to spam. So the words count too, and where two signs contradict
each other the one that blames us wins: a mailbox is never called gone because of a filter.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from digest.foundation.catalogue import later

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


class About(StrEnum):
    """Whom an answer that is no success is about: the one question that decides what becomes of a message."""

    RECIPIENT = "recipient"  # this address, and no other
    US = "us"  # who sends, what is sent, how or how much: the next recipient may well meet the same
    PASSING = "passing"  # it does not work now, and may later
    UNKNOWN = "unknown"


class AnswerMeaning(StrEnum):
    """What an answer that is no success says; `sentence` says it to a person."""

    sentence: str
    about: About

    def __new__(cls, value: str, about: About, sentence: str) -> Self:
        one = str.__new__(cls, value)
        one._value_ = value
        one.about, one.sentence = about, sentence
        return one

    GONE = "gone", About.RECIPIENT, later("there is no such mailbox, or its domain takes no mail")
    FULL = "full", About.RECIPIENT, later("the mailbox has no room now")
    TOO_BIG = "too-big", About.RECIPIENT, later("the message is larger than this mailbox takes")
    TOO_LARGE = "too-large", About.US, later("the message is larger than it may be there")
    CONTENT = "content", About.US, later("the message itself is not accepted")
    SENDER = "sender", About.US, later("the address we send from is not accepted")
    NAME = "name", About.US, later("the name that we greet with is not accepted")
    AUTHENTICATION = "authentication", About.US, later("we have to prove who we are, and did not")
    REPUTATION = "reputation", About.US, later("we, or our network, stand on a list of those whose mail is not wanted")
    RATE = "rate", About.US, later("we send more than we may at once")
    QUOTA = "quota", About.US, later("we have sent as much as we may for now")
    POLICY = "policy", About.US, later("a rule or a filter does not let this pass")
    ROUTING = "routing", About.US, later("the message goes round in circles")
    PROTOCOL = "protocol", About.US, later("the server does not understand us")
    PASSING = "passing", About.PASSING, later("it does not work now, and may later")
    UNKNOWN = (
        "unknown",
        About.UNKNOWN,
        later("nothing that can be understood was said, or signs that contradict each other"),
    )

    @property
    def is_about_the_recipient(self) -> bool:
        return self.about is About.RECIPIENT

    @property
    def is_about_us(self) -> bool:
        """It says nothing about the mailbox."""
        return self.about is About.US

    @property
    def ends_with_time(self) -> bool:
        """Nobody has to do anything about it but wait."""
        return self in (AnswerMeaning.QUOTA, AnswerMeaning.RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """What a server said. `codes` are reply codes, `statuses` enhanced codes, the most trusted one first; `stage` is
    what it answered to, and `sender` and `recipient` the addresses of the envelope, where they are known.
    """

    words: str
    codes: tuple[int, ...] = ()
    statuses: tuple[Status, ...] = ()
    stage: Stage | None = None
    sender: str = ""
    recipient: str = ""

    @property
    def is_final(self) -> bool:
        """RFC 5321 §4.2.1: 5yz."""
        return any(code >= 500 for code in self.codes[:1])  # noqa: PLR2004 – the number has no other name


# An enhanced code stands behind a reply code, in parentheses, behind “#” or in a field of its own (RFC 3463 §2,
# RFC 2034 §4): a date, a version or an address in a text is none.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_STATUS_ALONE = re.compile(
    r"(?:\A\W*|[(#]|\bstatus(?:[ -]code)?\s*[:=]?\s*|\bdsn=|\berror:?\s+)([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)",
    re.IGNORECASE,
)
_REPLY = re.compile(
    r"(?:^|[\n:;<>'\"(\[,|]\s*|\b(?:said|replied|returned|with|error|code|was|status)\s+)([245]\d\d)(?=[ \-])"
)
_IN_REPLY_TO = re.compile(
    r"(?:in reply to|after(?: pipelined)?) (?:the )?(MAIL FROM|RCPT TO|end of data|DATA)\b", re.IGNORECASE
)
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
    (1, 90): AnswerMeaning.QUOTA,  # Exchange Online: the recipients of a day
    (2, 1): AnswerMeaning.GONE,
    (2, 2): AnswerMeaning.FULL,
    (2, 3): AnswerMeaning.TOO_BIG,
    (2, 121): AnswerMeaning.PASSING,  # Exchange Online: what one mailbox takes in an hour, from us or at all
    (2, 122): AnswerMeaning.PASSING,
    (3, 4): AnswerMeaning.TOO_LARGE,
    (4, 4): AnswerMeaning.GONE,  # the domain takes no mail
    (4, 5): AnswerMeaning.QUOTA,  # congestion; providers say so of what an account may send in a day
    (4, 310): AnswerMeaning.GONE,  # Exchange Online: the domain is not in DNS
}
_NO_MAILBOX = {(1, 1), (1, 6), (1, 10), (2, 1)}  # believed with the words for it, whatever a filter adds
_ABOUT_FILTERS = (AnswerMeaning.POLICY, AnswerMeaning.REPUTATION)
_BY_CODE = {
    500: AnswerMeaning.PROTOCOL,
    501: AnswerMeaning.PROTOCOL,
    502: AnswerMeaning.PROTOCOL,
    503: AnswerMeaning.PROTOCOL,
    504: AnswerMeaning.PROTOCOL,
    521: AnswerMeaning.POLICY,
    523: AnswerMeaning.TOO_LARGE,
    530: AnswerMeaning.AUTHENTICATION,
    534: AnswerMeaning.AUTHENTICATION,
    535: AnswerMeaning.AUTHENTICATION,
    538: AnswerMeaning.AUTHENTICATION,
    552: AnswerMeaning.TOO_LARGE,
    555: AnswerMeaning.PROTOCOL,
    556: AnswerMeaning.GONE,
}


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_TOO_LARGE = _words(
    r"(?:message|mail|e-mail|mensaje|nachricht).{0,30}(?:too (?:big|large|long)|size|demasiado grande|zu gro(?:ß|ss))",
    r"(?<!mailbox )size (?:limit|exceed)|exceed\w* .{0,30}message size|line too long|\btoo (?:big|large)\b",
)
_LOOP = _words(r"too many hops|mail(?:ing)? loop|loop detected|\bloops?\b")
# What one mailbox takes in some time, from everybody: it passes, and it is not about us.
_RECEIVES_TOO_MUCH = _words(
    r"receiving (?:mail|e-?mails?|messages) (?:at a rate|too)|(?:recipient|user|mailbox) (?:has |is )?(?:exceed"
    r"|receiv)\w*"
    r".{0,60}(?:rate|receive|too (?:quickly|many))|to this recipient per",
    r"too many recent messages",
)
_LATER = _words(
    r"gr[ea]y ?-?list|(?:try|come back|resend|retry|send) (?:\w+ ){0,3}later|\btemporar(?:y|ily)\b|try again in\b",
    r"int[eé]nte\w* m[aá]s tarde|r[eé]essayez plus tard|tente (?:novamente )?mais tarde|sp[aä]ter (?:erneut|noch)"
    r"|riprova",
)
_LIMIT = (
    r"(?:limits?\b|limiti\b|quotas?\b|allowance|threshold|credits?\b|l[íi]mites?\b|cuota|kontingent"
    r"|contingent|limiet|лимит\w*)"
)
_SENDING = (
    r"(?:send(?:ing|er'?s?)?|sent|out-?going|outbound|relay(?:ing|ed|s)?|submission|daily|hourly|monthly|messaging"
    r"|24.hour|env[íi]os?|enviad\w+|salientes?|envoi|invio|versand|sende\w*|diari\w+|journali\w+|t[äa]glich\w*|wysył\w+|dzienny"
    r"|отправк\w+|отправлен\w+|исходящ\w+|gönderi\w*|günlük|dagelijks\w*|nachrichten|your plan(?:'s)?)"
)
_A_TIME = (
    r"(?:per|an?|each|every|this|por|pro|par|al|je|/)\s*"
    r"(?:hour|day|minute|month|24|hora|d[íi]a|heure|jour|stunde|tag|ora|giorno)"
)
# What blames us, in the order in which it is looked for.
_BLAME = {
    AnswerMeaning.QUOTA: _words(
        rf"\b{_SENDING}\W+(?:\w+\W+){{0,4}}?{_LIMIT}|\b{_LIMIT}\W+(?:\w+\W+){{0,6}}?{_SENDING}\b|(?:versand|sende"
        rf"|mail|nachrichten|verzend)-?limi(?:t|et)",
        rf"(?:messages?|e-?mails?|mails|recipients|failures|correos|mensajes"
        rf"|nachrichten)\W*(?:\w+\W+){{0,2}}?{_A_TIME}",
        r"unusual sending|sending activity|maximum credits|out of credits|(?:sent|exceed\w*) .{0,40}(?:today"
        r"|per day|24 ?h)",
        r"exceeded your (?:messaging|mail)|too many (?:messages|mails|emails) (?:sent|today)",
        r"发(?:送|信)\w*(?:过高|超限|上限|超过)|送信\w{0,4}(?:制限|上限)|превыш\w+ .{0,20}отправ",
        r"\bsmtp quota|storedrv\.submission",  # Exchange Online: our own mailbox is full, or has sent too much
    ),
    AnswerMeaning.RATE: _words(
        r"rate.?limit|throttl|too many (?:messages|connections|recipients|mails|errors|emails|requests|concurrent)",
        r"(?:sending|mails?|messages?) too (?:fast|quickly)|slow down|frequency (?:is )?limit|excessive (?:volume|rate)"
        r"|unusual rate|demasiados (?:mensajes|correos)",
    ),
    AnswerMeaning.NAME: _words(r"\b(?:helo|ehlo)\b"),
    AnswerMeaning.SENDER: _words(
        r"(?:sender|envelope.?from|mail.?from|return.?path|from.address|from: header|remitente|emetteur"
        r"|exp[ée]diteur|absender)"
        r"\w*[^.;]{0,30}(?:reject|denied|verif|\bnot\b|n.t\b|invalid|unknown|unresolv|refus|exist|block|fail"
        r"|missing|must"
        r"|need|suspen|rechaz|no v[aá]lid|no autoriz|no permit|inv[aá]lid|unbekannt|abgelehnt)",
        r"(?:bad|invalid|invalide|unknown|unverified|unauthori[sz]ed|forged|fake|spoof\w*|missing"
        r"|blocked) (?:\w+ )?(?:outbound )?(?:sender|from\b|mail.?from"
        r"|return.?path)",
        r"(?:verif|call-?(?:back|out))\w*[^.;]{0,20}(?:fail|sender)|domain of (?:the )?sender|sender.{0,3} domain",
        r"(?:address|identit|domain)\w*(?: is| was)? (?:not|un)\W?verified|not allowed to send (?:as|from|mail)"
        r"|send as\b|not owned by|valid address in from",
        r"valid sender|dns (?:mx|a\b|record)|without (?:mx|a record)",
    ),
    AnswerMeaning.REPUTATION: _words(
        r"black ?list|block ?list|deny ?list|\b[dr]?bl\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|reputation|\bbanned\b",
        r"reverse dns|\brdns\b|\bptr\b|(?<!not )(?<!n.t )\blisted (?:at|by|on|in)\b(?! the (?:user|recipient"
        r"|address|directory))",
        r"client host|your (?:ip|host|server|network|mail server|e-?mail server)\b|\bip (?:address )?(?:is|was"
        r"|has|bl|re)"
        r"|sending ip|originating ip|adresse ip",
    ),
    AnswerMeaning.AUTHENTICATION: _words(
        r"authenti|\bspf\b|\bdkim\b|\bdmarc\b|must (?:first )?log ?in|not logged in|log ?in (?:first|required)"
        r"|credentials|password"
    ),
    AnswerMeaning.POLICY: _words(
        r"spam(?!\w*@)|\bblock(?:s|ed|ing)?\b|\bpolic(?:y|ies)\b|mailpolicy|content (?:filter|reject|denied)"
        r"|banned|virus|malware|phish",
        r"suspicious|unsolicited|\bjunk\b|bulk mail|spoof|filtered",
        r"(?:as|open|use me .{0,40}as) a? ?relay|relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited"
        r"|disallowed)|(?:not|no|unable to|cannot) relay",
        r"message (?:was )?(?:not allowed|rejected|refused)",
        r"\b(?:your|su|tu|votre|ihr\w*|vostro|sua) (?:e-?mail )?(?:account|mailbox|domain|access|cuenta|dominio"
        r"|compte|konto|account|conta)\b",
        r"not (?:allowed|permitted|authori[sz]ed|accept(?:ed|ing) (?:mail|messages) from)|administrative(?:ly)? ",
        r"permissions? to (?:post|send|submit|relay|mail)|not have permission|may not exist, or|autorisation",
        r"(?<!rejected: )(?<!rejected : )access denied|security|restrict|prohibited|access control|low quality"
        r"|attachment|pol[íi]tica",
    ),
}
_RELAY = _words(r"\brelay")
_FULL = _words(
    r"quota|(?:mailbox|inbox|mail ?box|account) (?:is |has been )?(?:too )?(?:full|exceed|over)|full mailbox",
    r"insufficient (?!system)|out of (?:storage|space)|(?:storage|disk|space|mailbox size).{0,25}(?:full|exceed"
    r"|limit|allocat)",
    r"exceed.{0,30}(?:storage|space|allocat)|no space|too much mail|cannot accept new",
    r"buz[oó]n (?:est[aá] )?lleno|cuota|bo[iî]te.{0,30}pleine|caixa.{0,20}cheia|casella.{0,20}piena|postfach.{0,20}voll"
    r"|skrzynka.{0,20}pełna|переполнен|已满",
    r"posta kutusu.{0,10}dolu|bandeja.{0,20}llena|postkass\w* .{0,10}full",
)
_NOBODY = (
    r"(?:unknown|(?:not|n.t) (?:\w+ )?(?:found|exist|known|valid|listed|active|local|recogni[sz]ed|in\b)"
    r"|does(?: not|n.t) (?:exist|have)"
    r"|is(?: not|n.t) (?:a (?:known|valid)|available|valid|active|found|known)|unavailable|unallocated|disabled"
    r"|inactiv\w+"
    r"|suspended|de-?activated|discontinued|expired|closed|deleted|terminated|removed|invalid|no longer"
    r"|desconocid\w+|desactivad\w+|inexistente"
    r"|no (?:existe|encontrad\w+|v[aá]lid\w+)|n[aã]o existe|inconnu\w*|desconhecid\w+|n.existe pas|invalide"
    r"|non esiste|sconosciut\w+"
    r"|inesistente|unbekannt|existiert nicht|nicht (?:gefunden|bekannt|vorhanden)|bestaat niet|onbekend"
    r"|nie istnieje|neexistuje|bulunamadı|mevcut değil)"
)
_GONE = _words(
    rf"(?:user|recipient|mailbox|mailhost|account|address|addressee|alias|domain|host|name|usuari|usu[aá]rio"
    rf"|destinat|buz[oó]n|cuenta|correo"
    rf"|direcci[oó]n|utilisateur|adresse|utente|casella|caixa|conta|empf[äa]nger|benutzer|postfach"
    rf"|konto|kullanıc|uživatel|użytkownik|schránk)\w*[^.;]{{0,60}}{_NOBODY}",
    r"(?:unknown|inconnu|unbekannte[rs]?|onbekende|nieznany) (?:\w+ )?(?:user|recipient|mailbox|address|local"
    r"|account|host|domain|or illegal"
    r"|empf[äa]nger|benutzer|adresse|ontvanger|u[żz]ytkownik)",
    r"host \S+ not found|no such |no (?:mailbox|mail ?box|account|user|recipient|valid recipients?)\b|not a (?:known"
    r"|valid) ",
    r"invalid[- ](?:recipient|mailbox|user|address|final)|recipient (?:address )?rejected|recipient addresses rejected"
    r"|rejected recipient|not in recipient list",
    r"bad destination|address(?:ee)? (?:is )?(?:unknown|reject|fail)|unrouteable|unroutable|illegal alias"
    r"|is no longer valid",
    r"(?:null|no) ?mx\b|not our customer|does not like recipient|doesn.t have (?:an|a) \S+ account|no existe",
    r"не существует|не найден|неизвестн\w+ (?:пользовател|получател)"
    r"|(?:用户|邮箱|收件人|地址).{0,4}不存在|宛先.{0,6}(?:不明|存在しません)",
)
# Plain words about nothing but the mailbox: a code for policies before them says only who refused.
_PLAINLY_GONE = _words(
    r"no such user|recipient address rejected:.{0,40}\b(?:user|inactive|invalid"
    r"|not in recipient list)(?!\w*.{0,40}block)"
    r"|(?:mailbox|account) .{0,20}due to inactivity|marked as invalid"
)


def repeated(words: str, status: str | None = None) -> ServerAnswer:
    """The answer that a report, or any text, repeats: codes and stage are looked for in the words. `status` is that of
    a field.
    """
    at = _IN_REPLY_TO.search(words)
    words = words[:_EXAMINED_MOST]
    return ServerAnswer(
        words=words,
        codes=tuple(int(code) for code in _REPLY.findall(words)),
        statuses=(*_all_statuses(status or ""), *statuses_in(words)),
        stage=_STAGES[at[1].lower()] if at else None,
    )


def statuses_in(text: str) -> tuple[Status, ...]:
    """The enhanced codes in a text that stand where servers write them, in order."""
    found = {match.start(1): _status(match) for match in _STATUS_ALONE.finditer(text)}
    start = 0
    for line in text.split("\n"):
        replies = [(one.start(1), one[1][0]) for one in _REPLY.finditer(line)]
        for match in _STATUS.finditer(line):
            if any(at < match.start() and kind == match[1] for at, kind in replies):
                found[start + match.start(1)] = _status(match)
        start += len(line) + 1
    return tuple(found[place] for place in sorted(found))


def _all_statuses(text: str) -> tuple[Status, ...]:
    return tuple(_status(match) for match in _STATUS.finditer(text))


def _status(match: re.Match[str]) -> Status:
    return int(match[1]), int(match[2]), int(match[3])


def meaning_of(answer: ServerAnswer) -> AnswerMeaning:
    """What an answer that is no success means.

    It is about the recipient only when it says so, and nobody is called gone for what was said before they were named.
    """
    signs = _Signs(answer)
    found = next((meaning for rule in _RULES if (meaning := rule(signs)) is not None), AnswerMeaning.UNKNOWN)
    if answer.stage is Stage.MAIL and (found.is_about_the_recipient or found is AnswerMeaning.UNKNOWN):
        return AnswerMeaning.SENDER
    return found


def meets_everybody(meaning: AnswerMeaning, stage: Stage | None) -> bool:
    """Whether the next message meets the same, whoever it is for: we were blamed before anybody was named. Of size, and
    of what a message needs the server to be able to do, that is not so.
    """
    is_of_one = meaning in (AnswerMeaning.TOO_LARGE, AnswerMeaning.CONTENT, AnswerMeaning.PROTOCOL)
    return stage is Stage.MAIL and meaning.is_about_us and not is_of_one


class _Signs:
    """What an answer holds, read once. `blamed`: whom its words blame, of us."""

    def __init__(self, answer: ServerAnswer) -> None:
        self.words, self.stage = answer.words, answer.stage
        self.code = next(iter(answer.codes), 0)
        self.details = {status[1:] for status in answer.statuses}
        self.subjects = {subject for subject, _ in self.details}
        self.by_detail = {_BY_DETAIL[detail] for detail in self.details & _BY_DETAIL.keys()}
        classes = [status[0] for status in answer.statuses[:1]] or [code // 100 for code in answer.codes]
        self.is_for_now = 4 in classes  # noqa: PLR2004 – RFC 3463 §2: class 4 passes
        self.says_gone = _GONE.search(answer.words) is not None
        self.is_plainly_gone = _PLAINLY_GONE.search(answer.words) is not None
        self.blamed = _blamed(answer)


def _blamed(answer: ServerAnswer) -> AnswerMeaning | None:
    """An answer that names our own address, and not the recipient's, is about ours."""
    words = answer.words.lower()
    if answer.sender and answer.sender.lower() in words:
        named = answer.recipient.lower() in words if answer.recipient else False
        if not named:
            return AnswerMeaning.SENDER
    return next((meaning for meaning, said in _BLAME.items() if said.search(answer.words)), None)


def _full_by_code(signs: _Signs) -> AnswerMeaning | None:
    is_ours = signs.blamed is AnswerMeaning.QUOTA  # Exchange says 5.2.2 of what we may send, too
    return AnswerMeaning.FULL if (2, 2) in signs.details and not is_ours else None


def _too_much_there(signs: _Signs) -> AnswerMeaning | None:
    is_so = AnswerMeaning.PASSING in signs.by_detail or _RECEIVES_TOO_MUCH.search(signs.words)
    return AnswerMeaning.PASSING if is_so else None


def _too_much_of_ours(signs: _Signs) -> AnswerMeaning | None:
    if signs.blamed is AnswerMeaning.QUOTA:
        return signs.blamed
    if AnswerMeaning.QUOTA in signs.by_detail:
        return AnswerMeaning.PASSING if signs.is_for_now else AnswerMeaning.QUOTA
    return None


def _ours_by_code(signs: _Signs) -> AnswerMeaning | None:
    return next((one for one in AnswerMeaning if one.is_about_us and one in signs.by_detail), None)


def _of_size_or_way(signs: _Signs) -> AnswerMeaning | None:
    if AnswerMeaning.TOO_BIG in signs.by_detail and signs.blamed is None:
        return AnswerMeaning.TOO_BIG
    if _TOO_LARGE.search(signs.words):
        return AnswerMeaning.TOO_LARGE
    return AnswerMeaning.ROUTING if _LOOP.search(signs.words) else None


def _of_content_or_policy(signs: _Signs) -> AnswerMeaning | None:
    if 6 in signs.subjects:  # noqa: PLR2004 – RFC 3463 §3.7: the content
        return AnswerMeaning.CONTENT
    if 7 not in signs.subjects:  # noqa: PLR2004 – RFC 3463 §3.8: security or policy
        return None
    is_of_the_mailbox = signs.blamed is None and signs.is_plainly_gone and not signs.is_for_now
    return None if is_of_the_mailbox else signs.blamed or AnswerMeaning.POLICY


def _blame(signs: _Signs) -> AnswerMeaning | None:
    """A filter that also says with the code for it that there is no such mailbox is believed."""
    is_of_a_filter = signs.blamed in _ABOUT_FILTERS and not _RELAY.search(signs.words)
    return None if is_of_a_filter and signs.details & _NO_MAILBOX and signs.says_gone else signs.blamed


def _of_the_mailbox(signs: _Signs) -> AnswerMeaning | None:
    """What codes and words that blame nobody else say of the mailbox."""
    if _FULL.search(signs.words):
        return AnswerMeaning.FULL
    if signs.is_for_now or _LATER.search(signs.words):
        return AnswerMeaning.PASSING
    if AnswerMeaning.GONE in signs.by_detail:
        return AnswerMeaning.GONE
    if not signs.says_gone:
        return None
    other = _of_the_bare_code(signs)
    contradicts = other is not None and other.is_about_us and other is not AnswerMeaning.TOO_LARGE
    is_late = signs.stage in _AFTER_THE_RECIPIENT and not signs.is_plainly_gone
    return AnswerMeaning.UNKNOWN if contradicts or is_late else AnswerMeaning.GONE


def _of_the_bare_code(signs: _Signs) -> AnswerMeaning | None:
    """What is left where no word tells. A bare 550 says nothing about the mailbox, whatever it answers to."""
    if not signs.details and signs.code in _BY_CODE:
        return _BY_CODE[signs.code]
    if 5 in signs.subjects:  # noqa: PLR2004 – RFC 3463 §3.6: the protocol
        return AnswerMeaning.PROTOCOL
    is_late = signs.stage in _AFTER_THE_RECIPIENT  # the recipient had been accepted
    return AnswerMeaning.POLICY if is_late and signs.code in (550, 554) else None


# The first that has something to say decides.
_RULES = (
    _full_by_code,
    _too_much_there,
    _too_much_of_ours,
    _ours_by_code,
    _of_size_or_way,
    _of_content_or_policy,
    _blame,
    _of_the_mailbox,
    _of_the_bare_code,
)
