"""The tables. What must be unique is unique here, whatever the code above believes (design §13.2)."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Dates are ISO 8601 (`2018-08-05`), instants ISO 8601 in UTC with microseconds: both sort as text on every database.

items = Table(
    "items",
    metadata,
    Column("id", String, primary_key=True),
    Column("story_id", String, nullable=False),
    Column("source", String, nullable=False),
    Column("published_on", String, nullable=False),
    Column("language", String, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("content", String, nullable=False),  # JSON: everything else of the item
    Index("ix_items_story_id", "story_id"),
    Index("ix_items_source", "source"),
)

editions = Table(
    "editions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("newsletter", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("period", String, nullable=False),  # the period's key
    Column("revision", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("fingerprint", String),
    Column("built_at", String),
    Column("covers_to_end", Integer, nullable=False),
    Column("approved_by", String),
    Column("approved_at", String),
    Column("accepted", String),  # JSON: findings that a person let pass
    Column("sealed_at", String),
    Column("sending_at", String),
    Column("finished_at", String),
    UniqueConstraint("newsletter", "period", "revision"),
    CheckConstraint("state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'expired')", name="state"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("story_id", String, primary_key=True),
    Column("place", Integer, nullable=False),  # reading order
    Column("ruling", String, nullable=False),
    Column("late", Integer, nullable=False),
    Column("reason", String, nullable=False),
)

# The stories that sealed editions have taken: a story is taken once per newsletter.
settled = Table(
    "settled",
    metadata,
    Column("newsletter", String, primary_key=True),
    Column("story_id", String, primary_key=True),
    Column("edition", ForeignKey("editions.number"), nullable=False),
)

variants = Table(
    "variants",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Column("place", Integer, nullable=False),
    Column("language", String, nullable=False),
    Column("audiences", String, nullable=False),  # JSON list
    Column("stories", String, nullable=False),  # JSON list
    Column("fingerprint", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("html", LargeBinary, nullable=False),  # zlib
    Column("text", LargeBinary, nullable=False),  # zlib
    Column("message", LargeBinary, nullable=False),  # zlib
    UniqueConstraint("edition", "name"),
)

choices = Table(
    "choices",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("newsletter", String, nullable=False),
    Column("audiences", String, nullable=False),  # sorted, joined with a space
    Column("language", String, nullable=False),
    UniqueConstraint("newsletter", "audiences", "language"),
)

# Which variant of an edition serves a choice; no variant: nothing in it concerns that choice.
servings = Table(
    "servings",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("choice", ForeignKey("choices.number"), primary_key=True),
    Column("variant", ForeignKey("variants.number", ondelete="CASCADE")),
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
    Index("ix_deliveries_state", "edition", "state"),
    CheckConstraint("state IN ('pending', 'intent', 'sent', 'failed', 'no-variant', 'left')", name="state"),
    sqlite_with_rowid=False,
)
