"""Processing: read a mailbox, write down what came back, and only then touch the mailbox.

Killed anywhere, the next reading goes on: nothing is counted twice, because every message is known by its fingerprint,
and nothing is lost, because a message is put away after it was written down.
"""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from digest.delivery.delivery import DeliveryState
from digest.delivery.place import SendingPlace
from digest.editions.store import keyring_of
from digest.errors import BusyError, ConfigurationError, DigestError, PartlyFailedError
from digest.foundation.catalogue import _, plural
from digest.foundation.database import Database
from digest.foundation.failpoints import reach
from digest.foundation.imap_settings import ImapServerSettings, imap_account
from digest.foundation.mailboxes import Mailbox, Maildir, Mbox, OnlyLooking, Piped
from digest.foundation.mime import MOST_BYTES
from digest.inbound.classifying import classified
from digest.inbound.correspondence import chosen_of, confirmation_of, passed_on
from digest.inbound.inbound import Chosen, Confirmation, InboundEntry, InboundOutcome, IncomingMail, Scoring, memory
from digest.inbound.judging import Judge, Judged
from digest.inbound.settings import MailboxSettings
from digest.inbound.store import InboundMail
from digest.mail.renderer import Renderer
from digest.mail.tokens import UNDO
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter, Publisher

AT_ONCE = 50  # messages put away together
FORWARDED_MOST = 10 << 20  # bytes of a message that is passed on
PIPED_MOST = 32 << 20  # bytes of a message that comes through a pipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What reading mail that comes back works with. `lock` is held by the one process that reads the mailbox;
    `settings` is `None` where the settings name no mailbox, and mail comes through a pipe only.
    """

    settings: MailboxSettings | None
    lock: Path
    database: Database
    secret: Path
    newsletters: Sequence[Newsletter]
    publisher: Publisher
    renderer: Renderer
    place: SendingPlace

    @property
    def scoring(self) -> Scoring:
        if self.settings:
            return self.settings.scoring
        return Scoring(forget_after=memory([one.schedule.kind for one in self.newsletters]))


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
    notes: list[str] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return self.outcomes.total()


def read_configured(
    inbox: Inbox,
    *,
    dry: bool = False,
    stop: Callable[[], bool] = lambda: False,
    show: Callable[[IncomingMail, Judged], None] = lambda _mail, _judged: None,
) -> Read:
    """Read the mailbox of the settings. `dry`: the mailbox is only looked at; the inbox is that of a sandbox.

    Raise `ConfigurationError` when the settings name none, `BusyError` while another process reads it.
    """
    if inbox.settings is None or not inbox.settings.has_place:
        raise ConfigurationError(
            "mailbox",
            _("digest.yaml names no mailbox"),
            _("write where mail comes back: mailbox: {maildir: …}, {mbox: …} or {imap: …}"),
        )
    lock = nullcontext() if dry else inbox.database.exclusive(inbox.lock)
    with lock, opened_mailbox(inbox.settings, dry=dry) as mailbox:
        return _read(inbox, mailbox, dry=dry, show=show, stop=stop)


def within(seconds: float, stop: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> Callable[[], bool]:
    """`stop`, or when so many seconds are over: a slow mailbox delays no sending, and the next reading goes on."""
    end = clock() + seconds
    return lambda: stop() or clock() >= end


def count_refusals(inbox: Inbox, edition: Edition) -> int:
    """After a sending: whoever was refused at once counts as if the same words had come back by mail. Return how many
    get no more mail because of it.
    """
    if not inbox.place.ledger.tally(edition)[DeliveryState.FAILED]:
        return 0
    return InboundMail(inbox.database).count_refusals(edition, inbox.scoring, inbox.place.clock.now())


def read_piped(
    inbox: Inbox,
    raw: bytes,
    *,
    dry: bool = False,
    show: Callable[[IncomingMail, Judged], None] = lambda _mail, _judged: None,
) -> Read:
    """Read one message that came through a pipe. Whoever gave it keeps it unless all that it asks for was done. Of one
    that is too large its beginning is read, and that is said: to bring it again would change nothing.
    """
    read = _read(inbox, Piped(raw[:PIPED_MOST]), dry=dry, show=show)
    if len(raw) > PIPED_MOST:
        read.notes.append(
            _("the message has more than {most} MB; only its beginning was read").format(most=PIPED_MOST >> 20)
        )
        read.waiting = 0
    return read


def _read(
    inbox: Inbox,
    mailbox: Mailbox,
    *,
    dry: bool,
    show: Callable[[IncomingMail, Judged], None],
    stop: Callable[[], bool] = lambda: False,
) -> Read:
    inbox.place.refuse_fenced()
    return _Reading(inbox, OnlyLooking(mailbox) if dry else mailbox, show, stop).all()


def done_folders(settings: MailboxSettings) -> Sequence[ImapServerSettings]:
    """Where messages that were understood may lie on the server, as far as there are such folders."""
    if settings.imap is None or settings.then != "move":
        return ()
    from digest.foundation.imap import opened  # as below

    with opened(imap_account(settings.imap, settings.then), only_looking=True) as mailbox:
        return [replace(settings.imap, folder=name) for name in mailbox.done_folders()]


@contextmanager
def opened_mailbox(settings: MailboxSettings, *, dry: bool) -> Iterator[Mailbox]:
    """That of the settings, which has to have a place; `dry`: a server is told that it is only looked at."""
    if settings.maildir is not None:
        yield Maildir(settings.maildir, settings.then)
    elif settings.mbox is not None:
        with Mbox(settings.mbox, settings.then) as box:
            yield box
    elif settings.imap is not None:
        from digest.foundation.imap import opened  # 15 ms: most mailboxes are folders

        account = imap_account(settings.imap, settings.then)
        with opened(account, only_looking=dry) as mailbox:
            yield mailbox


class _Reading:
    """Trouble with one message stops no other; it raises when the mailbox cannot be read at all. `show` is told of
    every message that was not known before.
    """

    def __init__(
        self,
        inbox: Inbox,
        mailbox: Mailbox,
        show: Callable[[IncomingMail, Judged], None],
        stop: Callable[[], bool],
    ) -> None:
        self.inbox, self.mailbox, self.show, self.stop = inbox, mailbox, show, stop
        self.store, self.clock, self.scoring = InboundMail(inbox.database), inbox.place.clock, inbox.scoring
        self.forward_to = inbox.settings.forward_to if inbox.settings else None
        self.place = mailbox.place
        self.judge = Judge(
            store=self.store,
            keyring=keyring_of(inbox.database, inbox.secret),
            newsletters=inbox.newsletters,
            canary=inbox.settings.canary if inbox.settings else None,
        )
        self.read = Read()
        self.understood: list[str] = []
        self.may_forward = True

    def all(self) -> Read:
        keys = self.mailbox.keys()
        known = self.store.known(self.place)
        if self.mailbox.is_kept:
            self.store.forget(self.place, known.keys() - set(keys))
        for key in keys:
            if self.stop():
                break
            if known.get(key, False) and self.mailbox.is_kept:
                continue
            try:
                self._message(key)
            except BusyError as error:
                self.read.trouble.append(error)
                break
            except DigestError as error:
                self.read.trouble.append(error)
            except Exception as error:
                if not self.mailbox.is_kept:
                    raise  # so the mail server keeps it
                # One message that meets a fault of ours stops no other. It is not written down, so it is read again.
                self.read.trouble.append(_fault(key, self.place, error))
        self._settle()
        self._confirm()
        self.read.doubts_closed = self.store.close_doubts(self.clock.now())
        return self.read

    def _message(self, key: str) -> None:
        raw = self.mailbox.fetch(key, MOST_BYTES)
        if raw is None:
            return
        now = self.clock.now()
        mail = classified(raw, self.inbox.settings.trusted if self.inbox.settings else None)
        judged = self.judge.judge(mail, now)
        entry = judged.entry(mail, self.place, key, forwards=self.forward_to is not None)
        written = self.store.write(entry, self.scoring, now)
        reach("mailbox.written")
        if written.is_new:
            self.read.outcomes[judged.outcome] += 1
            self.read.suppressed += written.suppressed
            self.read.left += written.left
            self.show(mail, judged)
            if written.chosen is not None:
                self._tell_chosen(written.chosen)
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
        if self.forward_to is None or not self.may_forward:
            return False
        whole = self.mailbox.fetch(key, FORWARDED_MOST + 1)
        if whole is None:
            return False
        if len(whole) > FORWARDED_MOST:
            self.read.trouble.append(
                PartlyFailedError(
                    _("message {number}").format(number=key),
                    _("it is too large to be passed on"),
                    _("look at it in the mailbox"),
                )
            )
            self.store.note_forwarded(entry.fingerprint)
            self.store.note_settled(self.place, [key])
            return False
        try:
            self._pass_on(self.forward_to, whole, mail)
        except DigestError as error:
            self.may_forward = False
            self.read.trouble.append(error)
            return False
        reach("mailbox.forwarded")
        self.store.note_forwarded(entry.fingerprint)
        self.read.forwarded += 1
        return True

    def _settle(self) -> None:
        if not self.understood:
            return
        keys, self.understood = self.understood, []
        try:
            self.mailbox.settle(keys)
        except DigestError as error:
            self.read.trouble.append(error)
            return
        reach("mailbox.settled")
        self.store.note_settled(self.place, keys)

    def _confirm(self) -> None:
        """Begun durably before it leaves, so that nobody is told twice; what did not leave is tried next time."""
        for one in self.store.confirmations(self.clock.now()):
            if self.stop() or not self.store.begin_confirmation(one.number):
                continue
            reach("mailbox.confirming")
            try:
                went = self._tell_left(one)
            except DigestError as error:
                self.store.end_confirmation(one.number, went=False)
                self.read.trouble.append(error)
                return
            self.store.end_confirmation(one.number, went=went)
            self.read.confirmed += went

    def _tell_left(self, confirmation: Confirmation) -> bool:
        """Tell a person that they have left; whether that left, or may have left."""
        known = {one.name: one for one in self.inbox.newsletters}
        newsletter = known.get(confirmation.newsletter or "") or self.inbox.newsletters[0]
        language = confirmation.language if confirmation.language in newsletter.languages else newsletter.languages[0]
        words = self.inbox.renderer.words(language or newsletter.languages[0])
        titles = [known[name].title(words.language) for name in confirmation.remaining if name in known]
        code = self.judge.keyring.current.confirmation(UNDO, confirmation.public_id, confirmation.at)
        envelope = confirmation_of(words, self.inbox.publisher, newsletter, confirmation, titles, f"undo-{code}")
        return self.inbox.place.notify(envelope)

    def _tell_chosen(self, chosen: Chosen) -> None:
        """Tell a person what they get now. It is written down; no trouble with this mail takes it back."""
        newsletter = next(one for one in self.inbox.newsletters if one.name == chosen.after.newsletter)
        words = self.inbox.renderer.words(chosen.after.language)
        try:
            self.inbox.place.notify(chosen_of(words, self.inbox.publisher, newsletter, chosen, self.clock.now()))
        except DigestError as error:
            self.read.trouble.append(error)

    def _pass_on(self, to: str, raw: bytes, mail: IncomingMail) -> None:
        newsletter = self._written_to(mail)
        words = self.inbox.renderer.words(newsletter.languages[0])
        envelope = passed_on(words, newsletter, to, mail, raw, self.clock.now())
        if not self.inbox.place.notify(envelope):
            raise PartlyFailedError(
                "mailbox.forward_to", _("the mail server refuses what is passed on"), _("look at the address")
            )

    def _written_to(self, mail: IncomingMail) -> Newsletter:
        """The newsletter in whose name a message is passed on."""
        newsletters = self.inbox.newsletters
        return next(
            (one for one in newsletters if one.reply_to and one.reply_to.lower() in mail.written_to), newsletters[0]
        )


def _fault(key: str, place: str, error: Exception) -> DigestError:
    """Without what the error itself says: that may hold an address."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    return DigestError(
        _("message {number}").format(number=key),
        _("this is a fault, please report it: {kind} in {where}").format(kind=type(error).__name__, where=where),
        _("it is left in {place} and read again next time; until then, look at it there").format(place=place),
    )


# -- What a reading did, in words; no address is in them.


def outcomes(count: int) -> Mapping[InboundOutcome, str]:
    """What so many messages of each kind are called."""
    return {
        InboundOutcome.HARD: _("returned for good"),
        InboundOutcome.SOFT: _("returned for now"),
        InboundOutcome.BLOCKED: _("refused by a filter"),
        InboundOutcome.DELAYED: _("delayed"),
        InboundOutcome.DELIVERED: _("delivered"),
        InboundOutcome.COMPLAINT: plural("complaint", "complaints", count),
        InboundOutcome.LEAVING: plural("request to leave", "requests to leave", count),
        InboundOutcome.CHOOSING: plural("other choice", "other choices", count),
        InboundOutcome.UNDONE: plural("departure taken back", "departures taken back", count),
        InboundOutcome.ARRIVED: plural("mail to the canary", "mails to the canary", count),
        InboundOutcome.AUTOMATIC: plural("automatic answer", "automatic answers", count),
        InboundOutcome.UNPROVEN: _("not proven to be about our mail"),
        InboundOutcome.UNKNOWN_LEAVER: plural(
            "request to leave from somebody unknown", "requests to leave from somebody unknown", count
        ),
        InboundOutcome.OTHER: plural("other", "others", count),
    }


def summary(read: Read) -> list[str]:
    """Sentences without their full stops; the first says how many messages were what."""
    kinds = [f"{count} {outcomes(count)[kind]}" for kind in InboundOutcome if (count := read.outcomes[kind])]
    messages = plural("{count} new message", "{count} new messages", read.messages)
    return [f"{messages}: {', '.join(kinds)}" if kinds else _("Nothing new in the mailbox"), *_done(read)]


def told(read: Read) -> list[str]:
    """What a run says of it: nothing when nothing happened."""
    happened = read.messages or read.confirmed or read.forwarded or read.doubts_closed
    return [_("the mailbox was read: {read}").format(read="; ".join(summary(read)))] if happened else []


def _done(read: Read) -> Iterator[str]:
    if count := read.suppressed:
        yield plural(
            "{count} address gets no more mail, for what came back",
            "{count} addresses get no more mail, for what came back",
            count,
        )
    if count := read.left:
        yield plural("{count} person has left as they asked", "{count} people have left as they asked", count)
    if count := read.confirmed:
        yield plural("{count} was told so by mail", "{count} were told so by mail", count)
    if count := read.forwarded:
        yield plural("{count} message was passed on", "{count} messages were passed on", count)
    if count := read.waiting:
        yield plural("{count} message waits for a person", "{count} messages wait for a person", count)
    if count := read.doubts_closed:
        yield plural(
            "{count} doubt is resolved: it came back, so it was delivered",
            "{count} doubts are resolved: it came back, so it was delivered",
            count,
        )
