"""Bulks: the same rows as one by one, in one transaction, or none."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.storage import journal
from cobrowse.storage.bulk import CACHED_STATEMENTS, FEW_ROWS, MAX_ROWS, Writer, statements
from cobrowse.storage.engine import open_database, reading
from cobrowse.storage.journal import Snapshot
from tests.storage.samples import log_row


def snapshot(offset: int, state: bytes) -> Snapshot:
    return Snapshot("room", "shop", "epoch", offset, 1, state, 1.7e9)


async def written(engine: AsyncEngine) -> list[int]:
    async with reading(engine) as conn:
        return [row.offset for row in await journal.tail(conn, "room", 0, 1_000)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 127, 128, 129, 300])
async def test_a_writer_writes_every_row_once_and_upserts(tmp_path: Path, count: int) -> None:
    engine = await open_database(f"sqlite:///{tmp_path}/kept.db")
    writer = Writer(engine.url.database or "")
    rows = [log_row(offset) for offset in range(1, count + 1)]
    await writer.write([journal.appending(rows), journal.saving([snapshot(1, b"old")])])
    await writer.write([journal.saving([snapshot(2, b"new")])])
    await writer.write([journal.saving([snapshot(1, b"late")])])
    async with reading(engine) as conn:
        assert await journal.tail(conn, "room", 0, 1_000) == rows
        assert await journal.load_snapshot(conn, "room") == snapshot(2, b"new")
    await writer.close()
    await engine.dispose()


async def test_a_conflict_leaves_nothing_of_its_transaction_and_the_next_goes_on(tmp_path: Path) -> None:
    engine = await open_database(f"sqlite:///{tmp_path}/kept.db")
    writer = Writer(engine.url.database or "")
    await writer.write([journal.appending([log_row(1)])])
    with pytest.raises(IntegrityError):
        await writer.write([journal.appending([log_row(2), log_row(3), log_row(1)])])
    assert await written(engine) == [1]
    await writer.write([journal.appending([log_row(2)])])
    assert await written(engine) == [1, 2]
    await writer.close()
    await engine.dispose()


def test_statements_have_few_shapes() -> None:
    shapes = set()
    for count in range(1, 1_000):
        bulk = journal.appending([log_row(offset) for offset in range(1, count + 1)])
        made = list(statements(bulk))
        assert sum(len(values) for _, values in made) == 7 * count
        shapes |= {text for text, _ in made}
    assert len(shapes) == FEW_ROWS + MAX_ROWS // FEW_ROWS - 1 < CACHED_STATEMENTS
