"""One server, one with TLS and a narrow user, and a cluster of three masters; and two nodes on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from tests.broker.nodes import Reader, reader
from tests.engines import make_certificate, open_folder, running_redis, running_redis_cluster


@pytest.fixture(scope="module", params=["plain", "tls", "cluster"])
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with open_folder() as folder:
        if request.param == "cluster":
            with running_redis_cluster(folder) as servers:
                yield servers[0].url + "?cluster=1"
        else:
            tls = make_certificate(folder) if request.param == "tls" else None
            with running_redis(folder, tls=tls) as server:
                yield server.url


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[tuple[Reader, Reader]]:
    async with AsyncExitStack() as stack:
        a = await stack.enter_async_context(reader(redis_url, "a"))
        b = await stack.enter_async_context(reader(redis_url, "b"))
        yield a, b
