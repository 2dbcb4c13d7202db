"""The databases of tests: each lies at a path, and is of the kind that the test asks for."""

from pathlib import Path

from digest.foundation.database import Database, open_database


def database_at(path: Path) -> Database:
    """The database of a test's workspace, by the file that it has or would have."""
    return open_database(f"sqlite:///{path}")
