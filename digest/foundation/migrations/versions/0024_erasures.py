"""Erasures: the keyed hashes of addresses that are kept out."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_erasures")),
        sqlite_with_rowid=False,
    )
