"""Parts that go to nobody who chose nothing else, of thin mails and of special editions for some audiences."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("editions", sa.Column("withheld", sa.String(), nullable=True))
