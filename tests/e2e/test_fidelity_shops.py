"""The mirror equals the page in whole shops: the demo, and django-oscar as its makers ship it. SPEC equal.1."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from cobrowse.commands.engines import free_port
from cobrowse.core.messages import MaskRule
from tests.e2e.fidelity import Visit, expect_same_nodes
from tests.e2e.people import Csa
from tests.e2e.world import ROOT, World
from tests.processes import START_WITHIN_S, wait_for


class Cobblers:
    """django-oscar with a few shoes, in a process and a folder of its own. Needs what `make tools` installs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.origin = f"http://127.0.0.1:{self._port}"

    def open(self, server_url: str) -> None:
        log = self._folder / "log.txt"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [
                    *(
                        sys.executable,
                        "-m",
                        "uvicorn",
                        "--app-dir",
                        str(ROOT / "tests/e2e/oscar"),
                        "--factory",
                    ),
                    *("shop:make", "--port", str(self._port), "--log-level=warning"),
                ],
                stdout=out,
                stderr=out,
                env={**os.environ, "SHOP_FOLDER": str(self._folder), "SHOP_SERVER_URL": server_url},
            )
        wait_for(f"{self.origin}/healthz", self._process, log)

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_WITHIN_S)


@pytest.fixture(scope="module")
def shops(
    playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Cobblers, Csa]]:
    cobblers = Cobblers(tmp_path_factory.mktemp("cobblers"))
    world = World(
        tmp_path_factory.mktemp("world"),
        playwright_,
        open_origins=[cobblers.origin],
        mirror=[MaskRule("unmask", "*")],
    )
    try:
        cobblers.open(world.server_url)
        yield world, cobblers, Csa(world.person(viewport={"width": 1600, "height": 900}))
        assert "Traceback" not in world.server_log()
    finally:
        cobblers.close()
        world.close()


def test_equal1_the_mirror_equals_the_demo_shop(shops: tuple[World, Cobblers, Csa], tmp_path: Path) -> None:
    world, _, csa = shops
    visit = Visit(world, csa, world.shop_url, "/")
    for _ in visit.walk_the_demo():
        visit.expect_equal(tmp_path)


def test_equal1_the_mirror_equals_a_shop_that_others_made(
    shops: tuple[World, Cobblers, Csa], tmp_path: Path
) -> None:
    world, cobblers, csa = shops
    visit = Visit(world, csa, cobblers.origin, "/open/catalogue/")
    page = visit.page
    visit.expect_equal(tmp_path)
    with page.expect_navigation():
        page.get_by_role("link", name="Brogue").last.click()
    visit.expect_equal(tmp_path)
    with page.expect_navigation():
        page.get_by_role("button", name="Add to basket").click()
    visit.expect_equal(tmp_path)
    visit.show("/open/basket/")
    visit.expect_equal(tmp_path)
    visit.show("/open/accounts/login/")
    page.locator("#id_login-username").fill("lea@mill.example")
    expect_same_nodes(visit.shopper, csa)  # by its looks a password is never equal
    visit.show("/open/search/?q=boot")
    visit.expect_equal(tmp_path)
