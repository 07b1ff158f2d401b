"""What masking would hide, drawn over the shop's own page for those who set it up. SPEC preview."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import Csa
from tests.e2e.test_access import SIZES, options, violations
from tests.e2e.world import World

PLANT = """() => document.querySelector('main').insertAdjacentHTML('afterbegin', `<div id=planted>
  <p id=secret>Lea Winter, 4 Mill Lane</p><p id=open data-cobrowse-unmask>Delivery within 8 working days</p>
  <p id=within data-cobrowse-unmask>Hello <b id=name data-cobrowse-mask>Lea</b></p>
  <p><input id=typed value="my own words" size=20></p><p><input id=pass type=password value=hunter2></p>
  <p><input id=size value=58 data-cobrowse-unmask></p><p><select id=pick><option>Oak</select></p>
  <p><iframe id=foreign src="data:text/html,hello" width=80 height=30></iframe></p>
  <div class=private-box><p id=inbox>Inbox</p></div></div>`)"""

COVERED = """element => {
  const { left, top, width, height } = element.getBoundingClientRect();
  const [x, y] = [left + Math.min(width, 20) / 2, top + height / 2];
  const root = [...document.querySelectorAll('cobrowse-widget')].map((each) => each.shadowRoot)
    .find((each) => each.querySelector('.covers'));
  return [...root.querySelectorAll('.covers i')].some((cover) => {
    const box = cover.getBoundingClientRect();
    return box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
  });
}"""


def is_covered(of: Locator) -> bool:
    covered: bool = of.evaluate(COVERED)
    return covered


def wait_covered(of: Locator) -> None:
    of.page.wait_for_function(COVERED, arg=of.element_handle())


def open_preview(csa: Csa) -> tuple[Page, list[str]]:
    """The shop's page as the console's link opens it, and what was asked of the server there."""
    csa.page.get_by_role("button", name="Masking").click()
    dialog = csa.page.get_by_role("dialog", name="Preview what is masked")
    link = dialog.get_by_role("link").filter(has_text=csa.world.shop_url)
    address = link.get_attribute("href")
    assert address is not None
    page = csa.person.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.goto(address.replace("/#", "/bookcases/fairelane#"))
    return page, asked


def test_preview2_what_would_be_masked_is_covered_and_nothing_is_sent(world: World, csa: Csa) -> None:
    page, asked = open_preview(csa)
    expect(page.get_by_role("status").filter(has_text="Preview of masking")).to_be_visible()
    page.evaluate(PLANT)
    for name in ("secret", "name", "typed", "pass", "pick", "foreign", "inbox"):
        wait_covered(page.locator(f"#{name}"))
    for name in ("#open", "#within", "#size", ".product-price .price", "h1", "label.option"):
        assert not is_covered(page.locator(name).first), name
    page.locator("#open").evaluate("each => { each.dataset.cobrowseMask = ''; }")
    wait_covered(page.locator("#open"))
    page.get_by_role("link", name="Bookcases").first.click()
    page.wait_for_url("**/bookcases#cobrowse-preview=*")
    expect(page.get_by_role("status").filter(has_text="Preview of masking")).to_be_visible()
    ours = [url.removeprefix(world.server_url) for url in asked if "/live" in url or world.server_url in url]
    assert {url for url in ours if not url.startswith("/assets/preview.")} == {"/cobrowse.js", "/preview"}
    page.get_by_role("button", name="End preview").click()
    expect(page.get_by_role("button", name="Open chat")).to_be_visible()
    assert "#" not in page.url
    assert page.locator(".covers").count() == 0


def test_preview1_an_address_of_another_time_shows_nothing(world: World, csa: Csa) -> None:
    page = csa.person.new_page()
    page.goto(world.shop_url + "/bookcases/fairelane#cobrowse-preview=old")
    expect(page.get_by_role("status").filter(has_text="run out")).to_be_visible()
    assert page.locator(".covers i").count() == 0
    page.get_by_role("button", name="End preview").click()
    expect(page.get_by_role("button", name="Open chat")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_preview_has_no_violation(world: World, size: str) -> None:
    csa = Csa(world.person(**options("desktop")))
    csa.page.get_by_role("button", name="Masking").click()
    expect(csa.page.get_by_role("dialog", name="Preview what is masked").get_by_role("link")).to_have_count(1)
    assert violations(csa.page) == []
    csa.page.keyboard.press("Escape")
    page, _ = open_preview(csa)
    page.set_viewport_size(SIZES[size])
    expect(page.get_by_role("status").filter(has_text="Preview of masking")).to_be_visible()
    assert violations(page) == []
