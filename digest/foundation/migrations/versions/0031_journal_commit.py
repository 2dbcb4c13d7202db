"""How far a copy knows the send journal, also once that was shortened."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("instance", sa.Column("journal_commit", sa.Integer(), nullable=True))
