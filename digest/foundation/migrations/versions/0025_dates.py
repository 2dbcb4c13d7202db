"""The Date of each message, and how long a limit is waited for."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("dated_at", sa.String(), nullable=True))
    op.add_column("pauses", sa.Column("until", sa.String(), nullable=True))
