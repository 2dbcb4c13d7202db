"""What programs leave in a text on its way: entities of web pages, the codes of mails, text decoded twice.

What is certain is put right and said; what is lost is said. Nothing of it is mailed in silence.
"""

import re
from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from html import unescape
from html.entities import html5

from digest.foundation.catalogue import later
from digest.intake.sources.draft import Findings

_ENTITY = re.compile(
    r"&(?:amp;)*(?:(?:#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,6}|[a-zA-Z][a-zA-Z0-9]{1,30});"
    r"|[a-zA-Z](?:acute|grave|tilde|uml|circ|cedil|ring)(?![;=]))"  # browsers do without the semicolon of a letter
)
_ENCODED_WORD = re.compile(r"=\?[\w-]+\?[QqBb]\?[^?\s]*\?=(?:[ \t]+(?==\?))?")
_QUOTED_PAIRS = re.compile(r"(?:=[C-F][0-9A-F](?:=[89AB][0-9A-F])+)+")
_QUOTED_LETTER = re.compile(r"(?<=[a-z])=[E-F][0-9A-F](?=[a-z])")  # “echo=FALSE” is none
_QUOTED = re.compile(r"=([0-9A-F]{2})|=[ \t]*\n")
_EQUALS = re.compile(r"=(?![0-9A-F]{2}|[ \t]*(?:\n|\Z))")
_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
_UTF7 = re.compile(r"\+([A-Za-z0-9+/]{3,})(?:-|(?![A-Za-z0-9+/]))")  # a sign of no code ends it as well
_TWICE = re.compile(r"[ÃÂâÅÄ][^\x00-\x7f]|ï¿½|â€")
_TWICE_IN_DOS = re.compile(r"[├┬][^\x00-\x7f]|ÔÇ[^\x00-\x7f]|ΓÇ[^\x00-\x7f]")
_LOST = re.compile(r"(?<![\w./=?&-])[^\W\d_]*[a-záéíóúüñç]\?[a-záéíóúüñç][^\W\d_]*(?![\w./=])")
_GONE = re.compile(r"[^\W\d_]*\ufffd+[^\W\d_]*")
_BESIDE = re.compile(  # but “he´s”, where it stands for an apostrophe
    r"[^\W\d_]*(?:[aeiou][´¨](?!(?:s|re|ll|d|ve|m|t)\b)(?=[^\W\d_])|n[~˜](?=[aeiou]))[^\W\d_]+", re.IGNORECASE
)
_MOST_NAMED = 10


def repaired(text: str, findings: Findings, *, markup: bool) -> str:
    """The text without such damage; each kind is a warning that names lines. In `markup` (Markdown) entities and
    escapes mean something of their own.
    """
    if "=" in text:
        text = _without_codes_of_mails(text, findings)
    if "&" in text and not markup:
        text = _put_right(text, _ENTITY, without_entities, later("HTML entities such as “&ntilde;”"), findings)
    if "\\u" in text and not markup:
        text = _put_right(text, _ESCAPED, _unescaped, later("escapes such as “\\u00f1”"), findings)
    if "+" in text:
        text = _put_right(text, _UTF7, _from_utf7, later("UTF-7 such as “+APE-”"), findings)
    if not text.isascii() and any(sign in text for sign in "ÃÂâÅÄï"):
        text = _put_right_lines(text, findings)
    if any(sign in text for sign in ("├", "┬", "ÔÇ", "ΓÇ")):
        text = _put_right(text, _TWICE_IN_DOS, _from_dos, later("characters that DOS decoded, such as “├▒”"), findings)
    if "?" in text:
        _report_words(text, _LOST, later("question marks stand inside words"), later("letters were lost"), findings)
    if "\ufffd" in text:
        _report_words(
            text, _GONE, later("replacement characters stand in the text"), later("letters were lost"), findings
        )
    if any(sign in text for sign in "´¨˜~"):
        _report_words(
            text, _BESIDE, later("accents stand beside their letters"), later("a program took them apart"), findings
        )
    return text


def without_entities(text: str) -> str:
    """Also what was escaped twice: `&amp;ntilde;`."""
    while (plain := _ENTITY.sub(lambda found: unescape(found[0]) if _is_entity(found[0]) else found[0], text)) != text:
        text = plain
    return text


def _is_entity(text: str) -> bool:
    name = text.removeprefix("&")
    while name.startswith("amp;") and name != "amp;":
        name = name.removeprefix("amp;")
    return name.startswith("#") or name in html5


def _put_right(text: str, pattern: re.Pattern[str], right: Callable[[str], str], what: str, findings: Findings) -> str:
    """What `right` leaves as it is was none."""
    lines: list[int] = []
    parts: list[str] = []
    position = 0
    for found in pattern.finditer(text):
        if (better := right(found[0])) != found[0]:
            parts += text[position : found.start()], better
            position = found.end()
            lines.append(found.start())
    if lines:
        _say(what, [text.count("\n", 0, begin) + 1 for begin in lines[:_MOST_NAMED]], findings)
    return "".join([*parts, text[position:]])


def _say(what: str, lines: list[int], findings: Findings) -> None:
    named = ", ".join(map(str, dict.fromkeys(lines)))
    cause = later("this text holds {what} (see {named}); read as what they stand for").format(what=what, named=named)
    findings.warning(lines[0], cause, later("Look at it, and type it anew if something is wrong."))


def _unescaped(text: str) -> str:
    plain = text.encode("ascii").decode("unicode-escape")
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _from_dos(text: str) -> str:
    for page in ("cp437", "cp850"):
        try:
            return text.encode(page).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _from_utf7(text: str) -> str:
    try:
        plain = text.encode("ascii").decode("utf-7")
    except UnicodeDecodeError:
        return text
    return plain if all(sign.isalpha() and sign < "\u0250" and not sign.isascii() for sign in plain) else text


def _put_right_lines(text: str, findings: Findings) -> str:
    from ftfy import fix_encoding  # 25 ms: only for texts that were decoded twice

    lines = text.split("\n")
    wrong = [index for index, line in enumerate(lines) if _TWICE.search(line) and fix_encoding(line) != line]
    if not wrong:
        return text
    for index in wrong:
        lines[index] = fix_encoding(lines[index])
    _say(
        later("characters that were decoded twice, such as “Ã±”"),
        [index + 1 for index in wrong[:_MOST_NAMED]],
        findings,
    )
    return "\n".join(lines)


def _without_codes_of_mails(text: str, findings: Findings) -> str:
    if "=?" in text:
        text = _put_right(text, _ENCODED_WORD, _decoded_word, later("encoded words such as “=?utf-8?Q?…?=”"), findings)
    pairs, letter = _QUOTED_PAIRS.search(text), _QUOTED_LETTER.search(text)
    if not pairs and not letter:
        return text
    first = min(found.start() for found in (pairs, letter) if found)
    if not _EQUALS.search(text):  # all of it comes from a mail
        _say(later("quoted-printable such as “=C3=B1”"), [text.count("\n", 0, first) + 1], findings)
        return _from_bytes(_QUOTED.sub(_quoted_byte, text))
    return _put_right(text, _QUOTED_PAIRS, _decoded_pairs, later("quoted-printable such as “=C3=B1”"), findings)


def _quoted_byte(found: re.Match[str]) -> str:
    """The byte in a sign that no text holds: a lone surrogate, as Python keeps bytes in texts."""
    if found[1] is None:
        return ""
    value = int(found[1], 16)
    return chr(value) if value < 0x80 else chr(0xDC00 + value)  # noqa: PLR2004 – ASCII


def _from_bytes(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(ord(sign) - 0xDC00) if "\udc80" <= sign <= "\udcff" else sign for sign in text)


def _decoded_pairs(text: str) -> str:
    try:
        return bytes.fromhex(text.replace("=", "")).decode("utf-8")
    except UnicodeDecodeError:
        return text


def _decoded_word(text: str) -> str:
    try:
        return "".join(
            part.decode(charset or "ascii") if isinstance(part, bytes) else part
            for part, charset in decode_header(text.strip())
        )
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return text


def _report_words(text: str, pattern: re.Pattern[str], what: str, why: str, findings: Findings) -> None:
    lost = [(found[0], found.start()) for found in _first(pattern.finditer(text), _MOST_NAMED)]
    if lost:
        words = ", ".join(f"“{word}”" for word, _ in lost[:3])
        line = text.count("\n", 0, lost[0][1]) + 1
        findings.warning(
            line, later("{what} ({words}): {why}").format(what=what, words=words, why=why), later("Type them anew.")
        )


def _first(found: Iterator[re.Match[str]], most: int) -> Iterator[re.Match[str]]:
    return (one for _, one in zip(range(most), found, strict=False))
