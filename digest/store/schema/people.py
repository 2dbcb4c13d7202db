"""Who reads: people, what they have chosen, and what they answer for."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from digest.store.schema.tables import metadata

choices = Table(
    "choices",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("newsletter", String, nullable=False),
    Column("audiences", String, nullable=False),  # sorted, joined with a space
    Column("language", String, nullable=False),
    UniqueConstraint("newsletter", "audiences", "language"),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("public_id", String, nullable=False, unique=True),  # random: it stands in links, row numbers never do
    Column("address", String, nullable=False),
    Column("folded", String, nullable=False, unique=True),
    Column("name", String),
    Column("suppressed_at", String),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber", ForeignKey("subscribers.number"), primary_key=True),
    Column("newsletter", String, primary_key=True),
    Column("choice", ForeignKey("choices.number"), nullable=False),
    Column("active", Integer, nullable=False),
    Column("consent_on", String),
    Column("consent_how", String),
    Column("left_at", String),
    Index("ix_subscriptions_choice", "choice"),
)

# What reviewers said about their part of an edition; good for the very content with that fingerprint.
answers = Table(
    "answers",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("part", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("approved", Integer, nullable=False),  # 0: refused
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("because", String),
)

# Which content of a part each reviewer was sent.
review_mails = Table(
    "review_mails",
    metadata,
    Column("edition", ForeignKey("editions.number"), primary_key=True),
    Column("part", String, primary_key=True),
    Column("reviewer", String, primary_key=True),  # the address, folded
    Column("fingerprint", String, nullable=False),
    Column("sent_at", String, nullable=False),
)
