"""Figures for those who watch the program: how the last run went, and how every newsletter stands. No addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.model.delivery import Tally
from digest.model.edition import Edition, EditionState
from digest.model.newsletter import Approval, Newsletter
from digest.policy.due import Send, Standing, due
from digest.policy.timetable import timetable

if TYPE_CHECKING:
    from digest.app.workspace import Workspace

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run went."""

    began_at: datetime
    seconds: float
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How a newsletter stands. `waiting_since` is when the draft was built that a person has to approve; `late` by how
    much a sending is overdue; `last` is what became of the messages of the edition that was finished last.
    """

    newsletter: str
    next_sending_at: datetime | None
    waiting_since: datetime | None
    late: timedelta
    readers: int
    last: Tally | None


def figures(workspace: "Workspace") -> list[Figures]:
    """Of every newsletter, as of now."""
    return [_figures(workspace, newsletter) for newsletter in workspace.settings.newsletters]


def next_instant(newsletters: Sequence[Newsletter], now: datetime) -> datetime | None:
    """When something is to be done next by the calendar: a sending, or mail to reviewers."""
    found = []
    for newsletter in newsletters:
        calendar = timetable(newsletter.schedule)
        sendings = calendar.sendings(now.astimezone(newsletter.schedule.zone).date() - DAY)
        for at, period in sendings:
            if at > now:
                review_at = calendar.review_at(period)
                found.append(at if review_at is None or review_at <= now else review_at)
                break
    return min(found, default=None)


def _figures(workspace: "Workspace", newsletter: Newsletter) -> Figures:
    now = workspace.clock.now()
    editions = workspace.editions.editions(newsletter.name)
    finished = [edition for edition in editions if edition.state is EditionState.FINISHED]
    last = max(finished, key=lambda edition: edition.finished_at or now, default=None)
    return Figures(
        newsletter=newsletter.name,
        next_sending_at=_next_sending_at(newsletter, editions, now),
        waiting_since=_waiting_since(newsletter, editions),
        late=_late(workspace, newsletter, editions, now),
        readers=sum(count for _, count in workspace.subscribers.subscribed(newsletter.name)),
        last=None if last is None else workspace.ledger.tally(last),
    )


def _next_sending_at(newsletter: Newsletter, editions: Sequence[Edition], now: datetime) -> datetime | None:
    over = {
        edition.period for edition in editions if not (edition.state.is_open or edition.state is EditionState.SEALED)
    }
    sendings = timetable(newsletter.schedule).sendings(now.astimezone(newsletter.schedule.zone).date() - DAY)
    return next((at for at, period in sendings if at > now and period not in over), None)


def _waiting_since(newsletter: Newsletter, editions: Sequence[Edition]) -> datetime | None:
    if newsletter.approval is not Approval.REQUIRED:
        return None
    drafts = (edition for edition in editions if edition.state is EditionState.DRAFT and edition.covers_to_end)
    return min((draft.built_at for draft in drafts if draft.built_at), default=None)


def _late(workspace: "Workspace", newsletter: Newsletter, editions: Sequence[Edition], now: datetime) -> timedelta:
    today = now.astimezone(newsletter.schedule.zone).date()
    standing = Standing(
        newsletter=newsletter,
        editions=editions,
        turns=lambda: workspace.periods_to_build(newsletter),
        started_on=workspace.runs.started_on(newsletter.name, today),
    )
    sendings = [intent.sending_at for intent in due(standing, now) if isinstance(intent, Send)]
    return max([now - at for at in sendings], default=timedelta())
