"""The log's rows have one index; carts and visitors may be behind it for a moment.

An operation's number is told from a repeat by the room's state, which the log is; the second index cost as much as all
else that an append does.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "behind", Column("room", Text(), nullable=False), PrimaryKeyConstraint("room", name="pk_behind")
    )
    with op.batch_alter_table("log") as log:
        log.drop_constraint("uq_log_room_replica_counter", type_="unique")


def downgrade() -> None:
    with op.batch_alter_table("log") as log:
        log.create_unique_constraint("uq_log_room_replica_counter", ["room", "replica", "counter"])
    op.drop_table("behind")
