"""The change test: for each of 25 changes somebody may ask for, the modules that have to be touched."""

import re

import pytest
from codebase import HOUSE, PACKAGE, ROOT, is_there, places

CHANGES = HOUSE["changes"]
MOST = 5  # modules that one change touches
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_change_touches_is_there(change):
    """The words after a module's name stand in it, so that the row is still true of it."""
    assert len(CHANGES[change]) <= MOST
    missing = [place for place in CHANGES[change] if not is_there(place)]
    assert missing == []
    for place, words in CHANGES[change].items():
        path = PACKAGE / place if (PACKAGE / place).exists() else ROOT / place
        assert not words or words in path.read_text(encoding="utf-8"), place


def test_the_architecture_says_the_same():
    table = re.search(r"## Where does X go\?\n(.*?)\n## ", ARCHITECTURE, re.DOTALL)[1]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE)[1:]
    assert {change: places(where) for change, where in rows} == {change: [*where] for change, where in CHANGES.items()}


def test_there_are_twenty_five():
    assert len(CHANGES) == 25
