"""Letters: what a mail holds – its text, the mails that it passes on whole, and the files that came with it.

A mail is a document of strangers: what is hidden in it stays out, and what nothing here carries is named.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from email.errors import MessageError
from email.message import Message
from email.utils import parsedate_to_datetime
from html import escape, unescape
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import normalize

from digest.errors import NothingUsableError
from digest.foundation import mime
from digest.foundation.catalogue import later
from digest.foundation.problems import Problem, Severity
from digest.foundation.words import excerpt, harmless
from digest.intake.item import Struck
from digest.intake.sources.balance import balance
from digest.intake.sources.cleaning import without_controls
from digest.intake.sources.draft import FileContext, Findings, ItemDraft
from digest.intake.sources.folder import decode
from digest.intake.sources.forwarding import bare_subject, passed_on, unquoted
from digest.intake.sources.html import plain_paragraphs, sanitise
from digest.intake.sources.visible import as_seen
from digest.intake.sources.web_entries import LONGEST_BODY, WebText, plain_title

BULLETINS = (".docx", ".txt", ".md", ".markdown")
PARSING = (  # of a library, for bad bytes
    *(ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError),
    *(RecursionError, MessageError),
)
_DEEPEST = 5  # mails within mails
_MOST_FILES = 50
_DOCUMENTS = (".pdf", ".doc", ".docm", ".odt", ".rtf", ".pages", ".htm", ".html", ".xlsx", ".xls", ".csv", ".eml")
_SINGLE_BYTES = re.compile(r"|us-ascii|ascii|utf-?8|(?:iso-?8859|windows|cp|latin).*", re.IGNORECASE)
_LATIN = re.compile(r"iso-?8859-?1|latin-?1", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>|&nbsp;")
_PIECE = re.compile(r"<(?:\"[^\"]*\"|[^\">])*>|[^<]+")
_BREAKS = re.compile(r"</?(?:p|ul|ol|li|blockquote|h4|pre|br|table|tr)\b")
_OF_TABLES = re.compile(r"</?(?:table|tr|td|th)\b")
_FORMATTED = re.compile(r"<(?!/?p>)")
_BLANK_LINES = re.compile(r"\n\s*\n")
_UNDECODED = "InvalidBase64LengthDefect"
_CUT_OFF = ("CloseBoundaryNotFoundDefect", "StartBoundaryNotFoundDefect", "MultipartInvariantViolationDefect")


class AttachedFile(NamedTuple):
    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`draft` is the item that its text makes, if it has any; a covering letter where something in it is news."""

    draft: ItemDraft | None
    files: Sequence[AttachedFile] = ()
    within: Sequence["Letter"] = ()


@dataclass(slots=True)
class _Contents:
    bodies: list[WebText] = field(default_factory=list)
    files: list[AttachedFile] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def read_letter(raw: bytes, number: int, context: FileContext, findings: Findings) -> Letter:
    """Of a mail that is the `number`th of its mailbox."""
    return _Reader(number, context, findings).read(mime.opened_whole(raw), None, 0)


class _Reader:
    def __init__(self, number: int, context: FileContext, findings: Findings) -> None:
        self._number, self._context, self._findings = number, context, findings

    def read(self, message: Message, outer: date | None, depth: int) -> Letter:
        contents = _Contents()
        self._gather(message, contents)
        self._tell(contents)
        day = self._day(message)
        if outer is not None:
            day = min(day, outer) if day else outer
        within = [self.read(one, day, depth + 1) for one in contents.messages if depth < _DEEPEST]
        if contents.messages and not within:
            self._findings.error(
                self._number, later("a mail in a mail in a mail is left out"), later("Forward it once more.")
            )
        subject = mime.value(message, "subject")
        draft = self._draft(subject, contents.bodies, day) if any(map(_has_text, contents.bodies)) else None
        if draft is None and not within and not contents.files:
            self._findings.note(self._number, later("it has no text; nothing of it is told"))
        return Letter(draft=draft, files=contents.files, within=within)

    # -- The parts.

    def _gather(self, part: Message, found: _Contents) -> None:
        kind, payload = mime.kind(part), part.get_payload()
        if any(type(one).__name__ in _CUT_OFF for one in part.defects):
            self._findings.warning(
                self._number, later("its parts do not end where they should: some of it may be missing")
            )
        if kind in ("message/rfc822", "message/global"):
            found.messages += [
                one for one in (payload if isinstance(payload, list) else ()) if isinstance(one, Message)
            ]
        elif isinstance(payload, list):
            children = [one for one in payload if isinstance(one, Message)]
            if kind == "multipart/alternative":
                self._gather_best(children, found)
            else:
                for child in children:
                    self._gather(child, found)
        else:
            self._take(part, kind, found)

    def _gather_best(self, children: Sequence[Message], found: _Contents) -> None:
        """Of several forms of one text that which has the most form."""
        forms = []
        for child in children:
            own = _Contents()
            self._gather(child, own)
            forms.append(own)
        told = [one for one in forms if any(map(_has_text, one.bodies))] or forms[-1:]
        best = next(
            (one for one in reversed(told) if any(body.is_html for body in one.bodies)), (told or [_Contents()])[0]
        )
        found.bodies += best.bodies
        for one in forms:  # whichever form they came with
            found.files += one.files
            found.messages += one.messages
            found.others += one.others

    def _take(self, part: Message, kind: str, found: _Contents) -> None:
        name = _file_name(part)
        is_attached = bool(name) or mime.value(part, "content-disposition").lower().startswith("attachment")
        is_text = kind in ("text/plain", "text/html") and not is_attached
        is_bulletin = PurePosixPath(name).suffix.lower() in BULLETINS and len(found.files) < _MOST_FILES
        if not is_text and not is_bulletin:
            if kind != "text/x-amp-html":
                found.others.append(name or kind)
            return
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes) or any(type(one).__name__ == _UNDECODED for one in part.defects):
            self._findings.error(
                self._number,
                later("a part is damaged: {name}; it is left out").format(name=name or kind),
                later("Ask for it again."),
            )
        elif is_bulletin:
            found.files.append(AttachedFile(name, data))
        else:
            try:
                found.bodies.append(WebText(self._text(part, data), kind == "text/html"))
            except NothingUsableError as error:
                self._findings.error(
                    self._number,
                    later("its text cannot be read: {cause}").format(cause=error.cause),
                    later("Ask for it again."),
                )

    def _text(self, part: Message, data: bytes) -> str:
        """In the encoding that it names, unless its bytes show another."""
        charset = mime.parameter(part, "charset").strip()
        readings = ("utf-8", charset) if _SINGLE_BYTES.fullmatch(charset) else (charset,)
        for one in readings:
            with suppress(LookupError, ValueError):
                return mime.decoded(data, "cp1252" if _LATIN.fullmatch(one) else one)
        return decode(data, self._findings)

    def _tell(self, contents: _Contents) -> None:
        if names := contents.others:
            shown = ", ".join(map(excerpt, names[:5])) + (" …" if len(names) > 5 else "")  # noqa: PLR2004 – names
            news = any(name.lower().endswith(_DOCUMENTS) for name in names)
            tell = self._findings.warning if news else self._findings.note
            tell(
                self._number,
                later("what came with it is not read: {shown}").format(shown=shown),
                later("Paste a text that is news into the mail."),
            )

    # -- The text.

    def _draft(self, subject: str, bodies: Sequence[WebText], day: date | None) -> ItemDraft | None:
        if day is None:
            cause = later("neither its Date nor a Received line tells its day; it is left out")
            self._findings.error(self._number, cause, later("Forward it once more."))
            return None
        removed: Counter[str] = Counter()
        times = bare_subject(subject, passed=False)[1]
        if any(body.is_html for body in bodies):
            html, passed = self._of_html("".join(map(_as_html, bodies)), times, removed)
            paragraphs = plain_paragraphs(html)
        else:
            text, passed = self._of_text("\n\n".join(body.value for body in bodies), times, removed)
            html, paragraphs = "", tuple(one for part in _BLANK_LINES.split(text) if (one := " ".join(part.split())))
        title = plain_title(WebText(bare_subject(subject, passed=passed)[0], is_html=False), removed)
        if not paragraphs:
            self._findings.note(self._number, later("it has no text; nothing of it is told"))
            return None
        if sum(map(len, paragraphs)) > LONGEST_BODY:
            cause = later("it has more than {most:,} characters; its text is left out").format(most=LONGEST_BODY)
            self._findings.error(self._number, cause, later("Split it into several mails."))
            return None
        if not title:
            words = paragraphs[0].split()
            title = " ".join(words[:10]) + ("…" if len(words) > 10 else "")  # noqa: PLR2004 – words
            self._findings.note(self._number, later("it has no subject; its first words are the title"))
        return ItemDraft(
            line=self._number,
            published_on=day,
            title=title,
            paragraphs=paragraphs,
            html=html if _FORMATTED.search(html) else None,
            fields={},
            removed=removed,
        )

    def _of_text(self, written: str, times: int, removed: Counter[str]) -> tuple[str, bool]:
        text = normalize("NFC", without_controls(written.replace("\r\n", "\n").replace("\r", "\n"), removed))
        lines = text.split("\n")
        begin = self._passed(lines, times)
        return (unquoted("\n".join(lines[begin:])) if begin else text), begin > 0

    def _of_html(self, written: str, times: int, removed: Counter[str]) -> tuple[str, bool]:
        own = Findings(self._findings.file)
        seen = as_seen(written, own, Struck.LEAVE_OUT)
        html = sanitise(seen.html, removed)
        pieces, lines = _PIECE.findall(html), list[tuple[int, str]]()
        begins = True
        for at, piece in enumerate(pieces):
            if piece.startswith("<"):
                begins |= _BREAKS.match(piece) is not None
            elif begins and piece.strip():
                lines.append((at, unescape(piece)))
                begins = False
            elif not begins:
                lines[-1] = (lines[-1][0], lines[-1][1] + unescape(piece))
        own.account(*plain_paragraphs(html))
        balance(seen.pieces, own)
        self._findings.problems += _quietly(own.problems, self._number)
        begin = self._passed([text for _, text in lines], times)
        if begin:
            first = lines[begin][0] if begin < len(lines) else len(pieces)
            above = [one for one in pieces[:first] if one.startswith("<") and not one.startswith("<br")]
            if above.count("<table>") == above.count("</table>"):
                above = [one for one in above if not _OF_TABLES.match(one)]
            html = sanitise("".join((*above, *pieces[first:])), removed)
        return html, begin > 0

    def _passed(self, lines: Sequence[str], times: int) -> int:
        passed = passed_on(lines, times)
        if passed.above:
            cause = later("what stands above the mail that was passed on is left out")
            self._findings.left_out(self._number, " ".join(passed.above), cause, severity=Severity.NOTE)
        if passed.kept:
            cause = later("the head of another mail stands in its text and is kept: “{text}”").format(
                text=excerpt(passed.kept)
            )
            self._findings.warning(self._number, cause, later("Pass such a mail on as an attachment."))
        return passed.begin

    def _day(self, message: Message) -> date | None:
        """By its Date, else by when the last server received it."""
        received = (value.rpartition(";")[2] for value in mime.values(message, "received"))
        for written in (mime.value(message, "date"), *received):
            try:
                at = parsedate_to_datetime(written)
                return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(self._context.zone or UTC).date()
            except PARSING:
                continue
        return None


def _quietly(problems: Iterable[Problem], number: int) -> Iterator[Problem]:
    """Each once. The office cannot mend the text of others: what is odd in it is good to know."""
    for one, times in Counter(
        replace(one, place=replace(one.place, line=number), remedy="") for one in problems
    ).items():
        severity = Severity.NOTE if one.severity is Severity.WARNING else one.severity
        yield replace(one, severity=severity, cause=one.cause + (f" ({times} times)" if times > 1 else ""))


def _has_text(body: WebText) -> bool:
    return bool((_TAG.sub("", body.value) if body.is_html else body.value).strip())


def _as_html(body: WebText) -> str:
    if body.is_html:
        return body.value
    lines = body.value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(f"<p>{escape(part)}</p>" for part in _BLANK_LINES.split(lines))


def _file_name(part: Message) -> str:
    """The last piece of a path, printable."""
    try:
        written = part.get_filename() or ""
    except PARSING:
        return ""
    name = PurePosixPath(mime.decoded_words(written).replace("\\", "/")).name
    return harmless(name).strip()
