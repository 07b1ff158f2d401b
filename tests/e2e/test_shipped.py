"""Shipped rules as shoppers meet them: what the demo shop's pages report, and what the snippet notices by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route, expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.world import ROOT, World

SHIPPED = ("coupon-refused", "search-without-result", "stock-out", "exit-intent")
READ_ALL = f"""async () => {{
  const {{ rules }} = await (await fetch('/console/api/rules')).json();
  return rules.length === {len(SHIPPED) + 1};
}}"""


@pytest.fixture(scope="module")
def long_world(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with more of the shipped rules. Nobody waits half a minute for the one of exit intent."""
    world = World(tmp_path_factory.mktemp("world"), playwright_)
    for name in SHIPPED:
        text = (ROOT / "rules" / f"{name}.yaml").read_text()
        text = text.replace("visit.duration_s >= 30", "visit.duration_s >= 1").replace(
            "hold: 15 s", "hold: 1 s"
        )
        Path(world.folder / "rules" / f"{name}.yaml").write_text(text)
    yield world
    world.close()


@pytest.fixture
def csa(world: World) -> Csa:
    """Ginny, once the server has read the rules: they are written while it runs."""
    ginny = Csa(world.person())
    ginny.page.wait_for_function(READ_ALL)
    return ginny


def use_code(shopper: Shopper, code: str) -> None:
    shopper.page.get_by_label("Discount code").fill(code)
    with shopper.page.expect_navigation():
        shopper.page.get_by_role("button", name="Use code").click()
    expect(shopper.page.locator("#code-words")).to_be_visible()


def test_a_code_that_is_refused_twice_brings_help(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.goto("/cart")
    use_code(shopper, "SUMMER")
    use_code(shopper, "SUMMER24")
    expect(shopper.offer).to_contain_text("Your code does not work?")


def test_two_searches_that_find_nothing_bring_help(csa: Csa, shopper: Shopper) -> None:
    shopper.goto("/search?q=hammock")
    shopper.goto("/search?q=hammock+stand")
    expect(shopper.offer).to_contain_text("Not found what you are looking for?")


def test_what_happened_on_a_page_that_was_left_at_once_is_told_by_the_next(
    csa: Csa, shopper: Shopper
) -> None:
    cores: list[str] = []

    def never(route: Route) -> None:
        cores.append(route.request.url)
        route.abort()

    shopper.page.route("**/assets/core.*.js", never)
    shopper.goto("/search?q=hammock")
    shopper.page.evaluate("Cobrowse('event', 'search_without_result')")
    while not cores:  # it is fetched when the page has time to spare
        shopper.page.evaluate("new Promise(requestAnimationFrame)")
    shopper.page.unroute("**/assets/core.*.js")
    shopper.goto("/search?q=bookcase")
    expect(shopper.offer).to_contain_text("Not found what you are looking for?")


def test_a_size_that_is_sold_out_brings_help(csa: Csa, shopper: Shopper) -> None:
    shopper.goto("/desks/ashdown?variant=cherry")
    expect(shopper.page.get_by_role("button", name="Sold out")).to_be_visible()
    expect(shopper.offer).to_contain_text("this one is out just now")


def test_the_pointer_that_leaves_with_a_cart_brings_help(csa: Csa, shopper: Shopper) -> None:
    shopper.add("/bookcases/fairelane", "cherry")
    csa.open("Visitors", "Fairelane")
    leave = "() => document.dispatchEvent(new MouseEvent('mouseout', { clientY: -1, bubbles: true }))"
    # What notices it comes last of all that the page loads: nothing says when.
    for _ in range(20):
        shopper.page.evaluate(leave)
        with suppress(AssertionError):
            expect(shopper.offer).to_be_visible(timeout=2000)
            break
    expect(shopper.offer).to_contain_text("Before you go")


def test_a_proof_that_nobody_signed_is_told_to_the_page(csa: Csa, shopper: Shopper) -> None:
    shopper.goto("/")
    errors = shopper.page.evaluate(
        """() => new Promise((resolve) => {
          const proofs = ['4711:00', 4711, undefined, 'x'.repeat(5000)];
          const errors = [];
          Cobrowse('on', 'error', ({ code, message }) => {
            if (errors.push([code, message]) === proofs.length) resolve(errors);
          });
          for (const proof of proofs) Cobrowse('identify', proof);
        })"""
    )
    # The site of the tests knows no secret. Whatever the page gives as a proof, the connection stays.
    assert errors == [["invalid", "this site has no identity_secret: nobody can be identified"]] * 4
