"""Who did what with a shopper's page, the codes by which a call joins one, and recordings."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
)

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audit",
        Column("id", Text(), nullable=False),
        Column("at", Double(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("room", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("actor_role", Text(), nullable=False),
        Column("actor", Text(), nullable=False),
        Column("actor_name", Text(), nullable=False),
        Column("csa", Text(), nullable=False),
        Column("csa_name", Text(), nullable=False),
        Column("detail", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at_id", "audit", ["at", "id"])
    op.create_index("ix_audit_room_at", "audit", ["room", "at"])
    op.create_table(
        "join_codes",
        Column("digest", Text(), nullable=False),
        Column("room", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("made_at", Double(), nullable=False),
        Column("expires_at", Double(), nullable=False),
        Column("used_at", Double()),
        PrimaryKeyConstraint("digest", name="pk_join_codes"),
    )
    op.create_index("ix_join_codes_room_made_at", "join_codes", ["room", "made_at"])
    op.create_index("ix_join_codes_expires_at", "join_codes", ["expires_at"])
    op.create_table(
        "join_tries",
        Column("id", Text(), nullable=False),
        Column("agent", Text(), nullable=False),
        Column("at", Double(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_join_tries"),
    )
    op.create_index("ix_join_tries_at", "join_tries", ["at"])
    op.create_table(
        "recordings",
        Column("id", Text(), nullable=False),
        Column("room", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("csa", Text(), nullable=False),
        Column("csa_name", Text(), nullable=False),
        Column("started_at", Double(), nullable=False),
        Column("ended_at", Double(), nullable=False),
        Column("size_bytes", BigInteger(), nullable=False),
        Column("parts", Integer(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_room_started_at", "recordings", ["room", "started_at"])
    op.create_index("ix_recordings_started_at", "recordings", ["started_at"])
    op.create_table(
        "recording_parts",
        Column("recording", Text(), nullable=False),
        Column("number", Integer(), nullable=False),
        Column("body", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("recording", "number", name="pk_recording_parts"),
        ForeignKeyConstraint(
            ["recording"],
            ["recordings.id"],
            name="fk_recording_parts_recording_recordings",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    for table in ("recording_parts", "recordings", "join_tries", "join_codes", "audit"):
        op.drop_table(table)
