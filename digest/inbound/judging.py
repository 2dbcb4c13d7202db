"""Judging: whom a message is about, as far as it is proven, and what is to be written down about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.foundation.addresses import address
from digest.inbound.inbound import (
    Correspondent,
    InboundEntry,
    InboundOutcome,
    IncomingMail,
    MailKind,
    Returned,
    ReturnKind,
    Undone,
    Wish,
    happened_at,
    notice_for,
)
from digest.inbound.store import InboundMail
from digest.inbound.unsubscribes import wanted_in
from digest.mail.tokens import UNDO, Keyring, identity_length, owner_of
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.people.subscriber import Suppression, SuppressionCause

Known = Sequence[tuple[Correspondent, Sequence[Edition]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A person, and the `edition` or `newsletter` that a message is proven to be about."""

    person: Correspondent
    edition: Edition | None = None
    newsletter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`departure` and `returned` are written down. `concern` is `None` when nobody is known to be meant."""

    outcome: InboundOutcome
    concern: Concern | None = None
    returned: Returned | None = None
    departure: Suppression | None = None
    wish: Wish | None = None
    undone: Undone | None = None
    is_understood: bool = True  # else it stays where it is

    def entry(self, mail: IncomingMail, place: str, key: str, *, forwards: bool) -> InboundEntry:
        to_forward = forwards and self.outcome.is_for_a_person and not mail.is_own
        return InboundEntry(
            fingerprint=mail.fingerprint,
            kind=mail.kind,
            place=place,
            key=key,
            to_settle=self.is_understood or to_forward,
            to_forward=to_forward,
            returned=self.returned,
            departure=self.departure,
            wish=self.wish,
            undone=self.undone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    store: InboundMail
    keyring: Keyring
    newsletters: Sequence[Newsletter]
    canary: str | None = None  # the address of a subscriber whose mail arrives here

    def judge(self, mail: IncomingMail, now: datetime) -> Judged:
        return self._arrived(mail, now) or self._of_a_stranger(mail, now)

    def _of_a_stranger(self, mail: IncomingMail, now: datetime) -> Judged:
        if mail.undo is not None and self.keyring.confirms(UNDO, mail.undo):
            undone = Undone(public_id=owner_of(mail.undo) or "", left_at=self.keyring.asked_at(mail.undo) or now)
            return Judged(outcome=InboundOutcome.UNDONE, undone=undone)
        match mail.kind:
            case MailKind.COMPLAINT | MailKind.REPORT:
                return self._reported(mail, now)
            case MailKind.LEAVING:
                return self._leaving(mail)
            case MailKind.AUTOMATIC:
                return self._automatic(mail, now)
        wish = self._wish(mail)
        if wish is not None:
            return Judged(outcome=InboundOutcome.CHOOSING, wish=wish)
        return self._other(mail, now)

    def _arrived(self, mail: IncomingMail, now: datetime) -> Judged | None:
        """The canary's own mail. Its name is proven: nobody else could have made it."""
        folded = _folded(self.canary) if self.canary and mail.identity else None
        for person, edition in _pairs(self._known([], [folded])) if folded else ():
            if self.keyring.is_identity(edition, person.public_id, mail.identity or ""):
                returned = Returned(
                    subscriber=person.row, edition=edition, kind=ReturnKind.ARRIVED, status=None, said="", at=now
                )
                concern = Concern(person=person, edition=edition)
                return Judged(outcome=InboundOutcome.ARRIVED, concern=concern, returned=returned)
        return None

    def _other(self, mail: IncomingMail, now: datetime) -> Judged:
        """For a person to read. Whoever writes from the address that we write to has got our mail."""
        concern = self._proven(mail)
        lives = concern is not None and _is_from(mail, concern.person)
        returned = self._answered(mail, concern, now) if concern is not None and lives else None
        return Judged(outcome=InboundOutcome.OTHER, returned=returned, is_understood=False)

    def _wish(self, mail: IncomingMail) -> Wish | None:
        """Other audiences or another language of a newsletter that they get, said in nothing but their names."""
        sender = self._sender(mail) if mail.wishes and not mail.is_forged else None
        if sender is None:
            return None
        person = sender.person
        meant = self._meant(mail, person) or (next(iter(person.newsletters)) if len(person.newsletters) == 1 else None)
        newsletter = next((one for one in self.newsletters if one.name == meant and meant in person.newsletters), None)
        if newsletter is None:
            return None
        for words in mail.wishes:
            if (found := wanted_in(words, newsletter)) is not None:
                return Wish(
                    subscriber=person.row,
                    public_id=person.public_id,
                    newsletter=newsletter.name,
                    audiences=found[0],
                    language=found[1],
                )
        return None

    def _reported(self, mail: IncomingMail, now: datetime) -> Judged:
        """What a report says counts only for whom it is proven to be about. Whoever could name others in it could else
        silence them.
        """
        concern = self._proven(mail)
        if concern is not None and mail.kind is MailKind.REPORT and _is_from(mail, concern.person):
            return self._automatic(mail, now)  # RFC 3834 §4: servers report for themselves, not in the reader's name
        notice = None if concern is None else notice_for(concern.person.address, mail.notices)
        if concern is None or notice is None:
            of_ours = bool(mail.clues.deliveries or mail.clues.tokens)
            return Judged(outcome=InboundOutcome.UNPROVEN if of_ours else InboundOutcome.OTHER, is_understood=False)
        returned = Returned(
            subscriber=concern.person.row,
            edition=concern.edition,
            kind=notice.kind,
            status=notice.status,
            said=notice.said,
            at=_when(mail, concern, now),
        )
        return Judged(outcome=InboundOutcome(notice.kind.value), concern=concern, returned=returned)

    def _leaving(self, mail: IncomingMail) -> Judged:
        if mail.asked is not None:
            concern = self._of_token(mail.asked, self._known([owner_of(mail.asked) or ""], []))
            if concern is None:
                return Judged(outcome=InboundOutcome.UNKNOWN_LEAVER, is_understood=False)
            return _asked(concern, concern.newsletter, mail)
        sender = None if mail.is_forged else self._sender(mail)
        if sender is None:
            return Judged(outcome=InboundOutcome.UNKNOWN_LEAVER, is_understood=False)
        return _asked(sender, self._meant(mail, sender.person), mail)

    def _automatic(self, mail: IncomingMail, now: datetime) -> Judged:
        concern = self._proven(mail)
        if concern is not None and concern.edition is not None:
            answered = self._answered(mail, concern, now)
            return Judged(outcome=InboundOutcome.AUTOMATIC, concern=concern, returned=answered)
        concern = concern or self._sender(mail)
        return Judged(outcome=InboundOutcome.AUTOMATIC, concern=concern, is_understood=concern is not None)

    def _answered(self, mail: IncomingMail, concern: Concern, now: datetime) -> Returned:
        """A proof of life."""
        return Returned(
            subscriber=concern.person.row,
            edition=concern.edition,
            kind=ReturnKind.ANSWERED,
            status=None,
            said="",
            at=_when(mail, concern, now),
        )

    def _sender(self, mail: IncomingMail) -> Concern | None:
        folded = _folded(mail.sender) if mail.sender else None
        found = self.store.correspondents([], [folded]) if folded else []
        return Concern(person=found[0][0]) if found else None

    def _meant(self, mail: IncomingMail, person: Correspondent) -> str | None:
        """Which newsletter a person wants to leave who just says so: the one they answer to, else that they wrote to;
        `None`: all.
        """
        if mail.from_all:
            return None
        concern = self._proven(mail)
        if concern is not None and concern.person.row == person.row:
            return concern.edition.newsletter if concern.edition else concern.newsletter
        written_to = {one.lower() for one in mail.written_to}
        meant = [one.name for one in self.newsletters if written_to & _addresses(one)]
        own = [name for name in meant if name in person.newsletters] or [name for name in meant if name in person.left]
        return own[0] if len(own) == 1 else None

    def _proven(self, mail: IncomingMail) -> Concern | None:
        """The return path first: it names one delivery, and was made for this."""
        clues = mail.clues
        ids = [name.rpartition("-")[0] for name in clues.deliveries] + [owner_of(token) or "" for token in clues.tokens]
        known = self._known(ids, self._addresses_in(mail) if clues.messages else [])
        for name in clues.deliveries:
            public_id, _, proof = name.rpartition("-")
            for person, edition in _pairs(known, public_id):
                if self.keyring.is_identity(edition, person.public_id, proof):
                    return Concern(person=person, edition=edition)
        for message in () if mail.kind is MailKind.COMPLAINT else clues.messages:  # whoever saw a mail knows that
            name, _, domain = message.identity.partition("@")
            for person, edition in _pairs(known) if len(name) == self._digits(domain) else ():
                if self._wrote(message.sender, edition, person) and self.keyring.is_identity(
                    edition, person.public_id, name
                ):
                    return Concern(person=person, edition=edition)
        return next((found for token in clues.tokens if (found := self._of_token(token, known))), None)

    def _wrote(self, sender: str, edition: Edition, person: Correspondent) -> bool:
        """Whether it is the head of a mail of that newsletter, or of that person's answer to one."""
        ours = next((one for one in self.newsletters if one.name == edition.newsletter), None)
        written = [one.address for one in ours.sender.values()] if ours else []
        return _folded(sender) in {_folded(one) for one in (*written, person.address)}

    def _digits(self, domain: str) -> int:
        """Of a whole Message-ID: those of a domain so long that fewer have room must be of a sender of ours."""
        own = {one.rpartition("@")[2] for newsletter in self.newsletters for one in _addresses(newsletter)}
        return identity_length(domain if domain.lower() in own else "")

    def _of_token(self, token: str, known: Known) -> Concern | None:
        for person, editions in known:
            if person.public_id == owner_of(token):
                names = {
                    *person.newsletters,
                    *(one.name for one in self.newsletters),
                    *(e.newsletter for e in editions),
                }
                for name in sorted(names):
                    if self.keyring.may_leave(name, token):
                        return Concern(person=person, newsletter=name)
        return None

    def _known(self, public_ids: Sequence[str], folded: Sequence[str]) -> Known:
        return self.store.correspondents(public_ids, folded) if public_ids or folded else []

    def _addresses_in(self, mail: IncomingMail) -> list[str]:
        written = [*(one.address for one in mail.notices), mail.sender, *mail.written_to]
        folded = (_folded(one) for one in dict.fromkeys(written) if one)
        return [one for one in folded if one]


def _is_from(mail: IncomingMail, person: Correspondent) -> bool:
    return mail.sender is not None and _folded(mail.sender) == _folded(person.address)


def _asked(concern: Concern, newsletter: str | None, mail: IncomingMail) -> Judged:
    """Who gets nothing any more has nothing to leave."""
    if not concern.person.newsletters:
        return Judged(outcome=InboundOutcome.LEAVING, concern=concern)
    departure = Suppression(
        subscriber=concern.person.row,
        newsletter=newsletter,
        cause=SuppressionCause.ASKED,
        confirm=mail.may_be_answered,
    )
    return Judged(outcome=InboundOutcome.LEAVING, concern=concern, departure=departure)


def _pairs(known: Known, public_id: str | None = None) -> Iterator[tuple[Correspondent, Edition]]:
    for person, editions in known:
        if public_id in (None, person.public_id):
            for edition in editions:
                yield person, edition


def _when(mail: IncomingMail, concern: Concern, now: datetime) -> datetime:
    since = concern.edition.sending_at if concern.edition else None
    return happened_at(mail.dated_at, since, now)


def _addresses(newsletter: Newsletter) -> set[str]:
    """Where subscribers write when they answer."""
    found = {one.address.lower() for one in newsletter.sender.values()}
    return found | ({newsletter.reply_to.lower()} if newsletter.reply_to else set())


def _folded(written: str) -> str | None:
    """As addresses are compared; `None` for what is none."""
    try:
        return address(written).folded
    except ValueError:
        return None
