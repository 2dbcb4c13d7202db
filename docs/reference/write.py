"""Writes `commands.md` from the program's own help and `settings.md` from the schema of the settings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from digest.cli import COMMANDS, cli
from digest.settings.json_schema import schema

HERE = Path(__file__).parent

COMMANDS_HEAD = """# Commands

`-C DIR` or `DIGEST_WORKSPACE` names the workspace; else it is the current folder. `--newsletter` and `--period` mean the same
everywhere; a person writes `2018-07` or `july`. Data goes to standard output, messages to standard error.
[Exit codes](exit-codes.md).

This page is written by `python docs/reference/write.py`; a test says when it is out of date.
"""

SETTINGS_HEAD = """# Settings: `digest.yaml`

A title or name is one text, or one per language: `{en: Children, es: Niñez}`. Paths are relative to the file. All mistakes are
named at once, each with its line. Editors that read JSON Schema find it in [digest.schema.json](digest.schema.json). All that `every`, `send`,
`covers`, `skip` and `holidays` understand stands in [Schedules](schedules.md).

This page is written by `python docs/reference/write.py`; a test says when it is out of date.
"""


def commands_page() -> str:
    parts = [COMMANDS_HEAD]
    for heading, names in COMMANDS.items():
        parts.append(f"## {heading}\n")
        for name in names:
            shown = CliRunner().invoke(cli, [name, "--help"], prog_name="digest", terminal_width=100).output
            parts.append(f"### {name}\n\n```text\n{shown.strip()}\n```\n")
    return "\n".join(parts)


def settings_page() -> str:
    whole = schema()
    parts = [SETTINGS_HEAD, _table("The file", whole)]
    shown: set[str] = set()
    for heading, name in _sections(whole, whole):
        if name not in shown:
            shown.add(name)
            parts.append(_table(heading, whole["$defs"][name]))
    return "\n".join(parts)


def _sections(whole: dict[str, Any], part: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Every map with keys of its own, as `newsletters.NAME` and the name of its definition."""
    for key, value in part.get("properties", {}).items():
        for name in _references(value):
            definition = whole["$defs"][name]
            if definition.get("properties"):
                mapped = "additionalProperties" in value
                heading = f"{above}{key}{'.NAME' if mapped else ''}"
                yield heading, name
                yield from _sections(whole, definition, f"{heading}.")


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for key, inner in value.items():
            if key not in ("default", "description"):
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _table(heading: str, part: dict[str, Any]) -> str:
    required = part.get("required", [])
    rows = [
        f"## `{heading}`\n" if heading != "The file" else f"## {heading}\n",
        "| key | default | what |",
        "|---|---|---|",
    ]
    for key, value in part["properties"].items():
        default = "**needed**" if key in required else _default(value.get("default"))
        rows.append(f"| `{key}` | {default} | {value.get('description', '').replace('<', '&lt;')} |")
    return "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    return "–" if value in (None, [], {}) or isinstance(value, dict) else f"`{json.dumps(value).strip(chr(34))}`"


PAGES = {"commands.md": commands_page, "settings.md": settings_page}


def main() -> None:
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
