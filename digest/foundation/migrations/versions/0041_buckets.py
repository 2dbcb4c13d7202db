"""Rates and quotas that hold for several machines together."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    text = sa.String(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.String()
    op.create_table(
        "buckets",
        sa.Column("name", text, nullable=False),
        sa.Column("full_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_buckets"),
        sqlite_with_rowid=False,
    )
    op.add_column("workers", sa.Column("allotted", sa.Integer(), nullable=False, server_default="0"))
