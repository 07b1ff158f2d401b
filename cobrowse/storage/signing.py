"""The secret that signs visitors' tokens, where several servers share a database. SPEC node.10.

Without a setting the first of them makes one and keeps it here. Whoever is given one by a setting leaves a row without
a value: a server on which the setting was forgotten must not make another, or visitors would lose their rooms between
the two.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.errors import SecretDiffers, SecretMissing
from cobrowse.storage.schema import secrets
from cobrowse.storage.upsert import insert_into

_OURS = secrets.c.name == "signing"


async def agreed(conn: AsyncConnection, given: str, fresh: str) -> str:
    """The secret that every server of this database signs with: `given` unless it is empty, else the one kept here,
    which is `fresh` if there was none. One that was kept here goes once it is given.

    Raises SecretMissing when the others are given one, SecretDiffers when they use another that is kept here.
    """
    begun = insert_into(conn, secrets).values(name="signing", value=None if given else fresh)
    await conn.execute(begun.on_conflict_do_nothing())
    kept: str | None = (await conn.execute(select(secrets.c.value).where(_OURS))).scalar_one()
    if not given:
        if kept is None:
            raise SecretMissing
        return kept
    if kept is not None:
        if kept != given:
            raise SecretDiffers
        await conn.execute(update(secrets).where(_OURS).values(value=None))
    return given
