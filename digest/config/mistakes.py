"""Mistakes in `digest.yaml`: found by path, told with file, line and column, all at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.config.yaml_tree import Node
from digest.errors import ConfigurationError
from digest.foundation.words import harmless, plain
from digest.model.place import Place, Problem

MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Mistake:
    """`path` leads through keys and list positions as far as the file goes; a last key that is missing may follow."""

    path: tuple[str | int, ...]
    said: str
    at_key: bool = False  # the key itself is wrong, not what stands behind it


def as_error(file: str, root: Node, mistakes: Iterable[Mistake], problems: Sequence[Problem]) -> ConfigurationError:
    """One line per key and place, in the order of the file; the first mistake found there speaks for it."""
    lines: dict[tuple[int, int, str], str] = {}
    for problem in problems:
        place = problem.place
        remedy = f"; {problem.remedy}" if problem.remedy else ""
        lines.setdefault((place.line or 1, place.column or 1, ""), f"{problem.cause}{remedy}")
    for mistake in mistakes:
        shown, node = _locate(root, mistake)
        keys = ".".join(plain(part) for part in shown)
        lines.setdefault((node.line, node.column, keys), f"{keys}: {mistake.said}" if keys else mistake.said)
    ordered = [(Place(file, line, column), harmless(said)) for (line, column, _), said in sorted(lines.items())]
    (first_place, first_said), *others = ordered[:MOST_TOLD]
    told = [first_said, *(f"{place}: {said}" for place, said in others)]
    if len(ordered) > MOST_TOLD:
        told.append(f"and {len(ordered) - MOST_TOLD} more mistakes")
    return ConfigurationError(str(first_place), "\n".join(told))


def _locate(root: Node, mistake: Mistake) -> tuple[tuple[str, ...], Node]:
    """The path to show, and the node at whose place to look: the value, its key, or the key above what is missing."""
    shown: list[str] = []
    key, node = root, root
    for part in mistake.path:
        if isinstance(node.value, list) and isinstance(part, int):
            key = node = node.value[part]
        elif isinstance(node.value, dict) and isinstance(part, str):
            if part:
                shown.append(part)
            if part not in node.value:
                return tuple(shown), key
            key, node = node.value[part]
        else:
            break
    return tuple(shown), key if mistake.at_key or node.value is None else node
