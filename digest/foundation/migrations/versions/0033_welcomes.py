"""Who is new and may be welcomed with the latest edition, and which deliveries are such welcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("new_since", sa.String()))
    op.create_index(
        "ix_subscriptions_new_since", "subscriptions", ["new_since"], sqlite_where=sa.text("new_since IS NOT NULL")
    )
    op.add_column("deliveries", sa.Column("welcomed_at", sa.String()))
    op.create_index(
        "ix_deliveries_welcomed_at", "deliveries", ["welcomed_at"], sqlite_where=sa.text("welcomed_at IS NOT NULL")
    )
