"""An address that comes too fast is turned away, and nobody else is. SPEC wire.11."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from cobrowse.asgi import arriving, listening
from cobrowse.asgi.arriving import Gate
from cobrowse.asgi.listening import Listener
from cobrowse.asgi.proxies import Proxies
from cobrowse.core.arrivals import Arrivals
from cobrowse.core.messages import Increment
from tests.conftest import Serve
from tests.serving import ORIGIN, LocalServer, Shell
from tests.wire import WITHIN_S

AWAY: dict[Shell, int] = {"hub": 429, "plain": 403}
"""Another server's own word where it does the handshake."""
SLOWLY = 0.01
"""A token in a hundred seconds: none comes back while a test runs."""
ELSEWHERE = ("127.0.0.2", 0)


async def status(server: LocalServer, forwarded_for: str = "") -> int:
    """What a stranger's handshake is answered with; 101 when it is let in."""
    headers = {"x-forwarded-for": forwarded_for} if forwarded_for else {}
    opening = connect(
        server.live_url,
        origin=Origin(ORIGIN),
        additional_headers=headers,
        proxy=None,
        local_addr=ELSEWHERE,
        open_timeout=WITHIN_S,
    )
    try:
        await (await opening).close()
    except InvalidStatus as refused:
        answer = refused.response
    else:
        return 101
    assert answer.status_code != 429 or int(answer.headers["Retry-After"]) > 0
    return answer.status_code


@pytest.mark.parametrize("shell", ["hub", "plain"])
async def test_wire11_who_comes_too_fast_is_turned_away_and_the_others_are_served(
    serve: Serve, shell: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    server = await serve(shell=shell, connects_per_s=SLOWLY, burst_connects=5.0)
    shopper = await server.shopper()
    assert [await status(server) for _ in range(12)] == [*[101] * 5, *[AWAY[shell]] * 7]
    assert (await shopper.done(Increment("desk", 1))).offset == 1
    await server.shopper()
    assert "cobrowse_turned_away_total 7.0" in (await server.http.get("/metrics")).text
    assert caplog.text.count("`trusted_proxies`") == 1, "an operator is told, once a minute"


@pytest.mark.parametrize("shell", ["hub", "plain"])
async def test_wire11_behind_a_proxy_it_is_the_peer_who_comes_too_fast(serve: Serve, shell: Shell) -> None:
    server = await serve(
        shell=shell, connects_per_s=SLOWLY, burst_connects=2.0, trusted_proxies="127.0.0.0/8"
    )
    peers = ["203.0.113.5"] * 3 + ["203.0.113.6"] * 3
    assert [await status(server, peer) for peer in peers] == [101, 101, AWAY[shell]] * 2
    # The proxy itself has no bound, and may go on with its requests.
    for _ in range(5):
        assert (await server.http.get("/healthz")).status_code == 200


async def test_wire11_who_says_nothing_or_half_of_it_is_let_go(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = await local.shopper()
    monkeypatch.setattr(arriving, "HEAD_WITHIN_S", 0.2)
    for said in (b"", b"GET /live HTTP/1.1\r\nHost: x\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /"):
        reader, writer = await asyncio.open_connection("127.0.0.1", local.settings.port)
        writer.write(said)
        async with asyncio.timeout(WITHIN_S):
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1_000_000)
        writer.close()
    await shopper.done(Increment("desk", 1))


class Greets(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"welcome")
        transport.close()


class OutOfFiles(socket.socket):
    """A listening socket for whose next connections the system has no file left."""

    failing = 2

    def accept(self) -> tuple[socket.socket, Any]:
        if self.failing:
            self.failing -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


async def test_wire11_a_system_without_a_file_left_is_asked_again_and_nobody_is_counted_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "AGAIN_AFTER_S", 0.01)
    gate = Gate(Proxies(), Arrivals(SLOWLY, 2.0))
    with OutOfFiles() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        listener = Listener(bound, gate, Greets)
        said = []
        async with asyncio.timeout(WITHIN_S):
            for _ in range(3):
                reader, writer = await asyncio.open_connection(*bound.getsockname())
                said.append((await reader.read())[:12])
                writer.close()
        listener.close()
        await listener.wait_closed()
    assert said == [b"welcome", b"welcome", b"HTTP/1.1 429"]
    assert bound.failing == 0
    assert gate.arrivals.refused == 1


async def test_wire11_so_many_wait_to_be_let_go_and_the_others_go_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "AWAY_AFTER_S", 3_600.0)
    monkeypatch.setattr(listening, "MAX_LEAVING", 1)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        listener = Listener(bound, Gate(Proxies(), Arrivals(SLOWLY, 1.0)), Greets)
        async with asyncio.timeout(WITHIN_S):
            peers = [await asyncio.open_connection(*bound.getsockname()) for _ in range(3)]
            (welcome, _), (waits, _), (gone, _) = peers
            assert await welcome.read() == b"welcome"
            assert (await waits.readline()).startswith(b"HTTP/1.1 429")
            assert (await gone.read()).startswith(b"HTTP/1.1 429")
            assert not waits.at_eof()
            listener.close()
            await waits.read()
        for _, writer in peers:
            writer.close()
