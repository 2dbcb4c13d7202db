"""How a daemon logs: one line per event on stderr, without addresses, for a file or for systemd's journal."""

import logging
import os
import re
import sys

ADDRESS = re.compile(r"(?:\"[^\"\n]*\"|[^\s<>\"'(),:;]+)@[^\s<>\"'(),:;]+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.NOTSET, 7))  # sd-daemon(3)


class Lines(logging.Formatter):
    """The journal gets the priority and adds the time itself."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__("%(message)s" if journal else "%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._journal = journal

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 – logging's name
        record.message = "; ".join(line.strip(" →") for line in record.message.splitlines() if line.strip())
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        line = UNPRINTABLE.sub(" ", ADDRESS.sub("…@…", super().format(record)))
        if not self._journal:
            return line
        priority = next(number for level, number in PRIORITIES if record.levelno >= level)
        return "\n".join(f"<{priority}>{part}" for part in line.splitlines())


def write_log(*, verbose: bool, quiet: bool) -> None:
    """Let `logging` write to stderr: also what was done, unless `quiet`; `verbose` adds what is for developers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(journal=_is_journal()))
    logging.getLogger().addHandler(handler)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("digest").setLevel(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)


def _is_journal() -> bool:
    """As systemd.exec(5) says: `$JOURNAL_STREAM` holds device and inode of the stream to the journal."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
