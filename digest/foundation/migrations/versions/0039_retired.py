"""Where a database went that was copied into another one, and which one has not arrived yet."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    for name in ("retired_to", "retired_at", "arriving_from"):
        op.add_column("instance", sa.Column(name, sa.String(collation=collation)))
