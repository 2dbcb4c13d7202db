"""The rooms: which there are, where their arrows point, and what they show to each other."""

import ast
import re

import pytest
from codebase import LAYERS, MODULES, NAMES, PACKAGE, PLAIN, ROOMS, ROOT, SINGLE, WHOLE, circles, importers, public

THERE = sorted(ROOMS & {path.name for path in PACKAGE.iterdir()})
BELOW = {room for layer in LAYERS[LAYERS.index(["settings"]) + 1 :] for room in layer}


def test_the_rooms_of_the_contract_are_the_only_folders():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == ROOMS
    assert {path.name for path in PACKAGE.glob("*.py")} == {
        "__init__.py",
        "__main__.py",
        *(f"{name}.py" for name in SINGLE),
    }


def test_the_picture_in_the_architecture_shows_them_in_the_same_order():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    picture = re.search(r"```\ndigest/\n(.*?)```", text, re.DOTALL)[1]
    drawn = re.findall(r"^  (\w+)(?:/|\.py) ", picture, re.MULTILINE)
    assert drawn == [room for layer in LAYERS for room in layer if room in THERE or room in SINGLE]


def test_no_import_goes_in_a_circle():
    """Imports inside functions and those for types alone count as well."""
    assert circles() == []


def test_no_room_below_the_settings_takes_the_whole_workspace_or_the_whole_settings():
    """What a room needs it gets as itself."""
    found = [
        f"{module.name}: {name}"
        for module in MODULES
        if module.room in BELOW
        for owner, name in module.imports
        if name in WHOLE or owner.partition(".")[0] == "settings"
    ]
    assert found == []


@pytest.mark.parametrize("room", THERE)
def test_a_room_shows_what_others_use_and_nothing_else(room):
    """`Public:` in the docstring of a room names the modules that others may import; each of them is used by others."""
    used = {
        name
        for name, by in importers().items()
        if name.startswith(f"{room}.") and any(each.partition(".")[0] != room for each in by)
    }
    shown = public(room)
    assert [name for name in shown if name not in NAMES] == []
    assert used - set().union(*shown.values()) == set()
    assert [name for name, meant in shown.items() if not used & meant] == []


def test_no_private_name_is_imported():
    """`_` alone is gettext's."""
    private = [(module.name, *each) for module in PLAIN for each in module.imports if re.match(r"_.", each[1])]
    assert private == []


def test_whoever_has_no_postgresql_needs_nothing_of_it():
    """psycopg is an extra of the distribution: what imports it is imported inside functions alone."""
    spoken = "psycopg", "sqlalchemy.dialects.postgresql"
    optional = {
        *("foundation.database.postgresql", "foundation.database.session_lock"),
        "operations.server_dump",
    }
    found = {
        module.name
        for module in MODULES
        for node in module.tree.body
        for name in ([each.name for each in node.names] if isinstance(node, ast.Import) else [_from(node)])
        if name.startswith(spoken) or name.removeprefix("digest.") in optional
    }
    assert found == optional


def _from(node: ast.AST) -> str:
    return (node.module or "") if isinstance(node, ast.ImportFrom) else ""
