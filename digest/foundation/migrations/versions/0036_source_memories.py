"""What is remembered of sources that are asked over the network."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "source_memories",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("memory", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_memories"),
        sqlite_with_rowid=False,
    )
