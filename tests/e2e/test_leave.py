"""Leave is given by a press meant for it, not by one that was under way when the question came. SPEC share.7."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.e2e.hands import middle
from tests.e2e.people import Csa, Shopper
from tests.e2e.test_mirror import banner, meet
from tests.e2e.world import World

# The widget's corner moves on and on, by less than anybody sees.
RESTLESS = """() => {
  const { style } = document.querySelector('cobrowse-widget').shadowRoot.querySelector('.corner');
  let left = 0;
  window.restless = setInterval(() => { style.translate = `${(left -= 0.02)}px`; }, 5);
  window.rest = () => { clearInterval(window.restless); style.translate = ''; };
}"""

SINCE_BEFORE_1970 = 1.0


def press_begun_long_ago(shopper: Shopper, at: Locator) -> None:
    """A real press that waited, as it does while a page is busy: it began before the button was there."""
    x, y = middle(at)
    session = shopper.person.context.new_cdp_session(shopper.page)
    for kind in ("mousePressed", "mouseReleased"):
        session.send(
            "Input.dispatchMouseEvent",
            {
                "type": kind,
                "x": x,
                "y": y,
                "button": "left",
                "clickCount": 1,
                "timestamp": SINCE_BEFORE_1970,
            },
        )


def expect_no_leave(shopper: Shopper, csa: Csa, words: str) -> None:
    """What the shopper says afterwards has come, and no leave before it."""
    shopper.say(words)
    expect(csa.talk).to_contain_text(words)
    expect(csa.page.get_by_role("button", name="Asked")).to_be_visible()
    expect(banner(shopper.page)).to_have_count(0)


def test_share7_a_press_that_was_not_meant_for_the_question_gives_no_leave(
    world: World, shopper: Shopper, csa: Csa
) -> None:
    meet(shopper, csa, "/bookcases/fairelane", "Which finish is it?")
    shopper.page.evaluate(RESTLESS)
    csa.page.keyboard.press("Escape")
    csa.page.keyboard.press("m")
    allow = shopper.panel.get_by_role("button", name="Allow")
    expect(allow).to_have_attribute("aria-disabled", "true")
    # It has come this moment, as far as it can know: it does not stand still.
    heard = "button => button.addEventListener('click', ({ isTrusted }) => { window.clicked = isTrusted; })"
    allow.evaluate(heard)
    allow.click(force=True)
    shopper.page.wait_for_function("window.clicked")
    expect_no_leave(shopper, csa, "I meant the basket")
    shopper.page.evaluate("rest(); window.clicked = undefined")
    expect(allow).to_have_attribute("aria-disabled", "false")
    press_begun_long_ago(shopper, allow)
    shopper.page.wait_for_function("window.clicked")
    expect_no_leave(shopper, csa, "Nor that one")
    # A key that was held down before.
    shopper.page.evaluate("window.clicked = undefined; document.activeElement.blur()")
    shopper.page.keyboard.down("Enter")
    allow.focus()
    shopper.page.keyboard.down("Enter")
    shopper.page.wait_for_function("window.clicked")
    shopper.page.keyboard.up("Enter")
    expect_no_leave(shopper, csa, "Nor this key")
    allow.focus()
    shopper.page.keyboard.press("Enter")
    expect(banner(shopper.page)).to_be_visible()
    expect(csa.page.locator(".mirror-sheet iframe")).to_be_visible()
