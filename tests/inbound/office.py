"""An office whose July went out to four readers, and the mail that comes back to it."""

import io
import os
import shutil
import sys
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from databases import asked, taken_along
from warm_program import look_at_drafts

from digest.editions.store import secret_of
from digest.inbound.inbound import Scoring
from digest.inbound.processing import Read, read_configured, read_piped
from digest.mail.tokens import Purpose, Secret
from digest.settings.instance import Instance
from digest.settings.sandbox import sandbox_of

SETTINGS = """
publisher: {name: {en: Office, es: Oficina}, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences:
  regional: {title: {en: Whole region, es: Toda la región}, everything: true}
newsletters:
  monthly:
    title: {en: Migration bulletin, es: Boletín de migración}
    from: Bulletin <bulletin@news.example.org>
    reply_to: comms@example.org
    every: month
    audiences: [regional]
    languages: [en, es]
    approval: none
  weekly:
    title: {en: The week, es: La semana}
    from: Week <week@news.example.org>
    every: week
    audiences: [regional]
    languages: [en, es]
    approval: none
subscribers: subscribers.yaml
"""
SUBSCRIBERS = """
subscribers:
  - {address: ana@example.org, name: Ana, language: es, newsletter: monthly, audiences: [regional]}
  - {address: ana@example.org, name: Ana, language: es, newsletter: weekly, audiences: [regional]}
  - {address: ben@example.org, language: en, newsletter: monthly, audiences: [regional]}
  - {address: eva@example.net, language: es, newsletter: monthly, audiences: [regional]}
  - {address: max@example.net, language: en, newsletter: monthly, audiences: [regional]}
"""
LISTING = "6 July, 2018\n\nPolice in Guatemala learn to spot forged papers\n\nOfficers attended a course.\n"
DELIVERY = "delivery: {transport: files, path: out}\n"
MAILBOX = "mailbox: {maildir: Maildir}\n"
ANA, BEN, EVA, MAX = "ana@example.org", "ben@example.org", "eva@example.net", "max@example.net"


def made(folder: Path, more: str = MAILBOX, delivery: str = DELIVERY, *, send: bool = True) -> "Office":
    (folder / "bulletins").mkdir(parents=True)
    (folder / "bulletins" / "july.en.txt").write_text(LISTING)
    (folder / "digest.yaml").write_text(SETTINGS + delivery + more)
    (folder / "subscribers.yaml").write_text(SUBSCRIBERS)
    for name in ("new", "cur", "tmp"):
        (folder / "Maildir" / name).mkdir(parents=True)
    office = Office(folder)
    if send:
        office.run("build", "--newsletter", "monthly", "--period", "2018-07")
        office.run("send", "monthly/2018-07", "--yes")
    return office


@dataclass(frozen=True)
class Office:
    folder: Path
    database: str = ""  # what the settings say of it

    @property
    def maildir(self) -> Path:
        return self.folder / "Maildir"

    @property
    def instance(self) -> Instance:
        return Instance(self.folder)

    @property
    def secret(self) -> Secret:
        instance = self.instance
        return Secret(secret_of(instance.database, instance.secret))

    def run(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> str:
        """The program as it is typed, in this process; what it says on both ways."""
        from digest.cli import cli
        from digest.cli.ending import run

        if "approve" in arguments:
            look_at_drafts(self.folder)
        said = io.StringIO()
        before, given = sys.argv, sys.stdin
        sys.argv = ["digest", "-C", str(self.folder), *arguments]
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
        try:
            with redirect_stdout(said), redirect_stderr(said):
                ended = run(cli)
        finally:
            sys.argv, sys.stdin = before, given
        assert ended == code, said.getvalue()
        assert "Traceback" not in said.getvalue()
        return said.getvalue()

    def settings(self, more: str, delivery: str = DELIVERY) -> None:
        (self.folder / "digest.yaml").write_text(self.database + SETTINGS + delivery + more)

    def put(self, raw: bytes | str, name: str | None = None) -> Path:
        """A message in `new`."""
        name = name or f"{len(list(self.maildir.rglob('*.mail*')))}.mail"
        path = self.maildir / "new" / name
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        return path

    def read(self, *, dry: bool = False) -> Read:
        with sandbox_of(self.instance) if dry else nullcontext(self.instance) as instance:
            return read_configured(instance.inbox, dry=dry)

    def pipe(self, raw: bytes | str) -> Read:
        return read_piped(self.instance.inbox, raw.encode() if isinstance(raw, str) else raw)

    def public_id(self, address: str) -> str:
        return self.rows("SELECT public_id FROM subscribers WHERE folded = ?", address)[0][0]

    def delivery(self, address: str) -> str:
        """The name in the return path of what they were sent."""
        edition = next(one for one in self.instance.editions.editions("monthly") if one.sending_at)
        public_id = self.public_id(address)
        return f"{public_id}-{self.secret.identities(edition)(public_id)[:12]}"

    def token(self, address: str, newsletter: str = "monthly") -> str:
        return self.secret.token(Purpose.LEAVE, newsletter, self.public_id(address))

    def sent(self, address: str) -> EmailMessage:
        """What they were sent."""
        for path in (self.folder / "out" / "monthly").rglob("*.eml"):
            message = message_from_bytes(path.read_bytes(), policy=default)
            if message["To"].addresses[0].addr_spec == address:
                return message
        raise AssertionError(address)

    def mails(self, kind: str) -> list[EmailMessage]:
        """What the reading sent: `left` or `passed-on`."""
        return [
            message_from_bytes(path.read_bytes(), policy=default)
            for path in sorted((self.folder / "out" / "mailbox" / kind).glob("*.eml"))
        ]

    def gets(self, address: str) -> list[str]:
        """The newsletters that go to them."""
        found = self.rows(
            "SELECT newsletter FROM subscriptions JOIN subscribers ON number = subscriber"
            " WHERE folded = ? AND active = 1 AND suppressed_at IS NULL ORDER BY newsletter",
            address,
        )
        return [name for (name,) in found]

    def rows(self, statement: str, *values: object) -> list[tuple[str, ...]]:
        return asked(self.folder / "digest.db", statement, *values)

    def change(self, *statements: str) -> None:
        for statement in statements:
            asked(self.folder / "digest.db", statement)

    def copied(self, folder: Path) -> "Office":
        shutil.copytree(self.folder, folder)
        office = Office(folder, taken_along(folder))
        settings = folder / "digest.yaml"
        settings.write_text(office.database + settings.read_text())
        return office


def bounce(
    to: str,
    *,
    who: str = "ana@example.org",
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 user unknown",
    returned: str = "Subject: x\n",
    number: object = 1,
    date: str = "",
) -> str:
    """A report by RFC 3464 to `to`."""
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\n"
        f"To: {to}\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <{number}@mx.example.net>\n"
        f"{f'Date: {date}' + chr(10) if date else ''}Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt did not work.\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
        f"Final-Recipient: rfc822; {who}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: {said}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n"
    )


def letter(
    sender: str, subject: str = "Re: Migration bulletin", body: str = "", to: str = "comms@example.org", **more: str
) -> str:
    """What a person writes; `more` are header fields, with `_` for `-`."""
    fields = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in more.items())
    name = abs(hash((sender, subject, body)))
    return f"From: <{sender}>\nTo: {to}\nSubject: {subject}\nMessage-ID: <{name}@x>\n{fields}\n{body}\n"


def complaint(original: str, kind: str = "abuse", person: str = "") -> str:
    """A report by RFC 5965 about a message."""
    about = f"Original-Rcpt-To: {person}\n" if person else ""
    return (
        "From: feedback@isp.example.net\nTo: bulletin@news.example.org\nSubject: complaint\nMessage-ID: <c@isp>\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nA complaint.\n\n"
        f"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n{about}\n"
        f"--b\nContent-Type: message/rfc822\n\n{original}\n--b--\n"
    )


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, **more}


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


USUAL = Scoring()
