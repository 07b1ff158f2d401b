"""Who may come in now: how fast each address comes, and uvicorn's HTTP protocol, which asks that behind a proxy.

Whoever connects to us is turned away before a byte is read (asgi.listening). Behind a trusted proxy the peer is known
only from the request: there it is before the handshake. SPEC wire.11.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from cobrowse.asgi.proxies import Proxies
from cobrowse.core.arrivals import Arrivals

HEAD_WITHIN_S = 10.0
"""How long the head of a request may take to come: as long as the hello after it."""

TELL_EVERY_S = 60.0

TOO_MANY = (
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: %d\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
"""What an address that comes too fast is told: after how many seconds it may come."""

logger = logging.getLogger(__name__)


class Gate:
    """How fast each peer may come, by the address that limits count."""

    def __init__(self, proxies: Proxies, arrivals: Arrivals) -> None:
        self.proxies = proxies
        self.arrivals = arrivals
        self._tell_at = 0.0

    def wait_s(self, address: str) -> int:
        """Counts a connection: 0 when it may come in, else after how many seconds its address may try again."""
        now = time.monotonic()
        wait_s = self.arrivals.wait_s(address, now)
        if wait_s and now >= self._tell_at:
            self._tell_at = now + TELL_EVERY_S
            logger.warning(
                "an address opens connections faster than `connects_per_s` allows, %d were refused so far:"
                " if it is your proxy's, name it in `trusted_proxies`",
                self.arrivals.refused,
            )
        return wait_s


class ArrivingProtocol(HttpToolsProtocol):
    """One connection, until it is a WebSocket. The constructor's signature is the one that uvicorn calls."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gate: Gate | None = app_state.get("gate")
        self._proxy = ""
        self._head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if self._gate is not None and peer and self._gate.proxies.direct(str(peer[0])) is None:
            self._proxy = str(peer[0])
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        if self._gate is not None and self._proxy:
            address = self._gate.proxies.peer(self._proxy, self._values)
            if wait_s := self._gate.wait_s(address):
                self.transport.write(TOO_MANY % wait_s)
                self.transport.close()
                return
        super().handle_websocket_upgrade()

    def _values(self, name: str) -> list[str]:
        wanted = name.encode()
        return [value.decode("latin-1") for each, value in self.headers if each == wanted]

    def _await_head(self) -> None:
        if self._head_due is None:
            self._head_due = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)

    def _head_came(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
