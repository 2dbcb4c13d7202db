"""Missed: stories that were there in time for an edition which did not go out.

Editions that were passed over before this step are decided: nothing waits for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("editions", sa.Column("made_up", sa.Integer(), server_default="0", nullable=False))
    op.add_column("verdicts", sa.Column("missed", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "carried_over",
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.CheckConstraint("standing IN ('waits', 'missed', 'moved')", name=op.f("ck_carried_over_standing")),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_carried_over_edition")),
        sa.PrimaryKeyConstraint("newsletter", "item_id", name=op.f("pk_carried_over")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_carried_over_edition", "carried_over", ["edition"], unique=False)
