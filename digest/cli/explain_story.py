"""How a story is explained on a terminal and to other programs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.foundation.words import counted, harmless
from digest.model.edition import EditionState
from digest.web.wording import RULINGS, day, moment

if TYPE_CHECKING:
    from digest.app.explaining import Decided, ExplainedStory, InNewsletter
    from digest.app.explaining_both import ExplainedBoth
    from digest.model.item import Item
    from digest.model.tag import Tag

MAILS_SHOWN = 6


def story_lines(explained: "ExplainedStory") -> Iterator[str]:
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


def answer_lines(both: "ExplainedBoth") -> Iterator[str]:
    """Yes or no first, then the story's own chain."""
    yield f"Did {both.address} get “{both.explained.item.text.title}”?"
    for one in both.answers:
        said = "yes" if one.got else "no" if one.got is False else "not yet"
        yield f"  {one.newsletter}: {said} – {harmless(one.why)}"
        if one.got and one.received and one.received.changed_at:
            yield f"    “{one.received.subject}”, {one.received.changed_at:%Y-%m-%d %H:%M} UTC"
    yield ""
    yield from story_lines(both.explained)


def story_data(explained: "ExplainedStory") -> dict[str, object]:
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


def answer_data(both: "ExplainedBoth") -> dict[str, object]:
    return {
        **story_data(both.explained),
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


def _in_newsletter(inside: "InNewsletter") -> Iterator[str]:
    yield f"{inside.newsletter.name}: at home in {inside.home.key}"
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


def _decision(decided: "Decided", inside: "InNewsletter") -> Iterator[str]:
    edition, verdict = decided.edition, decided.verdict
    late = f", late (its own period is {inside.home.key})" if verdict.late else ""
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


def _turn(inside: "InNewsletter") -> Iterator[str]:
    if inside.before_start:
        yield f"  it is older than the newsletter (starts_on {inside.newsletter.starts_on}): no edition takes it"
        return
    late = f", {counted(inside.late_by, 'period', 'periods')} late" if inside.late_by else ""
    yield f"  its turn is {inside.turn.key}{late}; no sealed edition has taken it"
    if inside.late_by > inside.newsletter.late_for:
        yield f"  too late: the newsletter takes stories up to {inside.newsletter.late_for} periods late (late_for)"
    yield from (f"  {one}" for one in inside.planned)
    if inside.goes_out_at is not None:
        at = moment(inside.goes_out_at, inside.newsletter.schedule.zone)
        yield f"  {inside.turn.key} goes out by the calendar on {at}"


def _found(tag: "Tag") -> str:
    return "said by a person" if tag.where == "person" else f"“{tag.term}” in the {tag.where}"


def _why_same(item: "Item", other: "Item") -> str:
    if item.translation_of or other.translation_of:
        return "a translation by their 'Translation of' lines"
    return f"the same title on {day(other.published_on)}" if item.language == other.language else "told together"


def _inside_data(inside: "InNewsletter") -> dict[str, object]:
    return {
        "newsletter": inside.newsletter.name,
        "home": inside.home.key,
        "turn": None if inside.taken_by else inside.turn.key,
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
                "said": RULINGS[one.verdict.ruling],
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
