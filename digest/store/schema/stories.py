"""What is told: items, editions, what they decided and what they say."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from digest.store.schema.tables import metadata

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
    Column("window_start", String, nullable=False),
    Column("window_end", String, nullable=False),  # the first date after the window
    Column("because", String),  # why it was passed over, expired, reopened or reissued
    Column("readers", String),  # JSON: audience → subscribers, when it was sealed
    Column("sender", String),  # the process that sends it, as `digest.foundation.processes` names it
    UniqueConstraint("newsletter", "period", "revision"),
    CheckConstraint(
        "state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'passed-over', 'expired')", name="state"
    ),
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

# Which variant of an edition serves a choice; no variant: nothing in it concerns that choice.
servings = Table(
    "servings",
    metadata,
    Column("edition", ForeignKey("editions.number", ondelete="CASCADE"), primary_key=True),
    Column("choice", ForeignKey("choices.number"), primary_key=True),
    Column("variant", ForeignKey("variants.number", ondelete="CASCADE")),
)
