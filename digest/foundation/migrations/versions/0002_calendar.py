"""The calendar: windows and reasons of editions, runs, reviews."""

import re
from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _window(kind: str, key: str) -> tuple[date, date]:
    """The half-open window of a key, as periods were when this was written; `sinceLast` did not exist."""
    numbers = [int(part) for part in re.findall("[0-9]+", key)]
    match kind:
        case "day":
            start = date(*numbers)
            return start, start + timedelta(days=1)
        case "week":
            start = date.fromisocalendar(numbers[0], numbers[1], 1)
            return start, start + timedelta(days=7)
        case "month":
            return date(numbers[0], numbers[1], 1), _month(numbers[0], numbers[1] + 1)
        case "quarter":
            return _month(numbers[0], 3 * numbers[1] - 2), _month(numbers[0], 3 * numbers[1] + 1)
    raise ValueError(f"{kind} {key}")


def _month(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def upgrade() -> None:
    with op.batch_alter_table("editions") as editions:
        editions.add_column(sa.Column("window_start", sa.String(), nullable=True))
        editions.add_column(sa.Column("window_end", sa.String(), nullable=True))
        editions.add_column(sa.Column("because", sa.String(), nullable=True))
        editions.add_column(sa.Column("readers", sa.String(), nullable=True))
        editions.add_column(sa.Column("sender", sa.String(), nullable=True))
        editions.drop_constraint(op.f("ck_editions_state"), type_="check")
        editions.create_check_constraint(
            op.f("ck_editions_state"),
            "state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'passed-over', 'expired')",
        )
    connection = op.get_bind()
    for number, kind, key in connection.execute(sa.text("SELECT number, kind, period FROM editions")).all():
        start, end = _window(kind, key)
        connection.execute(
            sa.text("UPDATE editions SET window_start = :start, window_end = :end WHERE number = :number"),
            {"start": start.isoformat(), "end": end.isoformat(), "number": number},
        )
    with op.batch_alter_table("editions") as editions:
        editions.alter_column("window_start", existing_type=sa.String(), nullable=False)
        editions.alter_column("window_end", existing_type=sa.String(), nullable=False)
    op.create_table(
        "newsletters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("started_on", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_newsletters")),
    )
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.String(), nullable=False),
        sa.Column("last_at", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("rehearsed", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.String(), nullable=False),
        sa.Column("done", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_runs")),
    )
    op.create_table(
        "answers",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("approved", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_answers_edition")),
        sa.PrimaryKeyConstraint("edition", "part", name=op.f("pk_answers")),
    )
    op.create_table(
        "review_mails",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("sent_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_review_mails_edition")),
        sa.PrimaryKeyConstraint("edition", "part", "reviewer", name=op.f("pk_review_mails")),
    )
