"""The shops' files at the console's address: for agents alone, and inert whatever they hold. SPEC file."""

from __future__ import annotations

import asyncio

from tests.conftest import Serve
from tests.serving import EMAIL, PASSWORD, site

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: image/svg+xml\r\ncontent-length: %d\r\n\r\n" % len(SVG)


async def _shop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + SVG)
    await writer.drain()
    writer.close()


async def test_file2_a_file_is_for_agents_alone_and_inert(serve: Serve) -> None:
    async with await asyncio.start_server(_shop, "127.0.0.1", 0) as shop:
        origin = f"http://127.0.0.1:{shop.sockets[0].getsockname()[1]}"
        server = await serve(sites=[site(origins=[origin])], private_file_hosts="127.0.0.1, localhost")
        path = f"/console/files/shop?url={origin}/a.svg"
        assert (await server.http.get(path)).status_code == 401
        cookie = {"cookie": await server.sign_in(EMAIL, PASSWORD)}
        answer = await server.http.get(path, headers=cookie)
        assert (answer.status_code, answer.content) == (200, SVG)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert policy.endswith("sandbox")
        again = await server.http.get(path, headers={**cookie, "if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_file1_a_private_address_is_not_fetched_unless_its_host_is_named(serve: Serve) -> None:
    async with await asyncio.start_server(_shop, "127.0.0.1", 0) as shop:
        origin = f"http://127.0.0.1:{shop.sockets[0].getsockname()[1]}"
        server = await serve(sites=[site(origins=[origin])])
        cookie = {"cookie": await server.sign_in(EMAIL, PASSWORD)}
        for url in (f"{origin}/a.svg", "http://evil.example/a.svg", "", "nonsense"):
            answer = await server.http.get("/console/files/shop", params={"url": url}, headers=cookie)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_fetched")
            assert "evil" not in answer.text
