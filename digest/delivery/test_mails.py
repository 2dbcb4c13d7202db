"""Test mails: the real mails of an edition to a colleague's address, marked as previews. They are in no ledger of
deliveries, and nobody can unsubscribe a subscriber with them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import compat32, default
from hashlib import blake2b

from sqlalchemy import delete, insert, select

from digest.delivery.lookup import folded_addresses
from digest.delivery.place import SendingPlace
from digest.editions.comparison import approved_mails
from digest.editions.course import happened, way_on
from digest.editions.readable_copy import ReadableCopy
from digest.editions.store import Editions
from digest.errors import IntegrityError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.database import Database, stored
from digest.foundation.schema import test_mails
from digest.mail.composing import Composer
from digest.mail.content import Variant
from digest.mail.fitting import one_line
from digest.mail.message import Envelope, Recipient, text_field, with_field
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.people.store import Subscribers, statuses_of

AGAIN_AFTER = timedelta(minutes=10)  # twice by mistake is once
MOST = 50  # mails at a time
MARK = "[PREVIEW]"
BUILT = (EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED)
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMail:
    """One variant for one address; `before` is when the same one was sent to it, not long ago."""

    variant: Variant
    address: str
    before: datetime | None = None


def variants_for(
    database: Database,
    copy: ReadableCopy,
    newsletter: Newsletter,
    edition: Edition,
    *,
    audience: str | None = None,
    language: str | None = None,
    subscriber: str | None = None,
) -> tuple[list[Variant], str | None]:
    """The variants that fit, and the name with which the subscriber is greeted; `subscriber` is their address. Raise
    `UsageError` when none fits, and `PersonNeededError` when they are not what was built or approved.
    """
    if edition.state not in BUILT:
        said = _("{happened}: there is no mail of it").format(happened=happened(edition))
        raise UsageError(edition.name, said, way_on(edition))
    variants = approved_mails(Editions(database), copy, edition)
    name, greeted = _of_subscriber(database, newsletter, edition, subscriber)
    found = [
        variant
        for variant in variants
        if (audience is None or audience in variant.audiences)
        and (language is None or variant.language == language)
        and (subscriber is None or variant.name == name)
    ]
    if not found:
        asked = " ".join(filter(None, (audience, language, subscriber)))
        names = ", ".join(variant.name for variant in variants)
        raise UsageError(
            asked or edition.name,
            _("no mail of this edition fits"),
            _("there are: {names}").format(names=names or _("none")),
        )
    return found, greeted


def planned(
    database: Database, edition: Edition, variants: Sequence[Variant], addresses: Sequence[str], now: datetime
) -> list[TestMail]:
    """Each address once. Raise `UsageError` for what cannot be an address, and for too many."""
    known = TestMails(database).sent(edition)
    mails = []
    for address in folded_addresses(addresses):
        for variant in variants:
            fingerprint, at = known.get((variant.name, address), ("", now))
            is_recent = fingerprint == variant.fingerprint and timedelta(0) <= now - at < AGAIN_AFTER
            mails.append(TestMail(variant=variant, address=address, before=at if is_recent else None))
    if len(mails) > MOST:
        raise UsageError(
            plural("{count} test mail", "{count} test mails", len(mails)),
            _("more than {most} at a time").format(most=MOST),
            _("choose with --audience, --language or --as"),
        )
    return mails


def deliver(
    place: SendingPlace,
    composer: Composer,
    newsletter: Newsletter,
    edition: Edition,
    mails: Collection[TestMail],
    *,
    name: str | None = None,
) -> Iterator[TestMail]:
    """Send those that were not sent a moment ago, one after the other; each is yielded when it has gone. What a crash
    makes leave twice does no harm.
    """
    now, ledger = place.clock.now(), TestMails(place.database)
    going = [mail for mail in mails if mail.before is None]
    with _envelopes(place, composer, newsletter, replace(edition, sending_at=now), going, name) as envelopes:
        for mail, envelope in zip(going, envelopes, strict=True):
            place.post(envelope)
            ledger.note(edition, mail.variant.name, mail.variant.fingerprint, mail.address, now)
            yield mail


@contextmanager
def _envelopes(
    place: SendingPlace,
    composer: Composer,
    newsletter: Newsletter,
    edition: Edition,
    mails: Sequence[TestMail],
    name: str | None,
) -> Iterator[Iterator[Envelope]]:
    """Signed if there are keys, as the real ones are."""
    previews = {
        mail.variant.name: marked(mail.variant.rendered.message, mail.variant.rendered.subject) for mail in mails
    }
    variants = [
        replace(mail.variant, rendered=replace(mail.variant.rendered, message=previews[mail.variant.name]))
        for mail in {mail.variant.name: mail for mail in mails}.values()
    ]
    with place.signing(newsletter, edition, variants) as sign:

        def made() -> Iterator[Envelope]:
            for mail in mails:
                nobody = _nobody(edition, mail, name)
                (envelope,) = composer.compose(edition, previews[mail.variant.name], [nobody])
                pieces = envelope.pieces if sign is None else sign(mail.variant.name, envelope.pieces).result()
                yield replace(envelope, edition=f"{edition.name}/test", pieces=tuple(pieces))

        yield made()


def _nobody(edition: Edition, mail: TestMail, name: str | None) -> Recipient:
    """Whoever follows the links of a test mail is not known: public ids of people are hex. No two test mails have the
    same Message-ID, or some mailboxes would hide the later one.
    """
    own = f"{mail.address}\0{mail.variant.fingerprint}\0{edition.sending_at}"
    public_id = f"test-{blake2b(own.encode(), digest_size=8).hexdigest()}"
    return Recipient(row=0, subscriber=public_id, address=mail.address, name=name, variant=mail.variant.name)


def _of_subscriber(
    database: Database, newsletter: Newsletter, edition: Edition, subscriber: str | None
) -> tuple[str | None, str | None]:
    """The name of the variant that a subscriber gets, and their own."""
    if subscriber is None:
        return None, None
    mine = [
        standing
        for standing in statuses_of(Subscribers(database), subscriber)
        if standing.subscription.choice.newsletter == newsletter.name
    ]
    if not mine:
        raise UsageError(
            subscriber,
            _("this address is not subscribed to {newsletter}").format(newsletter=newsletter.name),
            _("name another one"),
        )
    subscription = mine[0].subscription
    name = Editions(database).choices_of(edition).get(subscription.choice)
    if name is None:
        raise UsageError(
            subscriber,
            _("nothing in {edition} is for what they chose").format(edition=edition.name),
            f"digest explain {subscriber}",
        )
    return name, subscription.name


# -- The mark: the subject says that it is a preview, and nothing else of the message changes.


def marked(message: bytes, subject: str) -> bytes:
    """`message` is a variant's, with its slots; `subject` its own. What was made is read again and compared."""
    head, _empty, body = message.partition(_END_OF_HEAD)
    said = one_line(f"{MARK} {subject}")
    new = with_field(head, text_field("Subject", said))
    if (_subject(head), _subject(new)) != (one_line(subject), said) or _others(head) != _others(new):
        raise IntegrityError(_("a test mail"), _("it is not what was meant"), _("please report this; nothing was sent"))
    return new + _END_OF_HEAD + body


def _subject(head: bytes) -> str:
    return str(BytesHeaderParser(policy=default).parsebytes(head + _END_OF_HEAD)["Subject"])


def _others(head: bytes) -> list[tuple[str, str]]:
    parsed = BytesHeaderParser(policy=compat32).parsebytes(head + _END_OF_HEAD)
    return [(name, value) for name, value in parsed.items() if name != "Subject"]


class TestMails:
    """In the database: who was sent which variant of an edition as a preview."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, edition: Edition) -> Mapping[tuple[str, str], tuple[str, datetime]]:
        """(variant, folded address) → the variant's fingerprint, and when it was sent last."""
        query = select(test_mails).where(test_mails.c.edition == edition.number)
        with self._database.read() as connection:
            return {
                (row.variant, row.folded): (row.fingerprint, datetime.fromisoformat(row.sent_at))
                for row in connection.execute(query)
            }

    def note(self, edition: Edition, variant: str, fingerprint: str, folded: str, at: datetime) -> None:
        """A later one to the same address replaces the earlier."""
        key = {"edition": edition.number, "variant": variant, "folded": folded}
        with self._database.write() as connection:
            connection.execute(delete(test_mails).where(*(test_mails.c[name] == value for name, value in key.items())))
            connection.execute(insert(test_mails).values(fingerprint=fingerprint, sent_at=stored(at), **key))
