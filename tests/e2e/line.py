"""A telephone line between one browser and the server, which a test can cut and mend: a TCP relay on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from tests.processes import START_WITHIN_S


class Line:
    """Relays to 127.0.0.1:`target`. Cut: connections are reset, and new ones are turned away. Swallowing: they stay,
    and what is said on them arrives nowhere, as when a router has forgotten them.
    """

    def __init__(self, target: int, *, narrow: bool = False) -> None:
        self._target = target
        self._narrow = narrow
        self._up = True
        self._swallows = False
        self._drips = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._call(asyncio.start_server(self._relay, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_WITHIN_S)

    def cut(self) -> None:
        self._call(self._set(up=False))

    def swallow(self) -> None:
        self._call(self._lose())

    def drip(self) -> None:
        """From now on one byte a second comes through to the browser's end."""
        self._drips = True

    def mend(self) -> None:
        """Relays again. What was swallowed is lost, and so are its connections."""
        if self._swallows:
            self.cut()
        self._call(self._set(up=True))

    def lead_to(self, target: int) -> None:
        """Cuts what there is; whoever calls from now on comes out at another port."""
        self.cut()
        self._target = target
        self.mend()

    def close(self) -> None:
        self._call(self._set(up=False))
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_WITHIN_S)
        self._loop.close()

    async def _lose(self) -> None:
        self._swallows = True

    async def _set(self, *, up: bool) -> None:
        self._up = up
        self._swallows = False
        if not up:
            for writer in list(self._writers):
                writer.transport.abort()

    async def _end(self) -> None:
        # Who calls at this moment is let in and turned away: a server that is closed meanwhile would leave them open.
        for listening in self._server.sockets:
            self._loop.remove_reader(listening.fileno())
        while tasks := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
            await asyncio.gather(*tasks, return_exceptions=True)
        self._server.close()
        await asyncio.sleep(0)  # an aborted transport closes its socket in the next turn
        await asyncio.sleep(0)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._up:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await self._dial()
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        try:
            if self._up:
                await asyncio.gather(
                    self._pump(reader, far_writer), self._pump(far_reader, writer, home=True)
                )
        finally:
            self._writers -= {writer, far_writer}
            writer.transport.abort()
            far_writer.transport.abort()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not self._narrow:
            return await asyncio.open_connection("127.0.0.1", self._target)
        # Next to nothing is on its way: what is not read waits at the far end.
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.setblocking(False)
        await self._loop.sock_connect(sock, ("127.0.0.1", self._target))
        return await asyncio.open_connection(sock=sock)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, home: bool = False
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1 if home and self._drips else 65536):
                if home and self._drips:
                    await asyncio.sleep(1)
                if not self._swallows:
                    writer.write(data)
                    await writer.drain()
        with suppress(OSError, RuntimeError):
            if not self._swallows:
                writer.write_eof()
