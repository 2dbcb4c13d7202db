"""Delivery message by message: attempts, answers, doubts, and the instance behind the send journal."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("deliveries", table_kwargs={"sqlite_with_rowid": False}) as deliveries:
        deliveries.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        deliveries.add_column(sa.Column("next_attempt_at", sa.String(), nullable=True))
        deliveries.add_column(sa.Column("answer", sa.String(), nullable=True))
        deliveries.add_column(sa.Column("why", sa.String(), nullable=True))
        deliveries.drop_constraint(op.f("ck_deliveries_state"), type_="check")
        deliveries.create_check_constraint(
            op.f("ck_deliveries_state"),
            "state IN ('pending', 'intent', 'sent', 'failed', 'held', 'no-variant', 'left')",
        )
    op.create_table(
        "doubts",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_doubts_edition")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name=op.f("fk_doubts_subscriber")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_doubts")),
    )
    op.create_index("ix_doubts_edition", "doubts", ["edition"], unique=False)
    op.create_table(
        "instance",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("commits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
