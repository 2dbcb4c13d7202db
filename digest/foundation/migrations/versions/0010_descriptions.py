"""Bytes: what an edition's fingerprint covers is kept beside its mails, so that these can be compared with it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "descriptions",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.number"], name=op.f("fk_descriptions_edition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_descriptions")),
    )
