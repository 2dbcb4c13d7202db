"""Of a database of several machines: what tells the secret that all of them have from others."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    text = sa.String(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.String()
    op.add_column("instance", sa.Column("secret", text, nullable=True))
