"""`make scorecard`: runs the gates and writes what they found to `docs/scorecard.md`. Exit code 1 when a row is red.

The tests put numbers on the card (the fixture `card`), so the card cannot say anything else than they do. It holds
nothing that depends on the day or the machine: it changes when results change.
"""

import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "scorecard.md"
DIMENSIONS = (
    "Standards",
    "Unsubscribe",
    "Accessibility",
    "Client support",
    "Dark mode",
    "Size",
    "Text part",
    "Spam",
    "Privacy and law",
    "Integrity",
    "Speed",
)
INTRODUCTION = """# The score card of our mails

Written by `make scorecard`, which fails when a row is red. Every number is the largest of all mails of that template
set and language: 1, 10 and 40 stories, with and without pictures; axe-core and SpamAssassin see those of 10. Hard
contents are [sixteen](../tests/gates/hard_contents.py) that an editor may write (long code, wide tables, deep lists,
Arabic, addresses without end), each in a mail by itself and all in one; Gmail and Outlook are
[simulated](../tests/gates/mail_programs.py) from caniemail's data. Where no limit is named, the gate is 0.

The tools: axe-core in Debian's Chromium, html-validate, caniemail, the reference MJML compiler, SpamAssassin without
network, four parsers (Python's, mailparser, postal-mime, mblaze), and our own `digest check`. Each of them has to find
seeded faults in the same run. What we let stand, and why, is written in
[html_allowed.yaml](../tests/gates/html_allowed.yaml) and [clients_baseline.json](../tests/gates/clients_baseline.json).
"""


class Card:
    """A pytest plugin that collects what the tests put on the card."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], dict[tuple[str, str | None], float]] = defaultdict(dict)
        self.red: set[tuple[str, str, str, str | None]] = set()
        self.closed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.closed.append(report.nodeid)
        if report.when != "call":
            return
        for name, row in report.user_properties:
            if name == "card":
                gate, column = (row["dimension"], row["gate"]), (row["template"], row["language"])
                cells = self.numbers[gate]
                cells[column] = max(row["number"], cells.get(column, row["number"]))
                if not row["met"]:
                    self.red.add((*gate, *column))


def page_of(card: Card) -> str:
    columns = sorted({column for cells in card.numbers.values() for column in cells if column[1]})
    lines = [
        INTRODUCTION,
        "| Dimension | Gate | " + " | ".join(f"{template} {language}" for template, language in columns) + " |",
        "|---|---|" + "--:|" * len(columns),
    ]
    for gate in sorted(card.numbers, key=lambda gate: (DIMENSIONS.index(gate[0]), gate[1].lower())):
        cells = (_cell(card, gate, column) for column in columns)
        lines.append(f"| {gate[0]} | {gate[1]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(card: Card, gate: tuple[str, str], column: tuple[str, str]) -> str:
    """A row about a template set counts for all of its languages."""
    found = [each for each in (column, (column[0], None)) if each in card.numbers[gate]]
    if not found:
        return "–"
    red = any((*gate, *each) in card.red for each in found)
    number = f"{max(card.numbers[gate][each] for each in found):g}"
    return f"**{number}** ✗" if red else f"{number} ✓"


def main() -> int:
    os.environ["CI"] = "1"  # a tool that is missing is no pass
    os.environ["DIGEST_TORTURE"] = "1"  # not only what the daily tests look at
    card = Card()
    others = [f"--ignore={HERE / name}" for name in ("test_scorecard.py", "test_pictures.py")]  # no rows of the card
    code = pytest.main(["-q", "-n", "2", "--dist", "loadgroup", *others, str(HERE)], plugins=[card])
    page = page_of(card)
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(page)
    return 1 if code or card.closed else 0


if __name__ == "__main__":
    sys.exit(main())
