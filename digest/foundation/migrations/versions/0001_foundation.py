"""The foundation: items, editions, subscribers, deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "choices",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("audiences", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_choices")),
        sa.UniqueConstraint("newsletter", "audiences", "language", name=op.f("uq_choices_newsletter")),
    )
    op.create_table(
        "editions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("built_at", sa.String(), nullable=True),
        sa.Column("covers_to_end", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.String(), nullable=True),
        sa.Column("accepted", sa.String(), nullable=True),
        sa.Column("sealed_at", sa.String(), nullable=True),
        sa.Column("sending_at", sa.String(), nullable=True),
        sa.Column("finished_at", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'expired')", name=op.f("ck_editions_state")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_editions")),
        sa.UniqueConstraint("newsletter", "period", "revision", name=op.f("uq_editions_newsletter")),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("story_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("published_on", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index("ix_items_source", "items", ["source"], unique=False)
    op.create_index("ix_items_story_id", "items", ["story_id"], unique=False)
    op.create_table(
        "subscribers",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("suppressed_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("folded", name=op.f("uq_subscribers_folded")),
        sa.UniqueConstraint("public_id", name=op.f("uq_subscribers_public_id")),
    )
    op.create_table(
        "settled",
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("story_id", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_settled_edition")),
        sa.PrimaryKeyConstraint("newsletter", "story_id", name=op.f("pk_settled")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("consent_on", sa.String(), nullable=True),
        sa.Column("consent_how", sa.String(), nullable=True),
        sa.Column("left_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["choice"], ["choices.number"], name=op.f("fk_subscriptions_choice")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name=op.f("fk_subscriptions_subscriber")),
        sa.PrimaryKeyConstraint("subscriber", "newsletter", name=op.f("pk_subscriptions")),
    )
    op.create_index("ix_subscriptions_choice", "subscriptions", ["choice"], unique=False)
    op.create_table(
        "variants",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("audiences", sa.String(), nullable=False),
        sa.Column("stories", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_variants_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_variants")),
        sa.UniqueConstraint("edition", "name", name=op.f("uq_variants_edition")),
    )
    op.create_table(
        "verdicts",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("ruling", sa.String(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_verdicts_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("edition", "story_id", name=op.f("pk_verdicts")),
    )
    op.create_table(
        "deliveries",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed_at", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'intent', 'sent', 'failed', 'no-variant', 'left')", name=op.f("ck_deliveries_state")
        ),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_deliveries_edition")),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name=op.f("fk_deliveries_subscriber")),
        sa.ForeignKeyConstraint(["variant"], ["variants.number"], name=op.f("fk_deliveries_variant")),
        sa.PrimaryKeyConstraint("edition", "subscriber", name=op.f("pk_deliveries")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deliveries_state", "deliveries", ["edition", "state"], unique=False)
    op.create_table(
        "servings",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("variant", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["choice"], ["choices.number"], name=op.f("fk_servings_choice")),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_servings_edition"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant"], ["variants.number"], name=op.f("fk_servings_variant"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("edition", "choice", name=op.f("pk_servings")),
    )
