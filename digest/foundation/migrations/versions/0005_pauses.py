"""Pausing: an edition whose sending a person has stopped; what people decided about deliveries; test mails."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_decisions_edition")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name=op.f("fk_decisions_subscriber")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_edition", "decisions", ["edition"], unique=False)
    op.create_table(
        "pauses",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("lifted_at", sa.String(), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_pauses_edition")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_pauses")),
    )
    op.create_index("ix_pauses_edition", "pauses", ["edition"], unique=False)
    op.create_index("uq_pauses_holding", "pauses", ["edition"], unique=True, sqlite_where=sa.text("lifted_at IS NULL"))
    op.create_table(
        "test_mails",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("sent_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_test_mails_edition")),
        sa.PrimaryKeyConstraint("edition", "variant", "folded", name=op.f("pk_test_mails")),
    )
