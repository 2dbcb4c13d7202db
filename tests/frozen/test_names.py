"""Every result names an edition in full, as “July 2018 – monthly/2018-07”, and in the same words everywhere.

Judged by all that the commands printed when the frozen outputs were taken.
"""

import re
from pathlib import Path

import pytest

EXPECTED = Path(__file__).parent / "expected"
OUTPUTS = sorted(path for path in EXPECTED.rglob("*.txt") if "json" not in path.name and path.parent.name != "help")
COMMAND = re.compile(r"\bdigest (?:-C \S+ )?[a-z]+(?: +(?!then\b|and\b|or\b)[^\s;,)]+)*")
IN_FULL = re.compile(r" –\s+\w+/(?:\d{4}-\d{2}|special-)[\w./-]*")
BROKEN = re.compile(r" –([^\n]*)\n *\w+/(?:\d{4}-\d{2}|special-)[\w./-]*([^\n]*)")  # in a column of a table
BARE = re.compile(
    r"(?<![\w./=+–-])(?:monthly/)?(?:\d{4}-\d{2}(?:\.\d)?(?:/[a-z][\w-]*)?|special-[\w-]+)(?![\w-]|\.\w|/)"
)
# What is asked for is answered in the words in which it was asked: errors, and how a name is written.
ASKED = re.compile(r"^(error: |digest: |  → |\$ |# )")

CONTINUED = re.compile(r"^(?:  → |error: ).*(?:\n +\S.*)*", re.MULTILINE)


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_result_names_an_edition_in_full(path):
    text = path.read_text(encoding="utf-8")
    whole = CONTINUED.sub(lambda found: " ".join(found[0].split("\n    ")), text)
    lines = [line for line in whole.splitlines() if not ASKED.match(line)]
    said = BROKEN.sub(r"\1 \2", IN_FULL.sub(" ", "\n".join(lines)))
    said = COMMAND.sub(" ", " ".join(line.strip() for line in said.splitlines()))
    assert BARE.findall(said) == []
