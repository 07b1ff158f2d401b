"""The log behind a snapshot is deleted in time, and nobody can tell. SPEC room.13."""

from __future__ import annotations

import time
from pathlib import Path

from cobrowse.core.messages import Increment, Position, Say
from cobrowse.live.codes import Codes
from cobrowse.live.retention import DAY_S, Retention
from cobrowse.storage.engine import open_database
from tests.serving import LocalServer, serving, settings_for

DONE = 70


async def delete_old(server: LocalServer, days: float) -> None:
    """What the server does each hour, as on a later day."""
    engine = await open_database(server.settings.database_url)
    retention = Retention(engine, Codes(engine, b"s" * 32), 30, 365, log_days=100)
    await retention.sweep(time.time() + days * DAY_S)
    await engine.dispose()


async def test_room13_a_client_goes_on_where_it_was_when_the_log_behind_the_snapshot_is_gone(
    tmp_path: Path,
) -> None:
    settings = settings_for(tmp_path)
    async with serving(settings, tmp_path) as server:
        shopper = await server.shopper()
        await shopper.done(Say("hello"))
        for _ in range(DONE - 1):
            await shopper.do(Increment("desk", 1))
        early = await shopper.answer(2)
        last = await shopper.answer(DONE)
    async with serving(settings, tmp_path, agent=False) as server:
        ((snapshot,),) = server.rows('SELECT "offset" FROM rooms')
        assert snapshot == last.offset, "kept as the server stopped"
        await delete_old(server, days=99)
        assert server.rows("SELECT count(*) FROM log") == [(last.offset,)]
        await delete_old(server, days=101)
        assert server.rows('SELECT "offset" FROM log') == [(last.offset,)]
        back = await server.shopper(
            token=shopper.token,
            resume=shopper.joined.resume,
            position=Position(shopper.joined.position.epoch, early.offset, early.hash),
        )
        assert (back.joined.replica, back.joined.last) == (shopper.joined.replica, DONE)
        assert (back.joined.tail, back.joined.position.offset) == (None, last.offset)
        assert back.joined.view is not None
        assert [message.text for message in back.joined.view.conversation.messages] == ["hello"]
        # A repeat writes nothing, and the log goes on.
        await back.do(Increment("desk", 1), c=DONE)
        await back.do(Increment("desk", 1), c=DONE + 1)
        entry = await back.answer(DONE + 1)
        assert entry.offset == last.offset + 1
        assert server.rows("SELECT text FROM messages") == [("hello",)]
    async with serving(settings, tmp_path, agent=False) as server:
        again = await server.shopper(token=shopper.token, resume=back.joined.resume)
        assert (again.joined.last, again.joined.position.offset) == (DONE + 1, last.offset + 1)
