"""What this database is, and what it was told of when it was adopted."""

from sqlalchemy import Column, Integer, String, Table

from digest.store.schema.tables import metadata

# One row: what this copy of the database is, how many commits the send journal was told of, and where it may send.
instance = Table(
    "instance",
    metadata,
    Column("id", String, primary_key=True),  # random
    Column("commits", Integer, nullable=False),
    Column("machine", String),  # hashed; nothing: no machine is known
    Column("place", String),  # which file marks the place; nothing: it has not sent yet
    Column("folder", String),
    Column("copied_at", String),  # when this copy was made: it may not send until it is adopted
    Column("journal_fingerprint", String),  # of a copy: SHA-256 of the journal's first bytes
    Column("journal_bytes", Integer),  # … and how many they are
    Column("subscribers", Integer),  # of a copy: the greatest number of a subscriber in it
)

# When people let a copy of the database go on, and what was known then.
adoptions = Table(
    "adoptions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("because", String),
    Column("before", String, nullable=False),  # the instance whose copy it was
    Column("ground", String, nullable=False),
    Column("unknown_until", String),  # editions of windows that end by this date may have gone out unknown to us
    Column("subscribers", Integer),  # the greatest number of a subscriber in the copy; nothing: nobody knows
)

# What the journal tells of editions that are not in the ledger: whoever got them gets no second copy.
journalled = Table(
    "journalled",
    metadata,
    Column("edition", String, primary_key=True),  # its name
    Column("delivery", String, primary_key=True),  # the subscriber's public id
    Column("kind", String, nullable=False),
    sqlite_with_rowid=False,
)

# Editions that a person says have not gone out.
releases = Table(
    "releases",
    metadata,
    Column("edition", String, primary_key=True),  # its name
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("because", String),
)
