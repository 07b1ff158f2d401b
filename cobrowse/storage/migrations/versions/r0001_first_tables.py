"""The first tables."""

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
    UniqueConstraint,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "agents",
        Column("id", Text(), nullable=False),
        Column("email", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("password_hash", Text(), nullable=False),
        Column("role", Text(), nullable=False),
        Column("created_at", Double(), nullable=False),
        Column("disabled_at", Double()),
        PrimaryKeyConstraint("id", name="pk_agents"),
        UniqueConstraint("email", name="uq_agents_email"),
    )
    op.create_table(
        "carts",
        Column("room", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("updated_at", Double(), nullable=False),
        Column("lines", Text(), nullable=False),
        Column("item_count", Integer(), nullable=False),
        Column("total_minor", BigInteger(), nullable=False),
        Column("currency", Text(), nullable=False),
        PrimaryKeyConstraint("room", name="pk_carts"),
    )
    op.create_index("ix_carts_site_updated_at", "carts", ["site", "updated_at"])
    op.create_table(
        "log",
        Column("room", Text(), nullable=False),
        Column("offset", BigInteger(), nullable=False),
        Column("hash", BigInteger(), nullable=False),
        Column("at", Double(), nullable=False),
        Column("replica", BigInteger(), nullable=False),
        Column("counter", BigInteger(), nullable=False),
        Column("payload", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("room", "offset", name="pk_log"),
        UniqueConstraint("room", "replica", "counter", name="uq_log_room_replica_counter"),
    )
    op.create_table(
        "offers",
        Column("id", Text(), nullable=False),
        Column("room", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("rule", Text(), nullable=False),
        Column("rule_version", Text(), nullable=False),
        Column("made_at", Double(), nullable=False),
        Column("status", Text(), nullable=False),
        Column("settled_at", Double()),
        Column("text", Text(), nullable=False),
        Column("reason", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index("ix_offers_room_made_at", "offers", ["room", "made_at"])
    op.create_index("ix_offers_site_made_at", "offers", ["site", "made_at"])
    op.create_table(
        "rooms",
        Column("room", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("epoch", Text(), nullable=False),
        Column("offset", BigInteger(), nullable=False),
        Column("hash", BigInteger(), nullable=False),
        Column("state", LargeBinary(), nullable=False),
        Column("saved_at", Double(), nullable=False),
        PrimaryKeyConstraint("room", name="pk_rooms"),
    )
    op.create_table(
        "visitors",
        Column("id", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("first_seen", Double(), nullable=False),
        Column("last_seen", Double(), nullable=False),
        Column("visits", Integer(), nullable=False),
        Column("referrer", Text()),
        Column("device", Text()),
        Column("locale", Text()),
        PrimaryKeyConstraint("id", name="pk_visitors"),
    )
    op.create_index("ix_visitors_site_last_seen", "visitors", ["site", "last_seen"])
    op.create_table(
        "contacts",
        Column("id", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("visitor", Text(), nullable=False),
        Column("created_at", Double(), nullable=False),
        Column("name", Text()),
        Column("email", Text()),
        Column("external_id", Text()),
        Column("folded", Text(), nullable=False),
        ForeignKeyConstraint(["visitor"], ["visitors.id"], name="fk_contacts_visitor"),
        PrimaryKeyConstraint("id", name="pk_contacts"),
        UniqueConstraint("site", "external_id", name="uq_contacts_site_external_id"),
    )
    op.create_index("ix_contacts_site_created_at", "contacts", ["site", "created_at"])
    op.create_index("ix_contacts_visitor", "contacts", ["visitor"])
    op.create_table(
        "sessions",
        Column("id_hash", Text(), nullable=False),
        Column("agent", Text(), nullable=False),
        Column("created_at", Double(), nullable=False),
        Column("seen_at", Double(), nullable=False),
        Column("expires_at", Double(), nullable=False),
        ForeignKeyConstraint(["agent"], ["agents.id"], name="fk_sessions_agent", ondelete="CASCADE"),
        PrimaryKeyConstraint("id_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_agent", "sessions", ["agent"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "conversations",
        Column("id", Text(), nullable=False),
        Column("room", Text(), nullable=False),
        Column("site", Text(), nullable=False),
        Column("contact", Text()),
        Column("status", Text(), nullable=False),
        Column("opened_at", Double(), nullable=False),
        Column("taken_by", Text()),
        Column("closed_at", Double()),
        Column("reason", Text()),
        Column("offer", Text()),
        ForeignKeyConstraint(["contact"], ["contacts.id"], name="fk_conversations_contact"),
        PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_contact_opened_at", "conversations", ["contact", "opened_at"])
    op.create_index("ix_conversations_room_opened_at", "conversations", ["room", "opened_at"])
    op.create_index(
        "ix_conversations_site_status_opened_at", "conversations", ["site", "status", "opened_at"]
    )
    op.create_table(
        "messages",
        Column("id", Text(), nullable=False),
        Column("conversation", Text(), nullable=False),
        Column("room", Text(), nullable=False),
        Column("offset", BigInteger(), nullable=False),
        Column("at", Double(), nullable=False),
        Column("author_role", Text(), nullable=False),
        Column("author", Text(), nullable=False),
        Column("author_name", Text(), nullable=False),
        Column("text", Text(), nullable=False),
        ForeignKeyConstraint(["conversation"], ["conversations.id"], name="fk_messages_conversation"),
        PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_conversation_offset", "messages", ["conversation", "offset"])
    op.create_index("ix_messages_room_offset", "messages", ["room", "offset"])


def downgrade() -> None:
    for table in (
        "messages",
        "conversations",
        "sessions",
        "contacts",
        "visitors",
        "rooms",
        "offers",
        "log",
        "carts",
        "agents",
    ):
        op.drop_table(table)
