"""Fetches a shop's files for the console, and nothing else of the network. SPEC file.1, file.2.

The address is a checked one of the site's own origins. Its name is looked up here, every answer is weighed, and the
connection goes to the very address that was weighed: a name that says something else a moment later changes nothing.
No redirect is followed, no proxy of the environment is used, no cookie is kept or sent.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore

from cobrowse.core.errors import CobrowseError
from cobrowse.core.shop_files import MAX_FILE_BYTES, ShopFile, checked, is_public

FETCH_WITHIN_S = 10.0
"""From the look-up of the name to the last byte: a server that drips cannot hold a connection for longer."""

MAX_CONNECTIONS = 16
WAIT_S = 10.0

LookUp = Callable[[str, int], Awaitable[Sequence[str]]]


class NotFetched(CobrowseError):
    """The file is not there, may not be fetched, or is none that the console shows. The message names no address."""


async def look_up(host: str, port: int) -> list[str]:
    """The network addresses of a name, as the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to weighed addresses only."""

    def __init__(self, private_hosts: Iterable[str], find: LookUp) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._find = find
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._find(host, port)
        except OSError:
            raise httpcore.ConnectError("the name is not known") from None
        if not addresses:
            raise httpcore.ConnectError("the name is not known")
        # One private address among public ones is a trick, not a choice.
        if host.lower() not in self._private_hosts and not all(map(is_public, addresses)):
            raise NotFetched("expected a public network address")
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address)

    async def connect_unix_socket(self, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        raise NotFetched("expected a public network address")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class Fetcher:
    """Fetches files, a bounded number at a time. `private_hosts`: names whose addresses may be private."""

    def __init__(
        self,
        private_hosts: Iterable[str] = (),
        find: LookUp = look_up,
        within_s: float = FETCH_WITHIN_S,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._within_s = within_s
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=_Guarded(private_hosts, find),
        )

    async def fetch(self, url: str) -> ShopFile:
        """The file at a checked address. Raises NotFetched."""
        try:
            async with asyncio.timeout(WAIT_S + self._within_s):
                return await self._fetch(url)
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            TimeoutError,
            OSError,
        ):
            raise NotFetched("the shop did not answer in time, or not at all") from None

    async def _fetch(self, url: str) -> ShopFile:
        headers = [(b"accept", b"image/*,font/*,text/css,*/*;q=0.1"), (b"accept-encoding", b"identity")]
        limits = {"pool": WAIT_S, "connect": self._within_s, "read": self._within_s, "write": self._within_s}
        async with (
            self._pool.stream("GET", url, headers=headers, extensions={"timeout": limits}) as response,
            asyncio.timeout(self._within_s),
        ):
            if response.status != 200:
                raise NotFetched("expected the file itself: no redirect, no error")
            said = {name.lower(): value for name, value in response.headers}
            if said.get(b"content-encoding", b"identity").lower() not in (b"", b"identity"):
                raise NotFetched("expected a file that is not packed")
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > MAX_FILE_BYTES:
                    raise NotFetched(f"expected at most {MAX_FILE_BYTES} bytes")
        file = checked(bytes(body), said.get(b"content-type", b"").decode("latin-1"))
        if file is None:
            raise NotFetched("expected a picture, a font or a style sheet")
        return file

    async def close(self) -> None:
        await self._pool.aclose()
