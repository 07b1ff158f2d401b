"""What shoppers and CSAs do, by the names that they see."""

from __future__ import annotations

import re
from contextlib import suppress

from playwright.sync_api import Locator, Page, expect

from tests.e2e.world import EMAIL, IDLE_S, PASSWORD, Person

SHOP_CART_IS = """async (wanted) => {
  const { lines } = await (await fetch('/cart.json')).json();
  const held = Object.fromEntries(lines.map((line) => [`${line.item_id}/${line.item_variant}`, line.quantity]));
  const keys = new Set([...Object.keys(held), ...Object.keys(wanted)]);
  return [...keys].every((key) => held[key] === wanted[key]);
}"""

PUT_LINE = """async (line) => {
  const headers = { 'content-type': 'application/json' };
  return (await fetch('/cart/lines', { method: 'PUT', headers, body: JSON.stringify(line) })).ok;
}"""


def type_until(box: Locator, seen: Locator) -> None:
    """Types until somebody else has seen it: the sign that somebody types goes away by itself."""
    for _ in range(10):
        box.press_sequentially("Well ")
        with suppress(AssertionError):
            expect(seen).to_be_visible(timeout=2000)
            return
    expect(seen).to_be_visible()


STAND_STILL = """() => {
  const at = performance.now();
  performance.now = () => at;
  window.go_on = () => { delete performance.now; };
}"""


def stand_still(page: Page) -> None:
    """The page's clock stands: what is there for some seconds stays, however long the machine takes to look at it."""
    page.evaluate(STAND_STILL)


def go_on(page: Page) -> None:
    """The page's clock is right again."""
    page.evaluate("go_on()")


def outwait_the_rule(page: Page) -> None:
    """Returns when the rule's time has passed, with two seconds to spare: the time itself is what is tested."""
    since = page.evaluate("Date.now()")
    page.wait_for_function(f"since => Date.now() - since > {(IDLE_S + 2) * 1000}", arg=since)


class Shopper:
    """Somebody in the shop. `page` is the tab that they look at."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.world = person.world
        self.page: Page = person.page

    def goto(self, path: str) -> None:
        self.page.goto(self.world.shop_url + path)

    def second_tab(self, path: str) -> Page:
        page = self.person.new_page()
        page.goto(self.world.shop_url + path)
        return page

    def add(self, path: str, option: str | None = None, quantity: int = 1) -> None:
        """Puts a product into the basket on its own page."""
        self.goto(path)
        if option is not None:
            self.page.locator("label.option", has_text=re.compile(f"^{option}$")).click()
        if quantity != 1:
            self.page.get_by_label("How many").fill(str(quantity))
        with self.page.expect_response(
            lambda answer: "/cart/" in answer.url and answer.request.method != "GET"
        ):
            self.page.get_by_role("button", name="Add to basket").first.click()

    def put_unseen(self, item_id: str, item_variant: str) -> None:
        """Puts one of a product into the shop's basket without a button, and the page says that it has changed."""
        line = {"item_id": item_id, "item_variant": item_variant, "quantity": 1}
        assert self.page.evaluate(PUT_LINE, line)
        self.page.evaluate("Cobrowse('cartChanged')")

    def expect_shop_cart(self, wanted: dict[str, int]) -> None:
        """Waits until the shop's own basket is this: quantity by product and variant."""
        self.page.wait_for_function(SHOP_CART_IS, arg=wanted)

    @property
    def launcher(self) -> Locator:
        return self.page.get_by_role("button", name="Open chat")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog", name="Chat and basket")

    @property
    def offer(self) -> Locator:
        return self.page.get_by_label("Offer of help").locator("visible=true")

    def open_panel(self) -> None:
        self.launcher.click()
        expect(self.panel).to_be_visible()

    def show(self, tab: str) -> None:
        self.panel.get_by_role("tab", name=tab).click()

    def say(self, text: str) -> None:
        box = self.panel.get_by_label("Message", exact=True)
        box.fill(text)
        box.press("Enter")

    def line(self, name: str) -> Locator:
        return self.panel.locator("ul.lines > li", has_text=name)

    def expect_quantity(self, name: str, quantity: int) -> None:
        """How many of it the widget's basket shows: nothing else of the line, whose prices have figures, too."""
        expect(self.line(name).locator("output")).to_have_text(str(quantity))


class Csa:
    """Ginny, signed in to the console."""

    def __init__(self, person: Person, email: str = EMAIL) -> None:
        self.person = person
        self.world = person.world
        self.page: Page = person.page
        self.page.goto(self.world.server_url + "/console/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()

    def show(self, tab: str) -> None:
        self.page.get_by_role("tab", name=re.compile(f"^{tab}")).click()

    def card(self, text: str) -> Locator:
        return self.page.get_by_role("tabpanel").locator("[data-room]", has_text=text)

    def open(self, tab: str, text: str) -> None:
        """Opens the visitor in whose card this text stands."""
        self.show(tab)
        self.card(text).first.click()
        expect(self.page.get_by_role("heading", name="Basket")).to_be_visible()

    @property
    def talk(self) -> Locator:
        return self.page.get_by_role("log")

    def wait_for_recording(self, since: float) -> None:
        """Returns when a recording of the open room that ended at `since` or later is there to be replayed."""
        self.page.wait_for_function(
            """async (since) => {
              const room = location.hash.slice(1).split('/')[0];
              const answer = await fetch(`/console/api/rooms/${room}/recordings`);
              return (await answer.json()).recordings.some(({ ended_at }) => ended_at >= since);
            }""",
            arg=since,
        )

    @property
    def cart(self) -> Locator:
        return self.page.locator("section.cart")

    def line(self, name: str) -> Locator:
        return self.cart.locator("li", has_text=name).first

    def expect_quantity(self, name: str, quantity: int) -> None:
        """How many of it the console shows, in a field where the CSA may change it."""
        line = self.line(name)
        expect(line.locator("input.quantity").or_(line.locator(".times"))).to_be_visible()
        if line.locator("input.quantity").count():
            expect(line.locator("input.quantity")).to_have_value(str(quantity))
        else:
            expect(line.locator(".times")).to_have_text(f"× {quantity}")

    def say(self, text: str) -> None:
        box = self.page.locator("[data-focus=composer]")
        box.fill(text)
        box.press("Enter")

    def propose(self, search: str, option: str, note: str) -> None:
        self.cart.get_by_role("button", name="Propose").click()
        dialog = self.page.get_by_role("dialog", name="Propose a product")
        dialog.get_by_role("combobox").fill(search)
        found = dialog.get_by_role("option").filter(has_text=re.compile(search, re.IGNORECASE))
        found.filter(has_text=re.compile(option)).first.click()
        dialog.get_by_label("A word on why").fill(note)
        dialog.get_by_role("button", name="Propose").click()
        expect(dialog).not_to_be_visible()
