"""The report as plain text, for a terminal or a mail to a colleague."""

from collections.abc import Iterable, Iterator, Sequence

from digest.foundation.words import counted
from digest.web.columns import columns, labelled, seen, wrapped
from digest.web.report_views import ReportedStory, ReportView
from digest.web.report_words import (
    Row,
    both,
    change,
    comparison,
    deliveries,
    headline,
    history,
    late_words,
    state_label,
)
from digest.web.wording import RULINGS, day

WIDTH = 80
MOST_OF_A_KIND = 15  # stories that were left out for the same reason
MOST_MAILS = 20


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
        made = (
            f"Report on {view.edition.name}, made {both(view.made_at, view)}. Times are those of {view.timezone_name}."
        )
        yield from wrapped(made, self.width)
        yield ""
        yield from wrapped(headline(view), self.width)
        for note in view.notes:
            yield from wrapped(note, self.width)
        yield from self.section("When", self.rows(history(view)))
        yield from self.section("What people were warned of", self.warnings())
        yield from self.section("What became of the mails", self.rows(deliveries(view)))
        yield from self.section("Compared with the edition before", self.compared())
        yield from self.section("Stories", self.stories())
        yield from self.section("Sections", self.sections())
        yield from self.section("Audiences", self.audiences())
        yield from self.section("Languages", self.mails(languages=True))
        yield from self.section("Mails", self.mails(languages=False))
        yield from self.section("Not in it, and why", self.left_out())

    def section(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        body = list(lines)
        if body:
            yield from ("", title, "─" * len(title), *body)

    def rows(self, rows: Sequence[Row]) -> Iterator[str]:
        label = max((seen(row.label) for row in rows), default=0)
        for row in rows:
            text = f"{row.value} – {row.note}" if row.note else row.value
            yield from labelled(row.label, text, width=min(label, self.width // 3), most=self.width)

    def warnings(self) -> Iterator[str]:
        view = self.view
        for alarm in view.alarms:
            yield from self.point(alarm)
        for because in view.guard_because:
            yield from self.point(f"gone on with, because: {because}")
        for one in view.accepted:
            yield from self.point(f"{one.code} was accepted, because: {one.because}")

    def compared(self) -> Iterator[str]:
        view = self.view
        if view.previous is not None:
            rows = [[one.label, one.now, one.before, one.change] for one in comparison(view)]
            headings = ["", view.figures.title, view.previous.title, "change"]
            yield from columns(headings, rows, most=self.width, right=(1, 2, 3))

    def stories(self) -> Iterator[str]:
        view = self.view
        sums = " + ".join(f"{count:,} {RULINGS[ruling]}" for ruling, count in view.rulings.items())
        if view.stories:
            yield from self.plain(f"{counted(len(view.stories), 'story', 'stories')} = {sums}")
        if view.included:
            yield ""
            rows = [
                [
                    _title(story),
                    day(story.published_on) if story.published_on else "",
                    "late" * story.late,
                    story.readers,
                ]
                for story in view.included
            ]
            headings = ["in it", "date", "", "sent to" if view.tally is not None else "readers"]
            yield from columns(headings, rows, most=self.width, right=(3,))

    def sections(self) -> Iterator[str]:
        rows = [[title, stories, late_words(late)] for title, (stories, late) in self.view.sections.items()]
        if rows:
            yield from columns(["section", "stories", ""], rows, most=self.width, right=(1,))

    def audiences(self) -> Iterator[str]:
        rows = [
            [
                f"{one.title} ({one.note})" if one.note else one.title,
                one.stories,
                late_words(one.late),
                "–" if one.readers is None else f"{one.readers:,}",
                "–" if one.before is None else f"{one.before:,}",
                change(one.readers, one.before),
            ]
            for one in self.view.audiences
        ]
        if rows:
            headings = ["audience", "stories", "", "readers", "before", "change"]
            yield from columns(headings, rows, most=self.width, right=(1, 3, 4, 5))
            yield from self.plain("A reader of several audiences is counted in each of them.")

    def mails(self, *, languages: bool) -> Iterator[str]:
        from digest.model.delivery import DeliveryState

        states = [state for state in DeliveryState if any(mail.tally[state] for mail in self.view.mails)]
        mails = self.view.languages if languages else self.view.mails
        rows = [
            [mail.title, mail.stories, f"{mail.readers:,}", *(f"{mail.tally[state]:,}" for state in states)]
            for mail in mails[:MOST_MAILS]
        ]
        if rows:
            headings = ["language" if languages else "mail", "stories", "readers", *map(str, states)]
            yield from columns(headings, rows, most=self.width, right=range(1, len(headings)))
            if rest := mails[MOST_MAILS:]:
                readers = counted(sum(mail.readers for mail in rest), "reader", "readers")
                yield f"  … and {counted(len(rest), 'more', 'more')} for {readers}"

    def left_out(self) -> Iterator[str]:
        for ruling, stories in self.view.left_out.items():
            yield f"  {RULINGS[ruling].capitalize()} ({len(stories)})"
            for story in stories[:MOST_OF_A_KIND]:
                yield from self.point(f"{_title(story)}: {story.reason}", indent=4)
            if len(stories) > MOST_OF_A_KIND:
                yield f"    … and {len(stories) - MOST_OF_A_KIND} more"

    def point(self, text: str, indent: int = 2) -> Iterator[str]:
        mark = "- "
        for line in wrapped(text, self.width - indent - len(mark)):
            yield f"{' ' * indent}{mark}{line}"
            mark = "  "

    def plain(self, text: str) -> Iterator[str]:
        return (f"  {line}" for line in wrapped(text, self.width - 2))


def _title(story: ReportedStory) -> str:
    return f"{story.title} ({story.note})" if story.note else story.title
