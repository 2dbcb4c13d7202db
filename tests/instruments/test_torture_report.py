"""The torture report: it says what the tests told, what failed, and when it is not whole."""

import ast

import pytest
from torture import HERE, SCENARIOS, TESTS, Report, page

ROW = {
    "messages": 600,
    "runs": 13,
    "kills": 12,
    "faults": 0,
    "lost": 0,
    "silent": 0,
    "doubts": 4,
    "extra": 4,
    "exact": 3,
}


def told(name: str, properties: dict, outcome: str = "passed") -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=f"tests/delivery/{name}",
        location=(name, 1, name),
        keywords={},
        outcome=outcome,
        longrepr=None,
        when="call",
        user_properties=list(properties.items()),
        duration=2.5,
    )


def test_rows_are_added_up_and_what_failed_or_was_not_run_is_said():
    report = Report()
    for _ in range(2):
        report.pytest_runtest_logreport(told("test_crashes.py::a", {"torture": {"number": "F-01", **ROW}}))
    whole = page(report, [], 60, cut_short=False)
    assert "| F-01 | `kill -9` at random moments | 1,200 | 26 | 24 | 0 | 0 | 0 | 8 | 8 | 5 |" in whole
    assert "Of the 8 doubts after kills at random moments 6 were right (75.0%)" in whole
    assert "Not all of it" not in whole
    report.pytest_runtest_logreport(told("test_disks.py::b[1]", {}, "failed"))
    mutant = {"name": "cursor", "on_postgresql": True, "rules": ["O4"], "sentences": 7}
    report.pytest_runtest_logreport(told("test_mutants.py::c", {"mutant": mutant}))
    said = page(report, ["-k", "disks"], 60, cut_short=False)
    assert "(judged by kills) | PostgreSQL | O4 | 7 |" in said
    assert "- **failed:** `test_disks.py::b[1]`" in said
    assert "Not all of it was run** (only `-k disks`)" in said
    assert "Not all of it was run** (it was ended early)" in page(report, [], 60, cut_short=True)


def test_every_scenario_that_a_test_names_has_a_title_and_every_title_a_test():
    named = {"F-34"}
    for name in (*TESTS, "torture_million.py"):
        for node in ast.walk(ast.parse((HERE / name).read_text())):
            if isinstance(node, ast.Constant) and str(node.value).startswith("F-"):
                named.add(str(node.value))
    every_stage = {f"F-{number}" for number in range(10, 18)}
    assert (named | every_stage) - {"F-"} == SCENARIOS.keys()
