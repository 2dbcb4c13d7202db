"""How a person is explained on a terminal and to other programs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.foundation.words import counted, harmless
from digest.model.delivery import DeliveryState
from digest.model.returns import LeavingCause
from digest.web.wording import moment

if TYPE_CHECKING:
    from digest.app.explaining_people import Coming, ExplainedPerson, ReceivedMail, Subscribed

MAILS_SHOWN = 6
STORIES_SHOWN = 8


def person_lines(person: "ExplainedPerson") -> Iterator[str]:
    """Who they are, what they asked for, what they received, what they get next."""
    yield f"{person.address} ({harmless(person.name) if person.name else 'no name'})"
    for one in person.subscriptions:
        yield from _subscription(one)
    for received in person.elsewhere:
        yield f"  {received.edition}: {received.variant or 'nothing for this choice'}, {received.state}"


def person_data(person: "ExplainedPerson") -> dict[str, object]:
    return {
        "kind": "person",
        "address": person.address,
        "name": person.name,
        "subscriptions": [_subscription_data(one) for one in person.subscriptions],
    }


def _subscription(one: "Subscribed") -> Iterator[str]:
    choice, standing = one.standing.subscription.choice, one.standing
    yield f"  {choice.newsletter}: {', '.join(sorted(choice.audiences))}; {choice.language}; {_state(one)}"
    if list(one.audiences) != sorted(choice.audiences):
        yield f"    that is: {', '.join(one.audiences)}"
    consent = standing.subscription.consent
    if consent.on or consent.how:
        yield f"    agreed: {consent.on or ''} {harmless(consent.how or '')}".rstrip()
    if one.newsletter is None:
        yield "    the settings have this newsletter no more"
    for name in one.gone:
        yield f"    the settings have the audience {name} no more: new drafts serve what is left of the choice"
    hidden = len(one.received) - MAILS_SHOWN
    if hidden > 0:
        yield f"    {counted(hidden, 'earlier edition', 'earlier editions')}: see --json"
    for mail in one.received[-MAILS_SHOWN:]:
        yield from _received(mail, one)
    for coming in one.coming:
        yield from _coming(coming, one)


def _state(one: "Subscribed") -> str:
    standing = one.standing
    if standing.suppressed_at is not None:
        said = f"suppressed since {standing.suppressed_at:%Y-%m-%d %H:%M} UTC: no mail goes to this address"
        return f"{said}{_because(one)}"
    if standing.active:
        return "active"
    return f"has left{f' on {standing.left_at:%Y-%m-%d %H:%M} UTC' if standing.left_at else ''}{_because(one)}"


def _because(one: "Subscribed") -> str:
    why = one.why_gone
    if why is None:
        return ""
    match why.cause:
        case LeavingCause.ASKED:
            return ", because they asked by mail"
        case LeavingCause.COMPLAINED:
            return ", because they called a mail spam"
    status = f", the last time with {why.status}" if why.status else ""
    return f", because mail to it came back ({counted(why.bounces, 'time', 'times')}{status})"


def _received(mail: "ReceivedMail", one: "Subscribed") -> Iterator[str]:
    received, at = mail.received, mail.received.changed_at
    when = f", {moment(at, one.newsletter.schedule.zone)}" if at and one.newsletter else ""
    yield f"  {received.edition}: {received.variant or 'nothing for this choice'}, {received.state}{when}"
    if received.subject:
        yield f"    “{received.subject}”"
    for title in mail.titles[:STORIES_SHOWN]:
        yield f"      - {title}"
    if len(mail.titles) > STORIES_SHOWN:
        yield f"      - and {len(mail.titles) - STORIES_SHOWN} more stories"
    if mail.why:
        yield f"    {'why' if received.state != DeliveryState.NO_VARIANT else 'why nothing'}: {mail.why}"


def _coming(coming: "Coming", one: "Subscribed") -> Iterator[str]:
    zone = one.newsletter.schedule.zone if one.newsletter else coming.at.tzinfo
    at = moment(coming.at, zone) if zone else coming.at.isoformat()
    yield f"  next: {coming.period.key}, by the calendar {at}: {coming.title or 'nothing'} ({coming.why})"
    for title in coming.titles[:STORIES_SHOWN]:
        yield f"      - {title}"
    if len(coming.titles) > STORIES_SHOWN:
        yield f"      - and {len(coming.titles) - STORIES_SHOWN} more stories"


def _subscription_data(one: "Subscribed") -> dict[str, object]:
    choice, standing = one.standing.subscription.choice, one.standing
    consent = standing.subscription.consent
    return {
        "newsletter": choice.newsletter,
        "audiences": sorted(choice.audiences),
        "audiences_gone": list(one.gone),
        "language": choice.language,
        "active": standing.active,
        "gets_mail": standing.gets_mail,
        "left_at": standing.left_at.isoformat() if standing.left_at else None,
        "why_gone": one.why_gone.cause.value if one.why_gone else None,
        "suppressed_at": standing.suppressed_at.isoformat() if standing.suppressed_at else None,
        "consent": {"on": consent.on.isoformat() if consent.on else None, "how": consent.how},
        "received": [
            {
                "edition": mail.received.edition,
                "variant": mail.received.variant,
                "title": mail.title,
                "subject": mail.received.subject,
                "state": mail.received.state,
                "at": mail.received.changed_at.isoformat() if mail.received.changed_at else None,
                "stories": list(mail.titles),
                "why": mail.why,
            }
            for mail in one.received
        ],
        "next": [
            {
                "period": coming.period.key,
                "at": coming.at.isoformat(),
                "state": coming.edition.state.value if coming.edition else None,
                "title": coming.title,
                "stories": list(coming.titles),
                "why": coming.why,
            }
            for coming in one.coming
        ],
    }
