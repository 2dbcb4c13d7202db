"""Charts as pages show them: each with its words, and with a table that holds the numbers it is drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from digest.delivery.delivery import DeliveryState
from digest.desk.charts import ChartWords, Panel, bar_chart, column_chart, line_chart, year_chart
from digest.desk.numbers import EditionNumbers, Growth, Numbers, SubjectNumbers, YearDay, numbers_of
from digest.desk.phrases import delivery_columns
from digest.foundation.catalogue import _, plural, spoken
from digest.foundation.words import day, month
from digest.intake.item import TagKind
from digest.mail.wording import first_upper, for_staff
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period, PeriodKind
from digest.settings.instance import Instance

NOT_DRAWN = Markup()
MOST_BARS = 12
MOST_OPEN = 12  # rows of a table that stands open


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartWithTable:
    """`said` has its sum; with nothing to draw it says so, and `drawing` is empty. `total` is the last row."""

    id: str
    title: str
    said: str
    drawing: Markup = NOT_DRAWN
    has_key: bool = False  # a day is full, or a frame
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    total: Sequence[str] = ()
    note: str = ""

    @property
    def is_long(self) -> bool:
        return len(self.rows) > MOST_OPEN


def drawn_numbers(
    instance: Instance, newsletter: Newsletter, edition: Edition | None = None, prefix: str = "chart"
) -> tuple[ChartWithTable, ...]:
    """Those of a newsletter, or those that belong into the report of one of its editions."""
    language = spoken().partition("-")[0]
    titles = {TagKind.COUNTRY: instance.taxonomy.country_title, TagKind.TOPIC: instance.taxonomy.topic_title}
    numbers = numbers_of(
        instance.database,
        newsletter.name,
        edition,
        schedule=newsletter.schedule,
        now=instance.clock.now(),
        reads_mailbox=instance.settings.mailbox is not None,
        titled=lambda kind, value: titles[kind](value, language),
    )
    return charts_of(numbers, prefix)


def charts_of(numbers: Numbers, prefix: str = "chart") -> tuple[ChartWithTable, ...]:
    """`prefix` tells them from those of another newsletter on the same page."""
    countries, topics = numbers.countries, numbers.topics
    return (
        _growth(numbers.growth, f"{prefix}-growth"),
        _editions(numbers.editions, f"{prefix}-editions"),
        _subjects(countries, f"{prefix}-countries", _("Stories by country"), _("country")),
        _subjects(topics, f"{prefix}-topics", _("Stories by topic"), _("topic")),
        _year(numbers.year, numbers.days, f"{prefix}-year"),
    )


def _growth(growth: Growth, id_: str) -> ChartWithTable:
    title = _("How the list grew")
    months, first = growth.months, growth.months[0]
    said = plural("{count:,} reader today", "{count:,} readers today", growth.readers)
    description = _("{before:,} readers before {month}, {said}").format(
        before=growth.before, month=_in_month(first.first_day), said=said
    )
    return ChartWithTable(
        id=id_,
        title=title,
        said=said,
        drawing=line_chart(
            ChartWords(id_, title, description),
            [growth.before, *(one.readers for one in months)],
            _in_month(first.first_day),
            _in_month(months[-1].first_day),
        ),
        headings=(_("month"), _("joined"), _("left"), _("readers")),
        rows=[
            (first_upper(_("before")), "", "", _n(growth.before)),
            *((_in_month(one.first_day), _n(one.joined), _n(one.left), _n(one.readers)) for one in months),
        ],
        total=(_("together"), _n(sum(m.joined for m in months)), _n(sum(m.left for m in months)), _n(growth.readers)),
        note=_("Before: who was there already, or nobody knows since when. Who was erased is not counted."),
    )


def _in_month(first_day: date) -> str:
    return first_upper(for_staff().period(Period.containing(PeriodKind.MONTH, first_day)))


def _editions(editions: Sequence[EditionNumbers], id_: str) -> ChartWithTable:
    title = _("Sent, bounced and left, by edition")
    if not editions:
        return ChartWithTable(id=id_, title=title, said=_("No edition has been sent yet."))
    columns = _columns(editions)
    known = {name: [value or 0 for value in values] for name, values in columns.items() if set(values) != {None}}
    drawn = [name for index, name in enumerate(known) if index == 0 or name == _("returned") or any(known[name])]
    panels = [Panel(f"{first_upper(name)}: {sum(known[name]):,}", known[name]) for name in drawn]
    said = plural(
        "{count:,} edition: {sums}",
        "{count:,} editions: {sums}",
        len(editions),
        sums=", ".join(f"{sum(known[name]):,} {name}" for name in drawn),
    )
    readers = [one.tally.frozen for one in editions]
    return ChartWithTable(
        id=id_,
        title=title,
        said=said,
        drawing=column_chart(ChartWords(id_, title, said), panels, day(editions[0].sent_on), day(editions[-1].sent_on)),
        headings=(_("edition"), _("stories"), _("readers"), *columns),
        rows=[
            (one.title, _n(one.stories), _n(one.tally.frozen), *(_n(values[index]) for values in columns.values()))
            for index, one in enumerate(editions)
        ],
        total=(
            _("together"),
            _n(sum(one.stories for one in editions)),
            _n(sum(readers)),
            *(_n(sum(known[name]) if name in known else None) for name in columns),
        ),
        note=_("Readers = {sum}. What came back had been sent; each row of columns has its own scale.").format(
            sum=" + ".join(name for name in columns if name != _("returned"))
        ),
    )


def _columns(editions: Sequence[EditionNumbers]) -> dict[str, list[int | None]]:
    """What became of the mails of each edition, by how it is called; all but what came back add up to its readers."""
    states = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.LEFT)
    found: dict[str, list[int | None]] = {
        delivery_columns()[state]: [one.tally[state] for one in editions] for state in states
    }
    if any(one.other for one in editions):
        found[_("the rest")] = [one.other for one in editions]
    return found | {_("returned"): [one.bounced for one in editions]}


def _subjects(subjects: SubjectNumbers, id_: str, title: str, heading: str) -> ChartWithTable:
    if not subjects.stories:
        return ChartWithTable(id=id_, title=title, said=_("There is no story in it."))
    said = plural("{count:,} story", "{count:,} stories", subjects.stories)
    extra = [(first_upper(_("none")), subjects.without), (first_upper(_("not known")), subjects.unknown)]
    rows = [*subjects.counts, *(pair for pair in extra if pair[1])]
    shown = rows if len(rows) <= MOST_BARS else subjects.counts[:MOST_BARS]
    described = ", ".join(f"{name} {count:,}" for name, count in shown)
    if len(shown) < len(rows):
        said = _("{stories}; drawn are the {count} most frequent").format(stories=said, count=len(shown))
    return ChartWithTable(
        id=id_,
        title=title,
        said=said,
        drawing=bar_chart(ChartWords(id_, title, f"{said}: {described}"), shown),
        headings=(heading, _("stories")),
        rows=[(name, _n(count)) for name, count in rows],
        note=_("A story that concerns several is counted in each of them."),
    )


def _year(year: int, days: Sequence[YearDay], id_: str) -> ChartWithTable:
    title = _("The year {year}").format(year=year)
    left = sum(one.has_left for one in days)
    said = _("{left}, {coming}").format(
        left=plural("{count:,} edition went out", "{count:,} editions went out", left),
        coming=plural("{count:,} is to come", "{count:,} are to come", len(days) - left),
    )
    marks: dict[date, bool] = {}
    for one in days:
        marks[one.day] = marks.get(one.day, False) or one.has_left
    months = [first_upper(month(date(year, number, 1))) for number in range(1, 13)]
    return ChartWithTable(
        id=id_,
        title=title,
        said=said,
        drawing=year_chart(ChartWords(id_, title, said), year, months, marks),
        has_key=True,
        headings=(_("day"), _("edition"), ""),
        rows=[(day(one.day), one.title, _("went out") if one.has_left else _("is to come")) for one in days],
    )


def _n(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"
