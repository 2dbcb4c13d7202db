"""The report as a page that stands alone, and as data for other programs."""

from dataclasses import asdict
from datetime import date, datetime

from digest.model.delivery import DeliveryState, Tally
from digest.web import report_words
from digest.web.report_views import Figures, ReportedMail, ReportView
from digest.web.templating import draw_page

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
MOST_OF_A_KIND = 40  # mails, or stories that were left out for the same reason


def report_page(view: ReportView) -> str:
    """One HTML file without scripts and without links: it needs nothing else, and can be printed."""
    tone, label = report_words.state_label(view)
    return draw_page(
        "report.html",
        view=view,
        policy=POLICY,
        tone=tone,
        label=label,
        headline=report_words.headline(view),
        history=report_words.history(view),
        deliveries=report_words.deliveries(view),
        comparison=report_words.comparison(view),
        made=report_words.both(view.made_at, view),
        change=report_words.change,
        states=[state for state in DeliveryState if any(mail.tally[state] for mail in view.mails)],
        most=MOST_OF_A_KIND,
    )


def report_data(view: ReportView) -> dict[str, object]:
    """All of it as JSON knows it; instants in ISO 8601 with UTC's offset."""
    edition = view.edition
    return {
        "edition": edition.name,
        "newsletter": edition.newsletter,
        "title": view.newsletter_title,
        "period": {
            "key": edition.key,
            "title": view.figures.title,
            "first_day": edition.period.start.isoformat(),
            "last_day": edition.period.last_day.isoformat(),
        },
        "state": edition.state.value,
        "headline": report_words.headline(view),
        "made_at": _plain(view.made_at),
        "timezone": view.timezone_name,
        "covers_to_end": edition.covers_to_end,
        "planned_at": _plain(view.planned_at),
        "built_at": _plain(edition.built_at),
        "sealed_at": _plain(edition.sealed_at),
        "sending_at": _plain(edition.sending_at),
        "finished_at": _plain(edition.finished_at),
        "approved_by": edition.approved_by,
        "approved_at": _plain(edition.approved_at),
        "because": edition.because,
        "answers": [_plain(asdict(answer)) for answer in view.answers],
        "alarms": list(view.alarms),
        "guard_because": list(view.guard_because),
        "accepted": [asdict(one) for one in view.accepted],
        "verdicts": {"candidates": len(view.stories)} | {ruling.value: n for ruling, n in view.rulings.items()},
        "stories": [_plain(asdict(story)) for story in view.stories],
        "sections": [{"title": title, "stories": n, "late": late} for title, (n, late) in view.sections.items()],
        "audiences": [asdict(audience) for audience in view.audiences],
        "languages": [_mail(mail) for mail in view.languages],
        "mails": [_mail(mail) for mail in view.mails],
        "figures": _figures(view.figures),
        "previous": _figures(view.previous) if view.previous else None,
        "unserved": view.unserved,
        "returned": None if view.returned is None else {kind.value: n for kind, n in view.returned.items()},
        "under_way": view.under_way,
        "transport": view.transport,
        "notes": list(view.notes),
    }


def _figures(figures: Figures) -> dict[str, object]:
    return {
        "key": figures.key,
        "title": figures.title,
        "sending_at": _plain(figures.sending_at),
        "stories": figures.stories,
        "late": figures.late,
        "mails": figures.mails,
        "readers": figures.readers,
        "deliveries": None if figures.tally is None else _tally(figures.tally),
    }


def _mail(mail: ReportedMail) -> dict[str, object]:
    return {
        "title": mail.title,
        "language": mail.code,
        "subject": mail.subject,
        "stories": mail.stories,
        "readers": mail.readers,
        "deliveries": _tally(mail.tally),
    }


def _tally(tally: Tally) -> dict[str, int]:
    return {state.value: tally[state] for state in DeliveryState}


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case _:
            return value
