"""Pausing: an edition whose sending a person has stopped."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
