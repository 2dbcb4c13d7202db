"""What came back: bounces, complaints and people who want out."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
