"""The outline of a draft: what a person puts their name under, small enough to be kept with every look at it.

It covers stories, verdicts, plan, template, languages and what each audience alone gets, per language. What
combinations of audiences get follows from these, so a subscriber's change of mind makes no other draft of it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from digest.editions.description import planned
from digest.editions.plans.plan import Plan
from digest.foundation.catalogue import _, plural
from digest.intake.item import Story
from digest.mail.content import Variant
from digest.newsletters.edition import Choice, Edition, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlinedStory:
    """`words` is a hash of its texts; two drafts that differ in it alone differ in nothing that a reader gets."""

    title: str
    ruling: str
    late: bool
    reason: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """`plan` is a hash of what it says; `template` names the set and hashes it. `parts` maps the audiences alone, per
    language, to hashes of their mails. `stories` are in reading order.
    """

    edition: str
    window: str
    languages: str
    template: str
    plan: str
    stories: Mapping[str, OutlinedStory]
    parts: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """SHA-256, hex, of all but what only explains a difference."""
        covered = asdict(self)
        for story in covered["stories"].values():
            del story["title"], story["words"]
        return _hash(covered)


def outline_of(
    newsletter: Newsletter,
    edition: Edition,
    template_fingerprint: str,
    ruled: Sequence[tuple[Story, Verdict]],
    variants: Sequence[Variant],
    served: Mapping[Choice, str | None],
    plan: Plan,
) -> Outline:
    by_name = {variant.name: variant.fingerprint for variant in variants}
    parts = {}
    for audience in newsletter.audiences:
        for language in newsletter.languages:
            alone = Choice(newsletter=newsletter.name, audiences=frozenset([audience.name]), language=language)
            if (name := served.get(alone)) is not None:
                parts[f"{audience.name}.{language}"] = by_name[name]
    return Outline(
        edition=edition.name,
        window=f"{edition.period.start} {edition.period.end}",
        languages=" ".join(newsletter.languages),
        template=f"{newsletter.template} {template_fingerprint}",
        plan=_hash(planned(plan)),
        stories={
            story.id: OutlinedStory(
                title=story.in_language(newsletter.languages[0]).text.title,
                ruling=verdict.ruling.value,
                late=verdict.late,
                reason=verdict.reason,
                words=_hash([[asdict(item.text), item.published_on.isoformat()] for item in story.items]),
            )
            for story, verdict in ruled
        },
        parts=parts,
    )


def packed(outline: Outline) -> str:
    """JSON; `unpacked` makes the same outline of it."""
    return json.dumps(asdict(outline), ensure_ascii=False)


def unpacked(content: str) -> Outline:
    document = json.loads(content)
    stories = {id_: OutlinedStory(**story) for id_, story in document["stories"].items()}
    return Outline(**{**document, "stories": stories})


def changes(before: Outline, now: Outline) -> list[str]:
    """What has become another between two outlines of one edition, in plain words."""
    said = list(_story_changes(before.stories, now.stories))
    for name, what in (
        ("plan", _("the plan changed")),
        ("template", _("the template changed")),
        ("languages", _("the languages changed")),
    ):
        if getattr(before, name) != getattr(now, name):
            said.append(what)
    if not said and before.fingerprint != now.fingerprint:
        said.append(_("the settings changed, and with them what readers get"))
    return said


def _story_changes(before: Mapping[str, OutlinedStory], now: Mapping[str, OutlinedStory]) -> Iterator[str]:
    came = [story for id_, story in now.items() if id_ not in before]
    went = [story for id_, story in before.items() if id_ not in now]
    both = [(before[id_], story) for id_, story in now.items() if id_ in before]
    ruled = [(old, story) for old, story in both if old.ruling != story.ruling]
    reworded = [
        story for old, story in both if old.ruling == story.ruling == Ruling.INCLUDED and old.words != story.words
    ]
    if came:
        yield _("{titles} came in").format(titles=_titles(came))
    if went:
        yield _("{titles} went out").format(titles=_titles(went))
    for old, story in ruled[:SHOWN]:
        yield _("{titles} is {ruling} now, and was {before}").format(
            titles=_titles([story]), ruling=story.ruling, before=old.ruling
        )
    if len(ruled) > SHOWN:
        yield plural(
            "{count} more story was decided otherwise",
            "{count} more stories were decided otherwise",
            len(ruled) - SHOWN,
        )
    if reworded:
        yield _("the text of {titles} changed").format(titles=_titles(reworded))
    if not came and not went and list(before) != list(now):
        yield _("the order of the stories changed")


def _titles(stories: Sequence[OutlinedStory]) -> str:
    said = ", ".join(f"“{story.title}”" for story in stories[:SHOWN])
    return said if len(stories) <= SHOWN else f"{said} and {len(stories) - SHOWN} more"


def _hash(value: object) -> str:
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
