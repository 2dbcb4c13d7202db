"""Decisions are pure: what import-linter cannot say of the modules that its contract names."""

import ast

import pytest
from codebase import NAMES, PACKAGE, PURE

IMPURE = {"open", "print", "input", "exec", "eval", "now", "utcnow", "today", "read_text", "write_text", "uuid4"}


@pytest.mark.parametrize("name", PURE)
def test_no_clock_is_read_and_no_file_is_opened(name):
    path = NAMES[name.removeprefix("digest.")]
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert called & IMPURE == set(), path.relative_to(PACKAGE)
