"""Locks that hold on all hosts of one database."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    here = op.get_bind().dialect.name
    text = sa.String(collation="C") if here == "postgresql" else sa.String()
    op.create_table(
        "locks",
        sa.Column("name", text, nullable=False),
        sa.Column("fence", sa.BigInteger() if here == "postgresql" else sa.Integer(), nullable=False),
        sa.Column("host", text, nullable=False),
        sa.Column("process", sa.Integer(), nullable=False),
        sa.Column("since", text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_locks"),
        sqlite_with_rowid=False,
    )
