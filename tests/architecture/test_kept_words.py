"""The words that stand in databases, JSON documents and settings. Who changes one here writes a migration and a line in
the changelog: what an older version wrote, and what others read, does not change by itself.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from codebase import MODULES

KEPT = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Class → its words, in their order; of a word with an explanation, the word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases
        ):
            values = [each.value for each in node.body if isinstance(each, ast.Assign)]
            yield (
                node.name,
                [ast.literal_eval(each.elts[0] if isinstance(each, ast.Tuple) else each) for each in values],
            )


def test_no_word_that_is_kept_changes_unseen():
    found: dict[str, dict[str, list[str]]] = {}
    for module in MODULES:
        for name, values in words(module.tree):
            found.setdefault(module.room, {})[name] = values
    assert found == KEPT
