"""Public pages: whether anything answers at their address."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "pages_asked",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("asked_at", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("answered_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_pages_asked")),
        sqlite_with_rowid=False,
    )
