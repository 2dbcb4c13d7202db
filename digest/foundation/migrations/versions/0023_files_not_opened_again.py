"""What a file brought beside its items, so that it need not be opened again."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("files_read", sa.Column("brought", sa.String()))
