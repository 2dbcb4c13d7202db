"""Editions that go out as approved although texts have changed since: who said so, of which changes."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "as_approved",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.number"], name=op.f("fk_as_approved_edition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_as_approved")),
    )
