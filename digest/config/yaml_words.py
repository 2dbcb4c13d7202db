"""Says in plain words what a YAML parser found, at the place where a person would look."""

from collections.abc import Sequence

import yaml

# Part of the parser's words (libyaml's and PyYAML's differ), ours, and whether the place is where the trouble began.
_WORDS: tuple[tuple[str, str, str, bool], ...] = (
    ("tab character", "a tab stands here", "indent with spaces", False),
    (
        "mapping values are not allowed",
        "there is a ':' too many, or the line is not indented like the one above",
        "put a text that holds ': ' in quotes, and write a space after the ':' of a key",
        False,
    ),
    ("could not find expected ':'", "this line has no ':' after its key", "write 'key: value'", True),
    ("end of stream", "a quotation mark is opened here and never closed", "close it", True),
    ("document indicator", "a quotation mark is opened here and never closed", "close it", True),
    ("expected ',' or", "a bracket is opened here and not closed, or a comma is missing in it", "", True),
    ("<document start>", "this line does not belong to what stands above it", "indent all keys alike", False),
    ("did not find expected '-' indicator", "this line does not begin with '- ' as the rows above do", "", False),
    ("node content", "there is a comma or a bracket too many here", "", False),
    ("expected key", "this does not fit what stands above it", "look at the indentation and the quotes", False),
    ("<block end>", "this does not fit what stands above it", "look at the indentation and the quotes", False),
    ("alphabetic or numeric", "a text cannot begin with '*' or '&'", "put it in quotes", True),
    ("unexpected ':'", "there is no space after this ':'", "write 'key: value'", False),
    ("tag", "a text cannot begin with '!'", "put it in quotes", True),
    ("escape", "a backslash inside double quotes", "write it twice, or use single quotes", False),
)


def in_plain_words(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> tuple[int, int, str, str]:
    """Line and column, counted from 1, the cause and the next step."""
    problem = error.problem or "is no YAML"
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    character = lines[line][column : column + 1] if line < len(lines) else ""
    if character == "\t":
        return line + 1, column + 1, "a tab stands here", "indent with spaces"
    if "cannot start any token" in problem:
        return line + 1, column + 1, f"a text cannot begin with '{character}'", "put it in quotes"
    for part, cause, remedy, where_it_began in _WORDS:
        if part in problem:
            if where_it_began and error.context_mark:
                line, column = error.context_mark.line, error.context_mark.column
            return line + 1, column + 1, cause, remedy
    return line + 1, column + 1, f"this is no YAML: {problem}", ""
