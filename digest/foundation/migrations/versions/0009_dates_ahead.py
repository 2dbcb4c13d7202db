"""Dates of items that a person is asked about."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("items", sa.Column("date_state", sa.String(), nullable=False, server_default="unseen"))
    op.create_index("ix_items_date_state", "items", ["date_state"])
