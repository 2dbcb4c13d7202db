"""Who sends out of a database of several machines, and whose a delivery is."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    text = sa.String(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.String()
    op.create_table(
        "workers",
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("place", text, nullable=False),
        sa.Column("host", text, nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", text, nullable=False),
        sa.Column("lease_until", text, nullable=False),
        sa.Column("seen_at", text, nullable=False),
        sa.PrimaryKeyConstraint("fence", name="pk_workers"),
        sa.UniqueConstraint("id", name="uq_workers_id"),
    )
    op.add_column("deliveries", sa.Column("worker", text, nullable=True))
    op.add_column("deliveries", sa.Column("fence", sa.Integer(), nullable=True))
