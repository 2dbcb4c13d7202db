"""Of which editions staff were reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    text = sa.String(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.String()
    op.create_table(
        "reminders",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("due_at", text, nullable=False),
        sa.Column("sent_at", text, nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name="fk_reminders_edition"),
        sa.PrimaryKeyConstraint("edition", "due_at", name="pk_reminders"),
    )
