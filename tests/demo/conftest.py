"""A shop on a fresh database and a browser-like client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from cobrowse.demo.shop import create_shop

ORIGIN = "http://shop.test"
Visitor = Callable[[], AsyncClient]


@pytest.fixture
def shop(tmp_path: Path) -> Starlette:
    return create_shop(
        server_url="http://127.0.0.1:8000", site_key="demo", database=tmp_path / "shop.sqlite3"
    )


@pytest.fixture
async def visitor(shop: Starlette) -> AsyncIterator[Visitor]:
    """Makes clients with cookies of their own, as different browsers have them."""
    async with AsyncExitStack() as stack:

        def arrive() -> AsyncClient:
            client = AsyncClient(
                transport=ASGITransport(shop),
                base_url=ORIGIN,
                headers={"accept": "text/html", "sec-fetch-site": "same-origin", "origin": ORIGIN},
            )
            stack.push_async_callback(client.aclose)
            return client

        yield arrive


@pytest.fixture
def shopper(visitor: Visitor) -> AsyncClient:
    return visitor()
