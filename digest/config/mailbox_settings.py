"""What `mailbox:` says, checked."""

from dataclasses import dataclass
from pathlib import Path

from digest.model.returns import Scoring


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapWishes:
    """As written. The password is never here."""

    host: str
    port: int
    security: str
    certificates: Path | None
    username: str
    password_file: Path | None
    password_env: str | None
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """At most one of `maildir`, `mbox` and `imap` is set; with none, mail comes through a pipe only."""

    maildir: Path | None
    mbox: Path | None
    imap: ImapWishes | None
    then: str
    forward_to: str | None
    scoring: Scoring

    @property
    def has_place(self) -> bool:
        return any(one is not None for one in (self.maildir, self.mbox, self.imap))
