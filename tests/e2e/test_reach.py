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


IN_SHADOWS = """() => {
  customElements.define('x-shut', class extends HTMLElement {
    shut = this.attachInternals().shadowRoot;
  });
  const rooms = document.createElement('section');
  document.body.append(rooms);
  rooms.setHTMLUnsafe(`<div><template shadowrootmode=open><p><span><template shadowrootmode=open>
      <dialog id=inner style="transform: scale(1)"><p>Inside</p></dialog></template></span></p></template></div>
    <x-shut><template shadowrootmode=closed><dialog><p>Shut</p></dialog></template></x-shut>`);
  const { shadowRoot } = rooms.firstElementChild;
  window.inner = shadowRoot.querySelector('span').shadowRoot.querySelector('dialog');
  window.shut = document.querySelector('x-shut').shut.querySelector('dialog');
}"""


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


def test_mirror5_stop_works_with_a_modal_dialog_in_a_shadow_root_and_so_does_the_question(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Whose dialog is it?")
    page = shopper.page
    page.evaluate(PLANT)
    page.evaluate(IN_SHADOWS)
    do(page, "ask", "showModal()")
    share(shopper, csa)  # the question came after the dialog, and is answered in it
    assert place_of_widget(page) == "ask"
    stop = banner(page).get_by_role("button", name="Stop")
    stop.click(trial=True)
    do(page, "ask", "close()")
    page.evaluate("inner.showModal()")
    stop.click(trial=True)
    assert page.evaluate("inner.contains(inner.querySelector('cobrowse-widget'))")
    page.evaluate("inner.close()")
    stop.click(trial=True)
    assert place_of_widget(page) == "html"
    page.evaluate("inner.showModal()")
    stop.click(trial=True)
    page.evaluate("inner.getRootNode().host.remove()")
    stop.click(trial=True)
    assert place_of_widget(page) == "html"
    # No script gets into a closed root: the banner is in sight, and a press on Stop is one all the same.
    page.evaluate("shut.showModal()")
    place = stop.bounding_box()
    assert place is not None
    x, y = place["x"] + 9, place["y"] + 9
    assert page.evaluate(f"document.elementFromPoint({x}, {y}).localName") == "x-shut", (
        "nothing else is in use"
    )
    made = f"{{ bubbles: true, composed: true, clientX: {x}, clientY: {y} }}"
    page.evaluate(f"document.elementFromPoint({x}, {y}).dispatchEvent(new MouseEvent('click', {made}))")
    expect(banner(page)).to_be_visible()
    page.mouse.click(x, y)
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
    # A rule of the site that begins to hold: by a class on what is around it, beside it, or on it.
    for change, back in (
        ("document.body.classList.add('quiet')", "document.body.classList.remove('quiet')"),
        (
            "document.querySelector('.product-price').insertAdjacentHTML('beforebegin', '<i class=loud></i>')",
            "document.querySelector('i.loud').remove()",
        ),
    ):
        shopper.page.evaluate(change)
        expect(price).to_have_text("••••••")
        shopper.page.evaluate(back)
        shopper.page.evaluate("document.querySelector('.product-price .price').textContent = '£129'")
        expect(price).to_have_text("£129")
    shopper.page.evaluate("document.querySelector('.product-price').className += ' private-box'")
    expect(price).to_have_count(0)
    expect(mirror_of(csa).locator("[data-cobrowse-placeholder=hidden]")).to_be_visible()
