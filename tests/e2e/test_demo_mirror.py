"""What a CSA reads of the demo shop's pages, and what they never do. SPEC mirror.1."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, expect

from cobrowse.commands.demo import MIRROR
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import meet, mirror_of, share
from tests.e2e.world import World

DOTS = "••••••"
TYPED = {"name": "Zoë Vane", "street": "7 Mill Lane", "town": "Otley", "postcode": "LS21 3AB"}


@pytest.fixture(scope="module")
def shop(playwright_: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"), playwright_, mirror=MIRROR)
    yield world
    assert "Traceback" not in world.server_log()
    world.close()


def test_mirror1_the_demo_shows_what_everybody_sees_and_nothing_of_one_person(shop: World) -> None:
    shopper, csa = Shopper(shop.person()), Csa(shop.person())
    meet(shopper, csa, "/bookcases/fairelane", "Which finish have I chosen?")
    share(shopper, csa)
    shopper.panel.get_by_role("button", name="Close chat").click()
    page, mirror = shopper.page, mirror_of(csa)
    # The chosen finish is chosen in the mirror, and so is the next.
    for nth in (0, 1):
        page.locator("label.option").nth(nth).click()
        expect(page.locator(".option input").nth(nth)).to_be_checked()
        expect(mirror.locator(".option input").nth(nth)).to_be_checked()
    page.get_by_role("button", name="Add to basket").click()
    expect(mirror.locator(".toast")).to_have_text("It is in your basket.See the basket")
    page.goto(f"{shop.shop_url}/cart")
    expect(mirror.get_by_text("Go to checkout", exact=True)).to_be_visible()
    expect(mirror.locator(".line h2")).to_have_text("Fairelane bookcase")
    page.goto(f"{shop.shop_url}/search?q=zircon")
    expect(mirror.locator("h1")).to_have_text("Search")
    expect(mirror.locator(".total")).to_have_text(DOTS)
    expect(mirror.locator(".filters select").nth(1)).to_have_value("Any")
    page.goto(f"{shop.shop_url}/checkout")
    expect(mirror.locator("h1")).to_have_text("Where shall we bring it?")
    # Beside the form stands the basket once more: products and prices, as on the page of the basket.
    for part, word in ((".small-lines", "Fairelane bookcase"), (".totals", "£")):
        expect(page.locator(part)).to_contain_text(word)
        expect(mirror.locator(part)).to_have_text(page.locator(part).inner_text(), use_inner_text=True)
    fields = mirror.locator("form.panel .field input")
    expect(mirror.locator("form.panel .field label").first).to_have_text(
        page.locator(".field label").first.inner_text()
    )
    expect(mirror.get_by_role("button", name="Continue to payment")).to_be_visible()
    for name, typed in TYPED.items():
        field = page.locator(f"#{name}")
        field.fill(typed)
        nth = field.evaluate(
            "field => [...document.querySelectorAll('form.panel .field input')].indexOf(field)"
        )
        expect(fields.nth(nth)).to_have_value(DOTS)
    page.locator("#email").fill("nobody")
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.locator(".refusal")).to_contain_text("Please look at")
    expect(mirror.locator(".refusal p")).to_have_text(DOTS)
    expect(fields.first).to_have_value(DOTS)
    page.locator("#email").fill("zoe@vane.example")
    page.get_by_label("Telephone").fill("0113 496 0555")
    page.get_by_role("button", name="Continue to payment").click()
    expect(mirror.locator("h1")).to_have_text("How would you like to pay?")
    expect(page.locator("address")).to_contain_text(TYPED["street"])
    expect(mirror.get_by_role("button", name="Place the order")).to_be_visible()
    expect(mirror.locator(".small-lines")).to_contain_text("Fairelane bookcase")
    seen = mirror.locator("main").inner_text()
    assert "We bring it to" in seen
    for secret in [*TYPED.values(), "zoe@", "0555"]:
        assert secret not in seen
    page.get_by_role("button", name="Place the order").click()
    expect(page.locator("h1")).to_have_text("Thank you, Zoë.")
    expect(mirror.locator("main h1")).to_have_text(DOTS)
    assert set(mirror.locator("main").inner_text()) <= {"•", "\n", " "}
