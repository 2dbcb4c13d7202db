"""The list as a table for spreadsheets and other programs (RFC 4180), which comes back by an import without a loss."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from digest.people.subscriber_list import ListedSubscriber

COLUMNS = (
    "address",
    "name",
    "newsletter",
    "language",
    "audiences",
    "status",
    "since",
    "consent on",
    "consent how",
    "paused until",
)
_FORMULA = re.compile(
    r"^'*[=+\-@\t\r＝＋－＠]"
)  # what a spreadsheet would run; with quotes before it, lest one be lost


def lines(found: Iterable[ListedSubscriber], *, raw: bool) -> Iterator[str]:
    """A header and a line for each. Cells that a spreadsheet would run get a quote before them, but for `raw`."""
    yield _line(COLUMNS, raw=True)
    for one in found:
        consent = one.consent
        cells = (
            one.address,
            one.name or "",
            one.choice.newsletter if one.choice else "",
            one.choice.language if one.choice else "",
            " ".join(sorted(one.choice.audiences)) if one.choice else "",
            one.state.value,
            one.since.isoformat(timespec="seconds") if one.since else "",
            consent.on.isoformat() if consent.on else "",
            consent.how or "",
            one.resumes_at.isoformat(timespec="seconds") if one.resumes_at else "",
        )
        yield _line(cells, raw=raw)


def _line(cells: Iterable[str], *, raw: bool) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([f"'{cell}" if not raw and _FORMULA.match(cell) else cell for cell in cells])
    return text.getvalue()
