"""The shop's own script in a real browser: the cart that it shares, and the history that it writes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect

from cobrowse.demo.shop import create_shop

# Port 1 answers nobody: the tag never loads, so the queue stub keeps what the shop's script says to Cobrowse.
NOBODY = "http://127.0.0.1:1"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ADAPTER = "Cobrowse.q.find(call => call[0] === 'cart')[1]"
TOLD = "dataLayer.map(entry => entry.event)"
CHANGES = "Cobrowse.q.filter(call => call[0] === 'cartChanged').length"
COUNT = "[data-cart-count]"


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    shop = create_shop(server_url=NOBODY, site_key="demo", database=tmp_path / "shop.sqlite3")
    server = uvicorn.Server(uvicorn.Config(shop, port=0, log_level="warning", lifespan="off"))
    listening = server.config.bind_socket()
    serving = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving
    listening.close()


@pytest.fixture
async def page(address: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=FLAGS
        )
        context = await browser.new_context(base_url=address)
        yield await context.new_page()
        await browser.close()


async def put(page: Page, item_id: str, item_variant: str, quantity: int) -> Any:
    line = {"item_id": item_id, "item_variant": item_variant}
    return await page.evaluate(f"([line, n]) => {ADAPTER}.set(line, n)", [line, quantity])


async def test_the_shared_cart_and_the_shops_are_one(page: Page) -> None:
    await page.goto("/bookcases/fairelane?variant=tan")
    await page.get_by_role("button", name="Add to basket").click()
    await expect(page.locator("[data-toast]")).to_contain_text("It is in your basket.")
    await expect(page.locator(COUNT)).to_contain_text("1")
    assert await page.evaluate(TOLD) == ["view_item", "add_to_cart"]
    assert await page.evaluate(CHANGES) == 1
    assert await put(page, "fairelane", "tan", 3) == {"refused": "Only 2 left in tan"}

    other = await page.context.new_page()
    await other.goto("/cart")
    assert await put(other, "shelf-pins", "brass", 4) is None
    await expect(other.locator("[data-cart-view]")).to_contain_text("Shelf pins")
    await expect(other.locator(COUNT)).to_contain_text("5")
    lines = await other.evaluate(f"{ADAPTER}.read()")
    assert [(line["item_id"], line["quantity"]) for line in lines] == [("fairelane", 1), ("shelf-pins", 4)]
    assert await other.evaluate(TOLD) == ["view_cart"]  # an advisor's change is not the shopper's

    await expect(page.locator(COUNT)).to_contain_text("5")  # the other tab heard of it
    assert await page.evaluate(CHANGES) == 2
    assert await page.evaluate(TOLD) == ["view_item", "add_to_cart"]

    await other.get_by_role("button", name="One Shelf pins less").click()
    await expect(other.locator(COUNT)).to_contain_text("4")
    await expect(other.get_by_role("button", name="One Shelf pins less")).to_be_focused()
    assert await other.evaluate(TOLD) == ["view_cart", "remove_from_cart"]


async def test_back_and_forward_walk_through_a_search(page: Page) -> None:
    await page.goto("/search?q=shelf")
    await page.locator("#sort").select_option("price")
    await expect(page).to_have_url("/search?q=shelf&sort=price")
    await page.locator("[data-quick=picture-ledge]").click()
    await expect(page).to_have_title("Picture ledge · Alcove & Oak")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator("[data-quick=picture-ledge]")).to_be_focused()
    await page.go_back()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.go_back()
    await page.go_back()
    await expect(page.locator("#sort")).to_have_value("best")
    await expect(page).to_have_title("“shelf” · Alcove & Oak")
    await page.go_forward()
    await expect(page.locator("#sort")).to_have_value("price")


async def test_the_planner_keeps_what_was_typed(page: Page) -> None:
    await page.goto("/planner")
    await page.locator("#width").fill("900")
    await page.get_by_role("button", name="Next: style").click()
    await page.locator("label", has_text="walnut").click()
    await page.get_by_role("button", name="See what fits").click()
    await expect(page).to_have_title("What fits: alcove planner · Alcove & Oak")
    await page.go_back()
    await expect(page.get_by_label("walnut")).to_be_checked()
    await page.go_back()
    await expect(page.locator("#width")).to_have_value("900")
