"""One server to a SQLite database: what its rooms are is in that server's memory first."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.storage.errors import DatabaseUnusable


@contextmanager
def owning(engine: AsyncEngine) -> Iterator[None]:
    """No other server begins to use this database meanwhile; PostgreSQL takes any number of them.

    The lock is on a file beside the database and ends with the process, however that ends. Raises DatabaseUnusable.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    with Path(f"{engine.url.database}.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseUnusable(
                "another server uses this database; for several, see PostgreSQL and Redis in docs/scaling.md"
            ) from None
        yield
