"""Editions that were never missed, though they were stored so: there was nothing to say, or nothing was meant to go
out. They are told by the reasons that only these have, and by there having been no story at all.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_REASONS = (
    "no story came for it before its sending",
    "nothing goes out on the day of its sending (skip, holidays)",
    "nothing in it concerns anybody",
    "every part is left out: %",
    "% was not answered by %",
    "% was approved by nobody",
    "% was changed after % had answered",
    "% (minimum_stories): all wait for the next",
)


_BY_REASON = """
UPDATE editions SET state = 'skipped'
WHERE state = 'missed' AND occasion IS NULL AND supplement IS NULL AND because LIKE :reason
"""
_WITHOUT_STORY = """
UPDATE editions SET state = 'skipped'
WHERE state = 'missed' AND occasion IS NULL AND supplement IS NULL
AND NOT EXISTS (SELECT 1 FROM verdicts WHERE verdicts.edition = editions.number)
AND NOT EXISTS (
    SELECT 1 FROM carried_over JOIN editions AS others ON others.number = carried_over.edition
    WHERE others.newsletter = editions.newsletter AND others.window_start <= editions.window_start
)
"""


def upgrade() -> None:
    for reason in _REASONS:
        op.get_bind().execute(sa.text(_BY_REASON), {"reason": reason})
    op.execute(sa.text(_WITHOUT_STORY))
