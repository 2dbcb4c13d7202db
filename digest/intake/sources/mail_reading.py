"""What one mail brings: the bulletins attached to it, or else its own text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from digest.errors import DigestError, NothingUsableError
from digest.foundation import mime
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.catalogue import later
from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.words import excerpt, fingerprint
from digest.intake.item import FoundItem
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.folder import Folder
from digest.intake.sources.items import found_items
from digest.intake.sources.letters import PARSING, AttachedFile, Letter, read_letter

SECONDS, MEMORY = 5.0, 150 << 20  # of the processor's time, and bytes: for the reading of one mail
LARGEST_MAIL = 30 << 20  # bytes: a file of 20 MB, as mails carry it
HEAD = 64 << 10
_HEAVY = 128 << 10  # bytes
_MOST_ENDED = 5  # mails that took too much; then it is no accident


class MailTold(NamedTuple):
    """`fingerprint` is that of the Message-ID and of the content; `again_on` is the first day on which it may be read
    in another way. Where it is not `final`, the next look may bring more.
    """

    fingerprint: str
    items: Sequence[FoundItem] = ()
    problems: Sequence[Problem] = ()
    again_on: date | None = None
    final: bool = True


@dataclass(slots=True)
class MailReader:
    """Reads the mails of one mailbox one after the other: a copy is told once. `context` is that of the mailbox, and
    `folder` reads what is attached.
    """

    context: FileContext
    folder: Folder
    _met: dict[str, tuple[str, str]] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _ended: int = 0

    def know(self, fingerprint: str, name: str) -> None:
        """A mail that was read at another time."""
        identity, _, content = fingerprint.partition(" ")
        self._met.setdefault(identity, (name, content))

    def read(self, name: str, fetch: Callable[[int], bytes | None]) -> MailTold | None:
        """Under this name; `fetch` gives at most so many bytes of it. `None` when it is gone."""
        own, subject, told = Findings(name), "", MailTold("", final=False)
        try:
            raw = fetch(LARGEST_MAIL + 1)
            if raw is None:
                return None
            head = mime.head_of(raw[:HEAD])
            subject = mime.value(head, "subject")
            told = self._told(name, raw, mime.value(head, "message-id"), own)
        except DigestError as error:
            own.error(None, error.cause, error.remedy)
        named = f"“{excerpt(subject)}”: " if subject else ""
        return told._replace(
            problems=[replace(one, place=Place(name), cause=named + one.cause) for one in own.problems]
        )

    def _told(self, name: str, raw: bytes, message_id: str, own: Findings) -> MailTold:
        content = mime.fingerprint_of(raw)
        identity = fingerprint(message_id or content)[:16]
        told = MailTold(f"{identity} {content}")
        if before := self._met.get(identity):
            is_copy = before[1] == content
            cause = later("it has the Message-ID of {name}, and another text; not read")
            if is_copy:
                cause = later("it has the Message-ID of {name}; not read")
            (own.note if is_copy else own.warning)(None, cause.format(name=before[0]))
            return told
        self._met[identity] = name, content
        if self._ended >= _MOST_ENDED and not _is_light(raw):
            own.error(
                None,
                later("this mail is not tried: {count} others took too much before it").format(count=self._ended),
                later("Move them out of the mailbox."),
            )
            return told._replace(final=False)
        try:
            letter = self._letter(raw, own)
        except DigestError as error:
            own.error(None, error.cause, error.remedy)
            return told
        read_again: set[date] = set()
        items = [*self._items(letter, own, read_again)]
        read_again |= {item.published_on for item in items if item.published_on > self.context.today}
        return told._replace(
            items=[*self._with_ids(items, message_id or content, name)], again_on=min(read_again, default=None)
        )

    def _letter(self, raw: bytes, own: Findings) -> Letter:
        if len(raw) > LARGEST_MAIL:
            cause = later("this mail has more than {most:,} bytes").format(most=LARGEST_MAIL)
            raise NothingUsableError(own.file, cause, later("Send what is in it in several mails."))

        def read() -> tuple[Letter, Sequence[Problem]]:
            found = Findings(own.file)
            return read_letter(raw, 1, replace(self.context, file=own.file), found), found.problems

        try:
            letter, problems = read() if _is_light(raw) else in_bounds(read, seconds=SECONDS, memory=MEMORY)
        except OutOfBoundsError as error:
            self._ended += 1
            cause = later("this mail cannot be read: {cause}").format(cause=str(error))
            raise NothingUsableError(own.file, cause, later("Move it out of the mailbox.")) from error
        except PARSING as error:
            cause = later("this mail cannot be read: nothing here understands how it is put together ({kind})").format(
                kind=type(error).__name__
            )
            raise NothingUsableError(own.file, cause, later("Move it out of the mailbox.")) from error
        own.problems += problems
        return letter

    def _with_ids(self, items: Iterable[FoundItem], identity: str, name: str) -> Iterable[FoundItem]:
        for ordinal, item in enumerate(items, 1):
            given = item.given_id
            if given is None or given in self._ids:
                given = f"{identity} {ordinal}"
            self._ids.add(given)
            yield replace(item, given_id=given, place=Place(name))

    def _items(self, letter: Letter, own: Findings, again_on: set[date]) -> list[FoundItem]:
        """Of what came with it; of its own text, if that is all."""
        items = [item for file in letter.files for item in self._attached(file, own, again_on)]
        items += [item for one in letter.within for item in self._items(one, own, again_on)]
        if letter.draft is None:
            return items
        if not items:
            return [*found_items([letter.draft], replace(self.context, file=own.file), own)]
        text = " ".join(letter.draft.paragraphs)
        own.left_out(None, text, later("a covering letter is left out: the news came with it"), severity=Severity.NOTE)
        return items

    def _attached(self, file: AttachedFile, own: Findings, again_on: set[date]) -> Sequence[FoundItem]:
        reading = self.folder.read_as(file.name, file.data, self.context.today)
        for problem in reading.problems:
            line = f", line {problem.place.line}" if problem.place.line else ""
            cause = f"{excerpt(file.name)}{line}: {problem.cause}"
            own.problems.append(replace(problem, place=Place(own.file), cause=cause))
        if reading.waiting:
            own.note(None, later("{name} says that it is a draft: it is not read").format(name=excerpt(file.name)))
        if reading.until:
            again_on.add(reading.until)
        return reading.items


def _is_light(raw: bytes) -> bool:
    return len(raw) <= _HEAVY and mime.is_plain(raw)
