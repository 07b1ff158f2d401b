"""Which address limits count where proxies stand between. SPEC sign.7."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from starlette.datastructures import Headers
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cobrowse.asgi.proxies import Proxies, ProxyHeader
from cobrowse.core.codec import encode
from cobrowse.core.errors import Close
from cobrowse.core.messages import Hello
from tests.conftest import Serve
from tests.serving import ORIGIN, Shell
from tests.wire import WITHIN_S

INNER, OUTER, PEER, LIE = "10.0.0.1", "192.0.2.7", "203.0.113.5", "198.51.100.9"


def peer(address: str, *lines: str, header: ProxyHeader = "x-forwarded-for", trusted: str = "") -> str:
    headers = Headers(raw=[(header.encode(), line.encode()) for line in lines])
    return Proxies(trusted.split(), header).peer(address, headers.getlist)


@pytest.mark.parametrize(
    ("address", "lines", "trusted", "expected"),
    [
        (PEER, [], "", PEER),
        (PEER, [LIE], "", PEER),
        (PEER, [LIE], INNER, PEER),
        (INNER, [PEER], INNER, PEER),
        (INNER, [f"{LIE}, {PEER}"], INNER, PEER),
        (INNER, [LIE, PEER], INNER, PEER),
        (INNER, [f"{LIE}, {PEER}, {OUTER}"], f"10.0.0.0/8 {OUTER}", PEER),
        (INNER, [f"{OUTER}, {INNER}"], f"10.0.0.0/8 {OUTER}", OUTER),
        (INNER, [f"{PEER}:5000"], INNER, PEER),
        (INNER, [f"{LIE}, unknown"], INNER, INNER),
        (INNER, ["", ","], INNER, INNER),
        (f"::ffff:{INNER}", [PEER], INNER, PEER),
        (INNER, ["[2001:db8:1:2:3::4]:99"], INNER, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", [], "", "2001:db8:1:2::/64"),
        ("", [], "", ""),
    ],
)
def test_sign7_the_first_address_from_the_right_that_is_no_trusted_proxy(
    address: str, lines: list[str], trusted: str, expected: str
) -> None:
    assert peer(address, *lines, trusted=trusted) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"for={PEER}", PEER),
        (f'for={LIE};proto=http, by={INNER};For="{PEER}:4711";proto=https', PEER),
        ('for="[2001:db8:1:2::9]:4711"', "2001:db8:1:2::/64"),
        (f"for={LIE}, for=_hidden", INNER),
        ("proto=https", INNER),
    ],
)
def test_sign7_the_standard_header_when_the_settings_name_it(line: str, expected: str) -> None:
    assert peer(INNER, line, header="forwarded", trusted=INNER) == expected


def test_sign7_only_the_header_that_is_named_is_read() -> None:
    headers = Headers({"forwarded": f"for={LIE}", "x-forwarded-for": PEER})
    assert Proxies([INNER]).peer(INNER, headers.getlist) == PEER
    assert Proxies([INNER], "forwarded").peer(INNER, headers.getlist) == LIE


@asynccontextmanager
async def connected(url: str, forwarded_for: str) -> AsyncIterator[ClientConnection]:
    async with connect(
        url,
        origin=ORIGIN,  # type: ignore[arg-type]
        additional_headers={"x-forwarded-for": forwarded_for},
        proxy=None,
        open_timeout=WITHIN_S,
    ) as socket:
        yield socket


async def is_let_in(socket: ClientConnection) -> bool:
    try:
        await socket.send(encode(Hello(v=1, role="shopper", site="shop")))
        await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd is None or closed.rcvd.code != Close.BUSY
    return True


@pytest.mark.parametrize("shell", ["hub", "plain"])
@pytest.mark.parametrize(("trusted", "admitted"), [("127.0.0.0/8, ::1", 4), ("", 2)])
async def test_sign7_connections_are_counted_by_the_peer_that_a_trusted_proxy_names(
    serve: Serve, shell: Shell, trusted: str, admitted: int
) -> None:
    server = await serve(shell=shell, trusted_proxies=trusted, max_connections_per_address=2)
    async with AsyncExitStack() as stack:
        let_in = []
        for address in (PEER, PEER, PEER, OUTER, OUTER, OUTER):
            socket = await stack.enter_async_context(connected(server.live_url, f"{LIE}, {address}"))
            let_in.append(await is_let_in(socket))
        assert sum(let_in) == admitted
        assert let_in == ([True, True, False] * 2 if trusted else [True, True, False, False, False, False])
