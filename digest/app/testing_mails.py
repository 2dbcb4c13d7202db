"""Test mails: the real mails of an edition to a colleague's address, marked as previews. They are in no ledger of
deliveries, and nobody can unsubscribe a reader with them.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from digest.app.deliveries import folded
from digest.errors import UsageError
from digest.model.delivery import Envelope, Recipient
from digest.model.edition import Edition, EditionState, Variant
from digest.model.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.app.workspace import Workspace

AGAIN_AFTER = timedelta(minutes=10)  # twice by mistake is once
MOST = 50  # mails at a time
BUILT = (EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMail:
    """One variant for one address; `before` is when the same one was sent to it, not long ago."""

    variant: Variant
    address: str
    before: datetime | None = None


def variants_for(
    workspace: "Workspace",
    newsletter: Newsletter,
    edition: Edition,
    *,
    audience: str | None = None,
    language: str | None = None,
    reader: str | None = None,
) -> tuple[list[Variant], str | None]:
    """The variants that fit, and the name with which the reader is greeted. `reader` is the address of somebody who is
    subscribed. Raise `UsageError` when none fits.
    """
    if edition.state not in BUILT:
        raise UsageError(
            edition.name, f"it is {edition.state}: there is no mail of it", f"digest build --period {edition.key}"
        )
    variants = list(workspace.editions.variants(edition))
    name, greeted = _of_reader(workspace, newsletter, edition, reader)
    found = [
        variant
        for variant in variants
        if (audience is None or audience in variant.audiences)
        and (language is None or variant.language == language)
        and (reader is None or variant.name == name)
    ]
    if not found:
        asked = " ".join(filter(None, (audience, language, reader)))
        names = ", ".join(variant.name for variant in variants)
        raise UsageError(asked or edition.name, "no mail of this edition fits", f"there are: {names or 'none'}")
    return found, greeted


def planned(
    workspace: "Workspace", edition: Edition, variants: Sequence[Variant], addresses: Sequence[str]
) -> list[TestMail]:
    """Each address once. Raise `UsageError` for what cannot be an address, and for too many."""
    from digest.store.previews import TestMails

    now = workspace.clock.now()
    known = TestMails(workspace.database).sent(edition)
    mails = []
    for address in folded(addresses):
        for variant in variants:
            fingerprint, at = known.get((variant.name, address), ("", now))
            is_recent = fingerprint == variant.fingerprint and timedelta(0) <= now - at < AGAIN_AFTER
            mails.append(TestMail(variant=variant, address=address, before=at if is_recent else None))
    if len(mails) > MOST:
        raise UsageError(
            f"{len(mails)} test mails", f"more than {MOST} at a time", "choose with --audience, --language or --as"
        )
    return mails


def deliver(
    workspace: "Workspace",
    newsletter: Newsletter,
    edition: Edition,
    mails: Collection[TestMail],
    *,
    name: str | None = None,
) -> Iterator[TestMail]:
    """Send those that were not sent a moment ago, one after the other; each is yielded when it has gone. What a crash
    makes leave twice does no harm.
    """
    from digest.app.posting import hand_over
    from digest.store.previews import TestMails

    now, ledger = workspace.clock.now(), TestMails(workspace.database)
    going = [mail for mail in mails if mail.before is None]
    with _envelopes(workspace, newsletter, replace(edition, sending_at=now), going, name) as envelopes:
        for mail, envelope in zip(going, envelopes, strict=True):
            hand_over(workspace.transport(), envelope)
            ledger.note(edition, mail.variant.name, mail.variant.fingerprint, mail.address, now)
            yield mail


@contextmanager
def _envelopes(
    workspace: "Workspace", newsletter: Newsletter, edition: Edition, mails: Sequence[TestMail], name: str | None
) -> Iterator[Iterator[Envelope]]:
    """Signed if there are keys, as the real ones are."""
    from digest.app.delivering import signing
    from digest.rendering.marking import marked

    previews = {
        mail.variant.name: marked(mail.variant.rendered.message, mail.variant.rendered.subject) for mail in mails
    }
    variants = [
        replace(mail.variant, rendered=replace(mail.variant.rendered, message=previews[mail.variant.name]))
        for mail in {mail.variant.name: mail for mail in mails}.values()
    ]
    with signing(workspace, newsletter, edition, variants) as sign:

        def made() -> Iterator[Envelope]:
            for mail in mails:
                nobody = _nobody(edition, mail, name)
                (envelope,) = workspace.composer.compose(edition, previews[mail.variant.name], [nobody])
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


def _of_reader(
    workspace: "Workspace", newsletter: Newsletter, edition: Edition, reader: str | None
) -> tuple[str | None, str | None]:
    """The name of the variant that a subscriber gets, and their own."""
    if reader is None:
        return None, None
    from digest.app.explaining_people import standings_of

    mine = [
        standing
        for standing in standings_of(workspace, reader)
        if standing.subscription.choice.newsletter == newsletter.name
    ]
    if not mine:
        raise UsageError(reader, f"this address is not subscribed to {newsletter.name}", "name another one")
    subscription = mine[0].subscription
    name = workspace.editions.choices_of(edition).get(subscription.choice)
    if name is None:
        raise UsageError(reader, f"nothing in {edition.name} is for what they chose", f"digest explain {reader}")
    return name, subscription.name
