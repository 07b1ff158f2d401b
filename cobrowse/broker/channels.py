"""Subscriptions to Redis channels that know when they have missed something. SPEC node.4.

Pub/sub forgets: what is published while a connection is down is gone. So a connection that had to be made again is
reported as a gap, and a probe, sent through Redis to ourselves, shows that news arrives at all.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import ResponseError

from cobrowse.broker.link import FAILURES, Link, NotReplicated, heed_cancellation, using_client

PROBE_EVERY_S = 2.0
PROBE_WITHIN_S = 6.0
"""A subscription that carries nothing for this long, probes included, is taken for dead and made again."""
RETRY_S = 0.25
PING = b"?"


def node_channel(node: str) -> str:
    """Where one node alone listens."""
    return f"cobrowse:node:{node}"


Heard = Callable[[str, bytes], None]
"""Takes a message of a channel. Must not raise, must not block."""

logger = logging.getLogger(__name__)


class Channels:
    """What one node listens to, over one connection."""

    def __init__(self, link: Link, node: str, heard: Heard, gap: Callable[[], None]) -> None:
        self._link = link
        self._heard = heard
        self._gap = gap
        self._own = node_channel(node)
        self._wanted: set[str] = {self._own}
        self._confirming: dict[str, asyncio.Future[None]] = {}
        self._pubsub: Any = None
        self._alive_at = 0.0
        self._kept = True

    @property
    def delivers(self) -> bool:
        """Whether news has arrived of late, and Redis took the last probe as it must take an operation."""
        return self._kept and self._hears

    @property
    def _hears(self) -> bool:
        """Whether something has arrived of late; the probe sees to it that there is something."""
        return self._pubsub is not None and time.monotonic() - self._alive_at < PROBE_WITHIN_S

    async def subscribe(self, *channels: str) -> None:
        """Returns once all that is published from now on will be heard. Raises one of FAILURES."""
        fresh = [channel for channel in channels if channel not in self._wanted]
        self._wanted.update(fresh)
        waits = []
        for channel in fresh:
            self._confirming[channel] = asyncio.get_running_loop().create_future()
        waits = [self._confirming[channel] for channel in channels if channel in self._confirming]
        if fresh and self._pubsub is not None:
            with using_client():
                await self._pubsub.subscribe(*fresh)
        if waits:
            async with asyncio.timeout(PROBE_WITHIN_S):
                await asyncio.gather(*(asyncio.shield(wait) for wait in waits))

    async def unsubscribe(self, channel: str) -> None:
        self._wanted.discard(channel)
        if (waiting := self._confirming.pop(channel, None)) is not None:
            waiting.cancel()
        if self._pubsub is not None:
            with using_client():
                await self._pubsub.unsubscribe(channel)

    async def run(self) -> None:
        """Listens until cancelled; a connection that breaks or goes silent is made again, and that is a gap."""
        first = True
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    # The client's own pub/sub resubscribes in silence; a new object a connection leaves no doubt.
                    pubsub: Any = self._link.client.pubsub()
                    try:
                        asked: set[str] = set()
                        while missing := self._wanted - asked:
                            # Each round trip leaves time for more to be wanted.
                            with using_client():
                                await pubsub.subscribe(*missing)
                            asked |= missing
                        self._pubsub, self._alive_at = pubsub, time.monotonic()
                        if not first:
                            self._gap()
                        first = False
                        tasks.create_task(self._probe())
                        await self._listen(pubsub)
                    finally:
                        self._pubsub = None
                        await _close(pubsub)
            except* FAILURES as failed:
                logger.warning("the subscription to Redis broke: %s", type(failed.exceptions[0]).__name__)
            heed_cancellation()
            await asyncio.sleep(RETRY_S)

    async def _listen(self, pubsub: Any) -> None:
        while True:
            with using_client():
                message = await pubsub.parse_response(block=True)
            self._alive_at = time.monotonic()
            kind, channel = message[0], message[1].decode()
            if kind == b"message":
                if message[2] != PING:
                    self._heard(channel, message[2])
            elif kind == b"subscribe" and (waiting := self._confirming.pop(channel, None)) is not None:
                waiting.set_result(None)

    async def _probe(self) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY_S)
            try:
                async with asyncio.timeout(PROBE_WITHIN_S):
                    await self._link.call("cobrowse_tell", [self._own], self._own, PING, sure=True)
                self._kept = True
            except NotReplicated:
                self._kept = False
            except ResponseError:
                # Nothing was told, so there is nothing to hear; what others told has been heard.
                self._kept, self._alive_at = False, time.monotonic()
            if not self._hears:
                raise TimeoutError("the subscription to Redis is silent")


async def _close(pubsub: Any) -> None:
    try:
        with using_client():
            await pubsub.aclose()
    except FAILURES as failed:
        logger.info("a subscription could not be closed: %s", type(failed).__name__)
