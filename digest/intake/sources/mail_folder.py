"""The mail source: a mailbox into which colleagues forward bulletins. It is looked at, never touched.

Who may write into it is told by the settings; of all others nothing but the sender is read. What was read is not read
again: a mail is known by what the mailbox calls it, and by its Message-ID where that changes.
"""

import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from email.message import Message
from email.utils import getaddresses
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from digest.errors import DigestError, NothingUsableError
from digest.foundation import mime
from digest.foundation.catalogue import later, plural_later
from digest.foundation.mailboxes import Mailbox, Maildir, Mbox
from digest.foundation.problems import Problem
from digest.foundation.words import excerpt_without_addresses, fingerprint
from digest.intake.item import DateOrder, FoundItem, Reading, Struck
from digest.intake.memory import Kept, Memory
from digest.intake.read_file import NONE_KNOWN, Brought, KnownFiles
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.folder import READER, Folder
from digest.intake.sources.mail_reading import HEAD, MailReader

LARGEST_MBOX = 500 << 20  # bytes
MOST_MAILS = 500  # of those who may write, in one look: the newest
MOST_LOOKED = 20_000  # at whose senders is looked
_MOST_NAMED = 3


class OpenMailbox(NamedTuple):
    """`state` stays the same as long as the mailbox as a whole does; empty where it does not say."""

    box: Mailbox
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFolder:
    """A source. `file` is what the mailbox is called, from `root` (the workspace) on; `allowed` are addresses and
    domains, in lower case. After `seconds` what is not read yet is left for the next look.
    """

    name: str
    file: str
    open: Callable[[], AbstractContextManager[OpenMailbox]]
    root: Path
    allowed: Sequence[str]
    language: str | None
    fallback_language: str
    recall: Callable[[str], Kept | None]
    dates: DateOrder | None = None
    struck: Struck = Struck.LEAVE_OUT
    zone: tzinfo | None = None
    seconds: float | None = None

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        kept = self.recall(self.name)
        memory = kept.memory if kept and kept.memory.address == self.file else Memory(address=self.file)
        try:
            return self.look(today, known, memory)
        except DigestError as error:
            findings = Findings(self.file)
            findings.error(None, error.cause, error.remedy)
            return Reading(source=self.name, problems=findings.in_order(), complete=False)

    def look(self, today: date, known: KnownFiles, memory: Memory) -> Reading:
        """Raise a `DigestError` when the mailbox cannot be read at all."""
        with self.open() as opened:
            if opened.state and (same := self.as_it_was(today, known, memory, opened.state)):
                return same
            return _Look(self, opened, today, known, memory).reading()

    def as_it_was(self, today: date, known: KnownFiles, memory: Memory, state: str = "") -> Reading | None:
        """What was read at the last look; `None` where one of its mails is to be read again. With a `state`, only if
        the mailbox has that.
        """
        files = {name: known[name] for name in memory.listed if name in known}
        told = [file.brought for file in files.values() if file.brought is not None]
        whole = known.get(self.file)
        if (
            (memory.etag, len(told)) != (self.rules, len(memory.listed))
            or whole is None
            or whole.brought is None
            or whole.brought.stamp != self._stamp(state or whole.fingerprint)
            or not all(one.holds(one.stamp, today) for one in told)
        ):
            return None
        return Reading(
            source=self.name,
            problems=(*(one for each in told for one in each.problems), *whole.brought.problems),
            files={name: file.fingerprint for name, file in (*files.items(), (self.file, whole))},
            unchanged=frozenset((*files, self.file)),
            reader=READER,
            keeps=True,
        )

    @property
    def rules(self) -> str:
        """What of the settings says how mails are read, and whose."""
        said = [self.allowed, self.language, self.fallback_language, self.dates, self.struck, self.zone]
        return fingerprint(READER, *map(str, said))[:16]

    def _stamp(self, state: str) -> str:
        return f"{self.rules} {state}"

    def reader(self, today: date) -> MailReader:
        context = FileContext(
            source=self.name,
            file=self.file,
            today=today,
            fallback_language=self.fallback_language,
            language=self.language,
            dates=self.dates,
            struck=self.struck,
            zone=self.zone,
        )
        attached = Folder(
            self.name,
            self.root / self.file,
            language=self.language,
            dates=self.dates,
            struck=self.struck,
            zone=self.zone,
            fallback_language=self.fallback_language,
            root=self.root,
        )
        return MailReader(context, attached)


@contextmanager
def mailbox_in_files(path: Path, file: str) -> Iterator[OpenMailbox]:
    """A Maildir or an mbox file."""
    try:
        found = path.stat()
        is_mbox = stat.S_ISREG(found.st_mode)
        begins = b""
        if is_mbox:
            with path.open("rb") as opened:
                begins = opened.read(5)
    except OSError as error:
        cause = later("the mailbox cannot be read: {cause}").format(cause=str(error.strerror or error))
        raise NothingUsableError(file, cause, later("Check that it is there and may be read.")) from error
    if not is_mbox:
        yield OpenMailbox(Maildir(path, "keep"))
        return
    if begins not in (b"", b"From "):
        raise NothingUsableError(
            file, later("this is no mailbox"), later("Name a Maildir (the folder with new and cur) or an mbox.")
        )
    if found.st_size > LARGEST_MBOX:
        cause = later("the mailbox has more than {most:,} bytes").format(most=LARGEST_MBOX)
        raise NothingUsableError(file, cause, later("Move old mails out of it, or use a Maildir."))
    with Mbox(path, "keep") as box:
        yield OpenMailbox(box, f"{found.st_ino} {found.st_size} {found.st_mtime_ns}")


class _Mail(NamedTuple):
    """Where it lies, under which name it is remembered, and what is another where another mail lies there."""

    key: str
    name: str
    mark: str


class _Look:
    """One look at the mailbox: what is known of its mails, and what of them is new."""

    def __init__(self, source: MailFolder, opened: OpenMailbox, today: date, known: KnownFiles, memory: Memory) -> None:
        self._source, self._box, self._state = source, opened.box, opened.state
        self._today, self._known = today, known
        self._memory = memory if memory.etag == source.rules else replace(memory, passed=frozenset())
        self._began = time.monotonic()
        self._findings = Findings(source.file)
        self._files: dict[str, str] = {}
        self._brought: dict[str, Brought] = {}
        self._unchanged: set[str] = set()
        self._others: set[str] = set()
        self._forged: list[str] = []
        self._older = self._left = 0
        self._final = True

    def reading(self) -> Reading:
        source = self._source
        items: list[FoundItem] = []
        problems: list[Problem] = []
        reader = source.reader(self._today)
        chosen = self._chosen(self._box.keys())
        for at, mail in enumerate(chosen):
            if self._is_over(1.0):
                self._left += len(chosen) - at
                break
            if before := self._as_it_was(mail):
                reader.know(self._known[mail.name].fingerprint, mail.name)
                problems += before.problems
            elif told := reader.read(mail.name, partial(self._box.fetch, mail.key)):
                items += told.items
                problems += told.problems
                self._final &= told.final
                self._files[mail.name] = told.fingerprint
                if told.final:
                    self._brought[mail.name] = self._brought_by(mail, told.problems, told.items, told.again_on)
        self._tell(found=bool(chosen))
        memory = replace(self._memory, etag=source.rules, listed=tuple(self._files), passed=frozenset(self._others))
        self._files[source.file] = self._state
        if self._final and not self._left:
            self._brought[source.file] = Brought(
                stamp=f"{source.rules} {self._state}", read_on=self._today, problems=self._findings.in_order()
            )
        return Reading(
            source=source.name,
            items=tuple(items),
            problems=(*problems, *self._findings.problems),
            files=self._files,
            reader=READER,
            unchanged=frozenset(self._unchanged),
            brought=self._brought,
            keeps=True,  # who tidies up a mailbox takes no news back
            remember=Kept(memory=memory),
        )

    def _chosen(self, keys: Sequence[str]) -> Sequence[_Mail]:
        """The newest mails of those who may write, the oldest of them first."""
        chosen: list[_Mail] = []
        looked = 0
        for key in islice(reversed(keys), MOST_LOOKED):
            if len(chosen) == MOST_MAILS:
                break
            if self._is_over(0.5):
                self._left = len(keys) - looked
                return chosen[::-1]
            looked += 1
            mail = self._mail(key)
            if self._may_be_read(mail):
                chosen.append(mail)
        self._older = len(keys) - looked
        return chosen[::-1]

    def _may_be_read(self, mail: _Mail) -> bool:
        if mail.mark in self._memory.passed:
            self._others.add(mail.mark)
            return False
        if before := self._before(mail):
            if before.ignored:
                self._as_it_was(mail)
                self._forged.append(before.held)
            return not before.ignored
        try:
            raw = self._box.fetch(mail.key, HEAD)
        except DigestError as error:
            self._final = False
            self._findings.error(None, later("a mail cannot be read: {cause}").format(cause=error.cause), error.remedy)
            return False
        if raw is None:
            return False
        head = mime.head_of(raw)
        if not self._is_allowed(head):
            self._others.add(mail.mark)
        elif mime.says_forged(head):
            self._forged.append(excerpt_without_addresses(mime.value(head, "subject")))
            self._files[mail.name] = ""
            self._brought[mail.name] = replace(self._brought_by(mail), ignored=True, held=self._forged[-1])
        else:
            return True
        return False

    def _is_allowed(self, head: Message) -> bool:
        sender, allowed = _sender(head), self._source.allowed
        return bool(sender) and (sender in allowed or sender.rpartition("@")[2] in allowed)

    # -- What is remembered of a mail.

    def _mail(self, key: str) -> _Mail:
        place, mark = self._box.place, self._box.mark(key)
        name = f"{self._source.file}#{fingerprint(place, key)[:12]}"
        return _Mail(key, name, fingerprint(place, key, mark)[:16])

    def _stamp(self, mail: _Mail) -> str:
        return f"{self._source.rules} {mail.mark}"

    def _before(self, mail: _Mail) -> Brought | None:
        known = self._known.get(mail.name)
        brought = known.brought if known else None
        return brought if brought and brought.holds(self._stamp(mail), self._today) else None

    def _as_it_was(self, mail: _Mail) -> Brought | None:
        if before := self._before(mail):
            self._files[mail.name] = self._known[mail.name].fingerprint
            self._unchanged.add(mail.name)
        return before

    def _brought_by(
        self,
        mail: _Mail,
        problems: Sequence[Problem] = (),
        items: Sequence[FoundItem] = (),
        again_on: date | None = None,
    ) -> Brought:
        return Brought(
            stamp=self._stamp(mail), read_on=self._today, until=again_on, problems=tuple(problems), items=len(items)
        )

    def _is_over(self, part: float) -> bool:
        """Whether this part of the time is over."""
        seconds = self._source.seconds
        return seconds is not None and time.monotonic() - self._began > seconds * part

    def _tell(self, *, found: bool) -> None:
        findings, forged = self._findings, self._forged
        if self._others:
            cause = plural_later(
                "{count:,} mail from senders who are not named under from: not read",
                "{count:,} mails from senders who are not named under from: not read",
                len(self._others),
            )
            tell = findings.note if found else findings.warning
            tell(None, cause, later("Add the sender to from: if these are bulletins, too."))
        if forged:
            shown = ", ".join(f"“{one}”" for one in forged[:_MOST_NAMED]) + (" …" if len(forged) > _MOST_NAMED else "")
            cause = plural_later(
                "{count:,} mail whose sender is forged, as a mail server says: not read: {shown}",
                "{count:,} mails whose sender is forged, as a mail server says: not read: {shown}",
                len(forged),
                shown=shown,
            )
            findings.warning(None, cause, later("Ask the sender whether they wrote it; they can send it again."))
        if self._left:
            findings.warning(
                None,
                plural_later(
                    "{count:,} mail is left for the next look: the mailbox answers slowly",
                    "{count:,} mails are left for the next look: the mailbox answers slowly",
                    self._left,
                ),
            )
        if self._older > 0:
            cause = plural_later(
                "{count:,} older mail not looked at again; what was told of them stays",
                "{count:,} older mails not looked at again; what was told of them stays",
                self._older,
            )
            findings.note(None, cause, later("Move old mails into another folder."))


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
