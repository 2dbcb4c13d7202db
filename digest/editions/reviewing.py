"""Reviewing: parts of an edition with all that people look at, their answers, and the mails to reviewers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.editions.reviews import Part, PartBefore, PartView, ReviewMail, Settlement, parts_of, review_of
from digest.editions.reviews import settle as settle_parts
from digest.foundation.addresses import NamedAddress
from digest.foundation.failpoints import reach
from digest.mail.checks.rule import Finding
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.editions.approving import Parts
    from digest.editions.guard import AudienceSizes
    from digest.editions.reviews import Seal
    from digest.foundation.workspace import Workspace
    from digest.intake.item import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A mail that has gone to a reviewer, about these parts."""

    reviewer: NamedAddress
    titles: tuple[str, ...]

    def __str__(self) -> str:
        """Without the address: it may stand in a log."""
        return f"{self.reviewer.name or 'a reviewer'} ({', '.join(self.titles)})"


def parts(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> list[PartView]:
    """The edition's parts in the settings' order; the check is not asked (see `checked`)."""
    from digest.editions.approving import look

    looked = look(workspace.editions, workspace.reviews, newsletter, edition)
    readers = readers_of(workspace, newsletter, edition)
    before = _before(workspace, newsletter, edition)
    stories = {story.id: story for story in workspace.stories(newsletter, edition.period)}
    return [
        PartView(
            part=part,
            title=part.audience.title(newsletter.languages[0]),
            review=review_of(newsletter, part.name),
            stood=looked.stood[part.name],
            stories=_titles(part, stories, newsletter.languages[0]),
            readers=readers.now.get(part.name, 0),
            before=before.get(part.name),
        )
        for part in looked.parts
    ]


def views_named(workspace: "Workspace", newsletter: Newsletter, edition: Edition, name: str | None) -> list[PartView]:
    """The part of that name, or all. Raise `UsageError` when there is none."""
    from digest.editions.approving import look, part_named

    if name is not None:
        looked = look(workspace.editions, workspace.reviews, newsletter, edition)
        name = part_named(newsletter, edition, looked, name).name
    return [view for view in parts(workspace, newsletter, edition) if name in (None, view.name)]


def approve(workspace: "Workspace", newsletter: Newsletter, edition: Edition, name: str, by: str, code: str) -> Part:
    """Approve one part; see `pipeline.review.approve_part`."""
    from digest.editions.approving import approve_part

    return approve_part(verbs_of(workspace), newsletter, edition, name, by, code)


def refuse(workspace: "Workspace", newsletter: Newsletter, edition: Edition, name: str, by: str, because: str) -> Part:
    """Refuse one part; see `pipeline.review.refuse_part`."""
    from digest.editions.approving import refuse_part

    return refuse_part(verbs_of(workspace), newsletter, edition, name, by, because)


def checked(
    workspace: "Workspace", newsletter: Newsletter, edition: Edition, views: Sequence[PartView]
) -> list[PartView]:
    """The same with what the check says of their variants."""
    return [
        replace(view, findings=workspace.check(newsletter, edition, {variant.name for variant in view.part.variants}))
        for view in views
    ]


def settle(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> Settlement:
    """What happens at the sending time, from the answers as they are now."""
    from digest.editions.approving import look

    return settle_parts(newsletter, look(workspace.editions, workspace.reviews, newsletter, edition).stood)


def seal_parts(workspace: "Workspace", newsletter: Newsletter, edition: Edition, settlement: "Seal") -> Edition:
    """Seal the draft as settled. Raise `PersonNeededError` for errors, alarms, and anything that changed since."""
    from digest.editions.approving import seal_settled

    return seal_settled(verbs_of(workspace), newsletter, edition, settlement)


def send_review_mails(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> list[Asked]:
    """Send each reviewer one mail: about those of their parts which nobody has answered, and which they have not been
    sent as they are now. A second call sends nothing.
    """
    if not newsletter.reviews:
        return []
    sent_before = {(mail.part, mail.reviewer): mail for mail in workspace.reviews.mailed(edition)}
    waiting = [view for view in parts(workspace, newsletter, edition) if view.standing.is_open]
    wanted: dict[str, tuple[NamedAddress, list[PartView]]] = {}
    for view in waiting:
        for reviewer in view.review.reviewers:
            last = sent_before.get((view.name, reviewer.address.lower()))
            if last is None or last.fingerprint != view.part.fingerprint:
                wanted.setdefault(reviewer.address.lower(), (reviewer, []))[1].append(view)
    if not wanted:
        return []
    return _mail(workspace, newsletter, edition, wanted, sent_before)


def readers_of(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> "AudienceSizes":
    """For the guard."""
    from digest.editions import guard

    last = guard.last_edition(workspace.editions.editions(newsletter.name), edition)
    now = guard.readers_of(newsletter, workspace.subscribers.subscribed(newsletter.name))
    return guard.AudienceSizes(now=now, before=last.readers if last and last.readers else None)


def verbs_of(workspace: "Workspace") -> "Parts":
    """What `pipeline.review` works with."""
    from digest.editions.approving import Parts

    def redraft(newsletter: Newsletter, edition: Edition, without: Mapping[str, str]) -> Edition:
        return workspace.build(newsletter, edition.period, without, edition.revision).edition

    def examine(newsletter: Newsletter, edition: Edition, names: Collection[str] | None) -> Sequence[Finding]:
        return workspace.check(newsletter, edition, names)

    return Parts(
        editions=workspace.editions,
        reviews=workspace.reviews,
        composer=workspace.composer,
        copy=workspace.copy,
        clock=workspace.clock,
        redraft=redraft,
        examine=examine,
        readers=lambda newsletter, edition: readers_of(workspace, newsletter, edition),
    )


def _mail(
    workspace: "Workspace",
    newsletter: Newsletter,
    edition: Edition,
    wanted: Mapping[str, tuple[NamedAddress, list[PartView]]],
    sent_before: Mapping[tuple[str, str], ReviewMail],
) -> list[Asked]:
    """Sent first, noted then: what a crash in between makes leave twice is the same message under the same name."""
    from digest.delivery.single import hand_over
    from digest.editions.review_mail import review_envelope

    now = workspace.clock.now()
    views = {view.name: view for _, mine in wanted.values() for view in mine}
    ready = {view.name: view for view in checked(workspace, newsletter, edition, list(views.values()))}
    asked = []
    for folded, (reviewer, mine) in wanted.items():
        earlier = {
            view.name: sent_before[view.name, folded].sent_at for view in mine if (view.name, folded) in sent_before
        }
        envelope = review_envelope(
            workspace.composer,
            workspace.renderer.words(newsletter.languages[0]),
            newsletter,
            edition,
            reviewer,
            [ready[view.name] for view in mine],
            earlier=earlier,
            now=now,
        )
        hand_over(workspace.transport(), envelope)
        reach("review.mailed")
        workspace.reviews.note_mail(
            edition,
            [
                ReviewMail(part=view.name, reviewer=folded, fingerprint=view.part.fingerprint, sent_at=now)
                for view in mine
            ],
        )
        asked.append(Asked(reviewer=reviewer, titles=tuple(view.title for view in mine)))
    return asked


def _before(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> dict[str, PartBefore]:
    """What each audience got in the edition that was sealed last."""
    from digest.editions.guard import last_edition

    last = last_edition(workspace.editions.editions(newsletter.name), edition)
    if last is None:
        return {}
    found = parts_of(newsletter, last, workspace.editions.variants(last), workspace.editions.choices_of(last))
    stories = {part.name: len(part.story_ids) for part in found}
    return {
        audience.name: PartBefore(
            edition=last.name, stories=stories.get(audience.name, 0), readers=last.readers.get(audience.name)
        )
        for audience in newsletter.audiences
    }


def _titles(part: Part, stories: Mapping[str, "Story"], language: str) -> tuple[str, ...]:
    return tuple(stories[id_].in_language(language).text.title for id_ in part.story_ids if id_ in stories)
