"""One shop and one server for each module of end-to-end tests; browsers are new for each test.

Playwright's synchronous interface keeps a loop running while it is open, which asyncio's tests would stumble over: it
is closed with the module.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.e2e.fidelity import Sharing, sharing_in
from tests.e2e.people import Csa, Shopper
from tests.e2e.world import PATIENCE_MS, World

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def playwright_() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def long_world(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"), playwright_)
    yield world
    world.close()


@pytest.fixture
def world(long_world: World) -> Iterator[World]:
    """The world, in which nobody has been before, no page error on the way and no traceback at its end."""
    long_world.forget()
    yield long_world
    people = long_world.people
    errors = [error for person in people for error in person.errors]
    long_world.leave()
    assert errors == []
    assert "Traceback" not in long_world.server_log()


@pytest.fixture
def shopper(world: World) -> Shopper:
    return Shopper(world.person())


@pytest.fixture
def csa(world: World) -> Csa:
    return Csa(world.person())


@pytest.fixture(scope="module")
def sharing(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sharing]:
    """A shopper and a CSA who sees their page, for all tests of a module: each shows a page of its own."""
    with sharing_in(tmp_path_factory.mktemp("world"), playwright_) as sharing:
        yield sharing
