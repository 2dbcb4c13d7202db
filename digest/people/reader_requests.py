"""What readers ask for themselves, through whichever door: a form, a page, a link, a mail, an interface for programs.

Each is a function in the caller's transaction, so that many can share one commit, and leaves an event that says when it
was asked and how. Suppression is above them all: only a confirmation by the person themselves ends one, and only where
their own wish began it; the office readmits everybody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, or_, select, update

from digest.errors import UsageError
from digest.foundation.addresses import Address
from digest.foundation.catalogue import _, later
from digest.foundation.database import Prepared, stored
from digest.foundation.schema import departures, subscriber_events, subscribers, subscriptions
from digest.newsletters.edition import Choice
from digest.people.erased_addresses import kept_out, let_in, may_ask
from digest.people.store import (
    choice_of,
    choice_told,
    intern,
    new_person,
    set_subscriptions,
    subscription_of,
    subscriptions_of,
)
from digest.people.subscriber import SubscriberStep, Suppression, SuppressionCause
from digest.people.suppression import suppress

CONFIRMED_WITHIN = timedelta(days=7)
UNDONE_WITHIN = timedelta(days=30)
BY_MAIL = "mail"  # the door
READER = "reader"  # who did it, in the events
_NUMBER = Prepared(select(subscribers.c.number).where(subscribers.c.public_id == bindparam("public")))
_EVENT = Prepared(
    insert(subscriber_events).values(
        subscriber=bindparam("who"),
        newsletter=bindparam("what"),
        step=bindparam("did"),
        said=bindparam("words"),
        by=READER,
        because=bindparam("why"),
        at=bindparam("since"),
        how=bindparam("door"),
        text=bindparam("agreed"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """When it was asked, and through which door (`how`); `text` is the version of what they agreed to."""

    at: datetime
    how: str
    text: str | None = None


class Answer(StrEnum):
    """What became of a request. A door that strangers can open says the same whichever it was."""

    DONE = "done"
    ALREADY = "already"  # it is like that already; nothing was changed
    REFUSED = "refused"  # only the office can do that: they are suppressed, or never had it
    EXPIRED = "expired"  # it was asked too long ago
    UNKNOWN = "unknown"  # nobody has this id


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp:
    """With `DONE`, the person (`public_id`) is to be asked once, and to confirm what was asked for at `asked_at`."""

    answer: Answer
    public_id: str | None = None
    asked_at: datetime | None = None


def sign_up(
    connection: Connection, request: Request, address: Address, choice: Choice, name: str | None = None
) -> SignedUp:
    """Begin a subscription that gets nothing until it is confirmed. `ALREADY`: they get this newsletter. `REFUSED`:
    they are suppressed for a reason that their own confirmation does not end; nothing is kept.
    """
    person = connection.execute(select(subscribers).where(subscribers.c.folded == address.folded)).first()
    row = None if person is None else subscription_of(connection, person.number, choice.newsletter)
    if person is not None and not _may_return(connection, person, row):
        return SignedUp(answer=Answer.REFUSED)
    if person is not None and row is not None and _stays(person, row) and row.unconfirmed_since is None:
        return SignedUp(answer=Answer.ALREADY, public_id=person.public_id)
    if person is None and kept_out(connection, [address.folded]) and not may_ask(connection, address.folded):
        return SignedUp(answer=Answer.REFUSED)
    number = new_person(connection, address, name) if person is None else int(person.number)
    values = {"choice": intern(connection, {choice})[choice], "unconfirmed_since": stored(request.at)}
    if row is None:
        fresh = {"subscriber": number, "newsletter": choice.newsletter, "active": 1, "from_file": 0}
        connection.execute(insert(subscriptions).values({**fresh, **values}))
    else:
        set_subscriptions(connection, number, [choice.newsletter], **values)
    _note(connection, request, number, SubscriberStep.ASKED, choice.newsletter, choice_told(choice))
    public_id = connection.execute(select(subscribers.c.public_id).where(subscribers.c.number == number)).scalar_one()
    return SignedUp(answer=Answer.DONE, public_id=public_id, asked_at=request.at)


def confirm(connection: Connection, request: Request, public_id: str, newsletter: str, asked_at: datetime) -> Answer:
    """They confirm what they asked for at `asked_at`: once, and within seven days. Who had left comes back by it."""
    person, row = _found(connection, public_id, newsletter)
    if person is None or row is None:
        return Answer.UNKNOWN
    if row.unconfirmed_since is None:
        return Answer.ALREADY if _stays(person, row) else Answer.EXPIRED
    if row.unconfirmed_since != stored(asked_at) or request.at - asked_at > CONFIRMED_WITHIN:
        return Answer.EXPIRED
    if not _may_return(connection, person, row):
        return Answer.REFUSED
    number = int(person.number)
    if person.suppressed_at is not None:  # what they left with it stays left
        others = [one.newsletter for one in subscriptions_of(connection, number) if one.active]
        set_subscriptions(
            connection, number, [one for one in others if one != newsletter], active=0, left_at=person.suppressed_at
        )
        connection.execute(update(subscribers).where(subscribers.c.number == number).values(suppressed_at=None))
    let_in(connection, person.folded)
    consent = {"consent_on": request.at.date().isoformat(), "consent_how": request.how}
    own = {"chosen_at": stored(request.at), "resumes_at": None, "new_since": stored(request.at)}
    set_subscriptions(
        connection, number, [newsletter], active=1, left_at=None, unconfirmed_since=None, **consent, **own
    )
    _note(
        connection,
        request,
        number,
        SubscriberStep.CONFIRMED,
        newsletter,
        choice_told(choice_of(connection, row.choice)),
    )
    return Answer.DONE


def choose(connection: Connection, request: Request, public_id: str, choice: Choice) -> Answer:
    """Other audiences or another language of a newsletter that they get; no file changes these back."""
    if not choice.audiences:
        raise UsageError(choice.newsletter, _("a choice names an audience"), _("pause or leave the newsletter instead"))
    person, row = _found(connection, public_id, choice.newsletter)
    if person is None:
        return Answer.UNKNOWN
    if not _stays(person, row) or row.unconfirmed_since is not None:
        return Answer.REFUSED
    before = choice_of(connection, row.choice)
    if before == choice:
        return Answer.ALREADY
    number = intern(connection, {choice})[choice]
    set_subscriptions(connection, person.number, [choice.newsletter], choice=number, chosen_at=stored(request.at))
    said = f"{choice_told(before)} → {choice_told(choice)}"
    _note(connection, request, person.number, SubscriberStep.CHOSEN, choice.newsletter, said)
    return Answer.DONE


def pause(
    connection: Connection, request: Request, public_id: str, newsletter: str | None, until: datetime | None
) -> Answer:
    """No mail of one newsletter, or of all that they get, until then; `None` ends a pause. It also ends by itself."""
    person, _ = _found(connection, public_id, newsletter or "")
    if person is None:
        return Answer.UNKNOWN
    mine = [
        one
        for one in subscriptions_of(connection, person.number)
        if newsletter in (None, one.newsletter) and _stays(person, one) and one.unconfirmed_since is None
    ]
    resumes_at = stored(until) if until is not None and until > request.at else None
    if not mine:
        return Answer.REFUSED
    if all(one.resumes_at == resumes_at for one in mine):
        return Answer.ALREADY
    set_subscriptions(connection, person.number, [one.newsletter for one in mine], resumes_at=resumes_at)
    step = SubscriberStep.RESUMED if resumes_at is None else SubscriberStep.PAUSED
    _note(connection, request, person.number, step, newsletter, resumes_at or "")
    return Answer.DONE


def leave(
    connection: Connection, request: Request, public_id: str, newsletter: str | None, because: str | None = None
) -> Answer:
    """No more mail of one newsletter, or of any."""
    number = _NUMBER.scalar(connection, public=public_id)
    if number is None:
        return Answer.UNKNOWN
    suppression = Suppression(subscriber=int(number), newsletter=newsletter, cause=SuppressionCause.ASKED)
    if not suppress(connection, suppression, request.at):
        return Answer.ALREADY
    _note(connection, request, int(number), SubscriberStep.LEFT, newsletter, "", because)
    return Answer.DONE


def undo(connection: Connection, request: Request, public_id: str, left_at: datetime) -> Answer:
    """It was not them who asked to leave at that instant. Only what ended then, and by that wish, goes on again."""
    person, _ = _found(connection, public_id, "")
    if person is None:
        return Answer.UNKNOWN
    query = select(departures).where(departures.c.subscriber == person.number)
    last = connection.execute(query.order_by(departures.c.number.desc()).limit(1)).first()
    if last is None or last.at != stored(left_at) or request.at - left_at > UNDONE_WITHIN:
        return Answer.EXPIRED
    if not left_themselves(connection, person.number, last.newsletter):
        return Answer.REFUSED
    if last.newsletter is None:
        ended = subscribers.c.number == person.number, subscribers.c.suppressed_at == last.at
        changed = connection.execute(update(subscribers).where(*ended).values(suppressed_at=None)).rowcount
    else:
        mine = subscriptions.c.subscriber == person.number, subscriptions.c.newsletter == last.newsletter
        left = update(subscriptions).where(*mine, subscriptions.c.active == 0, subscriptions.c.left_at == last.at)
        changed = connection.execute(left.values(active=1, left_at=None)).rowcount
    if not changed:
        return Answer.ALREADY
    _note(
        connection,
        request,
        person.number,
        SubscriberStep.READMITTED,
        last.newsletter,
        later("it was not them who asked"),
    )
    return Answer.DONE


def told_by_mail(connection: Connection, number: int, since: datetime) -> bool:
    """Whether a choice of theirs that came by mail was answered since then."""
    mine = exists().where(
        subscriber_events.c.subscriber == number,
        subscriber_events.c.step == SubscriberStep.CHOSEN.value,
        subscriber_events.c.how == BY_MAIL,
        subscriber_events.c.at > stored(since),
    )
    return bool(connection.execute(select(mine)).scalar())


def _found(connection: Connection, public_id: str, newsletter: str) -> tuple[Any, Any]:
    person = connection.execute(select(subscribers).where(subscribers.c.public_id == public_id)).first()
    return (None, None) if person is None else (person, subscription_of(connection, person.number, newsletter))


def _stays(person: Any, row: Any) -> bool:
    return row is not None and bool(row.active) and person.suppressed_at is None


def _may_return(connection: Connection, person: Any, row: Any) -> bool:
    """Whether nothing but their own wish keeps mail from them: of the person, and of this subscription."""
    if person.suppressed_at is not None and not left_themselves(connection, person.number, None):
        return False
    return row is None or bool(row.active) or left_themselves(connection, person.number, row.newsletter)


def left_themselves(connection: Connection, number: int, newsletter: str | None) -> bool:
    """By the last departure that counts; one of which nobody knows the cause is not their own."""
    counts: ColumnElement[bool] = departures.c.newsletter.is_(None)
    if newsletter is not None:
        counts = or_(counts, departures.c.newsletter == newsletter)
    query = select(departures).where(departures.c.subscriber == number, counts)
    last = connection.execute(query.order_by(departures.c.number.desc()).limit(1)).first()
    if last is None or last.cause != SuppressionCause.ASKED.value:
        return False
    by_office = exists().where(
        subscriber_events.c.subscriber == number,
        subscriber_events.c.step == SubscriberStep.SUPPRESSED.value,
        subscriber_events.c.said == "",  # an import says why: they left elsewhere
        subscriber_events.c.at == last.at,
    )
    return not connection.execute(select(by_office)).scalar()


def _note(
    connection: Connection,
    request: Request,
    number: int,
    step: SubscriberStep,
    newsletter: str | None,
    said: str,
    because: str | None = None,
) -> None:
    _EVENT.run(
        connection,
        who=number,
        what=newsletter,
        did=step.value,
        words=said,
        why=because,
        since=stored(request.at),
        door=request.how,
        agreed=request.text,
    )
