"""A listening socket on the loop, where whoever comes too fast is turned away before anything is made for them.

A transport and a protocol cost more than the refusal: an address that opens thousands of connections a second would
make the others wait. Behind a trusted proxy the peer is known only from the request (asgi.arriving). SPEC wire.11.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import uvicorn

from cobrowse.asgi.arriving import TOO_MANY, ArrivingProtocol, Gate
from cobrowse.live.tick import tick_in_s

AWAY_AT_ONCE = 8
"""How many may be turned away in one turn of the loop, and one let in: no operation waits long for them."""

AWAY_AFTER_S = 0.1
"""Whoever was turned away is told so at once and let go after this: who comes again and again waits, nobody else."""

MAX_LEAVING = 256
"""How many may be on their way out. Past it they are let go at once."""

AGAIN_AFTER_S = 1.0
"""When the system has no file or memory for a connection, as asyncio waits."""

DATE_EVERY_S = 1.0

logger = logging.getLogger(__name__)


class Listener:
    """Accepts what comes to a listening socket, which is its owner's, until it is closed, as asyncio's `Server` does.

    `make` makes the protocol of a connection that may come in.
    """

    def __init__(self, bound: socket.socket, gate: Gate, make: Callable[[], asyncio.Protocol]) -> None:
        self._bound = bound
        self._gate = gate
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[object]] = set()
        self._leaving: deque[socket.socket] = deque()
        self._again: asyncio.TimerHandle | None = None
        bound.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Accepts no more."""
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._bound)
        while self._leaving:
            self._let_go()

    async def wait_closed(self) -> None:
        """Returns when what was accepted has its protocol, or has gone."""
        await asyncio.gather(*self._opening, return_exceptions=True)

    def _listen(self) -> None:
        self._again = None
        self._loop.add_reader(self._bound, self._accept)

    def _accept(self) -> None:
        for _ in range(AWAY_AT_ONCE):
            try:
                made, peer = self._bound.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                logger.error("cannot accept connections: %s", error.strerror)
                self._loop.remove_reader(self._bound)
                self._again = self._loop.call_later(AGAIN_AFTER_S, self._listen)
                return
            address = self._gate.proxies.direct(peer[0])
            if address is None or not (wait_s := self._gate.wait_s(address)):
                made.setblocking(False)
                opening = self._loop.create_task(self._open(made))
                self._opening.add(opening)
                opening.add_done_callback(self._opening.discard)
                return
            with suppress(OSError):
                made.send(TOO_MANY % wait_s, socket.MSG_DONTWAIT)
            if len(self._leaving) < MAX_LEAVING:
                self._leaving.append(made)
                self._loop.call_later(AWAY_AFTER_S, self._let_go)
            else:
                made.close()

    def _let_go(self) -> None:
        """Ends the connection that was turned away first."""
        if self._leaving:
            self._leaving.popleft().close()

    async def _open(self, made: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make, made)
        except OSError:  # the peer has gone again
            made.close()


class ListeningServer(uvicorn.Server):
    """uvicorn, which listens our way. The application's lifespan says which `gate` guards it.

    It sleeps until it is told to exit, and wakes each second for the date in its answers; uvicorn looks ten times.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()
        self._should_exit = False
        super().__init__(config)

    @property
    def should_exit(self) -> bool:
        return self._should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._should_exit = value
        if value and self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)  # a signal comes between any two steps

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        listeners = [Listener(each, self.lifespan.state["gate"], self._protocol) for each in sockets or ()]
        self.servers = cast("list[asyncio.base_events.Server]", listeners)

    def _protocol(self) -> asyncio.Protocol:
        return ArrivingProtocol(self.config, self.server_state, self.lifespan.state)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(tick_in_s(DATE_EVERY_S)):
                    await self._told.wait()
