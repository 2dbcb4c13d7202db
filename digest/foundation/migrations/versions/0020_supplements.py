"""Supplements: instalments and corrections, which are sent after an edition as part of it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("editions", sa.Column("supplement", sa.String(), nullable=True))
