"""One name for one thing in the whole house, and no module that is a splinter of another."""

from collections import Counter

import pytest
from codebase import HOUSE, MODULES, NAMES, PLAIN, importers

SMALL = 100  # lines
MOST = 10  # splinters with a reason


def test_no_two_public_classes_have_one_name():
    counted = Counter(name for module in MODULES for name in module.classes if not name.startswith("_"))
    twice = {name for name, times in counted.items() if times > 1}
    found = [f"{module.name}: {name}" for module in MODULES for name in module.classes if name in twice]
    assert found == []


def test_a_module_name_stands_twice_only_where_both_mean_the_same():
    counted = Counter(module.word for module in PLAIN)
    twice = {word for word, times in counted.items() if times > 1}
    assert sorted(module.name for module in PLAIN if module.word in twice - HOUSE["names"].keys()) == []


def test_every_name_that_may_stand_twice_does():
    counted = Counter(module.word for module in PLAIN)
    assert [word for word in HOUSE["names"] if counted[word] < 2] == []


def test_there_is_no_splinter():
    """A module that is small and has one importer, in its own room, is a part of that one."""
    by = importers()
    found = [
        module.name
        for module in PLAIN
        if module.lines <= SMALL
        and len(by.get(module.name, ())) == 1
        and next(iter(by[module.name])).partition(".")[0] == module.room
        and module.name.rpartition(".")[0] not in HOUSE["one_file_a_kind"]
        and module.name not in HOUSE["splinters"]
    ]
    assert found == []


def test_few_splinters_have_a_reason():
    assert len(HOUSE["splinters"]) <= MOST


@pytest.mark.parametrize("name", [*HOUSE["splinters"], *HOUSE["one_file_a_kind"]])
def test_what_is_exempt_is_there(name):
    assert name in NAMES
