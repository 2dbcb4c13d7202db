"""Accepted findings: warnings about inputs that a person has found right."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "accepted_findings",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_accepted_findings")),
    )
