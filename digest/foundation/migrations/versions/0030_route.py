"""The way by which the mails of an edition leave: not only the transport, also the server, program or folder."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute("ALTER TABLE editions RENAME COLUMN transport TO route")
    op.execute("UPDATE editions SET route = json_object('transport', route) WHERE route IS NOT NULL")
