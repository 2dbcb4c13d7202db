"""Words: an edition that did not go out in its time is *missed*; it was stored as passed over."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    with op.batch_alter_table("editions") as editions:
        editions.drop_constraint(op.f("ck_editions_state"), type_="check")
    op.execute(sa.text("UPDATE editions SET state = 'missed' WHERE state = 'passed-over'"))
    with op.batch_alter_table("editions") as editions:
        editions.create_check_constraint(
            op.f("ck_editions_state"),
            "state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'missed', 'expired')",
        )
