"""Returning: the mailbox of a workspace, and what stands behind its reading."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import BusyError, ConfigurationError, DigestError, PartlyFailedError
from digest.foundation.failpoints import reach
from digest.foundation.secrets import secret_from
from digest.foundation.workspace import Clock
from digest.inbound.inbound import Confirmation, InboundEntry, InboundOutcome, IncomingMail, Scoring, memory
from digest.inbound.judging import Judge, Judged
from digest.inbound.mailboxes import Mailbox, Proofs
from digest.inbound.store import Returns
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.foundation.workspace import Workspace


LOCK = "mailbox.lock"
PIPED_MOST = 32 << 20  # bytes of a message that comes through a pipe


class WorkspaceProofs:
    """Implements `digest.inbound.mailboxes.Proofs` with the workspace's secret."""

    PROOF = 12  # hex characters, as the composer writes them into a delivery's name

    def __init__(self, workspace: "Workspace") -> None:
        from digest.foundation.secrets import make_secret, read_secret
        from digest.mail.composing import Secret

        if not any(edition.sealed_at for edition in workspace.editions.editions()):
            make_secret(workspace.secret)
        self._secret = Secret(read_secret(workspace.secret))

    def delivery(self, edition: Edition, public_id: str) -> str:
        return f"{public_id}-{self.identity(edition, public_id)[: self.PROOF]}"

    def identity(self, edition: Edition, public_id: str) -> str:
        return self._secret.identities(edition)(public_id)

    def token(self, newsletter: str, public_id: str) -> str:
        return self._secret.tokens(newsletter)(public_id)


def read_configured(
    workspace: "Workspace",
    *,
    dry: bool = False,
    stop: Callable[[], bool] = lambda: False,
    show: "Callable[[IncomingMail, Judged], None]" = lambda _mail, _judged: None,
) -> "Read":
    """Read the mailbox of the settings. `dry`: write nothing, touch nothing, send nothing.

    Raise `ConfigurationError` when the settings name none, `BusyError` while another process reads it.
    """
    from digest.foundation.database import exclusive

    if workspace.settings.mailbox is None or not workspace.settings.mailbox.has_place:
        raise ConfigurationError(
            "mailbox",
            "digest.yaml names no mailbox",
            "write where mail comes back: mailbox: {maildir: …}, {mbox: …} or {imap: …}",
        )
    with nullcontext() if dry else exclusive(workspace.folder / LOCK), _opened(workspace, dry=dry) as mailbox:
        return _read(workspace, mailbox, dry=dry, stop=stop, show=show)


def read_piped(
    workspace: "Workspace",
    raw: bytes,
    *,
    dry: bool = False,
    show: "Callable[[IncomingMail, Judged], None]" = lambda _mail, _judged: None,
) -> "Read":
    """Read one message that came through a pipe. Whoever gave it keeps it unless all that it asks for was done."""
    from digest.inbound.mailboxes import Piped

    if len(raw) > PIPED_MOST:
        raise PartlyFailedError("the message", f"it has more than {PIPED_MOST >> 20} MB", "look at it yourself")
    return _read(workspace, Piped(raw), dry=dry, stop=lambda: False, show=show)


def _read(
    workspace: "Workspace",
    mailbox: "Mailbox",
    *,
    dry: bool,
    stop: Callable[[], bool],
    show: "Callable[[IncomingMail, Judged], None]",
) -> "Read":
    from digest.delivery.adoption import refuse_fenced
    from digest.foundation.sandbox import shadow_of
    from digest.inbound.mailboxes import OnlyLooking

    if not dry:
        refuse_fenced(workspace)
        return _carried_out(workspace, mailbox, stop, show)
    with shadow_of(workspace) as shadow:
        return _carried_out(shadow, OnlyLooking(mailbox), stop, show, posts=False)


def _carried_out(
    workspace: "Workspace",
    mailbox: "Mailbox",
    stop: Callable[[], bool],
    show: "Callable[[IncomingMail, Judged], None]",
    *,
    posts: bool = True,
) -> "Read":
    from digest.inbound.classifying import read
    from digest.inbound.opening import MOST_BYTES
    from digest.inbound.store import Returns

    wished = workspace.settings.mailbox
    forward_to = wished.forward_to if wished else None
    scoring = wished.scoring if wished else _usual_scoring(workspace)
    parts = Parts(
        mailbox=mailbox,
        store=Returns(workspace.database),
        proofs=WorkspaceProofs(workspace),
        clock=workspace.clock,
        newsletters=workspace.settings.newsletters,
        scoring=scoring,
        parse=read,
        parsed_most=MOST_BYTES,
        fold=_folded,
        confirm=lambda one: _confirm(workspace, one, posts=posts),
        forward=None
        if forward_to is None
        else lambda raw, mail: _forward(workspace, forward_to, raw, mail, posts=posts),
        show=show,
        stop=stop,
    )
    return read_mailbox(parts)


def _usual_scoring(workspace: "Workspace") -> Scoring:
    return Scoring(forget_after=memory([one.schedule.kind for one in workspace.settings.newsletters]))


def _confirm(workspace: "Workspace", confirmation: Confirmation, *, posts: bool) -> bool:
    from digest.delivery.single import post
    from digest.inbound.confirmations import leaving_envelope

    known = {one.name: one for one in workspace.settings.newsletters}
    newsletter = known.get(confirmation.newsletter or "") or workspace.settings.newsletters[0]
    language = confirmation.language if confirmation.language in newsletter.languages else newsletter.languages[0]
    words = workspace.renderer.words(language or newsletter.languages[0])
    titles = [known[name].title(words.language) for name in confirmation.remaining if name in known]
    envelope = leaving_envelope(words, workspace.settings.publisher, newsletter, confirmation, titles)
    return post(workspace.transport(), envelope) if posts else True


def _forward(workspace: "Workspace", to: str, raw: bytes, mail: IncomingMail, *, posts: bool) -> None:
    from digest.delivery.single import post
    from digest.inbound.confirmations import passed_on

    newsletter = _written_to(workspace, mail)
    words = workspace.renderer.words(newsletter.languages[0])
    envelope = passed_on(words, newsletter, to, mail, raw, workspace.clock.now())
    if posts and not post(workspace.transport(), envelope):
        raise PartlyFailedError(
            "mailbox.forward_to", "the mail server refuses what is passed on", "look at the address"
        )


def _written_to(workspace: "Workspace", mail: IncomingMail) -> Newsletter:
    """The newsletter in whose name a message is passed on."""
    newsletters = workspace.settings.newsletters
    return next(
        (one for one in newsletters if one.reply_to and one.reply_to.lower() in mail.written_to), newsletters[0]
    )


def _folded(written: str) -> str | None:
    from digest.foundation.addresses import address

    try:
        return address(written).folded
    except ValueError:
        return None


@contextmanager
def _opened(workspace: "Workspace", *, dry: bool) -> "Iterator[Mailbox]":
    wished = workspace.settings.mailbox
    if wished is not None and wished.maildir is not None:
        from digest.inbound.mailboxes import Maildir

        yield Maildir(wished.maildir, wished.then)
    elif wished is not None and wished.mbox is not None:
        from digest.inbound.mailboxes import Mbox

        with Mbox(wished.mbox, wished.then) as box:
            yield box
    elif wished is not None and wished.imap is not None:
        # IMAPClient takes 25 ms, and most mailboxes are folders.
        from digest.inbound.imap import ImapSettings, opened

        imap = wished.imap
        settings = ImapSettings(
            host=imap.host,
            port=imap.port,
            security=imap.security,
            username=imap.username,
            secret=secret_from(imap.password_file, imap.password_env),
            certificates=imap.certificates,
            folder=imap.folder,
            then=wished.then,
        )
        with opened(settings, only_looking=dry) as mailbox:
            yield mailbox


# -- What a reading of the mailbox did, in words; no address is in them.

ONE_AND_MANY = {
    InboundOutcome.HARD: ("returned for good", "returned for good"),
    InboundOutcome.SOFT: ("returned for now", "returned for now"),
    InboundOutcome.BLOCKED: ("refused by a filter", "refused by a filter"),
    InboundOutcome.DELAYED: ("delayed", "delayed"),
    InboundOutcome.DELIVERED: ("delivered", "delivered"),
    InboundOutcome.COMPLAINT: ("complaint", "complaints"),
    InboundOutcome.LEAVING: ("request to leave", "requests to leave"),
    InboundOutcome.AUTOMATIC: ("automatic answer", "automatic answers"),
    InboundOutcome.UNPROVEN: ("not proven to be about our mail", "not proven to be about our mail"),
    InboundOutcome.UNKNOWN_LEAVER: (
        "request to leave from somebody unknown",
        "requests to leave from somebody unknown",
    ),
    InboundOutcome.OTHER: ("other", "others"),
}


def summary(read: "Read") -> list[str]:
    """Sentences without their full stops; the first says how many messages were what."""
    kinds = [f"{count} {ONE_AND_MANY[kind][count != 1]}" for kind in InboundOutcome if (count := read.outcomes[kind])]
    messages = f"{read.messages} new message{'s' if read.messages != 1 else ''}"
    return [f"{messages}: {', '.join(kinds)}" if kinds else "Nothing new in the mailbox", *_done(read)]


def told(read: "Read") -> list[str]:
    """What a run says of it: nothing when nothing happened."""
    happened = read.messages or read.confirmed or read.forwarded or read.doubts_closed
    return [f"the mailbox was read: {'; '.join(summary(read))}"] if happened else []


def _done(read: "Read") -> Iterator[str]:
    for count, one, many, verb in (
        (read.suppressed, "address gets", "addresses get", "no more mail, for what came back"),
        (read.left, "person has", "people have", "left as they asked"),
        (read.confirmed, "was", "were", "told so by mail"),
        (read.forwarded, "message was", "messages were", "passed on"),
        (read.waiting, "message waits", "messages wait", "for a person"),
        (read.doubts_closed, "doubt is", "doubts are", "resolved: it came back, so it was delivered"),
    ):
        if count:
            yield f"{count} {one if count == 1 else many} {verb}"


# -- Returns: read a mailbox, write down what came back, and only then touch the mailbox.
# Killed anywhere, the next reading goes on: nothing is counted twice, because every message is known by its fingerprint,
# and nothing is lost, because a message is put away after it was written down.

AT_ONCE = 50  # messages put away together
FORWARDED_MOST = 10 << 20  # bytes of a message that is passed on


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What reading a mailbox needs from outside.

    `parse` takes at most `parsed_most` bytes of a message. `forward` passes a whole message on; `None`: nothing is
    passed on. `confirm` tells a person that they have left and answers whether that left, or may have left. `show` is
    told of every message that was not known before.
    """

    mailbox: Mailbox
    store: Returns
    proofs: Proofs
    clock: Clock
    newsletters: Sequence[Newsletter]
    scoring: Scoring
    parse: Callable[[bytes], IncomingMail]
    parsed_most: int
    fold: Callable[[str], str | None]
    confirm: Callable[[Confirmation], bool]
    forward: Callable[[bytes, IncomingMail], None] | None = None
    show: Callable[[IncomingMail, Judged], None] = lambda _mail, _judged: None
    stop: Callable[[], bool] = lambda: False


@dataclass(slots=True, kw_only=True)
class Read:
    """What a reading did. `again` counts messages that were known; `waiting` those that a person should look at."""

    outcomes: Counter[InboundOutcome] = field(default_factory=Counter)
    again: int = 0
    suppressed: int = 0
    left: int = 0
    forwarded: int = 0
    waiting: int = 0
    confirmed: int = 0
    doubts_closed: int = 0
    trouble: list[DigestError] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return self.outcomes.total()


def read_mailbox(parts: Parts) -> Read:
    """Read what is new. Trouble with one message stops no other; raise when the mailbox cannot be read at all."""
    return _Reading(parts).all()


class _Reading:
    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.place = parts.mailbox.place
        self.judge = Judge(store=parts.store, proofs=parts.proofs, newsletters=parts.newsletters, fold=parts.fold)
        self.read = Read()
        self.understood: list[str] = []
        self.may_forward = True

    def all(self) -> Read:
        keys = self.parts.mailbox.keys()
        known = self.parts.store.known(self.place)
        if self.parts.mailbox.is_kept:
            self.parts.store.forget(self.place, known.keys() - set(keys))
        for key in keys:
            if self.parts.stop():
                break
            if known.get(key, False) and self.parts.mailbox.is_kept:
                continue
            try:
                self._message(key)
            except BusyError as error:
                self.read.trouble.append(error)
                break
            except DigestError as error:
                self.read.trouble.append(error)
            except Exception as error:  # noqa: BLE001 – one message that meets a fault of ours stops no other
                said = f"this is a fault, please report it: {type(error).__name__}"
                self.read.trouble.append(DigestError(f"message {key}", said, "it is left where it is"))
        self._settle()
        self._confirm()
        self.read.doubts_closed = self.parts.store.close_doubts(self.parts.clock.now())
        return self.read

    def _message(self, key: str) -> None:
        raw = self.parts.mailbox.fetch(key, self.parts.parsed_most)
        if raw is None:
            return
        now = self.parts.clock.now()
        mail = self.parts.parse(raw)
        judged = self.judge.judge(mail, now)
        entry = judged.entry(mail, self.place, key, forwards=self.parts.forward is not None)
        written = self.parts.store.write(entry, self.parts.scoring, now)
        reach("mailbox.written")
        if written.is_new:
            self.read.outcomes[judged.outcome] += 1
            self.read.suppressed += written.suppressed
            self.read.left += written.left
            self.parts.show(mail, judged)
        else:
            self.read.again += 1
        if judged.outcome.is_for_a_person and not entry.to_settle:
            self.read.waiting += 1
        if written.to_forward and not self._forward(key, mail, entry):
            return
        if entry.to_settle:
            self.understood.append(key)
            if len(self.understood) >= AT_ONCE:
                self._settle()

    def _forward(self, key: str, mail: IncomingMail, entry: InboundEntry) -> bool:
        """Passed on first, noted then: what a crash in between makes leave twice is the same message."""
        if self.parts.forward is None or not self.may_forward:
            return False
        whole = self.parts.mailbox.fetch(key, FORWARDED_MOST + 1)
        if whole is None:
            return False
        if len(whole) > FORWARDED_MOST:
            self.read.trouble.append(
                PartlyFailedError(f"message {key}", "it is too large to be passed on", "look at it in the mailbox")
            )
            self.parts.store.note_forwarded(entry.fingerprint)
            self.parts.store.note_settled(self.place, [key])
            return False
        try:
            self.parts.forward(whole, mail)
        except DigestError as error:
            self.may_forward = False
            self.read.trouble.append(error)
            return False
        reach("mailbox.forwarded")
        self.parts.store.note_forwarded(entry.fingerprint)
        self.read.forwarded += 1
        return True

    def _settle(self) -> None:
        if not self.understood:
            return
        keys, self.understood = self.understood, []
        try:
            self.parts.mailbox.settle(keys)
        except DigestError as error:
            self.read.trouble.append(error)
            return
        reach("mailbox.settled")
        self.parts.store.note_settled(self.place, keys)

    def _confirm(self) -> None:
        """Begun durably before it leaves, so that nobody is told twice; what did not leave is tried next time."""
        for one in self.parts.store.confirmations(self.parts.clock.now()):
            if self.parts.stop() or not self.parts.store.begin_confirmation(one.number):
                continue
            reach("mailbox.confirming")
            try:
                went = self.parts.confirm(one)
            except DigestError as error:
                self.parts.store.end_confirmation(one.number, went=False)
                self.read.trouble.append(error)
                return
            self.parts.store.end_confirmation(one.number, went=went)
            self.read.confirmed += went
