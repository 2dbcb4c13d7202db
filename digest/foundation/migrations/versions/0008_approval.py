"""Approval: what a draft's code stands for, who looked at it, and as whom the program was run."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "outlines",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_outlines_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_outlines")),
    )
    op.create_table(
        "looks",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_looks_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("edition", "login", name=op.f("pk_looks")),
    )
    op.add_column("editions", sa.Column("approved_as", sa.String(), nullable=True))
    op.add_column("editions", sa.Column("approved_code", sa.String(), nullable=True))
    op.add_column("editions", sa.Column("left_out", sa.String(), nullable=True))
    op.add_column("answers", sa.Column("answered_as", sa.String(), nullable=True))
