"""Files as they were last read: a better reader is no edit.

Files read before this step are not in it: their items are taken for what an earlier reader made of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "files_read",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "file", name=op.f("pk_files_read")),
        sqlite_with_rowid=False,
    )
