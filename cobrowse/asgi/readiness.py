"""GET /readyz: whether what is said here is delivered, found out by trying. SPEC ready.1."""

from __future__ import annotations

import asyncio
import sqlite3

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cobrowse.live.hub import Hub
from cobrowse.live.recorder import Recorder
from cobrowse.storage.engine import reading

PROBE_WITHIN_S = 5.0
"""As long as SQLite waits for a lock: an operation that comes now would be lost after it."""

GOOD_FOR_S = 1.0
"""So long a probe that went well is not made again: whoever asks all the time costs the disk no more than this."""


class Readiness:
    """The route, and what it knows of the last probe."""

    def __init__(self, hub: Hub, recorder: Recorder, engine: AsyncEngine) -> None:
        self._hub = hub
        self._recorder = recorder
        self._engine = engine
        self._good_until = 0.0
        self._one_at_a_time = asyncio.Lock()

    def route(self) -> Route:
        return Route("/readyz", self._answer)

    async def _answer(self, request: Request) -> Response:
        fault = await self.fault()
        return PlainTextResponse(f"{fault or 'ready'}\n", 503 if fault else 200)

    async def fault(self) -> str:
        """Why nobody should be sent here now; "" when all works."""
        if not self._hub.ready:
            return "starting or stopping"
        async with self._one_at_a_time:
            if self._hub.monotonic() >= self._good_until:
                if fault := await self._probe():
                    return fault
                self._good_until = self._hub.monotonic() + GOOD_FOR_S
        if self._hub.node is not None and not self._hub.node.delivers:
            return "nothing is delivered through Redis"
        return ""

    async def _probe(self) -> str:
        try:
            async with asyncio.timeout(PROBE_WITHIN_S):
                async with reading(self._engine) as conn:
                    await conn.execute(text("SELECT 1 FROM rooms LIMIT 1"))
                await self._recorder.probe()
        except (SQLAlchemyError, sqlite3.Error, OSError):  # TimeoutError is an OSError
            return "the database does not answer"
        return ""
