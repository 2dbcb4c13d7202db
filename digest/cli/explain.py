"""`digest explain`: why a story is where it is, or what a person gets."""

from collections.abc import Iterator

import click

from digest.cli.invocation import Invocation, echo_json, json_option, pass_invocation
from digest.delivery.delivery import DeliveryState
from digest.desk.people import Coming, ExplainedPerson, ReceivedMail, Subscribed, explain_person
from digest.desk.phrases import rulings
from digest.desk.stories import (
    DecidedStory,
    ExplainedBoth,
    ExplainedStory,
    InNewsletter,
    explain_both,
    explain_story,
    story_meant,
)
from digest.foundation.words import counted, day, harmless, moment
from digest.intake.item import Item, Tag
from digest.newsletters.edition import EditionState
from digest.people.subscriber import SuppressionCause
from digest.settings.instance import Instance

MAILS_SHOWN = 6
STORIES_SHOWN = 8


@click.command()
@click.argument("what", metavar="ITEM|ADDRESS")
@click.option("--as", "reader", metavar="ADDRESS", help="Did this person get the story, and why or why not?")
@json_option
@pass_invocation
def explain(invocation: Invocation, what: str, reader: str | None, *, as_json: bool) -> int:
    """Explain an item (its id, the beginning of it, or words of its title) or a reader's address.

    With --as: whether that person got the story.
    """
    lines, data = _explained(invocation.instance, what, reader)
    if as_json:
        echo_json({"about": what, "lines": [line.strip() for line in lines], **data})
    else:
        click.echo("\n".join(lines))
    return 0


def _explained(instance: Instance, what: str, reader: str | None) -> tuple[list[str], dict[str, object]]:
    if "@" in what:
        if reader is not None:
            raise click.UsageError("--as goes with a story; leave it out to explain an address")
        person = explain_person(instance, what)
        return list(_person_lines(person)), _person_data(person)
    item, story = story_meant(instance, what)
    if reader is None:
        explained = explain_story(instance, item, story)
        return list(_story_lines(explained)), _story_data(explained)
    both = explain_both(instance, item, story, reader)
    return list(_answer_lines(both)), _answer_data(both)


# -- A story


def _story_lines(explained: ExplainedStory) -> Iterator[str]:
    """From its source to its readers, in the order in which things happened."""
    item, story = explained.item, explained.story
    yield item.text.title
    yield f"  item {item.id}, {item.published_on}, {item.language}, from {item.source} ({item.place})"
    if item.withdrawn:
        yield "  withdrawn: it is no longer in its source"
    for other in story.items:
        if other.id != item.id:
            gone = ", withdrawn" if other.withdrawn else ""
            yield f"  same story: {other.text.title} ({other.language}, {other.place}{gone}), {_why_same(item, other)}"
    for tag in item.tags:
        yield f"  {tag.kind} {tag.value}: {_found(tag)} ({tag.strength})"
    if not item.tags:
        yield "  no country or topic was found in it"
    for inside in explained.newsletters:
        yield from _in_newsletter(inside)


def _answer_lines(both: ExplainedBoth) -> Iterator[str]:
    """Yes or no first, then the story's own chain."""
    yield f"Did {both.address} get “{both.explained.item.text.title}”?"
    for one in both.answers:
        said = "yes" if one.got else "no" if one.got is False else "not yet"
        yield f"  {one.newsletter}: {said} – {harmless(one.why)}"
        if one.got and one.received and one.received.changed_at:
            yield f"    “{one.received.subject}”, {one.received.changed_at:%Y-%m-%d %H:%M} UTC"
    yield ""
    yield from _story_lines(both.explained)


def _story_data(explained: ExplainedStory) -> dict[str, object]:
    return {
        "kind": "story",
        "story": explained.story.id,
        "withdrawn": explained.story.withdrawn,
        "published_on": explained.story.published_on.isoformat(),
        "items": [
            {
                "id": item.id,
                "asked_for": item.id == explained.item.id,
                "title": item.text.title,
                "language": item.language,
                "published_on": item.published_on.isoformat(),
                "source": item.source,
                "place": str(item.place),
                "withdrawn": item.withdrawn,
                "tags": [
                    {"kind": tag.kind.value, "value": tag.value, "where": tag.where.value, "term": tag.term,
                     "strength": tag.strength.value}
                    for tag in item.tags
                ],
            }
            for item in explained.story.items
        ],
        "newsletters": [_inside_data(inside) for inside in explained.newsletters],
    }  # fmt: skip


def _answer_data(both: ExplainedBoth) -> dict[str, object]:
    return {
        **_story_data(both.explained),
        "as": both.address,
        "answers": [
            {
                "newsletter": one.newsletter,
                "got": one.got,
                "why": one.why,
                "edition": one.received.edition if one.received else None,
                "subject": one.received.subject if one.received else None,
                "state": one.received.state if one.received else None,
                "at": one.received.changed_at.isoformat() if one.received and one.received.changed_at else None,
            }
            for one in both.answers
        ],
    }


def _in_newsletter(inside: InNewsletter) -> Iterator[str]:
    yield f"{inside.newsletter.name}: at home in {inside.own_period.key}"
    for closed in inside.passed if inside.taken_by is None else ():
        because = f": {closed.because}" if closed.because else ""
        yield f"  {closed.period.key} is {closed.state} already{because}"
    for decided in inside.decided:
        yield from _decision(decided, inside)
    if inside.taken_by is None:
        yield from _turn(inside)
    elif not any(decided.edition.name == inside.taken_by for decided in inside.decided):
        yield f"  {inside.taken_by} has taken the story from which it was split"
    for one in inside.concerned:
        yield f"  {one.title}: {'yes' if one.takes else 'no'} – {one.why}"


def _decision(decided: DecidedStory, inside: InNewsletter) -> Iterator[str]:
    edition, verdict = decided.edition, decided.verdict
    late = f", late (its own period is {inside.own_period.key})" if verdict.late else ""
    merged = "; merged with another story since" if decided.as_story else ""
    yield f"  {edition.key} ({edition.state}): {verdict.ruling}{late} – {harmless(verdict.reason)}{merged}"
    if not decided.stood or edition.state is EditionState.EXPIRED:
        return
    zone = inside.newsletter.schedule.zone
    if edition.sending_at:
        readers = counted(decided.readers, "reader", "readers")
        yield f"    sent to {decided.sent:,} of {readers}, {moment(edition.sending_at, zone)}, in:"
    else:
        yield f"    for {counted(decided.readers, 'reader', 'readers')} as of today, in:"
    for one in decided.stood[:MAILS_SHOWN]:
        yield f"      {one.title}: {counted(one.sent if edition.sending_at else one.readers, 'reader', 'readers')}"
    if len(decided.stood) > MAILS_SHOWN:
        yield f"      and {len(decided.stood) - MAILS_SHOWN} more mails"


def _turn(inside: InNewsletter) -> Iterator[str]:
    if inside.before_start:
        yield f"  it is older than the newsletter (starts_on {inside.newsletter.starts_on}): no edition takes it"
        return
    late = f", {counted(inside.late_by, 'period', 'periods')} late" if inside.late_by else ""
    yield f"  its turn is {inside.due_period.key}{late}; no sealed edition has taken it"
    if inside.late_by > inside.newsletter.late_for:
        yield f"  too late: the newsletter takes stories up to {inside.newsletter.late_for} periods late (late_for)"
    yield from (f"  {one}" for one in inside.planned)
    if inside.goes_out_at is not None:
        at = moment(inside.goes_out_at, inside.newsletter.schedule.zone)
        yield f"  {inside.due_period.key} goes out by the calendar on {at}"


def _found(tag: Tag) -> str:
    return "said by a person" if tag.where == "person" else f"“{tag.term}” in the {tag.where}"


def _why_same(item: Item, other: Item) -> str:
    if item.translation_of or other.translation_of:
        return "a translation by their 'Translation of' lines"
    return f"the same title on {day(other.published_on)}" if item.language == other.language else "told together"


def _inside_data(inside: InNewsletter) -> dict[str, object]:
    return {
        "newsletter": inside.newsletter.name,
        "home": inside.own_period.key,
        "turn": None if inside.taken_by else inside.due_period.key,
        "late_by": inside.late_by,
        "passed": [
            {"period": one.period.key, "state": one.state.value, "because": one.because} for one in inside.passed
        ],
        "taken_by": inside.taken_by,
        "goes_out_at": inside.goes_out_at.isoformat() if inside.goes_out_at and not inside.taken_by else None,
        "before_start": inside.before_start,
        "planned": list(inside.planned),
        "decided": [
            {
                "edition": one.edition.name,
                "state": one.edition.state.value,
                "ruling": one.verdict.ruling.value,
                "said": rulings()[one.verdict.ruling],
                "late": one.verdict.late,
                "reason": one.verdict.reason,
                "as_story": one.as_story,
                "sending_at": one.edition.sending_at.isoformat() if one.edition.sending_at else None,
                "readers": one.readers,
                "sent": one.sent,
                "mails": [
                    {"variant": mail.variant, "title": mail.title, "subject": mail.subject, "readers": mail.readers,
                     "sent": mail.sent}
                    for mail in one.stood
                ],
            }
            for one in inside.decided
        ],
        "audiences": [
            {"audience": one.audience, "title": one.title, "takes": one.takes, "why": one.why}
            for one in inside.concerned
        ],
    }  # fmt: skip


# -- A person


def _person_lines(person: ExplainedPerson) -> Iterator[str]:
    """Who they are, what they asked for, what they received, what they get next."""
    yield f"{person.address} ({harmless(person.name) if person.name else 'no name'})"
    for one in person.subscriptions:
        yield from _subscription(one)
    for received in person.elsewhere:
        yield f"  {received.edition}: {received.variant or 'nothing for this choice'}, {received.state}"


def _person_data(person: ExplainedPerson) -> dict[str, object]:
    return {
        "kind": "person",
        "address": person.address,
        "name": person.name,
        "subscriptions": [_subscription_data(one) for one in person.subscriptions],
    }


def _subscription(one: Subscribed) -> Iterator[str]:
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


def _state(one: Subscribed) -> str:
    standing = one.standing
    if standing.suppressed_at is not None:
        said = f"suppressed since {standing.suppressed_at:%Y-%m-%d %H:%M} UTC: no mail goes to this address"
        return f"{said}{_because(one)}"
    if standing.active:
        return "active"
    return f"has left{f' on {standing.left_at:%Y-%m-%d %H:%M} UTC' if standing.left_at else ''}{_because(one)}"


def _because(one: Subscribed) -> str:
    why = one.why_gone
    if why is None:
        return ""
    match why.cause:
        case SuppressionCause.ASKED:
            return ", because they asked by mail"
        case SuppressionCause.COMPLAINED:
            return ", because they called a mail spam"
    status = f", the last time with {why.status}" if why.status else ""
    return f", because mail to it came back ({counted(why.bounces, 'time', 'times')}{status})"


def _received(mail: ReceivedMail, one: Subscribed) -> Iterator[str]:
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


def _coming(coming: Coming, one: Subscribed) -> Iterator[str]:
    zone = one.newsletter.schedule.zone if one.newsletter else coming.at.tzinfo
    at = moment(coming.at, zone) if zone else coming.at.isoformat()
    yield f"  next: {coming.period.key}, by the calendar {at}: {coming.title or 'nothing'} ({coming.why})"
    for title in coming.titles[:STORIES_SHOWN]:
        yield f"      - {title}"
    if len(coming.titles) > STORIES_SHOWN:
        yield f"      - and {len(coming.titles) - STORIES_SHOWN} more stories"


def _subscription_data(one: Subscribed) -> dict[str, object]:
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
