"""`digest explain`: why a story is where it is, or what a person gets."""

from collections.abc import Iterator
from datetime import UTC

import click

from digest.cli.causes import cause_data, cause_lines
from digest.cli.invocation import Invocation, echo_json, json_option, pass_invocation
from digest.delivery.delivery import DeliveryState
from digest.delivery.lookup import Received
from digest.desk.people import Coming, ExplainedPerson, ReceivedMail, Subscribed, explain_person
from digest.desk.phrases import delivery_columns, evidence_said, rulings
from digest.desk.stories import (
    DecidedStory,
    ExplainedBoth,
    ExplainedStory,
    InNewsletter,
    explain_both,
    explain_story,
    story_meant,
)
from digest.editions import reasons
from digest.editions.edited_words import field_name
from digest.editions.record import RecordedStory
from digest.foundation.catalogue import _, plural
from digest.foundation.words import day, harmless, moment
from digest.intake.item import Item, Story, Strength, TagKind
from digest.mail.wording import edition_in_full, period_in_full
from digest.newsletters.edition import CarriedOver, EditionState
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
    invocation.instance.keep_records()
    lines, data = _explained(invocation.instance, what, reader)
    if as_json:
        echo_json({"about": what, "lines": [line.strip() for line in lines], **data})
    else:
        for line in lines:
            invocation.tell(line)
    return 0


def _explained(instance: Instance, what: str, reader: str | None) -> tuple[list[str], dict[str, object]]:
    if "@" in what:
        if reader is not None:
            raise click.UsageError(_("--as goes with a story; leave it out to explain an address"))
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
    yield "  " + _("item {id}, {date}, {language}, from {source} ({place})").format(
        id=item.id, date=item.published_on, language=item.language, source=item.source, place=item.place
    )
    if (explained.now or item).withdrawn:
        yield "  " + _("withdrawn: it is no longer in its source")
    elif explained.now is not None:
        yield "  " + _edited(item, explained.now)
    if item.date_state.keeps_out:
        yield "  " + _why_kept_out(item)
    yield from _others_of_it(item, story)
    for tag in item.tags:
        kind = _("country") if tag.kind is TagKind.COUNTRY else _("topic")
        strength = _("strong") if tag.strength is Strength.STRONG else _("weak")
        yield f"  {kind} {tag.value}: {evidence_said(tag)} ({strength})"
    if not item.tags:
        yield "  " + _("no country or topic was found in it")
    for inside in explained.newsletters:
        if inside.decided or not story.kept_out:
            yield from _in_newsletter(inside)


def _others_of_it(item: Item, story: Story) -> Iterator[str]:
    """What tells the same, and which of them readers are shown in its place."""
    for other in story.items:
        if other.id != item.id:
            source = [] if other.source in (item.source, other.place.file) else [other.source]
            about = [other.language, *source, str(other.place), *([_("withdrawn")] if other.withdrawn else [])]
            yield "  " + _("same story: {title} ({about}), {why}").format(
                title=other.text.title, about=", ".join(about), why=_why_same(item, other)
            )
    shown = story.in_language(item.language)
    if item in story.live_items and shown.id != item.id:
        said = _("readers are shown another item of this story: {item}, from {source}")
        yield "  " + said.format(item=shown.id[:8], source=shown.source)


def _why_kept_out(item: Item) -> str:
    said = _("forgotten: no edition takes it; if its date is right: digest items confirm {item}")
    if item.waits:
        said = _("its date is later than the next edition: it waits; if it is right: digest items confirm {item}")
    return said.format(item=item.id[:8])


def _edited(then: Item, now: Item) -> str:
    """What was sent is told first; this is what its source says since."""
    if now.text.title != then.text.title:
        return _("edited since it was approved; its source says now: “{title}”").format(title=now.text.title)
    return _("edited since it was approved: the title is the same, the text is another")


def _answer_lines(both: ExplainedBoth) -> Iterator[str]:
    """Yes or no first, then the story's own chain."""
    yield _("Did {address} get “{title}”?").format(address=both.address, title=both.explained.item.text.title)
    for one in both.answers:
        said = _("yes") if one.got else _("no") if one.got is False else _("not yet")
        yield f"  {one.newsletter}: {said} – {harmless(one.why)}"
        if one.got and one.received and one.received.changed_at:
            yield f"    “{one.received.subject}”, {one.received.changed_at:%Y-%m-%d %H:%M} UTC"
    yield ""
    yield from _story_lines(both.explained)


def _story_data(explained: ExplainedStory) -> dict[str, object]:
    return {
        "kind": "story",
        "story": explained.story.id,
        "withdrawn": explained.now.withdrawn if explained.now else explained.story.withdrawn,
        "published_on": explained.story.published_on.isoformat(),
        "now": None if explained.now is None else {"title": explained.now.text.title,
                                                   "withdrawn": explained.now.withdrawn},
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
                "shown": explained.story.shows(item),
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
    own = _("{newsletter}: its own period is {period}")
    period = period_in_full(inside.newsletter.name, inside.own_period)
    yield own.format(newsletter=inside.newsletter.name, period=period)
    for closed in inside.passed if inside.taken_by is None else ():
        period = period_in_full(inside.newsletter.name, closed.period)
        said = _("{period} is {state} already").format(period=period, state=closed.state.said)
        yield f"  {said}: {closed.because}" if closed.because else f"  {said}"
    for decided in inside.decided:
        yield from _decision(decided, inside)
    if inside.taken_by is None:
        yield from _turn(inside)
    elif not any(decided.edition.name == inside.taken_by for decided in inside.decided):
        yield "  " + _("{edition} has taken the story from which it was split").format(edition=inside.taken_by)
    for one in inside.concerned:
        said = _("yes") if one.takes else _("no")
        yield f"  {one.title}: {said} – {reasons.said(one.why)}"


def _changed_by_staff(recorded: RecordedStory | None) -> Iterator[str]:
    """What staff said instead of what its sources said then."""
    for item_id, words in (recorded.source_words if recorded else {}).items():
        for field, source in words.items():
            said = _("staff changed the {field} of {item}; its source said “{source}”")
            yield said.format(field=field_name(field), item=item_id[:8], source=harmless(source) or "–")


def _decision(decided: DecidedStory, inside: InNewsletter) -> Iterator[str]:
    edition, verdict = decided.edition, decided.verdict
    its_own = _("late (its own period is {period})").format(
        period=period_in_full(inside.newsletter.name, inside.own_period)
    )
    late = f", {its_own}" if verdict.late else ""
    merged = "; " + _("merged with another story since") if decided.as_story else ""
    said = f"{verdict.ruling.said}{late} – {harmless(reasons.said(verdict.reason))}{merged}"
    yield f"  {edition_in_full(edition)} ({edition.state.said}): {said}"
    yield from (f"    {line}" for line in _changed_by_staff(decided.recorded))
    for part in decided.open_for:
        said = _("open for {part}: digest send {edition} --part {part}")
        yield "    " + said.format(part=part, edition=edition.name)
    if not decided.stood or edition.state is EditionState.EXPIRED:
        return
    zone = inside.newsletter.schedule.zone
    if decided.answers_until:
        said = _("its reviewers were asked late and may answer until {when}")
        yield "    " + said.format(when=moment(decided.answers_until, zone))
    if edition.sending_at:
        yield "    " + plural(
            "sent to {sent:,} of {count:,} reader, {when}, in:",
            "sent to {sent:,} of {count:,} readers, {when}, in:",
            decided.readers,
            sent=decided.sent,
            when=moment(edition.sending_at, zone),
        )
    else:
        yield "    " + plural(
            "for {count:,} reader as of today, in:", "for {count:,} readers as of today, in:", decided.readers
        )
    for one in decided.stood[:MAILS_SHOWN]:
        readers = plural("{count:,} reader", "{count:,} readers", one.sent if edition.sending_at else one.readers)
        yield f"      {one.title}: {readers}"
    if len(decided.stood) > MAILS_SHOWN:
        yield "      " + plural("and {count:,} more mail", "and {count:,} more mails", len(decided.stood) - MAILS_SHOWN)


def _turn(inside: InNewsletter) -> Iterator[str]:
    if inside.before_start:
        said = _("it is older than the newsletter (starts_on {day}): no edition takes it")
        yield "  " + said.format(day=inside.newsletter.starts_on)
        return
    if inside.standing is CarriedOver.WAITS:
        said = _("its edition was missed; it waits until you say what becomes of it: {command}")
        yield "  " + said.format(command=_("digest run --catch-up latest, or all, or none"))
        return
    due = period_in_full(inside.newsletter.name, inside.due_period)
    if inside.late_by:
        yield "  " + plural(
            "it is due in {period}, {count:,} period late; no approved edition has taken it",
            "it is due in {period}, {count:,} periods late; no approved edition has taken it",
            inside.late_by,
            period=due,
        )
    else:
        said = _("it is due in {period}; no approved edition has taken it")
        yield "  " + said.format(period=due)
    if inside.standing is None and inside.late_by > inside.newsletter.late_for:
        yield "  " + plural(
            "too late: the newsletter takes stories up to {count:,} period late (late_for)",
            "too late: the newsletter takes stories up to {count:,} periods late (late_for)",
            inside.newsletter.late_for,
        )
    yield from (f"  {one}" for one in inside.planned)
    if inside.goes_out_at is not None:
        at = moment(inside.goes_out_at, inside.newsletter.schedule.zone)
        yield "  " + _("{period} goes out by the calendar on {when}").format(period=due, when=at)


def _why_same(item: Item, other: Item) -> str:
    if item.translation_of or other.translation_of:
        return _("a translation by their 'Translation of' lines")
    if item.language == other.language:
        return _("the same title on {day}").format(day=day(other.published_on))
    return _("told together")


def _inside_data(inside: InNewsletter) -> dict[str, object]:
    return {
        "newsletter": inside.newsletter.name,
        "own_period": inside.own_period.key,
        "due_period": None if inside.taken_by else inside.due_period.key,
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
                "open_for": list(one.open_for),
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
    name = harmless(person.name) if person.name else _("no name")
    yield f"{person.address} ({name})"
    for one in person.subscriptions:
        yield from _subscription(one)
    for received in person.elsewhere:
        mail = received.variant or _("nothing for this choice")
        yield f"  {received.edition}: {mail}{_delivered(received)}"


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
    if one.why_gone is not None:
        zone = one.newsletter.schedule.zone if one.newsletter else UTC
        for line in cause_lines(one.why_gone, standing.subscription.address, zone):
            yield f"    {line}"
    if list(one.audiences) != sorted(choice.audiences):
        yield "    " + _("that is: {audiences}").format(audiences=", ".join(one.audiences))
    consent = standing.subscription.consent
    if consent.on or consent.how:
        said = f"{consent.on or ''} {harmless(consent.how or '')}"
        yield "    " + _("agreed: {when_and_how}").format(when_and_how=said).rstrip()
    if one.newsletter is None:
        yield "    " + _("the settings have this newsletter no more")
    for name in one.gone:
        said = _("the settings have the audience {audience} no more: new drafts serve what is left of the choice")
        yield "    " + said.format(audience=name)
    hidden = len(one.received) - MAILS_SHOWN
    if hidden > 0:
        yield "    " + plural("{count:,} earlier edition: see --json", "{count:,} earlier editions: see --json", hidden)
    for mail in one.received[-MAILS_SHOWN:]:
        yield from _received(mail, one)
    for coming in one.coming:
        yield from _coming(coming, one)


def _state(one: Subscribed) -> str:
    standing = one.standing
    if standing.suppressed_at is not None:
        said = _("suppressed since {when} UTC: no mail goes to this address")
        said = said.format(when=f"{standing.suppressed_at:%Y-%m-%d %H:%M}")
    elif standing.active and standing.unconfirmed_since:
        return _("unconfirmed: they asked for it, and get nothing until they confirm")
    elif standing.active and standing.resumes_at:
        return _("paused until {when} UTC").format(when=f"{standing.resumes_at:%Y-%m-%d %H:%M}")
    elif standing.active:
        return _("active")
    elif standing.left_at:
        said = _("has left on {when} UTC").format(when=f"{standing.left_at:%Y-%m-%d %H:%M}")
    else:
        said = _("has left")
    because = _because(one)
    return f"{said}, {because}" if because else said


def _because(one: Subscribed) -> str:
    why = one.why_gone
    if why is None:
        return ""
    match why.cause:
        case SuppressionCause.ASKED:
            return _("because they asked")
        case SuppressionCause.REMOVED:
            return _("because the office removed them")
        case SuppressionCause.COMPLAINED:
            return _("because they called a mail spam")
    times = plural("{count:,} time", "{count:,} times", why.bounces)
    if why.status:
        said = _("because mail to it came back ({times}, the last time with {status})")
        return said.format(times=times, status=why.status)
    return _("because mail to it came back ({times})").format(times=times)


def _delivered(received: Received) -> str:
    """Of what was for them: `, sent`."""
    state = DeliveryState(received.state)
    if state is DeliveryState.NO_VARIANT:
        return ""
    said = f", {delivery_columns()[state]}"
    return said + ", " + _("as a welcome") if received.welcomed_at else said


def _received(mail: ReceivedMail, one: Subscribed) -> Iterator[str]:
    received, at = mail.received, mail.received.changed_at
    when = f", {moment(at, one.newsletter.schedule.zone)}" if at and one.newsletter else ""
    variant = received.variant or _("nothing for this choice")
    yield f"  {edition_in_full(mail.edition)}: {variant}{_delivered(received)}{when}"
    if received.subject:
        yield f"    “{received.subject}”"
    for title in mail.titles[:STORIES_SHOWN]:
        yield f"      - {title}"
    if len(mail.titles) > STORIES_SHOWN:
        more = len(mail.titles) - STORIES_SHOWN
        yield "      - " + plural("and {count:,} more story", "and {count:,} more stories", more)
    if mail.why:
        said = _("why: {why}") if received.state != DeliveryState.NO_VARIANT else _("why nothing: {why}")
        yield "    " + said.format(why=mail.why)


def _coming(coming: Coming, one: Subscribed) -> Iterator[str]:
    zone = one.newsletter.schedule.zone if one.newsletter else coming.at.tzinfo
    at = moment(coming.at, zone) if zone else coming.at.isoformat()
    yield "  " + _("next: {period}, by the calendar {when}: {mail} ({why})").format(
        period=period_in_full(one.standing.subscription.choice.newsletter, coming.period),
        when=at,
        mail=coming.title or _("nothing"),
        why=coming.why,
    )
    for title in coming.titles[:STORIES_SHOWN]:
        yield f"      - {title}"
    if len(coming.titles) > STORIES_SHOWN:
        more = len(coming.titles) - STORIES_SHOWN
        yield "      - " + plural("and {count:,} more story", "and {count:,} more stories", more)


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
        "unconfirmed_since": standing.unconfirmed_since.isoformat() if standing.unconfirmed_since else None,
        "resumes_at": standing.resumes_at.isoformat() if standing.resumes_at else None,
        "why_gone": one.why_gone.cause.value if one.why_gone else None,
        "caused_by": cause_data(one.why_gone) if one.why_gone else None,
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
