"""Waiting: which editions wait for a person, and for whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from digest.app.titles import audience_title
from digest.model.edition import Edition, EditionState
from digest.model.newsletter import Approval, Newsletter
from digest.model.review import Standing
from digest.policy.reviewing import parts_of, review_of
from digest.policy.reviewing import standing as part_standing

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.store.overviews import Overviews


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPart:
    """A part without a valid answer. `reviewers` are names; `asked_at` is when the last of them was sent a mail about
    it; `then` is what their silence means.
    """

    part: str
    title: str
    standing: Standing
    reviewers: tuple[str, ...]
    asked_at: datetime | None
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An edition that waits for a person since `since`. `parts` are empty when it is approved as a whole, or when all
    reviewers have answered.
    """

    edition: Edition
    since: datetime | None
    parts: tuple[WaitingPart, ...] = ()


def waiting_for(
    workspace: "Workspace", overviews: "Overviews", newsletter: Newsletter, editions: Sequence[Edition]
) -> Iterator[Waiting]:
    """Closed drafts that need an approval, the oldest first."""
    if newsletter.approval is not Approval.REQUIRED:
        return
    for edition in editions:
        if edition.state is EditionState.DRAFT and edition.covers_to_end:
            parts = _parts(workspace, overviews, newsletter, edition) if newsletter.reviews else ()
            yield Waiting(edition=edition, since=edition.built_at, parts=parts)


def _parts(
    workspace: "Workspace", overviews: "Overviews", newsletter: Newsletter, edition: Edition
) -> tuple[WaitingPart, ...]:
    answers = workspace.reviews.answers(edition)
    asked: dict[str, datetime] = {}
    for mail in workspace.reviews.mailed(edition):
        asked[mail.part] = max(mail.sent_at, asked.get(mail.part, mail.sent_at))
    found = []
    for part in parts_of(newsletter, edition, overviews.outlines(edition), workspace.editions.choices_of(edition)):
        stands = part_standing(part, answers.get(part.name)).standing
        if stands.is_open:
            review = review_of(newsletter, part.name)
            found.append(
                WaitingPart(
                    part=part.name,
                    title=audience_title(newsletter, part.name),
                    standing=stands,
                    reviewers=tuple(one.name or one.address for one in review.reviewers),
                    asked_at=asked.get(part.name),
                    then=review.then.value,
                )
            )
    return tuple(found)
