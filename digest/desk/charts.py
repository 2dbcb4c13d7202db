"""Charts: numbers in, SVG out. Each is a picture with a name and a description, drawn without a script, in the colours
of the page; what it shows is never told by a colour alone, and the page has its numbers in a table beside it.

Lengths are parts of `WIDTH`: a picture is as wide as there is room, from a phone's screen on.
"""

from calendar import Calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from digest.desk.columns import shortened

WIDTH = 360
LINE = 15  # of text
GAP = 10
MOST_LETTERS = 50  # of a name, about as many as there is room for
NUMBER = 45  # the room for one at the end of a line
PLOT = 110  # the height of a line chart
PANEL = 44  # and of a row of columns
LEAST = 1.5  # of a column: one of a thousand can be seen, too
MONTHS_A_ROW = 3
CELL, DAYS_A_WEEK, MOST_WEEKS = 15, 7, 6


@dataclass(frozen=True, slots=True)
class ChartWords:
    """`id` is unlike that of every other picture of the page."""

    id: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A row of columns on a scale of its own, under its name."""

    name: str
    values: Sequence[int]


def line_chart(words: ChartWords, values: Sequence[int], first: str, last: str) -> Markup:
    """From left to right, over zero; named are the first and the last, and the most."""
    most = max([1, *values])
    top, bottom = LINE + 4, LINE + 4 + PLOT
    step = WIDTH / max(len(values) - 1, 1)
    points = [(index * step, bottom - PLOT * value / most) for index, value in enumerate(values)]
    if len(points) == 1:
        points.append((WIDTH, points[0][1]))
    along = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return _drawing(
        words,
        bottom + LINE + 2,
        [
            _text(f"{most if values else 0:,}", 0, LINE - 3),
            Markup('<line class="axis" x1="0" y1="{y}" x2="{x}" y2="{y}"/>').format(y=top, x=WIDTH),
            Markup('<polygon class="area" points="0,{y} {along} {x},{y}"/>').format(y=bottom, along=along, x=WIDTH),
            Markup('<polyline class="curve" points="{along}"/>').format(along=along),
            Markup('<line class="axis" x1="0" y1="{y}" x2="{x}" y2="{y}"/>').format(y=bottom, x=WIDTH),
            *_ends(first, last, bottom + LINE),
        ],
    )


def column_chart(words: ChartWords, panels: Sequence[Panel], first: str, last: str) -> Markup:
    """A row of columns for each panel; those that stand over each other belong together."""
    parts: list[Markup] = []
    y = 0
    for panel in panels:
        most = max([1, *panel.values])
        step = WIDTH / max(len(panel.values), 1)
        wide = min(step * 0.8, 2 * PANEL)
        bottom = y + LINE + 2 + PANEL
        columns = "".join(
            f"M{(index + 0.5) * step - wide / 2:.1f} {bottom}v{-height:.1f}h{wide:.1f}V{bottom}z"
            for index, value in enumerate(panel.values)
            if value and (height := max(PANEL * value / most, LEAST))
        )
        parts += [
            _text(panel.name, 0, y + LINE - 3),
            Markup('<path class="column" d="{columns}"/>').format(columns=columns),
            Markup('<line class="axis" x1="0" y1="{y}" x2="{x}" y2="{y}"/>').format(y=bottom, x=WIDTH),
        ]
        y = bottom + GAP
    return _drawing(words, y + LINE, [*parts, *_ends(first, last, y + LINE - 6)])


def bar_chart(words: ChartWords, counts: Sequence[tuple[str, int]]) -> Markup:
    """Each bar under its name, with its number at the end of the line."""
    most = max([1, *(count for _, count in counts)])
    row = LINE + 8 + 6
    parts: list[Markup] = []
    for index, (name, count) in enumerate(counts):
        y = index * row
        bar = Markup('<rect class="{kind}" y="{y}" width="{width:.1f}" height="8"/>')
        parts += [
            _within(_text(shortened(name, MOST_LETTERS), 0, LINE - 3), y),
            _text(f"{count:,}", WIDTH, y + LINE - 3, at_end=True),
            bar.format(kind="rest", y=y + LINE, width=WIDTH),
            bar.format(kind="column", y=y + LINE, width=WIDTH * count / most),
        ]
    return _drawing(words, len(counts) * row, parts)


def year_chart(words: ChartWords, year: int, months: Sequence[str], days: Mapping[date, bool]) -> Markup:
    """All days of a year, in weeks that begin on Monday. Those of `days` bear their number: full when an edition has
    left (`True`), a frame when one is to leave.
    """
    block = WIDTH // MONTHS_A_ROW
    high = LINE + MOST_WEEKS * CELL + GAP
    parts: list[Markup] = []
    plain: list[str] = []
    for number, name in enumerate(months, start=1):
        left, top = (number - 1) % MONTHS_A_ROW * block, (number - 1) // MONTHS_A_ROW * high
        parts.append(_text(name, left, top + LINE - 4))
        for day, column, week in _places(year, number):
            x, y = left + column * CELL, top + LINE + week * CELL
            if day in days:
                parts.append(_marked(day, x, y, has_left=days[day]))
            else:
                plain.append(f"M{x} {y}h{CELL - 2}v{CELL - 2}h{2 - CELL}z")
    parts.insert(0, Markup('<path class="rest" d="{plain}"/>').format(plain="".join(plain)))
    return _drawing(words, high * -(-len(months) // MONTHS_A_ROW), parts)


def _places(year: int, month: int) -> Iterator[tuple[date, int, int]]:
    """Each day of the month, its column and its week."""
    for week, days in enumerate(Calendar().monthdatescalendar(year, month)):
        for column, day in enumerate(days):
            if day.month == month:
                yield day, column, week


def _marked(day: date, x: int, y: int, *, has_left: bool) -> Markup:
    return Markup(
        '<rect class="{kind}" x="{left}" y="{top}" width="{wide}" height="{wide}"/>'
        '<text class="number {kind}" x="{middle}" y="{base}" text-anchor="middle">{number}</text>'
    ).format(
        kind="has-left" if has_left else "to-leave",
        left=x + (0 if has_left else 0.75),
        top=y + (0 if has_left else 0.75),
        wide=CELL - 2 - (0 if has_left else 1.5),
        middle=x + (CELL - 2) / 2,
        base=y + CELL - 5,
        number=day.day,
    )


def _ends(first: str, last: str, y: float) -> list[Markup]:
    """The names at both ends of what is drawn over time; one, where they are the same."""
    ends = [_text(first, 0, y)] if first else []
    return [*ends, _text(last, WIDTH, y, at_end=True)] if last != first else ends


def _within(text: Markup, y: float) -> Markup:
    """Letters may be wider than most: what does not fit is cut before the number at the end of the line."""
    cut = Markup('<svg y="{y}" width="{width}" height="{height}" overflow="hidden">{text}</svg>')
    return cut.format(y=y, width=WIDTH - NUMBER, height=LINE, text=text)


def _text(said: str, x: float, y: float, *, at_end: bool = False) -> Markup:
    text = Markup('<text x="{x}" y="{y}"{end}>{said}</text>')
    return text.format(x=x, y=y, said=said, end=Markup(' text-anchor="end"') if at_end else "")


def _drawing(words: ChartWords, height: float, parts: Iterable[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height:.0f}" role="img" aria-labelledby="{id}-title {id}-desc">'
        '<title id="{id}-title">{title}</title><desc id="{id}-desc">{description}</desc>{parts}</svg>'
    ).format(
        width=WIDTH,
        height=max(height, 1),
        id=words.id,
        title=words.title,
        description=words.description,
        parts=Markup("").join(parts),
    )
