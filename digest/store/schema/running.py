"""What runs did."""

from sqlalchemy import Column, Integer, String, Table

from digest.store.schema.tables import metadata

# When each newsletter was first seen: what it would have sent before is not made up for.
newsletters = Table(
    "newsletters",
    metadata,
    Column("name", String, primary_key=True),
    Column("started_on", String, nullable=False),
)

# What `digest run` did. Runs that found the same as the one before them are counted in its row.
runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("began_at", String, nullable=False),
    Column("last_at", String, nullable=False),
    Column("times", Integer, nullable=False),
    Column("exit_code", Integer),  # nothing: it is under way, or was killed
    Column("rehearsed", Integer, nullable=False),  # its clock was given by a person
    Column("inputs", String, nullable=False),  # what the folders and files looked like
    Column("done", String, nullable=False),  # JSON list: what it did, in plain words
    Column("trouble", String, nullable=False),  # JSON list: what it said
)
