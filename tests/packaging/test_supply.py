"""What the program is made of is looked at: known weaknesses by a list that is kept here, licences by a page."""

import json
import tomllib

import pytest
from packaging.requirements import Requirement
from supply import ADVISORIES, LICENCES, ROOT, concerns, faults, locked, shipped

VERSIONS = {name: package["version"] for name, package in locked().items()}


def test_no_locked_library_has_a_weakness_that_the_list_names():
    """`make check` asks the same, without the network."""
    assert list(faults(json.loads(ADVISORIES.read_text()), VERSIONS)) == []


@pytest.mark.parametrize(
    ("version", "is_concerned"),
    [("1.9", False), ("2.0", True), ("2.4.1", True), ("2.10", True), ("2.11", False), ("3.0rc1", True), ("4.2", True)],
)
def test_a_version_is_concerned_where_the_advisory_says_so(version, is_concerned):
    advisory = {"id": "X-1", "aliases": [], "ranges": [["2.0", "2.11"], ["4.0", None]], "versions": ["3.0rc1"]}
    assert concerns(advisory, version) is is_concerned
    said = list(faults({"packages": {"library": [advisory]}}, {"library": version}))
    assert len(said) == is_concerned
    assert all("library" in one and "X-1" in one for one in said)


def test_a_library_that_is_newer_than_the_list_is_named():
    assert "make advisories" in next(faults({"packages": {}}, {"library": "1.0"}))


def test_each_library_that_ships_stands_on_the_page_with_its_licence():
    rows = [line.strip("| ").split(" | ") for line in LICENCES.read_text().splitlines() if line.startswith("| ")]
    assert {row[0]: row[1] for row in rows[1:]} == shipped()
    named = {
        Requirement(name).name
        for name in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    }
    assert named <= shipped().keys()
    assert all(any("GPL" not in one.replace("LGPL", "") for one in row[2].split(" OR ")) for row in rows[1:] if row[2])
    assert all(row[2] for row in rows[1:])
