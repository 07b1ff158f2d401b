"""What rules decided, what was bought, and what the console changed of the rules."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "decisions",
        Column("room", Text(), nullable=False),
        Column("offset", BigInteger(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("at", Double(), nullable=False),
        Column("rule", Text(), nullable=False),
        Column("version", Text(), nullable=False),
        Column("cause", Text(), nullable=False),
        Column("arm", Text(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("trace", Text(), nullable=False),
        Column("offer", Text()),
        PrimaryKeyConstraint("room", "offset", name="pk_decisions"),
    )
    op.create_index("ix_decisions_site_rule_at", "decisions", ["site", "rule", "at"])
    op.create_table(
        "orders",
        Column("room", Text(), nullable=False),
        Column("offset", BigInteger(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("at", Double(), nullable=False),
        Column("value_minor", BigInteger(), nullable=False),
        Column("reference", Text()),
        PrimaryKeyConstraint("room", "offset", name="pk_orders"),
        UniqueConstraint("room", "reference", name="uq_orders_room_reference"),
    )
    op.create_index("ix_orders_room_at", "orders", ["room", "at"])
    op.create_table(
        "rule_overrides",
        Column("rule", Text(), nullable=False),
        Column("off", Boolean(), nullable=False),
        Column("source", Text()),
        Column("based_on", Text(), nullable=False),
        PrimaryKeyConstraint("rule", name="pk_rule_overrides"),
    )
    op.create_table(
        "rule_changes",
        Column("rule", Text(), nullable=False),
        Column("number", Integer(), nullable=False),
        Column("at", Double(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("version", Text(), nullable=False),
        Column("source", Text(), nullable=False),
        Column("agent", Text(), nullable=False),
        Column("agent_name", Text(), nullable=False),
        PrimaryKeyConstraint("rule", "number", name="pk_rule_changes"),
    )
    op.create_index("ix_offers_site_rule_made_at", "offers", ["site", "rule", "made_at"])


def downgrade() -> None:
    op.drop_index("ix_offers_site_rule_made_at", "offers")
    for table in ("rule_changes", "rule_overrides", "orders", "decisions"):
        op.drop_table(table)
