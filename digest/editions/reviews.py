"""Reviews by part: what one audience gets is a part, people answer for exactly what they saw, and that settles what
goes out.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from digest.foundation.catalogue import _, later
from digest.mail.checks.rule import Finding
from digest.mail.content import Variant
from digest.newsletters.days import instant
from digest.newsletters.edition import Choice, Edition, Ruling, Verdict
from digest.newsletters.newsletter import Approval, Audience, Newsletter, ReviewRule, Unanswered
from digest.newsletters.timetable import timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What readers of one audience alone get: one variant per language, in the newsletter's order. `fingerprint` is a
    SHA-256, hex.
    """

    audience: Audience
    variants: tuple[Variant, ...]
    fingerprint: str

    @property
    def name(self) -> str:
        return self.audience.name

    @property
    def story_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(id_ for variant in self.variants for id_ in variant.story_ids))


def parts_of(
    newsletter: Newsletter, edition: Edition, variants: Iterable[Variant], served: Mapping[Choice, str | None]
) -> tuple[Part, ...]:
    """The parts in the settings' order. An audience that nothing in the edition concerns is none."""
    by_name = {variant.name: variant for variant in variants}
    parts = []
    for audience in newsletter.audiences:
        alone = [
            served.get(Choice(newsletter=newsletter.name, audiences=frozenset([audience.name]), language=language))
            for language in newsletter.languages
        ]
        content = tuple(by_name[name] for name in alone if name is not None)
        if content:
            fingerprint = _part_fingerprint(edition, audience, content)
            parts.append(Part(audience=audience, variants=content, fingerprint=fingerprint))
    return tuple(parts)


def _part_fingerprint(edition: Edition, audience: Audience, variants: Iterable[Variant]) -> str:
    """Of what readers get, whatever the variants are called."""
    content = [(variant.language, variant.fingerprint) for variant in variants]
    named = json.dumps([edition.name, audience.name, content], ensure_ascii=True)
    return hashlib.sha256(named.encode()).hexdigest()


# -- Answers, and the status that they give a part.


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAnswer:
    """What a person said about a part, named by its audience. It holds for exactly the content with `fingerprint`."""

    part: str
    fingerprint: str
    approved: bool  # else refused
    by: str
    at: datetime
    because: str | None = None
    answered_as: str | None = None  # the system user and host that the name was given on


class PartStatus(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"  # it is left out, also as it is built again, until somebody answers anew
    CHANGED = "changed"  # it was approved, but with other content: that is void
    UNANSWERED = "unanswered"

    @property
    def said(self) -> str:
        """As screens say it."""
        return {
            PartStatus.APPROVED: _("approved"),
            PartStatus.REFUSED: _("refused"),
            PartStatus.CHANGED: _("changed"),
            PartStatus.UNANSWERED: _("unanswered"),
        }[self]

    @property
    def is_open(self) -> bool:
        return self in (PartStatus.CHANGED, PartStatus.UNANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReview:
    """A part's status, and its last answer, also when that is void. `is_outdated`: it was given for other content."""

    status: PartStatus
    answer: PartAnswer | None = None
    is_outdated: bool = False
    asked_at: datetime | None = None  # when the first mail about it left

    @property
    def by(self) -> str:
        return self.answer.by if self.answer else ""

    @property
    def because(self) -> str:
        return (self.answer.because or "") if self.answer else ""


def part_review(part: Part, answer: PartAnswer | None, asked_at: datetime | None = None) -> PartReview:
    if answer is None:
        return PartReview(status=PartStatus.UNANSWERED, asked_at=asked_at)
    other = answer.fingerprint != part.fingerprint
    status = PartStatus.CHANGED if other else PartStatus.APPROVED
    if not answer.approved:
        status = PartStatus.REFUSED
    return PartReview(status=status, answer=answer, is_outdated=other, asked_at=asked_at)


def review_of(newsletter: Newsletter, audience: str) -> ReviewRule:
    """Who reviews the part; an audience without reviewers follows the newsletter's own `then`."""
    return newsletter.reviews.get(audience) or ReviewRule(reviewers=(), then=newsletter.then)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartBefore:
    """What the same audience got in the edition before. `readers` is `None` when nobody counted them then."""

    edition: str
    stories: int
    readers: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """All that a reviewer looks at, besides the mails themselves. `findings` are empty until the check was asked.
    `code` stands for the part's content; `stories` are titles in the newsletter's first language, and `elsewhere` are
    the sites where each of them was published, too; `readers` have the audience in their choice now.
    """

    part: Part
    code: str
    title: str
    review: ReviewRule
    reviewed: PartReview
    stories: tuple[str, ...]
    readers: int
    silence_at: datetime | None = None  # set when they were asked too late for the sending
    before: PartBefore | None = None
    findings: tuple[Finding, ...] = ()
    elsewhere: tuple[tuple[str, ...], ...] = ()

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def status(self) -> PartStatus:
        return self.reviewed.status


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMail:
    """The content of a part that a reviewer was sent last. `reviewer` is the folded address. The first mail about the
    part, as it was then, left at `asked_at`.
    """

    part: str
    reviewer: str
    fingerprint: str
    sent_at: datetime
    asked_at: datetime


# -- When silence is an answer: `then:` counts from the asking.

IN_TIME = timedelta(hours=1)


def asked_at(mails: Iterable[ReviewMail]) -> dict[str, datetime]:
    """Part → when the first of its reviewers was asked."""
    found: dict[str, datetime] = {}
    for mail in mails:
        found[mail.part] = min(mail.asked_at, found.get(mail.part, mail.asked_at))
    return found


def silence_counts_at(newsletter: Newsletter, edition: Edition, asked: datetime) -> datetime | None:
    """From when on the silence of reviewers who were `asked` then is an answer; `None`: nothing goes out by the
    calendar. Who was asked in time answers until the sending; others have as long as they would have had.
    """
    calendar = timetable(newsletter.schedule)
    sending_at = calendar.sending_at(edition.period)
    if sending_at is None or edition.revision != 1:
        return None
    to_be_asked = _to_be_asked_at(newsletter, edition)
    time_to_answer = sending_at.astimezone(UTC) - to_be_asked
    if asked <= to_be_asked + min(IN_TIME, time_to_answer / 2):
        return sending_at
    return (asked + time_to_answer).astimezone(newsletter.schedule.zone)


def unheard(
    newsletter: Newsletter, edition: Edition, parts: Mapping[str, PartReview], now: datetime
) -> dict[str, datetime]:
    """The open parts whose reviewers' silence is no answer yet when the sending is due, and from when on it is one.
    Without a time to ask in the settings people ask, unless nobody could: the draft came after its sending time.
    """
    sending_at = timetable(newsletter.schedule).sending_at(edition.period)
    if sending_at is None:
        return {}
    by_hand = newsletter.schedule.review is None
    drafted_in_time = edition.built_at is not None and edition.built_at < sending_at.astimezone(UTC)
    found = {}
    for name, part in parts.items():
        if not part.status.is_open or not review_of(newsletter, name).reviewers:
            continue
        if part.asked_at is None and by_hand and drafted_in_time:
            continue
        asked = part.asked_at or max(now.astimezone(UTC), _to_be_asked_at(newsletter, edition))
        counts_at = silence_counts_at(newsletter, edition, asked)
        if counts_at is not None and counts_at > max(now, sending_at, key=_utc):
            found[name] = counts_at
    return found


def answers_until(newsletter: Newsletter, edition: Edition, mails: Iterable[ReviewMail]) -> datetime | None:
    """Until when reviewers who were asked too late for the sending may answer; `None`: nobody was."""
    sending_at = timetable(newsletter.schedule).sending_at(edition.period)
    late = [silence_counts_at(newsletter, edition, asked) for asked in asked_at(mails).values()]
    return max((at for at in late if at is not None and at != sending_at), default=None)


def _to_be_asked_at(newsletter: Newsletter, edition: Edition) -> datetime:
    at = timetable(newsletter.schedule).review_at(edition.period)
    return _utc(at or instant(edition.period.end, time(0), newsletter.schedule.zone))


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


# -- What follows at the sending time.


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Seal the edition. `without` maps the audiences to be left out to the reason; `by` names who approved which part,
    `None` when nobody did.
    """

    without: Mapping[str, str]
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Wait for a person. `parts` are those without a valid answer; none: the whole edition needs its approval. `until`:
    what some of their reviewers' silence means counts then; they could not be asked in time.
    """

    parts: tuple[str, ...]
    said: str
    until: datetime | None = None

    def __str__(self) -> str:
        return self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """The edition does not go out."""

    because: str


Settlement = Seal | Wait | Skip


def settle(
    newsletter: Newsletter, parts: Mapping[str, PartReview], unheard: Mapping[str, datetime] = MappingProxyType({})
) -> Settlement:
    """What happens at the sending time, from each part's review (only audiences that the edition concerns). Parts that
    are `unheard` wait for an answer until then, whatever silence means later.

    Skipping wins over waiting: an edition that does not go needs nobody's answer.
    """
    if newsletter.approval is Approval.REQUIRED and not newsletter.reviews:
        return Wait(parts=(), said=later("nobody has approved it"))
    required = newsletter.approval is Approval.REQUIRED
    open_parts = [name for name in _in_order(newsletter, parts) if parts[name].status.is_open]
    silent = [name for name in open_parts if required and name not in unheard]
    said = {name: _silence(newsletter, name, parts[name]) for name in silent}
    then = {name: review_of(newsletter, name).then for name in silent}
    for name in silent:
        if then[name] is Unanswered.SKIP:
            return Skip(because=f"{_title(newsletter, name)} was {said[name]}")
    without = refusals(parts) | {name: said[name] for name in silent if then[name] is Unanswered.LEAVE_OUT}
    if parts.keys() <= without.keys():
        return Skip(because=_nothing_left(newsletter, parts, without))
    late = [name for name in open_parts if name in unheard]
    said |= {name: f"{_silence(newsletter, name, parts[name])}, asked late: {_until(unheard[name])}" for name in late}
    waiting = tuple(name for name in open_parts if name in unheard or then.get(name) is Unanswered.HOLD)
    if waiting:
        listed = "; ".join(f"{_title(newsletter, name)} was {said[name]}" for name in waiting)
        return Wait(parts=waiting, said=listed, until=max((unheard[name] for name in late), default=None, key=_utc))
    return Seal(without=without, by=approvers(newsletter, parts))


def refusals(parts: Mapping[str, PartReview]) -> dict[str, str]:
    """Audience → why it is left out, for the parts that somebody refused: `refused by Marta: two errors`."""
    return {
        name: f"refused by {part.by}" + (f": {part.because}" if part.because else "")
        for name, part in parts.items()
        if part.status is PartStatus.REFUSED
    }


def approvers(newsletter: Newsletter, parts: Mapping[str, PartReview]) -> str | None:
    """`Marta (Guatemala, Honduras), Luis (Mexico)`."""
    approved: dict[str, list[str]] = {}
    for name in _in_order(newsletter, parts):
        by = parts[name].by
        if parts[name].status is PartStatus.APPROVED and by:
            approved.setdefault(by, []).append(_title(newsletter, name))
    return ", ".join(f"{by} ({', '.join(titles)})" for by, titles in approved.items()) or None


# -- What stays when parts are left out.


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What takes the place of the whole draft when it is sealed. `without` is as the remainder was asked for."""

    without: Mapping[str, str]
    fingerprint: str
    description: Mapping[str, object]
    verdicts: tuple[Verdict, ...]
    variants: tuple[Variant, ...]
    served: Mapping[Choice, str | None]


def leave_out(
    newsletter: Newsletter,
    verdicts: Iterable[Verdict],
    takers: Mapping[str, Mapping[str, str]],
    without: Mapping[str, str],
) -> list[Verdict]:
    """The verdicts when audiences are left out (each to the reason): a story that only they take is left out with
    them, and open for them. `takers` maps stories to the audiences that take them, each with the reason.
    """
    return [_ruled_without(newsletter, verdict, takers.get(verdict.story_id, {}), without) for verdict in verdicts]


def choices_without(choices: Iterable[Choice], without: Collection[str]) -> dict[Choice, Choice | None]:
    """What each choice becomes when audiences are left out of it; `None`: nothing remains of it."""
    remaining = {choice: replace(choice, audiences=choice.audiences - set(without)) for choice in choices}
    return {choice: rest if rest.audiences else None for choice, rest in remaining.items()}


def _ruled_without(
    newsletter: Newsletter, verdict: Verdict, taking: Mapping[str, str], without: Mapping[str, str]
) -> Verdict:
    out = [f"{_title(newsletter, name)} ({without[name]})" for name in _in_order(newsletter, taking) if name in without]
    if verdict.ruling is not Ruling.INCLUDED or not out:
        return verdict
    if taking.keys() <= without.keys():
        said = later("left out with {parts}").format(parts=" and ".join(out))
        return replace(verdict, ruling=Ruling.LEFT_OUT, reason=str(said))
    stays = [name for name in _in_order(newsletter, taking) if name not in without]
    kept = [f"{_title(newsletter, name)} ({taking[name]})" for name in stays]
    said = later("{kept}; left out of {parts}").format(kept="; ".join(kept), parts=" and ".join(out))
    return replace(verdict, reason=str(said))


def _silence(newsletter: Newsletter, audience: str, part: PartReview) -> str:
    if part.status is PartStatus.CHANGED:
        return f"changed after {part.by} had answered"
    names = [reviewer.name or reviewer.address for reviewer in review_of(newsletter, audience).reviewers]
    return f"not answered by {' or '.join(names)}" if names else "approved by nobody"


def _until(at: datetime) -> str:
    return f"silence counts from {at:%Y-%m-%d %H:%M} on"


def _nothing_left(newsletter: Newsletter, parts: Iterable[str], without: Mapping[str, str]) -> str:
    said = "; ".join(f"{_title(newsletter, name)} was {without[name]}" for name in _in_order(newsletter, parts))
    return f"every part is left out: {said}" if said else "nothing in it concerns anybody"


def _in_order(newsletter: Newsletter, names: Iterable[str]) -> list[str]:
    wanted = set(names)
    return [audience.name for audience in newsletter.audiences if audience.name in wanted]


def _title(newsletter: Newsletter, audience: str) -> str:
    return newsletter.audience(audience).title(newsletter.languages[0])
