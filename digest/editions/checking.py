"""Check: the gate on the final bytes of every variant of an edition, before anybody puts a name under them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from digest.editions.store import Editions
from digest.errors import PersonNeededError
from digest.foundation.problems import Severity
from digest.intake.item import Story
from digest.mail.checks.rule import Finding, Specimen
from digest.mail.composing import Composer
from digest.mail.content import Variant
from digest.newsletters.edition import Acceptance, Edition
from digest.newsletters.newsletter import Newsletter, Publisher


class Gate(Protocol):
    def __call__(self, specimen: Specimen) -> tuple[Finding, ...]:
        """Judge the final bytes of one variant. Pure; never raises, whatever the bytes are."""
        ...


SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What checking needs from outside.

    `stories` are as the edition's plan corrects them. `public_url` is where leaving and preferences live, if anywhere;
    `title_of` the human name of a variant.
    """

    stories: Sequence[Story]
    editions: Editions
    composer: Composer
    gate: Gate
    public_url: str | None
    title_of: Callable[[Newsletter, Variant], str]


def check(
    parts: Parts,
    publisher: Publisher,
    newsletter: Newsletter,
    edition: Edition,
    names: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """All findings, errors first, in all variants or in those called `names`. What several variants share is said once,
    and of how many.
    """
    stories = {story.id: story for story in parts.stories}
    used = _used_links(stories, parts.editions.settled(newsletter.name), edition)
    where: dict[Finding, list[str]] = {}
    for variant in parts.editions.variants(edition):
        if names is not None and variant.name not in names:
            continue
        specimen = _specimen(parts, publisher, newsletter, edition, variant, stories, used)
        for finding in parts.gate(specimen):
            where.setdefault(finding, []).append(specimen.title)
    order = list(Severity)
    said = [replace(finding, place=f"{_listed(titles)}, {finding.place}") for finding, titles in where.items()]
    return tuple(sorted(said, key=lambda finding: (order.index(finding.severity), finding.code)))


def refuse_errors(findings: Sequence[Finding], accepted: Sequence[Acceptance]) -> None:
    """Raise `PersonNeededError` for errors that nobody accepted."""
    codes = {acceptance.code for acceptance in accepted}
    errors = [finding for finding in findings if finding.severity is Severity.ERROR and finding.code not in codes]
    if errors:
        shown = "\n".join(f"  {finding}" for finding in errors[:SHOWN])
        more = f"\n  … and {len(errors) - SHOWN} more: digest check" if len(errors) > SHOWN else ""
        raise PersonNeededError(
            "the check",
            f"{len(errors)} errors in the mails\n{shown}{more}",
            'mend them and build again, or approve with --accept CODE --because "…"',
        )


def _specimen(
    parts: Parts,
    publisher: Publisher,
    newsletter: Newsletter,
    edition: Edition,
    variant: Variant,
    stories: Mapping[str, Story],
    used: Mapping[str, str],
) -> Specimen:
    return Specimen(
        name=variant.name,
        title=parts.title_of(newsletter, variant),
        language=variant.language,
        subject=variant.rendered.subject,
        html=parts.composer.sample_body(edition, variant.rendered.html),
        text=parts.composer.sample_body(edition, variant.rendered.text),
        message=parts.composer.sample(edition, variant.rendered.message).message,
        publisher=publisher,
        newsletter=newsletter,
        public_url=parts.public_url,
        used_links=used,
        story_titles=tuple(
            stories[id_].in_language(variant.language).text.title for id_ in variant.story_ids if id_ in stories
        ),
    )


def _used_links(stories: Mapping[str, Story], settled: Mapping[str, str], edition: Edition) -> dict[str, str]:
    """Links of stories that other editions have taken."""
    return {
        item.text.link: settled[id_]
        for id_, story in stories.items()
        if settled.get(id_, edition.name) != edition.name
        for item in story.items
        if item.text.link is not None
    }


def _listed(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"
