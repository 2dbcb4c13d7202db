"""Special editions: outside the calendar, about one occasion."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("editions", sa.Column("occasion", sa.String(), nullable=True))
