"""Reads a YAML file that a person wrote: plain values with places, and every refusal with file, line and column."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from digest.config.yaml_tree import Node, TakeRow, TreeBuilder
from digest.config.yaml_words import in_plain_words
from digest.errors import ConfigurationError
from digest.model.place import Place, Problem

MEGABYTE = 1_000_000
MOST_FOR_SETTINGS = 20 * MEGABYTE
MOST_FOR_ROWS = 200 * MEGABYTE

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class YamlDocument:
    root: Node
    problems: tuple[Problem, ...]


def read_yaml(path: Path) -> YamlDocument:
    """Raise `ConfigurationError` for what is no YAML or larger than 20 MB. Problems do not stop the reading."""
    return _read(path, MOST_FOR_SETTINGS)


def read_yaml_rows(path: Path, rows: str, take_row: TakeRow) -> YamlDocument:
    """Like `read_yaml`, for up to 200 MB: the rows of the list under the top key `rows` are given to `take_row`, with
    their problems, and do not stand in the document.
    """
    return _read(path, MOST_FOR_ROWS, rows, take_row)


def parse_yaml(path: Path, data: bytes) -> YamlDocument:
    """Like `read_yaml`, for what the file holds, or is going to hold."""
    return _parse(path, data.removeprefix(_BYTE_ORDER_MARK))


def _read(path: Path, most: int, rows: str | None = None, take_row: TakeRow | None = None) -> YamlDocument:
    return _parse(path, _read_bytes(path, most), rows, take_row)


def _parse(path: Path, data: bytes, rows: str | None = None, take_row: TakeRow | None = None) -> YamlDocument:
    try:
        data.decode("utf-8")
        builder = TreeBuilder(_events(path, data), path.name, len(data), rows, take_row)
        return YamlDocument(builder.document(), tuple(builder.problems))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise _refusal(path, before, "this is not UTF-8", "save the file as 'UTF-8' text") from error
    except yaml.reader.ReaderError as error:
        text = data.decode("utf-8")
        found = _NOT_PRINTABLE.search(text)
        before, character = (text[: found.start()], ord(found[0])) if found else ("", error.character)
        cause = f"the control character U+{character:04X} stands here"
        raise _refusal(path, before, cause, "take it out") from error
    except yaml.MarkedYAMLError as error:
        line, column, cause, remedy = in_plain_words(error, data.decode("utf-8").splitlines())
        raise ConfigurationError(str(Place(path.name, line, column)), cause, remedy) from error


def _read_bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError as error:
        raise ConfigurationError(str(path), "there is no such file", "make it, or correct its name") from error
    except OSError as error:
        raise ConfigurationError(
            str(path), f"cannot be read: {error.strerror}", "it must be a readable file"
        ) from error
    if len(data) > most:
        cause = f"is larger than {most // MEGABYTE} MB"
        raise ConfigurationError(str(path), cause, "this cannot be the right file")
    return data.removeprefix(_BYTE_ORDER_MARK)


def _events(path: Path, data: bytes) -> Callable[[], Any]:
    if hasattr(yaml, "CSafeLoader"):
        return yaml.CSafeLoader(data).get_event
    parser: Any = yaml.SafeLoader(data)

    def next_event() -> Any:
        try:
            return parser.get_event()
        except (ValueError, OverflowError) as error:  # PyYAML's own scanner trips over wild escapes
            raise ConfigurationError(str(path), f"this is no YAML: {error}") from error

    return next_event


def _refusal(path: Path, before: str, cause: str, remedy: str) -> ConfigurationError:
    """`before` is all the text that stands before the place."""
    lines = re.split("\r\n|\r|\n", before)
    return ConfigurationError(str(Place(path.name, len(lines), len(lines[-1]) + 1)), cause, remedy)
