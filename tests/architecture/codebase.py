"""The code as these tests see it: modules, their rooms, what each imports, and the lists that are written by hand."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "digest"
HOUSE = tomllib.loads(Path(__file__).with_name("house.toml").read_text(encoding="utf-8"))
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = [[room.strip(" ()") for room in layer.split("|")] for layer in CONTRACTS[0]["layers"]]  # from the top
SINGLE = ("errors", "commands")  # modules below all rooms
ROOMS = {room for layer in LAYERS for room in layer if room not in SINGLE}
PURE = CONTRACTS[1]["source_modules"]
WHOLE = ("Workspace", "Instance", "Settings")  # what no room below `settings` takes


@dataclass(frozen=True)
class Module:
    """`name` has the form `mail.checks.links`; the package itself is empty, a room is its own name."""

    name: str
    path: Path

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def word(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def imports(self) -> frozenset[tuple[str, str]]:
        """Module of ours and name in it, empty for the whole module; also inside functions and for types alone."""
        return frozenset(self._imports())

    def _imports(self) -> Iterator[tuple[str, str]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and re.match(r"digest(\.|$)", node.module):
                inner = node.module.removeprefix("digest").removeprefix(".")
                for each in node.names:
                    whole = f"{inner}.{each.name}".strip(".")
                    yield (whole, "") if whole in NAMES else (inner, each.name)
            elif isinstance(node, ast.Import):
                for each in node.names:
                    if each.name.startswith("digest."):
                        yield each.name.removeprefix("digest."), ""

    @property
    def imported(self) -> set[str]:
        return {name for name, _ in self.imports}

    @property
    def classes(self) -> Iterator[str]:
        return (node.name for node in self.tree.body if isinstance(node, ast.ClassDef))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


NAMES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = [Module(name, path) for name, path in NAMES.items() if name and "migrations.versions" not in name]
PLAIN = [module for module in MODULES if not module.is_package]


def importers() -> dict[str, set[str]]:
    """By whom each module is imported."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        for name in module.imported:
            found.setdefault(name, set()).add(module.name)
    return found


def circles() -> list[list[str]]:
    """Groups of modules that reach each other by imports (Tarjan)."""
    arrows = {module.name: module.imported & NAMES.keys() for module in MODULES}
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        path.append(name)
        for other in arrows.get(name, ()):
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in path:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            group = path[path.index(name) :]
            del path[path.index(name) :]
            if len(group) > 1 or name in arrows.get(name, ()):
                found.append(sorted(group))

    for name in arrows:
        if name not in order:
            visit(name)
    return found


def public(room: str) -> dict[str, set[str]]:
    """What a room's docstring names after `Public:`, up to the end of that sentence, and the modules that are meant: of
    a folder in the room those that it names in the same way, or all.
    """
    said = ast.get_docstring(ast.parse(NAMES[room].read_text(encoding="utf-8"))) or ""
    after = said.partition("Public:")[2]
    listed = re.split(r"\.(?:\s|$)|\n\n", after)[0].replace("`", "").replace("/", ".")
    names = [f"{room}.{word}" for word in re.split(r"[\s,;]+(?:and\s+)?", listed) if word]
    return {name: _meant(name) for name in names}


def _meant(name: str) -> set[str]:
    if name in NAMES and NAMES[name].name == "__init__.py":
        own = public(name)
        return set().union(*own.values()) if own else {each for each in NAMES if f"{each}.".startswith(f"{name}.")}
    return {name}


def places(text: str) -> list[str]:
    """What a page names in code spans that are paths: with a slash, or the ending of a file."""
    spans = re.findall(r"`([^`\n]+)`", text)
    return [span for span in spans if re.fullmatch(r"[\w.*-][\w.*/-]*/[\w.*/-]*|[\w-]+\.(py|toml|md|yaml)", span)]


def is_there(place: str) -> bool:
    """Seen from the top of the repository, or from `digest/`."""
    return any(next(folder.glob(place.rstrip("/")), None) for folder in (ROOT, PACKAGE))
