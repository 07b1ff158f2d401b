"""The tricks by which a server is made to fetch what it should not: none of them works. SPEC file.1, file.2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from cobrowse.core.shop_files import MAX_FILE_BYTES
from cobrowse.live.fetching import Fetcher, NotFetched
from cobrowse.live.shop_files import ShopFiles

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
OK = b"HTTP/1.1 200 OK\r\n"


class Shop:
    """A shop of one answer, that counts what it is asked."""

    def __init__(self, answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Shop]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            await self.answer(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @property
    def url(self) -> str:
        return f"http://shop.example:{self.port}/a.png"


def says(head: bytes, body: bytes = PNG) -> Shop:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)

    return Shop(answer)


def found(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def find(host: str, port: int) -> Sequence[str]:
        return addresses

    return find


def fetcher(private: bool = True, within_s: float = 30.0) -> Fetcher:
    """One for which shop.example is this machine, allowed or not."""
    return Fetcher(["shop.example"] if private else [], found("127.0.0.1"), within_s)


async def test_file1_a_file_is_fetched_without_cookies_and_as_it_is() -> None:
    async with says(OK + b"content-type: image/png\r\n").open() as shop:
        file = await fetcher().fetch(shop.url)
        assert (file.kind, file.body) == ("picture", PNG)
        asked = shop.asked[0].lower()
        assert f"host: shop.example:{shop.port}".encode() in asked
        assert b"cookie" not in asked
        assert b"accept-encoding: identity" in asked


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("10.0.0.1",),
        ("169.254.169.254",),
        ("93.184.216.34", "127.0.0.1"),
        ("127.0.0.1", "93.184.216.34"),
        ("64:ff9b::127.0.0.1",),
        ("0.0.0.0",),
        (),
    ],
)
async def test_file1_a_name_that_leads_to_a_private_address_is_not_connected_to(
    addresses: Sequence[str],
) -> None:
    # By what is said of it: to have tried in vain, and to have failed there, would not do.
    why = "expected a public network address" if addresses else "did not answer"
    async with says(OK).open() as shop:
        with pytest.raises(NotFetched, match=why):
            await Fetcher((), found(*addresses)).fetch(shop.url)
        assert shop.asked == []


async def test_file1_the_connection_goes_to_the_address_that_was_weighed() -> None:
    """A name that is rebound after the look-up changes nothing: there is one look-up, and nobody asks again."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    async with says(OK).open() as shop:
        assert (await Fetcher(["shop.example"], rebinding).fetch(shop.url)).body == PNG
    assert asked == ["shop.example"]


@pytest.mark.parametrize(
    "status", [b"301 Moved", b"302 Found", b"307 Temporary Redirect", b"308 Permanent Redirect"]
)
async def test_file1_no_redirect_is_followed(status: bytes) -> None:
    async with says(OK).open() as inside:
        head = b"HTTP/1.1 " + status + b"\r\nlocation: http://127.0.0.1:%d/secret\r\n" % inside.port
        async with says(head, b"").open() as shop:
            with pytest.raises(NotFetched, match="redirect"):
                await fetcher().fetch(shop.url)
        assert inside.asked == []


async def test_file2_a_huge_body_is_cut_off() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"content-type: image/png\r\n\r\n" + PNG)
        while True:
            writer.write(b"0" * 65536)
            await writer.drain()

    async with Shop(endless).open() as shop:
        with pytest.raises(NotFetched, match=str(MAX_FILE_BYTES)):
            await fetcher().fetch(shop.url)


async def test_file2_a_body_that_drips_is_given_up() -> None:
    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"content-type: image/png\r\ncontent-length: 100000\r\n\r\n" + PNG)
        await writer.drain()
        await asyncio.Event().wait()

    async with Shop(dripping).open() as shop:
        with pytest.raises(NotFetched, match="in time"):
            await fetcher(within_s=0.2).fetch(shop.url)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (OK + b"content-type: text/html\r\n", b"<script>alert(1)</script>"),
        (OK + b"content-type: image/png\r\n", b"<script>alert(1)</script>"),
        (OK + b"content-type: image/png\r\ncontent-encoding: gzip\r\n", b"\x1f\x8b" + b"0" * 50),
        (b"HTTP/1.1 404 Not Found\r\ncontent-type: image/png\r\n", PNG),
        (b"HTTP/1.1 500 Oh\r\n", b""),
        (b"nonsense\r\n", b""),
    ],
)
async def test_file2_what_is_no_file_of_a_page_is_refused(head: bytes, body: bytes) -> None:
    async with says(head, body).open() as shop:
        with pytest.raises(NotFetched):
            await fetcher().fetch(shop.url)


async def test_file3_a_file_is_fetched_once_for_all_who_want_it() -> None:
    now = [1000.0]
    async with says(OK + b"content-type: image/png\r\n").open() as shop:
        origin = f"http://shop.example:{shop.port}"
        files = ShopFiles({"demo": [origin]}, fetcher(), lambda: now[0])
        together = await asyncio.gather(*(files.get("demo", f"{origin}/a.png") for _ in range(20)))
        assert len({key for key, _ in together}) == 1
        await files.get("demo", f"{origin}/a.png")
        assert len(shop.asked) == 1
        now[0] += 601
        await files.get("demo", f"{origin}/a.png")
        assert len(shop.asked) == 2
        for site, url in (("other", f"{origin}/a.png"), ("demo", "http://127.0.0.1/a.png")):
            with pytest.raises(NotFetched, match="own origins"):
                await files.get(site, url)
        await files.close()


async def test_file3_what_is_not_there_is_not_asked_for_again_at_once() -> None:
    now = [1000.0]
    async with says(b"HTTP/1.1 404 Not Found\r\n", b"").open() as shop:
        origin = f"http://shop.example:{shop.port}"
        files = ShopFiles({"demo": [origin]}, fetcher(), lambda: now[0])
        for _ in range(3):
            with pytest.raises(NotFetched):
                await files.get("demo", f"{origin}/a.png")
        assert len(shop.asked) == 1
        await files.close()
