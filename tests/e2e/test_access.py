"""Widget and console for everybody: axe finds nothing, in both schemes and sizes, and the keyboard is enough."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.e2e.people import Csa, Shopper
from tests.e2e.world import ROOT, World

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1440, "height": 900},
}
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]

OBSERVE_SHIFTS = """
(() => {
  const shifts = [];
  const note = (entries) => {
    for (const { value, hadRecentInput, sources } of entries)
      if (!hadRecentInput) shifts.push([value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 200))]);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'layout-shift' });
  window.shiftsSoFar = async () => {
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    await new Promise((next) => setTimeout(next));
    note(observer.takeRecords());
    return shifts;
  };
})()
"""


def violations(page: Page, within: object = None) -> list[str]:
    """What axe has against the page once nothing moves, in the dark too: rule, impact and the first element of each."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = []
    for scheme in SCHEMES:
        page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
        found += page.evaluate(
            "async (within) => (await axe.run(within ?? document, {resultTypes: ['violations']})).violations",
            within,
        )
    return [f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]}" for each in found]


def options(size: str) -> dict[str, object]:
    return {"viewport": SIZES[size], "reduced_motion": "reduce"}


@pytest.mark.parametrize("size", SIZES)
def test_the_widget_has_no_violation(world: World, size: str) -> None:
    csa = Csa(world.person())
    shopper = Shopper(world.person(**options(size)))
    shopper.add("/bookcases/fairelane", "cherry")
    assert violations(shopper.page) == []
    shopper.open_panel()
    assert violations(shopper.page) == []
    shopper.say("Does it fit 60 cm?")
    csa.open("Waiting", "Does it fit")
    csa.say("It is 58 cm wide.")
    csa.propose("harewood", "sage", "The same height as yours")
    csa.cart.get_by_role("button", name="Ask to edit").click()
    expect(shopper.panel.get_by_role("button", name="Allow")).to_be_visible()
    expect(shopper.panel.get_by_role("button", name="Add to basket")).to_be_visible()
    assert violations(shopper.page) == []
    shopper.panel.get_by_role("button", name="Allow").click()
    shopper.show("Basket")
    assert violations(shopper.page) == []
    shopper.person.line.cut()
    expect(shopper.panel).to_contain_text(re.compile("Reconnecting|Offline"))
    assert violations(shopper.page) == []


@pytest.mark.parametrize("size", SIZES)
def test_the_offer_has_no_violation_and_takes_no_focus(world: World, size: str) -> None:
    Csa(world.person())
    shopper = Shopper(world.person(**options(size)))
    for path in ("/bookcases/harewood", "/bookcases/ladderby", "/bookcases/quartet"):
        shopper.add(path)
    shopper.goto("/search")
    shopper.page.get_by_role("searchbox").or_(shopper.page.get_by_role("combobox")).first.focus()
    focused = shopper.page.evaluate("document.activeElement.outerHTML")
    expect(shopper.offer).to_be_visible()
    assert shopper.page.evaluate("document.activeElement.outerHTML") == focused
    assert violations(shopper.page) == []


@pytest.mark.parametrize("size", SIZES)
def test_the_console_has_no_violation(world: World, size: str) -> None:
    shopper = Shopper(world.person())
    shopper.add("/bookcases/fairelane", "cherry")
    shopper.open_panel()
    shopper.say("Does it fit 60 cm?")
    person = world.person(**options(size))
    person.page.goto(world.server_url + "/console/sign-in")
    assert violations(person.page) == []
    csa = Csa(person)
    assert violations(csa.page) == []
    csa.show("Waiting")
    csa.card("Does it fit").first.click()
    expect(csa.talk).to_contain_text("Does it fit 60 cm?")
    assert violations(csa.page) == []
    if size == "phone":
        csa.page.get_by_role("button", name="Basket").first.click()
    expect(csa.cart).to_contain_text("Fairelane")
    assert violations(csa.page) == []
    csa.cart.get_by_role("button", name="Propose").click()
    dialog = csa.page.get_by_role("dialog")
    dialog.get_by_role("combobox").fill("harewood")
    expect(dialog.get_by_role("option").first).to_be_visible()
    assert violations(csa.page) == []


def test_the_console_by_keyboard_alone(world: World) -> None:
    shopper = Shopper(world.person())
    shopper.goto("/bookcases/fairelane")
    shopper.open_panel()
    shopper.say("Only keys, please")
    csa = Csa(world.person())
    expect(csa.card("Only keys")).to_be_visible()
    keys = csa.page.keyboard
    keys.press("/")
    keys.type("Only keys")
    expect(csa.page.get_by_role("tabpanel").locator("[data-room]")).to_have_count(1)
    keys.press("Escape")
    keys.press("j")
    keys.press("Enter")
    expect(csa.talk).to_contain_text("Only keys, please")
    keys.press("Escape")
    keys.press("t")
    keys.press("r")
    keys.type("As you wish.")
    keys.press("Enter")
    expect(shopper.panel).to_contain_text("As you wish.")
    keys.press("Escape")
    # As fast as fingers go: the dialog is not drawn yet, and what is found is not what was asked for last.
    keys.press("p")
    keys.type("harewood")
    keys.press("Enter")
    dialog = csa.page.get_by_role("dialog", name="Propose a product")
    expect(dialog.get_by_label("A word on why")).to_be_visible()
    expect(dialog).to_contain_text("Harewood")
    keys.press("Escape")
    expect(csa.page.get_by_role("dialog")).to_have_count(0)
    keys.press("?")
    expect(csa.page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_the_widget_by_keyboard_alone(world: World) -> None:
    shopper = Shopper(world.person())
    shopper.goto("/bookcases/fairelane")
    shopper.launcher.focus()
    keys = shopper.page.keyboard
    keys.press("Enter")
    expect(shopper.panel).to_be_visible()
    keys.type("Typed at once")
    keys.press("Enter")
    expect(shopper.panel.get_by_text("Typed at once", exact=True)).to_be_visible()
    keys.press("Escape")
    expect(shopper.panel).not_to_be_visible()
    expect(shopper.launcher).to_be_focused()


def test_the_widget_shifts_nothing_and_obeys_the_strictest_policy(world: World) -> None:
    """The shop's policy allows nothing inline; a breach would be reported on the page's console."""
    shopper = Shopper(world.person())
    said: list[str] = []
    shopper.page.on("console", lambda message: said.append(message.text))
    held: list[Route] = []
    shopper.page.route("**/cobrowse.js", lambda route: held.append(route))
    shopper.page.goto(world.shop_url + "/bookcases", wait_until="domcontentloaded")
    shopper.page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    # The shop stands; what moves from here on moves because of the widget.
    shopper.page.evaluate(OBSERVE_SHIFTS)
    while not held:
        shopper.page.evaluate("new Promise(requestAnimationFrame)")
    held[0].continue_()
    # Where the panel comes late, a box of ours that grows is a shift: its corner is as large before as after.
    corner = shopper.page.locator("section.corner")
    before = corner.bounding_box()
    shopper.open_panel()
    assert corner.bounding_box() == before
    assert shopper.page.evaluate("shiftsSoFar()") == []
    assert [text for text in said if "Content Security Policy" in text] == []


def test_wire9_a_page_that_the_server_does_not_know_has_no_widget_and_says_why(world: World) -> None:
    shopper = Shopper(world.person())
    script = f'<script async src="{world.server_url}/cobrowse.js"'
    pages = {"/other-site": f'{script} data-site="another"></script>', "/no-site": f"{script}></script>"}

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=pages[urlsplit(route.request.url).path])

    shopper.page.route(re.compile("/(other|no)-site$"), answer)
    for path in pages:
        with shopper.page.expect_console_message(lambda message: "Cobrowse:" in message.text) as said:
            shopper.goto(path)
        assert said.value.text == "Cobrowse: expected the key of a site in data-site"
        expect(shopper.page.locator("cobrowse-widget")).to_have_count(0)


def test_right_to_left(world: World) -> None:
    shopper = Shopper(world.person())
    shopper.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl' })"
    )
    shopper.goto("/bookcases")
    expect(shopper.launcher).to_be_visible()
    box = shopper.launcher.bounding_box()
    assert box is not None
    assert box["x"] < 200, "inline-end is on the left in a page that reads from the right"
    shopper.open_panel()
    assert violations(shopper.page) == []
    side = shopper.panel.bounding_box()
    assert side is not None
    assert side["x"] < 200, "the panel stands where its launcher does"
    direction = shopper.panel.evaluate("panel => getComputedStyle(panel).direction")
    assert direction == "ltr", "but reads as its words do"


def test_german_where_the_page_is_however_it_says_so(world: World) -> None:
    """`de_DE` is what many shops' templates write, and what Intl takes offence at."""
    shopper = Shopper(world.person())
    shopper.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.lang = 'de_DE' })"
    )
    shopper.goto("/bookcases")
    shopper.page.get_by_role("button", name="Chat öffnen").click()
    panel = shopper.page.get_by_role("dialog", name="Chat und Warenkorb")
    expect(panel).to_contain_text("Hallo")
    box = panel.get_by_label("Nachricht", exact=True)
    box.fill("Passt das?")
    box.press("Enter")
    expect(panel.get_by_role("log")).to_contain_text("Zugestellt")


def test_nothing_heavy_is_loaded_before_it_is_needed(world: World, tmp_path: Path) -> None:
    shopper = Shopper(world.person())
    loaded: list[str] = []
    shopper.page.on("request", lambda request: loaded.append(request.url))
    shopper.goto("/bookcases")
    expect(shopper.launcher).to_be_visible()
    ours = [url.rsplit("/", 1)[1] for url in loaded if url.startswith(world.server_url)]
    names = [re.sub(r"\.[A-Z0-9]+\.", ".", name) for name in ours]
    assert names[:2] == ["cobrowse.js", "core.js"]
    assert set(names[2:]) <= {"attention.js"}, "1 KB, when the page has time to spare"
