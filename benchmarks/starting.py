"""`digest --help` against the `--help` of a bare click program."""

import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import Row, in_turns, ratio

BARE = """
import click

@click.group()
def cli():
    pass

for name in "init demo collect build preview approve send status explain items".split():
    cli.command(name, help="Do something.")(lambda: None)

cli()
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder, "bare.py")
        bare.write_text(BARE)
        ours, yardstick = in_turns(
            lambda: _run(str(Path(sys.executable).with_name("digest")), "--help"),
            lambda: _run(sys.executable, str(bare), "--help"),
        )
    return [ratio("digest --help", ours, yardstick, 1.5, "a bare click program")]


def _run(*command: str) -> None:
    for _ in range(5):
        subprocess.run(command, check=True, capture_output=True)
