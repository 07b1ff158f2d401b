"""Who is at the other end, where proxies stand between: what a trusted one says of it, and nobody else. SPEC sign.7.

A header that says where a request came from is worth what its writer is worth. So it is read from the right, one
proxy after the other for as long as each is trusted, and the first address that is none of theirs is the peer's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
ProxyHeader = Literal["x-forwarded-for", "forwarded"]
GetAll = Callable[[str], Sequence[str]]
"""All values of a header, in their order."""

IPV6_PREFIX_BITS = 64
"""What one household or machine has of IPv6: limits for an address count it as one."""

_FOR = re.compile(r"(?:^|;)\s*for\s*=\s*(\"[^\"]*\"|[^;]*)", re.IGNORECASE)


class Proxies:
    """The proxies that are believed, and the one header that they write."""

    def __init__(self, networks: Sequence[str] = (), header: ProxyHeader = "x-forwarded-for") -> None:
        self._networks = [ip_network(each) for each in networks]
        self._header = header

    def trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def direct(self, address: str) -> str | None:
        """The address as limits count it, if it is the peer's own; None for a proxy that names the peer."""
        nearest = _parse(address)
        if nearest is None:
            return address
        return None if self.trusts(nearest) else _counted(nearest)

    def peer(self, address: str, get_all: GetAll) -> str:
        """The peer's address as limits count it: of IPv6 the network of 64 bits."""
        nearest = _parse(address)
        if nearest is None:
            return address
        hops = self._hops(get_all) if self._networks and self.trusts(nearest) else []
        for hop in reversed(hops):
            if (further := _parse(hop)) is None:
                break
            nearest = further
            if not self.trusts(nearest):
                break
        return _counted(nearest)

    def _hops(self, get_all: GetAll) -> list[str]:
        listed = [each.strip() for line in get_all(self._header) for each in line.split(",")]
        if self._header == "x-forwarded-for":
            return listed
        return [found[1].strip().strip('"') if (found := _FOR.search(each)) else "" for each in listed]


def _counted(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_PREFIX_BITS), strict=False))
    return str(address)


def _parse(text: str) -> Address | None:
    """An address with or without brackets and port; an IPv4 one that is written as IPv6 is an IPv4 one."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


class BehindProxies:
    """An ASGI application that sees the peer where the proxy was, and the scheme that the peer used."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            headers = Headers(scope=scope)
            host, port = scope["client"]
            nearest = _parse(host)
            if nearest is not None and self._proxies.trusts(nearest):
                proto = headers.get("x-forwarded-proto", "")
                if proto in ("http", "https"):
                    scope["scheme"] = proto.replace("http", "ws") if scope["type"] == "websocket" else proto
            scope["client"] = (self._proxies.peer(host, headers.getlist), port)
        await self._app(scope, receive, send)
