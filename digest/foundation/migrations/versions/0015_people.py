"""People: what the office did to subscribers, and whether the subscriber file has a subscription."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("from_file", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("departures") as departures:
        departures.drop_constraint(op.f("ck_departures_cause"), type_="check")
        departures.create_check_constraint(
            op.f("ck_departures_cause"), "cause IN ('bounced', 'complained', 'asked', 'removed')"
        )
    op.create_table(
        "subscriber_events",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("at", sa.String(), nullable=False),
        sa.CheckConstraint(
            "step IN ('added', 'changed', 'removed', 'suppressed', 'readmitted')",
            name=op.f("ck_subscriber_events_step"),
        ),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name=op.f("fk_subscriber_events_subscriber")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_subscriber_events")),
    )
    op.create_index("ix_subscriber_events_subscriber", "subscriber_events", ["subscriber"], unique=False)
