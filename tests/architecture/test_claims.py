"""What the pages promise is held by a test that exists: `docs/claims.md`."""

import ast
import re

import pytest
from codebase import ROOT

from digest.mail.checks.gate import RULES

CLAIMS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in (ROOT / "docs" / "claims.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| the page says")
]


def test_there_are_claims_and_the_readme_is_among_the_pages():
    assert len(CLAIMS) > 15
    assert "README.md" in {page for _, page, _ in CLAIMS}


@pytest.mark.parametrize(("claim", "page", "test"), CLAIMS)
def test_a_claim_stands_in_its_page_and_a_test_holds_it(claim, page, test):
    text = re.sub(r"[*#\s]+", " ", (ROOT / page).read_text(encoding="utf-8"))
    assert re.sub(r"[*#\s]+", " ", claim) in text
    file, name = re.fullmatch(r"`([\w/.]+)::(\w+)`", test).groups()
    functions = {
        node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)
    }
    assert name in functions


def test_as_many_rules_as_the_readme_says():
    assert f"[{len(RULES)} rules]" in (ROOT / "README.md").read_text(encoding="utf-8")
