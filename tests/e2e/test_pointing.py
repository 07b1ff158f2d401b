"""What a CSA points at and draws on the shopper's page meets the same thing there, whatever its fonts and sizes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.hands import begin, drag, middle, plant, press, settled, take
from tests.e2e.people import Csa, Shopper, go_on, stand_still
from tests.e2e.test_mirror import mirror_of
from tests.e2e.world import PATIENCE_MS, World

BIGGER = "#more { font: 26px/2 serif; padding: 12px 40px; margin-left: 90px }"
SLACK_PX = 8


Pair = tuple[float, float]


def agree(page: Page, slack_px: float, one: Callable[[], Pair], other: Callable[[], Pair]) -> None:
    """The two are equal but for the slack, as soon as all that was sent has come and the page has come to rest."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        (x, y), (other_x, other_y) = one(), other()
        if max(abs(x - other_x), abs(y - other_y)) <= slack_px:
            return
        assert time.monotonic() < deadline, (x, y, other_x, other_y)
        page.evaluate("new Promise(requestAnimationFrame)")


def near(drawn: Locator, target: Locator, slack_px: float = SLACK_PX) -> None:
    """Both have the same middle."""
    expect(drawn).to_be_visible()
    agree(drawn.page, slack_px, lambda: middle(drawn), lambda: middle(target))


def size(of: Locator) -> Pair:
    box = settled(of)
    return box["width"], box["height"]


def tip(arrow: Locator) -> Pair:
    """Where an arrow points."""
    drawn = arrow.get_attribute("d")
    assert drawn is not None
    x, y = drawn.split("L")[1].split("M")[0].split()
    return float(x), float(y)


def line(shopper: Shopper, kind: str) -> Locator:
    return shopper.page.locator(f".drawing.{kind} path:last-child")


def test_mirror7_a_pen_an_arrow_and_a_box_meet_their_element(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    plant(shopper, "form")
    page = begin(shopper, csa, "point", "Where do I press?")
    stand_still(shopper.page)
    target = shopper.page.locator("#more")
    x, y = middle(page.locator("#more"))
    take(csa, "Box on the page")
    box = settled(page.locator("#more"))
    drag(csa, (box["x"] - 3, box["y"] - 3), (box["x"] + box["width"] + 3, box["y"] + box["height"] + 3))
    near(line(shopper, "box"), target)
    expect(csa.page.locator(".mirror-drawings path").first).to_be_visible()
    take(csa, "Arrow on the page")
    drag(csa, (x + 200, y - 80), (x, y))
    arrow = line(shopper, "arrow")
    expect(arrow).to_be_visible()
    agree(shopper.page, SLACK_PX + 6, lambda: tip(arrow), lambda: middle(target))
    take(csa, "Draw on the page")
    drag(csa, (x - 20, y - 10), (x, y + 12), (x + 20, y - 10))
    near(line(shopper, "pen"), target, slack_px=14)


@pytest.mark.parametrize("scale", [0.8, 1.5])
def test_mirror7_it_sits_right_when_the_page_changes_its_fonts_and_sizes(
    world: World, shopper: Shopper, csa: Csa, scale: float
) -> None:
    """The element moves and grows under what hangs on it, as it does where fonts are others than in the console."""
    plant(shopper, "form")
    page = begin(shopper, csa, "point", "Where is the button?")
    stand_still(shopper.page)
    take(csa, "Box on the page")
    box = settled(page.locator("#more"))
    drag(csa, (box["x"], box["y"]), (box["x"] + box["width"], box["y"] + box["height"]))
    expect(line(shopper, "box")).to_have_count(1)
    shopper.page.evaluate(
        "scale => Object.assign(document.getElementById('more').style, {fontSize: `${scale * 16}px`,"
        " padding: `${scale * 9}px ${scale * 30}px`, marginLeft: `${scale * 60}px`})",
        scale,
    )
    drawn, target = line(shopper, "box"), shopper.page.locator("#more")
    near(drawn, target, slack_px=6)
    agree(shopper.page, 0.1 * size(target)[0] + 8, lambda: size(drawn), lambda: size(target))


def test_mirror7_to_look_elsewhere_the_shopper_is_asked(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "form")
    page = begin(shopper, csa, "point", "What is there below?")
    stand_still(shopper.page)
    take(csa, "Ask to look here")
    press(csa, page.locator("#more"))
    expect(shopper.page.locator(".pointer.mark")).to_be_visible()
    assert shopper.page.evaluate("scrollY") == 0, "what is in sight needs no question"
    # The shopper scrolls there and back, so that the CSA can point where the shopper is not.
    spot = csa.page.evaluate(
        """() => {
          const inner = document.querySelector('.mirror-sheet iframe').contentDocument.querySelector('iframe');
          inner.contentDocument.documentElement.scrollTop = 1500;
          return inner.contentDocument.getElementById('far').getBoundingClientRect().toJSON();
        }"""
    )
    assert spot["top"] < 900
    press(csa, page.locator("#far"))
    request = shopper.page.locator(".request")
    expect(request).to_contain_text("Ginny would like to show you something")
    assert shopper.page.evaluate("scrollY") == 0
    request.get_by_role("button", name="Not now").click()
    expect(csa.page.get_by_text("would rather stay")).to_be_visible()
    assert shopper.page.evaluate("scrollY") == 0
    press(csa, page.locator("#far"))
    request.get_by_role("button", name="Show me").click()
    expect(shopper.page.locator("#far")).to_be_in_viewport()
    expect(csa.page.get_by_text("is looking.")).to_be_visible()
    near(shopper.page.locator(".pointer.mark"), shopper.page.locator("#far"))


def test_mirror7_every_tool_is_within_reach_of_the_keyboard(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "form")
    begin(shopper, csa, "point", "Can you draw by keyboard?")
    stand_still(shopper.page)
    keyboard = csa.page.keyboard
    csa.page.locator("[data-focus=page]").focus()
    keyboard.press("b")
    expect(csa.page.get_by_role("radio", name="Box on the page")).to_have_attribute("aria-checked", "true")
    keyboard.press("ArrowLeft")
    expect(csa.page.locator(".mirror-aim")).to_be_visible()
    keyboard.press("Enter")
    keyboard.press("Shift+ArrowRight")
    keyboard.press("Shift+ArrowDown")
    keyboard.press("Enter")
    drawn = line(shopper, "box")
    expect(drawn).to_have_count(1)
    agree(shopper.page, 6, lambda: size(drawn), lambda: (96, 96))
    keyboard.press("h")
    keyboard.press("Enter")
    expect(shopper.page.locator(".pointer.mark")).to_contain_text("Ginny")
    keyboard.press("l")
    keyboard.press("ArrowUp")
    expect(shopper.page.locator(".pointer.laser .pointer-dot")).to_be_visible()


def test_mirror7_a_drawing_stands_above_the_pages_own_dialog_and_goes_by_itself(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    plant(shopper, "form")
    page = begin(shopper, csa, "point", "The dialog?")
    shopper.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<dialog id=ask><p id=line>Keep it?</p></dialog>');"
        "document.getElementById('ask').showModal()"
    )
    take(csa, "Frame something on the page")
    stand_still(shopper.page)
    press(csa, page.get_by_text("Keep it?"))
    mark = shopper.page.locator(".pointer.mark")
    near(mark, shopper.page.locator("#line"))
    assert shopper.page.locator(".pointers").evaluate("layer => layer.matches(':popover-open')")
    go_on(shopper.page)
    shopper.page.evaluate(
        """() => {
          const layer = document.querySelector('cobrowse-widget').shadowRoot.querySelector('.pointers');
          let begun = 0;
          new MutationObserver(() => {
            const drawn = layer.querySelector('.drawing.arrow');
            if (drawn && !begun) begun = performance.now();
            if (!drawn && begun) window.shown_ms ??= performance.now() - begun;
          }).observe(layer, { childList: true });
        }"""
    )
    take(csa, "Arrow on the page")
    x, y = middle(page.get_by_text("Keep it?"))
    drag(csa, (x + 60, y + 60), (x, y))
    take(csa, "Laser pointer on the page")
    expect(mark).to_have_count(0)
    shopper.page.wait_for_function("window.shown_ms !== undefined")
    assert shopper.page.evaluate("shown_ms") >= 7900, "what is drawn stays when the pointer has left the page"


def test_mirror6_the_shoppers_focus_and_cursor_are_seen(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "form")
    page = begin(shopper, csa, "view", "Which field?")
    shopper.page.locator("#name").click()
    expect(page.locator("#name")).to_be_visible()
    near(csa.page.locator(".mirror-focus"), page.locator("#name"))
    shopper.page.locator("#depth").click()
    expect(csa.page.locator(".mirror-cursor")).to_be_visible()
    near(csa.page.locator(".mirror-focus"), page.locator("#depth"))
    shopper.page.locator("#about").focus()
    near(csa.page.locator(".mirror-focus"), page.locator("#about"))


def test_mirror5_pointing_ends_with_the_leave(world: World, shopper: Shopper, csa: Csa) -> None:
    plant(shopper, "form")
    begin(shopper, csa, "point", "And now stop")
    stand_still(shopper.page)  # it goes with the leave, and not by itself
    take(csa, "Box on the page")
    box = settled(csa.page.locator(".mirror-sheet"))
    drag(csa, (box["x"] + 100, box["y"] + 100), (box["x"] + 200, box["y"] + 160))
    expect(line(shopper, "box")).to_have_count(1)
    shopper.page.locator(".banner").get_by_role("button", name="Stop").click()
    expect(line(shopper, "box")).to_have_count(0)
    expect(csa.page.locator(".mirror-sheet")).to_have_count(0)
    assert mirror_of(csa).owner.count() == 0
