"""A commit on SQLite is one row, until its rows are filed.

What `behind` named is brought up from the last row of each room's log, which is kept here as a commit; going back, the
commits are filed, and their rooms are behind.
"""

from __future__ import annotations

import msgspec
from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, Text, column, insert, table, text

revision = "0005"
down_revision = "0004"

_LOG = table("log", *map(column, ("room", "offset", "hash", "at", "replica", "counter", "payload")))
_ROOMS = table("rooms", *map(column, ("room", "site", "epoch", "offset", "hash", "state", "saved_at")))
_BEHIND = table("behind", column("room"))
_UNFILED = table("unfiled", column("number"), column("rows"))


def upgrade() -> None:
    op.create_table(
        "unfiled",
        Column("number", Integer(), autoincrement=False, nullable=False),
        Column("rows", LargeBinary(), nullable=False),
        PrimaryKeyConstraint("number", name="pk_unfiled"),
    )
    bind = op.get_bind()
    last = bind.execute(
        text(
            'SELECT * FROM log WHERE (room, "offset") IN '
            '(SELECT room, max("offset") FROM log WHERE room IN (SELECT room FROM behind) GROUP BY room)'
        )
    )
    if rows := [tuple(row) for row in last]:
        bind.execute(insert(_UNFILED), {"number": 1, "rows": msgspec.msgpack.encode((rows, ()))})
    op.drop_table("behind")


def downgrade() -> None:
    op.create_table(
        "behind", Column("room", Text(), nullable=False), PrimaryKeyConstraint("room", name="pk_behind")
    )
    bind = op.get_bind()
    for (packed,) in bind.execute(text("SELECT rows FROM unfiled ORDER BY number")).all():
        rows, begun = msgspec.msgpack.decode(packed)
        for row in rows:
            bind.execute(insert(_LOG).prefix_with("OR IGNORE").values(row))
            bind.execute(insert(_BEHIND).prefix_with("OR IGNORE").values(room=row[0]))
        for snapshot in begun:
            bind.execute(insert(_ROOMS).prefix_with("OR IGNORE"), snapshot)
    op.drop_table("unfiled")
