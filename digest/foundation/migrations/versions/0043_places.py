"""From where mails leave, of a database of several machines: until here it knew one place."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    here = op.get_bind().dialect.name
    text = sa.String(collation="C") if here == "postgresql" else sa.String()
    large = sa.BigInteger() if here == "postgresql" else sa.Integer()
    op.create_table(
        "places",
        sa.Column("name", text, nullable=False),
        sa.Column("host", text, nullable=True),
        sa.Column("machine", text, nullable=True),
        sa.Column("mark", text, nullable=True),
        sa.Column("folder", text, nullable=True),
        sa.Column("commits", large, nullable=False),
        sa.Column("journalled", large, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_places"),
    )
    op.add_column("instance", sa.Column("server", text, nullable=True))
    op.add_column("instance", sa.Column("stopped_by", text, nullable=True))
    if here == "postgresql":  # the machine is hashed for the instance, so that is the place's name
        op.execute(
            "INSERT INTO places (name, machine, mark, folder, commits, journalled) "
            "SELECT id, machine, place, folder, commits, 0 FROM instance WHERE place IS NOT NULL"
        )
        op.execute("UPDATE workers SET place = instance.id FROM instance WHERE workers.place = instance.place")
        op.execute("UPDATE instance SET machine = NULL, place = NULL, folder = NULL")
