"""Slow and hostile peers cost only themselves: each here beside peers who are served all the while. SPEC wire.10."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from cobrowse.commands.agents import add_agent
from cobrowse.core.codec import encode
from cobrowse.core.errors import Close
from cobrowse.core.messages import Hello, Increment, Presence, Say
from tests.conftest import Serve
from tests.e2e.line import Line
from tests.serving import EMAIL, ORIGIN, PASSWORD, LocalServer
from tests.wire import WITHIN_S, open_peer

LOAD = {"frames_per_s": 1e6, "burst_frames": 1e6}
CUT = 1006
"""The flood was still coming when the server had hung up: the system resets such a connection."""
ELSEWHERE = ("127.0.0.2", 0)
"""Another address of this machine: limits for an address tell it from ours."""


async def test_wire10_who_reads_one_byte_a_second_is_let_go_and_nobody_waits(serve: Serve) -> None:
    server = await serve(max_outbox_bytes=65_536, heartbeat_s=300.0, **LOAD)
    line = Line(server.settings.port, narrow=True)
    shopper = await server.shopper()
    await add_agent(server.settings.database_url, "omar@shop.example", "Omar", "csa", PASSWORD)
    cookie = await server.sign_in("omar@shop.example", PASSWORD)
    slow = await open_peer(f"ws://127.0.0.1:{line.port}/live", server.url, cookie)
    await slow.hello_csa()
    await slow.enter(shopper.room)
    line.drip()
    csa = await server.csa_in(shopper.room)

    def is_let_go() -> bool:
        present = [frame.present for frame in csa.frames if isinstance(frame, Presence)]
        return bool(present) and {author.name for author in present[-1]} == {"", "Ginny"}

    # Until it is more than the systems on the way and the outbox hold; every hundredth is waited for.
    for n in range(1, 10_001):
        await shopper.do(Say("x" * 4_000))
        if n % 100 == 0:
            entry = await shopper.answer(shopper.last)
            await csa.entry(entry.__eq__)
            if is_let_go():
                break
    assert is_let_go()
    assert await figure(server, 'cobrowse_closed_total{reason="slow"}') == 1.0
    slow.socket.transport.abort()
    line.close()


async def figure(server: LocalServer, name: str) -> float:
    """What /metrics says of it now."""
    lines = (await server.http.get("/metrics")).text.splitlines()
    return float(dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))[name])


async def test_wire10_metrics_tell_what_waits_for_who_does_not_read(serve: Serve) -> None:
    server = await serve(max_outbox_bytes=1 << 28, heartbeat_s=300.0, **LOAD)
    line = Line(server.settings.port, narrow=True)
    shopper = await server.shopper()
    cookie = await server.sign_in(EMAIL, PASSWORD)
    slow = await open_peer(f"ws://127.0.0.1:{line.port}/live", server.url, cookie)
    await slow.hello_csa()
    await slow.enter(shopper.room)
    assert await figure(server, "cobrowse_outbox_bytes") == 0.0
    line.drip()
    while await figure(server, "cobrowse_outbox_bytes") == 0.0:
        for _ in range(100):
            await shopper.do(Say("x" * 4_000))
        await shopper.answer(shopper.last)
        assert shopper.last < 10_000, "it is more by now than the systems on the way hold"
    slow.socket.transport.abort()
    line.cut()
    async with asyncio.timeout(WITHIN_S):
        while await figure(server, "cobrowse_outbox_bytes"):
            await shopper.beat()
    line.close()


async def test_wire3_who_floods_before_the_hello_is_shut_out_and_the_others_are_served(
    local: LocalServer,
) -> None:
    shopper = await local.shopper()
    csa = await local.csa_in(shopper.room)
    frame = encode(Hello(v=1, role="shopper", site="shop"))
    for flood in ([b"\x00" * 60_000] * 50, [frame] * 3_000):
        peer = await local.connect()
        # As one who does not listen: all of it, whatever is answered.
        with suppress(ConnectionClosed):
            for each in flood:
                await peer.socket.send(each)
        await peer.socket.wait_closed()
        assert peer.socket.close_code in (Close.BAD_FRAME, Close.RATE, CUT)
        entry = await shopper.done(Increment("desk", 1))
        await csa.entry(entry.__eq__)


async def test_wire9_a_thousand_connections_of_one_address_leave_room_for_the_others(serve: Serve) -> None:
    server = await serve(max_connections_per_address=100, burst_connects=2_000.0)
    shopper = await server.shopper()
    async with AsyncExitStack() as stack:
        codes: list[int] = []
        for _ in range(1_000):
            socket = await connect(
                server.live_url,
                origin=Origin(ORIGIN),
                proxy=None,
                local_addr=ELSEWHERE,
                compression=None,
                open_timeout=WITHIN_S,
            )
            if len(codes) < 100:
                # It says nothing, and stays.
                stack.push_async_callback(socket.close)
                codes.append(0)
                continue
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            codes.append(closed.value.rcvd.code)
        assert codes == [*[0] * 100, *[Close.BUSY] * 900]
        await shopper.done(Increment("desk", 1))
        csa = await server.csa_in(shopper.room)
        entry = await shopper.done(Increment("desk", 1))
        await csa.entry(lambda seen: seen.offset == entry.offset)
        await server.shopper()
