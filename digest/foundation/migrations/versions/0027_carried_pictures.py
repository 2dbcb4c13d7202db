"""The pictures of an edition's messages, each once. Older messages hold theirs themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "carried_pictures",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("picture", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.number"], name=op.f("fk_carried_pictures_edition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", "picture", name=op.f("pk_carried_pictures")),
        sqlite_with_rowid=False,
    )
