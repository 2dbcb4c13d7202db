"""Records: what an edition keeps of itself, so that what is told of it is what happened."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "records",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_records_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_records")),
    )
    op.add_column("editions", sa.Column("transport", sa.String(), nullable=True))
