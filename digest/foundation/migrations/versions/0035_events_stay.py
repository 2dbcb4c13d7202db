"""What people agreed to, and what was done to them, is only added to; whoever is forgotten is the exception."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

_TRIGGER = """
CREATE TRIGGER subscriber_events_no_{step} BEFORE {step} ON subscriber_events
WHEN NOT EXISTS (SELECT 1 FROM forgetting) BEGIN SELECT RAISE(ABORT, 'events are only added'); END
"""


def upgrade() -> None:
    op.create_table(
        "forgetting",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_forgetting_one")),
        sa.PrimaryKeyConstraint("one", name="pk_forgetting"),
    )
    for step in ("update", "delete"):
        op.execute(_TRIGGER.format(step=step))
