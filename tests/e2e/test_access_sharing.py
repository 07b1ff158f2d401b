"""What a shared page adds to both screens is for everybody, too: axe finds nothing."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.test_access import options, violations
from tests.e2e.test_mirror import banner, mirror_of
from tests.e2e.world import World

MIRROR_ASIDE = {"exclude": [".mirror-sheet iframe"]}
"""What the shop's own page does not do well is not the console's."""


def test_sharing_a_page_has_no_violation(world: World) -> None:
    world.add_agent("max@shop.example", "Max", "csa")
    shopper = Shopper(world.person(**options("phone")))
    csa = Csa(world.person(**options("desktop")))
    shopper.goto("/bookcases/fairelane")
    shopper.open_panel()
    shopper.panel.get_by_role("button", name="Show a code").click()
    expect(shopper.page.locator(".code b")).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    assert violations(shopper.page) == []
    shopper.say("Shall I show you?")
    csa.open("Waiting", "Shall I show")
    csa.say("Yes, please.")
    offer = shopper.panel.get_by_role("button", name=re.compile("Show .*page"))
    expect(offer).to_be_visible()
    assert violations(shopper.page) == []
    csa.page.keyboard.press("Escape")
    csa.page.keyboard.press("m")
    expect(shopper.panel.get_by_role("button", name="Allow")).to_be_visible()
    assert violations(shopper.page) == []
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(mirror_of(csa).locator("h1")).to_have_text("Fairelane bookcase")
    second = Csa(world.person(), "max@shop.example")
    second.open("Visitors", "Fairelane")
    second.page.get_by_role("button", name="Ask to see this page").click()
    shopper.panel.get_by_role("button", name="Allow").click()
    expect(banner(shopper.page)).to_contain_text("Ginny and Max can see this page")
    assert violations(shopper.page) == []
    for ask in ("Ask to point", "Ask to use the page"):
        csa.page.get_by_role("button", name=ask).click()
        shopper.panel.get_by_role("button", name="Allow").click()
    expect(banner(shopper.page).get_by_role("button", name=re.compile("Take back"))).to_be_visible()
    assert violations(shopper.page) == []
    assert violations(csa.page, MIRROR_ASIDE) == []
    csa.page.get_by_role("button", name="Audit").click()
    expect(csa.page.get_by_role("dialog").get_by_role("row").nth(1)).to_be_visible()
    assert violations(csa.page, MIRROR_ASIDE) == []
    for button, dialog in (("Code", "code"), ("Masking", "Preview what is masked")):
        csa.page.keyboard.press("Escape")
        csa.page.get_by_role("button", name=button, exact=True).click()
        expect(csa.page.get_by_role("dialog", name=re.compile(dialog, re.IGNORECASE))).to_be_visible()
        assert violations(csa.page, MIRROR_ASIDE) == []
