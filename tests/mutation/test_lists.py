"""The lists of `make mutants` name what is there, so that no move of a module takes it out of the net unseen."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTS = tomllib.loads(Path(__file__).with_name("modules.toml").read_text())


@pytest.mark.parametrize("name", LISTS)
def test_every_pattern_names_modules_and_tests_that_are_there(name):
    wanted = LISTS[name]["tests"]
    missing = [glob for pattern, tests in wanted.items() for glob in (pattern, *tests) if not [*ROOT.glob(glob)]]
    assert missing == []


def test_every_pure_module_is_on_the_list_of_the_pure():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    pure = next(one["source_modules"] for one in contracts if one["name"] == "Nouns and decisions do no I/O")
    files = [f"{name.replace('.', '/')}.py" for name in pure]
    taken = {str(path.relative_to(ROOT)) for pattern in LISTS["pure"]["tests"] for path in ROOT.glob(pattern)}
    assert [file for file in files if file not in taken] == []
