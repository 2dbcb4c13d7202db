"""A mailbox on a server (IMAP) as a source: asked as seldom as a feed, and given up after a while. When it is away or
slow, what was told of it stays, and its failures in a row are counted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from digest.errors import DigestError
from digest.foundation.imap import opened
from digest.foundation.imap_settings import ImapServerSettings, imap_account
from digest.intake.item import Reading
from digest.intake.memory import Kept, Memory
from digest.intake.read_file import NONE_KNOWN, KnownFiles
from digest.intake.settings import SourceSettings
from digest.intake.sources.draft import Findings
from digest.intake.sources.fetched import MOST_DAYS, Round, after_answer, tell_failures
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.mail_folder import MailFolder, OpenMailbox

SECONDS = 45.0  # then what is left waits for the next look
LONGEST = 60.0  # seconds; then the connection is cut, whatever it does


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOnServer:
    """A source."""

    settings: SourceSettings
    mail: MailFolder
    round: Round

    @property
    def name(self) -> str:
        return self.settings.name

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        before = self.round.kept(self.settings).memory
        reading: Reading | None = None
        memory = before
        if self.round.asks(self.settings, anew=before.etag != self.mail.rules):
            try:
                reading = self.mail.look(today, known, before)
            except DigestError as error:
                memory = after_answer(before, WebAnswer(failure=error.cause, remedy=error.remedy), self.round.now)
            else:
                memory = self._remembered(reading, before, today)
        findings = Findings(self.mail.file)
        tell_failures(memory, findings)
        reading = reading or self.mail.as_it_was(today, known, before) or Reading(source=self.name, keeps=True)
        return replace(
            reading,
            problems=(*reading.problems, *findings.problems),
            remember=Kept(memory=memory) if memory != before else None,
        )

    def _remembered(self, reading: Reading, before: Memory, today: date) -> Memory:
        looked = reading.remember.memory if reading.remember else before
        now = self.round.now
        days = {*before.news_on, *(item.published_on for item in reading.items if item.published_on <= today)}
        return replace(
            looked,
            checked_at=now,
            answered_at=now,
            failures=0,
            failure="",
            remedy="",
            news_on=tuple(sorted(days)[-MOST_DAYS:]),
        )


@contextmanager
def mailbox_on_server(server: ImapServerSettings) -> Iterator[OpenMailbox]:
    """Only looked at."""
    with opened(imap_account(server, "keep"), only_looking=True, longest=LONGEST) as box:
        yield OpenMailbox(box)
