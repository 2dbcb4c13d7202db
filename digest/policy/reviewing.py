"""Reviewing: what the parts of an edition are, how each stands, and what follows from that at the sending time."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from digest.model.audience import Audience
from digest.model.edition import Choice, Edition, Ruling, Variant, Verdict
from digest.model.item import Story
from digest.model.newsletter import Approval, Newsletter, Review, Unanswered
from digest.model.review import Answer, Part, PartStanding, Standing
from digest.policy.review_codes import code_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Seal the edition. `without` maps the audiences to be left out to the reason; `by` names who approved which part,
    `None` when nobody did.
    """

    without: Mapping[str, str]
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Wait for a person. `parts` are those without a valid answer; none: the whole edition needs its approval."""

    parts: tuple[str, ...]
    said: str

    def __str__(self) -> str:
        return self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """The edition does not go out."""

    because: str


Settlement = Seal | Wait | Skip


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
            code = code_of(fingerprint)
            parts.append(Part(audience=audience, variants=content, fingerprint=fingerprint, code=code))
    return tuple(parts)


def standing(part: Part, answer: Answer | None) -> PartStanding:
    if answer is None:
        return PartStanding(standing=Standing.UNANSWERED)
    if answer.fingerprint != part.fingerprint:
        return PartStanding(standing=Standing.CHANGED, answer=answer)
    return PartStanding(standing=Standing.APPROVED if answer.approved else Standing.REFUSED, answer=answer)


def review_of(newsletter: Newsletter, audience: str) -> Review:
    """Who reviews the part; an audience without reviewers follows the newsletter's own `then`."""
    return newsletter.reviews.get(audience) or Review(reviewers=(), then=newsletter.then)


def settle(newsletter: Newsletter, parts: Mapping[str, PartStanding]) -> Settlement:
    """What happens at the sending time, from how each part stands (only audiences that the edition concerns).

    Skipping wins over waiting: an edition that does not go needs nobody's answer.
    """
    if newsletter.approval is Approval.REQUIRED and not newsletter.reviews:
        return Wait(parts=(), said="nobody has approved it")
    required = newsletter.approval is Approval.REQUIRED
    silent = [name for name in _in_order(newsletter, parts) if required and parts[name].standing.is_open]
    said = {name: _silence(newsletter, name, parts[name]) for name in silent}
    then = {name: review_of(newsletter, name).then for name in silent}
    for name in silent:
        if then[name] is Unanswered.SKIP:
            return Skip(because=f"{_title(newsletter, name)} was {said[name]}")
    without = refusals(parts) | {name: said[name] for name in silent if then[name] is Unanswered.LEAVE_OUT}
    if parts.keys() <= without.keys():
        return Skip(because=_nothing_left(newsletter, parts, without))
    waiting = tuple(name for name in silent if then[name] is Unanswered.HOLD)
    if waiting:
        return Wait(parts=waiting, said="; ".join(f"{_title(newsletter, name)} was {said[name]}" for name in waiting))
    return Seal(without=without, by=approvers(newsletter, parts))


def refusals(parts: Mapping[str, PartStanding]) -> dict[str, str]:
    """Audience → why it is left out, for the parts that somebody refused: `refused by Marta: two errors`."""
    return {
        name: f"refused by {part.by}" + (f": {part.because}" if part.because else "")
        for name, part in parts.items()
        if part.standing is Standing.REFUSED
    }


def approvers(newsletter: Newsletter, parts: Mapping[str, PartStanding]) -> str | None:
    """`Marta (Guatemala, Honduras), Luis (Mexico)`."""
    approved: dict[str, list[str]] = {}
    for name in _in_order(newsletter, parts):
        by = parts[name].by
        if parts[name].standing is Standing.APPROVED and by:
            approved.setdefault(by, []).append(_title(newsletter, name))
    return ", ".join(f"{by} ({', '.join(titles)})" for by, titles in approved.items()) or None


def leave_out(
    newsletter: Newsletter, ruled: Iterable[tuple[Story, Verdict]], without: Mapping[str, str]
) -> list[Verdict]:
    """The verdicts when audiences are left out (each to the reason): a story that only they take is deferred."""
    return [_ruled_without(newsletter, story, verdict, without) for story, verdict in ruled]


def choices_without(choices: Iterable[Choice], without: Collection[str]) -> dict[Choice, Choice | None]:
    """What each choice becomes when audiences are left out of it; `None`: nothing remains of it."""
    remaining = {choice: replace(choice, audiences=choice.audiences - set(without)) for choice in choices}
    return {choice: rest if rest.audiences else None for choice, rest in remaining.items()}


def _ruled_without(newsletter: Newsletter, story: Story, verdict: Verdict, without: Mapping[str, str]) -> Verdict:
    taking = {audience.name: reason for audience in newsletter.audiences if (reason := audience.reason(story))}
    out = [f"{_title(newsletter, name)} ({without[name]})" for name in taking if name in without]
    if verdict.ruling is not Ruling.INCLUDED or not out:
        return verdict
    if taking.keys() <= without.keys():
        return replace(verdict, ruling=Ruling.DEFERRED, reason=f"left out with {' and '.join(out)}")
    kept = [f"{_title(newsletter, name)} ({reason})" for name, reason in taking.items() if name not in without]
    return replace(verdict, reason=f"{'; '.join(kept)}; left out of {' and '.join(out)}")


def _silence(newsletter: Newsletter, audience: str, part: PartStanding) -> str:
    if part.standing is Standing.CHANGED:
        return f"changed after {part.by} had answered"
    names = [reviewer.name or reviewer.address for reviewer in review_of(newsletter, audience).reviewers]
    return f"not answered by {' or '.join(names)}" if names else "approved by nobody"


def _nothing_left(newsletter: Newsletter, parts: Iterable[str], without: Mapping[str, str]) -> str:
    said = "; ".join(f"{_title(newsletter, name)} was {without[name]}" for name in _in_order(newsletter, parts))
    return f"every part is left out: {said}" if said else "nothing in it concerns anybody"


def _in_order(newsletter: Newsletter, names: Iterable[str]) -> list[str]:
    wanted = set(names)
    return [audience.name for audience in newsletter.audiences if audience.name in wanted]


def _title(newsletter: Newsletter, audience: str) -> str:
    return newsletter.audience(audience).title(newsletter.languages[0])


def _part_fingerprint(edition: Edition, audience: Audience, variants: Iterable[Variant]) -> str:
    """Of what readers get, whatever the variants are called."""
    content = [(variant.language, variant.fingerprint) for variant in variants]
    named = json.dumps([edition.name, audience.name, content], ensure_ascii=True)
    return hashlib.sha256(named.encode()).hexdigest()
