"""Writes `commands.md` from the program's own help."""

from pathlib import Path

from click.testing import CliRunner

from digest.cli import COMMANDS, cli

HEAD = """# Commands

`-C DIR` or `DIGEST_WORKSPACE` names the workspace; else it is the current folder. `--newsletter` and `--period` mean the same
everywhere; a person writes `2018-07` or `july`. Data goes to standard output, messages to standard error.
[Exit codes](exit-codes.md).

This page is written by `python docs/reference/write.py`; a test says when it is out of date.
"""


def main() -> None:
    parts = [HEAD]
    for heading, names in COMMANDS.items():
        parts.append(f"## {heading}\n")
        for name in names:
            shown = CliRunner().invoke(cli, [name, "--help"], prog_name="digest", terminal_width=100).output
            parts.append(f"### {name}\n\n```text\n{shown.strip()}\n```\n")
    Path(__file__).with_name("commands.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
