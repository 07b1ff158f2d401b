"""What is looked at again and again is looked at together: an idle hub hardly wakes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cobrowse.asgi import listening
from cobrowse.live.tick import LEAST_SHARE, tick, tick_in_s
from tests.serving import serving, settings_for
from tests.wire import WITHIN_S


async def test_all_wait_for_the_same_whole_second_and_none_comes_twice() -> None:
    loop = asyncio.get_running_loop()
    for every_s in (0.05, 1.0, 5.0, 3_600.0):
        left_s = tick_in_s(every_s)
        assert LEAST_SHARE * every_s <= left_s <= (1 + LEAST_SHARE) * every_s
        beside = (loop.time() + left_s) % every_s
        assert min(beside, every_s - beside) < 0.05
    before = loop.time()
    await tick(0.05)
    await tick(0.05)
    assert loop.time() - before >= 0.05


async def test_node7_a_server_that_is_told_to_exit_does_not_wait_for_its_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "DATE_EVERY_S", 3_600.0)
    async with asyncio.timeout(WITHIN_S), serving(settings_for(tmp_path), tmp_path, agent=False) as server:
        assert "date" in (await server.http.get("/healthz")).headers
