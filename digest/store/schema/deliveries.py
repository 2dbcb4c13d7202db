"""Who got what, and what stands in the way."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, text

from digest.store.schema.tables import metadata

deliveries = Table(
    "deliveries",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("subscriber", ForeignKey("subscribers.number"), primary_key=True),
    Column("variant", ForeignKey("variants.number")),
    Column("address", String, nullable=False),
    Column("name", String),
    Column("state", String, nullable=False),
    Column("changed_at", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", String),
    Column("answer", String),  # the server's last one
    Column("why", String),  # the class of a refusal, or the server's name for what it accepted
    Index("ix_deliveries_state", "edition", "state"),
    CheckConstraint("state IN ('pending', 'intent', 'sent', 'failed', 'held', 'no-variant', 'left')", name="state"),
    sqlite_with_rowid=False,
)

# Each time nobody could know whether a message was accepted, and what was done about it.
doubts = Table(
    "doubts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("at", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("said", String, nullable=False),
    Column("remedy", String, nullable=False),
    Index("ix_doubts_edition", "edition"),
)

# What a person decided about single deliveries, such as those in doubt.
decisions = Table(
    "decisions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.number"), nullable=False),
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("step", String, nullable=False),
    Column("before", String, nullable=False),  # the state until then
    Column("because", String),
    Index("ix_decisions_edition", "edition"),
)

# When the sending of an edition was halted, by whom and why. One that is not lifted holds.
pauses = Table(
    "pauses",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
    Column("kind", String, nullable=False),
    Column("at", String, nullable=False),
    Column("by", String),  # nobody: the program itself
    Column("because", String, nullable=False),
    Column("lifted_at", String),
    Column("lifted_by", String),
    Index("ix_pauses_edition", "edition"),
    Index(
        "uq_pauses_holding",
        "edition",
        unique=True,
        sqlite_where=text("lifted_at IS NULL"),  # a word for another database loads all of its dialect
    ),
)

# Test mails: they are no deliveries.
test_mails = Table(
    "test_mails",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("variant", String, primary_key=True),  # its name
    Column("folded", String, primary_key=True),  # the address
    Column("fingerprint", String, nullable=False),  # the variant's
    Column("sent_at", String, nullable=False),
)
