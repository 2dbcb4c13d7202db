"""The report as a page that stands alone, as plain text, and as data for other programs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime

from digest.delivery.delivery import DeliveryState, Tally
from digest.desk.chart_tables import ChartWithTable
from digest.desk.columns import columns, labelled, seen, wrapped
from digest.desk.pages import POLICY, draw_page
from digest.desk.phrases import (
    ReportRow,
    both,
    change,
    comparison,
    deliveries,
    delivery_columns,
    headline,
    history,
    late_words,
    rulings,
    state_label,
)
from digest.desk.report import ReportedMail, ReportedStory, ReportFigures, ReportView
from digest.foundation.catalogue import _, plural
from digest.foundation.words import day

WIDTH = 80
MOST_IN_TEXT = 15  # stories that were left out for the same reason
MOST_MAILS = 20
MOST_ON_PAGE = 40  # mails, or stories that were left out for the same reason


def report_page(view: ReportView, charts: Sequence[ChartWithTable] = ()) -> str:
    """One HTML file without scripts and without links: it needs nothing else, and can be printed."""
    tone, label = state_label(view)
    return draw_page(
        "report.html",
        view=view,
        policy=POLICY,
        tone=tone,
        label=label,
        headline=headline(view),
        history=history(view),
        deliveries=deliveries(view),
        comparison=comparison(view),
        made=both(view.made_at, view),
        change=change,
        states=[state for state in DeliveryState if any(mail.tally[state] for mail in view.mails)],
        most=MOST_ON_PAGE,
        charts=charts,
    )


def report_text(view: ReportView, width: int = WIDTH) -> str:
    """Lines of at most `width` cells, wherever words allow it."""
    return "\n".join(_Text(view, width).lines()) + "\n"


class _Text:
    def __init__(self, view: ReportView, width: int) -> None:
        self.view, self.width = view, width

    def lines(self) -> Iterator[str]:
        view = self.view
        title = f"{view.newsletter_title} – {view.figures.title}"
        yield from wrapped(f"{title} [{state_label(view)[1].lower()}]", self.width)
        yield "═" * min(self.width, seen(title))
        made = _("Report on {edition}, made {when}. Times are those of {zone}.")
        said = made.format(edition=view.in_full, when=both(view.made_at, view), zone=view.timezone_name)
        yield from wrapped(said, self.width)
        yield ""
        yield from wrapped(headline(view), self.width)
        for note in view.notes:
            yield from wrapped(note, self.width)
        yield from self.section(_("When"), self.rows(history(view)))
        yield from self.section(_("What people were warned of"), self.warnings())
        yield from self.section(_("What became of the mails"), self.rows(deliveries(view)))
        yield from self.section(_("Compared with the edition before"), self.compared())
        yield from self.section(_("Stories"), self.stories())
        yield from self.section(_("Sections"), self.sections())
        yield from self.section(_("Audiences"), self.audiences())
        yield from self.section(_("Languages"), self.mails(languages=True))
        yield from self.section(_("Mails"), self.mails(languages=False))
        yield from self.section(_("Not in it, and why"), self.left_out())

    def section(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        body = list(lines)
        if body:
            yield from ("", title, "─" * len(title), *body)

    def rows(self, rows: Sequence[ReportRow]) -> Iterator[str]:
        label = max((seen(row.label) for row in rows), default=0)
        for row in rows:
            text = f"{row.value} – {row.note}" if row.note else row.value
            yield from labelled(row.label, text, width=min(label, self.width // 3), most=self.width)

    def warnings(self) -> Iterator[str]:
        view = self.view
        for alarm in view.alarms:
            yield from self.point(alarm)
        for because in view.guard_because:
            yield from self.point(_("gone on with, because: {because}").format(because=because))
        for one in view.accepted:
            yield from self.point(
                _("{code} was accepted, because: {because}").format(code=one.code, because=one.because)
            )

    def compared(self) -> Iterator[str]:
        view = self.view
        if view.previous is not None:
            rows = [[one.label, one.now, one.before, one.change] for one in comparison(view)]
            headings = ["", view.figures.title, view.previous.title, _("change")]
            yield from columns(headings, rows, most=self.width, right=(1, 2, 3))

    def stories(self) -> Iterator[str]:
        view = self.view
        sums = " + ".join(f"{count:,} {rulings()[ruling]}" for ruling, count in view.rulings.items())
        if view.stories:
            yield from self.plain(f"{plural('{count:,} story', '{count:,} stories', len(view.stories))} = {sums}")
        if view.included:
            yield ""
            rows = [
                [
                    _title(story),
                    day(story.published_on) if story.published_on else "",
                    _("late") * story.late,
                    story.readers,
                ]
                for story in view.included
            ]
            headings = [_("in it"), _("date"), "", _("readers") if view.tally is None else _("sent to")]
            yield from columns(headings, rows, most=self.width, right=(3,))

    def sections(self) -> Iterator[str]:
        rows = [[title, stories, late_words(late)] for title, (stories, late) in self.view.sections.items()]
        if rows:
            yield from columns([_("section"), _("stories"), ""], rows, most=self.width, right=(1,))

    def audiences(self) -> Iterator[str]:
        rows = [
            [
                one.title,
                one.stories,
                late_words(one.late),
                "–" if one.readers is None else f"{one.readers:,}",
                "–" if one.before is None else f"{one.before:,}",
                change(one.readers, one.before),
            ]
            for one in self.view.audiences
        ]
        if rows:
            headings = [_("audience"), _("stories"), "", _("readers"), _("before"), _("change")]
            yield from columns(headings, rows, most=self.width, right=(1, 3, 4, 5))
            yield from self.plain(_("A reader of several audiences is counted in each of them."))

    def mails(self, *, languages: bool) -> Iterator[str]:
        states = [state for state in DeliveryState if any(mail.tally[state] for mail in self.view.mails)]
        mails = self.view.languages if languages else self.view.mails
        rows = [
            [mail.title, mail.stories, f"{mail.readers:,}", *(f"{mail.tally[state]:,}" for state in states)]
            for mail in mails[:MOST_MAILS]
        ]
        if rows:
            headings = [_("language") if languages else _("mail"), _("stories"), _("readers")]
            headings += [delivery_columns()[state] for state in states]
            yield from columns(headings, rows, most=self.width, right=range(1, len(headings)))
            if rest := mails[MOST_MAILS:]:
                readers = plural("{count:,} reader", "{count:,} readers", sum(mail.readers for mail in rest))
                said = plural(
                    "… and {count:,} more for {readers}",
                    "… and {count:,} more for {readers}",
                    len(rest),
                    readers=readers,
                )
                yield f"  {said}"

    def left_out(self) -> Iterator[str]:
        for ruling, stories in self.view.left_out.items():
            yield f"  {rulings()[ruling].capitalize()} ({len(stories)})"
            for story in stories[:MOST_IN_TEXT]:
                yield from self.point(f"{_title(story)}: {story.reason}", indent=4)
            if len(stories) > MOST_IN_TEXT:
                yield "    " + _("… and {count} more").format(count=len(stories) - MOST_IN_TEXT)

    def point(self, text: str, indent: int = 2) -> Iterator[str]:
        mark = "- "
        for line in wrapped(text, self.width - indent - len(mark)):
            yield f"{' ' * indent}{mark}{line}"
            mark = "  "

    def plain(self, text: str) -> Iterator[str]:
        return (f"  {line}" for line in wrapped(text, self.width - 2))


def _title(story: ReportedStory) -> str:
    return f"{story.title} ({story.note})" if story.note else story.title


# -- The report as data.


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
        "headline": headline(view),
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


def _figures(figures: ReportFigures) -> dict[str, object]:
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
