"""The banner is within the shopper's reach whatever the page opens: its dialogs make all outside of them inert."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import banner, meet, mirror_of, share
from tests.e2e.world import World

PLANT = """() => document.body.insertAdjacentHTML('beforeend',
  `<dialog id=ask style="transform: scale(1); overflow: hidden"><h1 data-cobrowse-unmask>Keep it?</h1></dialog>
   <dialog id=more><p>Really?</p></dialog><div id=pop popover=manual style="inset: 0; width: 100%">News</div>`)"""


def do(page: Page, name: str, deed: str) -> None:
    page.evaluate(f"document.getElementById('{name}').{deed}")


def place_of_widget(page: Page) -> str:
    place: str = page.evaluate(
        "(({ parentNode }) => parentNode.id || parentNode.localName)(document.querySelector('cobrowse-widget'))"
    )
    return place


@pytest.mark.parametrize("first", ["dialog", "banner"])
def test_mirror5_stop_works_with_a_modal_dialog_open(
    world: World, shopper: Shopper, csa: Csa, first: str
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "What does it ask?")
    page = shopper.page
    share(shopper, csa)
    if first == "dialog":
        # The leave goes on over pages: on the next one the dialog is there before the widget.
        page.add_init_script(
            f"addEventListener('DOMContentLoaded', () => {{ ({PLANT})(); ask.showModal(); }})"
        )
        shopper.goto("/bookcases/harewood")
        expect(banner(page)).to_be_visible()
    else:
        page.evaluate(PLANT)
        do(page, "ask", "showModal()")
    expect(mirror_of(csa).locator("h1", has_text="Keep it?")).to_be_visible()
    stop = banner(page).get_by_role("button", name="Stop")
    assert place_of_widget(page) == "ask"
    box = banner(page).bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - 720) < 2, "at the page's edge, not the dialog's"
    assert box["y"] == 0
    stop.click()
    expect(banner(page)).to_have_count(0)
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
    assert place_of_widget(page) == "html"


def test_mirror5_the_banner_follows_dialogs_over_dialogs_and_stands_above_popovers(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "And one on top?")
    share(shopper, csa)
    page = shopper.page
    page.evaluate(PLANT)
    do(page, "more", "showModal()")
    do(page, "ask", "showModal()")
    stop = banner(page).get_by_role("button", name="Stop")
    stop.click(trial=True)
    assert place_of_widget(page) == "ask"
    do(page, "ask", "close()")
    stop.click(trial=True)
    assert place_of_widget(page) == "more"
    do(page, "more", "remove()")
    stop.click(trial=True)
    assert place_of_widget(page) == "html"
    do(page, "pop", "showPopover()")
    stop.click(trial=True)
    do(page, "ask", "show()")
    stop.click(trial=True)
    assert place_of_widget(page) == "html", "a dialog that is not modal leaves the page in use"
    stop.click()
    expect(banner(page)).to_have_count(0)
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)


def test_mirror1_a_mask_that_comes_later_covers_what_was_drawn(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "What do you see?")
    share(shopper, csa)
    price = mirror_of(csa).locator(".product-price .price")
    expect(price).to_have_text("£129")
    shopper.page.evaluate("document.querySelector('.product-price').toggleAttribute('data-cobrowse-mask')")
    expect(price).to_have_text("••••••")
    shopper.page.evaluate("document.querySelector('.product-price').toggleAttribute('data-cobrowse-mask')")
    expect(price).to_have_text("£129")
