"""What came back: bounces, complaints and people who want out."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "incoming",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("read_at", sa.String(), nullable=False),
        sa.Column("forward", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_incoming")),
    )
    op.create_table(
        "incoming_places",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fingerprint"], ["incoming.fingerprint"], name=op.f("fk_incoming_places_fingerprint")),
        sa.PrimaryKeyConstraint("place", "key", name=op.f("pk_incoming_places")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "returns",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["fingerprint"], ["incoming.fingerprint"], name=op.f("fk_returns_fingerprint")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name=op.f("fk_returns_subscriber")),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_returns_edition")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_returns")),
        sa.UniqueConstraint("fingerprint", "subscriber", name=op.f("uq_returns_fingerprint")),
    )
    op.create_index("ix_returns_subscriber", "returns", ["subscriber"], unique=False)
    op.create_index("ix_returns_edition", "returns", ["edition"], unique=False)
    op.create_table(
        "departures",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("confirmation", sa.String(), nullable=False),
        sa.CheckConstraint("cause IN ('bounced', 'complained', 'asked')", name=op.f("ck_departures_cause")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name=op.f("fk_departures_subscriber")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_departures")),
    )
    op.create_index("ix_departures_subscriber", "departures", ["subscriber"], unique=False)
