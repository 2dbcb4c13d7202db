"""What readers do themselves: subscriptions that are unconfirmed or paused, choices of their own, and through which door."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

STEPS = (
    "step IN ('added', 'changed', 'removed', 'suppressed', 'readmitted', "
    "'asked', 'confirmed', 'chosen', 'paused', 'resumed', 'left')"
)


def upgrade() -> None:
    for name in ("unconfirmed_since", "resumes_at", "chosen_at"):
        op.add_column("subscriptions", sa.Column(name, sa.String(), nullable=True))
    op.create_index(
        "ix_subscriptions_resumes_at",
        "subscriptions",
        ["resumes_at"],
        unique=False,
        sqlite_where=sa.text("resumes_at IS NOT NULL"),
    )
    with op.batch_alter_table("subscriber_events") as events:
        events.add_column(sa.Column("how", sa.String(), nullable=True))
        events.add_column(sa.Column("text", sa.String(), nullable=True))
        events.drop_constraint(op.f("ck_subscriber_events_step"), type_="check")
        events.create_check_constraint(op.f("ck_subscriber_events_step"), STEPS)
