"""What pages owe to people by mail, and how much strangers may still ask for: both outlive the program."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('confirm', 'link')", name=op.f("ck_notices_kind")),
        sa.CheckConstraint("state IN ('due', 'begun', 'sent', 'failed')", name=op.f("ck_notices_state")),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.number"], name="fk_notices_subscriber", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_notices"),
    )
    op.create_index("ix_notices_subscriber", "notices", ["subscriber"])
    op.create_index("ix_notices_due", "notices", ["state"], sqlite_where=sa.text("state = 'due'"))
    op.create_table(
        "allowances",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("left", sa.Float(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("full_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_allowances"),
        sqlite_with_rowid=False,
    )
