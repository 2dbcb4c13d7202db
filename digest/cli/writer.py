"""The writer: what people read on a terminal is as wide as it is, and has its colours only where they are wanted."""

import os
import sys
from shutil import get_terminal_size
from typing import TextIO

from digest.desk.columns import fitted


def terminal_width(shown_by: TextIO | None = None) -> int | None:
    """Of the terminal that shows what is written there, or what COLUMNS says. `None` for a file or a pipe: whoever
    reads lines wants each of them whole.
    """
    return get_terminal_size().columns if (shown_by or sys.stdout).isatty() or os.environ.get("COLUMNS") else None


def within(text: str, shown_by: TextIO, hang: int = 0) -> str:
    """Broken where the terminal ends, if it is one; see `fitted`."""
    return fitted(text, get_terminal_size().columns, hang) if shown_by.isatty() else text
