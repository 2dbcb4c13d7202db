"""Which message caused that somebody gets no more mail."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("departures", sa.Column("message", sa.String(), nullable=True))
