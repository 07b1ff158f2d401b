"""Bytes for one other node each, of the moment and perhaps large: in order, bounded, and they may be lost.

They travel on a connection of their own, so that a page's mirror never stands before an operation.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import msgspec

from cobrowse.broker.channels import node_channel
from cobrowse.broker.link import FAILURES, Call, Link, heed_cancellation

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""Past it what comes is dropped: whoever shows a page notices the gap and asks for it anew."""

MAX_TURN_BYTES = 512 * 1024
RETRY_S = 0.25

_encode = msgspec.msgpack.Encoder().encode
logger = logging.getLogger(__name__)


class Post:
    """What this node sends to others. `dropped` counts what was lost on this side."""

    def __init__(self, link: Link, node: str) -> None:
        self._link = link
        self._node = node
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self.dropped = 0

    def send(self, node: str, notice: bytes) -> None:
        """Passes a notice to another node, which hears it on its own channel."""
        if self._waiting_bytes + len(notice) > MAX_WAITING_BYTES:
            self.dropped += 1
            return
        self._waiting.append((node_channel(node), notice))
        self._waiting_bytes += len(notice)
        self._wake.set()

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._turn()
                heed_cancellation()

    async def _turn(self) -> None:
        calls: list[Call] = []
        turn_bytes = 0
        while self._waiting and turn_bytes < MAX_TURN_BYTES:
            channel, notice = self._waiting.popleft()
            turn_bytes += len(notice)
            calls.append(("cobrowse_tell", [channel], (channel, b"n" + _encode((self._node, notice)))))
        self._waiting_bytes -= turn_bytes
        try:
            answers = await self._link.calls(calls)
        except FAILURES as failed:
            answers = [failed] * len(calls)
        if lost := sum(isinstance(answer, Exception) for answer in answers):
            self.dropped += lost
            logger.info("%d notices to other nodes were lost", lost)
            await asyncio.sleep(RETRY_S)
