"""A commit on SQLite is one row, until its rows are filed.

What `behind` named is brought up from the last row of each room's log, which is kept here as a commit; going back, the
commits are filed, and their rooms are behind.
"""

from __future__ import annotations

from typing import Any

import msgspec
from alembic import op
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    TableClause,
    Text,
    column,
    insert,
    table,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

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
    for (packed,) in op.get_bind().execute(text("SELECT rows FROM unfiled ORDER BY number")).all():
        rows, begun = msgspec.msgpack.decode(packed)
        for row in rows:
            _add(_LOG, dict(zip(_LOG.c.keys(), row, strict=True)))
            _add(_BEHIND, {"room": row[0]})
        for snapshot in begun:
            _add(_ROOMS, snapshot)
    op.drop_table("unfiled")


def _add(into: TableClause, row: dict[str, Any]) -> None:
    """Unless it is there already."""
    bind = op.get_bind()
    made = sqlite.insert(into) if bind.dialect.name == "sqlite" else postgresql.insert(into)
    bind.execute(made.values(row).on_conflict_do_nothing())
