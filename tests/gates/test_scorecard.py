"""The score card in `docs/` is about every template set in every language, and green; a red row would be seen."""

import runpy
from pathlib import Path

import pytest

from digest.mail.templates import Templates

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "scorecard.md"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(HERE / "scorecard.py"))


@pytest.fixture
def report():
    def made(number, *, met, outcome="passed", language="en"):
        row = {"dimension": "Size", "gate": "KB", "template": "letter", "language": language, "number": number}
        properties = [("card", {**row, "met": met})]
        place = (HERE.name, 1, "test")
        return pytest.TestReport("test", place, {}, outcome, None, "call", user_properties=properties)

    return made


def test_the_card_in_docs_is_about_every_set_and_green():
    page = PAGE.read_text(encoding="utf-8")
    wanted = [f"{template} {language}" for template in Templates(None).names() for language in ("en", "es")]
    assert [column for column in wanted if f"| {column} |" not in page] == []
    assert "✗" not in page


def test_of_several_numbers_the_largest_is_shown(script, report):
    card = script["Card"]()
    for number in (30, 38, 31):
        card.pytest_runtest_logreport(report(number, met=True))
    assert "| Size | KB | 38 ✓ |" in script["page_of"](card)
    assert not card.closed


def test_a_row_beyond_its_limit_is_red(script, report):
    card = script["Card"]()
    card.pytest_runtest_logreport(report(95, met=False, outcome="failed"))
    card.pytest_runtest_logreport(report(38, met=True, language="es"))
    assert "| Size | KB | **95** ✗ | 38 ✓ |" in script["page_of"](card)
    assert card.closed == ["test"]


def test_a_gate_that_was_not_asked_is_no_pass(script, report):
    card = script["Card"]()
    card.pytest_runtest_logreport(report(0, met=True, outcome="skipped"))
    assert card.closed == ["test"]
