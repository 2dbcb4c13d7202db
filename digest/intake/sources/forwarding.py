"""Forwarding: what programs put around a mail that somebody passes on – “Fwd:”, a line, the old head – and what that
person wrote above it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_SURE = r"fwd?|rv|wg"
_ALSO = rf"{_SURE}|tr|enc|i|vs|re|aw|r"  # only where the text shows that it was passed on
_SURE_PREFIX = re.compile(rf"\s*(?:(?:re|aw)\s*:\s*)*(?:{_SURE})\s*:\s*", re.IGNORECASE)
_ANY_PREFIX = re.compile(rf"\s*(?:{_ALSO})\s*:\s*", re.IGNORECASE)
_FIELDS = {
    "from": ("from", "de", "von", "da", "van"),
    "date": (
        *("date", "sent", "fecha", "enviado", "enviado el", "enviado em", "enviada em", "data", "gesendet", "datum"),
        *("envoyé", "inviato"),
    ),
    "to": ("to", "para", "a", "an", "à", "aan", "cc", "reply-to", "responder a"),
    "subject": ("subject", "asunto", "assunto", "betreff", "objet", "oggetto", "onderwerp"),
}
_MEANT = {name: field for field, names in _FIELDS.items() for name in names}
_FIELD = re.compile(r"[\s>*]*([^\W\d_][\w -]{0,12}?)[*\s]*:[*\s]*(.*)")
_MARK = re.compile(
    r"[\s>]*(?:[-_*]{2,}.*(?:forward|original|reenvi|weitergeleitet|transf[eé]r|encaminhad|inoltrat).*"
    r"|_{10,}|-{20,}"
    r"|begin forwarded message:?|inicio del mensaje reenviado:?|anfang der weitergeleiteten nachricht:?"
    r"|d[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])\s*:?|inizio messaggio inoltrato:?"
    r"|in[ií]cio da mensagem (?:re)?encaminhada:?)\s*",
    re.IGNORECASE,
)
_WORDED = re.compile(r"[^\W_]")
_QUOTE = re.compile(r"^> ?", re.MULTILINE)
_LONGEST_HEAD = 12  # lines


class Passed(NamedTuple):
    """`begin` is the line where the text that was passed on begins; `above` are lines of whoever passed it on. `kept`
    is a line that looks like the head of another mail, where nothing says that the mail was passed on.
    """

    begin: int = 0
    above: Sequence[str] = ()
    kept: str = ""


def bare_subject(subject: str, *, passed: bool) -> tuple[str, int]:
    """Without what says that it was passed on, and how many times it says so. `passed`: its text says so, too."""
    times = 0
    while found := _SURE_PREFIX.match(subject) or (_ANY_PREFIX.match(subject) if passed or times else None):
        subject = subject[found.end() :]
        times += 1
    return subject.strip(), times


def passed_on(lines: Sequence[str], times: int) -> Passed:
    """`times` is how many times the subject says that it was passed on: so many persons may have written above it."""
    begin, above, left = 0, list[str](), times
    while (head := _head(lines, begin)) is not None:
        note = [line for line in lines[begin : head[0]] if line.strip()]
        if note and not left:
            return Passed(begin, above, lines[head[0]].strip())
        left -= 1 if note else 0
        above += note
        begin = head[1]
    mark = next((line.strip() for line in lines[begin:] if _MARK.fullmatch(line) and _WORDED.search(line)), "")
    return Passed(begin, above, mark)


def unquoted(text: str) -> str:
    """Without the signs before each line, if it is quoted as a whole."""
    while (lines := [line for line in text.split("\n") if line.strip()]) and all(one.startswith(">") for one in lines):
        text = _QUOTE.sub("", text)
    return text


def _head(lines: Sequence[str], after: int) -> tuple[int, int] | None:
    """Where the next head begins, with the line that announces it, and where it ends."""
    for index in range(after, len(lines)):
        if not _field(lines[index]):
            continue
        end, fields = _run(lines, index)
        if "from" in fields and ("subject" in fields or {"date", "to"} <= set(fields)) and len(fields) > 2:  # noqa: PLR2004 – fields
            return _announced(lines, index, after), end
    return None


def _run(lines: Sequence[str], begin: int) -> tuple[int, list[str]]:
    """The fields from here on; long lists of recipients go on in lines of their own."""
    fields, at = list[str](), begin
    while at < min(len(lines), begin + _LONGEST_HEAD) and lines[at].strip():
        if field := _field(lines[at]):
            fields.append(field)
        elif fields[-1] != "to" or not lines[at - 1].rstrip().endswith((",", ";")):
            break
        at += 1
    return at, fields


def _announced(lines: Sequence[str], begin: int, after: int) -> int:
    at = begin - 1
    while at >= after and not lines[at].strip(" >\t"):
        at -= 1
    return at if at >= after and _MARK.fullmatch(lines[at]) else begin


def _field(line: str) -> str:
    found = _FIELD.match(line)
    return _MEANT.get(found[1].lower().strip(), "") if found else ""
