"""The calendar source: a file of events (.ics) in the workspace."""

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo
from itertools import islice
from pathlib import Path

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.intake.item import Reading
from digest.intake.memory import Kept, Memory
from digest.intake.read_file import NONE_KNOWN, KnownFiles
from digest.intake.sources.calendar_events import read_events
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.items import found_items

LARGEST_FILE = 20 << 20  # bytes
_MOST_REMEMBERED = 5_000  # events


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFile:
    """A source. The file is named from `root` (the workspace) on. An event that is over is told if it was before:
    `recall` tells what is remembered. `topics` are those of each event; `None` leaves them to the texts.
    """

    name: str
    path: Path
    root: Path
    ahead: timedelta
    topics: Sequence[str] | None
    language: str | None
    fallback_language: str
    zone: tzinfo
    recall: Callable[[str], Kept | None]

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        del known  # what is to come is another thing every day
        file = os.path.relpath(self.path, self.root)
        kept = self.recall(self.name)
        memory = kept.memory if kept and kept.memory.address == file else Memory(address=file)
        findings = Findings(file)
        context = FileContext(
            source=self.name,
            file=file,
            today=today,
            language=self.language,
            fallback_language=self.fallback_language,
            zone=self.zone,
        )
        try:
            found = read_events(self._bytes(file), context, findings, self.ahead, self.topics, memory.seen)
        except NothingUsableError as error:
            findings.error(None, error.cause, error.remedy)
            return Reading(source=self.name, problems=findings.in_order(), complete=False)
        seen = {**{entry.key: today for entry in found.told}, **memory.seen}
        items = found_items([entry.draft for entry in found.told], context, findings)
        return Reading(
            source=self.name,
            items=items,
            problems=findings.in_order(),
            complete=found.is_whole,  # else the event of an item may be one of those that could not be read
            remember=Kept(
                memory=replace(memory, seen=dict(islice(seen.items(), max(0, len(seen) - _MOST_REMEMBERED), None)))
            ),
        )

    def _bytes(self, file: str) -> bytes:
        try:
            with os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
                found = os.fstat(opened.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise NothingUsableError(file, later("this is no file"), later("Name the calendar file (.ics)."))
                data = opened.read(LARGEST_FILE + 1)
        except OSError as error:
            cause = later("the file cannot be read: {cause}").format(cause=str(error.strerror or error))
            raise NothingUsableError(file, cause, later("Check that it is there and may be read.")) from error
        if len(data) > LARGEST_FILE:
            cause = later("the file has more than {most:,} bytes").format(most=LARGEST_FILE)
            raise NothingUsableError(file, cause, later("Export a shorter time."))
        return data
