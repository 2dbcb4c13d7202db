"""Reads a YAML file as plain text values with their places, and gathers all that is wrong in it."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NoReturn

import yaml

from digest.errors import ConfigurationError
from digest.model.place import Place

# The loader of C is some ten times faster. Both leave every scalar a text: "NO" is Norway and "on" a word.
_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_REMEDY = "correct the file, or remove its setting to use the taxonomy that comes with the program"


class Sheet:
    """One file. Its readers answer with what is usable and note the rest; `finish` raises when anything was noted."""

    def __init__(self, file: Path, content: bytes) -> None:
        self._file = str(file)
        self._mistakes: list[tuple[int, str]] = []
        self.root = self._parse(content)

    def wrong(self, node: yaml.Node, path: str, cause: str) -> None:
        place = Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)
        said = f"{path}: {cause}" if path else cause
        self._mistakes.append((node.start_mark.index, f"{place}: {said}"))

    def finish(self) -> None:
        """Raise `ConfigurationError` with all mistakes, in the order of the file."""
        said = [text for _, text in sorted(self._mistakes)]
        if said:
            count = "one mistake" if len(said) == 1 else f"{len(said)} mistakes"
            raise ConfigurationError(self._file, "\n  ".join([f"{count} in the taxonomy", *said]), _REMEDY)

    def mapping(
        self, node: yaml.Node, path: str, keys: Collection[str] | None = None
    ) -> Iterator[tuple[str, str, yaml.Node, yaml.Node]]:
        """Yield key, path, the key's node and the value's node; only for `keys`, when they are given."""
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, path, "must be keys with values (key: value)")
            return
        seen: set[str] = set()
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            here = f"{path}.{key}" if path else key
            if not key or key in seen:
                self.wrong(key_node, here, "stands here twice" if key else "a key must be a single word")
            elif keys is not None and key not in keys:
                self.wrong(key_node, here, f"unknown key, {_hint(key, keys)}")
            else:
                seen.add(key)
                yield key, here, key_node, value

    def text(self, node: yaml.Node, path: str) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            return str(node.value.strip())
        self.wrong(node, path, "must be a text")
        return None

    def texts(self, node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node]]:
        """Yield the texts of a list."""
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(node, path, "must be a list, as in [one, two]")
            return
        for child in node.value:
            text = self.text(child, path)
            if text is not None:
                yield text, child

    def _parse(self, content: bytes) -> yaml.Node:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._unreadable(str(Place(self._file, line)), "is not UTF-8 text", error)
        try:
            root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file)
            self._unreadable(str(place), f"is not valid YAML: {error.problem or error.context}", error)
        except yaml.YAMLError as error:
            self._unreadable(self._file, f"is not valid YAML: {error}", error)
        if root is None:
            self._unreadable(self._file, "is empty", None)
        return root

    def _unreadable(self, place: str, cause: str, error: Exception | None) -> NoReturn:
        raise ConfigurationError(place, cause, _REMEDY) from error


def _hint(key: str, keys: Collection[str]) -> str:
    from difflib import get_close_matches  # only a mistake needs it

    near = get_close_matches(key, keys, 1)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(keys)}"
