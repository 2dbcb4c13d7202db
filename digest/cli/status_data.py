"""`digest status --json`: how newsletters stand, for other programs."""

from datetime import datetime
from typing import TYPE_CHECKING

from digest.cli.status_words import next_step, state_of
from digest.cli.wording import rhythm
from digest.model.edition import Ruling

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.app.standing import EditionStanding, NewsletterStanding
    from digest.app.waiting import Waiting
    from digest.model.period import Period


def data_of(workspace: "Workspace", stands: "NewsletterStanding") -> dict[str, object]:
    newsletter, coming = stands.newsletter, stands.next
    return {
        "newsletter": newsletter.name,
        "title": newsletter.title(newsletter.languages[0]),
        "rhythm": rhythm(newsletter),
        "timezone": newsletter.schedule.zone.key,
        "readers": stands.readers,
        "next": None
        if coming is None
        else {
            "period": coming.period.key,
            "sending_at": coming.at.isoformat(),
            "seconds": int((coming.at - stands.now).total_seconds()),
            "covers": _covers(coming.period),
            "state": str(coming.edition.state) if coming.edition else None,
            "stories": coming.stories,
        },
        "late": [
            {
                "period": late.period.key,
                "sending_at": late.at.isoformat(),
                "late_by_seconds": int(late.late_by.total_seconds()),
                "state": str(late.edition.state) if late.edition else None,
            }
            for late in stands.late
        ],
        "missed": [{"period": one.period.key, "because": one.because, "stories": one.stories} for one in stands.missed],
        "waiting": [_waiting(one) for one in stands.waiting],
        "alarms": list(stands.alarms),
        "editions": [_edition(stands, row) for row in stands.editions],
        "last_run": _last_run(workspace),
    }


def _edition(stands: "NewsletterStanding", row: "EditionStanding") -> dict[str, object]:
    edition = row.edition
    return {
        "period": row.key,
        "state": state_of(row),
        "goes_out": f"{row.goes_out_at:%Y-%m-%d %H:%M}" if row.goes_out_at else "",
        "stories": row.included,
        "waiting": row.arrivals,
        "sent": row.sent,
        "next": next_step(stands.newsletter, row),
        "sending_at": row.goes_out_at.isoformat() if row.goes_out_at else None,
        "covers": _covers(row.period),
        "verdicts": {ruling.value: row.rulings.get(ruling, 0) for ruling in Ruling},
        "deliveries": {state.value: count for state, count in row.tally.states.items()} if row.tally else {},
        "interrupted": row.interrupted,
        "paused": row.paused or None,
        "because": edition.because if edition else None,
        "approved_by": edition.approved_by if edition else None,
        "built_at": _at(edition.built_at if edition else None),
        "sealed_at": _at(edition.sealed_at if edition else None),
        "began_at": _at(edition.sending_at if edition else None),
        "finished_at": _at(edition.finished_at if edition else None),
    }


def _waiting(waiting: "Waiting") -> dict[str, object]:
    return {
        "period": waiting.edition.key,
        "since": _at(waiting.since),
        "parts": [
            {
                "part": part.part,
                "title": part.title,
                "standing": part.standing.value,
                "reviewers": list(part.reviewers),
                "asked_at": _at(part.asked_at),
                "then": part.then,
            }
            for part in waiting.parts
        ],
    }


def _last_run(workspace: "Workspace") -> dict[str, object] | None:
    record = workspace.runs.last()
    if record is None:
        return None
    return {
        "began_at": _at(record.began_at),
        "last_at": _at(record.last_at),
        "times": record.times,
        "exit_code": record.exit_code,
        "rehearsed": record.rehearsed,
        "done": list(record.done),
        "trouble": [{"about": one.about, "said": one.said, "code": one.code} for one in record.trouble],
    }


def _covers(period: "Period") -> dict[str, str]:
    return {"first_day": period.start.isoformat(), "last_day": period.last_day.isoformat()}


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
