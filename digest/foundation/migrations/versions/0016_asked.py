"""When reviewers were asked first about a part: from then on the time that they have to answer counts."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("review_mails", sa.Column("asked_at", sa.String(), nullable=True))
    op.execute("UPDATE review_mails SET asked_at = sent_at")
