"""What a reviewer reads about their parts of an edition, in a mail or on a terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from zoneinfo import ZoneInfo

from digest.model.edition import Edition
from digest.model.newsletter import Approval, Newsletter, Unanswered
from digest.model.place import Severity
from digest.model.review import PartView, Standing
from digest.policy.timetable import timetable
from digest.rendering.blocks import Block, Bullets, Command, Heading, Paragraph
from digest.rendering.wording import Words

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is said about an edition's parts. `by` is who would answer, as commands name them; `earlier` says when a
    reviewer was sent an earlier content of a part; `attached` whether the mails come along.
    """

    newsletter: Newsletter
    edition: Edition
    views: Sequence[PartView]
    by: str
    now: datetime
    earlier: Mapping[str, datetime]
    attached: bool


def title_of(review: Review, words: Words) -> str:
    """`Migration bulletin: July 2018`."""
    return f"{review.newsletter.title(words.language)}: {words.period(review.edition.period)}"


def blocks_of(review: Review, words: Words) -> list[Block]:
    """The whole letter."""
    say = words.translations.gettext
    blocks: list[Block] = [Heading(1, title_of(review, words)), Paragraph(_opening(review, words, say))]
    for view in review.views:
        blocks += _part(review, view, words, say)
    if review.attached:
        blocks.append(
            Paragraph(
                say("Whoever runs the bulletin types these commands. You can also answer this mail with the code.")
            )
        )
    return blocks


def silence(newsletter: Newsletter, then: Unanswered, words: Words) -> str:
    """What happens to a part that nobody answered, as a sentence."""
    say = words.translations.gettext
    if newsletter.approval is Approval.NONE:
        return say("Without an answer it goes out as it is.")
    match then:
        case Unanswered.HOLD:
            return say("Without an answer the edition waits for a person.")
        case Unanswered.SEND:
            return say("Without an answer it goes out as it is.")
        case Unanswered.LEAVE_OUT:
            return say("Without an answer the edition goes out without this part.")
        case Unanswered.SKIP:
            return say("Without an answer nothing of the edition goes out; its stories wait for the next one.")


def stands(view: PartView, zone: ZoneInfo, words: Words) -> str:
    """How the part stands, as a sentence."""
    say = words.translations.gettext
    answer = view.stood.answer
    if answer is None:
        return say("Nobody has answered yet.")
    values = {"name": answer.by, "when": moment(answer.at, zone, words), "reason": answer.because or ""}
    match view.standing:
        case Standing.APPROVED:
            return say("Approved by %(name)s, %(when)s.") % values
        case Standing.REFUSED:
            return say("Refused by %(name)s, %(when)s: %(reason)s") % values
        case _:
            return say("It has changed since the answer of %(name)s, %(when)s, which does not count any more.") % values


def moment(at: datetime, zone: ZoneInfo, words: Words) -> str:
    """`5 August 2018, 09:00 (America/Costa_Rica)`."""
    local = at.astimezone(zone)
    return f"{words.long_date(local.date())}, {local:%H:%M} ({zone.key})"


def _opening(review: Review, words: Words, say: Say) -> str:
    schedule = review.newsletter.schedule
    at = timetable(schedule).sending_at(review.edition.period)
    said = [say("Please look at these mails before they go out, and answer for each part.")]
    if review.attached:
        said.append(say("The mails are attached, exactly as readers get them."))
    if at is not None and at > review.now:
        when = moment(at, schedule.zone, words)
        said.append(say("They go out on %(when)s; until then you can answer, and answer anew.") % {"when": when})
    elif at is not None:
        when = moment(at, schedule.zone, words)
        said.append(say("They should have gone out on %(when)s and go as soon as they may.") % {"when": when})
    return " ".join(said)


def _part(review: Review, view: PartView, words: Words, say: Say) -> Iterator[Block]:
    zone = review.newsletter.schedule.zone
    yield Heading(2, view.title)
    if view.name in review.earlier:
        when = moment(review.earlier[view.name], zone, words)
        yield Paragraph(say("This part has changed since the mail of %(when)s.") % {"when": when})
    if view.standing is not Standing.UNANSWERED or not review.attached:
        yield Paragraph(stands(view, zone, words))
    yield Paragraph(_numbers(view, words, say))
    yield Heading(3, say("Subjects"))
    variants = view.part.variants
    yield Bullets(tuple(one.rendered.subject for one in variants), tuple(one.language for one in variants))
    yield Heading(3, say("Stories"))
    yield Bullets(view.stories)
    yield from _findings(view, say)
    yield from _answer(review, view, words, say)


def _numbers(view: PartView, words: Words, say: Say) -> str:
    ngettext = words.translations.ngettext
    stories, readers = len(view.part.story_ids), view.readers
    of_stories = ngettext("%(num)s story", "%(num)s stories", stories) % {"num": stories}
    of_readers = ngettext("%(num)s reader", "%(num)s readers", readers) % {"num": readers}
    if view.before is None:
        then = say("It is the first edition.")
    elif view.before.readers is None:
        then = say("In the edition before (%(edition)s) there were %(stories)s stories.")
    else:
        then = say("In the edition before (%(edition)s): %(stories)s stories, %(readers)s readers.")
    before = view.before
    values = {"edition": before.edition, "stories": before.stories, "readers": before.readers} if before else {}
    return f"{of_stories}, {of_readers}. {then % values}"


def _findings(view: PartView, say: Say) -> Iterator[Block]:
    names = {Severity.ERROR: say("Error"), Severity.WARNING: say("Warning")}
    found = tuple(
        f"{names[one.severity]} {one.code}, {one.place}: {one.reason}" for one in view.findings if one.severity in names
    )
    yield Heading(3, say("What the check says"))
    yield Bullets(found, ("en",) * len(found)) if found else Paragraph(say("Nothing: no errors, no warnings."))


def _answer(review: Review, view: PartView, words: Words, say: Say) -> Iterator[Block]:
    named = f"{quote(review.edition.name)} --part {quote(view.name)} --by {quote(review.by)}"
    yield Heading(3, say("Your answer"))
    yield Paragraph(say("This part's code, for exactly what you see:"))
    yield Command(view.part.code)
    yield Paragraph(say("If it is right:"))
    yield Command(f"digest approve {named} --code {view.part.code}")
    yield Paragraph(say("If it must not go out like this:"))
    yield Command(f'digest refuse {named} --because "…"')
    yield Paragraph(silence(review.newsletter, view.review.then, words))
