"""Adoption: which machine and place this database belongs to, and what people decided about copies of it."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("machine", "place", "folder", "copied_at", "journal_fingerprint"):
        op.add_column("instance", sa.Column(name, sa.String(), nullable=True))
    for name in ("journal_bytes", "subscribers"):
        op.add_column("instance", sa.Column(name, sa.Integer(), nullable=True))
    if op.get_bind().execute(sa.text("SELECT 1 FROM instance")).first() is None:
        op.get_bind().execute(
            sa.text("INSERT INTO instance (id, commits) VALUES (:id, 0)"), {"id": secrets.token_hex(8)}
        )
    op.create_table(
        "adoptions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("unknown_until", sa.String(), nullable=True),
        sa.Column("subscribers", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_adoptions")),
    )
    op.create_table(
        "journalled",
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("edition", "delivery", name=op.f("pk_journalled")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "releases",
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_releases")),
    )
