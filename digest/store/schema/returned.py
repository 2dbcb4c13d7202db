"""What comes back."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from digest.store.schema.tables import metadata

# Messages of the mailbox that were read once, whichever way they came.
incoming = Table(
    "incoming",
    metadata,
    Column("fingerprint", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("read_at", String, nullable=False),
    Column("forward", String),  # due, sent; nothing: it is not to be passed on
)

# Where they lie, so that none is read again. One that is not settled is still to be put away.
incoming_places = Table(
    "incoming_places",
    metadata,
    Column("place", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", ForeignKey("incoming.fingerprint"), nullable=False),
    Column("settled", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What came back about deliveries.
returns = Table(
    "returns",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("fingerprint", ForeignKey("incoming.fingerprint"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("edition", ForeignKey("editions.number")),  # nothing: only the person is known
    Column("kind", String, nullable=False),
    Column("status", String),
    Column("said", String, nullable=False),  # short, without addresses
    Column("at", String, nullable=False),
    UniqueConstraint("fingerprint", "subscriber"),
    Index("ix_returns_subscriber", "subscriber"),
    Index("ix_returns_edition", "edition"),
)

# Who is to get no more mail because of what came back, and whether they were told.
departures = Table(
    "departures",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("newsletter", String),  # nothing: all of them
    Column("language", String),
    Column("cause", String, nullable=False),
    Column("at", String, nullable=False),
    Column("confirmation", String, nullable=False),  # none, due, begun, sent, given-up
    Index("ix_departures_subscriber", "subscriber"),
    CheckConstraint("cause IN ('bounced', 'complained', 'asked')", name="cause"),
)
