"""A CSA's pointer on the page: what it opens by hovering, drags, and reaches in frames and roots. SPEC mirror.8."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.hands import drag, middle, plant, press, settled, start, typing_box
from tests.e2e.people import Csa, Shopper, go_on, stand_still
from tests.e2e.test_control import state, write
from tests.e2e.world import World


def test_mirror8_what_hovers_opens_and_what_is_dragged_moves(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    plant(shopper, "moving")
    page = start(shopper, csa, "Please move it for me")
    # A menu that a style sheet opens, and one that a script does; leaving closes them.
    csa.page.mouse.move(*middle(page.locator("#styled")))
    expect(shopper.page.locator("#under")).to_be_visible()
    press(csa, page.locator("#under"))
    state(shopper, under=1)
    csa.page.mouse.move(*middle(page.locator("#scripted")))
    state(shopper, open="open")
    expect(shopper.page.locator("#under")).to_be_hidden()
    press(csa, page.locator("#below"))
    state(shopper, below=1)
    csa.page.mouse.move(5, 5)
    state(shopper, open="")
    # The browser's own slider: it moves all along, and has changed once.
    slider = page.locator("#range")
    box = settled(slider)
    left, width, y = box["x"], box["width"], box["y"] + box["height"] / 2
    drag(csa, (left + 4, y), (left + width / 2, y))
    state(shopper, range="100", changes=1)
    # A list that is sorted by hand, and what browsers drag.
    (x, top), (_, bottom) = middle(page.locator("#one")), middle(page.locator("#three"))
    drag(csa, (x, top), (x, bottom + 4))
    state(shopper, order="two three one")
    drag(csa, middle(page.locator("#from")), middle(page.locator("#shelf")))
    state(shopper, shelf="a piece", ended=1)
    # Not over what is denied, nor what orders; the shopper is asked for that.
    csa.page.mouse.move(*middle(page.locator("#secret")))
    drag(csa, middle(page.locator("#track")), middle(page.locator("#shelf")))
    expect(csa.page.locator(".control-bar")).to_contain_text("presses this one")
    state(shopper, bought=0, shelf="a piece")
    # Stop in the middle of a drag: it goes no further, and nothing is left as if a pointer were there.
    x, y = middle(page.locator("#two"))
    csa.page.mouse.move(x, y)
    csa.page.mouse.down()
    csa.page.mouse.move(x, y + 20, steps=3)
    shopper.page.wait_for_function(
        "document.querySelector('[data-cobrowse-hover] li, li[data-cobrowse-hover]')"
    )
    shopper.page.locator(".banner").get_by_role("button", name="Stop", exact=True).click()
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
    assert shopper.page.locator("[data-cobrowse-hover]").count() == 0
    assert shopper.page.evaluate("Element.prototype.hasPointerCapture.toString()").endswith("[native code] }")


def test_mirror8_frames_and_open_roots_are_the_page_too(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "moving")
    page = start(shopper, csa, "In the frame, please")
    shopper.page.evaluate("document.documentElement.dir = 'rtl'")  # pointers count from the left all the same
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    press(csa, page.locator("#root button"))
    state(shopper, within=1)
    framed = page.frame_locator("#framed")
    write(csa, framed.locator("#find"), "oak")
    expect(shopper.page.frame_locator("#framed").locator("#find")).to_have_value("oak")
    typing_box(csa).press("Enter")
    state(shopper, found=1)
    stand_still(shopper.page)  # the mark is there for some seconds only
    write(csa, framed.locator("#pay"), "now")
    typing_box(csa).press("Enter")
    expect(csa.page.locator(".control-bar")).to_contain_text("presses this one")
    mark = shopper.page.locator(".pointer.mark")
    expect(mark).to_be_visible()
    asked, shown = settled(shopper.page.frame_locator("#framed").locator("#pay")), settled(mark)
    assert abs(asked["x"] - shown["x"]) < 10
    assert abs(asked["y"] - shown["y"]) < 10
    state(shopper, paid=0, found=1)
    go_on(shopper.page)
    # Arrows choose among radio buttons, once Tab has taken the focus there.
    write(csa, page.locator("#words"), "a")
    before = str(typing_box(csa).get_attribute("data-node"))
    typing_box(csa).press("Tab")
    shopper.page.wait_for_function("document.activeElement.id === 'c'")
    expect(typing_box(csa)).not_to_have_attribute("data-node", before)
    for picked in ("d", "c"):
        typing_box(csa).press("ArrowDown")
        state(shopper, picked=picked)
