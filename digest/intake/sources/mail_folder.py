"""The mail source: a Maildir, or an mbox file, into which colleagues forward bulletins. It is looked at, never touched.

Who may write into it is told by the settings; of all others nothing but the sender is read.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from email.message import Message
from email.utils import getaddresses
from pathlib import Path

from digest.errors import DigestError, NothingUsableError
from digest.foundation import mime
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.mailboxes import Mailbox, Maildir, Mbox
from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.words import counted, excerpt, excerpt_without_addresses
from digest.intake.item import DateOrder, FoundItem, Reading, Struck
from digest.intake.read_file import NONE_KNOWN, KnownFiles
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.folder import Folder
from digest.intake.sources.items import found_items
from digest.intake.sources.letters import PARSING, AttachedFile, Letter, read_letter

SECONDS, MEMORY = 5.0, 150 << 20  # of the processor's time, and bytes: for the reading of one mail
LARGEST_MAIL = 30 << 20  # bytes: a file of 20 MB, as mails carry it
LARGEST_MBOX = 500 << 20
MOST_MAILS = 500  # of those who may write, in one look: the newest
MOST_LOOKED = 20_000  # at whose senders is looked
_HEAVY = 128 << 10  # bytes
_HEAD = 64 << 10
_MOST_ENDED = 5  # mails that took too much; then it is no accident
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFolder:
    """A source. It is named from `root` (the workspace) on; `allowed` are addresses and domains, in lower case."""

    name: str
    path: Path
    root: Path
    allowed: Sequence[str]
    language: str | None
    fallback_language: str
    dates: DateOrder | None = None
    struck: Struck = Struck.LEAVE_OUT
    zone: tzinfo | None = None

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        del known  # mails come and go; what was told of one stays
        file = os.path.relpath(self.path, self.root)
        look = _Look(self, file, today)
        try:
            with self._box(file) as box:
                keys = box.keys()
                for number, key in self._chosen(box, keys, look.findings):
                    look.add(number, key, box)
        except DigestError as error:
            look.findings.error(None, error.cause, error.remedy)
            return Reading(source=self.name, problems=look.findings.in_order(), complete=False)
        return Reading(
            source=self.name,
            items=tuple(look.items),
            problems=look.findings.in_order(),
            unread=frozenset((file,)),  # who tidies up a mailbox takes no news back
        )

    @contextmanager
    def _box(self, file: str) -> Iterator[Mailbox]:
        try:
            found = self.path.stat()
            is_mbox = stat.S_ISREG(found.st_mode)
            begins = b""
            if is_mbox:
                with self.path.open("rb") as opened:
                    begins = opened.read(5)
        except OSError as error:
            cause = f"the mailbox cannot be read: {error.strerror or error}"
            raise NothingUsableError(file, cause, "Check that it is there and may be read.") from error
        if not is_mbox:
            yield Maildir(self.path, "keep")
            return
        if begins not in (b"", b"From "):
            raise NothingUsableError(
                file, "this is no mailbox", "Name a Maildir (the folder with new and cur) or an mbox."
            )
        if found.st_size > LARGEST_MBOX:
            cause = f"the mailbox has more than {LARGEST_MBOX:,} bytes"
            raise NothingUsableError(file, cause, "Move old mails out of it, or use a Maildir.")
        with Mbox(self.path, "keep") as box:
            yield box

    def _chosen(self, box: Mailbox, keys: Sequence[str], findings: Findings) -> Sequence[tuple[int, str]]:
        """The newest mails of those who may write, the oldest of them first, and their places in the mailbox."""
        chosen: list[tuple[int, str]] = []
        others, forged, at = 0, list[str](), len(keys)
        for at in range(len(keys), max(0, len(keys) - MOST_LOOKED), -1):
            if len(chosen) == MOST_MAILS:
                break
            try:
                raw = box.fetch(keys[at - 1], _HEAD)
            except DigestError as error:
                findings.error(at, f"this mail cannot be read: {error.cause}", error.remedy)
                continue
            head = mime.head_of(raw or b"")
            if not self._may_write(head):
                others += raw is not None
            elif mime.says_forged(head):
                forged.append(excerpt_without_addresses(mime.value(head, "subject")))
            else:
                chosen.append((at, keys[at - 1]))
        else:
            at -= 1
        self._tell(others, forged, at if keys else 0, found=bool(chosen), findings=findings)
        return chosen[::-1]

    def _tell(self, others: int, forged: Sequence[str], older: int, *, found: bool, findings: Findings) -> None:
        if others:
            cause = f"{counted(others, 'mail', 'mails')} from senders who are not named under from: not read"
            tell = findings.note if found else findings.warning
            tell(None, cause, "Add the sender to from: if these are bulletins, too.")
        if forged:
            shown = ", ".join(f"“{one}”" for one in forged[:_MOST_NAMED]) + (" …" if len(forged) > _MOST_NAMED else "")
            mails = counted(len(forged), "mail", "mails")
            cause = f"{mails} whose sender is forged, as a mail server says: not read: {shown}"
            findings.warning(None, cause, "Ask the sender whether they wrote it; they can send it again.")
        if older > 0:
            cause = f"{counted(older, 'older mail', 'older mails')} not looked at again; what was told of them stays"
            findings.note(None, cause, "Move old mails into another folder.")

    def _may_write(self, head: Message) -> bool:
        sender = _sender(head)
        return bool(sender) and (sender in self.allowed or sender.rpartition("@")[2] in self.allowed)

    def attached(self, file: str) -> Folder:
        """As a folder would read what came with a mail."""
        return Folder(
            self.name,
            self.root / file,
            language=self.language,
            dates=self.dates,
            struck=self.struck,
            zone=self.zone,
            fallback_language=self.fallback_language,
            root=self.root,
        )


@dataclass(slots=True)
class _Look:
    """What one look at the mailbox has found so far."""

    source: MailFolder
    file: str
    today: date
    findings: Findings = field(init=False)
    items: list[FoundItem] = field(default_factory=list)
    _met: dict[str, tuple[int, str]] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _ended: int = 0

    def __post_init__(self) -> None:
        self.findings = Findings(self.file)

    def add(self, number: int, key: str, box: Mailbox) -> None:
        own, subject = Findings(self.file), ""
        try:
            raw = box.fetch(key, LARGEST_MAIL + 1)
            if raw is None:
                return
            head = mime.head_of(raw[:_HEAD])
            subject = mime.value(head, "subject")
            content = mime.fingerprint_of(raw)
            identity = mime.value(head, "message-id") or content
            if before := self._met.get(identity):
                is_copy = before[1] == content
                cause = f"it has the Message-ID of mail {before[0]}{'' if is_copy else ', and another text'}; not read"
                (own.note if is_copy else own.warning)(number, cause)
            else:
                self._met[identity] = number, content
                self._told(self._letter(raw, number, own), number, identity, own)
        except DigestError as error:
            own.error(number, error.cause, error.remedy)
        named = f"“{excerpt(subject)}”: " if subject else ""
        self.findings.problems += (replace(one, cause=named + one.cause) for one in own.problems)

    def _letter(self, raw: bytes, number: int, own: Findings) -> Letter:
        if len(raw) > LARGEST_MAIL:
            cause = f"this mail has more than {LARGEST_MAIL:,} bytes"
            raise NothingUsableError(self.file, cause, "Send what is in it in several mails.")
        context = self._context()

        def read() -> tuple[Letter, Sequence[Problem]]:
            found = Findings(self.file)
            return read_letter(raw, number, context, found), found.problems

        try:
            if len(raw) <= _HEAVY and mime.is_plain(raw):
                letter, problems = read()
            elif self._ended >= _MOST_ENDED:
                cause = f"this mail is not tried: {self._ended} others took too much before it"
                raise NothingUsableError(self.file, cause, "Move them out of the mailbox.")
            else:
                letter, problems = in_bounds(read, seconds=SECONDS, memory=MEMORY)
        except OutOfBoundsError as error:
            self._ended += 1
            raise NothingUsableError(
                self.file, f"this mail cannot be read: {error}", "Move it out of the mailbox."
            ) from error
        except PARSING as error:
            cause = (
                f"this mail cannot be read: nothing here understands how it is put together ({type(error).__name__})"
            )
            raise NothingUsableError(self.file, cause, "Move it out of the mailbox.") from error
        own.problems += problems
        return letter

    def _told(self, letter: Letter, number: int, identity: str, own: Findings) -> None:
        for ordinal, item in enumerate(self._items(letter, number, own), 1):
            given = item.given_id
            if given is None or given in self._ids:
                given = f"{identity} {ordinal}"
            self._ids.add(given)
            self.items.append(replace(item, given_id=given, place=Place(self.file, number)))

    def _items(self, letter: Letter, number: int, own: Findings) -> list[FoundItem]:
        """Of what came with it; of its own text, if that is all."""
        items = [item for file in letter.files for item in self._attached(file, number, own)]
        items += [item for one in letter.within for item in self._items(one, number, own)]
        if letter.draft is None:
            return items
        if not items:
            return [*found_items([letter.draft], self._context(), own)]
        text = " ".join(letter.draft.paragraphs)
        own.left_out(number, text, "a covering letter is left out: the news came with it", severity=Severity.NOTE)
        return items

    def _attached(self, file: AttachedFile, number: int, own: Findings) -> Sequence[FoundItem]:
        reading = self.source.attached(self.file).read_as(file.name, file.data, self.today)
        for problem in reading.problems:
            line = f", line {problem.place.line}" if problem.place.line else ""
            cause = f"{excerpt(file.name)}{line}: {problem.cause}"
            own.problems.append(replace(problem, place=Place(self.file, number), cause=cause))
        if reading.waiting:
            own.note(number, f"{excerpt(file.name)} says that it is a draft: it is not read")
        return reading.items

    def _context(self) -> FileContext:
        return FileContext(
            source=self.source.name,
            file=self.file,
            today=self.today,
            language=self.source.language,
            fallback_language=self.source.fallback_language,
            dates=self.source.dates,
            struck=self.source.struck,
            zone=self.source.zone,
        )


def _sender(head: Message) -> str:
    """Its only sender, read as it is written, as mail servers judge it; empty where that is not certain."""
    written = head.get_all("from", [])
    if len(written) != 1:
        return ""
    value = " ".join(str(written[0]).split())
    try:
        found = [address.lower() for _, address in getaddresses([value]) if address]
    except (RecursionError, ValueError, IndexError):
        return ""
    addresses = Counter(found)
    in_brackets = value.rpartition("<")[2].rstrip("> ").lower() if "<" in value else value.lower()
    is_certain = len(addresses) == 1 and found[0].count("@") == 1
    return found[0] if is_certain and found[0] in (in_brackets, value.partition("(")[0].strip().lower()) else ""
