"""`make bench`: the rows of the speed table that exist so far. Exit code 1 when a target is missed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import checking
import collecting
import freezing
import messages
import rendering
import running
import sending
import signing
import starting


def main() -> int:
    rows = [
        row
        for part in (rendering, checking, messages, freezing, collecting, starting, running, sending, signing)
        for row in part.rows()
    ]
    widths = [max(len(getattr(row, name)) for row in rows) for name in ("work", "value", "target")]
    for row in rows:
        cells = (row.work.ljust(widths[0]), row.value.rjust(widths[1]), row.target.ljust(widths[2]))
        print("  ".join(cells), "met   " if row.met else "MISSED", f"({row.detail})")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
